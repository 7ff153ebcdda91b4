"""Incidents: noted once, and in the round in which both alerts are open."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from alerts.notice import book, incident
from infra.catalog import Catalog
from tests.notices import RULES, Office

pytestmark = pytest.mark.servers
LAMPS = 5


@pytest.fixture
def ward(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True, options="-c timezone=UTC") as conn:
        made = Office(conn, catalog)
        made.know(*RULES)
        made.department("ward", channels=3)
        made.route("ward")
        made.lamps(LAMPS)
        yield made


def lamps(office: Office, what: str) -> None:
    for n in range(LAMPS):
        office.happens(what, f"L{n}", "dark", parent="TU-01")


def under(office: Office) -> list[tuple[int | None, int]]:
    return office.ask("SELECT incident, count(*) FROM alert WHERE rule = 'dark' GROUP BY 1")


def test_an_incident_is_one_muting_an_alert_and_department_however_often_it_changes(ward: Office) -> None:
    ward.department("police")
    ward.route("police", "informed")
    ward.happens("fired", code="cabinet", subject="parent/TU-01")
    for _ in range(3):
        for what in ("fired", "lost", "found", "cleared"):
            lamps(ward, what)
            ward.goes_on(360, 30)
    lamps(ward, "fired")
    ward.goes_on(360, 30)
    assert ward.ask("SELECT department, count(*) FROM muting WHERE why = 'incident' GROUP BY 1 ORDER BY 1") == [
        ("police", LAMPS), ("ward", LAMPS),
    ]  # fmt: skip
    ward.happens("cleared", code="cabinet", subject="parent/TU-01")
    ward.goes_on(1200, 30)
    assert ward.ask("SELECT count(*) FROM muting WHERE held AND over_at IS NULL") == [(0,)]
    told = {s: w for m in ward.messages() for s, w in m.said().items()}
    assert [told.get(f"sensor/L{n}") for n in range(LAMPS)] == ["firing"] * LAMPS, "what still fires is told after it"


@pytest.mark.parametrize("first", ["lamps", "cabinet"])
def test_the_incident_is_set_in_the_first_round_in_which_both_are_open(ward: Office, first: str) -> None:
    if first == "lamps":
        lamps(ward, "fired")
        ward.round(1)
        assert under(ward) == [(None, LAMPS)]
    ward.happens("fired", code="cabinet", subject="parent/TU-01")
    ward.round(1)
    if first == "cabinet":
        lamps(ward, "fired")
        ward.round(1)
    assert under(ward) == [(ward.alert("cabinet").id, LAMPS)]
    assert ward.messages() == []
    ward.goes_on(60)
    assert ward.ask("SELECT count(*) FROM flip WHERE what = 'incident'") == [(LAMPS,)]


def test_lamps_that_were_told_come_under_their_cabinet_and_out_again(ward: Office) -> None:
    lamps(ward, "fired")
    ward.goes_on(60)
    ward.happens("fired", code="cabinet", subject="parent/TU-01")
    ward.round(1)
    assert under(ward) == [(ward.alert("cabinet").id, LAMPS)]
    ward.happens("cleared", code="cabinet", subject="parent/TU-01")
    ward.goes_on(400)
    assert under(ward) == [(None, LAMPS)]


def test_a_feeder_with_a_thousand_lamps_is_settled_by_a_few_questions(ward: Office) -> None:
    """Whatever hangs on it: the dispatcher holds the lock of all alerts meanwhile."""
    ward.all_happen([ward.event("fired", f"L{n}", "dark", parent="TU-01") for n in range(1000)])
    ward.happens("fired", code="cabinet", subject="parent/TU-01")
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        real = psycopg.Connection.execute
        patch.setattr(psycopg.Connection, "execute", lambda *a, **k: (asked.append(str(a[1])), real(*a, **k))[1])
        with ward.conn.transaction():
            incident.settle(ward.conn, book.load(ward.conn, ward.now), ward.now)
    assert ward.ask("SELECT count(*) FROM alert WHERE incident IS NOT NULL") == [(1000,)]
    assert ward.ask("SELECT count(*) FROM flip WHERE what = 'incident'") == [(1000,)]
    assert len(asked) < 30
