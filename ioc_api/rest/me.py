"""One's own account: profile, password, second factor, sessions and tokens."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import psycopg
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from infra import audit
from infra.access import accounts, people, sessions, signin, tokens, totp
from infra.access.roles import PERMISSIONS
from infra.access.who import Who
from infra.times import text
from ioc_api.problems import Problem, Stop
from ioc_api.rest.doors import ENROL, may
from ioc_api.rest.parts import Served, Text
from ioc_api.rest.people import MISSING, Strict
from ioc_api.rest.persons import (
    GrantOut,
    Grants,
    Language,
    MadeToken,
    Number,
    Tokens,
    change,
    grants_out,
    token_out,
    when,
)
from ioc_api.rest.session import OVER, Secret, proving

#: 404: who asks has no account.
router = APIRouter(prefix="/me", tags=["me"], responses=MISSING)

_ANSWERS: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "Who signs in at the identity provider has no password here"},
    429: {"model": Problem, "description": "Too many tries: see Retry-After"},
}


class Factor(BaseModel):
    """The second factor."""

    on: bool
    since: str | None
    recovery_left: int = Field(description="Recovery codes that have not been used.")
    required: bool = Field(description="Whether it may not be done without.")


class MeOut(BaseModel):
    """One's own account."""

    id: int
    name: str
    full_name: str
    email: str
    language: Language
    way: Literal["password", "oidc", "link", "token"]
    password_at: str | None
    factor: Factor
    grants: list[GrantOut]
    permissions: list[str]


class MeChange(Strict):
    """What changes; what is left out stays."""

    full_name: Text | None = None
    email: Text | None = None
    language: Language | None = None


class NewPassword(Strict):
    """`old` is left empty by who has none yet, and has come in by a link."""

    old: Secret = ""
    new: Secret


class Password(Strict):
    """One's password, once more."""

    password: Secret


class Code(Strict):
    """A code that the authenticator shows."""

    factor: Text


class Both(Password):
    """One's password and a code, once more."""

    factor: Text


class Offered(BaseModel):
    """The secret of an authenticator: in use once a code of it was confirmed."""

    secret: str
    uri: str
    svg: str = Field(description="`uri` as a QR code.")


class Recovery(BaseModel):
    """Codes that stand in for the second factor, each once. Shown this once."""

    recovery_codes: list[str]


class SessionItem(BaseModel):
    """A session that has not ended."""

    id: str
    way: Literal["password", "oidc", "link"]
    created_at: str
    seen_at: str
    expires_at: str
    locked: bool
    address: str
    agent: str
    current: bool


class Sessions(BaseModel):
    """The one that was used last first."""

    items: list[SessionItem]


class NewToken(Strict):
    """A token of one's own, which may do what its grants and the account's both allow."""

    name: Text
    expires_at: Text = Field(description="RFC 3339 with an offset, at most 366 days ahead.")
    grants: Grants


def _account(who: Annotated[Who, may("self")]) -> Who:
    """Somebody who has an account: the token of the settings belongs to nobody."""
    if who.account is None:
        raise Stop(404, "mã truy cập này không thuộc về tài khoản nào / this token belongs to no account")
    return who


def _session(who: Annotated[Who, Depends(_account)]) -> Who:
    """Somebody at the screen: a token that was taken from its owner must not make others, or lock them out."""
    if not who.key.startswith("session "):
        raise Stop(403, "chỉ làm được khi đăng nhập trên màn hình / only who has signed in at the screen may do that")
    return who


Mine = Annotated[Who, Depends(_account)]
AtScreen = Annotated[Who, Depends(_session)]


@router.get("", operation_id="get_me", summary="One's own account")
async def get_me(who: Mine, service: Served) -> MeOut:
    def task(conn: psycopg.Connection) -> dict[str, Any]:
        account, grants = accounts.find(conn, _number(who)), accounts.grants(conn, _number(who))
        required = service.settings.administrators_need_factor and any(g.role == "administrator" for g in grants)
        return {
            "id": account.id, "name": account.name, "full_name": account.full_name, "email": account.email,
            "language": account.language, "way": who.way, "password_at": text(account.password_at),
            "factor": {
                "on": account.second_factor, "since": text(totp.since(conn, account.id)),
                "recovery_left": totp.left(conn, account.id), "required": required,
            },
            "grants": grants_out(grants), "permissions": [p for p in PERMISSIONS if who.may(p)],
        }  # fmt: skip

    return MeOut.model_validate(await change(service, task))


@router.patch("", operation_id="change_me", summary="Change one's own profile")
async def change_me(who: AtScreen, service: Served, asked: MeChange) -> MeOut:
    def task(conn: psycopg.Connection) -> None:
        people.write(
            conn, who.name, None, full_name=asked.full_name, email=asked.email, language=asked.language, by=who
        )

    await change(service, task)
    return await get_me(who, service)


@router.post(
    "/password", operation_id="change_password", status_code=204, summary="Choose another password", responses=_ANSWERS
)
async def change_password(who: AtScreen, service: Served, asked: NewPassword) -> None:
    """Other sessions end."""
    account = await service.database.act(lambda conn: accounts.find(conn, _number(who)))
    if not account.has_password and who.way != "link":
        raise Stop(409, "bạn đăng nhập bằng hệ thống định danh, không dùng mật khẩu ở đây"
                        " / you sign in at the identity provider, and have no password here")  # fmt: skip

    def task(conn: psycopg.Connection) -> None:
        if account.has_password:
            signin.prove(conn, who.name, asked.old, who.address, "account.password")
        kept = signin.made(account, asked.new)
        with conn.transaction():
            signin.choose(conn, account.id, kept, who, who.key.removeprefix("session "))

    await proving(service, task, _wrong("old"), "new")
    service.gate.forget()


@router.post("/factor", operation_id="offer_factor", summary="Offer a second factor", responses=_ANSWERS)
async def offer_factor(who: AtScreen, service: Served, asked: Password) -> Offered:
    """It is in use once a code of it was confirmed."""

    def task(conn: psycopg.Connection) -> tuple[str, str]:
        signin.prove(conn, who.name, asked.password, who.address, "account.factor")
        return totp.begin(conn, _number(who))

    secret, uri = await proving(service, task, _wrong("password"))
    return Offered(secret=secret, uri=uri, svg=totp.picture(uri))


@router.post(
    "/factor/confirm", operation_id="confirm_factor", summary="Take the offered second factor into use",
    responses={429: _ANSWERS[429]},
)  # fmt: skip
async def confirm_factor(who: AtScreen, service: Served, asked: Code) -> Recovery:
    def task(conn: psycopg.Connection) -> list[str]:
        return signin.confirm_factor(conn, _number(who), asked.factor, who)

    codes = await proving(service, task, _wrong("factor"))
    service.gate.forget()
    return Recovery(recovery_codes=codes)


@router.post(
    "/factor/remove", operation_id="remove_factor", status_code=204, summary="Do without a second factor",
    responses=_ANSWERS,
)  # fmt: skip
async def remove_factor(who: AtScreen, service: Served, asked: Both) -> None:
    """Its recovery codes are good no more. Who needs one sets up another before anything else."""
    number = _number(who)

    def task(conn: psycopg.Connection) -> None:
        signin.prove(conn, who.name, asked.password, who.address, "account.factor")
        signin.prove_factor(conn, number, who.name, asked.factor, who.address, "account.factor")
        with conn.transaction():
            totp.end(conn, number)
            audit.record(conn, who, "account.factor", f"account {who.name}", detail="off")

    await proving(service, task, _wrong("password"))
    service.gate.forget()


@router.get("/sessions", operation_id="list_my_sessions", summary="One's sessions")
async def list_my_sessions(who: Mine, service: Served) -> Sessions:
    idle = service.settings.idle_lock_min
    found = await service.database.act(lambda conn: sessions.listed(conn, _number(who), idle))
    return Sessions.model_validate(
        {
            "items": [
                {
                    **s._asdict(), "created_at": text(s.created_at), "seen_at": text(s.seen_at),
                    "expires_at": text(s.expires_at), "current": who.key == f"session {s.id}",
                }
                for s in found
            ]
        }
    )  # fmt: skip


@router.delete(
    "/sessions/{name}", operation_id="end_my_session", status_code=204, summary="End one of one's sessions",
    responses=MISSING,
)  # fmt: skip
async def end_my_session(who: AtScreen, service: Served, name: Text) -> None:
    def task(conn: psycopg.Connection) -> None:
        sessions.end(conn, _number(who), name)
        audit.record(conn, who, "session.end", f"account {who.name}", detail=f"session {name}")

    await change(service, task)


@router.delete("/sessions", operation_id="end_my_sessions", status_code=204, summary="Sign out elsewhere")
async def end_my_sessions(
    who: AtScreen,
    service: Served,
    everywhere: Annotated[bool, Query(alias="all", description="Here too.")] = False,
) -> None:
    def task(conn: psycopg.Connection) -> None:
        ended = sessions.end_all(conn, _number(who), "" if everywhere else who.key.removeprefix("session "))
        audit.record(conn, who, "session.end", f"account {who.name}", detail=f"{ended}")

    await change(service, task)


@router.get("/tokens", operation_id="list_my_tokens", summary="One's API tokens")
async def list_my_tokens(who: Mine, service: Served) -> Tokens:
    """The newest first, and those that were revoked too."""
    found = await service.database.act(lambda conn: tokens.listed(conn, account=_number(who)))
    return Tokens.model_validate({"items": [token_out(t) for t in found]})


@router.post("/tokens", operation_id="create_my_token", status_code=201, summary="An API token of one's own")
async def create_my_token(who: AtScreen, service: Served, asked: NewToken) -> MadeToken:
    if who.must_enrol:
        raise Stop(403, ENROL)
    grants, ends = [grant.grant() for grant in asked.grants], when(asked.expires_at, "body.expires_at")
    assert ends is not None  # noqa: S101

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        accounts.turn(conn)
        if not sessions.lasts(conn, who.key.removeprefix("session ")):  # as after a reset, which ends tokens too
            raise Stop(401, OVER)
        token, made = people.token(conn, _number(who), asked.name, grants, service.catalog, expires_at=ends, by=who)
        return {**token_out(made), "token": token}

    return MadeToken.model_validate(await change(service, task))


@router.delete(
    "/tokens/{number}", operation_id="revoke_my_token", status_code=204, summary="Revoke an API token",
    responses=MISSING,
)  # fmt: skip
async def revoke_my_token(who: AtScreen, service: Served, number: Number) -> None:
    await change(service, lambda conn: people.revoke(conn, number, account=_number(who), by=who))


def _number(who: Who) -> int:
    assert who.account is not None  # noqa: S101
    return who.account


def _wrong(field: str) -> Stop:
    """Not 401: the session is good, and the screen must not take it for over."""
    return Stop(422, f"body.{field}: mật khẩu hoặc mã không đúng / the password or the code is not right")
