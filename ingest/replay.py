"""Replay: messages come back out of quarantine by the way that all messages come, under their own time.

Where somebody has said how they are to be read (`city.payload_fix`), they come as that makes them; their bytes in
quarantine stay as they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import psycopg

from city import payload_fix
from city.columns import join
from ingest.decode import Decoded, Table
from ingest.receive import RETAIN, Received
from ingest.writer import Unreadable, Writer

#: Items in one batch.
MOST = 500
#: Any number that nobody else takes: one collector replays at a time.
LOCK = 0x10C3


class Candidate(NamedTuple):
    """An item that somebody has asked to replay: by which request, and with which fix."""

    id: int
    received_us: int
    topic: str
    payload: bytes
    retained: bool
    replay: int | None
    fix: Any


def replay(writer: Writer) -> int:
    """Replay what was asked for, one batch of it; returns how many items were looked at.

    An item whose every value is now stored (or was before) is done. One that still has a fault stays, says why, and
    waits to be asked for again.
    """
    hand: list[Candidate] = []
    try:
        return _attempt(writer, MOST, hand)
    except psycopg.Error:
        pass
    # The database refuses something in it: go on one by one, and set aside the one that it is.
    try:
        return _attempt(writer, 1, hand)
    except psycopg.Error as e:
        why = f"it could not be stored: {str(e).splitlines()[0]}"
        writer.persist(lambda conn, _: _set_aside(conn, [(why, c.id) for c in hand], hand[0].replay if hand else None))
        return len(hand)


def _attempt(writer: Writer, most: int, hand: list[Candidate]) -> int:
    """Replay so many at the most; ``hand`` is what was taken up last, however it ends."""
    looked = 0

    def work(conn: psycopg.Connection, careful: bool) -> None:
        nonlocal looked
        hand.clear()
        if conn.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone() != (True,):
            return
        try:
            # After a lost answer this is another batch than the one that may have been committed.
            writer.resync(conn)
            hand[:] = _candidates(conn, most)
            looked = _replay(writer, conn, hand, careful)
        finally:
            if not conn.closed:
                conn.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    writer.persist(work)
    return looked


def _candidates(conn: psycopg.Connection, most: int) -> list[Candidate]:
    """The next items, all of one request."""
    rows = conn.execute(
        """SELECT i.id, (extract(epoch FROM i.received_at) * 1000000)::bigint, i.topic, i.payload, i.retained, i.replay,
                  r.fix
           FROM quarantine_item i LEFT JOIN quarantine_replay r ON r.id = i.replay
           WHERE i.replay_requested_at IS NOT NULL AND i.replayed_at IS NULL
             AND i.replay IS NOT DISTINCT FROM (
                 SELECT replay FROM quarantine_item
                 WHERE replay_requested_at IS NOT NULL AND replayed_at IS NULL ORDER BY id LIMIT 1)
           ORDER BY i.id LIMIT %s""",
        [most],
    )
    return [Candidate(*row) for row in rows]


def _replay(writer: Writer, conn: psycopg.Connection, candidates: Sequence[Candidate], careful: bool) -> int:
    good: dict[str, list[Table]] = {}
    done: list[int] = []
    still: list[tuple[str, int]] = []
    of = candidates[0].replay if candidates else None
    for item in candidates:
        try:
            message = _mended(writer, item)
        except Unreadable as e:
            still.append((str(e), item.id))
            continue
        try:
            # It was in time when it came: its age counts from then.
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
        writer.write(conn, batch, oldest, careful=careful, replayed=done, replay=True, replay_of=of)
    _set_aside(conn, still, of)
    if candidates:
        writer.log.info("replayed quarantine", entered=len(done), still_faulty=len(still))
    return len(candidates)


def _mended(writer: Writer, item: Candidate) -> Received:
    """The message as it is to be read. Unreadable, with its reason, where the fix does not fit it."""
    topic, payload = item.topic.encode(), item.payload
    if item.fix is not None:
        try:
            mended = payload_fix.mend(payload_fix.read(item.fix), item.topic, payload)
        except payload_fix.Unfit as e:
            raise Unreadable(f"malformed: {e}") from None
        except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError) as e:
            raise Unreadable(f"malformed: {type(e).__name__}: {e}") from e
        payload = mended.payload
        if mended.sensor_id is not None:
            there = writer.routes.topic_of(mended.sensor_id)
            if there is None:
                raise Unreadable(f"unknown_sensor: {mended.sensor_id} is not registered")
            topic = there
    return Received(topic, payload, 0, RETAIN if item.retained else 0, item.received_us, -1)


def _set_aside(conn: psycopg.Connection, still: Sequence[tuple[str, int]], of: int | None) -> None:
    """Note why items (detail, id) of a request could not enter; they wait to be asked for again. One that somebody has
    asked for again meanwhile goes on waiting for that."""
    with conn.cursor() as cur:
        cur.executemany(
            "UPDATE quarantine_item SET replay_requested_at = NULL, replay_detail = %s"
            " WHERE id = %s AND replay IS NOT DISTINCT FROM %s AND replayed_at IS NULL",
            [(why, number, of) for why, number in still],
        )
