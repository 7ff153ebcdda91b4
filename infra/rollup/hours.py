"""Rolling up closed hours, one after the other, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from city.bucket_rows import HOUR_US, Rows, TooMany, append
from city.buckets import Block, blocks
from infra import journal, schema
from infra.rollup import changed, days, group_tables, groups, members, source, write
from infra.rollup.source import Part, stamp
from infra.rollup.task import DAY_US, Task, city_day


def advance(task: Task) -> bool:
    """Roll up the next closed hour, or pass over hours without readings; False when nothing is left to do."""
    with task.snapshot():
        state = task.state()
        if state.closed is None or (state.done is not None and state.done >= state.closed):
            return False
        found, hour = _next(task, state.done, state.closed)
        if state.done is not None and city_day(state.done) != city_day(hour):
            days.write_day(task, city_day(state.done))
        if found:
            _roll(task, hour)
            changed.note_written(task.conn, task.domain.code, [hour])
            hour += HOUR_US
            if city_day(hour) == hour:
                days.write_day(task, hour - DAY_US)
        task.set_done(hour)
    return True


def _next(task: Task, done: int | None, closed: int) -> tuple[bool, int]:
    """The first hour from ``done`` on that has readings; else how far there is none."""
    row = task.conn.execute(
        """SELECT (extract(epoch FROM range_start) * 1000000)::bigint, (extract(epoch FROM range_end) * 1000000)::bigint
           FROM timescaledb_information.chunks
           WHERE hypertable_name = %s AND (%s::bigint IS NULL OR range_end > to_timestamp(%s))
           ORDER BY range_start LIMIT 1""",
        [schema.table(task.domain.code), done, None if done is None else done / 1e6],
    ).fetchone()
    if row is None or row[0] >= closed:
        return False, closed
    first = max(row[0] // HOUR_US * HOUR_US, row[0] if done is None else done)
    last = min(int(row[1]), closed)
    # A day of readings is not read through to find out that an hour has none.
    task.conn.execute("SET LOCAL enable_seqscan = off")
    query = sql.SQL("SELECT 1 FROM {} WHERE time >= {} AND time < {} LIMIT 1")
    table = sql.Identifier(schema.table(task.domain.code))
    found = False
    hour = first
    while hour < last and not found:
        found = task.conn.execute(query.format(table, stamp(hour), stamp(hour + HOUR_US))).fetchone() is not None
        hour += 0 if found else HOUR_US
    task.conn.execute("SET LOCAL enable_seqscan = on")
    return found, hour


def _roll(task: Task, hour: int) -> None:
    conn, domain = task.conn, task.domain
    early_us = task.settings.max_early_s * 1_000_000
    quick = journal.whole(conn, domain.code, hour, early_us)
    fold = groups.Fold(domain, members.load(conn, domain, task.settings), [hour])
    i = 0
    while i < task.parts:
        try:
            rows = _rows(task, hour, quick, early_us, (i, task.parts), bounded=i == 0)
        except TooMany:
            task.parts *= 2
            continue
        before = source.stands(conn, domain, rows, hour)
        rows = append(rows, before)
        del before
        found = blocks(domain, rows, wanted=rows.time_us >= hour)
        task.count("sensor_hours", write.blocks(conn, domain, _folded(fold, found)))
        task.count("rows", len(rows))
        del rows, found
        i += 1
    group_tables.write_hours(conn, fold)
    task.count("hours")
    task.count("hours_from_journal" if quick else "hours_from_readings")


def _folded(fold: groups.Fold, found: Iterator[Block]) -> Iterator[Block]:
    for block in found:
        fold.add(block)
        yield block


def _rows(task: Task, hour: int, quick: bool, early_us: int, part: Part, *, bounded: bool) -> Rows:
    if quick:
        found = source.from_journal(task.conn, task.domain, hour, early_us, part)
    else:
        found = source.from_rows(task.conn, task.domain, hour, hour + HOUR_US, part=part)
    return task.rows(found, bounded=bounded, numbered=not quick)
