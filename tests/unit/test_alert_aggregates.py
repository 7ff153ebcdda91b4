"""Figures of zones and areas against plain sums over all readings; the quorum; doubt; restarts; silence."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.judge.events import Event
from alerts.judge.judge import Judge
from alerts.judge.world import World, world
from alerts.rules.model import Aggregate, Flapping, Levels, Rule, Scope
from city.columns import Columns
from city.registry import Domain, Metric, Registry
from city.sensors import Sensor
from infra.roster import Group, roster
from tests.unit.judge_city import T0 as DAWN
from tests.unit.judge_city import rule
from tests.unit.judge_reference import S

#: A moment at which figures are looked at.
T0 = DAWN // (60 * S) * (60 * S)
METRICS = ("level", "rain")
DOMAIN = Domain(
    "test", "thử", "test", 10.0,
    (Metric("level", "m", "gauge", -1e9, 1e9, "mean", "level", "level"),
     Metric("rain", "mm", "delta", 0, 1e9, "sum", "rain", "rain")),
)  # fmt: skip
GROUPS = (Group("z1", "a", "z1"), Group("z2", "a", "z2"), Group("a", "a", None))
#: Four sensors in z1, two in z2.
ZONE = {1: "z1", 2: "z1", 3: "z1", 4: "z1", 5: "z2", 6: "z2"}
Given = tuple[int, int, float]  # sensor, second, value of level


def city(untrusted: frozenset[int] = frozenset(), declared: tuple[str, ...] = METRICS) -> World:
    registry = Registry({"test": DOMAIN})
    found = [Sensor(f"s{i}", "a", "test", zone=z, metrics=declared, id=i) for i, z in ZONE.items()]
    return world(
        roster(found, registry, GROUPS, channels={"": 0}, version=1, left_out=untrusted), registry, (), ()
    )  # fmt: skip


def rows(readings: list[Given], column: int = 0) -> Columns:
    n = len(readings)
    values = np.full((n, 2), np.nan)
    values[:, column] = [v for _, _, v in readings]
    return Columns(
        "test", METRICS, np.array([s for s, _, _ in readings], np.int32), np.zeros(n, np.int16),
        np.array([T0 + at * S for _, at, _ in readings], np.int64), np.zeros(n, np.uint8), np.zeros(n, np.float32),
        values,
    )  # fmt: skip


def figure(of: str = "zone", window_s: int = 60, levels: Levels | None = None, **more: Any) -> Aggregate:
    given = {"metric": "level", "quorum": 0.5, "levels": levels or Levels(above=4.0), **more}
    return Aggregate(of=of, window_s=window_s, **given)


def told(events: list[Event]) -> list[tuple[str, str, int]]:
    found = [(e.subject.key, e.what, (e.at_us - T0) // S) for e in events if e.what in ("fired", "cleared")]
    return sorted(found, key=lambda e: (e[0], e[2]))


def slow(rule_: Rule, readings: list[Given], until: int) -> list[tuple[str, str, int]]:
    """Every five seconds the mean over all readings of the window."""
    c: Any = rule_.condition
    out = []
    for key in ("z1", "z2") if c.of == "zone" else ("a",):
        members = [s for s, z in ZONE.items() if key in (z, "a")]
        fired = False
        for at in range(0, until + 1, 5):
            inside = [(s, v) for s, t, v in readings if s in members and at - c.window_s < t <= at]
            if len({s for s, _ in inside}) < max(1, c.sensors, c.quorum * len(members)):
                continue
            values = [v for _, v in inside]
            value = {"value": sum(values) / len(values), "min": min(values), "max": max(values), "sum": sum(values)}
            beyond = value[c.figure] > 4.0 + 1e-9
            if beyond != fired:
                fired = beyond
                out.append((f"{c.of}/{key}", "fired" if fired else "cleared", at))
    return sorted(out, key=lambda e: (e[0], e[2]))


reading = st.tuples(st.integers(1, 6), st.integers(0, 350), st.sampled_from([0.0, 3.0, 5.0, 9.0]))


@settings(max_examples=3, deadline=None)
@given(st.lists(reading, min_size=1, max_size=60), st.sampled_from(["zone", "area"]), st.sampled_from([60, 300]),
       st.sampled_from(["value", "min", "max"]), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 2**32))  # fmt: skip
def test_figures_are_those_of_plain_sums_and_restarts_change_nothing(
    readings: list[Given], of: str, window_s: int, kind: str, quorum: float, seed: int
) -> None:
    readings = sorted({(s, t): (s, t, v) for s, t, v in readings}.values(), key=lambda r: r[1])
    chance, town = random.Random(seed), city()
    one = rule("r", figure(of, window_s, figure=kind, quorum=quorum), flapping=Flapping(raises=0))
    judge, out = Judge([one], town, T0), []
    for now in range(0, 700, 5):
        batch = [r for r in readings if now - 5 < r[1] <= now]
        if batch:
            judge.take(rows(batch), T0 + now * S)
        out += judge.advance(T0 + now * S)
        if chance.random() < 0.03:
            known = judge.saved()
            judge = Judge([one], town, T0 + now * S)
            judge.restore(known)
            past = [r for r in readings if r[1] <= now]
            if past:
                judge.remember(rows(past), T0 + now * S)
    assert told(out) == slow(one, readings, 695)
    assert not judge.poisoned


def drive(judge: Judge, begin: int, end: int, value: float, who: Any = range(1, 7), column: int = 0) -> list[Event]:
    """Every ten seconds a reading of each of these sensors."""
    out: list[Event] = []
    for now in range(begin, end, 10):
        if who:
            judge.take(rows([(s, now, value) for s in who], column), T0 + now * S)
        out += judge.advance(T0 + now * S)
    return out


def test_below_the_quorum_nothing_is_said_neither_breach_nor_clear() -> None:
    one = rule("r", figure(figure="max", quorum=0.75, sensors=3))
    judge = Judge([one], city(), T0)
    assert told(drive(judge, 0, 300, 9.0, [1, 2])) == []  # two of four
    assert told(drive(judge, 300, 400, 9.0, [1, 2, 3])) == [("zone/z1", "fired", 300)]
    # Two of them are clear, and two are not enough to say so; then it is lost, and still not clear.
    out = drive(judge, 400, 700, 0.0, [1, 2])
    assert [e.what for e in out if e.subject.key == "zone/z1" and e.what != "worse"] == ["lost"]
    assert [e.what for e in drive(judge, 700, 800, 0.0)] == ["found", "cleared"]


def test_sensors_that_are_not_trusted_are_left_out() -> None:
    one = rule("r", figure(figure="max"))
    judge = Judge([one], city(frozenset({4})), T0)
    assert told(drive(judge, 0, 100, 9.0, [4])) == []
    assert told(drive(judge, 100, 200, 1.0, [1, 2, 3]) + drive(judge, 200, 300, 9.0, [4])) == []
    assert told(drive(judge, 300, 320, 9.0, [1, 2])) == [("zone/z1", "fired", 300)]


def test_a_figure_waits_for_what_comes_late() -> None:
    one = rule("r", figure(quorum=1.0), late_s=20.0, scope=Scope(zone=("z2",)))
    judge = Judge([one], city(), T0)
    judge.take(rows([(5, 10, 9.0)]), T0 + 10 * S)
    assert not judge.advance(T0 + 25 * S)
    judge.take(rows([(6, 8, 9.0)]), T0 + 27 * S)
    assert told(judge.advance(T0 + 30 * S)) == [("zone/z2", "fired", 10)]


def test_a_sum_says_nothing_before_its_window_is_full() -> None:
    low = figure(metric="rain", window_s=300, levels=Levels(below=30.0))
    one = rule("r", low, scope=Scope(zone=("z2",)))
    judge = Judge([one], city(), T0)
    # Two sensors with 1 mm every ten seconds: 60 mm in five minutes.
    assert told(drive(judge, 0, 600, 1.0, column=1)) == []
    assert told(drive(judge, 600, 900, 0.0, column=1)) == [("zone/z2", "fired", 750)]
    judge.unheard(T0 + 900 * S, T0 + 2000 * S)
    assert told(drive(judge, 2000, 2290, 0.9, column=1)) == []
    assert told(drive(judge, 2290, 2310, 0.9, column=1)) == [("zone/z2", "cleared", 2300)]


def test_readings_that_came_after_all_fill_a_sum() -> None:
    low = figure(metric="rain", window_s=300, levels=Levels(below=30.0))
    judge = Judge([rule("r", low, scope=Scope(zone=("z2",)))], city(), T0)
    assert told(drive(judge, 0, 600, 1.0, column=1)) == []
    # For ten minutes nobody judged; the readings were kept, and show no rain.
    for now in range(600, 1200, 10):
        assert not judge.advance(T0 + now * S, T0 + 599 * S)
    for now in range(600, 1200, 10):
        judge.take(rows([(s, now, 0.0) for s in (1, 5, 6)], 1), T0 + 1200 * S)
    assert told(judge.advance(T0 + 1200 * S, T0 + 1200 * S)) == [("zone/z2", "fired", 1200)]


def test_a_sensor_that_has_ever_reported_is_expected_over_a_restart_too() -> None:
    one = rule("r", figure(metric="rain", figure="max", quorum=0.6), scope=Scope(zone=("z2",)))
    town = city(declared=("level",))
    for known, expected in ((True, []), (False, [("zone/z2", "fired", 50)])):
        judge = Judge([one], town, T0)
        judge.remember(rows([(5, 0, 1.0)], column=1), T0)
        if known:
            judge.recall(rows([(6, -9999, 1.0)], column=1), T0)
        assert told(drive(judge, 50, 60, 9.0, [5], column=1)) == expected


def test_while_nobody_hears_the_city_figures_stand_still() -> None:
    one = rule("r", figure())
    judge = Judge([one], city(), T0)
    assert len(drive(judge, 0, 100, 9.0)) == 2
    out: list[Event] = []
    for now in range(100, 2000, 10):
        out += judge.advance(T0 + now * S, T0 + 95 * S)
    assert not out


def test_a_metric_of_several_domains_needs_one_named() -> None:
    other = Domain("other", "khác", "other", 10.0, DOMAIN.metrics)
    registry = Registry({"test": DOMAIN, "other": other})
    found = [Sensor("s1", "a", "test", zone="z1", metrics=METRICS, id=1)]
    town = world(roster(found, registry, GROUPS, channels={"": 0}, version=1), registry, (), ())
    judge = Judge([rule("r", figure()), rule("q", figure(), scope=Scope(domain=("test",)))], town, T0)
    judge.advance(T0)
    assert list(judge.poisoned) == ["r"]
    assert "test, other" in judge.poisoned["r"]


@pytest.mark.parametrize("same", [True, False])
def test_windows_go_on_where_the_rules_change(same: bool) -> None:
    town, one = city(), rule("r", figure(metric="rain", window_s=300, levels=Levels(above=59.0)))
    judge = Judge([one], town, T0)
    drive(judge, 0, 400, 0.1, column=1)
    judge.use([one, rule("q")], town if same else city(), T0 + 400 * S)
    assert told(drive(judge, 400, 500, 20.0, column=1))[0] == ("zone/z1", "fired", 400)
