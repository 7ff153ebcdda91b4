"""How many requests an address may make: a second for long, and ten times as many at once.

This machine's own programs are not counted: whoever runs them can do worse. Of IPv6 an address is the network of 64
bits that one household gets; behind a proxy it is what a proxy of IOC_TRUSTED_PROXIES says. What another proxy passes
on is counted as that proxy, on this machine too.
"""

from __future__ import annotations

from time import monotonic

from starlette.types import ASGIApp, Receive, Scope, Send

from ioc_api.opendata.buckets import Buckets, who
from ioc_api.problems import problem
from ioc_api.proxies import is_own, note
from ioc_api.refusals import book

#: Seconds of its rate that an address may use at once.
AT_ONCE_S = 10


class Addresses:
    """ASGI: answers 429 to an address that asks too much. Health is always answered: it says what is wrong."""

    def __init__(self, app: ASGIApp, rate: int) -> None:
        self._app = app
        self._rate = rate
        self._buckets = Buckets(60 * rate, at_once=AT_ONCE_S * rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            note(scope)
        wait_s = self._wait_s(scope) if self._rate and scope["type"] in ("http", "websocket") else 0
        if not wait_s:
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            if (refusals := book(scope)) is not None:
                refusals.socket(None, (scope.get("client") or ("",))[0], "4013 rate")
            # A close before it was accepted would tell a browser nothing.
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 4013, "reason": f"too many requests: wait {wait_s} s"})
            return
        detail = (
            f"quá nhiều yêu cầu từ một địa chỉ: hãy thử lại sau {wait_s} giây / too many requests from one address:"
            f" try again in {wait_s} s"
        )
        await problem(429, detail, headers={"Retry-After": str(wait_s)})(scope, receive, send)

    def _wait_s(self, scope: Scope) -> int:
        host = (scope.get("client") or ("",))[0]
        return 0 if is_own(host) or scope["path"] == "/healthz" else self._buckets.take(who(host), monotonic())
