"""One-time links: a code in the screen's address that the API exchanges, once, for a session's cookie.

The database keeps only the code's SHA-256.
"""

from __future__ import annotations

import hashlib
import secrets
from urllib.parse import urlsplit

import psycopg

from infra import db
from infra.errors import ConfigError

VALID_S = 3600


def screen(url: str) -> str:
    """The screen's address as a link needs it, or ConfigError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigError(f"--url {url} is no address of a screen: write it as in https://ioc.example.vn")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def new_code(database_url: str) -> str:
    """A code that is valid once, within the hour."""
    code = secrets.token_urlsafe(16)
    with db.connect(database_url, application="link") as conn:
        conn.execute(
            "INSERT INTO one_time_code (code_hash, expires_at) VALUES (%s, now() + make_interval(secs => %s))",
            [hashlib.sha256(code.encode()).digest(), VALID_S],
        )
    return code


def link(http_url: str, database_url: str) -> str:
    """The screen's address with a fresh code in its fragment, which browsers send to nobody."""
    return f"{http_url}/#code={new_code(database_url)}"


def remove_expired(conn: psycopg.Connection) -> int:
    """Delete codes and sessions whose time is over; returns how many."""
    codes = conn.execute("DELETE FROM one_time_code WHERE expires_at < now()").rowcount
    return codes + conn.execute("DELETE FROM session WHERE expires_at < now()").rowcount
