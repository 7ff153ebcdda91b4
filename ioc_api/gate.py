"""Who may come in: the administrator's token, tokens of people and wallboards, the cookie of a session."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from infra.access import holders
from infra.access.holders import Shut
from infra.access.secret import digest
from infra.access.who import Grant, Who
from infra.times import SECOND, now_us
from ioc_api.database import Away, Database
from ioc_api.pages import COOKIE as COOKIE
from ioc_api.pages import Origins

#: How long who was found is believed without asking again.
_BELIEVE_US = 5 * SECOND
#: Passwords that are looked at together, and how long others wait.
_PROVING, _PATIENCE_S = 2, 5.0


class Refused(Exception):
    """The caller may not come in; ``temporary``: we could not find out; ``locked``: the session can be unlocked."""

    def __init__(self, message: str, *, temporary: bool = False, locked: bool = False) -> None:
        super().__init__(message)
        self.temporary, self.locked = temporary, locked


class Gate:
    """Checks tokens, cookies and the pages that requests come from."""

    def __init__(
        self,
        token: str,
        database: Database,
        origins: str,
        public: str = "",
        *,
        idle_min: int = 0,
        needs_factor: bool = False,
    ) -> None:
        self._token = digest(token) if token else None
        self._database = database
        self._origins = Origins(origins, public)
        self._idle_min, self._needs_factor = idle_min, needs_factor
        self._proving = asyncio.Semaphore(_PROVING)
        self._changes = 0
        self._known: dict[tuple[bytes, str], tuple[Who, int]] = {}  # (hash, address) -> who, looked up (microseconds)

    def same_origin(self, headers: Mapping[str, str], scheme: str = "http") -> bool:
        """Whether a request comes from our own page, from one that is allowed, or from no page at all."""
        return self._origins.may_change(headers, scheme, cookie=False)

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

    async def _find(self, question: bytes, shown: str, address: str) -> Who:
        key, now = (digest(shown), address), now_us()
        who, looked_us = self._known.get(key, (None, 0))
        if who is None or now - looked_us > _BELIEVE_US:
            values = {"hash": key[0], "idle": self._idle_min, "address": address}
            changes = self._changes
            try:
                async with self._database.connection() as conn:
                    row = await (await conn.execute(question, values)).fetchone()
            except Away:
                raise Refused("chưa kiểm tra được phiên / sessions cannot be looked up now", temporary=True) from None
            self._known.pop(key, None)
            try:
                if question is holders.SESSION:
                    who = holders.session(row, address, needs_factor=self._needs_factor)
                else:
                    who = holders.token(row, address, needs_factor=self._needs_factor)
            except Shut as e:
                raise Refused(str(e), locked=e.locked) from None
            if len(self._known) > 10_000:
                self._known.clear()
            # What was asked before something changed may tell of the time before.
            if changes == self._changes:
                self._known[key] = (who, now)
        if who.expires_us is not None and who.expires_us <= now:
            raise Refused("phiên đã kết thúc / the session has ended")
        return who

    @asynccontextmanager
    async def proving(self) -> AsyncIterator[None]:
        """A turn to look at a password: each takes a thread, 64 MiB and a good part of a processor, and whoever has
        come in needs them too. Away where too many wait."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._proving.acquire()
        except TimeoutError:
            raise Away("nhiều người đang đăng nhập: hãy thử lại sau giây lát / many sign in: try again in a moment"
                       ) from None  # fmt: skip
        try:
            yield
        finally:
            self._proving.release()

    def forget(self) -> None:
        """Ask anew for everybody: what people may do has changed."""
        self._changes += 1
        self._known.clear()
