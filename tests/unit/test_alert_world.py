"""Rules put to the world: who is in a scope, subjects and their numbers, hours, and what changes while it is judged."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from alerts.judge.bind import bind, in_force
from alerts.judge.daytime import daytime
from alerts.judge.judge import Ended, Judge
from alerts.rules.model import Absence, Aggregate, Levels, Rule, Scope, Threshold
from city import sun
from city.places import Site
from tests.unit.judge_city import NUMBERS, T0, WORLD, columns, rule, sensor, some_world
from tests.unit.judge_reference import Reading, S

DAY = 86_400 * S
HIGH = Threshold(metric="level", levels=Levels(above=4.0))


def told(judge: Judge, *readings: Reading) -> list[tuple[str, str]]:
    now = max(r.at for r in readings)
    judge.take(columns(list(readings)), now)
    return [(e.what, e.subject.key) for e in judge.advance(now)]


@pytest.mark.parametrize(
    "key", ["sensor/a", "sensor/c/L1", "sensor/c/L2", "zone/07210", "area/bac_giang", "parent/box"]
)
def test_a_subject_is_found_again_by_its_key(key: str) -> None:
    number = WORLD.number(key)
    assert number is not None
    assert WORLD.subject(number).key == key


@pytest.mark.parametrize("key", ["sensor/x", "sensor/a/L9", "zone/00000", "sensor/", "odd"])
def test_a_subject_that_is_gone_has_no_number(key: str) -> None:
    assert WORLD.number(key) is None


def test_what_a_subject_says_of_itself() -> None:
    s = WORLD.subject(NUMBERS["c"] << 16 | 1)
    assert (s.key, s.area, s.zone, s.domain, s.sensor, s.sensor_id, s.channel, s.parent) == (
        "sensor/c/L1", "bac_giang", "07210", "test", 5, "c", "L1", "box",
    )  # fmt: skip
    parent = WORLD.subject(WORLD.number("parent/box") or 0)
    assert (parent.parent, parent.area, parent.zone, parent.domain) == ("box", "bac_giang", "07210", "test")
    assert WORLD.children["box"].tolist() == [1, 2, 5]


SITE = Site("S1", "Cầu Mỹ Độ", 21.2, 106.1, "07210", ("traffic", "noise"))
MIXED = some_world(
    sensor("a", site="S1", tags=("bridge",), lat=None, lon=None),
    sensor("b", zone=None, lat=21.3, lon=106.3),
    sensor("c", area="viet_yen", zone=None, status="maintenance"),
    sites=(SITE,),
)


@pytest.mark.parametrize(
    ("scope", "who"),
    [
        (Scope(), "ab"), (Scope(area=("bac_giang",)), "ab"), (Scope(zone=("07210",)), "a"), (Scope(sensor=("b",)), "b"),
        (Scope(site=("S1",)), "a"), (Scope(site_kind=("noise", "x")), "a"), (Scope(tag=("bridge",)), "a"),
        (Scope(tag=("bridge",), sensor=("b",)), ""), (Scope(domain=("test",)), "ab"), (Scope(sensor=("c",)), ""),
        (Scope(domain=("other",)), ""), (Scope(zone=("nowhere",)), ""),
    ],
)  # fmt: skip
def test_who_is_in_a_scope(scope: Scope, who: str) -> None:
    assert np.flatnonzero(MIXED.mask(scope, "test")).tolist() == [NUMBERS[x] for x in who]


def test_where_a_sensor_stands() -> None:
    assert (MIXED.lat[1], MIXED.lon[1]) == (21.2, 106.1)
    assert (MIXED.lat[2], MIXED.lon[2]) == (21.3, 106.3)


def test_rules_that_cannot_be_bound_say_why_and_others_are() -> None:
    rules = [
        rule("ok"), rule("m", Threshold(metric="nothing", levels=Levels(above=1))), rule("gone", Absence()),
        rule("zone", Aggregate(metric="level", of="zone", window_s=60, levels=Levels(above=1))),
    ]  # fmt: skip
    bound, failed = bind(rules, WORLD)
    assert [(b.no, b.rule.code, list(b.masks)) for b in bound] == [
        (0, "ok", ["test"]), (1, "gone", ["test"]), (2, "zone", []),
    ]  # fmt: skip
    assert failed == {"m": "LookupError: no domain of its scope has the metric nothing"}


@pytest.mark.parametrize(
    ("during", "margin_s", "inside"),
    [
        ("06:00-08:00", 0, [False, True, True, False, False]),
        ("06:00-08:00", 60, [False, False, True, False, False]),
        ("22:00-06:01", 0, [True, True, False, False, True]),
        ("00:00-24:00", 0, [True] * 5),
        ("20:00-24:00", 0, [False, False, False, False, True]),
    ],
)
def test_hours_by_the_clock(during: str, margin_s: float, inside: list[bool]) -> None:
    minutes = np.array([5 * 60 + 59, 6 * 60, 7 * 60, 8 * 60, 24 * 60 - 1])
    at_us = minutes * 60 * S - sun.LOCAL_US + 20_000 * DAY
    place = np.full(5, sun.LAT), np.full(5, sun.LON)
    assert daytime(during, margin_s).holds(at_us, *place).tolist() == inside


@pytest.mark.parametrize(
    "during", ["", "dawn", "6:00-8:00", "25:00-26:00", "08:00-08:00", "20:00-24:30", "x06:00-08:00"]
)
def test_hours_that_are_none(during: str) -> None:
    with pytest.raises(ValueError, match="during"):
        daytime(during, 0)


def test_twilight_comes_earlier_in_the_east() -> None:
    dawn = int(sun.civil_dawn(np.array([20_415]))[0])
    east, west = np.full(1, sun.LON + 0.25), np.full(1, sun.LON - 0.25)
    lat, at = np.full(1, sun.LAT), np.array([dawn])
    assert daytime("day", 30).holds(at, lat, east).tolist() == [True]
    assert daytime("day", 0).holds(at, lat, west).tolist() == [False]
    assert daytime("night", 30).holds(at, lat, west).tolist() == [True]


def test_in_force_by_city_day() -> None:
    dated = rule(valid_from=date(2026, 1, 1), valid_to=date(2026, 1, 31))
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1)]
    assert [in_force(dated, d) for d in days] == [False, True, True, False]
    assert not in_force(rule(enabled=False), days[1])


def test_a_rule_ends_with_its_day() -> None:
    today = date(1970, 1, 1) + timedelta(days=(T0 + sun.LOCAL_US) // DAY)
    judge = Judge([rule("r", HIGH, valid_to=today), rule("s", HIGH)], WORLD, T0)
    assert told(judge, Reading("a", "", T0, 9.0)) == [("fired", "sensor/a")] * 2
    midnight = (T0 + sun.LOCAL_US) // DAY * DAY + DAY - sun.LOCAL_US
    assert not [e for e in judge.advance(midnight - 1) if e.what != "lost"]
    assert judge.ended == []
    judge.advance(midnight)
    assert judge.ended == [Ended("r", "sensor/a", "rule")]
    assert [o.rule for o in judge.saved()] == ["s"]


def test_rules_and_sensors_change_while_alerts_are_open() -> None:
    rules: list[Rule] = [rule("kept", HIGH, version=1), rule("new", HIGH, version=1), rule("gone", HIGH, version=1)]
    judge = Judge(rules, WORLD, T0)
    told(judge, Reading("a", "", T0, 9.0), Reading("b", "L1", T0, 9.0))
    rest = some_world(sensor("b"), sensor("c"))
    judge.use([rule("new", HIGH, version=2), rule("kept", HIGH, version=1)], rest, T0)
    assert set(judge.ended) == {
        Ended("kept", "sensor/a", "subject"),
        Ended("new", "sensor/a", "changed"), Ended("new", "sensor/b/L1", "changed"),
        Ended("gone", "sensor/a", "rule"), Ended("gone", "sensor/b/L1", "rule"),
    }  # fmt: skip
    assert [(o.rule, o.subject) for o in judge.saved()] == [("kept", "sensor/b/L1")]
    later = T0 + 10 * S
    assert told(judge, Reading("b", "L1", later, 1.0)) == [("cleared", "sensor/b/L1")]


def test_what_waits_is_judged_by_the_rules_of_then() -> None:
    waits = rule("r", HIGH, late_s=30.0, version=1)
    judge = Judge([waits], WORLD, T0)
    assert told(judge, Reading("a", "", T0, 9.0)) == []
    judge.use([waits, rule("s", HIGH, late_s=30.0)], WORLD, T0)
    assert [(e.rule, e.what) for e in judge.advance(T0 + 30 * S)] == [("r", "fired"), ("s", "fired")]


def test_readings_of_strangers_and_of_no_metric_of_ours() -> None:
    judge = Judge([rule("r", HIGH)], some_world(sensor("a")), T0)
    assert told(judge, Reading("c", "", T0, 9.0), Reading("a", "", T0, 9.0, metric="lamp")) == []
    # One of this time and one before: the second tells of another metric, and is no latecomer.
    assert told(judge, Reading("a", "", T0 - S, 9.0)) == [("fired", "sensor/a")]
