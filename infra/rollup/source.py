"""Where rollups take readings from: the journal while it is whole, else the rows themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from city.bucket_rows import HOUR_US, Ints, Rows, Values
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
        more.append(sql.SQL("r.sensor = ANY({}::int[])").format(sql.Literal(list(sensors))))
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
            FROM unnest({}::int[], {}::bigint[], {}::bigint[]) AS u (sensor, a, b)) k JOIN"""
    ).format(*(sql.Literal(values.tolist()) for values in (sensor[first], since[first], until[last])))
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
    """When these batches were received, microseconds; 0 for one that is gone."""
    rows = conn.execute(
        "SELECT id, (extract(epoch FROM received_at) * 1000000)::bigint FROM batch WHERE id = ANY(%s)",
        [batches.tolist()],
    ).fetchall()
    out = np.zeros(len(batches), np.int64)
    if rows:
        known = np.array(rows, np.int64)
        out[np.searchsorted(batches, known[:, 0])] = known[:, 1]
    return out


def stands(conn: psycopg.Connection, domain: Domain, rows: Rows, hour_us: int) -> Rows:
    """Where the counters of ``rows`` stood at the beginning of the hour: the last readings of the hour before it."""
    found = []
    for m in domain.metrics:
        value: Values | None = rows.values.get(m.name) if m.aggregate == "increase" else None
        if value is None:
            continue
        there = ~np.isnan(value)
        keys = np.unique(rows.sensor[there].astype(np.int64) << 16 | rows.channel[there])
        query = sql.SQL(
            """SELECT k.sensor, k.channel, (extract(epoch FROM r.time) * 1000000)::bigint, r.value
               FROM unnest(%b::int[], %b::smallint[]) AS k (sensor, channel) CROSS JOIN LATERAL (
                   SELECT time, {metric} AS value FROM {table}
                   WHERE sensor = k.sensor AND channel = k.channel AND time >= {since} AND time < {until}
                     AND quality = {good} AND {metric} IS NOT NULL ORDER BY time DESC LIMIT 1) r"""
        ).format(
            metric=sql.Identifier(m.name),
            table=sql.Identifier(schema.table(domain.code)),
            since=stamp(hour_us - HOUR_US),
            until=stamp(hour_us),
            good=sql.Literal(MEASURING),
        )
        with conn.cursor(binary=True) as cur:
            last = cur.execute(query, [(keys >> 16).tolist(), (keys & 0xFFFF).tolist()], prepare=False).fetchall()
        if last:
            found.append((m.name, [np.array(column) for column in zip(*last, strict=True)]))
    sizes = [len(columns[0]) for _, columns in found]
    total = sum(sizes)
    out = Rows(
        np.empty(total, np.int32), np.empty(total, np.int16), np.empty(total, np.int64),
        np.full(total, np.nan, np.float32), {name: np.full(total, np.nan) for name, _ in found},
    )  # fmt: skip
    start = 0
    for (name, columns), n in zip(found, sizes, strict=True):
        mine = slice(start, start + n)
        out.sensor[mine], out.channel[mine], out.time_us[mine], out.values[name][mine] = columns
        start += n
    return out


def _columns(domain: str, names: tuple[str, ...], rows: NDArray[np.void]) -> Columns:
    values = np.empty((len(rows), len(names)))
    for i, name in enumerate(names):
        values[:, i] = rows[f"m_{name}"]
    return Columns(
        domain, names, rows["sensor"].astype(np.int32), rows["channel"].astype(np.int16),
        rows["time"].astype(np.int64) + EPOCH_US, rows["quality"].astype(np.uint8), np.zeros(len(rows), np.float32),
        values,
    )  # fmt: skip
