"""Signs of attacks before the judge: whoever is not named any more has 0; subjects that are no part of the city."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from alerts.judge.judge import Judge
from alerts.judge.state import Open
from alerts.rules.model import Flapping, Indexed, Levels, Rule, Scope
from infra.indices import Item
from infra.security import signs
from infra.security.words import NOWHERE, is_outside, say
from tests.unit.judge_city import T0, WORLD, rule, some_world
from tests.unit.judge_reference import S

ADDRESS = "address/2001:db8::/64"


def sign(subject: str, value: float | None, second: int, sensor_id: str | None = None) -> Item:
    at = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=T0 + second * S)).isoformat()
    return signs.ADDRESS.item(
        subject, area="bac_giang" if sensor_id else NOWHERE, zone="07210" if sensor_id else None, value=value, vi="",
        en="", at=at, sensor_id=sensor_id,
    )  # fmt: skip


def refusals(code: str = "r", above: float = 30.0, **more: object) -> Rule:
    found = Indexed(index=signs.ADDRESS.code, levels=Levels(above=above, clear_above=5.0))
    return rule(code, found, flapping=Flapping(raises=0), **more)


def round_of(judge: Judge, second: int, *items: Item) -> list[tuple[str, str]]:
    judge.figures([sign("asked", None, second), *items], T0 + second * S)
    return [(e.subject.key, e.what) for e in judge.advance(T0 + second * S) if e.what != "worse"]


def test_it_ends_by_itself_when_nobody_is_named_any_more() -> None:
    judge = Judge([refusals()], WORLD, T0)
    assert round_of(judge, 0, sign(ADDRESS, 30, 0), sign("address/192.0.2.1", 3, 0)) == []
    assert round_of(judge, 60, sign(ADDRESS, 31, 60)) == [(ADDRESS, "fired")]
    assert round_of(judge, 120, sign(ADDRESS, 12, 120)) == []
    assert round_of(judge, 180) == [(ADDRESS, "cleared")]
    assert round_of(judge, 240, sign(ADDRESS, 99, 240)) == [(ADDRESS, "fired")]


def test_it_ends_after_a_restart_and_in_another_world_too() -> None:
    judge = Judge([refusals()], WORLD, T0)
    round_of(judge, 0, sign("address/192.0.2.7", 1, 0), sign(ADDRESS, 31, 0))
    known = msgspec.json.decode(msgspec.json.encode(judge.saved()), type=list[Open])
    again = Judge([refusals()], some_world(), T0)
    again.restore(known)
    assert not again.ended
    again.use([refusals()], some_world(), T0)
    assert round_of(again, 60) == [(ADDRESS, "cleared")]
    event = Judge([refusals()], WORLD, T0)
    event.figures([sign(ADDRESS, 31, 0)], T0)
    (fired,) = event.advance(T0)
    assert (fired.subject.area, fired.subject.zone, fired.subject.sensor) == (NOWHERE, None, None)


def test_a_round_that_was_not_asked_for_ends_nothing() -> None:
    judge = Judge([refusals()], WORLD, T0)
    round_of(judge, 0, sign(ADDRESS, 31, 0))
    judge.figures([], T0 + 60 * S)
    assert judge.advance(T0 + 60 * S) == []
    assert [(e.subject.key, e.what) for e in judge.advance(T0 + 901 * S)] == [(ADDRESS, "lost")]
    assert round_of(judge, 960) == [(ADDRESS, "found"), (ADDRESS, "cleared")]


def test_a_sensor_of_the_city_is_one_here_too_and_a_scope_chooses_it() -> None:
    judge = Judge([refusals(), refusals("s", scope=Scope(zone=("07210",)))], WORLD, T0)
    judge.figures([sign("asked", None, 0), sign("a", 40, 0, "a"), sign(ADDRESS, 40, 0)], T0)
    assert sorted((e.rule, e.subject.key, e.subject.area) for e in judge.advance(T0)) == [
        ("r", ADDRESS, ""), ("r", "sensor/a", "bac_giang"), ("s", "sensor/a", "bac_giang"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "vi"),
    [("address/::1", "địa chỉ mạng ::1"), ("account/lan", "tài khoản lan"), ("system/audit", "hệ thống")],
)
def test_what_is_no_part_of_the_city_has_a_name(subject: str, vi: str) -> None:
    assert is_outside(subject)
    assert (say(subject) or ("", ""))[0] == vi


def test_parts_of_the_city_are_no_strangers() -> None:
    assert not any(is_outside(s) for s in ("sensor/a", "zone/07210", "area/bac_giang", "parent/box"))
    assert say("zone/07210") is None
