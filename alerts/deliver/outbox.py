"""The outbox as rows: claimed by compare-and-swap, finished with an attempt row, in order per channel and thread.

A notification may be claimed when it is due, nobody holds it, and no earlier one of its channel and thread is still
under way: a resolved never overtakes its firing. Every claim counts as an attempt before anything is sent, so what
ends the process each time is given up some day too. Times are the caller's clock.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from alerts.deliver.outcome import Channel, Earlier, Outcome
from alerts.messages import links
from alerts.messages.content import Content, freeze, thaw
from alerts.messages.forms import plain
from alerts.rules.model import Severity
from infra.settings import Settings

#: Longer than any try takes (IOC_DELIVER_TIMEOUT_S is at most 120).
LEASE = timedelta(seconds=180)
_MOST_EARLIER = 200


class Claimed(msgspec.Struct, frozen=True):
    """A notification that is ours to send. ``content`` as it is in the row; ``attempts`` counts this one."""

    id: int
    key: str
    kind: str
    severity: Severity
    thread: str
    content: Any
    created_at: datetime
    attempts: int
    claimed_by: str
    first_at: datetime
    channel: Channel
    enabled: bool
    unfinished: bool


_CLAIM = """
WITH due AS (
    SELECT n.id, n.state AS was FROM notification n
    WHERE n.state IN ('waiting', 'sending') AND n.due_at <= %(now)s
      AND (n.state = 'waiting' OR n.claimed_until < %(now)s)
      AND n.channel <> ALL(%(without)s::bigint[])
      AND NOT EXISTS (SELECT FROM notification b WHERE b.channel = n.channel AND b.thread = n.thread AND b.id < n.id
                      AND b.state IN ('waiting', 'sending'))
    ORDER BY array_position('{critical,major,warning,info}', n.severity), n.attempts > 0, n.due_at, n.id
    LIMIT 1 FOR UPDATE OF n SKIP LOCKED
), taken AS (
    UPDATE notification n SET state = 'sending', claimed_by = %(by)s, claimed_until = %(now)s::timestamptz + %(lease)s,
           attempts = n.attempts + 1
    FROM due WHERE n.id = due.id
    RETURNING n.*, due.was
)
SELECT t.id, t.key, t.kind, t.severity, t.thread, t.content, t.created_at, t.attempts, t.claimed_by,
       coalesce((SELECT min(a.at) FROM attempt a WHERE a.notification = t.id), %(now)s) AS first_at,
       t.was = 'sending' AS unfinished, c.enabled,
       jsonb_build_object('id', c.id, 'department', c.department, 'kind', c.kind, 'name', c.name,
                          'address', c.address, 'secret', c.secret, 'config', c.config) AS channel
FROM taken t JOIN notice_channel c ON c.id = t.channel
"""


def claim(conn: psycopg.Connection, now: datetime, without: Sequence[int] = ()) -> Claimed | None:
    """The most urgent notification that may go out now, taken; None where there is none. Commits.

    ``without``: channels that are not to be used now. One whose last sender ended before it said what came of it gets
    an attempt row that says so.
    """
    facts = {"now": now, "without": list(without), "by": secrets.token_hex(8), "lease": LEASE}
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cur:
        row = cur.execute(_CLAIM, facts).fetchone()
        if row is None:
            return None
        claimed = msgspec.convert(row, Claimed)
        if claimed.unfinished:
            cur.execute(
                "INSERT INTO attempt (notification, at, took_ms, outcome, detail, retry_at)"
                " VALUES (%s, %s, 0, 'retry', %s, %s)",
                (claimed.id, now, "tiến trình gửi đã dừng giữa chừng / the sender ended before it knew", now),
            )
    return claimed


def finish(
    conn: psycopg.Connection,
    claimed: Claimed,
    outcome: Outcome,
    retry_at: datetime | None,
    at: datetime,
    took_ms: int,
    settings: Settings,
) -> bool:
    """Write what came of a try, and its attempt row. Commits. False: the claim was no longer ours (lease over).

    A channel that takes messages again gets those that wait for it sooner: their waits are no longer doubled.
    """
    state = {"sent": "sent", "given_up": "given_up", "retry": "waiting"}[outcome.what]
    # Whatever a receiver has said can be stored: what could not be would stop all that comes after it.
    sent, detail = outcome.what == "sent", plain(outcome.detail, 500)
    with conn.transaction():
        done = conn.execute(
            "UPDATE notification SET state = %s, due_at = coalesce(%s, due_at), sent_at = %s, error = %s,"
            " claimed_by = NULL, claimed_until = NULL WHERE id = %s AND state = 'sending' AND claimed_by = %s",
            (state, retry_at, at if sent else None, None if sent else detail, claimed.id, claimed.claimed_by),
        )
        conn.execute(
            "INSERT INTO attempt (notification, at, took_ms, outcome, status, detail, retry_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (claimed.id, at, took_ms, outcome.what, outcome.status, detail, retry_at),
        )
        if sent:
            conn.execute(
                "UPDATE notification SET due_at = least(due_at, %s + attempts * %s) WHERE channel = %s"
                " AND state = 'waiting' AND attempts > 0 AND due_at > %s",
                (at, timedelta(seconds=settings.deliver_retry_s), claimed.channel.id, at),
            )
    return done.rowcount == 1


def withdraw(conn: psycopg.Connection, claimed: Claimed, why: str, at: datetime) -> None:
    """Nothing is to be sent after all (the channel was switched off): said in the row and an attempt. Commits."""
    with conn.transaction():
        conn.execute(
            "UPDATE notification SET state = 'withdrawn', error = %s, claimed_by = NULL, claimed_until = NULL"
            " WHERE id = %s AND state = 'sending' AND claimed_by = %s",
            (why, claimed.id, claimed.claimed_by),
        )
        conn.execute(
            "INSERT INTO attempt (notification, at, took_ms, outcome, detail) VALUES (%s, %s, 0, 'given_up', %s)",
            (claimed.id, at, why),
        )


def release(conn: psycopg.Connection, now: datetime, but: Sequence[int] = ()) -> int:
    """Let go of all claims: for the one sender that has the database (again), when no other can be at work. Commits.

    ``but``: channels on which something of its own is still under way, one message each.
    """
    with conn.transaction():
        return conn.execute(
            "UPDATE notification SET claimed_until = %s WHERE state = 'sending' AND claimed_until >= %s"
            " AND channel <> ALL(%s::bigint[])",
            (now - timedelta(seconds=1), now, list(but)),
        ).rowcount


def earlier(conn: psycopg.Connection, channel: int, thread: str, before: int) -> list[Earlier]:
    """What went out to this channel in this thread before, oldest first: the last 200."""
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cur:
        rows = cur.execute(
            "SELECT key, created_at, content FROM notification WHERE channel = %s AND thread = %s AND id < %s"
            " AND state = 'sent' ORDER BY id DESC LIMIT %s",
            (channel, thread, before, _MOST_EARLIER),
        ).fetchall()
    found = []
    for r in reversed(rows):
        with contextlib.suppress(msgspec.ValidationError):
            found.append(Earlier(r["key"], r["created_at"], thaw(r["content"])))
    return found


def channel(conn: psycopg.Connection, number: int) -> Channel | None:
    """One channel with its secrets: for sending, not for showing."""
    with conn.cursor(row_factory=class_row(Channel)) as cur:
        return cur.execute(
            "SELECT id, department, kind, name, address, secret, config FROM notice_channel WHERE id = %s", (number,)
        ).fetchone()


def put_test(conn: psycopg.Connection, number: int, base_url: str, now: datetime) -> int | None:
    """Put a test message for a channel into the outbox; its number there, None where there is no such channel.

    It is tried once: what came of it is its attempt row. In the caller's transaction.
    """
    row = conn.execute(
        "SELECT c.department, d.vi, d.en FROM notice_channel c JOIN department d ON d.code = c.department"
        " WHERE c.id = %s",
        (number,),
    ).fetchone()
    if row is None:
        return None
    key = f"test/{secrets.token_hex(6)}/ch{number}"
    content = Content(
        kind="test",
        severity="info",
        department=row[0],
        department_vi=row[1],
        department_en=row[2],
        at=now,
        confirm_url=links.confirming(conn, base_url, row[0], key, now),
    )
    made = conn.execute(
        "INSERT INTO notification (key, department, channel, kind, severity, thread, content, created_at, due_at)"
        " VALUES (%s, %s, %s, 'test', 'info', %s, %s, %s, %s) RETURNING id",
        (key, row[0], number, key, Jsonb(freeze(content)), now, now),
    ).fetchone()
    return int(made[0]) if made else None


def again(conn: psycopg.Connection, notification: int, now: datetime) -> bool:
    """Somebody wants a notification that was given up to be tried again, under its old key. The caller commits.

    False: it was not given up, or something later of its channel and thread has gone out: a firing never comes after
    its resolved.
    """
    done = conn.execute(
        "UPDATE notification n SET state = 'waiting', due_at = %s, attempts = 0 WHERE id = %s AND state = 'given_up'"
        " AND NOT EXISTS (SELECT FROM notification l WHERE l.channel = n.channel AND l.thread = n.thread"
        " AND l.id > n.id AND l.state IN ('sent', 'sending'))",
        (now, notification),
    )
    return done.rowcount == 1


def standing(conn: psycopg.Connection, now: datetime) -> dict[str, Any]:
    """How the outbox stands: what waits and since when (seconds), what was given up in the last 24 hours."""
    row = conn.execute(
        "SELECT count(*) FILTER (WHERE state IN ('waiting', 'sending') AND due_at <= %(now)s),"
        " count(*) FILTER (WHERE state = 'waiting' AND attempts > 0 AND due_at > %(now)s),"
        " extract(epoch FROM %(now)s - min(created_at) FILTER (WHERE state IN ('waiting', 'sending')"
        " AND (attempts > 0 OR due_at <= %(now)s)))::float8,"
        " count(*) FILTER (WHERE state = 'given_up') FROM notification"
        " WHERE state IN ('waiting', 'sending') OR created_at > %(now)s - interval '1 day'",
        {"now": now},
    ).fetchone()
    if row is None:
        raise psycopg.DataError("an aggregate gave no row")
    return {"due": row[0], "retrying": row[1], "oldest_s": row[2] or 0.0, "given_up_24h": row[3]}
