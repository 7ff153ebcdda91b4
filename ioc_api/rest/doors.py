"""The door of every operation: who comes in, whether they may do this, and for which part of the city.

A route has exactly one `may(...)`, or stands in PUBLIC; tests/contract/test_doors.py goes through them all. The door
lets the rest of the request know who asks: as `request.state.who`, and for the database by `asking`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from infra.access.roles import ALLOWED, NAMES, ROLES, Permission
from infra.access.who import Grant, Who
from ioc_api.gate import COOKIE, Refused
from ioc_api.problems import Problem, Stop
from ioc_api.rest.parts import Served
from ioc_api.service import Service

_bearer = HTTPBearer(auto_error=False, description="An API token")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="The session of the operators' screen")
_SAFE = ("GET", "HEAD", "OPTIONS")

#: Routes without a door, by method and path: what everybody may ask, and what shows who somebody is.
PUBLIC: frozenset[tuple[str, str]] = frozenset(
    {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/"),  # the screen, or the page that says that it has not been built
        ("POST", "/api/v1/session"),
        ("DELETE", "/api/v1/session"),
        ("GET", "/a/{token}"),
        ("POST", "/a/{token}"),
    }
)
#: Open data have a door of their own, which counts.
PUBLIC_BELOW = "/open/v1"

DENIED: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem, "description": "You may not do that, or this page may not"},
}

_Door = Callable[..., Awaitable[Who]]
_doors: dict[_Door, Permission] = {}


def denied(permission: Permission) -> str:
    """Why somebody may not do that, and whose work it is: in both languages."""
    having = [NAMES[role] for role in ROLES if permission in ALLOWED[role]]
    vi, en = (", ".join(names[i] for names in having) for i in (0, 1))
    return (
        f"bạn không có quyền làm việc này; vai trò có quyền: {vi} / you may not do that; who may: {en} ({permission})"
    )


async def _admit(service: Service, token: str | None, cookies: dict[str, str], address: str) -> Who:
    await service.gate.admit(token, cookies)
    way = "token" if token is not None else "link"
    return Who("administrator" if token is not None else "screen", way, ((Grant("administrator"),),), address=address)


@cache
def _door(permission: Permission) -> _Door:
    async def door(
        request: Request,
        service: Served,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
        cookie: Annotated[str | None, Security(_cookie)],
    ) -> Who:
        token = bearer.credentials if bearer else None
        address = request.client.host if request.client else ""
        try:
            who = await _admit(service, token, {COOKIE: cookie} if cookie is not None else {}, address)
        except Refused as e:
            status = 503 if e.temporary else 401
            raise Stop(status, str(e), {"WWW-Authenticate": "Bearer"} if status == 401 else None) from None
        if bearer is None and request.method not in _SAFE and not service.gate.same_origin(request.headers):
            raise Stop(403, "trang này không được phép làm việc đó / this page may not do that")
        if not who.may(permission):
            raise Stop(403, denied(permission))
        request.state.who = who
        return who

    _doors[door] = permission
    return door


def may(permission: Permission) -> Any:
    """The dependency that lets in who has the permission: 401 for who has not shown who they are, 403 for who has and
    may not. Its value is the `Who`."""
    return Depends(_door(permission))


def permissions(dependant: Dependant) -> Iterator[Permission]:
    """Of the doors of a route."""
    if dependant.call in _doors:
        yield _doors[cast(_Door, dependant.call)]
    for part in dependant.dependencies:
        yield from permissions(part)
