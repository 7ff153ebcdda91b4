"""The flood of October 2025, told again: the levels of the bulletins at their times, at whatever pace."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest

from infra.errors import ConfigError
from infra.times import SECOND, micros
from simulators import scenario
from simulators.scenario import CITY, Telling, tell

NOW = 1_795_255_200_000_000
HOUR = 3600 * SECOND
#: The project's facts/limits.md.
BULLETINS = {
    "LU-2025-PLT": {"10-05 16:00": 4.22, "10-06 06:00": 4.00, "10-09 01:00": 7.59, "10-09 03:00": 7.60,
                    "10-10 13:00": 7.48, "10-13 20:00": 5.42, "10-14 08:00": 5.05},
    "LU-2025-DC": {"10-05 16:00": 4.67, "10-06 06:00": 4.37, "10-09 01:00": 7.17, "10-09 23:00": 7.52,
                   "10-10 13:00": 7.42, "10-13 20:00": 4.72, "10-14 08:00": 4.31},
}  # fmt: skip


def told(one: Telling) -> dict[str, list[tuple[int, float]]]:
    """(ts in ms, level) of each gauge."""
    out: dict[str, list[tuple[int, float]]] = {}
    batch = one.between(one.begin_us - 1, one.end_us)
    for topic, payload in zip(batch.topics, batch.payloads, strict=True):
        body = json.loads(payload)
        out.setdefault(topic.split("/")[4], []).append((body["ts"], body["values"]["level"]))
    return out


@pytest.mark.parametrize(("when", "speed"), [("now", 600.0), ("now", 30_000.0), ("past", 1.0)])
def test_the_levels_of_the_bulletins_are_told_at_their_times(when: str, speed: float) -> None:
    one = tell("flood-2025", NOW, when=when, speed=speed)
    found = told(one)
    assert found.keys() == BULLETINS.keys()
    for gauge, levels in BULLETINS.items():
        by_time = dict(found[gauge])
        for text, level in levels.items():
            then = micros(datetime.fromisoformat(f"2025-{text}").replace(tzinfo=CITY))
            assert by_time[one.event_us(then) // 1000] == level
    assert sum(map(len, found.values())) == one.messages == 2 * (208 * 6 + 1)


def test_between_bulletins_it_is_a_straight_line() -> None:
    one = tell("flood-2025", NOW, when="past", every_s=3600)
    level = [v for _, v in told(one)["LU-2025-PLT"]]
    assert level[7] == 4.11  # half way from 4.22 to 4.00
    assert np.all(np.diff(level[14:81]) > 0)


def test_now_begins_now_and_past_ended_an_hour_ago() -> None:
    now, past = tell("flood-2025", NOW), tell("flood-2025", NOW, when="past")
    assert (now.begin_us, now.end_us) == (NOW, NOW + 208 * HOUR // 600)
    assert (past.end_us, past.end_us - past.begin_us) == (NOW - HOUR, 208 * HOUR)
    assert (now.interval_s, past.interval_s) == (1.0, 600.0)


def test_in_pieces_it_is_the_same() -> None:
    one = tell("flood-2025", NOW, speed=600, wobble=0.02)
    whole = one.between(NOW - 1, one.end_us)
    edges = np.linspace(NOW - 1, one.end_us, 37).astype(np.int64).tolist()
    parts = [one.between(a, b) for a, b in pairwise(edges)]
    assert [p for part in parts for p in part.payloads] == whole.payloads
    assert one.between(one.end_us, one.end_us + HOUR).payloads == []


def test_what_is_assumed_is_only_told_when_asked_for() -> None:
    measured, assumed = tell("flood-2025", NOW), tell("flood-2025", NOW, recede=True)
    last = {g: levels[-1][1] for g, levels in told(measured).items()}
    assert last == {"LU-2025-PLT": 5.05, "LU-2025-DC": 4.31}
    assert {g: levels[-1][1] for g, levels in told(assumed).items()} == {"LU-2025-PLT": 4.0, "LU-2025-DC": 4.0}
    # 0.37 m in 12 h, on to 4.00: 34 h more.
    assert (assumed.steps - measured.steps) * 600 == pytest.approx(1.05 / 0.37 * 12 * 3600, abs=600)


def test_what_cannot_be_told_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is flood-2025"):
        tell("flood-1971", NOW)
    with pytest.raises(ConfigError, match="too fast"):
        tell("flood-2025", NOW, speed=100_000)
    assert scenario.load("flood-2025").source
