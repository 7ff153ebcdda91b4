"""Requests that end before they are read: an address or a head that is too long, or bytes that are no HTTP.

uvicorn answers these in plain text and closes at once, while the client is still sending: it then often sees a
broken connection and not the answer. Here they get a problem like any other, and what still comes is thrown away for
a while.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar

import h11
import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

from ioc_api.headers import ALWAYS
from ioc_api.opendata.buckets import who
from ioc_api.problems import MEDIA, Problem
from ioc_api.proxies import is_ours

#: What the first line and the headers of a request may have together.
HEAD_BYTES = 65_536
#: How much is thrown away behind a request that was refused, and for how long.
_REST_BYTES, _REST_S = 256 * 1024 * 1024, 15.0
#: How long the first line and the headers may take from their first byte, or a new connection until it says anything.
HEAD_S = 20.0
#: Connections of one address, but for those of this machine and of proxies that are trusted. Live ones count no more:
#: they have limits of their own.
CONNECTIONS = 500
#: A live client that takes nothing for so long loses its connection.
LIVE_TIMEOUT_MS = 5_000


class Protocol(H11Protocol):
    """HTTP/1.1 of uvicorn, with answers to what cannot be read. ``free``: whose connections are not counted."""

    free: ClassVar[Callable[[str], bool]] = staticmethod(is_ours)
    hsts: ClassVar[str] = ""  # said where it is spoken by HTTPS
    _of: ClassVar[Counter[str]] = Counter()  # connections by address
    _counted = ""
    _refused = False
    _rest = 0
    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected; who says nothing, or dawdles over what they ask, leaves room for others."""
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        if host and not type(self).free(host):
            self._counted = who(host)
            self._of[self._counted] += 1
            if self._of[self._counted] > CONNECTIONS:
                transport.abort()
                return
        self._head = self.loop.call_later(HEAD_S, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """They have gone."""
        self._came()
        self._left()
        super().connection_lost(exc)

    def _left(self) -> None:
        if self._counted:
            self._of[self._counted] -= 1
            if not self._of[self._counted]:
                del self._of[self._counted]
            self._counted = ""

    def _came(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def data_received(self, data: bytes) -> None:
        """Take bytes, or throw them away."""
        if not self._refused:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._came()
            elif self._head is None:
                # The beginning of a further request on a connection that is kept.
                self._head = self.loop.call_later(HEAD_S, self.transport.close)
            return
        self._rest += len(data)
        if self._rest > _REST_BYTES:
            self.transport.abort()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """From here on the connection is a live one."""
        raw = self.transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LIVE_TIMEOUT_MS)
        self._left()
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that could not be read; called while h11's error is being handled."""
        error = sys.exception()
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        status, detail = 400, "this is no HTTP request that can be read"
        if hint == 431:
            line = b"\n" in self.conn.trailing_data[0]
            status = 431 if line else 414
            what = "headers are" if line else "address is"
            detail = f"the {what} too long: {HEAD_BYTES:,} bytes are possible at once"
            if not line:
                detail += "; questions with many sensors go to POST /api/v1/observations/query"
        body = msgspec.json.encode(
            Problem(title=HTTPStatus(status).phrase, status=status, detail=detail).model_dump(exclude_none=True)
        )
        headers = [
            ("content-type", MEDIA), ("content-length", str(len(body))), ("connection", "close"),
            ("cache-control", "no-store"), *ALWAYS.items(),
        ]  # fmt: skip
        if self.scheme == "https" and type(self).hsts:
            headers.append(("strict-transport-security", type(self).hsts))
        self._refused = True
        for event in (
            h11.Response(status_code=status, headers=headers, reason=HTTPStatus(status).phrase.encode()),
            h11.Data(data=body), h11.EndOfMessage(),
        ):  # fmt: skip
            self.transport.write(self.conn.send(event) or b"")
        self.loop.call_later(_REST_S, self.transport.close)
