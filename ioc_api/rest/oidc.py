"""Signing in at an identity provider: to it, and back. Both are addresses that a browser goes to.

Whatever goes wrong ends on the sign-in page, at `/#sign-in=failed&why=…`: `away` the provider does not answer, `late`
it took too long or was begun elsewhere, `denied` the provider or the person said no, `unlisted` there is nothing for
them here. What exactly it was stands in the log and the audit.
"""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import psycopg
import structlog
from fastapi import APIRouter, Cookie, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator

from infra.access import identities, throttle
from infra.access.identities import Unlisted
from infra.access.secret import digest
from infra.access.signin import Opened
from infra.access.who import Who
from infra.audit.refusals import refuse
from ioc_api.pages import FOREIGN
from ioc_api.problems import Problem, Stop
from ioc_api.rest.doors import anybody
from ioc_api.rest.parts import Served, clean
from ioc_api.rest.session import Held, address, keep, visit
from ioc_api.service import Service
from ioc_api.signin import attempt
from ioc_api.signin.provider import Away, Denied, Provider

#: Comes along from the provider's pages, which the session's own cookie does not. It can do nothing but come back.
COOKIE = "ioc_oidc"
_PATH = "/api/v1/session/oidc"
_MOST = 4096

Why = Literal["away", "late", "denied", "unlisted"]
Said = Annotated[Annotated[str, AfterValidator(clean)] | None, Query(max_length=_MOST)]

router = APIRouter(
    prefix="/session/oidc",
    tags=["session"],
    dependencies=[anybody()],
    responses={
        302: {"description": "Where the browser goes on"},
        404: {"model": Problem, "description": "There is no identity provider"},
    },
    default_response_class=RedirectResponse,
)

log = structlog.get_logger()


def _provider(service: Service) -> Provider:
    if service.provider is None:
        raise Stop(
            404,
            "chưa cấu hình hệ thống định danh (IOC_OIDC_ISSUER) / there is no identity provider (IOC_OIDC_ISSUER)",
        )
    return service.provider


def _base(request: Request, service: Service) -> str:
    """Where we are for browsers: IOC_PUBLIC_URL, else as this one asked (the provider knows which it may send to)."""
    return service.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")


def _go(request: Request, service: Service, where: str, held: str | None) -> RedirectResponse:
    """On to there; the browser holds the attempt's cookie, or forgets it."""
    answer = RedirectResponse(where, 302, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    secure = urlsplit(_base(request, service)).scheme == "https"
    answer.set_cookie(
        COOKIE, held or "", max_age=attempt.VALID_S if held else 0, path=_PATH, httponly=True, samesite="lax",
        secure=secure,
    )  # fmt: skip
    return answer


def _failed(request: Request, service: Service, why: Why, because: str, **facts: Any) -> RedirectResponse:
    log.warning("oidc.failed", why=why, because=because, **facts)
    return _go(request, service, f"/#sign-in=failed&why={why}", None)


@router.get("", operation_id="begin_oidc", summary="Go to the identity provider to sign in", status_code=302)
async def begin_oidc(request: Request, service: Served) -> RedirectResponse:
    """A browser goes there; what it needs to come back with is in a cookie of its own, for ten minutes."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        # Where the provider does not ask anew, another site's page could sign somebody in who did not mean to.
        raise Stop(403, FOREIGN)
    provider = _provider(service)
    try:
        where, made = await provider.begin(f"{_base(request, service)}{_PATH}/return", time.time())
    except Away as e:
        return _failed(request, service, "away", str(e))
    return _go(request, service, where, made.cookie)


@router.get(
    "/return",
    operation_id="finish_oidc",
    summary="Come back from the identity provider",
    status_code=302,
    responses={429: {"model": Problem, "description": "Too many tries: see Retry-After"}},
)
async def finish_oidc(
    request: Request,
    service: Served,
    state: Said = None,
    code: Said = None,
    error: Said = None,
    iss: Said = None,
    held: Annotated[str | None, Cookie(alias=COOKIE)] = None,
    session: Held = None,
) -> RedirectResponse:
    """With a good answer a session begins, as after a password."""
    provider = _provider(service)
    made = attempt.resume(held, state, time.time())
    if made is None:
        service.refusals.request(request.scope, 401, "/session/oidc/return")
        return _failed(request, service, "late", "this browser did not begin it, or too long ago")
    try:
        await provider.names_itself(iss)
    except Away as e:
        return _failed(request, service, "away", str(e))
    except Denied as e:
        code, error = None, str(e)
    if code is None:
        # Nobody counts who says no; words of RFC 6749, 4.1.2.1, are short, and what else is said is not ours to repeat.
        service.refusals.request(request.scope, 401, "/session/oidc/return")
        return _failed(request, service, "denied", f"the answer brings no code: {(error or '')[:60]!r}")
    tries = throttle.sign_in("", address(request))
    await _count(service, tries[1])
    try:
        claims = await provider.who(code, made, f"{_base(request, service)}{_PATH}/return")
        opened = await _enter(service, provider, claims, request)
    except Away as e:
        await service.database.act(lambda conn: throttle.well(conn, *tries))
        return _failed(request, service, "away", str(e))
    except Denied as e:
        await _record(service, request, str(e))
        return _failed(request, service, "denied", str(e))
    except Unlisted as e:
        return _failed(request, service, "unlisted", str(e))
    await service.database.act(lambda conn: _settle(conn, tries, session))
    answer = _go(request, service, "/", None)
    keep(answer, request, service, opened.cookie)
    return answer


async def _count(service: Service, key: throttle.Key) -> None:
    """429 where so many codes were no good from this address that we do not ask the provider for another one."""
    if seconds := await service.database.act(lambda conn: throttle.enter(conn, key)):
        raise Stop(
            429,
            f"thử sai quá nhiều lần: đợi {seconds} giây rồi thử lại / too many tries: wait {seconds} s",
            {"Retry-After": str(seconds)},
        )


async def _enter(service: Service, provider: Provider, claims: dict[str, Any], request: Request) -> Opened:
    where = visit(request, service)
    return await service.database.act(
        lambda conn: identities.sign_in(conn, provider.issuer, claims, provider.rules, service.catalog, where)
    )


def _settle(conn: psycopg.Connection, tries: tuple[throttle.Key, throttle.Key], session: str | None) -> None:
    throttle.well(conn, *tries)
    if session is not None:
        # The browser holds one at a time: the one of before, where it came along, would be nobody's.
        conn.execute("DELETE FROM session WHERE token_hash = %s", [digest(session)])


async def _record(service: Service, request: Request, why: str) -> None:
    who = Who("?", "oidc", (), None, address=address(request))
    await service.database.act(lambda conn: refuse(conn, who, "session.open", "account ?", detail=why))
