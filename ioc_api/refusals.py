"""What requests and sockets were refused, for the audit: noted in memory, written by a loop of the service."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any

import psycopg
import structlog
from starlette.types import Scope

from infra.access.who import Who
from infra.audit.refusals import NOBODY, Refusals, Written
from ioc_api.database import Away, Database
from ioc_api.rest.deeds import SAY_THEMSELVES

EVERY_S = 5.0
#: For the last ones, when the service ends.
END_S = 3.0
#: Answers that refuse somebody something.
STATUSES = (401, 403, 429)
#: What the screen asks to find out whether somebody is signed in.
_ASKING = ("GET", "/session")

log = structlog.get_logger()


def book(scope: Scope) -> Book | None:
    """That of the service that a request or socket is for; None before there is one."""
    service = getattr(getattr(scope.get("app"), "state", None), "service", None)
    return getattr(service, "refusals", None)


class Book:
    """The refusals of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._refusals = Refusals()

    def request(self, scope: Scope, status: int, path: str) -> None:
        """A request was answered with one of STATUSES; ``path`` is that of its route."""
        method = scope["method"]
        operation = getattr(scope.get("route"), "operation_id", None)
        known = scope.get("state", {})
        # A screen that is locked asks on until it has noticed: that is nobody's try.
        if status == 401 and (operation in SAY_THEMSELVES or (method, path) == _ASKING or known.get("locked")):
            return
        who: Who | None = known.get("who")
        client = scope.get("client")
        if who is None:
            who = NOBODY._replace(address=client[0] if client else "")
        self._refusals.note("request.refused", who, f"{status} {method} {path}", monotonic())

    def socket(self, who: Who | None, address: str, why: str) -> None:
        """A socket was refused; ``why`` is one of few words."""
        self._refusals.note("live.refused", who or NOBODY._replace(address=address), why, monotonic())

    async def run(self) -> None:
        """Write what was noted, for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.write()

    async def end(self) -> None:
        """Write what is left, where the database is there."""
        with suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                await self.write(all_of_them=True)

    async def write(self, *, all_of_them: bool = False) -> None:
        """Write what is due. What cannot be written now is kept for the next time."""
        now = monotonic()
        taken = self._refusals.take(now, all_of_them=all_of_them)
        if not taken and not self._refusals.due(now):
            return

        def task(conn: psycopg.Connection[Any]) -> Written:
            return self._refusals.write(conn, taken, now)

        try:
            written = await self._database.act(task)
        except (Away, psycopg.Error):
            self._refusals.again(taken, now)
        else:
            self._refusals.done(written, now)
