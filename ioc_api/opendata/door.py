"""What stands before every request to /open: the switch, the limits, and headers that let any page read the answer.

The address of a caller is that of the connection. Behind a proxy of IOC_TRUSTED_PROXIES the server replaces it by the
last address of X-Forwarded-For that is not a trusted proxy's own; here the header is never looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import cast

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.settings import Settings
from ioc_api.opendata.buckets import Buckets, who
from ioc_api.problems import Stop, problem

PREFIX = "/open"
#: Downloads of open data at a time, and of one address: the API's own users shall always have a place too.
DOWNLOADS, DOWNLOADS_EACH = 2, 1
_BUSY_S = 10
_VISIT = "ioc.open.visit"
_PREFLIGHT = {
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers": "Accept, If-None-Match, Range",
    "access-control-max-age": "86400",
    "allow": "GET, HEAD, OPTIONS",
}


class _Named:
    """What the metrics name a request by that does not come to an operation."""

    path = f"{PREFIX}/v1"


@dataclass
class Visit:
    """One request, and whether it holds one of the places for downloads."""

    address: str
    _under_way: dict[str, int]
    _holds: bool = field(default=False)

    def begin_download(self) -> None:
        """Take a place; it is given back when the request has ended. Stop with 503 where there is none."""
        if self._under_way.get(self.address, 0) >= DOWNLOADS_EACH:
            raise Stop(
                503,
                f"mỗi địa chỉ tải {DOWNLOADS_EACH} tệp một lúc: hãy đợi tệp đang tải xong"
                f" / {DOWNLOADS_EACH} download at a time and address: wait until yours has ended",
                {"Retry-After": str(_BUSY_S)},
            )
        if sum(self._under_way.values()) >= DOWNLOADS:
            raise Stop(
                503,
                "đang có nhiều người tải: hãy thử lại sau / many are downloading just now: try again in a moment",
                {"Retry-After": str(_BUSY_S)},
            )
        self._under_way[self.address] = self._under_way.get(self.address, 0) + 1
        self._holds = True

    def leave(self) -> None:
        """Give the place back."""
        if self._holds:
            self._holds = False
            left = self._under_way.pop(self.address, 1) - 1
            if left > 0:
                self._under_way[self.address] = left


def visit(scope: Scope) -> Visit:
    """The visit that a request belongs to."""
    return cast(Visit, scope[_VISIT])


class Door:
    """Middleware; everything but /open passes through."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._open = settings.open_data
        self._buckets = Buckets(settings.open_rate)
        self._under_way: dict[str, int] = {}
        self._always = {
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "ETag, Link, Retry-After, Content-Disposition",
            "cross-origin-resource-policy": "cross-origin",
            "link": f'<{settings.open_licence}>; rel="license"',
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (scope["path"] + "/").startswith(f"{PREFIX}/"):
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        came = Visit(who(client[0] if client else None), self._under_way)
        answer = self._answer(scope["method"], came.address)
        scope[_VISIT] = came

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._always.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            if answer is None:
                await self._app(scope, receive, sending)
            else:
                scope["route"] = _Named
                await answer(scope, receive, sending)
        finally:
            came.leave()

    def _answer(self, method: str, address: str) -> Response | None:
        """What is said at the door, or None: come in."""
        if not self._open:
            return problem(404, "dữ liệu mở đang tắt (IOC_OPEN_DATA) / open data is switched off here (IOC_OPEN_DATA)")
        wait_s = self._buckets.take(address, monotonic())
        if wait_s:
            detail = (
                f"hơn {self._buckets.rate} yêu cầu mỗi phút từ một địa chỉ: hãy thử lại sau {wait_s} giây"
                f" / more than {self._buckets.rate} requests a minute from one address: try again in {wait_s} s"
            )
            return problem(429, detail, headers={"Retry-After": str(wait_s)})
        if method == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT)
        return None
