"""Who may come in: the administrator's token, tokens of people and wallboards, the cookie of a session."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, LiteralString
from urllib.parse import urlsplit

import psycopg

from infra import audit
from infra.access import accounts, holders, links, sessions
from infra.access.holders import Shut
from infra.access.secret import digest
from infra.access.who import Grant, Who
from infra.times import SECOND, now_us
from ioc_api.database import Away, Database

COOKIE = "ioc_session"
SESSION_H = 12
SESSION_S = SESSION_H * 3600
#: Minutes after which an idle session is locked; 0: the screen cannot unlock one yet.
IDLE_MIN = 0
#: How long who was found is believed without asking again.
_BELIEVE_US = 5 * SECOND


class Refused(Exception):
    """The caller may not come in; ``temporary``: we could not find out; ``locked``: the session can be unlocked."""

    def __init__(self, message: str, *, temporary: bool = False, locked: bool = False) -> None:
        super().__init__(message)
        self.temporary, self.locked = temporary, locked


class Gate:
    """Checks tokens, cookies and the pages that requests come from."""

    def __init__(self, token: str, database: Database, origins: str) -> None:
        self._token = digest(token) if token else None
        self._database = database
        self._origins = {o.strip().rstrip("/").lower() for o in origins.split(",") if o.strip()}
        self._known: dict[tuple[bytes, str], tuple[Who, int]] = {}  # (hash, address) -> who, looked up (microseconds)

    def same_origin(self, headers: Mapping[str, str]) -> bool:
        """Whether a request comes from our own page, from one that is allowed, or from no page at all."""
        origin = headers.get("origin")
        if origin is None:
            return True
        if origin.lower() in self._origins:
            return True
        try:
            return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
        except ValueError:
            return False

    async def admit(self, token: str | None, cookies: Mapping[str, str], address: str) -> Who:
        """Who a caller is, as it was at most five seconds ago. Refused where nobody knows."""
        if token is not None:
            if self._token is not None and hmac.compare_digest(digest(token), self._token):
                return Who("administrator", "token", ((Grant("administrator"),),), address=address)
            return await self._find(holders.TOKEN, token, address)
        cookie = cookies.get(COOKIE)
        if cookie is None:
            raise Refused("hãy đăng nhập, hoặc gửi mã truy cập / a token or a session is needed")
        return await self._find(holders.SESSION, cookie, address)

    async def _find(self, question: LiteralString, shown: str, address: str) -> Who:
        key, now = (digest(shown), address), now_us()
        who, looked_us = self._known.get(key, (None, 0))
        if who is None or now - looked_us > _BELIEVE_US:
            values = {"hash": key[0], "idle": IDLE_MIN, "address": address}
            try:
                async with self._database.connection() as conn:
                    row = await (await conn.execute(question, values)).fetchone()
            except Away:
                raise Refused("chưa kiểm tra được phiên / sessions cannot be looked up now", temporary=True) from None
            self._known.pop(key, None)
            read = holders.session if question is holders.SESSION else holders.token
            try:
                who = read(row, address, needs_factor=False)
            except Shut as e:
                raise Refused(str(e), locked=e.locked) from None
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[key] = (who, now)
        if who.expires_us is not None and who.expires_us <= now:
            raise Refused("phiên đã kết thúc / the session has ended")
        return who

    def forget(self) -> None:
        """Ask anew for everybody: what people may do has changed."""
        self._known.clear()

    async def exchange(self, code: str, address: str = "", agent: str = "") -> str | None:
        """A new session for the code of a link that signs in; returns the cookie's value, or None where the code is
        not good (any more). Away without a database."""

        def task(conn: psycopg.Connection[Any]) -> str | None:
            found = links.look(conn, code)
            if found is None or found.purpose != "sign_in":
                return None
            links.use(conn, code)
            account = accounts.find(conn, found.account)
            cookie, name = sessions.start(conn, account.id, "link", address=address, agent=agent, hours=SESSION_H)
            who = Who(account.name, "link", (accounts.grants(conn, account.id),), account.id, f"session {name}",
                      address=address)  # fmt: skip
            audit.record(conn, who, "session.open", f"account {account.name}")
            return cookie

        return await self._database.act(task)

    async def end(self, cookie: str) -> None:
        """End a session."""
        self.forget()
        async with self._database.connection() as conn:
            await conn.execute("DELETE FROM session WHERE token_hash = %s", [digest(cookie)])
