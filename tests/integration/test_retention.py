"""Retention: exactly the right chunks go, nothing that is not rolled up, and a dry run says what then happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from infra import retention, settings
from infra.catalog import Catalog
from infra.retention import Verdict
from infra.retention_facts import gather
from infra.rollup.closing import LOCK
from infra.settings import Settings
from tests.service import until

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW_US = int(NOW.timestamp() * 1e6)
DAY = timedelta(days=1)
LATE = "late readings of traffic, hour 2026-08-12 12:00, are not rolled up yet"
KEEP = settings.load(keep_raw_days=90, keep_minute_days=730, keep_quarantine_days=180, max_late_days=30)


def reading(conn: psycopg.Connection, domain: str, at: datetime) -> None:
    conn.execute(
        f"INSERT INTO reading_{domain} (time, sensor, batch, channel, quality, period_s, battery)"
        " VALUES (%s, 1, 1, 0, 0, 0, 50)",
        [at],
    )


class History:
    """A database with some history in it, written as the collector and the rollups would have."""

    def __init__(self, conn: psycopg.Connection, catalog: Catalog) -> None:
        self.conn, self.catalog = conn, catalog
        self.rolled_up(NOW - timedelta(hours=2))

    def reading(self, domain: str, at: datetime) -> None:
        reading(self.conn, domain, at)

    def minute(self, domain: str, at: datetime) -> None:
        self.conn.execute(f"INSERT INTO minute_{domain} (time, sensor, channel) VALUES (%s, 1, 0)", [at])

    def group(self, at: datetime) -> None:
        self.conn.execute(
            "INSERT INTO group_minute"
            " VALUES (%s, 'bac_giang', '', 'traffic', 'speed', '{}', '{}', '{}', '{}', '{}', '{}')",
            [at],
        )

    def quarantine(self, at: datetime, *, replay: bool = False) -> None:
        self.conn.execute(
            "INSERT INTO quarantine_item (received_at, topic, payload, reason, detail, readings, collector,"
            " replay_requested_at) VALUES (%s, 't', 'p', 'malformed', 'd', 1, 'c', %s)",
            [at, at if replay else None],
        )

    def journal(self, at: datetime) -> None:
        self.conn.execute("INSERT INTO journal VALUES (%s, 1, 'traffic', %s, %s, '')", [at, at, at])

    def batch(self, number: int, received: datetime, first: datetime, last: datetime) -> None:
        self.conn.execute(
            "INSERT INTO batch VALUES (%s, 'c', %s, %s, %s, %s, 1, 1, 0, 0)", [number, number, received, first, last]
        )

    def late(self, domain: str, hour: datetime, batch: int = 9) -> None:
        self.conn.execute(
            "INSERT INTO rollup_due (domain, hour, batch, sensors) VALUES (%s, %s, %s, '{1}')", [domain, hour, batch]
        )

    def rolled_up(self, until: datetime, domain: str | None = None) -> None:
        self.conn.execute(
            "UPDATE rollup_state SET closed_until = %s, done_until = %s WHERE domain = coalesce(%s, domain)",
            [until, until, domain],
        )

    def left(self, table: str, column: str = "time") -> list[Any]:
        return [v for (v,) in self.conn.execute(f"SELECT {column} FROM {table} ORDER BY 1")]

    def state(self, column: str, domain: str = "traffic") -> Any:
        row = self.conn.execute(
            f"SELECT CASE WHEN isfinite({column}) THEN {column} END FROM rollup_state WHERE domain = %s", [domain]
        ).fetchone()
        assert row
        return row[0]

    def drop(self, keep: Settings = KEEP) -> list[Verdict]:
        """Examine, drop, and see that the two agree."""
        wanted = retention.examine(self.conn, self.catalog, keep, NOW_US)
        done = retention.drop(self.conn, self.catalog, keep, NOW_US)
        assert done == wanted, "a dry run says what then happens"
        again = retention.examine(self.conn, self.catalog, keep, NOW_US)
        assert [v.chunk for v in again] == [v.chunk for v in done if v.stays], "what went is gone, the rest is there"
        return done


@pytest.fixture
def history(database: str, catalog: Catalog) -> Iterator[History]:
    with psycopg.connect(database, autocommit=True, options="-c timezone=UTC") as conn:
        yield History(conn, catalog)


def gone(verdicts: list[Verdict]) -> list[tuple[str, Any]]:
    return [(v.chunk.table, v.chunk.start) for v in verdicts if v.stays is None]


def why(verdicts: list[Verdict]) -> list[tuple[str, str]]:
    return [(v.chunk.table, v.stays.en) for v in verdicts if v.stays is not None]


def test_nothing_is_old_in_a_new_city(history: History) -> None:
    history.reading("traffic", NOW - timedelta(hours=1))
    assert history.drop() == []


def test_raw_chunks_go_whole_and_only_behind_the_cut(history: History) -> None:
    times = [NOW - n * DAY for n in (95, 92, 91, 90, 89, 1)]
    for at in times:
        history.reading("traffic", at)
    history.reading("water", NOW - 120 * DAY)
    done = history.drop()
    midnight = NOW.replace(hour=0)
    assert gone(done) == [
        *(("reading_traffic", midnight - n * DAY) for n in (95, 92, 91)), ("reading_water", midnight - 120 * DAY),
    ]  # fmt: skip
    assert history.left("reading_traffic") == times[3:], "a chunk that reaches into the 90 days stays whole"
    assert history.left("reading_water") == []
    assert history.state("raw_from") == midnight - 90 * DAY
    assert history.state("raw_from", "water") == midnight - 119 * DAY
    assert history.state("raw_from", "lighting") is None, "nothing of it was dropped"
    assert all(v.size_bytes > 8000 and v.rows >= 1 for v in done)


def test_what_is_not_rolled_up_stays(history: History) -> None:
    for n in (100, 99, 98):
        history.reading("traffic", NOW - n * DAY)
        history.reading("water", NOW - n * DAY)
    history.rolled_up(NOW.replace(hour=0) - 99 * DAY + timedelta(hours=23), "traffic")
    history.conn.execute("UPDATE rollup_state SET done_until = '-infinity' WHERE domain = 'water'")
    done = history.drop()
    assert gone(done) == [("reading_traffic", NOW.replace(hour=0) - 100 * DAY)]
    assert why(done) == [
        ("reading_traffic", "traffic is rolled up only until 2026-08-13 23:00"),
        ("reading_traffic", "traffic is rolled up only until 2026-08-13 23:00"),
        *[("reading_water", "water is not rolled up yet")] * 3,
    ]
    assert len(history.left("reading_traffic")) == 2
    assert len(history.left("reading_water")) == 3


def test_late_readings_that_are_due_keep_their_chunk_until_they_are_rolled_up(history: History) -> None:
    """A late reading for a day that has been dropped makes its chunk anew; that one must not go unread."""
    history.reading("traffic", NOW - 100 * DAY)
    assert len(gone(history.drop())) == 1
    hour = (NOW - 100 * DAY).replace(minute=0)
    history.reading("traffic", hour + timedelta(minutes=7))
    history.late("traffic", hour)
    assert why(history.drop()) == [
        ("reading_traffic", "late readings of traffic, hour 2026-08-12 12:00, are not rolled up yet")
    ]
    history.conn.execute("DELETE FROM rollup_due")
    assert len(gone(history.drop())) == 1
    assert history.state("raw_from") == NOW.replace(hour=0) - 99 * DAY, "it never goes back"


def test_raw_from_moves_with_the_chunk_or_not_at_all(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    history.reading("traffic", NOW - 100 * DAY)
    real = gather
    calls = []

    def breaks(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:  # the look under the lock, in the transaction
            raise psycopg.errors.AdminShutdown("killed in the middle")
        return real(*args)

    monkeypatch.setattr(retention, "gather", breaks)
    with pytest.raises(psycopg.errors.AdminShutdown):
        retention.drop(history.conn, history.catalog, KEEP, NOW_US)
    assert len(history.left("reading_traffic")) == 1
    assert history.state("raw_from") is None


def test_a_writer_under_way_is_waited_for_and_what_it_names_is_kept(history: History, database: str) -> None:
    history.reading("traffic", NOW - 100 * DAY)
    hour = (NOW - 100 * DAY).replace(minute=0)
    results: list[list[Verdict]] = []
    with psycopg.connect(database) as writer, psycopg.connect(database, autocommit=True) as other:
        writer.execute("SELECT pg_advisory_xact_lock_shared(%s, hashtext('reading_traffic'))", [LOCK])
        reading(writer, "traffic", hour + timedelta(minutes=1))
        dropping = threading.Thread(
            target=lambda: results.append(retention.drop(other, history.catalog, KEEP, NOW_US)), daemon=True
        )
        dropping.start()
        until(
            lambda: (
                history.conn.execute(
                    "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                    " WHERE NOT granted AND datname = current_database()"
                ).fetchone()
                == (1,)
            ),
            "retention waits for the writer",
            60,
        )
        writer.execute("INSERT INTO rollup_due (domain, hour, batch, sensors) VALUES ('traffic', %s, 9, '{1}')", [hour])
        writer.commit()
        dropping.join(60)
    assert why(results[0]) == [
        ("reading_traffic", "late readings of traffic, hour 2026-08-12 12:00, are not rolled up yet")
    ]
    assert len(history.left("reading_traffic")) == 2


def test_a_chunk_that_somebody_reads_is_left_for_later(history: History, database: str) -> None:
    history.reading("traffic", NOW - 100 * DAY)
    with psycopg.connect(database) as reader:
        reader.execute("SELECT * FROM reading_traffic").fetchall()  # its transaction is still open
        done = retention.drop(history.conn, history.catalog, KEEP, NOW_US)
    assert why(done) == [("reading_traffic", retention.BUSY.en)]
    assert len(gone(history.drop())) == 1


def test_minutes_of_sensors_and_groups(history: History) -> None:
    old, young = NOW - 800 * DAY, NOW - 700 * DAY
    for at in (old, young):
        history.minute("traffic", at)
        history.group(at)
    assert [table for table, _ in gone(history.drop())] == ["minute_traffic", "group_minute"]
    assert history.left("minute_traffic") == [young]
    assert history.left("group_minute") == [young]
    assert history.state("raw_from") is None, "minutes are no readings"


def test_quarantine_that_waits_for_its_replay_stays(history: History) -> None:
    history.quarantine(NOW - 200 * DAY)
    history.quarantine(NOW - 220 * DAY, replay=True)
    history.quarantine(NOW - 100 * DAY)
    done = history.drop()
    assert len(gone(done)) == 1
    assert why(done) == [("quarantine_item", "a replay of it was asked for and is still to come")]
    assert history.left("quarantine_item", "received_at") == [NOW - 220 * DAY, NOW - 100 * DAY]


def test_the_journal_goes_behind_the_slowest_domain_that_has_readings(history: History) -> None:
    hours = [NOW - timedelta(hours=n) for n in (12, 8, 4)]
    for at in hours:
        history.journal(at)
    history.reading("traffic", hours[0])
    history.reading("water", hours[0])
    history.rolled_up(NOW - timedelta(hours=7), "water")
    history.conn.execute("UPDATE rollup_state SET done_until = '-infinity' WHERE domain = 'lighting'")
    done = history.drop()
    assert gone(done) == [("journal", hours[0])]
    assert why(done) == [("journal", "water is rolled up only until 2026-11-20 05:00")]
    assert history.state("journal_from", "lighting") >= hours[0] + timedelta(hours=1)
    history.rolled_up(NOW - timedelta(hours=2), "water")
    history.drop()
    assert history.left("journal", "stored_at") == [hours[2]]


def test_batches_go_when_no_reading_of_their_time_is_left(history: History) -> None:
    ancient, old = NOW - 200 * DAY, NOW - 95 * DAY
    history.batch(1, ancient, ancient, ancient)
    history.batch(999_999, ancient + DAY, ancient - 20 * DAY, ancient)
    history.batch(1_000_001, old, old, old)
    history.batch(2_000_001, NOW, NOW - 3 * DAY, NOW)
    history.reading("traffic", ancient - 10 * DAY)
    history.reading("water", NOW)
    keep = retention.examine(history.conn, history.catalog, KEEP, NOW_US)
    assert why(keep) == [("batch", "reading_traffic has readings of its time")]
    history.drop()
    assert gone(history.drop()) == [("batch", 0)]
    assert history.left("batch", "id") == [2_000_001]


def test_a_batch_that_late_readings_name_stays(history: History) -> None:
    history.batch(1, NOW - 200 * DAY, NOW - 200 * DAY, NOW - 200 * DAY)
    history.late("traffic", NOW - 200 * DAY, batch=1)
    assert why(history.drop()) == [("batch", "it holds batches that are not old enough")]


def test_zero_keeps_for_ever(history: History) -> None:
    history.reading("traffic", NOW - 1000 * DAY)
    history.minute("traffic", NOW - 1000 * DAY)
    history.quarantine(NOW - 1000 * DAY)
    history.batch(1, *[NOW - 1000 * DAY] * 3)
    keep = settings.load(keep_raw_days=0, keep_minute_days=0, keep_quarantine_days=0)
    assert history.drop(keep) == []


def test_hours_days_and_the_balance_sheet_stay(history: History) -> None:
    at = NOW - 3000 * DAY
    history.conn.execute("INSERT INTO hour_traffic (time, sensor, channel) VALUES (%s, 1, 0)", [at])
    for table in ("group_hour", "group_day"):
        history.conn.execute(
            f"INSERT INTO {table} (time, area, zone, domain, metric, n, sensors, expected, due_n, left_out)"
            " VALUES (%s, 'bac_giang', '', 'traffic', 'speed', 1, 1, 1, 1, 0)",
            [at],
        )
    history.conn.execute("INSERT INTO balance_minute VALUES (%s, 'c')", [at])
    assert history.drop() == []
