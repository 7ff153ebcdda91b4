"""The newest reading of each metric and channel of one sensor, from the database: complete however long ago."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg import sql

from city.registry import Domain, Metric
from city.sensors import Sensor
from infra import schema
from infra.times import rfc3339
from ioc_api.history.grid import HOUR_US, widened

#: How far back every reading is looked at; what is older is found by the hours in which it was measured.
NEAR_US = 26 * HOUR_US
AHEAD_US = HOUR_US


@dataclass(frozen=True)
class Last:
    """A newest reading; ``received_us`` None where nobody knows any more."""

    metric: Metric
    channel: int
    value: float
    time_us: int
    received_us: int | None
    quality: int


def of(conn: psycopg.Connection, sensor: Sensor, domain: Domain, now_us: int) -> list[Last]:
    """The newest readings, by metric and channel."""
    found = _near(conn, sensor, domain, domain.metrics, (now_us - NEAR_US, now_us + AHEAD_US))
    missing = [m for m in domain.metrics if not any(k[0] == m.name for k in found)]
    for hour_us, metrics in _hours(conn, sensor, domain, missing, now_us - NEAR_US).items():
        for key, last in _near(conn, sensor, domain, metrics, (hour_us, hour_us + HOUR_US)).items():
            found.setdefault(key, last)
    order = {m.name: i for i, m in enumerate(domain.metrics)}
    return sorted(found.values(), key=lambda x: (order[x.metric.name], x.channel))


def _near(
    conn: psycopg.Connection, sensor: Sensor, domain: Domain, metrics: tuple[Metric, ...] | list[Metric],
    span_us: tuple[int, int],
) -> dict[tuple[str, int], Last]:  # fmt: skip
    """The newest reading of each of these metrics in a span, of any quality."""
    newest = sql.SQL(", ").join(
        sql.SQL("max(time) FILTER (WHERE {} IS NOT NULL) AS {}").format(
            sql.Identifier(m.name), sql.Identifier(f"{m.name}$time")
        )
        for m in metrics
    )
    picks = sql.SQL(" UNION ALL ").join(
        sql.SQL(
            "SELECT {place} AS place, r.channel, r.{name}::float8 AS value,"
            " (extract(epoch FROM r.time) * 1000000)::bigint AS time,"
            " (extract(epoch FROM b.received_at) * 1000000)::bigint AS received, r.quality"
            " FROM newest n JOIN {table} r ON r.sensor = {sensor} AND r.channel = n.channel AND r.time = n.{at}"
            " LEFT JOIN batch b ON b.id = r.batch WHERE r.time >= {since} AND r.time < {until}"
        ).format(
            place=i, name=sql.Identifier(m.name), at=sql.Identifier(f"{m.name}$time"),
            table=sql.Identifier(schema.table(domain.code)), sensor=sensor.id, since=rfc3339(span_us[0]),
            until=rfc3339(span_us[1]),
        )
        for i, m in enumerate(metrics)
    )  # fmt: skip
    query = sql.SQL(
        "WITH newest AS MATERIALIZED (SELECT channel, {newest} FROM {table} WHERE sensor = {sensor}"
        " AND time >= {since} AND time < {until} GROUP BY channel) {picks}"
    ).format(
        newest=newest, table=sql.Identifier(schema.table(domain.code)), sensor=sensor.id, since=rfc3339(span_us[0]),
        until=rfc3339(span_us[1]), picks=picks,
    )  # fmt: skip
    out = {}
    for place, channel, value, time_us, received_us, quality in conn.execute(query).fetchall():
        metric = metrics[place]
        plain = float(widened(np.array([value]), metric)[0])
        out[metric.name, channel] = Last(metric, channel, plain, time_us, received_us, quality)
    return out


def _hours(
    conn: psycopg.Connection, sensor: Sensor, domain: Domain, metrics: list[Metric], before_us: int
) -> dict[int, list[Metric]]:
    """The hour in which each of these metrics was measured last, as far as hours are kept."""
    if not metrics:
        return {}
    newest = sql.SQL(", ").join(
        sql.SQL("(extract(epoch FROM max(time) FILTER (WHERE {} > 0)) * 1000000)::bigint").format(
            sql.Identifier(f"{m.name}$n")
        )
        for m in metrics
    )
    query = sql.SQL("SELECT {} FROM {} WHERE sensor = {} AND time < {}").format(
        newest, sql.Identifier(schema.hour_table(domain.code)), sensor.id, rfc3339(before_us)
    )
    out: dict[int, list[Metric]] = {}
    for metric, hour_us in zip(metrics, conn.execute(query).fetchone() or (), strict=True):
        if hour_us is not None:
            out.setdefault(hour_us, []).append(metric)
    return out
