"""Which pages may make a browser ask us something: ours, and those of IOC_HTTP_ORIGINS.

token in the header   no page has it unless somebody gave it: not looked at here
cookie, changes       an Origin of ours; without one only where the browser says that the page is ours
cookie, reads         not where the browser says that another site's page asks
neither, changes      (sign-in) no Origin, or one of ours
token in the address  refused, whoever asks: addresses are written into logs and histories
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ioc_api.problems import problem

COOKIE = "ioc_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Links in messages act by what is in them, from whatever mail program shows them; an identity provider's answer by a
#: state that only the browser has that began (ioc_api/rest/oidc.py).
_LINKS = ("/a/", "/api/v1/session/oidc/return")
_SECRET = frozenset({"token", "access_token", "api_token", "api_key", "apikey", "authorization", "bearer", "password"})
#: What an address must hold to hold one of them: looked for first, and nearly never found.
_MAYBE = re.compile(r"(?i)token|key|authorization|bearer|password|%")

FOREIGN = "trang này không được phép làm việc đó / this page may not do that"
IN_ADDRESS = (
    "mã truy cập và mật khẩu không được nằm trong địa chỉ: hãy gửi bằng tiêu đề Authorization và đổi mã này"
    " / tokens and passwords do not belong into an address, which ends up in logs: send Authorization, and replace"
    " this one"
)


class Origins:
    """The origins whose pages are ours. ``public``: the address under which we are reached, if it is known."""

    def __init__(self, further: str, public: str = "") -> None:
        self._further = {o.strip().rstrip("/").lower() for o in further.split(",") if o.strip()}
        known = urlsplit(public.lower())
        self._https = known.netloc if known.scheme == "https" else ""
        if known.scheme in ("http", "https") and known.netloc:
            self._further.add(f"{known.scheme}://{known.netloc}")

    def ours(self, headers: Mapping[str, str], scheme: str = "http") -> bool:
        """Whether the Origin is ours: of the address that was asked, or one of those named. False without one.

        ``scheme``: how we were asked, as far as we know. By plain HTTP a proxy that we were not told of may speak HTTPS
        for us, so that its pages are ours too; but never the other way round: a page that came by plain HTTP may have
        been changed on its way.
        """
        origin = headers.get("origin", "").lower()
        if origin in self._further:
            return True
        if headers.get("sec-fetch-site") == "cross-site":
            return False  # whatever the rest says
        try:
            page = urlsplit(origin)
        except ValueError:
            return False
        host = headers.get("host", "").lower()
        plain = scheme in ("http", "ws") and host != self._https
        return page.netloc == host != "" and page.scheme in (("http", "https") if plain else ("https",))

    def may_change(self, headers: Mapping[str, str], scheme: str = "http", *, cookie: bool) -> bool:
        """Whether what changes something may come from where it does. ``cookie``: it is a browser that asks."""
        if "origin" in headers:
            return self.ours(headers, scheme)
        site = headers.get("sec-fetch-site")
        return site == "same-origin" if cookie else site in (None, "same-origin", "none")


def secrets_in(query: str) -> bool:
    """Whether an address holds what looks like a secret, by the names of its parameters."""
    return _MAYBE.search(query) is not None and any(
        name.lower() in _SECRET for name, _ in parse_qsl(query, keep_blank_values=True)
    )


def has_cookie(headers: Mapping[str, str], names: Iterable[str] = (COOKIE,)) -> bool:
    """Whether a session's cookie came along."""
    given = headers.get("cookie", "")
    return any(part.strip().startswith(f"{name}=") for part in given.split(";") for name in names) if given else False


class Pages:
    """ASGI: refuses requests of pages that are not ours. Sockets have a reason to give, and look themselves."""

    def __init__(self, app: ASGIApp, origins: str, public: str = "") -> None:
        self._app = app
        self._origins = Origins(origins, public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["query_string"] and secrets_in(scope["query_string"].decode("latin-1")):
                await problem(400, IN_ADDRESS)(scope, receive, send)
                return
            if not self._good(scope):
                await problem(403, FOREIGN)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _good(self, scope: Scope) -> bool:
        safe = scope["method"] in SAFE
        if safe and (b"sec-fetch-site", b"cross-site") not in scope["headers"]:
            return True  # nearly everything
        headers = Headers(scope=scope)
        if scope["path"].startswith(_LINKS):
            return True
        # A browser adds other kinds by itself; this one a page must have been given.
        token = headers.get("authorization", "")[:7].lower() == "bearer "
        if not safe:
            return self._origins.may_change(headers, scope["scheme"], cookie=has_cookie(headers) and not token)
        foreign = scope["path"].startswith("/api/") and has_cookie(headers) and not token
        return not foreign or self._origins.ours(headers, scope["scheme"])
