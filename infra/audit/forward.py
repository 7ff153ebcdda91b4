"""The audit's way out as syslog lines: what is committed is sent, in its order, by whoever is at it.

Rows are taken from the table, not from whoever writes them: no request waits for a receiver, a receiver that was away
gets what it missed, and nothing is told that was rolled back. How far it is stands in `audit_sent`, a block at a time,
once the receiver's machine has the block. So none is left out; whoever is killed between the two sends at most one
block twice, whose numbers tell.
"""

from __future__ import annotations

from typing import Any

import psycopg

from infra.audit.read import following
from infra.audit.syslog import Sender

#: Lines that are sent, and noted, at a time.
BLOCK = 100
#: Nobody else's number: several API processes send one after the other.
_LOCK = 0xA0D5E

#: How many rows wait to be sent: they are numbered without gaps.
BEHIND = "SELECT greatest(0, (SELECT max(id) FROM audit) - id) FROM audit_sent"


def step(conn: psycopg.Connection[Any], sender: Sender) -> int:
    """Send the next block, in a transaction of the caller's; how many lines it had, 0 while another process is at it.
    OSError where it cannot be sent: then it is not noted, and comes again."""
    mine = conn.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK]).fetchone()
    if mine != (True,):
        return 0
    at = conn.execute("SELECT id FROM audit_sent").fetchone()
    rows = following(conn, int(at[0]) if at else 0, BLOCK)
    if rows:
        sender.send(rows)
        conn.execute("UPDATE audit_sent SET id = %s, at = now()", [rows[-1].entry.id])
    return len(rows)
