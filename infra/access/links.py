"""One-time links: a code in the screen's address that the API takes, once, to sign somebody in or to let them choose
a password. The database keeps only the code's SHA-256.
"""

from __future__ import annotations

import secrets
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import psycopg

from infra import audit, db
from infra.access import accounts, secret, sessions, throttle
from infra.access.here import operator
from infra.errors import ConfigError

Purpose = Literal["sign_in", "choose_password"]
#: How long a link is good: the one on the machine's own terminal, and one that is sent to somebody.
VALID_S = {"sign_in": 3600, "choose_password": 3 * 86_400}


class Code(NamedTuple):
    """A code that is still good."""

    account: int
    purpose: Purpose


def screen(url: str) -> str:
    """The screen's address as a link needs it, or ConfigError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigError(f"--url {url} is no address of a screen: write it as in https://ioc.example.vn")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def new_code(conn: psycopg.Connection[Any], account: int, purpose: Purpose) -> str:
    """A code that is good once. Another one to choose a password takes the place of those before."""
    code = secrets.token_urlsafe(24)
    if purpose == "choose_password":
        conn.execute("DELETE FROM one_time_code WHERE account = %s AND purpose = %s", [account, purpose])
    conn.execute(
        "INSERT INTO one_time_code (code_hash, account, purpose, expires_at)"
        " VALUES (%s, %s, %s, now() + make_interval(secs => %s))",
        [secret.digest(code), account, purpose, VALID_S[purpose]],
    )
    return code


def address(url: str, code: str) -> str:
    """The screen's address with a code in its fragment, which browsers send to nobody."""
    return f"{url}/#code={code}"


def link(http_url: str, database_url: str) -> str:
    """The screen's address with a fresh code that signs in who administers; for whoever has the machine."""
    with db.connect(database_url, application="link") as conn:
        account = accounts.first(conn)
        code = new_code(conn, account.id, "sign_in")
        audit.record(conn, operator(), "link.create", f"account {account.name}")
    return address(http_url, code)


def look(conn: psycopg.Connection[Any], code: str) -> Code | None:
    """Whose a code is and what for, where it is still good; it is ours until the transaction ends."""
    row = conn.execute(
        "SELECT c.account, c.purpose FROM one_time_code c JOIN account a ON a.id = c.account"
        " WHERE c.code_hash = %s AND c.used_at IS NULL AND c.expires_at > now() AND a.disabled_at IS NULL"
        " FOR UPDATE OF c",
        [secret.digest(code)],
    ).fetchone()
    return Code(*row) if row else None


def owner(conn: psycopg.Connection[Any], code: str) -> accounts.Account | None:
    """Whose a code is or was, as long as it is kept, be it good or not."""
    row = conn.execute("SELECT account FROM one_time_code WHERE code_hash = %s", [secret.digest(code)]).fetchone()
    return accounts.find(conn, row[0]) if row else None


def use(conn: psycopg.Connection[Any], code: str) -> None:
    """It is good no more."""
    conn.execute("UPDATE one_time_code SET used_at = now() WHERE code_hash = %s", [secret.digest(code)])


def remove_expired(conn: psycopg.Connection[Any]) -> int:
    """Delete codes and sessions whose time is over, and forget old tries; returns how many codes and sessions."""
    throttle.forget(conn)
    codes = conn.execute("DELETE FROM one_time_code WHERE expires_at < now()").rowcount
    return codes + sessions.remove_expired(conn)
