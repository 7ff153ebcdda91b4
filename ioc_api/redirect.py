"""Plain HTTP beside HTTPS: who types the address without its scheme is sent on, and nothing else is served.

Only pages are sent on. What sends a token or changes something has already said too much in plain text, and is told so
instead of being helped to do it every time.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec

from ioc_api.headers import ALWAYS
from ioc_api.problems import MEDIA, Problem

HEAD_BYTES = 8_192
HEAD_S = 5.0
_HOST = re.compile(r"(?i)\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253}")
_SAFE = "".join(f"{name}: {value}\r\n" for name, value in ALWAYS.items())
#: Addresses for programs, of pages with figures, and links whose address is their secret: never asked by a browser's
#: user who left the scheme away.
_NO_PAGES = re.compile(r"/(?:/|(?:api|open|a|metrics|openapi\.json)(?:[/?]|$))")
_LINE = re.compile(r"(GET|HEAD) (/[!-~]*) HTTP/1\.[01]")


class Redirect:
    """Answers connections; ``port`` is HTTPS's, ``public`` the address under which we are reached, if it is known."""

    def __init__(self, port: int, public: str = "") -> None:
        self._port = "" if port == 443 else f":{port}"
        known = urlsplit(public)
        self._known = known.netloc if known.scheme == "https" else ""

    def answer(self, head: str) -> bytes:
        """What is said to the head of a request."""
        line, _, rest = head.partition("\r\n")
        asked = _LINE.fullmatch(line)
        hosts = re.findall(r"(?im)^host:[ \t]*(\S+?)(?::\d{1,5})?[ \t]*\r?$", rest)
        host = self._known or (f"{hosts[0]}{self._port}" if len(hosts) == 1 and _HOST.fullmatch(hosts[0]) else "")
        if asked is None or not host or _NO_PAGES.match(asked[2]) or "authorization:" in rest.lower():
            return _answer(403, "hãy dùng https:// / this is served by https:// only", b"")
        # 308: HSTS makes it the browser's own from the first visit on.
        return _answer(308, "", f"Location: https://{host}{asked[2]}\r\n".encode())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one answer."""
        try:
            async with asyncio.timeout(HEAD_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self.answer(head.decode("latin-1")))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # it has left, dawdled (TimeoutError), or said too much
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _answer(status: int, detail: str, headers: bytes) -> bytes:
    phrase = HTTPStatus(status).phrase
    body = msgspec.json.encode(Problem(title=phrase, status=status, detail=detail).model_dump(exclude_none=True))
    body = body if detail else b""
    about = f"content-type: {MEDIA}\r\n" if detail else ""
    return (
        (
            f"HTTP/1.1 {status} {phrase}\r\n{about}content-length: {len(body)}\r\nconnection: close\r\n"
            f"cache-control: no-store\r\n{_SAFE}"
        ).encode()
        + headers
        + b"\r\n"
        + body
    )
