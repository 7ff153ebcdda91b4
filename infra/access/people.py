"""What administrators do about people, each with its row of the audit: for the screen and for `ioc users` alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import psycopg

from infra import audit
from infra.access import accounts, granting, links, sessions, tokens, totp
from infra.access.accounts import Account
from infra.access.errors import Needed
from infra.access.tokens import Token
from infra.access.who import Grant, Who
from infra.catalog import Catalog


def add(
    conn: psycopg.Connection[Any],
    name: str,
    full_name: str,
    grants: Iterable[Grant],
    catalog: Catalog,
    *,
    email: str = "",
    language: str = "vi",
    by: Who,
) -> tuple[Account, str]:
    """A new account with its grants, and the code by which its owner chooses a password."""
    made = accounts.create(conn, name, full_name, email=email, language=language, by=by.name)
    granting.put(conn, made.id, grants, catalog, by=by.name, revision=None)
    code = links.new_code(conn, made.id, "choose_password")
    made = accounts.find(conn, made.id)
    audit.record(conn, by, "account.create", f"account {made.name}", after=_shown(conn, made))
    return made, code


def write(
    conn: psycopg.Connection[Any],
    name: str,
    revision: int | None,
    *,
    full_name: str | None = None,
    email: str | None = None,
    language: str | None = None,
    by: Who,
) -> None:
    """Change what is not None."""
    now = accounts.named(conn, name)
    made = accounts.change(conn, now.id, revision, full_name=full_name, email=email, language=language)
    audit.record(conn, by, "account.write", f"account {made.name}", before=_profile(now), after=_profile(made))


def grant(
    conn: psycopg.Connection[Any],
    name: str,
    grants: Iterable[Grant],
    catalog: Catalog,
    *,
    revision: int | None = None,
    by: Who,
) -> None:
    """These and no others are what somebody may do."""
    now = accounts.named(conn, name)
    before = accounts.grants(conn, now.id)
    granting.put(conn, now.id, grants, catalog, by=by.name, revision=revision)
    after = accounts.grants(conn, now.id)
    audit.record(
        conn, by, "account.grant", f"account {now.name}", before=granting.told(before), after=granting.told(after)
    )


def disable(conn: psycopg.Connection[Any], name: str, *, by: Who) -> None:
    """Nothing of it is let in from now on."""
    now = accounts.disable(conn, accounts.named(conn, name).id)
    audit.record(conn, by, "account.disable", f"account {now.name}")


def enable(conn: psycopg.Connection[Any], name: str, *, by: Who) -> None:
    """It is let in again."""
    now = accounts.enable(conn, accounts.named(conn, name).id)
    audit.record(conn, by, "account.enable", f"account {now.name}")


def reset(conn: psycopg.Connection[Any], name: str, *, factor: bool, tokens_too: bool = True, by: Who) -> str:
    """A code to choose a new password: the one of before is good no more, and sessions end. ``factor``: the second
    factor goes too; ``tokens_too``: API tokens are revoked. Needed where it is one's own: that asks for no password."""
    now = accounts.named(conn, name)
    if now.id == by.account:
        raise Needed(
            "không tự cấp lại mật khẩu của mình: đổi ở trang tài khoản, hoặc dùng `ioc users reset` trên máy chủ",
            "one's own password is not reset here: change it on the account page, or by `ioc users reset`",
        )
    accounts.held(conn, now.id, None)
    conn.execute(
        "UPDATE account SET password_hash = NULL, password_at = NULL, revision = revision + 1 WHERE id = %s", [now.id]
    )
    if factor:
        totp.end(conn, now.id)
    sessions.end_all(conn, now.id)
    revoked = tokens.revoke_all(conn, now.id, by=by.name) if tokens_too else 0
    code = links.new_code(conn, now.id, "choose_password")
    said = ["and the second factor"] * factor + [f"and {revoked} tokens"] * bool(revoked)
    audit.record(conn, by, "account.reset", f"account {now.name}", detail=", ".join(said))
    return code


def token(
    conn: psycopg.Connection[Any],
    account: int,
    name: str,
    grants: Sequence[Grant],
    catalog: Catalog,
    *,
    expires_at: datetime,
    by: Who,
) -> tuple[str, Token]:
    """A token of somebody's own, for a program: shown once."""
    token, made = tokens.create(conn, account, name, grants, catalog, expires_at=expires_at, by=by.name)
    audit.record(conn, by, "token.create", f"token {made.id}", after=_token(made))
    return token, made


def revoke(conn: psycopg.Connection[Any], number: int, *, account: int, by: Who) -> None:
    """A token of an account is good for nothing from now on."""
    gone = tokens.revoke(conn, number, by=by.name, kind="api", account=account)
    audit.record(conn, by, "token.revoke", f"token {gone.id}", before=_token(gone))


def wallboard(
    conn: psycopg.Connection[Any], name: str, grant: Grant, catalog: Catalog, *, expires_at: datetime | None, by: Who
) -> tuple[str, Token]:
    """A token for a screen on a wall: shown once."""
    token, made = tokens.wallboard(conn, name, grant, catalog, expires_at=expires_at, by=by.name)
    audit.record(conn, by, "wallboard.create", f"wallboard {made.id}", after=_token(made))
    return token, made


def take_down(conn: psycopg.Connection[Any], number: int, *, by: Who) -> Token:
    """A wallboard shows nothing from now on."""
    gone = tokens.revoke(conn, number, by=by.name, kind="wallboard")
    audit.record(conn, by, "wallboard.revoke", f"wallboard {gone.id}", before=_token(gone))
    return gone


def _profile(account: Account) -> dict[str, Any]:
    return {"full_name": account.full_name, "email": account.email, "language": account.language}


def _shown(conn: psycopg.Connection[Any], account: Account) -> dict[str, Any]:
    return {**_profile(account), "grants": granting.told(accounts.grants(conn, account.id))}


def _token(token: Token) -> dict[str, Any]:
    return {"name": token.name, "hint": token.hint, "owner": token.owner, "grants": token.grants,
            "expires_at": token.expires_at}  # fmt: skip
