"""Tokens of programs and of wallboards: shown once, kept as a hash, known by their first letters.

A token may do what its own grants and those of its account both allow. A wallboard's belongs to nobody and can only
show.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from infra.access import accounts, granting, secret
from infra.access.errors import Refused, Unknown
from infra.access.roles import ALLOWED, NAMES
from infra.access.who import Grant
from infra.catalog import Catalog

PREFIX = {"api": "ioc_", "wallboard": "iocw_"}
#: Tokens of one account, and how long one is good for.
MOST, MOST_DAYS = 50, 366


class Token(NamedTuple):
    """One as it is shown. ``hint``: how it begins."""

    id: int
    kind: Literal["api", "wallboard"]
    name: str
    hint: str
    account: int | None
    owner: str | None
    grants: list[dict[str, Any]]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    used_at: datetime | None
    used_from: str
    revoked_at: datetime | None
    revoked_by: str | None


_SELECT = (
    "SELECT t.id, t.kind, t.name, t.hint, t.account, a.name AS owner, t.grants, t.created_at, t.created_by,"
    " t.expires_at, t.used_at, t.used_from, t.revoked_at, t.revoked_by"
    " FROM api_token t LEFT JOIN account a ON a.id = t.account"
)


def listed(conn: psycopg.Connection[Any], *, kind: str | None = None, account: int | None = None) -> list[Token]:
    """Of a kind, of an account, or all; the newest first, those that were revoked too."""
    with conn.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(
            f"{_SELECT} WHERE (%(kind)s::text IS NULL OR t.kind = %(kind)s)"
            " AND (%(account)s::bigint IS NULL OR t.account = %(account)s) ORDER BY t.id DESC LIMIT 1000",
            {"kind": kind, "account": account},
        ).fetchall()


def create(
    conn: psycopg.Connection[Any],
    account: int,
    name: str,
    grants: Sequence[Grant],
    catalog: Catalog,
    *,
    expires_at: datetime,
    by: str,
) -> tuple[str, Token]:
    """A new token of an account, and what it is shown as from then on."""
    accounts.held(conn, account, None)
    now = datetime.now(UTC)
    if not now < expires_at <= now + timedelta(days=MOST_DAYS):
        raise Refused(
            f"thời hạn của mã phải ở tương lai, nhiều nhất {MOST_DAYS} ngày",
            f"a token's end lies ahead, at most {MOST_DAYS} days",
        )
    asked = tuple(granting.checked(conn, grant, catalog) for grant in grants)
    if not 1 <= len(asked) <= granting.MOST:
        raise Refused("mã cần ít nhất một vai trò", "a token needs a grant or more")
    own = accounts.grants(conn, account)
    for grant in asked:
        if not all(any(g.gives(p) for g in own) for p in ALLOWED[grant.role] if grant.gives(p)):
            raise Refused(
                f"tài khoản không có quyền của {NAMES[grant.role][0]}: mã không thể có nhiều quyền hơn tài khoản",
                f"the account may not do what the role {grant.role} may: a token cannot do more than its account",
            )
    used = conn.execute(
        "SELECT count(*) FROM api_token WHERE account = %s AND revoked_at IS NULL AND expires_at > now()", [account]
    ).fetchone()
    if used is not None and used[0] >= MOST:
        raise Refused(f"một tài khoản có nhiều nhất {MOST} mã", f"an account has at most {MOST} tokens: revoke some")
    return _insert(conn, "api", name, asked, account=account, expires_at=expires_at, by=by)


def wallboard(
    conn: psycopg.Connection[Any],
    name: str,
    grant: Grant,
    catalog: Catalog,
    *,
    expires_at: datetime | None,
    by: str,
) -> tuple[str, Token]:
    """A token for a screen on a wall: of nobody, and with an end only where one is given."""
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise Refused("thời hạn đã qua", "its end lies in the past")
    asked = granting.checked(conn, grant, catalog, wallboard=True)
    return _insert(conn, "wallboard", name, (asked,), account=None, expires_at=expires_at, by=by)


def _insert(
    conn: psycopg.Connection[Any],
    kind: Literal["api", "wallboard"],
    name: str,
    grants: Sequence[Grant],
    *,
    account: int | None,
    expires_at: datetime | None,
    by: str,
) -> tuple[str, Token]:
    token = secret.new(PREFIX[kind])
    row = conn.execute(
        "INSERT INTO api_token (token_hash, hint, kind, name, account, grants, created_by, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        [secret.digest(token), token[: len(PREFIX[kind]) + 4], kind, accounts.line(name, vi="tên mã", en="name"),
         account, Jsonb(granting.told(grants)), by, expires_at],
    ).fetchone()  # fmt: skip
    assert row is not None  # noqa: S101
    return token, find(conn, row[0])


def find(conn: psycopg.Connection[Any], number: int, *, kind: str | None = None, account: int | None = None) -> Token:
    """One, of that kind and account where they are given; Unknown where there is none."""
    with conn.cursor(row_factory=class_row(Token)) as cursor:
        found = cursor.execute(f"{_SELECT} WHERE t.id = %s", [number]).fetchone()
    if found is None or kind not in (None, found.kind) or account not in (None, found.account):
        raise Unknown("không có mã này", "there is no such token")
    return found


def revoke(
    conn: psycopg.Connection[Any], number: int, *, by: str, kind: str | None = None, account: int | None = None
) -> Token:
    """It is good for nothing from now on."""
    find(conn, number, kind=kind, account=account)
    conn.execute(
        "UPDATE api_token SET revoked_at = now(), revoked_by = %s WHERE id = %s AND revoked_at IS NULL", [by, number]
    )
    return find(conn, number)


def revoke_all(conn: psycopg.Connection[Any], account: int, *, by: str) -> int:
    """All of an account's are good for nothing from now on; returns how many were good until now."""
    return conn.execute(
        "UPDATE api_token SET revoked_at = now(), revoked_by = %s WHERE account = %s AND revoked_at IS NULL",
        [by, account],
    ).rowcount
