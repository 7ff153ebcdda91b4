"""Sessions of the screen: a cookie whose hash is kept, locked when nobody does anything, over when their time is.

Idle is who does nothing: the screen says when somebody does (`seen`); what a page asks by itself does not count.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from infra.access import secret
from infra.access.errors import Unknown
from infra.access.who import Way

#: Sessions of one account: the oldest give way.
MOST = 20


class Session(NamedTuple):
    """One that has not ended. ``locked``: by its owner, or because nobody did anything for too long."""

    id: str
    way: Way
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    locked: bool
    address: str
    agent: str


#: Whether it is locked; takes the minutes of IOC_IDLE_LOCK_MIN, 0: never by itself.
LOCKED = sql.SQL(
    "(session.locked_at IS NOT NULL OR (%(idle)s > 0 AND session.seen_at < now() - make_interval(mins => %(idle)s)))"
)
#: What services look at once a second: the number of changes of what people may do, and whether a session has become
#: idle, of which no other number would tell.
IDLE = (
    sql.SQL(
        "SELECT version, EXISTS (SELECT FROM session WHERE locked_at IS NULL AND expires_at > now() AND {})"
        " FROM access_version"
    )
    .format(LOCKED)
    .as_bytes()
)


def start(
    conn: psycopg.Connection[Any], account: int, way: Way, *, address: str, agent: str, hours: float
) -> tuple[str, str]:
    """A new session: the cookie's value, which nothing else knows, and its name."""
    cookie, number = secret.new(), secret.name()
    conn.execute(
        "INSERT INTO session (token_hash, id, account, way, address, agent, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, now() + %s * interval '1 hour')",
        [secret.digest(cookie), number, account, way, address[:100], agent[:200], hours],
    )
    conn.execute("UPDATE account SET seen_at = now() WHERE id = %s", [account])
    conn.execute(
        "DELETE FROM session WHERE id IN"
        " (SELECT id FROM session WHERE account = %s ORDER BY created_at DESC, id OFFSET %s)",
        [account, MOST],
    )
    return cookie, number


def listed(conn: psycopg.Connection[Any], account: int, idle_min: int) -> list[Session]:
    """An account's, the one that was used last first."""
    with conn.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT id, way, created_at, seen_at, expires_at, {} AS locked, address, agent FROM session"
                " WHERE account = %(account)s AND expires_at > now() ORDER BY seen_at DESC, id"
            ).format(LOCKED),
            {"account": account, "idle": idle_min},
        ).fetchall()


def seen(conn: psycopg.Connection[Any], cookie: str, idle_min: int) -> bool:
    """Somebody does something; False where it is too late for that."""
    return (
        conn.execute(
            sql.SQL(
                "WITH seen AS (UPDATE session SET seen_at = now()"
                " WHERE token_hash = %(cookie)s AND expires_at > now() AND NOT {} RETURNING account)"
                " UPDATE account SET seen_at = now() FROM seen WHERE id = seen.account"
            ).format(LOCKED),
            {"cookie": secret.digest(cookie), "idle": idle_min},
        ).rowcount
        == 1
    )


def lock(conn: psycopg.Connection[Any], number: str) -> None:
    """Lock it: only what its owner knows opens it again."""
    conn.execute("UPDATE session SET locked_at = coalesce(locked_at, now()) WHERE id = %s", [number])


def lock_idle(conn: psycopg.Connection[Any], idle_min: int) -> int:
    """Lock those that nobody uses, so that whoever looks at access_version hears of it; returns how many."""
    return conn.execute(
        sql.SQL("UPDATE session SET locked_at = now() WHERE locked_at IS NULL AND {}").format(LOCKED),
        {"idle": idle_min},
    ).rowcount


def unlock(conn: psycopg.Connection[Any], number: str) -> str | None:
    """Open it: its owner has shown who they are. Returns its new cookie; None where it has ended."""
    cookie = secret.new()
    opened = conn.execute(
        "UPDATE session SET token_hash = %s, locked_at = NULL, seen_at = now() WHERE id = %s AND expires_at > now()",
        [secret.digest(cookie), number],
    )
    return cookie if opened.rowcount else None


def find(conn: psycopg.Connection[Any], cookie: str, idle_min: int) -> tuple[int, Session] | None:
    """The account and the session of a cookie, be it locked or not; None where it has ended."""
    row = conn.execute(
        sql.SQL(
            "SELECT account, session.id, way, session.created_at, session.seen_at, expires_at, {}, address, agent"
            " FROM session JOIN account a ON a.id = session.account"
            " WHERE session.token_hash = %(cookie)s AND expires_at > now() AND a.disabled_at IS NULL"
        ).format(LOCKED),
        {"cookie": secret.digest(cookie), "idle": idle_min},
    ).fetchone()
    return (row[0], Session(*row[1:])) if row else None


def lasts(conn: psycopg.Connection[Any], number: str) -> bool:
    """Whether a session has not ended, be it locked or not."""
    return conn.execute("SELECT FROM session WHERE id = %s AND expires_at > now()", [number]).rowcount == 1


def end(conn: psycopg.Connection[Any], account: int, number: str) -> None:
    """End one of an account's; Unknown where there is none."""
    if not conn.execute("DELETE FROM session WHERE account = %s AND id = %s", [account, number]).rowcount:
        raise Unknown("không có phiên này", "there is no such session")


def end_all(conn: psycopg.Connection[Any], account: int, but: str = "") -> int:
    """End all of an account's ``but`` one; returns how many."""
    return conn.execute("DELETE FROM session WHERE account = %s AND id <> %s", [account, but]).rowcount


def remove_expired(conn: psycopg.Connection[Any]) -> int:
    """Delete those whose time is over; returns how many."""
    return conn.execute("DELETE FROM session WHERE expires_at < now()").rowcount
