"""Parts of an answer over HTTP: which form is wanted, and whether the caller has it already."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.utils import formatdate

from fastapi import Request, Response

from infra.settings import Settings
from infra.times import SECOND
from ioc_api.opendata.stock import tag

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
_TAG = re.compile(r'(?:W/)?("[^"]*")')

#: Seconds that an answer may be kept: of what still grows; of what may still be completed; of what is settled.
RUNNING_S, OPEN_S, SETTLED_S = 300, 3600, 7 * 86_400


def base_url(request: Request, settings: Settings) -> str:
    """Where /open/v1/ is for the public. Without IOC_PUBLIC_URL: as the caller asked, if that can be an address."""
    if settings.public_url:
        return f"{settings.public_url.rstrip('/')}/open/v1/"
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host if _HOST.fullmatch(host) else 'localhost'}/open/v1/"


def choose(accept: str, offered: Sequence[str]) -> str:
    """The media type of those offered that a caller likes best (RFC 9110); the first of them where none fits."""
    best, found = 0.0, offered[0]
    ranges: dict[str, float] = {}
    for part in accept.lower().split(",")[:50]:
        kind, *parameters = (p.strip() for p in part.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        ranges[kind] = float(quality) if re.fullmatch(r"[01](\.[0-9]{0,3})?", quality) else 0.0
    for media in offered:
        whole = f"{media.partition('/')[0]}/*"
        liking = ranges.get(media, ranges.get(whole, ranges.get("*/*", 0.0)))
        if liking > best:
            best, found = liking, media
    return found


def has_already(request: Request, etag: str) -> bool:
    """Whether If-None-Match names the tag."""
    asked = request.headers.get("if-none-match")
    if asked is None:
        return False
    wanted = _TAG.fullmatch(etag)
    return asked.strip() == "*" or bool(wanted and wanted[1] in _TAG.findall(asked[:4000]))


def about(etag: str, keep_s: int, changed_us: int | None = None, *, vary: str | None = None) -> dict[str, str]:
    """The headers by which an answer is kept and checked."""
    found = {"ETag": etag, "Cache-Control": f"public, max-age={keep_s}"}
    if changed_us is not None:
        found["Last-Modified"] = formatdate(changed_us // SECOND, usegmt=True)
    if vary is not None:
        found["Vary"] = vary
    return found


def unchanged(headers: Mapping[str, str]) -> Response:
    """304."""
    return Response(status_code=304, headers=dict(headers))


def head_only(headers: Mapping[str, str], media: str) -> Response:
    """The answer to HEAD for what is only written when it is asked for, so that nobody knows its length."""
    answer = Response(media_type=media, headers=dict(headers))
    del answer.headers["content-length"]
    return answer


def whole(request: Request, body: bytes, media: str, keep_s: int, changed_us: int | None, vary: str | None) -> Response:
    """An answer that is made at once; its tag is that of its bytes."""
    headers = about(tag(media, body.decode()), keep_s, changed_us, vary=vary)
    if has_already(request, headers["ETag"]):
        return unchanged(headers)
    if media.startswith("text/"):
        media += "; charset=utf-8"
    return Response(body, media_type=media, headers=headers)
