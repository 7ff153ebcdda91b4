"""Signing in by a password or by the code of a link, and opening a locked session again.

    throttle, committed ▸ one hash, whoever it is ▸ second factor ▸ session and audit in one transaction

Whatever is wrong is `Wrong`, after the same work: whether there is such a name is told by neither words nor time.
Connections come outside of a transaction: each step is one of its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from infra import audit
from infra.access import accounts, links, passwords, sessions, throttle, totp
from infra.access.accounts import Account
from infra.access.errors import Refused
from infra.access.who import Way, Who
from infra.audit.refusals import refuse


class Wrong(Exception):
    """The name, the password or the code: nobody is told which."""


class Wait(Exception):
    """It was tried too often: not before so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


class Visit(NamedTuple):
    """Where somebody comes from, by which program, and how long their session may last."""

    address: str
    agent: str = ""
    hours: float = 12.0


class Opened(NamedTuple):
    """A session that has begun. ``cookie`` is what nothing else knows."""

    cookie: str
    who: Who


class Chooser(NamedTuple):
    """Whose password is to be chosen, by a code that is still good."""

    name: str
    full_name: str


class _Known(NamedTuple):
    id: int
    name: str
    kept: str | None
    factor: bool


#: Of an account that is let in at all.
_KNOWN = (
    "SELECT a.id, a.name, a.password_hash, a.totp_at IS NOT NULL FROM account a WHERE a.disabled_at IS NULL AND EXISTS"
    " (SELECT FROM account_grant g WHERE g.account = a.id AND (g.ends_at IS NULL OR g.ends_at > now()))"
)


def by_password(
    conn: psycopg.Connection[Any], name: str, password: str, factor: str | None, visit: Visit
) -> Opened | None:
    """A new session; None where the password is right and a code of the second factor is missing. Wrong, or Wait."""
    name = name.strip().lower()
    found = prove(conn, name, password, visit.address, "session.open")
    if found.factor:
        if factor is None:
            return None
        prove_factor(conn, found.id, found.name, factor, visit.address, "session.open")
    with conn.transaction():
        _still(conn, found)
        return opened(conn, found.id, "password", visit, _kind(factor) if found.factor else "")


def by_code(conn: psycopg.Connection[Any], code: str, password: str | None, visit: Visit) -> Opened | Chooser | None:
    """A new session for the code of a link that signs in. For one that lets a password be chosen: whose, as long as
    ``password`` is None; else that becomes it, and a new session, or None where the second factor is still to be shown.
    Wrong where the code is not good (any more), Refused where the password is not good enough."""
    tries = throttle.links(visit.address)
    with conn.transaction():
        _enter(conn, tries[1])
    with conn.transaction():
        found = links.look(conn, code)
        if found is not None:
            throttle.well(conn, *tries)
            account = accounts.find(conn, found.account)
            if found.purpose == "sign_in":
                links.use(conn, code)
                return opened(conn, account.id, "link", visit)
    if found is None:
        raise _no_link(conn, code, visit.address)
    if password is None:
        return Chooser(account.name, account.full_name)
    kept = made(account, password)
    with conn.transaction():
        if links.look(conn, code) is None:  # somebody was faster
            raise Wrong
        links.use(conn, code)
        who = Who(account.name, "link", (), account.id, address=visit.address)
        choose(conn, account.id, kept, who)
        return None if account.second_factor else opened(conn, account.id, "password", visit)


def unlock(conn: psycopg.Connection[Any], number: str, name: str, password: str, factor: str | None, who: Who) -> str:
    """Open a locked session for who knows its password: the session itself stands for the second factor, which is
    checked where it is given. Returns its new cookie: whoever holds the one of before holds nothing. Wrong, or Wait."""
    found = prove(conn, name, password, who.address, "session.unlock")
    if found.factor and factor is not None:
        prove_factor(conn, found.id, name, factor, who.address, "session.unlock")
    with conn.transaction():
        cookie = sessions.unlock(conn, number)
        if cookie is None:  # it has ended since
            raise Wrong
        audit.record(conn, who, "session.unlock", f"account {name}")
        return cookie


def prove(conn: psycopg.Connection[Any], name: str, password: str, address: str, action: str) -> _Known:
    """Whose password it is. Wrong, or Wait where it was tried too often; what is wrong is recorded as ``action``."""
    tries = throttle.sign_in(name, address)
    with conn.transaction():
        _enter(conn, *tries)
        row = conn.execute(f"{_KNOWN} AND a.name = %s", [name]).fetchone()
    found = _Known(*row) if row else None
    good, better = passwords.verify(password, found.kept if found else None)
    if found is None or not good:
        raise _refused(conn, found, address, action, "password" if found else "name")
    with conn.transaction():
        throttle.well(conn, *tries)
        if better is not None:
            conn.execute(
                "UPDATE account SET password_hash = %s WHERE id = %s AND password_hash = %s",
                [better, found.id, found.kept],
            )
    return found if better is None else found._replace(kept=better)


def prove_factor(
    conn: psycopg.Connection[Any], account: int, name: str, factor: str, address: str, action: str
) -> None:
    """Use up a code of an account's second factor. Wrong, or Wait."""
    tries = throttle.codes(account)
    with conn.transaction():
        _enter(conn, tries)
    with conn.transaction():
        good = totp.accept(conn, account, factor)
        if good:
            throttle.well(conn, tries)
    if not good:
        raise _refused(conn, _Known(account, name, None, True), address, action, "second factor")


def confirm_factor(conn: psycopg.Connection[Any], account: int, code: str, who: Who) -> list[str]:
    """Take the offered second factor into use by a code of it; returns recovery codes. Refused where it is not right,
    or Wait where it was tried too often."""
    tries = throttle.codes(account)
    with conn.transaction():
        _enter(conn, tries)
    try:
        with conn.transaction():
            made = totp.confirm(conn, account, code)
            throttle.well(conn, tries)
            audit.record(conn, who, "account.factor", f"account {who.name}", detail="on")
            return made
    except Refused:
        with conn.transaction():
            refuse(conn, who, "account.factor", f"account {who.name}", detail="second factor")
        raise


def made(account: Account, password: str) -> str:
    """What is kept of a password that somebody chooses; Refused where it can be guessed."""
    passwords.check(password, (account.name, account.full_name, account.email))
    return passwords.make(password)


def choose(conn: psycopg.Connection[Any], account: int, kept: str, who: Who, but: str = "") -> None:
    """It is the account's password from now on. Other sessions and links to choose one end."""
    conn.execute(
        "UPDATE account SET password_hash = %s, password_at = now(), revision = revision + 1 WHERE id = %s",
        [kept, account],
    )
    conn.execute("DELETE FROM one_time_code WHERE account = %s AND used_at IS NULL", [account])
    sessions.end_all(conn, account, but)
    audit.record(conn, who, "account.password", f"account {accounts.find(conn, account).name}")


def _enter(conn: psycopg.Connection[Any], *tries: throttle.Key) -> None:
    if seconds := throttle.enter(conn, *tries):
        raise Wait(seconds)


def _refused(conn: psycopg.Connection[Any], found: _Known | None, address: str, action: str, what: str) -> Wrong:
    """Recorded: of a name that is not known only that it was none, for people type passwords into the wrong field."""
    name = found.name if found else "?"
    who = Who(name, "password", (), found.id if found else None, address=address)
    with conn.transaction():
        refuse(conn, who, action, f"account {name}", detail=what)
    return Wrong()


def _no_link(conn: psycopg.Connection[Any], code: str, address: str) -> Wrong:
    """Recorded: whose it was, as long as that is known."""
    with conn.transaction():
        account = links.owner(conn, code)
        name = account.name if account else "?"
        who = Who(name, "link", (), account.id if account else None, address=address)
        refuse(conn, who, "session.open", f"account {name}", detail="a spent link" if account else "link")
    return Wrong()


def _still(conn: psycopg.Connection[Any], found: _Known) -> None:
    """Wrong where it has changed since it was looked at."""
    row = conn.execute(f"{_KNOWN} AND a.id = %s FOR UPDATE", [found.id]).fetchone()
    if row is None or _Known(*row) != found:
        raise Wrong


def _kind(factor: str | None) -> str:
    """Which second factor a code is of, for the audit."""
    return "authenticator" if "".join((factor or "").split()).isdigit() else "recovery code"


def opened(conn: psycopg.Connection[Any], account: int, way: Way, visit: Visit, factor: str = "") -> Opened:
    """A new session of an account, whose owner has shown who they are, and its row of the audit; ``factor``: by which
    second one."""
    cookie, number = sessions.start(conn, account, way, address=visit.address, agent=visit.agent, hours=visit.hours)
    name = accounts.find(conn, account).name
    who = Who(name, way, (accounts.grants(conn, account),), account, f"session {number}", address=visit.address)
    audit.record(conn, who, "session.open", f"account {name}", detail=factor)
    return Opened(cookie, who)
