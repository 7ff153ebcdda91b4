"""Sessions of the operators' screen: signing in, locking, opening again, signing out.

Its routes are open to all, for they show who somebody is; each looks at the cookie by itself, for it may be locked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import psycopg
from fastapi import APIRouter, Cookie, Request, Response
from pydantic import AfterValidator, BaseModel, Field

from infra import audit
from infra.access import accounts, holders, sessions, signin
from infra.access.accounts import Account
from infra.access.errors import Refused
from infra.access.secret import digest
from infra.access.sessions import Session
from infra.access.signin import Chooser, Visit, Wait, Wrong
from infra.access.who import Who
from infra.times import text
from ioc_api.gate import COOKIE
from ioc_api.problems import Problem, Stop
from ioc_api.rest.doors import anybody
from ioc_api.rest.parts import Served, Text, clean
from ioc_api.rest.people import Strict
from ioc_api.service import Service
from ioc_api.signin.provider import named

T = TypeVar("T")

router = APIRouter(prefix="/session", tags=["session"], dependencies=[anybody()])

#: A password as it is typed. What is too long is wrong, or refused where it is chosen.
Secret = Annotated[str, Field(max_length=1024), AfterValidator(clean)]
Held = Annotated[str | None, Cookie(alias=COOKIE)]

WRONG = "tên đăng nhập, mật khẩu hoặc mã không đúng / the name, the password or the code is not right"
OVER = "phiên làm việc đã kết thúc: hãy đăng nhập lại / the session has ended: sign in again"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "That does not let you in"},
    403: {"model": Problem, "description": "This page may not do that"},
    429: {"model": Problem, "description": "Too many tries: see Retry-After"},
}


class Names(BaseModel):
    """In both languages."""

    vi: str
    en: str


class Ways(BaseModel):
    """How somebody may sign in."""

    password: bool
    oidc: Names | None = Field(description="What the identity provider is called; null: there is none.")


class SignIn(Strict):
    """The code of a link, with the password that is chosen by it; or a name and a password, with a second factor."""

    code: Text | None = None
    name: Text | None = None
    password: Secret | None = None
    factor: Text | None = Field(None, description="Six digits of the authenticator, or a recovery code.")


class SignedIn(BaseModel):
    """What comes next: nothing (the cookie is set), the second factor, or choosing a password."""

    next: Literal["done", "factor", "choose_password"]
    name: str | None = None
    full_name: str | None = None


class Unlock(Strict):
    """What opens a locked session: the password. A second factor is checked where it is given."""

    password: Secret
    factor: Text | None = None


class SessionOut(BaseModel):
    """The session of a cookie."""

    name: str
    full_name: str
    way: Literal["password", "oidc", "link"]
    locked: bool
    password: bool = Field(description="Whether a password opens it when it is locked; else by signing in again.")
    idle_lock_min: int = Field(description="Minutes without anybody after which it is locked; 0: never.")
    expires_at: str
    must_enrol: bool = Field(description="Nothing else may be done before a second factor is set up.")


class _Mine(NamedTuple):
    account: Account
    session: Session
    who: Who


def address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def visit(request: Request, service: Service) -> Visit:
    """Where somebody comes from who signs in, and how long they may stay."""
    return Visit(address(request), request.headers.get("user-agent", ""), service.settings.session_h)


def keep(answer: Response, request: Request, service: Service, cookie: str) -> None:
    """Let the browser hold the session's cookie."""
    # Behind a proxy that speaks TLS the page's own address tells that it was https.
    page = request.headers.get("origin") or service.settings.public_url
    answer.set_cookie(
        COOKIE, cookie, max_age=round(service.settings.session_h * 3600), path="/", httponly=True, samesite="strict",
        secure=request.url.scheme == "https" or page.startswith("https://"),
    )  # fmt: skip


def drop(answer: Response) -> None:
    """Let the browser forget it."""
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


async def proving(service: Service, task: Callable[[psycopg.Connection], T], wrong: Stop, chosen: str = "") -> T:
    """Run what looks at a password: few at a time. ``wrong`` where it is not right, 429 where it was tried too often,
    422 where a new one, which is in the field ``chosen``, is not good enough."""
    try:
        async with service.gate.proving():
            return await service.database.act(task)
    except Wrong:
        raise wrong from None
    except Wait as e:
        raise Stop(
            429,
            f"thử sai quá nhiều lần: đợi {e.seconds} giây rồi thử lại / too many tries: wait {e.seconds} s",
            {"Retry-After": str(e.seconds)},
        ) from None
    except Refused as e:
        raise Stop(422, f"body.{chosen}: {e}" if chosen else str(e)) from None


async def _mine(request: Request, service: Service, cookie: str | None) -> _Mine:
    """The session of a cookie, be it locked or not; 401 where there is none."""
    if cookie is None:
        raise Stop(401, OVER)

    def task(conn: psycopg.Connection) -> _Mine | None:
        found = sessions.find(conn, cookie, service.settings.idle_lock_min)
        if found is None:
            return None
        account, grants = accounts.find(conn, found[0]), accounts.grants(conn, found[0])
        enrol = service.settings.administrators_need_factor and holders.enrols(
            account.second_factor, found[1].way, grants
        )
        who = Who(
            account.name, found[1].way, (grants,), account.id, f"session {found[1].id}", None, address(request), enrol
        )
        return _Mine(account, found[1], who) if grants else None

    mine = await service.database.act(task)
    if mine is None:
        raise Stop(401, OVER)
    return mine


@router.get("/ways", operation_id="list_ways", summary="How somebody may sign in")
async def list_ways(service: Served) -> Ways:
    found = named(service.settings)
    return Ways(password=True, oidc=Names(**found) if found else None)


@router.post(
    "",
    operation_id="open_session",
    summary="Sign in: by a name and a password, or by the code of a link",
    responses=_ANSWERS,
    response_model_exclude_none=True,
)
async def open_session(
    request: Request, response: Response, service: Served, asked: SignIn, session: Held = None
) -> SignedIn:
    """Sets the cookie of a session where `next` is `done`. What is wrong is answered alike, whatever it is."""
    at = visit(request, service)
    if asked.code is not None and asked.name is None:
        code, chosen = asked.code, asked.password
        refused = Stop(
            401,
            "liên kết không đúng, đã dùng hoặc đã hết hạn: hãy lấy liên kết mới"
            " / this code is not known, was used already, or has expired: take a new link",
        )
        found = await proving(service, lambda conn: signin.by_code(conn, code, chosen, at), refused, "password")
    elif asked.code is None and asked.name is not None and asked.password is not None:
        name, password = asked.name, asked.password
        found = await proving(
            service, lambda conn: signin.by_password(conn, name, password, asked.factor, at), Stop(401, WRONG)
        )
    else:
        raise Stop(422, "body: gửi code, hoặc name và password / send a code, or a name and a password")
    if found is None:
        return SignedIn(next="factor")
    if isinstance(found, Chooser):
        return SignedIn(next="choose_password", name=found.name, full_name=found.full_name)
    if session is not None:
        # The browser holds one at a time: the one of before would be nobody's.
        held = digest(session)
        await service.database.act(lambda conn: conn.execute("DELETE FROM session WHERE token_hash = %s", [held]))
    keep(response, request, service, found.cookie)
    return SignedIn(next="done")


@router.get(
    "", operation_id="get_session", summary="The session of this cookie, be it locked or not", responses=_ANSWERS
)
async def get_session(request: Request, service: Served, session: Held = None) -> SessionOut:
    mine = await _mine(request, service, session)
    return SessionOut.model_validate(
        {
            "name": mine.account.name, "full_name": mine.account.full_name, "way": mine.session.way,
            "locked": mine.session.locked, "password": mine.account.has_password,
            "idle_lock_min": service.settings.idle_lock_min, "expires_at": text(mine.session.expires_at),
            "must_enrol": mine.who.must_enrol,
        }
    )  # fmt: skip


@router.post(
    "/seen", operation_id="keep_session", status_code=204, summary="Somebody does something", responses=_ANSWERS
)
async def keep_session(request: Request, service: Served, session: Held = None) -> None:
    """A session that nobody is seen in for `idle_lock_min` minutes is locked. 401 where it is already."""
    held, idle = session or "", service.settings.idle_lock_min
    if not await service.database.act(lambda conn: sessions.seen(conn, held, idle)):
        mine = await _mine(request, service, session)
        raise Stop(401, "phiên làm việc đang khoá: hãy mở khoá / the session is locked: unlock it",
                   locked=mine.session.locked)  # fmt: skip


@router.post("/lock", operation_id="lock_session", status_code=204, summary="Lock the session", responses=_ANSWERS)
async def lock_session(request: Request, service: Served, session: Held = None) -> None:
    """Only its owner opens it again."""
    mine = await _mine(request, service, session)

    def task(conn: psycopg.Connection) -> None:
        sessions.lock(conn, mine.session.id)
        audit.record(conn, mine.who, "session.lock", f"account {mine.account.name}")

    if not mine.session.locked:
        await service.database.act(task)
        service.gate.forget()


@router.post(
    "/unlock", operation_id="unlock_session", status_code=204, summary="Open a locked session", responses=_ANSWERS
)
async def unlock_session(
    request: Request, response: Response, service: Served, asked: Unlock, session: Held = None
) -> None:
    """It gets another cookie. A session of who has no password is over when it is locked: they sign in again."""
    mine = await _mine(request, service, session)
    if not mine.account.has_password:
        said = "tài khoản này không có mật khẩu: hãy đăng nhập lại / this account has no password: sign in again"
        raise Stop(401, said, locked=mine.session.locked)
    cookie = await proving(
        service,
        lambda conn: signin.unlock(conn, mine.session.id, mine.account.name, asked.password, asked.factor, mine.who),
        Stop(401, WRONG, locked=mine.session.locked),
    )
    keep(response, request, service, cookie)
    service.gate.forget()


@router.delete("", operation_id="close_session", summary="End the session", status_code=204, responses=_ANSWERS)
async def close_session(request: Request, response: Response, service: Served, session: Held = None) -> None:
    drop(response)
    if session is None:
        return

    def task(conn: psycopg.Connection) -> None:
        found = sessions.find(conn, session, 0)
        conn.execute("DELETE FROM session WHERE token_hash = %s", [digest(session)])
        if found is not None:
            account = accounts.find(conn, found[0])
            who = Who(account.name, found[1].way, (), account.id, f"session {found[1].id}", address=address(request))
            audit.record(conn, who, "session.close", f"account {account.name}")

    await service.database.act(task)
    service.gate.forget()
