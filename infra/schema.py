"""The reading tables and the `observation` view, made and extended from the metric registry.

One hypertable a domain, one row per (sensor, channel, time), one column per metric: single precision, counters
double. Columns stand in the order that wastes no alignment; a metric that is added later comes last. Nothing is
ever dropped: a metric that leaves the registry keeps its column.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from city.registry import Domain, Metric, Registry

CHUNK = "1 day"


def table(domain: str) -> str:
    """The name of a domain's table; the code was checked by the registry."""
    return f"reading_{domain}"


def column_type(metric: Metric) -> str:
    return "double precision" if metric.double else "real"


def _create(conn: psycopg.Connection, domain: Domain) -> None:
    def columns(metrics: list[Metric]) -> str:
        return "".join(f"{m.name} {column_type(m)},\n" for m in metrics)

    name = table(domain.code)
    conn.execute(f"""
        CREATE TABLE {name} (
            time timestamptz NOT NULL,
            {columns([m for m in domain.metrics if m.double])}
            sensor integer NOT NULL,
            batch integer NOT NULL,
            channel smallint NOT NULL,
            quality smallint NOT NULL,
            period_s real NOT NULL,
            {columns([m for m in domain.metrics if not m.double])}
            CONSTRAINT {name}_key UNIQUE (sensor, channel, time)
        )""")
    conn.execute(
        "SELECT create_hypertable(%s, by_range('time', %s::interval), create_default_indexes => false)",
        [name, CHUNK],
    )
    # Batches come in order of their number: a few pages tell where one lies.
    conn.execute(f"CREATE INDEX {name}_batch ON {name} USING brin (batch) WITH (pages_per_range = 16)")


def _extend(conn: psycopg.Connection, domain: Domain, have: set[str]) -> None:
    for m in domain.metrics:
        if m.name not in have:
            conn.execute(f"ALTER TABLE {table(domain.code)} ADD COLUMN {m.name} {column_type(m)}")


def _columns(conn: psycopg.Connection, domain: str) -> set[str]:
    rows = conn.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        [table(domain)],
    )
    return {name for (name,) in rows}


def _observations(domain: Domain) -> sql.Composable:
    # Single precision becomes double by way of its shortest decimal: 41.3 stays 41.3.
    values = sql.SQL(", ").join(
        sql.SQL("({}, {}, {})").format(
            sql.Literal(m.name),
            sql.Literal(m.unit),
            sql.SQL(f"r.{m.name}" if m.double else f"r.{m.name}::text::double precision"),
        )
        for m in domain.metrics
    )
    return sql.SQL("""
        SELECT r.time, b.received_at, s.area, s.zone, {domain}::text AS domain, s.sensor_id, m.metric,
               c.name AS channel, m.unit, m.value,
               (ARRAY['measuring', 'calibrating', 'fault'])[r.quality + 1] AS quality
        FROM {table} r
        JOIN sensor s ON s.id = r.sensor
        JOIN channel c ON c.id = r.channel
        LEFT JOIN batch b ON b.id = r.batch
        CROSS JOIN LATERAL (VALUES {values}) AS m (metric, unit, value)
        WHERE m.value IS NOT NULL""").format(
        domain=sql.Literal(domain.code), table=sql.Identifier(table(domain.code)), values=values
    )


def sync(conn: psycopg.Connection, registry: Registry) -> None:
    """Bring the tables and the view up to the registry, inside the caller's transaction."""
    for domain in registry.domains.values():
        have = _columns(conn, domain.code)
        if have:
            _extend(conn, domain, have)
        else:
            _create(conn, domain)
    parts = [_observations(d) for d in registry.domains.values()]
    conn.execute(sql.SQL("CREATE OR REPLACE VIEW observation AS ") + sql.SQL(" UNION ALL ").join(parts))


def missing(conn: psycopg.Connection, registry: Registry) -> list[str]:
    """Tables or columns (``table.column``) that the registry has and the database has not."""
    lacks = []
    for domain in registry.domains.values():
        have = _columns(conn, domain.code)
        if not have:
            lacks.append(table(domain.code))
        else:
            lacks += [f"{table(domain.code)}.{m.name}" for m in domain.metrics if m.name not in have]
    return lacks
