"""The API's connections to the database: a small pool, and a limit on the time that any of them may take.

A server that is merely stopped answers nothing and closes nothing; cancelling a query would wait for it as well.
So the limit shuts the socket down, which ends the wait at once, and the pool makes a new connection.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import select
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from infra import db
from infra.db import cut
from infra.errors import Unavailable
from ioc_api import asking
from ioc_api.turns import Turns, asker

T = TypeVar("T")

#: One request's statements; the server ends them a little before we cut.
LIMIT_S = 10.0
_SIZE = 6
#: Questions about history at a time, and how long others wait: each takes a good part of a processor and a thread,
#: and the live figures need both.
_QUESTIONS, _PATIENCE_S = 3, 5.0
#: How long a connection is kept for the next question, and how many are.
_KEPT_S, _MOST_KEPT = 60.0, 12
AWAY = "cơ sở dữ liệu chưa trả lời: hãy thử lại sau giây lát / the database does not answer: try again in a moment"


class Away(Exception):
    """The database cannot be used now. The message is for everybody; ``reason`` is what its driver said, which names
    hosts and users: for the log, and for operators."""

    def __init__(self, message: str = "", reason: str = "") -> None:
        super().__init__(message or AWAY)
        self.reason = reason


class _Kept(NamedTuple):
    """A connection that waits for the next question: since when, and what it is walled by for all its life (None: by
    nothing, and then it never is)."""

    since: float
    conn: psycopg.Connection
    wall: bytes | None


class Database:
    """Where requests get their connections, and background work its own."""

    def __init__(self, url: str) -> None:
        self.url = db.check_url(url)
        # The pool would log each attempt to reconnect; health says it once, and why.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        self._working: set[psycopg.Connection] = set()
        self._turns = Turns(_QUESTIONS)
        self._kept: list[_Kept] = []
        self._keeping = threading.Lock()
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
        while self._kept:
            self._kept.pop().conn.close()
        await self._pool.close(timeout=2)

    async def check(self) -> None:
        """Throw away connections that have died."""
        await self._pool.check()

    @asynccontextmanager
    async def connection(self, limit_s: float = LIMIT_S) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection for one transaction of at most ``limit_s``; Away where there is none or it breaks."""
        wall = asking.now().part.wall
        try:
            async with self._pool.connection() as conn:
                timer = asyncio.get_running_loop().call_later(limit_s, cut, conn)
                try:
                    if wall is not None:
                        await conn.execute(wall)
                    yield conn
                finally:
                    timer.cancel()
        except PoolTimeout:
            raise Away(reason="the database gives no connection") from None
        except (psycopg.OperationalError, psycopg.InterfaceError) as e:
            if isinstance(e, psycopg.errors.QueryCanceled):
                raise
            raise Away(reason=f"the database does not answer: {db.reason(e)}") from None

    async def work(
        self,
        task: Callable[[psycopg.Connection], T],
        *,
        limit_s: float,
        repeatable: bool = False,
        pool: Executor | None = None,
        **settings: str | int,
    ) -> T:
        """Run ``task`` with a connection of its own in a thread; Away where it breaks or takes too long.

        ``repeatable``: everything it reads is of one moment. ``settings`` are the session's, as statement_timeout.
        ``pool``: its threads, where those that everybody shares are not meant.
        """
        asking.now()
        loop = asyncio.get_running_loop()

        def run() -> T:
            with self._own(loop, limit_s, settings) as conn:
                if repeatable:
                    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                return audited(walled(conn), task)

        return await loop.run_in_executor(pool, contextvars.copy_context().run, run)

    async def question(self, task: Callable[[psycopg.Connection], T]) -> T:
        """Run a question about history: at one moment, few at a time, in turns of who asks (Overused, Away), and
        QueryCanceled for one that takes too long."""
        async with self.turn():
            return await asyncio.to_thread(self._ask, asyncio.get_running_loop(), task)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One's turn among those who ask what is expensive. Overused, or Away where others take long."""
        asks = asker(asking.now().who)
        try:
            await self._turns.enter(asks, _PATIENCE_S)
        except TimeoutError:
            raise Away(
                "có nhiều câu hỏi về lịch sử đang được trả lời: hãy thử lại sau giây lát"
                " / many questions about history are being answered: try again in a moment"
            ) from None
        with self._turns.served(asks):
            yield

    async def act(self, task: Callable[[psycopg.Connection], T]) -> T:
        """Run a short task that may change things, in a thread: committed when it returns, undone when it raises."""
        asking.now()
        loop = asyncio.get_running_loop()

        def run() -> T:
            with self._own(loop, LIMIT_S, {"statement_timeout": int(LIMIT_S * 900)}, keep=True) as conn:
                conn.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
                return audited(conn, task)

        try:
            return await asyncio.to_thread(run)
        except psycopg.errors.QueryCanceled:
            raise Away(
                "cơ sở dữ liệu đang bận: hãy thử lại sau giây lát / the database is busy: try again in a moment"
            ) from None

    def _ask(self, loop: asyncio.AbstractEventLoop, task: Callable[[psycopg.Connection], T]) -> T:
        """Run a question on a connection of before, or a new one. It is kept when all went well: a new one costs as
        much as many a question."""
        with self._own(loop, LIMIT_S, {"statement_timeout": int(LIMIT_S * 900)}, keep=True) as conn:
            conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            return task(conn)

    def _connect(self, settings: Mapping[str, str | int], *, keep: bool) -> tuple[psycopg.Connection, bytes | None]:
        """One of those that were kept and is still good, or a new connection; and what it is walled by."""
        wall = asking.now().part.wall_kept if keep else None
        while keep and (found := self._take(wall)):
            # To a connection that waits the server has nothing to say but its farewell.
            if not _spoken(found.conn):
                conn = found.conn
                break
            found.conn.close()
        else:
            found = None
            conn = db.connect(self.url, application="api reader", autocommit=False, **settings)
        if wall is not None and (found is None or found.wall != wall):
            # For this connection's life, and what it has prepared stays so: to begin each transaction with it costs
            # as much as many a question.
            conn.execute(wall)
            conn.commit()
        return conn, wall

    def _take(self, wall: bytes | None) -> _Kept | None:
        """A connection of whoever sees the same; or, where it has a wall at all, one that can be given this one."""
        with self._keeping:
            self._drop_old()
            for same in (True, False):
                for found in reversed(self._kept):
                    if found.wall == wall if same else wall is not None and found.wall is not None:
                        self._kept.remove(found)
                        return found
        return None

    def _drop_old(self) -> None:
        while self._kept and (monotonic() - self._kept[0].since > _KEPT_S or len(self._kept) > _MOST_KEPT):
            self._kept.pop(0).conn.close()

    @contextmanager
    def _own(
        self, loop: asyncio.AbstractEventLoop, limit_s: float, settings: Mapping[str, str | int], *, keep: bool = False
    ) -> Iterator[psycopg.Connection]:
        """A connection for a thread, cut after ``limit_s``. Closed in the end, or kept where all went well."""
        timers: list[asyncio.TimerHandle] = []
        try:
            conn, wall = self._connect(settings, keep=keep)
            self._working.add(conn)
            loop.call_soon_threadsafe(lambda: timers.append(loop.call_later(limit_s, cut, conn)))
            good = False
            try:
                yield conn
                conn.commit()
                good = True
            finally:
                self._working.discard(conn)
                with suppress(RuntimeError):  # the loop has ended, and the timer with it
                    loop.call_soon_threadsafe(_cancel, timers)
                # Last of all: from then on it may be somebody else's.
                if keep and good:
                    with self._keeping:
                        self._kept.append(_Kept(monotonic(), conn, wall))
                        self._drop_old()
                else:
                    conn.close()
        except Unavailable as e:
            raise Away(reason=str(e)) from None
        except psycopg.errors.QueryCanceled:
            raise
        except (psycopg.OperationalError, psycopg.InterfaceError) as e:
            raise Away(reason=f"the database does not answer: {db.reason(e)}") from None


def why(e: BaseException) -> str:
    """What an error of the database is about, for the log."""
    return (e.reason if isinstance(e, Away) else "") or db.reason(e)


def audited(conn: psycopg.Connection, task: Callable[[psycopg.Connection], T]) -> T:
    """Run the task; what it changes of what the request is about is in the audit, in the same transaction."""
    who, _, deed = asking.now()
    return task(conn) if deed is None else deed.done(conn, who, task)


def walled(conn: psycopg.Connection) -> psycopg.Connection:
    """The connection, whose transaction begins behind the second wall where who is asking does not see everything."""
    wall = asking.now().part.wall
    if wall is not None:
        conn.execute(wall)
    return conn


def _spoken(conn: psycopg.Connection) -> bool:
    """Whether the server has something to say, or is gone."""
    waiting = select.poll()
    try:
        waiting.register(conn.fileno(), select.POLLIN)
    except psycopg.Error:
        return True
    return bool(waiting.poll(0))


def _cancel(timers: list[asyncio.TimerHandle]) -> None:
    for timer in timers:
        timer.cancel()
