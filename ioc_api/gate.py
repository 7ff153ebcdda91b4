"""Who may come in: the administrator's token, or the cookie of a session that a one-time code has opened."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from infra.access.who import Grant, Who
from infra.times import SECOND, micros, now_us
from ioc_api.database import Away, Database

COOKIE = "ioc_session"
SESSION_S = 30 * 86_400
#: How long a session that was found is believed without asking again.
_BELIEVE_US = 30 * SECOND


class Refused(Exception):
    """The caller may not come in; ``temporary``: we could not find out."""

    def __init__(self, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.temporary = temporary


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Gate:
    """Checks tokens, cookies and the pages that requests come from."""

    def __init__(self, token: str, database: Database, origins: str) -> None:
        self._token = digest(token) if token else None
        self._database = database
        self._origins = {o.strip().rstrip("/").lower() for o in origins.split(",") if o.strip()}
        self._sessions: dict[bytes, tuple[int, int]] = {}  # hash -> (expires, looked up), microseconds

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
        """Who a caller is. Refused where nobody knows."""
        rights = ((Grant("administrator"),),)
        if token is not None:
            if self._token is not None and hmac.compare_digest(digest(token), self._token):
                return Who("administrator", "token", rights, address=address)
            raise Refused("this token is not known")
        cookie = cookies.get(COOKIE)
        if cookie is None:
            raise Refused("a token or a session is needed")
        return Who("screen", "link", rights, expires_us=await self._session(digest(cookie)), address=address)

    async def _session(self, key: bytes) -> int:
        now = now_us()
        expires_us, looked_us = self._sessions.get(key, (0, 0))
        if now - looked_us > _BELIEVE_US:
            try:
                async with self._database.connection() as conn:
                    cursor = await conn.execute("SELECT expires_at FROM session WHERE token_hash = %s", [key])
                    row = await cursor.fetchone()
            except Away:
                if not looked_us:
                    raise Refused("sessions cannot be looked up now", temporary=True) from None
            else:
                expires_us = micros(row[0]) if row else 0
                if len(self._sessions) > 10_000:
                    self._sessions.clear()
                self._sessions[key] = (expires_us, now)
        if expires_us <= now:
            self._sessions.pop(key, None)
            raise Refused("the session has ended")
        return expires_us

    async def exchange(self, code: str) -> str | None:
        """A new session for a one-time code; returns the cookie's value, or None where the code is not good (any
        more). Away without a database."""
        cookie = secrets.token_urlsafe(32)
        async with self._database.connection() as conn:
            await conn.execute("DELETE FROM session WHERE expires_at < now()")
            cursor = await conn.execute(
                "UPDATE one_time_code SET used_at = now()"
                " WHERE code_hash = %s AND used_at IS NULL AND expires_at > now()",
                [digest(code)],
            )
            if cursor.rowcount != 1:
                return None
            await conn.execute(
                "INSERT INTO session (token_hash, expires_at) VALUES (%s, now() + %s * interval '1 second')",
                [digest(cookie), SESSION_S],
            )
        return cookie

    async def end(self, cookie: str) -> None:
        """End a session."""
        self._sessions.pop(digest(cookie), None)
        async with self._database.connection() as conn:
            await conn.execute("DELETE FROM session WHERE token_hash = %s", [digest(cookie)])
