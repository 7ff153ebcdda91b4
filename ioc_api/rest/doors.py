"""The door of every operation: who comes in, whether they may do this, and for which part of the city.

A route has exactly one `may(...)`, or stands in PUBLIC; tests/contract/test_doors.py goes through them all. The door
lets the rest of the request know who asks: as `request.state.who`, and for the database by `asking`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import cache
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.routing import BaseRoute

from infra.access.roles import ALLOWED, AT_SCREEN, NAMES, ROLES, Permission
from infra.access.who import Who
from ioc_api import asking
from ioc_api.asking import Asking
from ioc_api.gate import COOKIE, Refused
from ioc_api.problems import Stop
from ioc_api.rest import deeds
from ioc_api.rest.parts import Served, only_declared
from ioc_api.service import Service

_bearer = HTTPBearer(auto_error=False, description="An API token")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="The session of the operators' screen")
_SAFE = ("GET", "HEAD", "OPTIONS")

#: Routes without a door, by method and path: what everybody may ask, and what shows who somebody is.
PUBLIC: frozenset[tuple[str, str]] = frozenset(
    {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),  # from this machine; from elsewhere it asks who it is by itself
        ("GET", "/"),  # the page that says that the screen has not been built
        ("GET", "/wall"),  # the screen's page again
        ("GET", "/api/v1/session/ways"),
        ("GET", "/api/v1/session"),  # these look at the cookie by themselves: it may be locked
        ("POST", "/api/v1/session"),
        ("DELETE", "/api/v1/session"),
        ("POST", "/api/v1/session/seen"),
        ("POST", "/api/v1/session/lock"),
        ("POST", "/api/v1/session/unlock"),
        ("GET", "/api/v1/session/oidc"),
        ("GET", "/api/v1/session/oidc/return"),
        ("GET", "/a/{token}"),
        ("POST", "/a/{token}"),
    }
)
#: Open data have a door of their own, which counts.
PUBLIC_BELOW = "/open/v1"


ENROL = (
    "quản trị viên phải thiết lập xác thực hai bước trước / an administrator sets up a second factor first: see"
    " /api/v1/me/factor"
)
_NO_PROGRAM = (
    "mã truy cập của chương trình không làm được việc này: hãy đăng nhập trên màn hình / an API token may not do that:"
    " sign in at the screen ({})"
)

_Door = Callable[..., Awaitable[Who]]
_doors: dict[_Door, Permission] = {}


def denied(permission: Permission, who: Who | None = None) -> str:
    """Why somebody may not do that, and whose work it is: in both languages."""
    if who is not None and who.program and permission in AT_SCREEN:
        return _NO_PROGRAM.format(permission)
    having = [NAMES[role] for role in ROLES if permission in ALLOWED[role]]
    vi, en = (", ".join(names[i] for names in having) for i in (0, 1))
    return (
        f"bạn không có quyền làm việc này; vai trò có quyền: {vi} / you may not do that; who may: {en} ({permission})"
    )


async def admit(request: Request, service: Service, token: str | None, cookie: str | None) -> Who:
    """Who it is, or 401; 403 where a cookie that changes things comes from another page than ours."""
    address = request.client.host if request.client else ""
    try:
        with asking.ours():
            who = await service.gate.admit(token, {COOKIE: cookie} if cookie is not None else {}, address)
    except Refused as e:
        status = 503 if e.temporary else 401
        more = {"locked": True} if e.locked else {}
        request.state.locked = e.locked
        raise Stop(status, str(e), {"WWW-Authenticate": "Bearer"} if status == 401 else None, **more) from None
    safe = token is not None or request.method in _SAFE
    if not safe and not service.gate.same_origin(request.headers, request.scope["scheme"]):
        raise Stop(403, "trang này không được phép làm việc đó / this page may not do that")
    return who


@cache
def _door(permission: Permission, loose: bool) -> _Door:
    async def door(
        request: Request,
        service: Served,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
        cookie: Annotated[str | None, Security(_cookie)],
    ) -> Who:
        who = await admit(request, service, bearer.credentials if bearer else None, cookie)
        if not who.may(permission):
            raise Stop(403, ENROL if who.must_enrol else denied(permission, who))
        request.state.who = who
        deed = None if request.method in _SAFE else deeds.of(request)
        asking.begin(Asking(who, await service.scopes.part(who, permission), deed))
        # Who is let in comes first.
        if not loose:
            await only_declared(request)
        return who

    _doors[door] = permission
    return door


def may(permission: Permission, *, loose: bool = False) -> Any:
    """The dependency that lets in who has the permission: 401 for who has not shown who they are, 403 for who has and
    may not. Its value is the `Who`. ``loose``: an older operation, which takes unknown parameters as it always did."""
    return Depends(_door(permission, loose))


async def _anybody() -> None:
    asking.begin(asking.OURS)


def anybody() -> Any:
    """The dependency of a route that is open to all: it stands in PUBLIC. What it asks the database is asked by us."""
    return Depends(_anybody)


def whole_city() -> None:
    """403 for who may do it, but only in a part of the city: what is set here holds for all of it."""
    if not asking.part().all:
        raise Stop(403, "việc này áp dụng cho toàn thành phố; quyền của bạn chỉ trong một phần / this holds for the"
                   " whole city, and your permission is for a part of it")  # fmt: skip


def permissions(dependant: Dependant) -> Iterator[Permission | None]:
    """Of the doors of a route; None: open to all."""
    if dependant.call in _doors:
        yield _doors[cast(_Door, dependant.call)]
    if dependant.call is _anybody:
        yield None
    for part in dependant.dependencies:
        yield from permissions(part)


def routes(of: Iterable[BaseRoute], prefix: str = "") -> Iterator[tuple[str, APIRoute]]:
    """Every operation below some routes, with its whole path: routers that were included hold theirs themselves."""
    for route in of:
        if isinstance(route, APIRoute):
            yield prefix + route.path, route
        elif (inner := getattr(route, "original_router", None)) is not None:
            context = route.include_context  # type: ignore[attr-defined]  # FastAPI's own, which has no public name
            yield from routes(inner.routes, prefix + context.prefix)
