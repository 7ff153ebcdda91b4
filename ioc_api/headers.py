"""Around every HTTP answer: headers that keep browsers safe, what the metrics count, and refusals for the audit."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra import telemetry
from ioc_api.reference import STYLE_SOURCE
from ioc_api.refusals import STATUSES, book

#: Nothing is loaded from elsewhere and nothing runs inline. The map paints with data URLs and blobs; the one inline
#: style sheet is that of /docs.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' {STYLE_SOURCE}",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_ALWAYS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
#: Who has come by HTTPS once shall not be talked out of it for a year. Other names of the domain are not ours to bind.
_HSTS = "max-age=31536000"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Around:
    """Middleware; websockets pass through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", _HSTS)
                headers.setdefault("cache-control", _caching(scope["path"], status))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            route = _route(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            telemetry.API_REQUESTS.labels(method, route, str(status)).inc()
            telemetry.API_SECONDS.labels(route).observe(perf_counter() - begun)
            if status in STATUSES and (refusals := book(scope)) is not None:
                refusals.request(scope, status, route)


def _caching(path: str, status: int) -> str:
    # Built files carry a hash of their content in their name.
    return "public, max-age=31536000, immutable" if path.startswith("/assets/") and status == 200 else "no-store"


def _route(scope: Scope) -> str:
    # Never the path as it came: anybody could make as many series as there are paths.
    path: Any = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) and path else "screen"
