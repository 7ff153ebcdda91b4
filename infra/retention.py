"""What is old goes, a whole chunk at a time: never a DELETE of rows, and nothing that is not rolled up.

    reading_<domain>   IOC_KEEP_RAW_DAYS          where all its hours are rolled up and no late reading is due
    minute_<domain>    IOC_KEEP_MINUTE_DAYS       likewise
    group_minute       IOC_KEEP_MINUTE_DAYS       likewise, of every domain
    quarantine_item    IOC_KEEP_QUARANTINE_DAYS   where no replay waits for it
    batch              IOC_KEEP_RAW_DAYS          where no reading of its time is left
    journal            5 h                        where all domains are rolled up 3 h beyond it

Hours, days and the balance sheet stay. `examine` says what would go and why something that is old enough stays;
`drop` does it, each chunk in a transaction of its own, in which it is judged once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql

from infra import schema
from infra.catalog import Catalog
from infra.retention_facts import Facts, Reason, gather
from infra.rollup.closing import LOCK
from infra.settings import Settings

#: Longest wait for whoever reads a chunk or writes into its domain: then its turn is in the next round.
WAIT = "2s"
#: The journal is read a little beyond what is rolled up; this is much more. Where rollups are not behind, that is
#: reached well before its age.
JOURNAL_SPARE, JOURNAL_AGE = timedelta(hours=3), timedelta(hours=5)

BUSY = Reason("đang được dùng; lượt sau", "in use: it goes in a later round")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a table: [start, end), times or (batch) numbers. ``domain`` is empty where it has none."""

    table: str
    name: str
    start: datetime | int
    end: datetime | int
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a chunk that is old enough: ``stays`` is None where it goes. Rows are an estimate."""

    chunk: Chunk
    rows: int
    size_bytes: int
    stays: Reason | None


@dataclass(frozen=True, slots=True)
class Keeps:
    """Ages beyond which chunks may go, as times; None: never."""

    raw: datetime | None
    minute: datetime | None
    quarantine: datetime | None
    now: datetime

    @classmethod
    def of(cls, settings: Settings, now_us: int) -> Keeps:
        """What the settings say at that time."""
        now = datetime.fromtimestamp(now_us / 1e6, UTC)

        def before(days: int) -> datetime | None:
            return now - timedelta(days=days) if days else None

        raw, minute, quarantine = map(
            before, (settings.keep_raw_days, settings.keep_minute_days, settings.keep_quarantine_days)
        )
        return cls(raw, minute, quarantine, now)


def examine(conn: psycopg.Connection, catalog: Catalog, settings: Settings, now_us: int) -> list[Verdict]:
    """Every chunk that is old enough, and what becomes of it. Reads only; ``conn`` is in autocommit mode."""
    keeps, facts = Keeps.of(settings, now_us), gather(conn, catalog)
    found = []
    for chunk in _old(conn, catalog, keeps):
        rows, size = _size(conn, chunk)
        found.append(Verdict(chunk, rows, size, _stays(conn, chunk, keeps, facts)))
    return found


def drop(conn: psycopg.Connection, catalog: Catalog, settings: Settings, now_us: int) -> list[Verdict]:
    """Drop what may go; every verdict as it came out. ``conn`` is in autocommit mode."""
    keeps = Keeps.of(settings, now_us)
    return [_drop(conn, catalog, keeps, v) for v in examine(conn, catalog, settings, now_us)]


def _drop(conn: psycopg.Connection, catalog: Catalog, keeps: Keeps, verdict: Verdict) -> Verdict:
    """Drop one chunk that may go, judged anew where no writer can be under way."""
    chunk = verdict.chunk
    if verdict.stays is not None:
        return verdict
    try:
        with conn.transaction():
            conn.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(WAIT))
            if chunk.domain:
                conn.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, schema.table(chunk.domain)])
            stays = _stays(conn, chunk, keeps, gather(conn, catalog))
            if stays is None:
                _drop_now(conn, chunk)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        stays = BUSY
    return Verdict(chunk, verdict.rows, verdict.size_bytes, stays)


def _drop_now(conn: psycopg.Connection, chunk: Chunk) -> None:
    kind = sql.SQL("integer" if chunk.table == "batch" else "timestamptz")
    gone = conn.execute(
        sql.SQL("SELECT drop_chunks(%s::regclass, older_than => %s::{0}, newer_than => %s::{0})").format(kind),
        [chunk.table, chunk.end, chunk.start],
    ).fetchall()
    if gone != [(chunk.name,)]:
        raise RuntimeError(f"dropping {chunk.name} would have dropped {gone}")  # it is rolled back
    if chunk.domain and chunk.table == schema.table(chunk.domain):
        conn.execute(
            "UPDATE rollup_state SET raw_from = greatest(raw_from, %s) WHERE domain = %s", [chunk.end, chunk.domain]
        )
    elif chunk.table == "journal":
        conn.execute("UPDATE rollup_state SET journal_from = greatest(journal_from, %s)", [chunk.end])


def _old(conn: psycopg.Connection, catalog: Catalog, keeps: Keeps) -> Iterator[Chunk]:
    """The chunks that are old enough, the oldest of each table first."""
    ages: list[tuple[str, str, datetime | None]] = []
    for code in catalog.registry.domains:
        ages += [(schema.table(code), code, keeps.raw), (schema.minute_table(code), code, keeps.minute)]
    ages += [
        ("group_minute", "", keeps.minute),
        ("quarantine_item", "", keeps.quarantine),
        ("journal", "", keeps.now - JOURNAL_AGE),
    ]
    for table, domain, before in ages:
        if before is not None:
            rows = conn.execute(
                """SELECT format('%%I.%%I', chunk_schema, chunk_name), range_start, range_end
                   FROM timescaledb_information.chunks
                   WHERE hypertable_schema = 'public' AND hypertable_name = %s AND range_end <= %s
                   ORDER BY range_start""",
                [table, before],
            )
            yield from (Chunk(table, name, start, end, domain) for name, start, end in rows.fetchall())
    if keeps.raw is not None:
        yield from _old_batches(conn, keeps.raw)


def _old_batches(conn: psycopg.Connection, before: datetime) -> Iterator[Chunk]:
    """Chunks of batches of which the last one was received before."""
    rows = conn.execute(
        """SELECT format('%I.%I', chunk_schema, chunk_name), range_start_integer, range_end_integer
           FROM timescaledb_information.chunks
           WHERE hypertable_schema = 'public' AND hypertable_name = 'batch' ORDER BY range_start_integer"""
    )
    for name, start, end in rows.fetchall():
        last = conn.execute(
            "SELECT received_at FROM batch WHERE id >= %s AND id < %s ORDER BY id DESC LIMIT 1", [start, end]
        ).fetchone()
        if last is None or last[0] >= before:
            return
        yield Chunk("batch", name, start, end)


def _stays(conn: psycopg.Connection, chunk: Chunk, keeps: Keeps, facts: Facts) -> Reason | None:
    """Why a chunk that is old enough has to stay; None where it may go."""
    if chunk.table == "batch":
        return facts.batches_stay(conn, chunk.start, chunk.end, keeps.raw or keeps.now)
    if not isinstance(chunk.end, datetime):
        raise TypeError(f"{chunk.name} is no span of time")
    if chunk.table == "quarantine_item":
        return facts.replay_waits(conn, chunk.start, chunk.end)
    if chunk.table == "journal":
        return facts.not_rolled_up(facts.with_readings, chunk.end + JOURNAL_SPARE)
    return facts.not_rolled_up([chunk.domain] if chunk.domain else facts.with_readings, chunk.end)


def _size(conn: psycopg.Connection, chunk: Chunk) -> tuple[int, int]:
    """Rows, as the planner estimates them, and bytes with indexes, long values and compressed parts."""
    plan = conn.execute(f"EXPLAIN (FORMAT JSON) SELECT FROM {chunk.name}").fetchone()  # nosec B608
    size = conn.execute(
        """SELECT total_bytes FROM chunks_detailed_size(%s::regclass)
           WHERE format('%%I.%%I', chunk_schema, chunk_name) = %s""",
        [chunk.table, chunk.name],
    ).fetchone()
    return int(plan[0][0]["Plan"]["Plan Rows"]) if plan else 0, int(size[0] or 0) if size else 0
