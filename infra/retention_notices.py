"""Alerts that are long over go, with everything that happened to them, and so do messages.

These tables are small and hang together, unlike those of readings: here rows are deleted, in short transactions.

    notification   old, not under way, and all its alerts are old; with its tries and its place in drills
    alert          old, and no message and no alert that stays names it; with its flips, mutings and links

An alert is old when it was closed before IOC_KEEP_NOTICES_DAYS and nothing has happened to it since: what is open never
is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from infra.alerts_state import LOCK
from infra.retention_facts import Reason
from infra.settings import Settings

#: Rows of one transaction, and transactions of one round of the service.
BATCH, BATCHES = 500, 20


@dataclass(frozen=True, slots=True)
class Gone:
    """What went, or would go; ``held``: alerts that are old and stay, because something that stays names them."""

    alerts: int = 0
    messages: int = 0
    held: int = 0


def _old(a: str) -> str:
    """Whether an alert is old. What was not told yet has its time still before it."""
    return f"""{a}.state = 'closed' AND {a}.started_at < %(before)s AND {a}.closed_at < %(before)s
        AND {a}.changed_at < %(before)s
        AND NOT EXISTS (SELECT FROM flip u WHERE u.alert = {a}.id AND u.told_at IS NULL)"""  # nosec B608


#: Whether a message n goes.
_GOES = f"""n.created_at < %(before)s AND n.state IN ('sent', 'given_up', 'withdrawn') AND NOT EXISTS (
        SELECT FROM notification_alert x JOIN alert about ON about.id = x.alert
        WHERE x.notification = n.id AND NOT ({_old("about")}))"""  # nosec B608
#: Old alerts that stay: those of a message that stays, the incident of an alert that stays, and its incident in turn.
_HELD = f"""
    WITH RECURSIVE held AS (
        SELECT a.id, a.incident FROM alert a JOIN notification_alert na ON na.alert = a.id
        JOIN notification n ON n.id = na.notification WHERE {_old("a")} AND NOT ({_GOES})
        UNION SELECT p.id, p.incident FROM alert part JOIN alert p ON p.id = part.incident
        WHERE NOT ({_old("part")}) AND {_old("p")}
        UNION SELECT p.id, p.incident FROM held h JOIN alert p ON p.id = h.incident)"""  # nosec B608


def _before(settings: Settings, now: datetime) -> dict[str, datetime] | None:
    return {"before": now - timedelta(days=settings.keep_notices_days)} if settings.keep_notices_days else None


def examine(conn: psycopg.Connection, settings: Settings, now: datetime) -> Gone:
    """What would go, if all of it went at once. Reads only."""
    asked = _before(settings, now)
    if asked is None:
        return Gone()
    row = conn.execute(
        f"""{_HELD} SELECT (SELECT count(*) FROM alert a WHERE {_old("a")}), (SELECT count(DISTINCT id) FROM held),
                           (SELECT count(*) FROM notification n WHERE {_GOES})""",  # nosec B608
        asked,
    ).fetchone()
    old, held, messages = row or (0, 0, 0)
    return Gone(old - held, messages, held)


def drop(conn: psycopg.Connection, settings: Settings, now: datetime, *, patient: bool = False) -> Gone:
    """Delete it, the messages first. ``conn`` is in autocommit mode. ``patient``: only so many batches, for a service
    that comes again soon."""
    asked = _before(settings, now)
    if asked is None:
        return Gone()
    left = BATCHES if patient else None
    counts = []
    for part in (_messages, _alerts):
        count = 0
        while left is None or left > 0:
            with conn.transaction():
                done = part(conn, asked)
            count += done
            left = None if left is None else left - 1
            if done < BATCH and not (part is _alerts and done):  # what was part of another may go after that
                break
        counts.append(count)
    conn.execute("DELETE FROM drill WHERE notification IS NULL AND at < %(before)s", asked)
    return Gone(counts[1], counts[0], examine(conn, settings, now).held)


def _messages(conn: psycopg.Connection, asked: dict[str, datetime]) -> int:
    found = conn.execute(
        f"""SELECT n.id FROM notification n WHERE {_GOES}
            ORDER BY n.created_at LIMIT {BATCH} FOR UPDATE OF n SKIP LOCKED""",  # nosec B608
        asked,
    )
    numbers = [number for (number,) in found]
    for table, column in (
        ("attempt", "notification"), ("notification_alert", "notification"), ("drill", "notification"),
        ("notification", "id"),
    ):  # fmt: skip
        conn.execute(f"DELETE FROM {table} WHERE {column} = ANY(%s)", [numbers])  # nosec B608
    return len(numbers)


def _alerts(conn: psycopg.Connection, asked: dict[str, datetime]) -> int:
    # Nobody may reopen one meanwhile: whoever changes an alert takes this lock.
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    found = conn.execute(
        f"""SELECT a.id FROM alert a WHERE {_old("a")}
              AND NOT EXISTS (SELECT FROM notification_alert na WHERE na.alert = a.id)
              AND NOT EXISTS (SELECT FROM alert part WHERE part.incident = a.id)
            ORDER BY a.started_at LIMIT {BATCH}""",  # nosec B608
        asked,
    )
    numbers = [number for (number,) in found]
    for table, column in (("muting", "alert"), ("ack_link", "alert"), ("flip", "alert"), ("alert", "id")):
        conn.execute(f"DELETE FROM {table} WHERE {column} = ANY(%s)", [numbers])  # nosec B608
    return len(numbers)


def line(gone: Gone, settings: Settings, *, done: bool) -> Reason:
    """What it comes to, for people."""
    if not settings.keep_notices_days:
        return Reason("cảnh báo và tin: giữ mãi", "alerts and messages: kept for ever")
    vi, en = ("đã xoá", "deleted") if done else ("sẽ xoá", "would go")
    return Reason(
        f"cảnh báo đã đóng và tin cũ hơn {settings.keep_notices_days} ngày: {vi} {gone.alerts} cảnh báo,"
        f" {gone.messages} tin; giữ lại {gone.held} cảnh báo còn liên quan",
        f"alerts that were closed and messages older than {settings.keep_notices_days} days: {gone.alerts} alerts and"
        f" {gone.messages} messages {en}; {gone.held} alerts stay, which something else names",
    )
