"""Removing the oldest rows: an anchor says where the chain begins from then on, and a row of the chain signs that off.

All in one transaction: the anchor (number and hash of the last row that goes), the removal, which the database allows
only up to an anchor, and the row ``audit.retention`` that tells of both. So the chain verifies before and after.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from infra.access.who import SERVICE
from infra.audit.record import record

ACTION = "audit.retention"
#: Rows that go in one transaction: nobody else can be recorded while it commits.
MOST = 20_000


class Removed(NamedTuple):
    """What went: rows ``first`` to ``last``."""

    first: int
    last: int
    rows: int


def drop(conn: psycopg.Connection[Any], keep_days: int, now: datetime) -> Removed | None:
    """Remove rows that are older, at most MOST of them; None where none is. ``keep_days`` 0: for ever.

    ``conn`` is in autocommit mode. A row that is younger than one before it (the clock went back) stays, and all
    behind it.
    """
    if not keep_days:
        return None
    with conn.transaction():
        row = conn.execute(
            """SELECT min(id), max(id), count(*) FROM (
                   SELECT id FROM audit
                   WHERE id < coalesce((SELECT min(id) FROM audit WHERE at >= %(before)s), 9223372036854775807)
                   ORDER BY id LIMIT %(most)s) old""",
            {"before": now - timedelta(days=keep_days), "most": MOST},
        ).fetchone()
        if row is None or row[0] is None:
            return None
        gone = Removed(*row)
        last = conn.execute("SELECT hash, at FROM audit WHERE id = %s", [gone.last]).fetchone()
        if last is None:
            raise RuntimeError("a row of the audit has vanished")
        conn.execute(
            "INSERT INTO audit_anchor (id, hash, until, removed) VALUES (%s, %s, %s, %s)",
            [gone.last, last[0], last[1], gone.rows],
        )
        conn.execute("DELETE FROM audit WHERE id <= %s", [gone.last])
        after = {"first": gone.first, "last": gone.last, "rows": gone.rows, "hash": bytes(last[0]).hex(),
                 "until": last[1], "keep_days": keep_days}  # fmt: skip
        record(conn, SERVICE, ACTION, "audit", "done", after=after)
    return gone
