"""Readings as they came, a page at a time: sensor by sensor, by time, channel and metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from city.registry import Metric
from infra import schema
from infra.times import SECOND, rfc3339
from ioc_api.history.grid import widened
from ioc_api.history.question import Part, Question

#: Sensors asked for in one statement.
_MOST = 500


@dataclass(frozen=True)
class Reading:
    """One reading: the sensor's place in the question, and its metric's in the part of its domain."""

    place: int
    time_us: int
    channel: int
    metric: int
    value: float
    quality: int


#: Where a page begins: (place of the sensor, time, channel, place of the metric), the last reading before it.
After = tuple[int, int, int, int]


def page(conn: psycopg.Connection, q: Question, after: After | None, limit: int) -> list[Reading]:
    """At most ``limit`` readings behind ``after``."""
    out: list[Reading] = []
    first = 0
    for part in q.parts:
        last = first + len(part.sensors)
        at = max(first, after[0] if after else 0)
        size = _batch(q, part, limit)
        while at < last and len(out) < limit:
            # The sensor in which the page before ended is asked for by itself.
            mine = after if after is not None and at == after[0] else None
            until = at + 1 if mine else min(at + size, last)
            found = _read(conn, q, part, first, (at, until), mine, limit - len(out))
            out += found
            at = until
            if not found:
                size = min(size * 2, _MOST)
        first = last
        if len(out) >= limit:
            break
    return out[:limit]


def _batch(q: Question, part: Part, limit: int) -> int:
    """Sensors that together have about a page of readings."""
    span_s = max(1.0, (q.to_us - q.from_us) / SECOND)
    each = span_s / min(part.interval_s(s) for s in part.sensors) * len(part.metrics)
    return max(1, min(_MOST, int(limit / each) + 1))


def _read(
    conn: psycopg.Connection,
    q: Question,
    part: Part,
    first: int,
    span: tuple[int, int],
    after: After | None,
    limit: int,
) -> list[Reading]:
    places = {s.id: first + i for i, s in enumerate(part.sensors)}
    ids = [s.id for s in part.sensors[span[0] - first : span[1] - first]]
    names = [sql.Identifier(m.name) for m in part.metrics]
    query = sql.SQL(
        "SELECT sensor, (extract(epoch FROM time) * 1000000)::bigint, channel, quality, {names} FROM {table}"
        " WHERE {who} AND time >= {since} AND time < {until} AND ({there}) {more} ORDER BY {order} LIMIT {limit}"
    ).format(
        names=sql.SQL(", ").join(names),
        table=sql.Identifier(schema.table(part.domain.code)),
        # One sensor by itself is found through the index, chunk by chunk, and the limit ends it early.
        who=sql.SQL("sensor = {}" if len(ids) == 1 else "sensor = ANY({})").format(ids[0] if len(ids) == 1 else ids),
        since=rfc3339(max(q.from_us, after[1]) if after else q.from_us),
        until=rfc3339(q.to_us),
        there=sql.SQL(" OR ").join(sql.SQL("{} IS NOT NULL").format(n) for n in names),
        more=sql.SQL("AND (time, channel) >= ({}, {})").format(rfc3339(after[1]), after[2]) if after else sql.SQL(""),
        order=sql.SQL("time, channel" if len(ids) == 1 else "array_position({}, sensor), time, channel").format(ids),
        limit=limit + 1,  # the first row may be one of which all has been told
    )
    rows = conn.execute(query).fetchall()
    if not rows:
        return []
    return _split(rows, places, part.metrics, after)[:limit]


def _split(
    rows: list[tuple[Any, ...]], places: dict[int, int], metrics: tuple[Metric, ...], after: After | None
) -> list[Reading]:
    """A reading for each metric of each row."""
    columns = list(zip(*rows, strict=True))
    values: list[NDArray[np.float64]] = []
    for metric, column in zip(metrics, columns[4:], strict=True):
        values.append(widened(np.array(column, np.float64), metric))
    table = np.column_stack(values)
    row, metric_at = np.nonzero(~np.isnan(table))
    out = []
    for r, m, value in zip(row.tolist(), metric_at.tolist(), table[row, metric_at].tolist(), strict=True):
        sensor, time_us, channel, quality = rows[r][:4]
        if after is not None and (time_us, channel, m) <= after[1:]:
            continue
        out.append(Reading(places[sensor], time_us, channel, m, value, quality))
    return out
