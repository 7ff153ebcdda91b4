"""Readings out of the database into a file, in the form that `ioc ingest backfill` reads.

One line a reading, chunk by chunk of the hypertables: memory is flat, the server sorts a day at a time, and what was
exported, imported and exported again is the same to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

import psycopg
from psycopg import sql

from city.columns import QUALITIES
from city.registry import Domain, Registry
from infra import copyout, schema
from infra.errors import ConfigError

FIELDS = ("time", "area", "domain", "sensor", "metric", "channel", "value", "unit", "quality", "period_s")
#: What the server sorts of a day before it takes to its disk.
SORT_MEMORY = "64MB"
_CITY = timezone(timedelta(hours=7))
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)

Form = Literal["csv", "parquet"]


@dataclass(frozen=True)
class Wanted:
    """Which readings: ``start`` <= time < ``end``, and only those of the codes and names that are given."""

    start: datetime | None = None
    end: datetime | None = None
    domains: Sequence[str] = ()
    sensors: Sequence[str] = ()
    zones: Sequence[str] = ()
    metrics: Sequence[str] = ()


@dataclass(frozen=True)
class Slice:
    """One chunk of one domain."""

    domain: Domain
    start: datetime
    end: datetime


def moment(text: str, option: str) -> datetime:
    """A time of an option: RFC 3339 with an offset, or a day of the city, which begins at its midnight (UTC+7)."""
    try:
        found = datetime.fromisoformat(text)
        if _DAY.match(text):
            found = found.replace(tzinfo=_CITY)
        if found.tzinfo is None:
            raise ValueError
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{option} {text!r} is neither a day such as 2026-11-23 nor a time with an offset such as"
            " 2026-11-23T00:00:00+07:00"
        ) from None


def check(wanted: Wanted, registry: Registry, conn: psycopg.Connection) -> None:
    """ConfigError where something that is asked for does not exist: an empty file would look like an answer."""
    if wanted.start and wanted.end and wanted.start >= wanted.end:
        raise ConfigError("--from must be before --to")
    metrics = {m.name for d in registry.domains.values() for m in d.metrics}
    sensors, zones = (
        {found for (found,) in conn.execute(question, [[g for g in given if g.isascii()]])}
        for question, given in (
            ("SELECT sensor_id FROM sensor WHERE sensor_id = ANY(%s)", wanted.sensors),
            ("SELECT DISTINCT zone FROM sensor WHERE zone = ANY(%s)", wanted.zones),
        )
    )
    for option, given, known in (
        ("--domain", wanted.domains, registry.domains.keys()),
        ("--metric", wanted.metrics, metrics),
        ("--sensor", wanted.sensors, sensors),
        ("--zone", wanted.zones, zones),
    ):
        unknown = [g for g in given if g not in known]
        if unknown:
            raise ConfigError(f"{option} {unknown[0]!r}: there is none of that name")


def slices(conn: psycopg.Connection, wanted: Wanted, registry: Registry) -> list[Slice]:
    """The chunks that may hold what is wanted, in the order of their time."""
    found = []
    for domain in registry.domains.values():
        if wanted.domains and domain.code not in wanted.domains:
            continue
        if wanted.metrics and not any(m.name in wanted.metrics for m in domain.metrics):
            continue
        rows = conn.execute(
            """SELECT range_start, range_end FROM timescaledb_information.chunks
               WHERE hypertable_schema = current_schema() AND hypertable_name = %s""",
            [schema.table(domain.code)],
        )
        for start, end in rows:
            start, end = max(start, wanted.start or start), min(end, wanted.end or end)
            if start < end:
                found.append(Slice(domain, start, end))
    return sorted(found, key=lambda s: (s.start, s.domain.code))


def query(part: Slice, wanted: Wanted, form: Form) -> sql.Composable:
    """The readings of one slice, by time, sensor, channel and then in the order of the domain's metrics."""
    domain = part.domain
    metrics = [m for m in domain.metrics if not wanted.metrics or m.name in wanted.metrics]
    # Single precision becomes double by way of its shortest decimal: 41.3 stays 41.3.
    values = sql.SQL(", ").join(
        sql.SQL("({}, {}, {})").format(
            sql.Literal(m.name),
            sql.Literal(m.unit),
            sql.SQL("r.{}" if m.double else "r.{}::text::double precision").format(sql.Identifier(m.name)),
        )
        for m in metrics
    )
    only = [
        sql.SQL("AND s.{} = ANY ({})").format(sql.Identifier(column), sql.Literal(list(given)))
        for column, given in (("sensor_id", wanted.sensors), ("zone", wanted.zones))
        if given
    ]
    csv = form == "csv"
    time = """to_char(r.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""" if csv else "r.time"
    guard: Callable[[sql.Composable], sql.Composable] = copyout.safe_text if csv else lambda column: column
    # A dollar cannot be in a metric's name: nothing collides.
    return sql.SQL("""
        SELECT r."$time" AS time, r."$area" AS area, {domain}::text AS domain, r."$sensor" AS sensor, m.metric,
               r."$channel" AS channel, m.value, m.unit, r."$quality" AS quality, r."$period" AS period_s
        FROM (
            SELECT {time} AS "$time", s.area AS "$area", {sensor} AS "$sensor", {channel} AS "$channel",
                   ({qualities}::text[])[r.quality + 1] AS "$quality",
                   nullif(r.period_s, 0)::text::double precision AS "$period", {columns}
            FROM {table} r JOIN sensor s ON s.id = r.sensor JOIN channel c ON c.id = r.channel
            WHERE r.time >= {start} AND r.time < {end} {only}
            ORDER BY r.time, s.sensor_id COLLATE "C", c.name COLLATE "C"
        ) AS r CROSS JOIN LATERAL (VALUES {values}) AS m (metric, unit, value)
        WHERE m.value IS NOT NULL""").format(
        domain=sql.Literal(domain.code),
        time=sql.SQL(time),
        sensor=guard(sql.SQL("s.sensor_id")),
        channel=guard(sql.SQL("nullif(c.name, '')")),
        qualities=sql.Literal(list(QUALITIES)),
        columns=sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(m.name)) for m in metrics),
        table=sql.Identifier(schema.table(domain.code)),
        start=sql.Literal(part.start),
        end=sql.Literal(part.end),
        only=sql.SQL(" ").join(only),
        values=values,
    )


def _csv(
    conn: psycopg.Connection, parts: Sequence[Slice], wanted: Wanted, form: Form, done: Callable[[int], None]
) -> Iterator[bytes]:
    for place, part in enumerate(parts):
        # A transaction each: one that lasts for hours would keep the whole database from tidying up.
        with conn.transaction():
            conn.execute(f"SET LOCAL work_mem = '{SORT_MEMORY}'")
            yield from copyout.csv_blocks(conn, query(part, wanted, form), header=False)
        done(place + 1)


def blocks(
    conn: psycopg.Connection,
    parts: Sequence[Slice],
    wanted: Wanted,
    form: Form,
    done: Callable[[int], None] = lambda _: None,
) -> Iterator[bytes]:
    """The file in blocks. ``done(n)`` is told when n slices are written."""
    if form == "csv":
        yield (",".join(FIELDS) + "\n").encode()
        yield from _csv(conn, parts, wanted, form, done)
        return
    import pyarrow as pa

    number, text = pa.float64(), pa.string()
    types = {"time": pa.timestamp("us", tz="UTC"), "value": number, "period_s": number}
    columns = pa.schema([(name, types.get(name, text)) for name in FIELDS])
    yield from copyout.to_parquet(columns, _csv(conn, parts, wanted, form, done))
