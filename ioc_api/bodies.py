"""What a request brings along: bounded in size, in depth and in time, before anything of it is read as JSON.

The whole body is taken here and passed on at once; everything that we take is small.
"""

from __future__ import annotations

import asyncio
import re

import numpy as np
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ioc_api.problems import problem

BODY_BYTES = 1_048_576
#: How much of a body that is too large is taken and thrown away before the connection is cut.
REST_BYTES = 64 * BODY_BYTES
#: Lists and objects within each other. Nothing that we take has ten.
DEPTH = 32
BODY_S = 30.0
HEADERS, HEAD_BYTES = 100, 65_536

TOO_LARGE = (
    f"nội dung gửi lên quá lớn: tối đa {BODY_BYTES:,} byte / the body is too large: {BODY_BYTES:,} bytes at the most"
)
TOO_DEEP = f"nội dung lồng quá sâu: tối đa {DEPTH} cấp / the body is nested too deeply: {DEPTH} levels at the most"
TOO_SLOW = f"nội dung không đến đủ trong {BODY_S:.0f} giây / the body did not come within {BODY_S:.0f} s"
MANY_HEADERS = (
    f"quá nhiều tiêu đề / the headers are too many or too long: {HEADERS} with {HEAD_BYTES:,} bytes are possible"
)
BAD_LENGTH = "Content-Length không phải một con số / Content-Length is no number"

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


class _Wrong(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class _Left(Exception):
    pass


def depth(text: bytes) -> int:
    """How deeply lists and objects of a JSON text lie within each other; a text that is none has some depth too."""
    opened = text.count(b"[") + text.count(b"{")
    if opened <= DEPTH:
        return opened  # no more than these
    bare = np.frombuffer(_STRING.sub(b"", text), np.uint8)
    steps = ((bare == 0x5B) | (bare == 0x7B)).astype(np.int32) - ((bare == 0x5D) | (bare == 0x7D)).astype(np.int32)
    return int(np.cumsum(steps).max(initial=0))


class Bodies:
    """ASGI: takes the bodies of requests, or says what is wrong with them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        brings, many = _look(scope)
        if many:
            await problem(431, MANY_HEADERS)(scope, receive, send)
            return
        if not brings:
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_S):
                body = await _take(scope, receive)
        except _Left:
            return
        except _Wrong as e:
            await problem(e.status, str(e), headers={"Connection": "close"})(scope, receive, send)
            return
        except TimeoutError:
            await problem(408, TOO_SLOW, headers={"Connection": "close"})(scope, receive, send)
            return
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, again, send)


def _look(scope: Scope) -> tuple[bool, bool]:
    """Whether a body comes with it, and whether it has too many headers: h11 counts only what has not come whole."""
    size, brings = 0, False
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        brings = brings or name in (b"content-length", b"transfer-encoding")
    return brings, size > HEAD_BYTES or len(scope["headers"]) > HEADERS


def _announced(scope: Scope) -> tuple[int, bool]:
    """How much is to come, as far as it is said, and whether the client waits for our word before it sends it."""
    headers = dict(scope["headers"])
    try:
        size = int(headers.get(b"content-length", b"0"))
    except ValueError:
        raise _Wrong(400, BAD_LENGTH) from None
    return size, b"expect" in headers


async def _take(scope: Scope, receive: Receive) -> bytes:
    size, waits = _announced(scope)
    if size > BODY_BYTES and waits:
        raise _Wrong(413, TOO_LARGE)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _Left
        part = message.get("body", b"")
        size += len(part)
        if size <= BODY_BYTES:
            parts.append(part)
        elif parts:
            # Who is still sending does not read: the rest is thrown away for a while, and the answer is then seen.
            parts.clear()
        if size > REST_BYTES:
            raise _Wrong(413, TOO_LARGE)
        if not message.get("more_body", False):
            break
    if size > BODY_BYTES:
        raise _Wrong(413, TOO_LARGE)
    body = b"".join(parts)
    if depth(body) > DEPTH:
        raise _Wrong(422, f"body: {TOO_DEEP}")
    return body
