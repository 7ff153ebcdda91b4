"""Accounts of people. Every change takes `turn` first, and leaves somebody who can administer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from infra.access.errors import Conflict, Needed, Refused, Unknown
from infra.access.who import Grant

NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
#: Who makes the first account, and whose such an account stays: nobody else's is taken for it.
OURS = "ioc"
#: What the system and its own token are called in the audit, and its account: nobody else is given these.
RESERVED = frozenset({"admin", "administrator", OURS})
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,253}")
#: Whoever changes what people may do holds this until the end of the transaction: 0xACCE55.
_LOCK = 11_325_013


class Account(NamedTuple):
    """A person, without what shows who they are. ``elsewhere``: they sign in at an identity provider."""

    id: int
    name: str
    full_name: str
    email: str
    language: str
    has_password: bool
    second_factor: bool
    elsewhere: bool
    password_at: datetime | None
    disabled_at: datetime | None
    seen_at: datetime | None
    created_at: datetime
    created_by: str
    revision: int


_SELECT = sql.SQL(
    "SELECT id, name, full_name, email, language, password_hash IS NOT NULL AS has_password,"
    " totp_at IS NOT NULL AS second_factor, oidc_subject IS NOT NULL AS elsewhere, password_at, disabled_at,"
    " seen_at, created_at, created_by, revision FROM account"
)
#: Who can administer now: the whole city's, able to sign in or to be given a link. Our own account first, then others
#: that sign in here, the first made first.
_ADMINISTERING = (
    "SELECT a.id FROM account a WHERE a.disabled_at IS NULL AND EXISTS (SELECT FROM account_grant g"
    " WHERE g.account = a.id AND g.role = 'administrator' AND g.areas = '{}' AND g.zones = '{}' AND g.domains = '{}'"
    " AND g.ends_at IS NULL) ORDER BY a.created_by = 'ioc' AND a.oidc_subject IS NULL DESC,"
    " a.oidc_subject IS NOT NULL, a.id"
)


def turn(conn: psycopg.Connection[Any]) -> None:
    """Wait until nobody else changes what people may do."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _read(conn: psycopg.Connection[Any], where: str, values: list[Any]) -> list[Account]:
    with conn.cursor(row_factory=class_row(Account)) as cursor:
        return cursor.execute(_SELECT + sql.SQL(where), values).fetchall()


def find(conn: psycopg.Connection[Any], account: int) -> Account:
    """The account of that number; Unknown where there is none."""
    found = _read(conn, " WHERE id = %s", [account])
    if not found:
        raise Unknown("không có tài khoản này", "there is no such account")
    return found[0]


def named(conn: psycopg.Connection[Any], name: str) -> Account:
    """The account of that name; Unknown where there is none."""
    found = _read(conn, " WHERE name = %s", [name.strip().lower()])
    if not found:
        raise Unknown(f"không có tài khoản {name[:64]!r}", f"there is no account {name[:64]!r}")
    return found[0]


def listed(conn: psycopg.Connection[Any]) -> list[Account]:
    """All, by name."""
    return _read(conn, " ORDER BY name", [])


def grants(conn: psycopg.Connection[Any], account: int) -> tuple[Grant, ...]:
    """What an account may do now."""
    return tuple(
        Grant(role, tuple(areas), tuple(zones), tuple(domains), department, ends_at)
        for role, areas, zones, domains, department, ends_at in conn.execute(
            "SELECT role, areas, zones, domains, department, ends_at FROM account_grant"
            " WHERE account = %s AND (ends_at IS NULL OR ends_at > now()) ORDER BY id",
            [account],
        )
    )


def line(text: str, *, vi: str, en: str, most: int = 100) -> str:
    """One line of text as it is kept; Refused where it is empty, too long or holds what is no text."""
    text = unicodedata.normalize("NFC", text).strip()
    if not text or len(text) > most or any(unicodedata.category(c).startswith("C") for c in text):
        raise Refused(f"{vi}: cần 1 đến {most} ký tự trên một dòng", f"{en}: 1 to {most} characters on one line")
    return text


def _email(text: str) -> str:
    text = text.strip()
    if text and not EMAIL.fullmatch(text):
        raise Refused(f"{text[:80]!r} không phải là địa chỉ thư", f"{text[:80]!r} is no mail address")
    return text


def _language(text: str) -> str:
    if text not in ("vi", "en"):
        raise Refused("ngôn ngữ là vi hoặc en", "the language is vi or en")
    return text


def create(
    conn: psycopg.Connection[Any], name: str, full_name: str, *, email: str = "", language: str = "vi", by: str
) -> Account:
    """A new account, which may do nothing yet and has no password: give it grants and a link."""
    turn(conn)
    name = name.strip().lower()
    if not NAME.fullmatch(name):
        raise Refused(
            "tên đăng nhập gồm 2 đến 64 chữ thường không dấu, chữ số và . _ @ -, bắt đầu bằng chữ hoặc số",
            "a sign-in name has 2 to 64 of a-z, 0-9 and . _ @ -, and begins with a letter or digit",
        )
    if name in RESERVED and by != OURS:
        raise Refused(
            f"tên {name} dành cho hệ thống: hãy chọn tên khác", f"{name} is kept for the system: take another"
        )
    row = conn.execute(
        "INSERT INTO account (name, full_name, email, language, created_by) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (name) DO NOTHING RETURNING id",
        [name, line(full_name, vi="họ tên", en="full name"), _email(email), _language(language), by],
    ).fetchone()
    if row is None:
        raise Refused(f"đã có tài khoản {name}: hãy chọn tên khác", f"there is an account {name} already: take another")
    return find(conn, row[0])


def held(conn: psycopg.Connection[Any], account: int, revision: int | None) -> Account:
    """The account, whose row is ours until the end; Conflict where it has moved on from the revision seen."""
    turn(conn)
    conn.execute("SELECT FROM account WHERE id = %s FOR UPDATE", [account])
    found = find(conn, account)
    if revision is not None and found.revision != revision:
        raise Conflict(found)
    return found


def change(
    conn: psycopg.Connection[Any],
    account: int,
    revision: int | None,
    *,
    full_name: str | None = None,
    email: str | None = None,
    language: str | None = None,
) -> Account:
    """Change what is not None."""
    now = held(conn, account, revision)
    conn.execute(
        "UPDATE account SET full_name = %s, email = %s, language = %s, revision = revision + 1 WHERE id = %s",
        [
            now.full_name if full_name is None else line(full_name, vi="họ tên", en="full name"),
            now.email if email is None else _email(email),
            now.language if language is None else _language(language),
            account,
        ],
    )
    return find(conn, account)


def disable(conn: psycopg.Connection[Any], account: int, revision: int | None = None) -> Account:
    """From now on nothing of it is let in. Its sessions and links end; its tokens wait."""
    held(conn, account, revision)
    with someone_administers(conn):
        conn.execute(
            "UPDATE account SET disabled_at = coalesce(disabled_at, now()), revision = revision + 1 WHERE id = %s",
            [account],
        )
    conn.execute("DELETE FROM session WHERE account = %s", [account])
    conn.execute("DELETE FROM one_time_code WHERE account = %s", [account])
    return find(conn, account)


def enable(conn: psycopg.Connection[Any], account: int, revision: int | None = None) -> Account:
    """Let it in again."""
    held(conn, account, revision)
    conn.execute("UPDATE account SET disabled_at = NULL, revision = revision + 1 WHERE id = %s", [account])
    return find(conn, account)


@contextmanager
def someone_administers(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Needed where nobody can administer after what is done here, and somebody could before."""
    before = conn.execute(_ADMINISTERING).fetchone()
    yield
    if before is not None and conn.execute(_ADMINISTERING).fetchone() is None:
        raise Needed(
            "phải còn ít nhất một tài khoản quản trị toàn thành phố đang hoạt động, không thời hạn",
            "one administrator of the whole city must remain, enabled and without an end",
        )


def first(conn: psycopg.Connection[Any]) -> Account:
    """Who administers, for whoever has the machine: the account `admin`, made where there is nobody who can. Only one
    that was made here becomes it: whoever the identity provider calls so gets nothing by it."""
    turn(conn)
    row = conn.execute(_ADMINISTERING).fetchone()
    if row is not None:
        return find(conn, row[0])
    row = conn.execute(
        "UPDATE account SET disabled_at = NULL, revision = revision + 1 WHERE id = (SELECT min(id) FROM account"
        " WHERE created_by = %s AND oidc_subject IS NULL) RETURNING id",
        [OURS],
    ).fetchone()
    made = find(conn, row[0]) if row else create(conn, _unused(conn), "Quản trị hệ thống", by=OURS)
    conn.execute("INSERT INTO account_grant (account, role, granted_by) VALUES (%s, 'administrator', 'ioc')", [made.id])
    return find(conn, made.id)


def _unused(conn: psycopg.Connection[Any]) -> str:
    """`admin`; where somebody else has that, as in an older city, `admin-2` and so on."""
    taken = {row[0] for row in conn.execute("SELECT name FROM account WHERE name ~ '^admin(-[0-9]+)?$'")}
    return next(name for n in range(1, len(taken) + 2) if (name := f"admin-{n}" if n > 1 else "admin") not in taken)
