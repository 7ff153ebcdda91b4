"""Downloads of any size: blocks that a thread takes out of the database go to the client as it reads them.

    thread   database ─▶ blocks ─▶ AHEAD slots ─▶ │ event loop: client

A thread fills a few slots and then waits, so a slow client costs no memory. Whoever leaves, or takes longer than
IOC_EXPORT_LIMIT_S, has the database connection cut at once, which ends the thread. An error before the first block is
a problem as any other; a later one breaks the connection off, so that a client never takes a part for the whole.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from contextvars import copy_context
from time import monotonic
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Send

from infra import db
from infra.db import cut
from infra.errors import IocError
from ioc_api import asking, exports
from ioc_api.database import Away, walled, why
from ioc_api.problems import Stop
from ioc_api.turns import Overused, asker

if TYPE_CHECKING:
    from ioc_api.service import Service

#: Downloads at a time, of each lane: each holds a database connection and a good part of a processor.
MOST = 4
#: And of one account or address: there is always a place for somebody else.
EACH = 2
#: Blocks that are ready before the client takes them.
AHEAD = 4
BUSY_S = 10
_ENDED = "lượt tải đã bị dừng / the download was ended"

Blocks = Callable[[psycopg.Connection], Iterator[bytes]]

log = structlog.get_logger()


class Streams:
    """All downloads of one process."""

    def __init__(self, url: str, limit_s: float) -> None:
        self.url = url
        self.limit_s = limit_s
        self.running: set[Flow] = set()

    def begin(self, blocks: Blocks, lane: str = "") -> Flow:
        """Start a download; Stop with 503 where there are MOST in its lane already: the public shall not keep the city
        from its own. Overused where who asks has EACH."""
        asks = asker(asking.now().who)
        if asks and not lane and sum(flow.asks == asks for flow in self.running) >= EACH:
            raise Overused(BUSY_S)
        if sum(flow.lane == lane for flow in self.running) >= MOST:
            raise Stop(
                503,
                f"đã có {MOST} lượt tải đang chạy: hãy thử lại sau"
                f" / {MOST} downloads are under way already: try again in a moment",
                {"Retry-After": str(BUSY_S)},
            )
        flow = Flow(self, blocks, lane, asks)
        self.running.add(flow)
        flow.thread.start()
        return flow

    def close(self) -> None:
        """Cut all downloads off."""
        for flow in list(self.running):
            flow.stop()


class Flow:
    """One download. Made in the event loop; ``next`` and ``stop`` are called there."""

    def __init__(self, streams: Streams, blocks: Blocks, lane: str = "", asks: str = "") -> None:
        self.asks = asks
        self.begun = monotonic()
        self.sent = 0
        self.lane = lane
        self.limit_s = streams.limit_s
        # Whose download it is goes with it into the thread.
        context = copy_context()
        self.thread = threading.Thread(target=context.run, args=(self._run,), name="download", daemon=True)
        self._streams = streams
        self._blocks = blocks
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue()
        self._slots = threading.Semaphore(AHEAD)
        self._gone = threading.Event()
        self._conn: psycopg.Connection | None = None
        # Also for a download whose answer is never begun.
        self._timer = self._loop.call_later(self.limit_s, self.stop)

    async def next(self) -> bytes | None:
        """The next block, None at the end. Raises what broke the query."""
        found = await self._ready.get()
        self._slots.release()
        if isinstance(found, BaseException):
            raise found
        self.sent += len(found or b"")
        return found

    def stop(self) -> None:
        """End it, wherever it is."""
        self._timer.cancel()
        self._gone.set()
        if self._conn is not None:
            cut(self._conn)
        self._slots.release()

    def _run(self) -> None:
        end: BaseException | None = None
        try:
            with self._connect() as conn:
                self._conn = conn
                try:
                    self._pass_on(conn)
                finally:
                    conn.close()  # before `stop` could meet the descriptor of somebody else
                    self._conn = None
        except (IocError, psycopg.InterfaceError) as e:
            end = Away(reason=str(e))
        except psycopg.OperationalError as e:
            end = e if isinstance(e, psycopg.errors.QueryCanceled) else Away(reason=db.reason(e))
        except Exception as e:  # whatever it is, the event loop waits for it
            end = e
        with suppress(RuntimeError):  # the loop has ended, and all who waited with it
            self._loop.call_soon_threadsafe(self._ready.put_nowait, end)
            self._loop.call_soon_threadsafe(self._streams.running.discard, self)

    def _connect(self) -> psycopg.Connection:
        # A query that sorts does not write to its client: the server shall look each second whether there is one.
        return db.connect(
            self._streams.url,
            application="api download",
            statement_timeout=int(self.limit_s * 1000),
            client_connection_check_interval=1000,
        )

    def _pass_on(self, conn: psycopg.Connection) -> None:
        if self._gone.is_set():
            raise Away(_ENDED)
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        blocks = self._blocks(walled(conn))
        for block in blocks:
            self._slots.acquire()
            if self._gone.is_set():
                conn.close()  # first: then the generator has no query to cancel
                raise Away(_ENDED)
            self._loop.call_soon_threadsafe(self._ready.put_nowait, block)


class Download(StreamingResponse):
    """The answer that passes a flow on, or breaks off."""

    def __init__(self, flow: Flow, first: bytes | None, media_type: str, headers: Mapping[str, str]) -> None:
        super().__init__(iter(()), headers=headers, media_type=media_type)
        self._flow = flow
        self._first = first

    async def stream_response(self, send: Send) -> None:
        """Send all blocks. Where that fails the last message is not sent: the server then drops the connection."""
        flow = self._flow
        left_s = flow.limit_s - (monotonic() - flow.begun)
        try:
            async with asyncio.timeout(left_s):
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                block = self._first
                while block is not None:
                    await send({"type": "http.response.body", "body": block, "more_body": True})
                    block = await flow.next()
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            log.warning("download.too_long", limit_s=flow.limit_s, sent=flow.sent)
        except (Away, psycopg.Error) as e:
            log.warning("download.broken", sent=flow.sent, reason=why(e))
        except Exception:
            log.exception("download.fault", sent=flow.sent)
        finally:
            flow.stop()


async def respond(
    service: Service,
    blocks: Blocks,
    media_type: str,
    filename: str,
    *,
    headers: Mapping[str, str] | None = None,
    request: Request | None = None,
    lane: str = "",
    about: Mapping[str, Any] | None = None,
) -> Download:
    """The answer for ``blocks(conn)``, which runs in a thread, in one read-only transaction of one moment.

    The first block is there before this returns, so an early error is answered as a problem; and ``headers`` may be a
    dict that ``blocks`` still adds to while it makes that block. Give ``request`` where
    the first block may take long: then a client that leaves before it is noticed as well. Downloads of one ``lane``
    do not take the place of another's. Who takes it is in the audit, with ``about``: what was asked for; open data,
    which are without it, are not.
    """
    flow = service.streams.begin(blocks, lane)
    try:
        first = await _first(flow, request)
        if about is not None:
            await exports.tell(service, filename, about)
    except BaseException:
        flow.stop()
        raise
    name = re.sub(r"[^A-Za-z0-9._-]", "_", filename)
    said = {"Content-Disposition": f'attachment; filename="{name}"', **(headers or {})}
    return Download(flow, first, media_type, said)


async def _first(flow: Flow, request: Request | None) -> bytes | None:
    if request is None:
        return await flow.next()
    block, left = asyncio.create_task(flow.next()), asyncio.create_task(_left(request))
    try:
        await asyncio.wait((block, left), return_when=asyncio.FIRST_COMPLETED)
        if not block.done():
            raise Away("bên nhận đã rời đi / the client has left")
        return block.result()
    finally:
        block.cancel()
        left.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
