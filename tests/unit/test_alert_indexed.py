"""Rules about indices: which items, which number, when it is a new value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.judge.events import Event
from alerts.judge.judge import Judge
from alerts.judge.state import Open
from alerts.rules.model import Flapping, Indexed, Levels, Rule, Scope
from infra.indices import Item
from tests.unit.judge_city import T0, WORLD, rule, sensor, some_world
from tests.unit.judge_reference import S

HOUR = 3600


def at(second: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=T0 + second * S)).isoformat()


def item(value: float | None, second: int, what: str = "sensor", index: str = "los", **more: Any) -> Item:
    zone = None if what == "area" else "07210"
    given = {"key": "k", "index": index, "area": "bac_giang", "zone": zone, "unit": "", "level": None, "vi": "-",
             "en": "-", "colour": None, "at": at(second), "completeness": None, "method": "", "legal_basis": "",
             "sensor_id": "a" if what == "sensor" else None, "value": value}  # fmt: skip
    return Item(**{**given, **more})


def indexed(code: str = "r", scope: Scope | None = None, levels: Levels | None = None, **more: Any) -> Rule:
    given = {"index": "los", "levels": levels or Levels(above=4.0), **more}
    return rule(code, Indexed(**given), scope=scope or Scope(), flapping=Flapping(raises=0))


def said(events: list[Event]) -> list[tuple[str, str, int]]:
    return [(e.subject.key, e.what, (e.at_us - T0) // S) for e in events]


def given_items(judge: Judge, *items: Item) -> list[tuple[str, str, int]]:
    judge.figures(list(items), T0)
    return said(judge.advance(T0))


stream = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([None, 1.0, 9.0, 12.0])), min_size=1, max_size=30)


@settings(max_examples=8, deadline=None)
@given(stream, st.lists(st.booleans(), min_size=30, max_size=30))
def test_each_time_is_one_value_however_often_it_is_said(
    rounds: list[tuple[int, float | None]], restarts: list[bool]
) -> None:
    judge, out, expected = Judge([indexed()], WORLD, T0), [], []
    second, newest, is_open = 0, -1, False
    for (step, value), restart in zip(rounds, restarts, strict=False):
        second += step
        judge.figures([item(value, second), item(9.0, second, index="other")], T0)
        out += [e for e in judge.advance(T0 + second * S) if e.what != "worse"]
        if value is not None and (second > newest or not is_open):
            breaches = value > 4.0
            if breaches != is_open and second >= newest:
                is_open = breaches
                expected.append(("sensor/a", "fired" if is_open else "cleared", second))
            newest = max(newest, second)
        if restart:
            known = msgspec.json.decode(msgspec.json.encode(judge.saved()), type=list[Open])
            judge = Judge([indexed()], WORLD, T0)
            judge.restore(known)
    assert said(out) == expected


def test_what_is_old_or_said_again_is_no_new_value() -> None:
    judge = Judge([indexed()], WORLD, T0)
    assert given_items(judge, item(9.0, 60)) == [("sensor/a", "fired", 60)]
    assert given_items(judge, item(0.0, 60), item(0.0, 0)) == []
    assert given_items(judge, item(0.0, 120)) == [("sensor/a", "cleared", 120)]
    assert given_items(judge, item(0.0, 120), item(9.0, 60)) == []
    # A figure that was put right since is looked at.
    assert given_items(judge, item(9.0, 120)) == [("sensor/a", "fired", 120)]


def test_a_hold_needs_a_second_value() -> None:
    one = msgspec.structs.replace(indexed(), for_s=60.0)
    judge = Judge([one], WORLD, T0)
    assert given_items(judge, item(9.0, 0)) == [("sensor/a", "pending", 0)]
    for second in range(0, 600, 60):
        judge.figures([item(9.0, 0)], T0)
        assert not judge.advance(T0 + second * S)
    judge.figures([item(9.0, 600)], T0)
    assert said(judge.advance(T0 + 600 * S)) == [("sensor/a", "fired", 600)]


@pytest.mark.parametrize(
    ("rule_", "items", "expected"),
    [
        (indexed(of="zone"), [item(9, 0), item(9, 0, "zone"), item(9, 0, "area")], ["zone/07210"]),
        (indexed(of="area"), [item(9, 0), item(9, 0, "zone"), item(9, 0, "area")], ["area/bac_giang"]),
        (indexed(), [item(9, 0), item(9, 0, "zone"), item(9, 0, "area")],
         ["area/bac_giang", "sensor/a", "zone/07210"]),
        (indexed(scope=Scope(sensor=("b",))), [item(9, 0), item(9, 0, "zone"), item(9, 0, sensor_id="b")],
         ["sensor/b"]),
        (indexed(scope=Scope(zone=("07210",))), [item(9, 0), item(9, 0, "zone"), item(9, 0, "area")],
         ["sensor/a", "zone/07210"]),
        (indexed(scope=Scope(area=("elsewhere",))), [item(9, 0), item(9, 0, "zone"), item(9, 0, "area")], []),
        (indexed(scope=Scope(domain=("elsewhere",))), [item(9, 0)], []),
        (indexed(only={"period": "night"}), [item(9, 0, details={"period": "day"})], []),
        (indexed(only={"period": "night"}), [item(9, 0, details={"period": "night"})], ["sensor/a"]),
        (indexed(detail="above"), [item(9, 0, details={"above": 1.0})], []),
        (indexed(detail="above"), [item(None, 0, details={"above": 9.0})], ["sensor/a"]),
        (indexed(detail="c.pm2_5"), [item(1, 0, details={"c": {"pm2_5": 9}})], ["sensor/a"]),
        (indexed(detail="c.pm2_5"), [item(9, 0, details={"c": 9.0}), item(9, 0, sensor_id="b")], []),
        (indexed(detail="c"), [item(9, 0, details={"c": "high"}), item(9, 0, details={"c": True})], []),
        (indexed(), [item(9, 0, sensor_id="nobody"), item(9, 0, at=None), item(9, 0, index="tti")], []),
        # Of one time the worst, whatever comes first.
        (indexed(), [item(1, 0), item(9, 0)], ["sensor/a"]),
        (indexed(), [item(9, 0), item(1, 0)], ["sensor/a"]),
        (indexed(levels=Levels(below=4.0)), [item(9, 0), item(1, 0)], ["sensor/a"]),
    ],
)  # fmt: skip
def test_which_items_a_rule_looks_at(rule_: Rule, items: list[Item], expected: list[str]) -> None:
    judge = Judge([rule_], WORLD, T0)
    assert sorted(key for key, _, _ in given_items(judge, *items)) == expected
    assert not judge.poisoned


def test_a_rule_that_trips_over_an_item_is_set_aside_alone() -> None:
    judge = Judge([indexed(only={"a": "b"}), indexed("q")], WORLD, T0)
    bad = item(9.0, 0, details=None)
    judge.figures([bad], T0)
    assert [e.rule for e in judge.advance(T0)] == ["q"]
    assert list(judge.poisoned) == ["r"]


def test_what_has_been_said_is_known_in_another_world() -> None:
    judge = Judge([indexed()], WORLD, T0)
    given_items(judge, item(9.0, 60), item(9.0, 60, "zone"))
    judge.use([indexed(), rule("q")], some_world(sensor("a"), sensor("b")), T0)
    assert given_items(judge, item(9.0, 60), item(9.0, 60, "zone")) == []
    assert {o.subject for o in judge.saved()} == {"sensor/a", "zone/07210"}


def test_a_daily_figure_is_not_lost_within_the_day() -> None:
    judge = Judge([indexed(index="vn_aqi_daily")], WORLD, T0)
    given_items(judge, item(9.0, 0, index="vn_aqi_daily"))
    assert judge.advance(T0 + 49 * HOUR * S) == []
    assert [e.what for e in judge.advance(T0 + 51 * HOUR * S)] == ["lost"]
