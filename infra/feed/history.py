"""What the live state reads from the database. Plain functions on a connection; they run in a thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg import sql

from city.columns import Columns
from city.registry import Domain, Registry
from infra import quality, readings, schema, sensors
from infra.catalog import Catalog
from infra.roster import Group, Roster, roster
from infra.times import SECOND, micros

#: Windows reach 15 minutes back; five more give counters a reading to rise from. Ahead is what may come early.
BACK_US = 20 * 60 * SECOND
AHEAD_US = 6 * 60 * SECOND
#: Steps back in which the last reading of a silent sensor is looked for, in hours.
STEPS_H = (1, 6, 24, 72, 240, 720)
#: Sensors asked for at once.
ASKED = 500
_CHANNELS = 16


@dataclass(frozen=True)
class Heads:
    """Where each collector was: its newest batch and epoch."""

    seqs: dict[str, tuple[int, str]]


def heads(conn: psycopg.Connection) -> Heads:
    """The collectors' places, which are those of everything else read in the same snapshot."""
    rows = conn.execute("SELECT name, seq, epoch FROM collector")
    return Heads({name: (seq, epoch) for name, seq, epoch in rows})


def read_roster(
    conn: psycopg.Connection, catalog: Catalog, groups: tuple[Group, ...], *, leave_out: bool = False
) -> tuple[Registry, Roster]:
    """The sensors as they are now, and the registry with the ranges that the city has set.

    ``leave_out``: sensors that are not trusted do not count in figures.
    """
    version = sensors.version(conn)
    registry = catalog.registry.with_ranges(sensors.ranges(conn))
    found = sensors.load(conn)
    left_out = quality.untrusted(conn) if leave_out else frozenset[int]()
    channels = sensors.channels(conn)
    return registry, roster(
        found, catalog.registry, groups, channels=channels, version=version, left_out=left_out
    )  # fmt: skip


def recent(conn: psycopg.Connection, domains: Sequence[Domain], now_us: int) -> Iterator[Columns]:
    """All readings that windows at ``now`` hold or will hold."""
    for domain in domains:
        yield from readings.fetch(conn, domain, since_us=now_us - BACK_US, until_us=now_us + AHEAD_US)


def batches(conn: psycopg.Connection, domains: Sequence[Domain], collector: str, seqs: range) -> Iterator[Columns]:
    """The readings of some batches of a collector."""
    rows = conn.execute(
        "SELECT id, min_time, max_time FROM batch"
        " WHERE collector = %s AND seq >= %s AND seq < %s AND min_time IS NOT NULL",
        [collector, seqs.start, seqs.stop],
    ).fetchall()
    if not rows:
        return
    since_us = min(micros(low) for _, low, _ in rows) - 1
    until_us = max(micros(high) for _, _, high in rows)
    for domain in domains:
        yield from readings.fetch(
            conn, domain, since_us=since_us, until_us=until_us, batches=[number for number, _, _ in rows]
        )


def last_known(
    conn: psycopg.Connection, domain: Domain, numbers: Sequence[int], channels: Sequence[int], span_us: tuple[int, int]
) -> Columns | None:
    """The last row of each of these sensors, and of each of its channels, in a span of time (after, until)."""
    names = tuple(m.name for m in domain.metrics)
    query = sql.SQL(
        "SELECT r.sensor, r.channel, (extract(epoch FROM r.time) * 1000000)::bigint, r.quality, {names}"
        " FROM unnest(%s::integer[]) AS s (id) CROSS JOIN unnest(%s::smallint[]) AS c (id)"
        " CROSS JOIN LATERAL (SELECT * FROM {table} WHERE sensor = s.id AND channel = c.id"
        " AND time > to_timestamp(%s) AND time <= to_timestamp(%s) ORDER BY time DESC LIMIT 1) r"
    ).format(
        names=sql.SQL(", ").join(sql.Identifier("r", n) for n in names),
        table=sql.Identifier(schema.table(domain.code)),
    )
    after, until = (t / SECOND for t in span_us)
    rows = conn.execute(query, [list(numbers), list(channels[:_CHANNELS]), after, until]).fetchall()
    if not rows:
        return None
    sensor, channel, time_us, quality, *values = zip(*rows, strict=True)
    return Columns(
        domain.code,
        names,
        np.array(sensor, np.int32),
        np.array(channel, np.int16),
        np.array(time_us, np.int64),
        np.array(quality, np.uint8),
        np.zeros(len(rows), np.float32),
        np.array(values, np.float64).T.copy(),
    )
