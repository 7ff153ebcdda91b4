"""Links in messages that act without a login: acknowledge one alert, or confirm that a drill has come.

A token is random, known only to whom the message went, and stored as its hash. Programs that scan mail follow links:
a GET only shows a page with a button, and only its POST acts (ioc_api).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import psycopg
from psycopg.rows import class_row

Purpose = Literal["acknowledge", "confirm"]
VALID = timedelta(days=7)
#: Tokens have 43 characters; whatever is much longer is not looked up.
_LONGEST = 64


class Link(msgspec.Struct, frozen=True):
    """What a token is for. ``about`` is the drill's own key; ``alert`` that of an alert."""

    purpose: Purpose
    department: str
    alert: int | None
    about: str
    expires_at: datetime
    used_at: datetime | None


def base(public_url: str, host: str, port: int) -> str:
    """Where links of messages begin: IOC_PUBLIC_URL, or where the API listens (good on this machine only)."""
    if public_url:
        return public_url.rstrip("/")
    return f"http://{f'[{host}]' if ':' in host else host or '127.0.0.1'}:{port}"


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _create(
    conn: psycopg.Connection, purpose: Purpose, department: str, alert: int | None, about: str, now: datetime
) -> str:
    token = secrets.token_urlsafe(32)
    conn.execute(
        "INSERT INTO ack_link (token_hash, purpose, department, alert, about, created_at, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (_hash(token), purpose, department, alert, about, now, now + VALID),
    )
    return token


def acknowledging(conn: psycopg.Connection, base_url: str, department: str, alert: int, now: datetime) -> str:
    """A new link by which this department acknowledges this alert; committed with the caller's transaction."""
    return f"{base_url}/a/{_create(conn, 'acknowledge', department, alert, '', now)}"


def confirming(conn: psycopg.Connection, base_url: str, department: str, about: str, now: datetime) -> str:
    """A new link by which this department confirms that the drill or test ``about`` has come."""
    return f"{base_url}/a/{_create(conn, 'confirm', department, None, about, now)}"


def look_up(conn: psycopg.Connection, token: str, now: datetime) -> Link | None:
    """What the token is for; None where it is none of ours or its time is over."""
    if not token or len(token) > _LONGEST or not token.isascii():
        return None
    with conn.cursor(row_factory=class_row(Link)) as cur:
        return cur.execute(
            "SELECT purpose, department, alert, about, expires_at, used_at FROM ack_link"
            " WHERE token_hash = %s AND expires_at > %s",
            (_hash(token), now),
        ).fetchone()


def use(conn: psycopg.Connection, token: str, now: datetime) -> bool:
    """Mark the token as used; False where it was already (which is no error: the first time stays)."""
    done = conn.execute(
        "UPDATE ack_link SET used_at = %s WHERE token_hash = %s AND used_at IS NULL AND expires_at > %s",
        (now, _hash(token), now),
    )
    return done.rowcount == 1


def drop_old(conn: psycopg.Connection, now: datetime) -> int:
    """Delete links whose time has been over for 30 days; how many."""
    return conn.execute("DELETE FROM ack_link WHERE expires_at < %s", (now - timedelta(days=30),)).rowcount


def alert_page(base_url: str, alert: int) -> str:
    """Where the screen shows an alert."""
    return f"{base_url}/#/alerts/{alert}"


def map_page(template: str, lat: float, lon: float) -> str:
    """Where a map shows a place (WGS84 degrees); ``template`` is IOC_MAP_LINK with {lat} and {lon}."""
    return template.replace("{lat}", f"{lat:.5f}").replace("{lon}", f"{lon:.5f}")
