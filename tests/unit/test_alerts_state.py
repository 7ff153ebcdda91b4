"""What the alert engine says of itself, in words."""

from __future__ import annotations

import pytest

from infra import alerts_state, doctor
from infra.alerts_state import State

GOOD = {"rules": 12, "aside": [], "broker": True, "behind_s": 0.4, "stumbled": 0}


@pytest.mark.parametrize(
    ("state", "said", "finding"),
    [
        (State(), "no alert engine has run", "note"),
        (State(3.0, GOOD), "", "good"),
        (State(40.0, GOOD), "judged nothing for 40 s", "note"),
        (State(3.0, {**GOOD, "aside": ["a", "b"]}), "a, b", "bad"),
        (State(3.0, {**GOOD, "broker": False, "broker_reason": "refused"}), "bus: refused", "bad"),
        (State(3.0, {**GOOD, "behind_s": 50}), "50 s behind", "bad"),
        (State(3.0, {**GOOD, "behind_s": None}), "", "good"),
        (State(3.0, {**GOOD, "stumbled": 2}), "2 parts of batches", "bad"),
        (State(3.0, {**GOOD, "telling": "ValidationError: x"}), "nobody is told of alerts: ValidationError", "bad"),
    ],
)
def test_what_is_wrong_is_said(state: State, said: str, finding: str) -> None:
    reasons = alerts_state.reasons(state)
    assert said in (reasons[0] if reasons else "")
    assert bool(reasons) == bool(said)
    assert [f.state for f in doctor.judge_alerts(state)] == [finding]
