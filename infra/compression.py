"""Chunks become columnar by TimescaleDB's own policy, where its license allows; elsewhere nothing happens.

The Apache edition has no columnstore. The Community edition (license `timescale`) turns chunks of a certain age into
columns by a background job: a row of readings or of rollups then takes a small part of its bytes, and late readings can
still be written into it. `wanted` is the decision, apart from the database.

Source: TimescaleDB's reference, ALTER TABLE (hypercore) and add_columnstore_policy, since 2.18.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from infra import schema
from infra.catalog import Catalog
from infra.retention_facts import Reason
from infra.settings import Settings

#: A late reading unpacks its sensor's batch of a thousand rows; a backlog of many sensors exceeds the usual limit.
UNPACK = "timescaledb.max_tuples_decompressed_per_dml_transaction"


@dataclass(frozen=True, slots=True)
class Found:
    """How a table is now: whether it has a columnstore, and the age in days of its policy (None: it has none)."""

    enabled: bool = False
    after_days: float | None = None


@dataclass(frozen=True, slots=True)
class Compression:
    """Whether chunks are compressed, why not, and what was changed now: names of tables."""

    on: bool
    why: Reason | None = None
    changed: list[str] = field(default_factory=list)


def tables(catalog: Catalog) -> dict[str, tuple[str, str]]:
    """The tables that may be compressed: by what they are segmented, and by what ordered."""
    found = {}
    for code in catalog.registry.domains:
        for name in (schema.table(code), schema.minute_table(code), schema.hour_table(code)):
            found[name] = ("sensor, channel", "time")
    for name in ("group_minute", "group_hour", "group_day"):
        found[name] = ("zone, metric, domain, area", "time")
    return found


def off(license_: str, after_days: int) -> Reason | None:
    """Why nothing is compressed; None where it is."""
    if license_ != "timescale":
        return Reason(
            f"giấy phép TimescaleDB là {license_}, không có nén",
            f"TimescaleDB's license is {license_}, which has no compression",
        )
    if not after_days:
        return Reason("IOC_COMPRESS_AFTER_DAYS là 0", "IOC_COMPRESS_AFTER_DAYS is 0")
    return None


def wanted(
    names: Mapping[str, tuple[str, str]], found: Mapping[str, Found], after_days: int
) -> Iterable[tuple[str, sql.Composed]]:
    """(table, statement) of what is still to be done. ``after_days`` 0: policies end, what is compressed stays so."""
    for name, (segment, order) in names.items():
        now, table = found.get(name, Found()), sql.Identifier(name)
        if after_days and not now.enabled:
            yield (
                name,
                sql.SQL(
                    "ALTER TABLE {} SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = {},"
                    " timescaledb.orderby = {})"
                ).format(table, sql.Literal(segment), sql.Literal(order)),
            )
        if now.after_days is not None and now.after_days != after_days:
            yield (
                name,
                sql.SQL("CALL remove_columnstore_policy({}::regclass, if_exists => true)").format(sql.Literal(name)),
            )
        if after_days and now.after_days != after_days:
            yield (
                name,
                sql.SQL("CALL add_columnstore_policy({}::regclass, after => INTERVAL {})").format(
                    sql.Literal(name), sql.Literal(f"{after_days} days")
                ),
            )


def configure(conn: psycopg.Connection, catalog: Catalog, settings: Settings) -> Compression:
    """Bring the policies to what the settings ask for, where the license allows. ``conn`` is in autocommit mode."""
    row = conn.execute("SELECT current_setting('timescaledb.license', true)").fetchone()
    license_ = (row and row[0]) or "unknown"
    why = off(license_, settings.compress_after_days)
    if license_ != "timescale":
        return Compression(False, why)
    names = tables(catalog)
    changed: list[str] = []
    for name, statement in wanted(names, _found(conn, list(names)), settings.compress_after_days):
        if not changed:
            # For the connections that are made from now on; chunks become columns only days later.
            here = sql.Identifier(conn.info.dbname)
            conn.execute(sql.SQL("ALTER DATABASE {} SET {} = 0").format(here, sql.SQL(UNPACK)))
        conn.execute(statement)
        changed.append(name)
    return Compression(why is None, why, sorted(set(changed)))


def _found(conn: psycopg.Connection, names: list[str]) -> dict[str, Found]:
    rows = conn.execute(
        """SELECT h.hypertable_name, h.compression_enabled,
                  extract(epoch FROM (j.config ->> 'compress_after')::interval)::float8 / 86400
           FROM timescaledb_information.hypertables h
           LEFT JOIN timescaledb_information.jobs j ON j.hypertable_schema = h.hypertable_schema
            AND j.hypertable_name = h.hypertable_name AND j.proc_name = 'policy_compression'
           WHERE h.hypertable_schema = 'public' AND h.hypertable_name = ANY(%s)""",
        [names],
    )
    return {name: Found(enabled, after) for name, enabled, after in rows}
