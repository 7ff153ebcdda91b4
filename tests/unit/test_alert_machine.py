"""A subject that swings, breaches both ways, falls silent, or stops and starts: event by event."""

from __future__ import annotations

from collections import Counter

import numpy as np

from alerts.judge.events import QUIET
from alerts.judge.judge import Judge
from alerts.judge.machine import Machine, Samples
from alerts.judge.terms import terms
from alerts.judge.trend import Change
from alerts.rules.model import Flapping, Levels, Rate, Rule, Schedule, Stuck, Threshold
from tests.unit.judge_city import T0, WORLD, columns, rule
from tests.unit.judge_reference import Reading, S

LEVELS = Levels(above=150.0, clear_above=120.0)
PM = Threshold(metric="level", levels=LEVELS)
DAY = 86_400 * S


def told(of: Rule, values: list[tuple[float, float]], until_s: float | None = None) -> list[tuple[str, float]]:
    """What is said of (second, value) readings of one sensor: what, and at which second."""
    judge = Judge([of], WORLD, T0)
    judge.take(columns([Reading("a", "", T0 + round(t * S), v) for t, v in values]), T0)
    last = values[-1][0] if until_s is None else until_s
    out = judge.advance(T0 + round(last * S))
    assert not judge.poisoned
    return [(e.what, (e.at_us - T0) / S) for e in out]


def test_120_crossings_in_ten_minutes_are_a_few_events() -> None:
    values = [(5.0 * i, (200.0, 100.0)[i % 2]) for i in range(120)]
    steady = [(600.0 + 10 * i, 100.0) for i in range(100)]
    out = told(rule(condition=PM), values + steady)
    assert Counter(what for what, _ in out) == {
        "fired": 4, "cleared": 4, "flapping": 1, "eased": 57, "back": 56, "steady": 1,
    }  # fmt: skip
    assert [what for what, _ in out if what not in QUIET][-3:] == ["flapping", "steady", "cleared"]
    assert out[-2:] == [("steady", 1500.0), ("cleared", 1500.0)]  # 900 s after it last went under the clear level
    assert out.index(("flapping", 30.0)) == 7


def test_with_a_hold_time_the_alert_stays_one() -> None:
    values = [(5.0 * i, (200.0, 100.0)[i % 2]) for i in range(120)]
    out = told(rule(condition=PM, clear_for_s=60.0), [*values, *((600.0 + 10 * i, 200.0) for i in range(100))])
    assert Counter(what for what, _ in out) == {
        "fired": 1, "clearing": 3, "breach": 3, "flapping": 1, "eased": 57, "back": 57, "steady": 1,
    }  # fmt: skip
    assert out[-1][0] == "steady"  # it breaches for good: what is open stays open


def test_a_swing_over_a_restart_is_still_a_swing() -> None:
    judge, out = Judge([rule(condition=PM)], WORLD, T0), []
    for i in range(12):
        known = judge.saved()
        judge = Judge([rule(condition=PM)], WORLD, T0)
        judge.restore(known)
        at = T0 + 5 * i * S
        judge.take(columns([Reading("a", "", at, (200.0, 100.0)[i % 2])]), at)
        out += judge.advance(at)
    assert Counter(e.what for e in out) == {
        "fired": 4, "cleared": 3, "flapping": 1, "eased": 3, "back": 2,
    }  # fmt: skip
    assert [e.raises for e in out if e.what == "flapping"] == [4]


def test_between_the_levels_nothing_changes() -> None:
    held = rule(condition=PM, for_s=20.0, clear_for_s=20.0)
    assert told(held, [(0, 160), (10, 130), (20, 130), (30, 130), (40, 160)]) == [("pending", 0), ("fired", 40)]
    after = [(50, 120), (60, 130), (70, 130)]
    assert told(rule(condition=PM, clear_for_s=20.0), [(40, 160), *after]) == [
        ("fired", 40), ("clearing", 50), ("cleared", 70),
    ]  # fmt: skip


def test_a_value_at_the_level() -> None:
    assert told(rule(condition=PM), [(0, 150.0)]) == []
    included = Threshold(metric="level", levels=Levels(above=150.0, inclusive=True))
    assert told(rule(condition=included), [(0, 150.0), (10, 149.9)]) == [("fired", 0), ("cleared", 10)]


def test_a_decimal_is_compared_as_it_was_sent() -> None:
    # Stored in single precision, 150.1 is a little more than 150.1.
    level = Threshold(metric="level", levels=Levels(above=150.1))
    assert told(rule(condition=level), [(0, float(np.float32(150.1)))]) == []


def test_from_one_side_to_the_other() -> None:
    both = Threshold(metric="level", levels=Levels(above=231.0, below=209.0))
    assert told(rule(condition=both), [(0, 240.0), (10, 190.0), (20, 220.0)]) == [
        ("fired", 0), ("worse", 10), ("cleared", 20),
    ]  # fmt: skip
    assert told(rule(condition=both, for_s=15.0), [(0, 240.0), (10, 190.0), (20, 190.0), (30, 190.0)]) == [
        ("pending", 0), ("cancelled", 10), ("pending", 10), ("fired", 30),
    ]  # fmt: skip


def test_the_sides_threshold_and_peak() -> None:
    judge = Judge([rule(condition=Threshold(metric="level", levels=Levels(above=231.0, below=209.0)))], WORLD, T0)
    judge.take(columns([Reading("a", "", T0 + i * S, v) for i, v in enumerate((240.0, 250.0, 245.0, 200.0))]), T0)
    out = judge.advance(T0 + 9 * S)
    assert [(e.what, e.threshold, e.peak, e.unit) for e in out] == [
        ("fired", 231.0, 240.0, "m"), ("worse", 231.0, 250.0, "m"), ("worse", 209.0, 200.0, "m"),
    ]  # fmt: skip


def test_silence_is_not_clear_and_a_hole_begins_the_wait_anew() -> None:
    # A sensor of 10 s is lost after 55.
    open_ = rule(condition=PM, clear_for_s=20.0)
    assert told(open_, [(0, 200)], 1000) == [("fired", 0), ("lost", 55)]
    assert told(open_, [(0, 200)], 55) == [("fired", 0), ("lost", 55)]
    assert told(open_, [(0, 200)], 54.9) == [("fired", 0)]
    assert told(open_, [(0, 200), (100, 100), (120, 100)]) == [
        ("fired", 0), ("lost", 55), ("found", 100), ("clearing", 100), ("cleared", 120),
    ]  # fmt: skip
    assert told(open_, [(0, 200), (10, 100), (100, 100), (110, 100), (120, 100)]) == [
        ("fired", 0), ("clearing", 10), ("lost", 65), ("found", 100), ("clearing", 100), ("cleared", 120),
    ]  # fmt: skip
    # A hold time that is longer than that may have holes as long as itself.
    assert told(rule(condition=PM, for_s=200.0), [(0, 200), (150, 200), (300, 200)]) == [("pending", 0), ("fired", 300)]
    waits = rule(condition=PM, for_s=60.0)
    assert told(waits, [(0, 200), (50, 200), (100, 200)]) == [("pending", 0), ("fired", 100)]
    assert told(waits, [(0, 200), (61, 200), (100, 200), (130, 200)]) == [
        ("pending", 0), ("cancelled", 60), ("pending", 61), ("fired", 130),
    ]  # fmt: skip


def test_nobody_is_silent_while_nobody_listens() -> None:
    judge = Judge([rule(condition=PM)], WORLD, T0)
    judge.take(columns([Reading("a", "", T0, 200.0)]), T0)
    judge.advance(T0)
    assert judge.advance(T0 + 600 * S, heard_us=T0 + 50 * S) == []
    assert [e.what for e in judge.advance(T0 + 700 * S, heard_us=T0 + 700 * S)] == ["lost"]


def test_a_lamp_by_day_from_its_twilight() -> None:
    # The city's dawn is a minute after T0; until ten minutes later nobody minds.
    lit = Schedule(metric="lamp", levels=Levels(above=0.5), during="day", margin_s=600.0)
    judge = Judge([rule(condition=lit)], WORLD, T0)
    lamp = [Reading("a", "", T0 + m * 60 * S, 1.0, metric="lamp") for m in range(20)]
    judge.take(columns(lamp), T0)
    out = judge.advance(T0 + DAY)
    assert [e.what for e in out] == ["fired", "lost", *["found", "lost"] * (len(out) // 2 - 1)]
    assert out[0].at_us == T0 + 12 * 60 * S
    evening = T0 + DAY // 2
    judge.take(columns([Reading("a", "", evening, 1.0, metric="lamp")]), evening)
    assert [e.what for e in judge.advance(evening)][-2:] == ["found", "cleared"]


def test_a_river_that_rises() -> None:
    rising = rule(condition=Rate(metric="level", over_s=60.0, levels=Levels(above=0.5)))
    slow = [(10.0 * i, 4.0 + 0.05 * i) for i in range(12)]
    assert told(rising, slow) == []
    fast = [(120.0 + 10 * i, 4.6 + 0.1 * i) for i in range(12)]
    assert told(rising, slow + fast)[0] == ("fired", 170.0)  # 5.1 against 4.55


def test_change_by_a_sensor_that_reports_much() -> None:
    at = T0 + np.arange(0, 30 * S, S // 10)
    one = np.ones(1, np.int64)
    change = Change(15 * S)
    found = [change.take(one, at[i : i + 1], np.array([i / 100]), one * 55 * S)[0] for i in range(len(at))]
    assert np.isnan(found[:150]).all()
    np.testing.assert_allclose(found[150:], 1.5)
    # As one column it is the same.
    whole = Change(15 * S).take(np.ones(len(at), np.int64), at, np.arange(len(at)) / 100, np.full(len(at), 55 * S))
    np.testing.assert_array_equal(whole, found)


def test_a_value_that_stands_still_and_a_restart() -> None:
    still = rule(condition=Stuck(metric="level", span_s=100.0))
    same = [(10.0 * i, 20.5) for i in range(12)]
    assert told(still, same) == [("fired", 100)]
    assert told(still, [*same, (120, 20.6)]) == [("fired", 100), ("cleared", 120)]
    # What began before the readings that are remembered may be longer: it is not clear.
    judge = Judge([still], WORLD, T0)
    judge.take(columns([Reading("a", "", T0 + round(t * S), v) for t, v in same]), T0)
    judge.advance(T0 + 110 * S)
    known, judge = judge.saved(), Judge([still], WORLD, T0 + 110 * S)
    judge.restore(known)
    for at, value in ((120, 20.5), (130, 20.5), (140, 20.7)):
        judge.take(columns([Reading("a", "", T0 + at * S, value)]), T0 + at * S)
        assert [e.what for e in judge.advance(T0 + at * S)] == (["cleared"] if value > 20.5 else [])


def test_to_be_there_is_not_to_be_clear() -> None:
    machine = Machine([terms(rule(condition=PM, clear_for_s=20.0), LEVELS)], WORLD.subject, WORLD.silence_of)
    for second, value in ((0, 200.0), (10, 100.0), (30, np.nan), (60, np.nan), (70, 100.0)):
        machine.walk(Samples(0, np.array([1 << 16]), np.array([T0 + second * S]), np.array([value])))
    assert [(e.what, (e.at_us - T0) // S) for e in machine.events] == [("fired", 0), ("clearing", 10), ("cleared", 70)]


def test_raises_that_are_far_apart_are_no_swing() -> None:
    # Every 11 minutes: three within half an hour.
    out = told(rule(condition=PM), [(330.0 * i, (200.0, 100.0)[i % 2]) for i in range(16)])
    assert Counter(w for w, _ in out if w in ("fired", "cleared", "flapping")) == {"fired": 8, "cleared": 8}


def test_silent_again() -> None:
    judge, out = Judge([rule(condition=PM)], WORLD, T0), []
    for second in range(0, 400, 5):
        if second in (0, 200):
            judge.take(columns([Reading("a", "", T0 + second * S, 200.0)]), T0 + second * S)
        out += [(e.what, second) for e in judge.advance(T0 + second * S)]
    assert out == [("fired", 0), ("lost", 55), ("found", 200), ("lost", 255)]


def test_a_source_that_says_the_past_again_changes_nothing() -> None:
    machine = Machine([terms(rule(condition=PM), LEVELS)], WORLD.subject, WORLD.silence_of)
    who = np.array([1 << 16, 1 << 16])
    machine.feed(Samples(0, who, np.array([T0, T0 + 9 * S]), np.array([200.0, 210.0])))
    machine.feed(Samples(0, who, np.array([T0 + 5 * S, T0 + 9 * S]), np.array([100.0, 100.0])))
    machine.feed(Samples(0, who[:1], np.array([T0 + 10 * S]), np.array([np.nan])))
    assert [e.what for e in machine.events] == ["fired", "worse"]
    machine.walk(Samples(0, who[:1], np.array([T0 + 30 * S]), np.array([np.nan])))  # it is there
    machine.tick(T0 + 70 * S)
    assert [e.what for e in machine.events] == ["fired", "worse"]
    assert (machine.breaching(0).tolist(), machine.begun(0).tolist()) == ([1 << 16], [1 << 16])


def test_flapping_that_is_switched_off() -> None:
    never = rule(condition=PM, flapping=Flapping(raises=0))
    assert Counter(w for w, _ in told(never, [(5.0 * i, (200.0, 100.0)[i % 2]) for i in range(40)])) == {
        "fired": 20, "cleared": 20,
    }  # fmt: skip
