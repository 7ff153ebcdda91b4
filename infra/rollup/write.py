"""Writing rollups: blocks into the tables of minutes and of hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import psycopg
from psycopg import sql

from city.bucket_rows import Bools, Ints
from city.buckets import Block, Hours, Minutes
from city.registry import Domain, Metric
from infra import schema
from infra.rollup import wire
from infra.rollup.wire import Column

KEY = ("time", "sensor", "channel")


def _key(block: Block) -> list[Column]:
    return [
        Column("time", ">i8", wire.times(block.time_us)),
        Column("sensor", ">i4", block.sensor),
        Column("channel", ">i2", block.channel),
    ]


def _minutes(block: Block, metric: Metric) -> Iterator[Column]:
    """The columns of one metric: a minute has one reading, mostly, and then its mean says all.

    So null percentiles beside a null ``n`` are the mean. Beside an ``n`` they are of a row that was written before
    percentiles were kept: not known, but for minutes of one reading.
    """
    found = block.minutes.get(metric.name)
    wide = ">f8" if metric.double else ">f4"
    k = len(block)
    none = np.zeros(k, bool)
    if found is None:
        found = Minutes(np.empty((k, 60), np.float32), None, None, None, np.empty((k, 60), np.float32))
        there = none
    else:
        there = block.hours[metric.name].n > 0
    several: Bools = none
    if found.n is not None:  # more than one reading, or directions that cancel out
        several = np.any((found.n > 1) | ((found.n > 0) & np.isnan(found.mean)), axis=1)
    empty = found.mean  # never read: no row has it
    ranks = found.percentiles
    yield Column(f"{metric.name}$mean", ">f4", found.mean, there)
    yield Column(f"{metric.name}$n", ">i2", empty if found.n is None else found.n, several)
    yield Column(f"{metric.name}$min", wide, empty if found.low is None else found.low, several)
    yield Column(f"{metric.name}$max", wide, empty if found.high is None else found.high, several)
    if metric.aggregate in ("sum", "increase"):
        yield Column(f"{metric.name}$value", ">f4", empty if found.value is None else found.value, there)
    for i, p in enumerate(metric.percentiles):
        yield Column(f"{metric.name}$p{p}", ">f4", empty if ranks is None else ranks[:, i], several)


def _hours(block: Block, metric: Metric) -> Iterator[Column]:
    found = block.hours.get(metric.name)
    wide = ">f8" if metric.double else ">f4"
    nan = np.full(len(block), np.nan)
    if found is None:
        found = Hours(np.zeros(len(block), np.int64), nan, nan, nan, nan)
    there: Bools = found.n > 0
    yield Column(f"{metric.name}$n", ">i4", found.n, there)
    yield Column(f"{metric.name}$mean", wide, found.mean, there)
    yield Column(f"{metric.name}$min", wide, found.low, there)
    yield Column(f"{metric.name}$max", wide, found.high, there)
    if metric.aggregate in ("sum", "increase"):
        yield Column(f"{metric.name}$value", ">f8", found.value, there)
    if metric.aggregate == "circular":
        yield Column(f"{metric.name}$x", ">f4", nan if found.x is None else found.x, there)
        yield Column(f"{metric.name}$y", ">f4", nan if found.y is None else found.y, there)
    for i, p in enumerate(metric.percentiles):
        values = nan if found.percentiles is None else found.percentiles[:, i]
        yield Column(f"{metric.name}$p{p}", ">f4", values, there & ~np.isnan(values))


def blocks(conn: psycopg.Connection, domain: Domain, found: Iterable[Block]) -> int:
    """Write the blocks, whose rows are not there yet; returns how many hours of sensors they are."""
    minute = [*KEY, *(c for m in domain.metrics for c in schema.minute_columns(m))]
    hour = [*KEY, "lag_s", *(c for m in domain.metrics for c in schema.hour_columns(m))]
    hours: list[bytes] = []  # one COPY at a time; an hour takes a tenth of its minutes
    count = 0

    def parts() -> Iterator[bytes]:
        nonlocal count
        for block in found:
            count += len(block)
            single = [*_key(block), Column("lag_s", ">f4", block.lag_s, np.array(~np.isnan(block.lag_s), bool))]
            single += [c for m in domain.metrics for c in _hours(block, m)]
            hours.extend(wire.rows(_in_order(single, hour)))
            arrays = [*_key(block), *(c for m in domain.metrics for c in _minutes(block, m))]
            yield from wire.rows(_in_order(arrays, minute))

    wire.write(conn, schema.minute_table(domain.code), minute, parts())
    wire.write(conn, schema.hour_table(domain.code), hour, iter(hours))
    return count


def _in_order(columns: list[Column], names: list[str]) -> list[Column]:
    by_name = {c.name: c for c in columns}
    return [by_name[name] for name in names]


def delete(conn: psycopg.Connection, domain: Domain, sensor: Ints, hour_us: Ints) -> None:
    """Take away what is rolled up of these (sensor, hour), whatever the channel."""
    if not len(sensor):
        return
    first, last = int(hour_us.min()), int(hour_us.max())
    for table in (schema.minute_table(domain.code), schema.hour_table(domain.code)):
        conn.execute(
            sql.SQL(
                """DELETE FROM {table} r USING unnest(%s::int[], %s::bigint[]) AS k (sensor, us)
                   WHERE r.sensor = k.sensor AND r.time = 'epoch'::timestamptz + k.us * interval '1 microsecond'
                     AND r.time >= to_timestamp({first}) AND r.time <= to_timestamp({last})"""
            ).format(table=sql.Identifier(table), first=sql.Literal(first / 1e6), last=sql.Literal(last / 1e6)),
            [sensor.tolist(), hour_us.tolist()],
        )
