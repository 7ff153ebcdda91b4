"""`ioc db maintain` as people and services run it: one round at a time, killed, refused, cut, restarted."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import structlog

from infra import db, maintain, maintain_service, retention, settings
from infra.catalog import Catalog
from infra.errors import Unavailable
from infra.maintain_state import State
from infra.retention_facts import Reason
from infra.servers import Postgres
from tests.fix_servers import freeze, thaw
from tests.service import Service, until

pytestmark = pytest.mark.servers
Start = Callable[..., Service]


def rounds(url: str) -> tuple[datetime, dict[str, Any]] | None:
    """The row that maintenance writes; None without a round or a database."""
    try:
        with psycopg.connect(url, connect_timeout=3) as conn:
            return conn.execute("SELECT at, facts FROM maintenance").fetchone()
    except psycopg.OperationalError:
        return None


def errors(url: str) -> Any:
    found = rounds(url)
    return found[1]["errors"] if found else None


def run(service: Start, url: str, *args: str) -> Service:
    return service("db", "maintain", *args, env={"IOC_DATABASE_URL": url})


def ended(started: Service) -> int:
    until(lambda: not started.alive(), "it ends", 60)
    return started.child.returncode


def old_reading(conn: psycopg.Connection, days: int = 200) -> None:
    """A reading long ago, rolled up."""
    conn.execute(
        "INSERT INTO reading_traffic (time, sensor, batch, channel, quality, period_s, speed)"
        " VALUES (%s, 1, 1, 0, 0, 0, 50)",
        [datetime.now(UTC) - timedelta(days=days)],
    )
    conn.execute(
        "UPDATE rollup_state SET closed_until = date_trunc('hour', now()) - interval '1 hour',"
        " done_until = date_trunc('hour', now()) - interval '1 hour'"
    )
    conn.commit()


def test_a_round_says_what_it_did_and_a_dry_run_changes_nothing(service: Start, database: str) -> None:
    with psycopg.connect(database) as conn:
        old_reading(conn)
        dry = run(service, database, "--dry-run")
        assert ended(dry) == 0, dry.text
        assert re.search(r"sẽ bỏ reading_traffic .* / would go: reading_traffic", dry.text)
        assert "old data: 1 chunks would go" in dry.text
        assert conn.execute("SELECT count(*) FROM reading_traffic").fetchone() == (1,)
        assert rounds(database) is None, "a dry run is no round"
        conn.commit()

        real = run(service, database)
        assert ended(real) == 0, real.text
        assert re.search(r"đã bỏ reading_traffic .* / dropped: reading_traffic", real.text)
        assert real.text.count("compression: off (TimescaleDB's license is apache") == 1
        assert conn.execute("SELECT count(*) FROM reading_traffic").fetchone() == (0,)
    found = rounds(database)
    assert found
    assert found[1]["dropped_chunks"] == 1
    assert found[1]["errors"] == []
    assert found[1]["compression"] is False


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("--dry-run", "--every", "60"), 2, "do not go together"),
        (("--every", "0"), 2, "greater than or equal to 1"),
    ],
)
def test_options_that_make_no_sense(service: Start, database: str, args: tuple[str, ...], code: int, says: str) -> None:
    started = run(service, database, *args)
    assert ended(started) == code
    assert says in started.text
    assert started.text.count("\n") == 1


def test_an_empty_database_and_none_are_one_sentence(service: Start, postgres: Postgres) -> None:
    for url, says in (
        (postgres.url_of("postgres"), "run `ioc db migrate` first"),
        ("postgresql://127.0.0.1:1/x", "check"),
    ):
        for args in ((), ("--dry-run",)):
            started = run(service, url, *args)
            assert ended(started) == 1
            assert says in started.text
            assert started.text.count("\n") == 1


def test_a_second_round_waits_for_the_first(service: Start, database: str) -> None:
    with psycopg.connect(database) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [maintain.LOCK])
        started = run(service, database)
        until(lambda: _waits(other), "it waits", 60)
        assert rounds(database) is None
    assert ended(started) == 0
    assert "another round is under way" in started.text
    assert rounds(database)


def test_a_service_lets_another_round_be(service: Start, database: str) -> None:
    with psycopg.connect(database) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [maintain.LOCK])
        started = run(service, database, "--every", "1")
        until(lambda: "another process maintains" in started.text, "it says so", 60)
        time.sleep(2.5)
        assert started.text.count("another process maintains") == 1
        assert rounds(database) is None
    until(lambda: rounds(database), "it maintains when its turn comes", 60)
    assert started.stop() == 0


def _waits(conn: psycopg.Connection) -> bool:
    row = conn.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ioc maintain' AND wait_event_type = 'Lock'"
    ).fetchone()
    conn.commit()
    return row is not None and row[0] > 0


def _gone(conn: psycopg.Connection) -> bool:
    """Whether no round has a connection any more, nor what it held."""
    row = conn.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ioc maintain'").fetchone()
    conn.commit()
    return row == (0,)


def test_kill_9_in_the_middle_of_a_round(service: Start, database: str) -> None:
    with psycopg.connect(database) as conn, psycopg.connect(database) as other:
        old_reading(conn)
        conn.execute("LOCK TABLE one_time_code IN ACCESS EXCLUSIVE MODE")
        started = run(service, database)
        until(lambda: _waits(other), "it is in the middle", 60)
        assert rounds(database) is None
        started.kill()
        # It looks every five seconds whether the client is still there.
        until(lambda: _gone(other), "the server has noticed and freed what it held", 60)
        conn.rollback()
        again = run(service, database)
        assert ended(again) == 0, again.text
        assert "another round" not in again.text
        assert conn.execute("SELECT count(*) FROM reading_traffic").fetchone() == (0,)
    assert errors(database) == []


def test_a_part_that_fails_is_told_and_the_others_are_done(service: Start, database: str) -> None:
    with psycopg.connect(database) as conn:
        old_reading(conn)
        conn.execute("ALTER TABLE one_time_code RENAME COLUMN expires_at TO gone")
        conn.commit()
        started = run(service, database)
        assert ended(started) == 1
        assert "ioc: a part of the round failed, the others are done: expired: column" in started.text
        assert "Traceback" not in started.text
        assert conn.execute("SELECT count(*) FROM reading_traffic").fetchone() == (0,)
        conn.commit()
        assert len(errors(database)) == 1

        keeper = run(service, database, "--every", "1")
        until(lambda: "a part of the round failed" in keeper.text, "it is logged", 60)
        conn.execute("ALTER TABLE one_time_code RENAME COLUMN gone TO expires_at")
        conn.commit()
        until(lambda: errors(database) == [], "it is tried again", 60)
        assert keeper.text.count("a part of the round failed") == 1, "logged once"
        assert keeper.stop() == 0


def test_a_service_lives_through_a_restart_of_the_database(
    service: Start, own_postgres: Postgres, own_database: str
) -> None:
    keeper = run(service, own_database, "--every", "1")
    first = until(lambda: rounds(own_database), "a round", 60)
    assert first
    own_postgres.stop()
    until(lambda: "the database is away" in keeper.text, "it says so", 60)
    time.sleep(3)
    own_postgres.start()
    until(lambda: (rounds(own_database) or first)[0] > first[0], "it maintains again", 60)
    until(lambda: "the database is back" in keeper.text, "it says so", 60)
    assert keeper.alive()
    # Broken off, refused, and where its look falls into them shutting down and starting up.
    away = re.findall(r"the database is away.*?reason=(.*)", keeper.text)
    assert 1 <= len(away) <= 4
    assert len(set(away)) == len(away), "each once"
    assert "Traceback" not in keeper.text
    assert keeper.text.count("compression is off") == 1
    assert keeper.stop() == 0


def test_a_frozen_database_is_noticed_and_a_signal_ends_it_all_the_same(
    service: Start, own_postgres: Postgres, own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = run(service, own_database, "--every", "1")
    until(lambda: rounds(own_database), "a round", 60)
    freeze(own_postgres)
    time.sleep(2)
    assert keeper.stop(5) == 0, "nothing on the way out waits for the server"
    thaw(own_postgres)

    monkeypatch.setattr(maintain_service, "LOOK_S", 0.2)
    monkeypatch.setattr(maintain_service, "HANG_S", 1.0)
    # Longer than a server that answers takes to it on a busy machine.
    monkeypatch.setitem(db.OPTIONS, "connect_timeout", 8)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with maintain_service._connection(settings.load(database_url=own_database)) as conn:
                conn.execute("SELECT pg_sleep(600)")
        except Unavailable as e:
            failed.append(e)

    working = threading.Thread(target=work, daemon=True)
    working.start()
    with psycopg.connect(own_database, autocommit=True) as conn:
        until(
            lambda: conn.execute("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)'").fetchone(),
            "it works",
            60,
        )
        time.sleep(4)
        assert working.is_alive(), "a long statement of a server that answers goes on"
        freeze(own_postgres)
        until(lambda: failed, "it is cut", 60)
        thaw(own_postgres)
    assert "does not answer" in str(failed[0])


def test_indexes_of_the_newest_chunks_are_summarised(database: str, catalog: Catalog) -> None:
    # All of it of one day, and so in one chunk, also about midnight.
    at = datetime.now(UTC).replace(hour=0, minute=1)
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO reading_traffic (time, sensor, batch, channel, quality, period_s)"
            " SELECT %s - s * interval '1 millisecond', s %% 100, 1, 0, 0, 0 FROM generate_series(0, 20000) s",
            [at],
        )
        chunk = conn.execute(
            "SELECT format('%I.%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks"
            " WHERE hypertable_name = 'reading_traffic' ORDER BY range_end DESC LIMIT 1"
        ).fetchone()
        assert chunk
        conn.execute(f"ALTER TABLE {chunk[0]} SET (autovacuum_enabled = false)")  # it would summarise as well

        def unsummarised() -> int:
            index = conn.execute(
                "SELECT i.indexrelid::oid FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid"
                " WHERE i.indrelid = %s::regclass AND x.relname LIKE '%%reading_traffic_time'",
                [chunk[0]],
            ).fetchone()
            assert index
            row = conn.execute("SELECT brin_summarize_new_values(%s::oid::regclass)", [index[0]]).fetchone()
            assert row
            return int(row[0])

        work = maintain.Round(
            conn, catalog, settings.load(), None, datetime.now(UTC), State(), whole=True
        )  # fmt: skip
        maintain.summarise(work)
        assert unsummarised() == 0
        conn.execute(
            "INSERT INTO reading_traffic (time, sensor, batch, channel, quality, period_s)"
            " SELECT %s - s * interval '1 millisecond', 1000 + s %% 100, 1, 0, 0, 0 FROM generate_series(0, 20000) s",
            [at],
        )
        assert unsummarised() > 0, "new pages are not by themselves"


def test_what_is_hourly_is_not_part_of_every_round(database: str, catalog: Catalog) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", [maintain.LOCK])
        first = maintain.go(conn, catalog, settings.load(), structlog.get_logger(), whole=False)
        second = maintain.go(conn, catalog, settings.load(), structlog.get_logger(), whole=False)
        whole = maintain.go(conn, catalog, settings.load(), structlog.get_logger(), whole=True)
    assert first.errors == second.errors == whole.errors == []
    assert first.facts["retention_at"] == second.facts["retention_at"] < whole.facts["retention_at"]


def test_lines_for_people_gather_the_chunks_of_a_table(database: str, catalog: Catalog) -> None:
    from infra import retention_report

    at = datetime(2026, 1, 1, tzinfo=UTC)
    days = [at + n * timedelta(days=1) for n in range(4)]
    why = Reason("vì", "because")
    verdicts = [
        retention.Verdict(retention.Chunk("reading_water", "c", a, b, "water"), 10, 1_000_000, stays)
        for a, b, stays in zip(days, days[1:], (None, None, why), strict=False)
    ]
    assert [line.en for line in retention_report.lines(verdicts, done=False)] == [
        "would go: reading_water 2026-01-01 00:00 – 2026-01-03 00:00 (2 chunks, about 20 rows, 2.0 MB)",
        "stays: reading_water 2026-01-03 00:00 – 2026-01-04 00:00 (1 chunk, about 10 rows, 1.0 MB): because",
        "old data: 2 chunks would go (2.0 MB), 1 have to stay",
    ]
