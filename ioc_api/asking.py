"""Who is asking, for everything that a request sets in motion: which part of the city it sees, and by which rights it
asks the database.

A door says it once (`begin`); what runs in the request's task, or in threads that it starts, finds it here. A request
that has come through no door is nobody's: whatever it asks the database for is refused. What is not a request at all
(our own loops, the live feed) is ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from infra.access.who import SERVICE, Who
from ioc_api.deed import Deed
from ioc_api.part import ALL, Part


class Asking(NamedTuple):
    """Somebody, their part of the city, and what they are about to change, if anything."""

    who: Who
    part: Part
    deed: Deed | None = None


class Forgotten(RuntimeError):
    """A request that came through no door wants something: a fault of ours, and nothing is given."""


OURS = Asking(SERVICE, ALL)
_asking: ContextVar[Asking | None] = ContextVar("asking", default=OURS)


def now() -> Asking:
    """Who is asking now. Forgotten where that is nobody."""
    found = _asking.get()
    if found is None:
        raise Forgotten("a request that came through no door asks for something")
    return found


def part() -> Part:
    """The part of the city that whoever is asking sees: what the application's filters go by."""
    return now().part


def begin(asking: Asking) -> None:
    """From here on it is they who ask."""
    _asking.set(asking)


@contextmanager
def ours() -> Iterator[None]:
    """What is done here is done for ourselves: to find out who somebody is, or for what all requests share."""
    before = _asking.set(OURS)
    try:
        yield
    finally:
        _asking.reset(before)


class Nobody:
    """ASGI: a request is nobody's until it has come through a door."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            _asking.set(None)
        await self._app(scope, receive, send)
