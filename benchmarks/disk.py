"""Bytes a reading takes on disk, index included, uncompressed.

    python -m benchmarks.disk [--messages 200000]

The collector stores messages of 8 metrics; the anchor is the table that tutorials make, (time, series, value) with
one row a reading, filled with the same readings.
"""

from __future__ import annotations

import argparse
import time

import psycopg

from benchmarks import messages
from benchmarks.ingest import by_collector, check, sessions
from benchmarks.rig import rig, table
from infra import catalog, settings

Sizes = tuple[int, int, int]


def sizes(conn: psycopg.Connection, hypertable: str) -> Sizes:
    """Rows, bytes of the rows and bytes of the indexes."""
    conn.execute(f"VACUUM {hypertable}")
    rows = conn.execute(f"SELECT count(*) FROM {hypertable}").fetchone()  # nosec B608
    found = conn.execute(
        "SELECT sum(table_bytes + coalesce(toast_bytes, 0)), sum(index_bytes) FROM hypertable_detailed_size(%s)",
        [hypertable],
    ).fetchone()
    if not rows or not found:
        raise RuntimeError(f"{hypertable} has no size")
    return int(rows[0]), int(found[0]), int(found[1])


def narrow(conn: psycopg.Connection, metrics: list[str]) -> Sizes:
    """The same readings, one row each."""
    conn.execute("CREATE TABLE narrow (time timestamptz NOT NULL, series integer NOT NULL, value double precision)")
    conn.execute("SELECT create_hypertable('narrow', by_range('time'), create_default_indexes => false)")
    conn.execute("CREATE UNIQUE INDEX ON narrow (series, time)")
    each = ", ".join(f"({i}, {m})" for i, m in enumerate(metrics))
    conn.execute(
        f"""INSERT INTO narrow SELECT time, sensor * {len(metrics)} + place, value
            FROM reading_{messages.DOMAIN} CROSS JOIN LATERAL (VALUES {each}) AS m (place, value)
            WHERE value IS NOT NULL ORDER BY time"""  # nosec B608
    )
    return sizes(conn, "narrow")


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks.disk", description=__doc__.partition("\n")[0])
    ask.add_argument("--messages", type=int, default=200_000, help="(%(default)s)")
    ask.add_argument("--sensors", type=int, default=1_000, help="(%(default)s)")
    given = ask.parse_args()
    domain = catalog.load(settings.load()).registry.domains[messages.DOMAIN]
    with rig() as made:
        messages.register(made.postgres.url, given.sensors)
        sessions(made)
        last = time.time_ns() // 1_000_000
        messages.publish(made.mosquitto.url, messages.history(given.messages, given.sensors, last))
        by_collector(made, given.messages)
        check(made, given.messages)
        with psycopg.connect(made.postgres.url, autocommit=True) as conn:
            wide = sizes(conn, f"reading_{messages.DOMAIN}")
            one = narrow(conn, [m.name for m in domain.metrics])
    readings = given.messages * messages.READINGS

    def row(what: str, found: Sizes) -> list[str]:
        rows, data, index = found
        return [what, f"{rows:,}", *(f"{size / readings:.1f}" for size in (data, index, data + index))]

    print(
        table(
            [f"bytes a reading, {readings:,} readings", "rows", "table", "index", "together"],
            [row("(time, series, value), one row a reading", one), row("ours, one row a message of 8 metrics", wide)],
        )
    )
    print("\npromised: at most 20 bytes a reading, index included, uncompressed")


if __name__ == "__main__":
    main()
