"""Whether the audit still is what was written, a part at each look: its end, and a patrol through all of it.

    rows ······▶ patrol, PART rows a look, round and round ······ mark ─▶ end
                                                                  what came since the last look

The end is held against what was seen at the last look, so that a chain that was written anew as a whole is noticed as
long as somebody is looking; `ioc audit verify` looks at everything at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg

from infra.audit.chain import BEGIN, follow
from infra.audit.read import following
from infra.audit.retention import ACTION

#: Rows that are looked at in one go.
PART = 5_000
#: How long a fault of the end counts: what is behind it is of the patrol.
COUNTS = timedelta(hours=24)


class Patrol:
    """What is known between two looks."""

    def __init__(self) -> None:
        self._mark: tuple[int, bytes] | None = None
        self._at: tuple[int, bytes] | None = None
        self._faults = self._faults_before = 0
        self._end_faults: list[datetime] = []

    def look(self, conn: psycopg.Connection[Any], now: datetime) -> float:
        """One look; how many faults are known. The transaction should be REPEATABLE READ or short."""
        began, signed = _beginning(conn)
        self._look_at_the_end(conn, began[0], now)
        self._go_on(conn, began)
        self._end_faults = [at for at in self._end_faults if at > now - COUNTS]
        return float(max(self._faults, self._faults_before) + len(self._end_faults) + (not signed))

    def _look_at_the_end(self, conn: psycopg.Connection[Any], began: int, now: datetime) -> None:
        if self._mark is not None and self._mark[0] > began:
            row = conn.execute("SELECT hash FROM audit WHERE id = %s", [self._mark[0]]).fetchone()
            if row is None or bytes(row[0]) != self._mark[1]:
                self._end_faults.append(now)
        last = conn.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
        self._mark = (int(last[0]), bytes(last[1])) if last else None

    def _go_on(self, conn: psycopg.Connection[Any], began: tuple[int, bytes]) -> None:
        """The next part of the patrol; at the end of the chain it begins anew."""
        if self._at is None or self._at[0] < began[0]:
            self._at = began
        number, previous = self._at
        rows = following(conn, number, PART)
        for row in rows:
            if row.entry.id != number + 1 or follow(previous, row.entry) != row.hash:
                self._faults += 1
            number, previous = row.entry.id, row.hash
        self._at = (number, previous)
        if len(rows) < PART:
            self._at, self._faults_before, self._faults = None, self._faults, 0


def _beginning(conn: psycopg.Connection[Any]) -> tuple[tuple[int, bytes], bool]:
    """What the first row follows, and whether the chain signs that off."""
    row = conn.execute("SELECT id, hash FROM audit_anchor ORDER BY id DESC LIMIT 1").fetchone()
    if row is None:
        return (0, BEGIN), True
    number, digest = int(row[0]), bytes(row[1])
    signed = conn.execute(
        "SELECT 1 FROM audit WHERE action = %s AND after ->> 'last' = %s AND after ->> 'hash' = %s LIMIT 1",
        [ACTION, str(number), digest.hex()],
    ).fetchone()
    return (number, digest), signed is not None
