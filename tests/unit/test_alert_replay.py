"""A rule put to history: figures against those counted by hand, whatever the steps."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from alerts.judge.terms import SECOND
from alerts.rules.model import Absence, Aggregate, Composite, Flapping, Indexed, Levels, Rule, Scope, Threshold
from alerts.trial.replay import Report, Unfit, replay, with_hysteresis
from tests.unit.judge_city import T0, WORLD, columns, rule
from tests.unit.judge_reference import Reading

FROM, HOUR = T0 + 3600 * SECOND, 3600 * SECOND
DAY = 24 * HOUR


def readings(sensor: str, *values: float, at: int = FROM, every_s: int = 10) -> list[Reading]:
    return [Reading(sensor, "", at + i * every_s * SECOND, value) for i, value in enumerate(values)]


def put(one: Rule, given: list[Reading], *, steps: int = 1, to: int = FROM + DAY, **more: Any) -> Report:
    """The replay, in so many steps."""
    edges = [*(T0 + (to - T0) * i // steps for i in range(1, steps)), to]
    parts = []
    for after, until in pairwise([-1, *edges]):
        now = [r for r in given if after < r.at <= until]
        parts.append(([columns(now)] if now else [], until))
    return replay(one, WORLD, parts, FROM, to, **more)


def test_how_often_for_how_long_and_on_whom() -> None:
    # above 4, clear at 2: a is raised for 30 s, comes back after 40 s for 20 s (the same alert), and again 2 h later.
    given = readings("a", 1, 5, 5, 3, 2, 1, 1, 1, 6, 3, 2)
    given += readings("a", 1, 7, 1, at=FROM + 2 * HOUR) + readings("b", 5, 4, 3, 1)
    found = put(rule(), given)
    c = found.count
    assert (c.alerts, c.raised, c.reopened, c.subjects) == (3, 4, 1, 2)
    assert (c.total_s, c.median_s, c.longest_s) == (30 + 20 + 10 + 30, 25, 30)
    assert (c.swings, c.flapped, c.cancelled, c.lost, c.standing, c.open) == (0, 0, 0, 0, 0, 0)
    assert (found.scope, c.per_day, c.per_1000_sensor_days) == (3, 3.0, 1000.0)
    assert [(w.subject, w.raised, w.total_s, w.peak) for w in found.worst] == [
        ("sensor/a", 3, 60.0, 7.0), ("sensor/b", 1, 30.0, 5.0),
    ]  # fmt: skip
    assert found.readings == len(given)


def test_what_more_hysteresis_would_change() -> None:
    # No hysteresis of its own: raised at every crossing of 4; with 5 % it must fall to 3.8.
    bare = rule(condition=Threshold(metric="level", levels=Levels(above=4.0)), reopen_s=0)
    given = readings("a", *[4.1, 3.9] * 20, 3.7)
    found = put(bare, given)
    assert (found.count.alerts, found.count.flapped) == (4, 1)  # quiet from then on
    found = put(msgspec.structs.replace(bare, flapping=Flapping(raises=1)), given)
    assert (found.count.alerts, found.count.flapped) == (20, 0)
    assert found.hysteresis.clear_above == pytest.approx(3.8)
    assert found.hysteresis.count is not None
    assert (found.hysteresis.count.alerts, found.hysteresis.count.total_s) == (1, 400.0)
    # A rule with more than that already is not changed by it, and neither is one without a level.
    assert put(rule(), readings("a", 5, 1)).hysteresis.count is None
    assert put(rule(condition=Absence()), []).hysteresis.why_en == "the rule has no level"


def test_the_wider_levels() -> None:
    def levels(**given: float) -> Any:
        found = with_hysteresis(rule(condition=Threshold(metric="level", levels=Levels(**given))), 0.05)
        return None if found is None else (found.condition.levels.clear_above, found.condition.levels.clear_below)

    assert levels(above=100.0) == (95.0, None)
    assert levels(above=100.0, clear_above=98.0) == (95.0, None)
    assert levels(above=100.0, clear_above=90.0) is None
    assert levels(below=-20.0) == (None, -19.0)
    assert levels(above=231.0, below=209.0) == (pytest.approx(219.45), pytest.approx(219.45))
    assert levels(above=0.0) is None


def test_swings_and_flapping() -> None:
    one = rule(clear_for_s=60.0, flapping=Flapping(raises=3, within_s=600, steady_s=300))
    c = put(one, readings("a", *[5, 1] * 4, *[1] * 60)).count
    assert (c.alerts, c.raised, c.swings, c.flapped) == (1, 1, 2, 1)


def test_a_breach_that_does_not_last_is_counted_apart() -> None:
    c = put(rule(for_s=30.0), readings("a", 1, 5, 5, 1, 5, 5, 5, 5, 1)).count
    assert (c.alerts, c.cancelled, c.total_s) == (1, 1, 10.0)


def test_what_began_before_and_what_goes_on_after() -> None:
    to = FROM + 600 * SECOND
    before = readings("a", *[5] * 10, 1, at=FROM - 50 * SECOND) + readings("b", *[5] * 10, at=to - 100 * SECOND)
    c = put(rule(), before, to=to).count
    assert (c.alerts, c.standing, c.open, c.subjects) == (1, 1, 1, 1)
    assert (c.total_s, c.median_s) == (50 + 100, 100)


def test_a_silent_sensor_goes_on_firing() -> None:
    c = put(rule(), readings("a", 5), to=FROM + HOUR).count
    assert (c.alerts, c.lost, c.open, c.total_s) == (1, 1, 1, 3600.0)


def test_the_steps_make_no_difference() -> None:
    rnd = random.Random(4)
    given = [r for s in "abc" for r in readings(s, *(rnd.uniform(0, 6) for _ in range(2000)))]
    one = rule(for_s=20.0, clear_for_s=10.0)
    whole = put(one, given)
    assert whole.count.raised > 5
    assert put(one, given, steps=7) == whole
    shuffled = given[:]
    rnd.shuffle(shuffled)
    assert put(one, shuffled, steps=50) == whole


def test_off_or_out_of_force_it_is_judged_all_the_same() -> None:
    off = rule(enabled=False, late_s=60.0, retro_s=60.0)
    assert put(off, readings("a", 5, 1)).count.alerts == 1


def test_figures_absence_and_rules_about_rules() -> None:
    gone = put(rule(condition=Absence()), readings("a", *[1] * 30, at=FROM) + readings("a", 1, at=FROM + 2 * HOUR))
    assert gone.count.raised >= 1
    mean = rule(condition=Aggregate(metric="level", of="zone", window_s=60, levels=Levels(above=4.0), quorum=0.0))
    c = put(mean, readings("a", *[5.0] * 60, *[1.0] * 60), to=FROM + HOUR).count
    assert (c.alerts, c.subjects) == (1, 1)
    assert 500 <= c.total_s <= 720
    both = rule("both", Composite(all=("r", "s")))
    low = rule("s", Threshold(metric="level", levels=Levels(above=3.0)))
    c = put(both, readings("a", 1, *[3.5] * 20, *[5] * 20, 1), others=[rule(), low], to=FROM + HOUR).count
    assert (c.alerts, c.subjects) == (1, 1)


def test_what_cannot_be_replayed_is_refused_with_the_reason() -> None:
    with pytest.raises(Unfit, match=r"xét chỉ số los, .* is about the index los"):
        put(rule(condition=Indexed(index="los", levels=Levels(below=30.0))), [])
    with pytest.raises(Unfit, match="has the metric nowhere"):
        put(rule(condition=Threshold(metric="nowhere", levels=Levels(above=1.0))), [])
    assert put(rule(scope=Scope(zone=("07228",))), readings("a", 5)).count.alerts == 0
