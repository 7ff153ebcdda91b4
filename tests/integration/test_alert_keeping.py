"""Retention of alerts and messages: what is long over goes with all of it; what is open, or named by it, does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from alerts import life
from alerts.messages import links
from alerts.notice import book, drill
from alerts.notice.round import Round
from infra import retention_notices, settings
from infra.catalog import Catalog
from infra.retention_notices import Gone
from tests.notices import RULES, Office

pytestmark = pytest.mark.servers

YEARS = timedelta(days=1096)
TABLES = ("alert", "flip", "muting", "notification", "notification_alert", "attempt", "drill", "ack_link")


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True, options="-c timezone=UTC") as conn:
        made = Office(conn, catalog)
        made.know(*RULES)
        made.department("ward")
        made.route("ward")
        yield made


def left(office: Office) -> dict[str, int]:
    return {table: office.ask(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def drop(office: Office, **changes: Any) -> Gone:
    """Examine, drop, and see that the two agree and that a second time finds nothing."""
    keep = settings.load(**changes)
    wanted = retention_notices.examine(office.conn, keep, office.now)
    done = retention_notices.drop(office.conn, keep, office.now)
    assert done == wanted, "a dry run says what then happens"
    assert retention_notices.drop(office.conn, keep, office.now) == Gone(0, 0, done.held)
    return done


def sent(office: Office) -> None:
    office.conn.execute("UPDATE notification SET state = 'sent' WHERE state = 'waiting'")
    office.conn.execute(
        """INSERT INTO attempt (notification, at, took_ms, outcome) SELECT id, created_at, 1, 'sent' FROM notification n
           WHERE NOT EXISTS (SELECT FROM attempt a WHERE a.notification = n.id)"""
    )


def closed(office: Office, code: str = "dust", sensor: str = "S1", **more: Any) -> int:
    """An alert that fired, was told, was over, was told to be over, and was closed."""
    office.happens("fired", sensor, code, **more)
    number = office.alert(code).id
    office.goes_on(60)
    office.happens("cleared", sensor, code, value=20.0, **more)
    office.goes_on(60)
    with office.conn.transaction():
        life.tend(office.conn, office.now + timedelta(days=2), 24)
    # By the test's clock.
    office.conn.execute("UPDATE alert SET closed_at = %s, changed_at = %s WHERE state = 'closed'", [office.now] * 2)
    sent(office)
    return number


def test_what_is_long_over_goes_with_all_of_it(office: Office) -> None:
    closed(office, "smoke")
    closed(office, "dust")
    assert left(office)["notification"] >= 4
    assert left(office)["ack_link"] > 0
    office.now += YEARS
    found = drop(office)
    assert (found.alerts, found.held) == (2, 0)
    assert left(office) == dict.fromkeys(TABLES, 0)


def test_what_is_not_old_yet_stays_and_zero_keeps_for_ever(office: Office) -> None:
    closed(office)
    before = left(office)
    office.now += timedelta(days=1090)
    assert drop(office) == Gone()
    office.now += timedelta(days=1000)
    assert drop(office, keep_notices_days=0) == Gone()
    assert left(office) == before


def test_what_is_open_never_goes_nor_what_was_told_of_it(office: Office) -> None:
    office.happens("fired")
    office.goes_on(60)
    sent(office)
    before = left(office)
    office.now += YEARS * 2
    assert drop(office) == Gone()
    assert left(office) == before


def test_an_old_alert_in_a_message_about_an_open_one_stays(office: Office) -> None:
    office.all_happen([office.event("fired", "S1"), office.event("fired", "S2")])
    office.goes_on(60)
    office.happens("cleared", "S1", value=20.0)
    office.goes_on(600)
    sent(office)
    office.conn.execute(
        "UPDATE alert SET state = 'closed', closed_at = %s, changed_at = %s WHERE sensor_id = 'S1'", [office.now] * 2
    )
    office.now += YEARS
    found = drop(office)
    assert (found.alerts, found.held) == (0, 1)
    assert office.ask("SELECT sensor_id FROM alert ORDER BY id") == [("S1",), ("S2",)]
    assert office.messages("firing"), "the message about both"


def test_the_incident_of_an_alert_that_stays_stays(office: Office) -> None:
    first, second = closed(office, "smoke"), closed(office, "dust")
    third = closed(office, "dark")
    office.conn.execute("UPDATE alert SET incident = %s WHERE id = %s", [first, second])
    office.conn.execute("UPDATE alert SET incident = %s WHERE id = %s", [second, third])
    office.now += YEARS
    office.conn.execute("UPDATE alert SET changed_at = %s WHERE id = %s", [office.now, third])
    found = drop(office)
    assert (found.alerts, found.held) == (0, 2)
    office.conn.execute("UPDATE alert SET changed_at = closed_at")
    assert drop(office).alerts == 3, "children first, then what spoke for them"
    assert left(office)["alert"] == 0


def test_what_waits_or_was_not_decided_stays(office: Office) -> None:
    closed(office)
    office.conn.execute("UPDATE notification SET state = 'waiting' WHERE kind = 'firing'")
    office.now += YEARS
    found = drop(office)
    assert (found.alerts, found.held, found.messages) == (0, 1, 1)
    office.conn.execute("UPDATE notification SET state = 'given_up'")
    office.conn.execute("UPDATE flip SET told_at = NULL WHERE what = 'cleared'")
    assert drop(office) == Gone()
    office.conn.execute("UPDATE flip SET told_at = now()")
    assert drop(office).alerts == 1


def test_drills_and_what_is_about_no_alert_go_too(office: Office) -> None:
    office.department("nobody", channels=0)
    with office.conn.transaction():
        drill.hold(Round(office.conn, office.now, book.load(office.conn, office.now), office.city), office.now.date())
    sent(office)
    assert left(office)["drill"] == 2
    office.now += YEARS
    assert drop(office).messages == 1
    assert (left(office)["drill"], left(office)["notification"], left(office)["attempt"]) == (0, 0, 0)


def test_a_service_takes_only_so_much_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_notices, "BATCH", 1)
    monkeypatch.setattr(retention_notices, "BATCHES", 2)
    for sensor in ("S1", "S2", "S3"):
        closed(office, "smoke", sensor)
    office.now += YEARS
    keep, rounds = settings.load(), 0
    while left(office)["alert"]:
        before = sum(left(office).values())
        retention_notices.drop(office.conn, keep, office.now, patient=True)
        assert sum(left(office).values()) < before
        rounds += 1
        assert rounds < 50
    assert rounds >= 4, "two rows of the outbox or alerts a round"


def test_links_of_an_alert_go_with_it(office: Office) -> None:
    number = closed(office)
    links.acknowledging(office.conn, "https://ioc.example", "ward", number, office.now)
    office.now += YEARS
    drop(office)
    assert left(office)["ack_link"] == 0


def test_what_it_says() -> None:
    keep = settings.load()
    assert retention_notices.line(Gone(2, 5, 1), keep, done=True).vi.startswith(
        "cảnh báo đã đóng và tin cũ hơn 1095 ngày: đã xoá 2 cảnh báo, 5 tin"
    )
    assert "would go" in retention_notices.line(Gone(2, 5, 1), keep, done=False).en
    assert "for ever" in retention_notices.line(Gone(), settings.load(keep_notices_days=0), done=True).en
