"""The tables of each domain and the `observation` view, made and extended from the metric registry.

    reading_<domain>   a row per (sensor, channel, time), a column per metric: single precision, counters double
    minute_<domain>    a row per (sensor, channel, hour), arrays of 60 minutes
    hour_<domain>      a row per (sensor, channel, hour)

Columns of rollups are named ``metric$statistic``: a metric's name has no $, so nothing can collide. Columns stand in
the order that wastes no alignment; a metric that is added later comes last. Nothing is ever dropped: a metric that
leaves the registry keeps its columns.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from city.registry import Domain, Metric, Registry

CHUNK, MINUTE_CHUNK, HOUR_CHUNK = "1 day", "7 days", "30 days"


def table(domain: str) -> str:
    """The name of a domain's table of readings; the code was checked by the registry."""
    return f"reading_{domain}"


def minute_table(domain: str) -> str:
    """The name of a domain's table of 1-minute rollups."""
    return f"minute_{domain}"


def hour_table(domain: str) -> str:
    """The name of a domain's table of 1-hour rollups."""
    return f"hour_{domain}"


def column_type(metric: Metric) -> str:
    return "double precision" if metric.double else "real"


def minute_columns(metric: Metric) -> dict[str, str]:
    """The columns that a metric has in its table of 1-minute rollups, and their types."""
    wide = column_type(metric)
    found = {"mean": "real[]", "n": "smallint[]", "min": f"{wide}[]", "max": f"{wide}[]"}
    if metric.aggregate in ("sum", "increase"):
        found["value"] = "real[]"
    found |= {f"p{p}": "real[]" for p in metric.percentiles}
    return {f"{metric.name}${stat}": kind for stat, kind in found.items()}


def hour_columns(metric: Metric) -> dict[str, str]:
    """The columns that a metric has in its table of 1-hour rollups, and their types."""
    wide = column_type(metric)
    found = {"mean": wide, "min": wide, "max": wide}
    if metric.aggregate in ("sum", "increase"):
        found = {"value": "double precision", **found}
    if metric.aggregate == "circular":
        found |= {"x": "real", "y": "real"}
    found["n"] = "integer"
    found |= {f"p{p}": "real" for p in metric.percentiles}
    return {f"{metric.name}${stat}": kind for stat, kind in found.items()}


def _listed(columns: dict[str, str]) -> str:
    return "".join(f"{name} {kind},\n" for name, kind in columns.items())


def _create_rollups(conn: psycopg.Connection, domain: Domain) -> None:
    minute, hour = minute_table(domain.code), hour_table(domain.code)
    arrays = {k: v for m in domain.metrics for k, v in minute_columns(m).items()}
    single = {k: v for m in domain.metrics for k, v in hour_columns(m).items()}
    ordered = {k: single[k] for k in sorted(single, key=lambda k: single[k] != "double precision")}
    conn.execute(f"""
        CREATE TABLE {minute} (
            time timestamptz NOT NULL,
            sensor integer NOT NULL,
            channel smallint NOT NULL,
            {_listed(arrays)}
            CONSTRAINT {minute}_key UNIQUE (sensor, channel, time)
        ) WITH (toast_tuple_target = 8160)""")  # an hour stays in one place: one read instead of many
    for column in arrays:
        # 240 bytes of a measured series do not get smaller, and trying costs more than storing them.
        conn.execute(f"ALTER TABLE {minute} ALTER COLUMN {column} SET STORAGE EXTERNAL")
    conn.execute(f"""
        CREATE TABLE {hour} (
            time timestamptz NOT NULL,
            {_listed({k: v for k, v in ordered.items() if v == "double precision"})}
            sensor integer NOT NULL,
            lag_s real,
            {_listed({k: v for k, v in ordered.items() if v != "double precision"})}
            channel smallint NOT NULL,
            CONSTRAINT {hour}_key UNIQUE (sensor, channel, time)
        )""")
    for name, chunk in ((minute, MINUTE_CHUNK), (hour, HOUR_CHUNK)):
        conn.execute(
            "SELECT create_hypertable(%s, by_range('time', %s::interval), create_default_indexes => false)",
            [name, chunk],
        )
        conn.execute(f"CREATE INDEX {name}_time ON {name} USING brin (time) WITH (pages_per_range = 16)")


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


def _tables(domain: Domain) -> dict[str, dict[str, str]]:
    """A domain's tables, and the columns that its metrics have in them."""
    return {
        table(domain.code): {m.name: column_type(m) for m in domain.metrics},
        minute_table(domain.code): {k: v for m in domain.metrics for k, v in minute_columns(m).items()},
        hour_table(domain.code): {k: v for m in domain.metrics for k, v in hour_columns(m).items()},
    }


def _columns(conn: psycopg.Connection, name: str) -> set[str]:
    rows = conn.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        [name],
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


def _scope(conn: psycopg.Connection, name: str) -> None:
    """What whoever may not see everything sees of a table: rows of sensors in their part (infra/access/wall.py). Made
    anew, for columns may have come."""
    conn.execute(
        sql.SQL("""
            DROP VIEW IF EXISTS scoped.{name};
            CREATE VIEW scoped.{name} WITH (security_barrier) AS SELECT * FROM public.{name} t WHERE EXISTS (
                SELECT FROM public.sensor s WHERE s.id = t.sensor AND s.placed IN (
                    SELECT unnest(string_to_array(current_setting('ioc.places', true), E'\\n'))));
            GRANT SELECT ON scoped.{name} TO ioc_scoped""").format(name=sql.Identifier(name))
    )


def sync(conn: psycopg.Connection, registry: Registry) -> None:
    """Bring the tables and the view up to the registry, inside the caller's transaction."""
    for domain in registry.domains.values():
        if not _columns(conn, table(domain.code)):
            _create(conn, domain)
        if not _columns(conn, hour_table(domain.code)):
            _create_rollups(conn, domain)
        for name, columns in _tables(domain).items():
            have = _columns(conn, name)
            for column, kind in columns.items():
                if column not in have:
                    # No SET STORAGE as for new tables: a hypertable that is compressed refuses it. Rows that lack the
                    # column stay as they are; what null means there is with who writes it (`infra.rollup.write`).
                    conn.execute(f"ALTER TABLE {name} ADD COLUMN {column} {kind}")
        # Rows arrive nearly in the order of their time: a few pages tell where an hour lies.
        name = table(domain.code)
        conn.execute(f"CREATE INDEX IF NOT EXISTS {name}_time ON {name} USING brin (time) WITH (pages_per_range = 16)")
        # What devices marked as calibrating or faulty: few rows, which rollups leave out and quality looks for.
        conn.execute(f"CREATE INDEX IF NOT EXISTS {name}_marked ON {name} (time) WHERE quality <> 0")
        conn.execute(
            "INSERT INTO rollup_state (domain, journal_from) VALUES (%s, now()) ON CONFLICT DO NOTHING", [domain.code]
        )
        for name in _tables(domain):
            _scope(conn, name)
    parts = [_observations(d) for d in registry.domains.values()]
    conn.execute(sql.SQL("CREATE OR REPLACE VIEW observation AS ") + sql.SQL(" UNION ALL ").join(parts))


def missing(conn: psycopg.Connection, registry: Registry) -> list[str]:
    """Tables or columns (``table.column``) that the registry has and the database has not."""
    lacks = []
    for domain in registry.domains.values():
        for name, columns in _tables(domain).items():
            have = _columns(conn, name)
            lacks += [f"{name}.{c}" for c in columns if c not in have] if have else [name]
    return lacks
