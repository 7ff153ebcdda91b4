"""Routes, hours, silences, news and groups, without servers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.life.rows import Alert
from alerts.notice.book import Department, Pace, Route
from alerts.notice.channels import masked
from alerts.notice.digest import slot
from alerts.notice.group import Group, at_once, key_of
from alerts.notice.hours import is_open, next_open, wrong
from alerts.notice.news import news, status
from alerts.notice.route import concerned
from alerts.notice.silence import Matcher
from alerts.notice.stages import REASONS
from alerts.rules.directory import Hours
from city import holidays

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # Tuesday, 10:00 in the city


def alert(**fields: Any) -> Alert:
    usual = {
        "id": 7, "rule": "dust", "rule_version": 1, "subject": "sensor/S1", "kind": "air_quality",
        "severity": "major", "area": "bac_giang", "zone": "07210", "domain": "environment", "sensor_id": "S1",
        "state": "firing", "condition": "breach", "started_at": NOW, "changed_at": NOW, "raises": 1,
    }  # fmt: skip
    return Alert(**{**usual, **fields})


def route(number: int, department: str, role: Any = "handles", **fields: Any) -> Route:
    asked = {"zone": None, "area": None, "domain": None, "kind": None, "severity": None, **fields}
    return Route(number, department=department, role=role, **asked)


def who(*routes: Route, handler: str | None = None, **fields: Any) -> dict[str, str]:
    return {c.department: c.role for c in concerned(routes, alert(**fields), handler)}


def test_a_route_for_one_area_takes_the_place_of_the_one_for_all() -> None:
    general, own = route(1, "province", kind="air_quality"), route(2, "city", kind="air_quality", area="viet_yen")
    assert who(general, own) == {"province": "handles"}
    assert who(general, own, area="viet_yen") == {"city": "handles"}


def test_a_route_for_one_ward_takes_the_place_of_the_one_for_its_area() -> None:
    area, ward = route(1, "city", kind="noise", area="bac_giang"), route(2, "ward", kind="noise", zone="07210")
    assert who(area, ward, kind="noise") == {"ward": "handles"}
    assert who(area, ward, kind="noise", zone="07213") == {"city": "handles"}
    assert who(area, ward, kind="noise", zone=None) == {"city": "handles"}
    # The kind says more than the ward, however much else a route of a ward names.
    kind, every = route(1, "police", kind="noise"), route(2, "ward", zone="07210", area="bac_giang", severity="info")
    assert who(kind, every, kind="noise") == {"police": "handles"}


def test_several_handle_where_their_routes_are_alike_and_the_others_add_up() -> None:
    found = who(
        route(1, "agriculture", kind="air_quality"), route(2, "parks", kind="air_quality"),
        route(3, "everything", "informed"), route(4, "health", "supports", domain="environment"),
        route(5, "roads", kind="congestion"),
    )  # fmt: skip
    assert found == {"agriculture": "handles", "parks": "handles", "health": "supports", "everything": "informed"}


def test_a_route_of_a_severity_takes_graver_ones_too() -> None:
    grave = route(1, "province", "informed", severity="major")
    assert who(grave, severity="warning") == {}
    assert who(grave, severity="critical") == {"province": "informed"}


def test_of_a_department_the_most_specific_route_counts() -> None:
    both = route(1, "ward", "informed"), route(2, "ward", "handles", kind="air_quality")
    assert who(*both) == {"ward": "handles"}
    assert who(*both, kind="noise") == {"ward": "informed"}


def test_the_department_that_a_rule_names_handles_alone() -> None:
    found = who(route(1, "ward"), route(2, "police", "informed"), handler="police")
    assert found == {"police": "handles"}


OFFICE = (Hours(days=(1, 2, 3, 4, 5), start="07:30", to="17:00"),)
NIGHTS = (Hours(days=(5,), start="22:00", to="06:00"),)


@pytest.mark.parametrize(
    ("hours", "at", "opened"),
    [
        (OFFICE, "2026-11-24T00:30", True), (OFFICE, "2026-11-24T00:29", False), (OFFICE, "2026-11-24T10:00", False),
        (OFFICE, "2026-11-28T03:00", False), ((), "2026-11-28T03:00", True), (None, "2026-11-28T03:00", True),
        (NIGHTS, "2026-11-27T22:59", True), (NIGHTS, "2026-11-27T23:00", False), (NIGHTS, "2026-11-27T14:59", False),
    ],
)  # fmt: skip
def test_working_hours(hours: Any, at: str, opened: bool) -> None:
    assert is_open(hours, datetime.fromisoformat(at + ":00+00:00")) is opened


def test_when_they_work_next() -> None:
    friday_evening = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)
    assert next_open(OFFICE, friday_evening) == datetime(2026, 11, 30, 0, 30, tzinfo=UTC)
    assert next_open(None, friday_evening) == friday_evening


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+07:00")


def test_nobody_with_hours_works_on_a_holiday() -> None:
    known = Path("city/data/holidays.toml").read_text(encoding="utf-8")
    tet = holidays.parse(known)
    every_day = (Hours(days=(1, 2, 3, 4, 5, 6, 7), start="07:30", to="17:00"),)
    assert not is_open(OFFICE, day("2026-02-17T10:00"), tet)
    assert is_open(OFFICE, day("2026-02-17T10:00")), "without a calendar it is a Tuesday"
    assert not is_open(every_day, day("2026-09-02T10:00"), tet)
    assert next_open(OFFICE, day("2026-02-13T18:00"), tet) == day("2026-02-23T07:30"), "after all of Tết"
    # A Saturday that is worked in place of a Friday.
    assert is_open(OFFICE, day("2026-01-10T10:00"), tet)
    assert not is_open(OFFICE, day("2026-01-17T10:00"), tet)
    assert not is_open(OFFICE, day("2026-01-02T10:00"), tet)
    assert not is_open(OFFICE, day("2031-04-30T10:00"), tet), "what is one every year"


@pytest.mark.parametrize(
    "hours",
    [
        (), None, (Hours(days=(1, 2, 3, 4, 5, 6, 7), start="00:00", to="24:00"),),
        (Hours(days=(1, 2, 3, 4, 5, 6, 7), start="06:00", to="18:00"),
         Hours(days=(7, 6, 5, 4, 3, 2, 1), start="18:00", to="06:00")),
    ],
)  # fmt: skip
def test_who_works_round_the_clock_works_on_holidays_too(hours: Any) -> None:
    calendar = holidays.Calendar(yearly={(9, 2): ("Quốc khánh", "National Day")})
    assert is_open(hours, day("2026-09-02T03:00"), calendar)


def test_a_night_shift_that_has_begun_goes_on_into_the_holiday() -> None:
    calendar = holidays.Calendar(days={date(2026, 11, 28): ("x", "x")})
    assert is_open(NIGHTS, day("2026-11-28T05:00"), calendar)
    assert not is_open(NIGHTS, day("2026-11-28T05:00"), holidays.Calendar(days={date(2026, 11, 27): ("x", "x")}))


@pytest.mark.parametrize(
    "hours",
    [
        Hours(days=(), start="07:00", to="08:00"), Hours(days=(8,), start="07:00", to="08:00"),
        Hours(days=(1,), start="7", to="08:00"), Hours(days=(1,), start="07:00", to="25:00"),
    ],
)  # fmt: skip
def test_hours_that_are_none(hours: Hours) -> None:
    assert wrong([hours])
    assert not wrong(OFFICE)


def test_a_matcher_must_match_in_every_list() -> None:
    lamp = alert(parent="TU-01", sensor_id="L1", kind="lamp_fault")
    cabinet = alert(subject="parent/TU-01", sensor_id=None)
    assert Matcher(parent=("TU-01",)).matches(lamp, "ward")
    assert Matcher(parent=("TU-01",)).matches(cabinet, "ward")
    assert not Matcher(parent=("TU-01",), kind=("noise",)).matches(lamp, "ward")
    assert not Matcher(department=("police",)).matches(lamp, "ward")
    assert not Matcher(sensor=("L2",)).matches(lamp, "ward")
    assert not Matcher(zone=("07210",)).matches(alert(zone=None), "ward")
    assert Matcher(tag=("truong-hoc",)).matches(lamp, "ward", {"L1", "L9"})
    assert not Matcher(tag=("truong-hoc",)).matches(lamp, "ward", {"L9"})
    assert not Matcher(tag=("truong-hoc",)).matches(lamp, "ward")
    assert Matcher(tag=("tu-dien",)).matches(cabinet, "ward", {"TU-01"}), "the cabinet itself has the tag"


def test_what_is_news() -> None:
    assert news("firing", None) == "firing"
    assert news("resolved", None) is None, "what was never told to fire is not told to be over"
    assert news("firing", "firing") is None
    assert news("firing", "resolved") == "firing"
    assert news("firing", "lost") is None, "a sensor that speaks again is no news"
    assert news("lost", "flapping") is None
    assert news("firing", "flapping") == "firing", "it is steady"
    assert news("resolved", "lost") == "resolved"


def test_how_an_alert_stands() -> None:
    assert status(alert(condition="lost")) == "lost"
    assert status(alert(flapping=True, condition="lost")) == "flapping"
    assert status(alert(state="acknowledged")) == "firing"
    assert status(alert(state="closed", condition="lost")) == "resolved"


def test_when_a_group_is_due() -> None:
    pace, group = Pace(wait_s=30, interval_s=300), Group(department="ward", key="x", opened_at=NOW)
    group.add(1, "fired", alert(), pace, NOW)
    group.add(2, "fired", alert(), pace, NOW + timedelta(seconds=20))
    assert group.next_at == NOW + timedelta(seconds=30), "company does not make it wait longer"
    told = Group(department="ward", key="x", opened_at=NOW, sent_at=NOW)
    told.add(3, "fired", alert(), pace, NOW + timedelta(seconds=60))
    assert told.next_at == NOW + timedelta(seconds=300)
    told.add(4, "cleared", alert(), pace, NOW + timedelta(seconds=70), over=True)
    assert told.next_at == NOW + timedelta(seconds=100), "all is over"


def test_what_is_critical_does_not_wait_unless_it_swings() -> None:
    assert at_once("fired", alert(severity="critical"))
    assert not at_once("cleared", alert(severity="critical"))
    assert not at_once("fired", alert())
    assert not at_once("reopened", alert(severity="critical", raises=4))
    assert not at_once("reopened", alert(severity="critical", flapping=True))
    assert key_of(alert(severity="critical")) == "alert/7"
    assert key_of(alert()) == "air_quality/bac_giang"


def test_a_department_is_in_force_by_the_citys_day() -> None:
    old = Department("x", "x", "x", valid_to=date(2026, 11, 24))
    assert old.in_force(datetime(2026, 11, 24, 16, 59, tzinfo=UTC))
    assert not old.in_force(datetime(2026, 11, 24, 17, 0, tzinfo=UTC))


def test_shifts_change_by_the_citys_clock() -> None:
    assert slot(datetime(2026, 11, 24, 6, 59, tzinfo=UTC)).isoformat() == "2026-11-24T06:00:00+07:00"
    assert slot(datetime(2026, 11, 24, 7, 0, tzinfo=UTC)).isoformat() == "2026-11-24T14:00:00+07:00"
    assert slot(datetime(2026, 11, 23, 22, 0, tzinfo=UTC)).isoformat() == "2026-11-23T22:00:00+07:00"


def test_addresses_are_known_again_and_of_no_use() -> None:
    assert masked("email", "an.nguyen@bg.example, mailto:truc@bg.example") == "a…@bg.example, t…@bg.example"
    assert masked("webhook", "https://user:pw@hook.example/secret/path?key=1") == "https://hook.example/…"
    assert masked("apprise", "tgram://123:token/chat") == "tgram://…"
    assert masked("webhook", "https://[bad") == "…"


def test_every_reason_is_said_in_both_languages() -> None:
    assert all(vi and en for vi, en in REASONS.values())
