"""Values that swing around their level, hour after hour, with restarts in the midst: the judge against the reference.

Random streams (test_alert_judge.py) are seldom raised often enough to be marked as flapping; these are made for it.
"""

from __future__ import annotations

import random
from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from alerts.judge.events import Event
from alerts.judge.judge import Judge
from alerts.judge.state import Open
from alerts.rules.model import Flapping, Rule
from tests.unit.judge_city import SILENCE, T0, WORLD, columns, per_pair, rule, said
from tests.unit.judge_reference import Reading, S, expected

DAY = 86_400 * S


def swinging(seed: int) -> tuple[Rule, list[Reading]]:
    """A rule that is soon raised too often, and sixty readings around its levels."""
    chance = random.Random(seed)
    flapping = Flapping(raises=chance.choice((2, 3)), within_s=300.0, steady_s=chance.choice((0.0, 30.0, 120.0)))
    for_s, clear_for_s = chance.choice((0.0, 0.0, 15.0)), chance.choice((0.0, 20.0, 60.0))
    readings, at = [], T0
    for _ in range(60):
        # Now and then the sensor is silent for so long that it is lost.
        at += chance.choice((5, 10, 10, 20, 80 if chance.random() < 0.2 else 10)) * S
        readings.append(Reading("a", "", at, chance.choice((1.0, 3.0, 5.0, 6.0, 1.5))))
    return rule(flapping=flapping, for_s=for_s, clear_for_s=clear_for_s), readings


def judged(one: Rule, readings: list[Reading], seed: int) -> list[Event]:
    """What the judge says when it is started anew now and then, as the engine is after a crash."""
    chance = random.Random(seed)
    judge, out = Judge([one], WORLD, T0), []
    done = 0
    while done < len(readings):
        batch = readings[done : done + chance.randint(1, 6)]
        done, at = done + len(batch), batch[-1].at
        judge.take(columns(batch), at)
        if chance.random() < 0.7:
            out += judge.advance(at)
            if chance.random() < 0.5:
                known = msgspec.json.decode(msgspec.json.encode(judge.saved()), type=list[Open])
                judge = Judge([one], WORLD, at)
                judge.restore(known)
                judge.remember(columns(readings[:done]), at)
    return out + judge.advance(at + DAY)


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_a_swing_is_what_the_reference_says_whatever_restarts_come(seed: int, restarts: int) -> None:
    one, readings = swinging(seed)
    now = readings[-1].at + DAY
    assert said(judged(one, readings, restarts)) == per_pair(expected([one], readings, SILENCE, now))


def test_the_streams_do_swing() -> None:
    what = Counter(e.what for seed in range(12) for e in judged(*swinging(seed), seed))
    assert min(what[w] for w in ("flapping", "steady", "eased", "back", "lost", "found", "pending", "cancelled")) > 0
