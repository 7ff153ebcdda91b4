"""Closing hours: from then on whoever stores into them says so.

    writers   hold the domain's lock shared, store, look at closed_until, name what they added to closed hours
    closing   takes the lock alone, so that no writer is under way, moves closed_until, and commits
    rolling   reads in a later transaction: it sees every batch that did not have to name what it stored

So nothing is missed whoever dies when, and the log of changes holds only what came late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import psycopg

from city.columns import Columns
from infra import schema

#: Any number that nobody else takes; the hash of the domain's table is the second half of the key.
LOCK = 0x10C2
HOUR_US = 3_600_000_000


def close(conn: psycopg.Connection, domain: str, until_us: int) -> None:
    """Close the hours before ``until_us`` (a whole hour). LockNotAvailable while a batch hangs in the database."""
    with conn.transaction():
        conn.execute("SET LOCAL lock_timeout = '5s'")
        conn.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, schema.table(domain)])
        conn.execute(
            "UPDATE rollup_state SET closed_until = greatest(closed_until, to_timestamp(%s)) WHERE domain = %s",
            [until_us / 1e6, domain],
        )


def closed_until(conn: psycopg.Connection, domains: Sequence[str]) -> dict[str, int]:
    """Where each domain's open hours begin, in microseconds. The caller holds the domains' locks."""
    rows = conn.execute(
        """SELECT domain, CASE WHEN isfinite(closed_until) THEN (extract(epoch FROM closed_until) * 1000000)::bigint
                          ELSE %s END FROM rollup_state WHERE domain = ANY(%s)""",
        [np.iinfo(np.int64).min, list(domains)],
    )
    return dict(rows.fetchall())


def name_late(conn: psycopg.Connection, batch: int, rows: Columns) -> None:
    """Note that a batch has stored these rows into closed hours, in its own transaction.

    Rows that were filled are named in open hours as well: such a note waits until the hour has been rolled up.
    """
    # A file of the past may name ten thousands of hours in a batch: sorted once, and sent in one go.
    hour = rows.time_us // HOUR_US
    order = np.argsort(hour, kind="stable")
    hours, starts = np.unique(hour[order], return_index=True)
    parts = np.split(rows.sensor[order], starts[1:])
    with conn.cursor() as cur, cur.copy("COPY rollup_due (domain, hour, batch, sensors) FROM STDIN") as out:
        for h, sensors in zip(hours.tolist(), parts, strict=True):
            out.write_row((rows.domain, _time(h * HOUR_US), batch, np.unique(sensors).tolist()))


def _time(us: int) -> datetime:
    return datetime.fromtimestamp(us // 1_000_000, UTC)
