"""Where rollups take readings from: the journal while it is whole, else the rows themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from city.bucket_rows import HOUR_US, Bools, Ints, Rows, Values, append
from city.columns import MEASURING, Columns
from city.registry import Domain
from infra import journal, schema
from infra.readings import EPOCH_US
from infra.rollup import wire

#: A part of a domain's sensors: (remainder, of how many). Memory is bounded by taking one part after the other.
Part = tuple[int, int]
WHOLE: Part = (0, 1)
FIXED = (("time", ">i8"), ("sensor", ">i4"), ("channel", ">i2"), ("quality", ">i2"), ("batch", ">i4"))
#: SQL of no words.
NOTHING = sql.SQL("")
Parts = Iterator[tuple[Columns, Ints]]


def stamp(us: int) -> sql.Composable:
    """A time in microseconds since 1970 as a constant that the planner sees."""
    return sql.SQL("{}::timestamptz").format(sql.Literal(f"{np.datetime64(us, 'us')}+00"))


def from_journal(conn: psycopg.Connection, domain: Domain, hour_us: int, early_us: int, part: Part = WHOLE) -> Parts:
    """The hour's readings in the order of storing, with when each was received."""
    entries = journal.fetch(
        conn, domain.code, since_us=hour_us, until_us=hour_us + HOUR_US, early_us=early_us
    )  # fmt: skip
    for received_us, cols in entries:
        if part[1] > 1:
            cols = cols.take(cols.sensor % part[1] == part[0])
        yield cols, np.full(len(cols), received_us)


def from_rows(
    conn: psycopg.Connection,
    domain: Domain,
    since_us: int,
    until_us: int,
    *,
    part: Part = WHOLE,
    sensors: Sequence[int] | None = None,
    metrics: Sequence[str] | None = None,
) -> Parts:
    """The readings with since <= time < until, in no order, with the number of the batch of each."""
    more = [sql.SQL("r.time >= {} AND r.time < {}").format(stamp(since_us), stamp(until_us))]
    if part[1] > 1:
        more.append(sql.SQL("r.sensor % {} = {}").format(sql.Literal(part[1]), sql.Literal(part[0])))
    if sensors is not None:
        more.append(sql.SQL("r.sensor = ANY({})").format(numbers(np.array(sensors, np.int64), "int")))
    return _fetch(conn, domain, sql.SQL(""), sql.SQL(" AND ").join(more), metrics)


def of_pairs(conn: psycopg.Connection, domain: Domain, sensor: Ints, hour_us: Ints, before_us: int) -> Parts:
    """The readings of these (sensor, hour), and those up to ``before_us`` before each hour, with the number of the
    batch of each. None comes twice."""
    since, until = hour_us - before_us, hour_us + HOUR_US
    by = np.lexsort((since, sensor))
    sensor, since, until = sensor[by], since[by], until[by]
    # Hours that touch are one span: one look into the index.
    apart = np.concatenate(([True], (sensor[1:] != sensor[:-1]) | (since[1:] > until[:-1])))
    first = np.flatnonzero(apart)
    last = np.concatenate((first[1:], [len(apart)])) - 1
    spans = sql.SQL(
        """(SELECT sensor, 'epoch'::timestamptz + a * interval '1 microsecond' AS since,
                   'epoch'::timestamptz + b * interval '1 microsecond' AS until
            FROM unnest({}, {}, {}) AS u (sensor, a, b)) k JOIN"""
    ).format(numbers(sensor[first], "int"), numbers(since[first], "bigint"), numbers(until[last], "bigint"))
    where = sql.SQL("r.time >= {} AND r.time < {}").format(stamp(int(since.min())), stamp(int(until.max())))
    join = sql.SQL(" ON r.sensor = k.sensor AND r.time >= k.since AND r.time < k.until")
    return _fetch(conn, domain, spans, where, None, join)


def _fetch(
    conn: psycopg.Connection,
    domain: Domain,
    before: sql.Composable,
    where: sql.Composable,
    metrics: Sequence[str] | None,
    join: sql.Composable = NOTHING,
) -> Parts:
    chosen = [m for m in domain.metrics if metrics is None or m.name in metrics]
    names = tuple(m.name for m in chosen)
    query = sql.SQL(
        "SELECT r.time, r.sensor, r.channel, r.quality, r.batch{values} FROM {before} {table} r{join} WHERE {where}"
    ).format(
        # A null has no width in binary COPY; NaN, which is never stored, makes all rows the same size.
        values=sql.SQL("").join(sql.SQL(", coalesce(r.{}, 'NaN')").format(sql.Identifier(n)) for n in names),
        before=before,
        table=sql.Identifier(schema.table(domain.code)),
        join=join,
        where=where,
    )
    fixed = [
        ("time", ">i8", 0),
        ("sensor", ">i4", 0),
        ("channel", ">i2", 0),
        ("quality", ">i2", 0),
        ("batch", ">i4", 0),
    ]
    # A metric may be called like a fixed field: a prefix keeps them apart.
    wide = [(f"m_{m.name}", ">f8" if m.double else ">f4", 0) for m in chosen]
    for block in wire.fetch(conn, query, fixed + wide):
        yield _columns(domain.code, names, block), block["batch"].astype(np.int64)


def received(conn: psycopg.Connection, batches: Ints) -> Ints:
    """When these batches were received, microseconds; 0 for one that is gone, or that came out of a file."""
    rows = conn.execute(
        "SELECT id, (extract(epoch FROM received_at) * 1000000)::bigint FROM batch"
        " WHERE id = ANY(%s) AND NOT starts_with(collector, %s)",
        [batches.tolist(), journal.FILES],
    ).fetchall()
    out = np.zeros(len(batches), np.int64)
    if rows:
        known = np.array(rows, np.int64)
        out[np.searchsorted(batches, known[:, 0])] = known[:, 1]
    return out


def stands(conn: psycopg.Connection, domain: Domain, rows: Rows, hour_us: int) -> Rows:
    """Where the counters of ``rows`` stood at the beginning of the hour: the last readings of the hour before it."""
    out = Rows(np.empty(0, np.int32), np.empty(0, np.int16), np.empty(0, np.int64), np.empty(0, np.float32), {})
    for m in domain.metrics:
        value: Values | None = rows.values.get(m.name) if m.aggregate == "increase" else None
        if value is None:
            continue
        sensor, channel = _who(rows, ~np.isnan(value))
        query = sql.SQL(
            """SELECT k.sensor, k.channel, r.time, r.value
               FROM unnest({sensors}, {channels}) AS k (sensor, channel) CROSS JOIN LATERAL (
                   SELECT time, {metric} AS value FROM {table}
                   WHERE sensor = k.sensor AND channel = k.channel AND time >= {since} AND time < {until}
                     AND quality = {good} AND {metric} IS NOT NULL ORDER BY time DESC LIMIT 1) r"""
        ).format(
            sensors=numbers(sensor, "int"),
            channels=numbers(channel, "smallint"),
            metric=sql.Identifier(m.name),
            table=sql.Identifier(schema.table(domain.code)),
            since=stamp(hour_us - HOUR_US),
            until=stamp(hour_us),
            good=sql.Literal(MEASURING),
        )
        fields = [("sensor", ">i4", 0), ("channel", ">i2", 0), ("time", ">i8", 0), ("value", ">f8", 0)]
        for last in wire.fetch(conn, query, fields):
            found = Rows(
                last["sensor"].astype(np.int32), last["channel"].astype(np.int16),
                last["time"].astype(np.int64) + EPOCH_US, np.full(len(last), np.nan, np.float32),
                {m.name: last["value"].astype(np.float64)},
            )  # fmt: skip
            out = append(out, found)
    return out


def _who(rows: Rows, there: Bools) -> tuple[Ints, Ints]:
    """The (sensor, channel) of these rows, each once."""
    sensor, channel = rows.sensor[there], rows.channel[there]
    if not channel.any():  # mostly; and a count is much quicker than a sort
        found = np.flatnonzero(np.bincount(sensor))
        return found, np.zeros(len(found), np.int64)
    keys = np.unique(sensor.astype(np.int64) << 16 | channel)
    return keys >> 16, keys & 0xFFFF


def numbers(values: Ints, kind: str) -> sql.Composable:
    """Whole numbers as a constant array; ``kind`` is their type in SQL."""
    return sql.SQL("{}::{}").format(sql.Literal(f"{{{','.join(map(str, values.tolist()))}}}"), sql.SQL(f"{kind}[]"))


def _columns(domain: str, names: tuple[str, ...], rows: NDArray[np.void]) -> Columns:
    values = np.empty((len(rows), len(names)))
    for i, name in enumerate(names):
        values[:, i] = rows[f"m_{name}"]
    return Columns(
        domain, names, rows["sensor"].astype(np.int32), rows["channel"].astype(np.int16),
        rows["time"].astype(np.int64) + EPOCH_US, rows["quality"].astype(np.uint8), np.zeros(len(rows), np.float32),
        values,
    )  # fmt: skip
