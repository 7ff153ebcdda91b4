"""Around every HTTP answer: headers that keep browsers safe, what the metrics count, and refusals for the audit."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra import telemetry
from ioc_api.problems import fault
from ioc_api.reference import STYLE_SOURCE
from ioc_api.refusals import STATUSES, book

#: Nothing is loaded from elsewhere and nothing runs inline. The map paints with data URLs and blobs; the one inline
#: style sheet is that of /docs.
_POLICY = {
    "default-src": "'none'",
    "object-src": "'none'",
    "script-src": "'self'",
    "style-src": f"'self' {STYLE_SOURCE}",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
#: What a map's style on another origin is fetched by.
_OF_A_MAP = ("img-src", "connect-src")


def policy(origins: Iterable[str] = ()) -> str:
    """The content policy; of ``origins`` the map may take its ground, and nothing else is taken from there."""
    more = "".join(f" {origin}" for origin in origins)
    return "; ".join(f"{name} {of}{more if name in _OF_A_MAP else ''}" for name, of in _POLICY.items())


POLICY = policy()
ALWAYS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Around:
    """Middleware; websockets pass through."""

    def __init__(self, app: ASGIApp, hsts: str = "", origins: Iterable[str] = ()) -> None:
        self._app = app
        always = {**ALWAYS, "content-security-policy": policy(origins)}
        self._always = [(name.encode(), value.encode()) for name, value in always.items()]
        # Who has come by HTTPS once shall not be talked out of it.
        self._https = [*self._always, (b"strict-transport-security", hsts.encode())] if hsts else self._always

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = perf_counter()
        status: int | None = None

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = list(message.get("headers", ()))
                there = {name for name, _ in given}
                more = self._https if scope["scheme"] == "https" else self._always
                caching = (b"cache-control", _caching(scope["path"], message["status"]))
                message = {**message, "headers": given + [h for h in (*more, caching) if h[0] not in there]}
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as e:
            if status is None:
                await fault(scope["path"], e)(scope, receive, sending)
            raise  # who serves us ends the connection where an answer was begun
        finally:
            status = status or 500
            route = _route(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            telemetry.API_REQUESTS.labels(method, route, str(status)).inc()
            telemetry.API_SECONDS.labels(route).observe(perf_counter() - begun)
            if status in STATUSES and (refusals := book(scope)) is not None:
                refusals.request(scope, status, route)


def _caching(path: str, status: int) -> bytes:
    # Built files carry a hash of their content in their name.
    return b"public, max-age=31536000, immutable" if path.startswith("/assets/") and status == 200 else b"no-store"


def _route(scope: Scope) -> str:
    # Never the path as it came: anybody could make as many series as there are paths.
    path: Any = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) and path else "screen"
