"""People who sign in at an identity provider: known by what it calls itself and them (issuer, subject).

Never by an address or a name, which others could take. Who is not known gets an account if the mapping gives them a
role, else nothing. Roles of the mapping are looked at with every sign-in: what it gave before and gives no more is
taken away; what people here have given stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
import structlog

from infra import audit
from infra.access import accounts, granting, mapping, passwords
from infra.access.accounts import EMAIL, NAME, Account
from infra.access.errors import Refused
from infra.access.mapping import Rule
from infra.access.signin import Opened, Visit, opened
from infra.access.who import Grant, Who
from infra.audit.refusals import refuse
from infra.catalog import Catalog

#: Who has given what the mapping gives.
BY = "oidc"
#: Names that are tried where one is taken.
_TRIES = 50

log = structlog.get_logger()


class Unlisted(Exception):
    """Nothing is for them here; the message says why, for the log and the audit."""

    def __init__(self, why: str, account: Account | None = None) -> None:
        super().__init__(why)
        self.account = account


def sign_in(
    conn: psycopg.Connection[Any],
    issuer: str,
    claims: Mapping[str, Any],
    rules: Iterable[Rule],
    catalog: Catalog,
    visit: Visit,
) -> Opened:
    """A new session for whoever a provider has named by the claims. Unlisted where there is nothing for them: then it
    is recorded, and nothing else has changed. ``conn`` comes outside of a transaction."""
    wanted = mapping.grants(rules, claims)
    try:
        with conn.transaction():
            accounts.turn(conn)
            account = _account(conn, issuer, claims, wanted, visit)
            account = _brought_up(conn, account, wanted, catalog, visit)
            if not accounts.grants(conn, account.id):
                raise Unlisted("no role", account)
            return opened(conn, account.id, "oidc", visit)
    except Refused as e:
        why = Unlisted(e.en)
    except Unlisted as e:
        why = e
    name = why.account.name if why.account else "?"
    who = Who(name, "oidc", (), why.account.id if why.account else None, address=visit.address)
    with conn.transaction():
        told = {"issuer": issuer, "subject": claims["sub"], "called": _called(claims)}
        refuse(conn, who, "session.open", f"account {name}", after=told, detail=str(why))
    raise why


def link(conn: psycopg.Connection[Any], name: str, issuer: str, subject: str, *, by: Who) -> Account:
    """Whoever is called so at the provider signs in to this account from now on. An empty ``subject``: nobody does."""
    accounts.turn(conn)
    now = accounts.named(conn, name)
    if not (issuer.startswith(("https://", "http://")) and len(issuer) <= 500) or len(subject) > 255:
        raise Refused(
            "địa chỉ hoặc mã người dùng không hợp lệ", "the issuer is an address, a subject has 1 to 255 letters"
        )
    other = _known(conn, issuer, subject) if subject else None
    if other is not None and other != now.id:
        held = accounts.find(conn, other).name
        raise Refused(f"người này đã đăng nhập vào tài khoản {held}", f"they sign in to the account {held} already")
    found = conn.execute(
        "UPDATE account SET oidc_issuer = %s, oidc_subject = %s, revision = revision + 1 WHERE id = %s",
        [issuer if subject else None, subject or None, now.id],
    )
    assert found.rowcount == 1  # noqa: S101
    if not subject:
        conn.execute("DELETE FROM session WHERE account = %s AND way = 'oidc'", [now.id])
    after = {"issuer": issuer, "subject": subject} if subject else None
    audit.record(conn, by, "account.identity", f"account {now.name}", after=after)
    return accounts.find(conn, now.id)


def _known(conn: psycopg.Connection[Any], issuer: str, subject: str) -> int | None:
    row = conn.execute(
        "SELECT id FROM account WHERE oidc_issuer = %s AND oidc_subject = %s FOR UPDATE", [issuer, subject]
    ).fetchone()
    return int(row[0]) if row else None


def _account(
    conn: psycopg.Connection[Any], issuer: str, claims: Mapping[str, Any], wanted: tuple[Grant, ...], visit: Visit
) -> Account:
    subject = str(claims["sub"])
    known = _known(conn, issuer, subject)
    if known is not None:
        found = accounts.find(conn, known)
        if found.disabled_at is not None:
            raise Unlisted("the account is disabled", found)
        return found
    if not wanted:
        raise Unlisted("not known here, and the mapping gives no role")
    called = _called(claims)
    email = claims.get("email")
    language = str(claims.get("locale") or "vi")[:2].lower()
    made = accounts.create(
        conn, _free(conn, called), _line(claims.get("name")) or called,
        email=email if isinstance(email, str) and EMAIL.fullmatch(email) else "",
        language=language if language in ("vi", "en") else "vi", by=BY,
    )  # fmt: skip
    conn.execute("UPDATE account SET oidc_issuer = %s, oidc_subject = %s WHERE id = %s", [issuer, subject, made.id])
    who = Who(made.name, "oidc", (), made.id, address=visit.address)
    after = {"name": made.name, "full_name": made.full_name, "email": made.email, "issuer": issuer, "subject": subject}
    audit.record(conn, who, "account.create", f"account {made.name}", after=after)
    return accounts.find(conn, made.id)


def _brought_up(
    conn: psycopg.Connection[Any], account: Account, wanted: tuple[Grant, ...], catalog: Catalog, visit: Visit
) -> Account:
    """The account with what the mapping gives it now, beside what it was given here."""
    held = granting.listed(conn, account.id).get(account.id, [])
    given = [one.grant for one in held if one.granted_by != BY]
    possible = []
    for grant in wanted:
        try:
            possible.append(granting.checked(conn, grant, catalog))
        except Refused as e:
            # The city has changed since the file was read: others' sign-in does not depend on that.
            log.warning("oidc.grant_is_none", role=grant.role, reason=e.en)
    new = list(dict.fromkeys([*given, *possible]))
    before = [one.grant for one in held]
    if set(new) != set(before):
        granting.put(conn, account.id, new, catalog, by=BY, revision=None)
        who = Who(account.name, "oidc", (), account.id, address=visit.address)
        audit.record(
            conn, who, "account.grant", f"account {account.name}",
            before=granting.told(before), after=granting.told(new), detail="the provider's groups",
        )  # fmt: skip
    return accounts.find(conn, account.id)


def _line(said: object) -> str:
    """A text of the provider's as a name of a person; "" where it cannot be one."""
    try:
        return accounts.line(str(said)[:100], vi="họ tên", en="full name") if isinstance(said, str) else ""
    except Refused:
        return ""


def _called(claims: Mapping[str, Any]) -> str:
    """What the provider calls somebody, in one line."""
    email = claims.get("email")
    before = email.partition("@")[0] if isinstance(email, str) else None
    return next(
        (text for said in (claims.get("preferred_username"), before, claims["sub"]) if (text := _line(said))), "oidc"
    )


def _free(conn: psycopg.Connection[Any], called: str) -> str:
    """A sign-in name like what somebody is called, that nobody has."""
    plain = ".".join(passwords.plain(part) for part in re.split(r"[\s._@-]+", called))
    plain = re.sub(r"[^a-z0-9.]+", "", plain).strip(".")[:56]
    begin = plain if NAME.fullmatch(plain) else f"oidc.{plain}".rstrip(".")
    for number in range(1, _TRIES):
        name = begin if number == 1 else f"{begin}-{number}"
        if name in accounts.RESERVED:
            continue
        if conn.execute("SELECT NOT EXISTS (SELECT FROM account WHERE name = %s)", [name]).fetchone() == (True,):
            return name
    raise Refused("không còn tên đăng nhập tương tự", f"there are too many accounts called {begin}")
