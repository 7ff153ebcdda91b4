"""The API's connections to the database: a small pool, and a limit on the time that any of them may take.

A server that is merely stopped answers nothing and closes nothing; cancelling a query would wait for it as well.
So the limit shuts the socket down, which ends the wait at once, and the pool makes a new connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from infra import db
from infra.db import cut
from infra.errors import Unavailable

T = TypeVar("T")

#: One request's statements; the server ends them a little before we cut.
LIMIT_S = 10.0
_SIZE = 6


class Away(Exception):
    """The database cannot be used now; the message says why."""


class Database:
    """Where requests get their connections, and background work its own."""

    def __init__(self, url: str) -> None:
        self.url = db.check_url(url)
        # The pool would log each attempt to reconnect; health says it once, and why.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        self._working: set[psycopg.Connection] = set()
        options = {**db.OPTIONS, "application_name": "ioc api"}
        options["options"] = f"{options['options']} -c statement_timeout={int(LIMIT_S * 900)}"
        self._pool = AsyncConnectionPool(
            url, min_size=1, max_size=_SIZE, open=False, timeout=3, max_waiting=200, reconnect_timeout=5,
            reconnect_failed=lambda _: None, kwargs=options,
        )  # fmt: skip

    async def open(self) -> None:
        """Begin to connect; does not wait for success."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close all connections; work that is under way in threads ends with an error."""
        for conn in list(self._working):
            cut(conn)
        await self._pool.close(timeout=2)

    async def check(self) -> None:
        """Throw away connections that have died."""
        await self._pool.check()

    @asynccontextmanager
    async def connection(self, limit_s: float = LIMIT_S) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection for one transaction of at most ``limit_s``; Away where there is none or it breaks."""
        try:
            async with self._pool.connection() as conn:
                timer = asyncio.get_running_loop().call_later(limit_s, cut, conn)
                try:
                    yield conn
                finally:
                    timer.cancel()
        except PoolTimeout:
            raise Away("the database gives no connection") from None
        except (psycopg.OperationalError, psycopg.InterfaceError) as e:
            if isinstance(e, psycopg.errors.QueryCanceled):
                raise
            raise Away(f"the database does not answer: {db.reason(e)}") from None

    async def work(self, task: Callable[[psycopg.Connection], T], *, limit_s: float, repeatable: bool = False) -> T:
        """Run ``task`` with a connection of its own in a thread; Away where it breaks or takes too long.

        ``repeatable``: everything it reads is of one moment.
        """
        loop = asyncio.get_running_loop()

        def run() -> T:
            with self._own(loop, limit_s) as conn:
                if repeatable:
                    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                return task(conn)

        return await asyncio.to_thread(run)

    @contextmanager
    def _own(self, loop: asyncio.AbstractEventLoop, limit_s: float) -> Iterator[psycopg.Connection]:
        timers: list[asyncio.TimerHandle] = []
        try:
            with db.connect(self.url, application="api reader") as conn:
                self._working.add(conn)
                loop.call_soon_threadsafe(lambda: timers.append(loop.call_later(limit_s, cut, conn)))
                try:
                    yield conn
                finally:
                    self._working.discard(conn)
                    with suppress(RuntimeError):  # the loop has ended, and the timer with it
                        loop.call_soon_threadsafe(_cancel, timers)
        except Unavailable as e:
            raise Away(str(e)) from None
        except (psycopg.OperationalError, psycopg.InterfaceError) as e:
            raise Away(f"the database does not answer: {db.reason(e)}") from None


def _cancel(timers: list[asyncio.TimerHandle]) -> None:
    for timer in timers:
        timer.cancel()
