"""Replay: messages come back out of quarantine by the way that all messages come, under their own time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import psycopg

from city.columns import join
from ingest.decode import Decoded, Table
from ingest.receive import RETAIN, Received
from ingest.writer import Unreadable, Writer

#: Items in one batch.
MOST = 500
#: Any number that nobody else takes: one collector replays at a time.
LOCK = 0x10C3


class Candidate(NamedTuple):
    """An item that somebody has asked to replay."""

    id: int
    received_us: int
    topic: str
    payload: bytes
    retained: bool


def replay(writer: Writer) -> int:
    """Replay what was asked for, one batch of it; returns how many items were looked at.

    An item whose every value is now stored (or was before) is done. One that still has a fault stays, says why, and
    waits to be asked for again.
    """
    try:
        return _attempt(writer, MOST)
    except psycopg.Error:
        pass
    # The database refuses something in it: go on one by one, and set aside the one that it is.
    try:
        return _attempt(writer, 1)
    except psycopg.Error as e:
        why = f"it could not be stored: {str(e).splitlines()[0]}"
        writer.persist(lambda conn, _: _set_aside(conn, [(why, c.id) for c in _candidates(conn, 1)]))
        return 1


def _attempt(writer: Writer, most: int) -> int:
    looked = 0

    def work(conn: psycopg.Connection, careful: bool) -> None:
        nonlocal looked
        if conn.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone() != (True,):
            return
        try:
            # After a lost answer this is another batch than the one that may have been committed.
            writer.resync(conn)
            looked = _replay(writer, conn, _candidates(conn, most), careful)
        finally:
            if not conn.closed:
                conn.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    writer.persist(work)
    return looked


def _candidates(conn: psycopg.Connection, most: int) -> list[Candidate]:
    rows = conn.execute(
        """SELECT id, (extract(epoch FROM received_at) * 1000000)::bigint, topic, payload, retained
           FROM quarantine_item WHERE replay_requested_at IS NOT NULL AND replayed_at IS NULL
           ORDER BY id LIMIT %s""",
        [most],
    )
    return [Candidate(*row) for row in rows]


def _replay(writer: Writer, conn: psycopg.Connection, candidates: Sequence[Candidate], careful: bool) -> int:
    good: dict[str, list[Table]] = {}
    done: list[int] = []
    still: list[tuple[str, int]] = []
    for item in candidates:
        flags = RETAIN if item.retained else 0
        message = Received(item.topic.encode(), item.payload, 0, flags, item.received_us, -1)
        # It was in time when it came: its age counts from then.
        try:
            found = writer.decode(conn, [message], writer.limits(item.received_us))
        except Unreadable as e:
            still.append((f"malformed: {e}", item.id))
            continue
        for part in found.tables:
            good.setdefault(part.decoder.domain.code, []).append(part)
        if found.items:
            still.append((f"{found.items[0].reason}: {found.items[0].detail}", item.id))
        else:
            done.append(item.id)
    if done or good:
        tables = [
            Table(t[0].decoder, join([p.columns for p in t]), np.concatenate([p.again for p in t]))
            for t in good.values()
        ]
        batch = Decoded(tables=tables, decoded=sum(t.columns.readings for t in tables))
        oldest = min(c.received_us for c in candidates)
        writer.write(conn, batch, oldest, careful=careful, replayed=done, replay=True)
    _set_aside(conn, still)
    if candidates:
        writer.log.info("replayed quarantine", entered=len(done), still_faulty=len(still))
    return len(candidates)


def _set_aside(conn: psycopg.Connection, still: Sequence[tuple[str, int]]) -> None:
    """Note why items (detail, id) could not enter; they wait to be asked for again."""
    with conn.cursor() as cur:
        cur.executemany(
            "UPDATE quarantine_item SET replay_requested_at = NULL, replay_detail = %s WHERE id = %s", still
        )
