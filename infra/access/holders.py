"""Who holds a cookie or a token: one question to the database each, and the same answer for everybody who asks.

An administrator who needs a second factor and has none may do nothing but set one up.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from psycopg import sql

from infra.access import granting
from infra.access.sessions import LOCKED
from infra.access.who import Grant, Way, Who
from infra.times import micros

_GRANTS = sql.SQL("""(SELECT coalesce(json_agg(json_build_object('role', g.role, 'areas', g.areas, 'zones', g.zones,
                'domains', g.domains, 'department', g.department, 'ends_at', g.ends_at) ORDER BY g.id), '[]')
              FROM account_grant g WHERE g.account = a.id AND (g.ends_at IS NULL OR g.ends_at > now()))""")
_ACCOUNT = sql.SQL("a.id, a.name, a.disabled_at IS NOT NULL, a.totp_at IS NOT NULL, {}").format(_GRANTS)

#: By the hash of a cookie, and the minutes after which somebody idle is locked out.
SESSION = (
    sql.SQL(
        "SELECT {}, session.id, way, expires_at, expires_at <= now(), {}"
        " FROM session JOIN account a ON a.id = session.account WHERE token_hash = %(hash)s"
    )
    .format(_ACCOUNT, LOCKED)
    .as_bytes()
)
#: By the hash of a token; notes that it is used, once a minute.
TOKEN = (
    sql.SQL(
        "WITH used AS (UPDATE api_token SET used_at = now(), used_from = %(address)s WHERE token_hash = %(hash)s"
        " AND (used_at IS NULL OR used_at < now() - interval '1 minute' OR used_from <> %(address)s))"
        " SELECT {}, t.id, t.kind, t.name, t.grants, t.expires_at,"
        " t.revoked_at IS NOT NULL OR coalesce(t.expires_at <= now(), false),"
        " a.oidc_subject IS NOT NULL AND a.password_hash IS NULL"
        " FROM api_token t LEFT JOIN account a ON a.id = t.account WHERE t.token_hash = %(hash)s"
    )
    .format(_ACCOUNT)
    .as_bytes()
)


class Shut(Exception):
    """It lets nobody in: the message says why. ``locked``: the session is there, and can be opened."""

    def __init__(self, vi: str, en: str, *, locked: bool = False) -> None:
        super().__init__(f"{vi} / {en}")
        self.locked = locked


def enrols(has_factor: bool, way: Way, grants: Iterable[Grant]) -> bool:
    """Whether somebody who administers, be it a part of the city, has still to set up a second factor. A provider asks
    for factors of its own."""
    return not has_factor and way != "oidc" and any(g.role == "administrator" for g in grants)


def session(row: tuple[Any, ...] | None, address: str, *, needs_factor: bool) -> Who:
    """Who holds the cookie that a row of SESSION was found by; Shut where it lets nobody in."""
    if row is None:
        raise Shut("phiên làm việc đã kết thúc: hãy đăng nhập lại", "the session has ended: sign in again")
    account, name, disabled, has_factor, kept, number, way, expires_at, over, locked = row
    if over or disabled:
        raise Shut("phiên làm việc đã kết thúc: hãy đăng nhập lại", "the session has ended: sign in again")
    if locked:
        raise Shut("phiên làm việc đang khoá: hãy mở khoá", "the session is locked: unlock it", locked=True)
    grants = granting.untold(kept)
    if not grants:
        raise Shut("tài khoản không còn vai trò nào", "the account has no role any more")
    enrol = needs_factor and enrols(has_factor, way, grants)
    return Who(name, way, (grants,), account, f"session {number}", micros(expires_at), address, enrol)


def token(row: tuple[Any, ...] | None, address: str, *, needs_factor: bool = False) -> Who:
    """Who holds the token that a row of TOKEN was found by; Shut where it lets nobody in."""
    if row is None:
        raise Shut("mã truy cập không đúng", "this token is not known")
    account, owner, disabled, has_factor, kept, number, kind, name, own, expires_at, over, elsewhere = row
    if over:
        raise Shut("mã truy cập đã hết hạn hoặc bị thu hồi", "this token has expired or was revoked")
    now = datetime.now(UTC)
    within = tuple(g for g in granting.untold(own) if g.ends_at is None or g.ends_at > now)
    if not within:
        raise Shut("mã truy cập không còn vai trò nào", "this token has no role any more")
    expires_us = None if expires_at is None else micros(expires_at)
    if kind == "wallboard":
        return Who(name, "wallboard", (within,), None, f"token {number}", expires_us, address)
    grants = granting.untold(kept)
    if disabled or not grants:
        raise Shut("tài khoản của mã truy cập không còn dùng được", "the account of this token is no longer let in")
    # Who can only come in by the provider has its factors.
    enrol = needs_factor and enrols(has_factor or elsewhere, "token", grants)
    return Who(owner, "token", (grants, within), account, f"token {number}", expires_us, address, enrol)
