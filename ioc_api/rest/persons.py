"""What the operations about people share: how people, grants and tokens are shown, and what changes answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import psycopg
from fastapi import Path, Request
from pydantic import BaseModel, Field

from infra import remote
from infra.access import accounts, granting
from infra.access.accounts import Account
from infra.access.errors import Conflict, Needed, Refused, Unknown
from infra.access.tokens import Token
from infra.access.who import Grant
from infra.times import moment, text
from ioc_api.problems import Stop
from ioc_api.rest import spans
from ioc_api.rest.parts import Text
from ioc_api.rest.people import Strict
from ioc_api.service import Service

T = TypeVar("T")

Number = Annotated[int, Path(ge=1, lt=2**62)]
Codes = Annotated[list[Text], Field(max_length=granting.MOST_PARTS)]
Language = Literal["vi", "en"]


class GrantIn(Strict):
    """A role within areas, zones and domains (empty: all); `department` for that role alone."""

    role: Literal["viewer", "operator", "department", "technician", "administrator"]
    areas: Codes = Field(default_factory=list)
    zones: Codes = Field(default_factory=list)
    domains: Codes = Field(default_factory=list)
    department: Text | None = None
    ends_at: Text | None = Field(None, description="RFC 3339 with an offset; null: without an end.")

    def grant(self) -> Grant:
        """As it is kept, or 422."""
        return Grant(
            self.role, tuple(self.areas), tuple(self.zones), tuple(self.domains), self.department,
            when(self.ends_at, "body.grants.ends_at"),
        )  # fmt: skip


Grants = Annotated[list[GrantIn], Field(max_length=granting.MOST)]


class GrantOut(BaseModel):
    """A role, and where."""

    role: Literal["viewer", "operator", "department", "technician", "administrator", "wallboard"]
    areas: list[str]
    zones: list[str]
    domains: list[str]
    department: str | None
    ends_at: str | None


class PersonOut(BaseModel):
    """Somebody with an account."""

    name: str
    full_name: str
    email: str
    language: Language
    disabled: bool
    password_at: str | None = Field(description="When they chose their password; null: they have none.")
    factor: bool = Field(description="Whether they have a second factor.")
    oidc: bool = Field(description="Whether they sign in at the identity provider.")
    created_at: str
    last_seen_at: str | None
    revision: int
    grants: list[GrantOut]


class TokenOut(BaseModel):
    """A token of a program or a wallboard, without its secret."""

    id: int
    name: str
    hint: str = Field(description="How it begins.")
    grants: list[GrantOut]
    created_at: str
    created_by: str
    expires_at: str | None
    used_at: str | None
    used_from: str
    revoked_at: str | None
    revoked_by: str | None


class MadeToken(TokenOut):
    """A new one; the token itself is shown this once."""

    token: str


class Tokens(BaseModel):
    """The newest first."""

    items: list[TokenOut]


def when(given: str | None, place: str) -> datetime | None:
    """A time of a request, or 422."""
    return None if given is None else moment(spans.moment(given, place))


def grants_out(grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """Grants as they are shown."""
    return [
        {
            "role": g.role, "areas": list(g.areas), "zones": list(g.zones), "domains": list(g.domains),
            "department": g.department, "ends_at": text(g.ends_at),
        }
        for g in grants
    ]  # fmt: skip


def person(account: Account, grants: Iterable[Grant]) -> dict[str, Any]:
    """Somebody as they are shown and recorded."""
    return {
        "name": account.name, "full_name": account.full_name, "email": account.email, "language": account.language,
        "disabled": account.disabled_at is not None, "password_at": text(account.password_at),
        "factor": account.second_factor, "oidc": account.elsewhere, "created_at": text(account.created_at),
        "last_seen_at": text(account.seen_at), "revision": account.revision, "grants": grants_out(grants),
    }  # fmt: skip


def found(conn: psycopg.Connection, name: str) -> dict[str, Any]:
    """Somebody by their name, as they stand now."""
    account = accounts.named(conn, name)
    return person(account, accounts.grants(conn, account.id))


def token_out(t: Token) -> dict[str, Any]:
    """A token as it is shown and recorded."""
    return {
        "id": t.id, "name": t.name, "hint": t.hint, "grants": grants_out(granting.untold(t.grants)),
        "created_at": text(t.created_at), "created_by": t.created_by, "expires_at": text(t.expires_at),
        "used_at": text(t.used_at), "used_from": t.used_from, "revoked_at": text(t.revoked_at),
        "revoked_by": t.revoked_by,
    }  # fmt: skip


async def change(service: Service, task: Callable[[psycopg.Connection], T]) -> T:
    """Run a change of what people may do: 404, 409 or 422 with the reason where it cannot be. From then on everybody
    is looked at anew."""
    try:
        return await service.database.act(task)
    except Unknown as e:
        raise Stop(404, str(e)) from None
    except Needed as e:
        raise Stop(409, str(e), current=None) from None
    except Refused as e:
        raise Stop(422, str(e)) from None
    except Conflict as e:
        name = e.current.name if isinstance(e.current, Account) else ""
        current = await service.database.act(lambda conn: found(conn, name))
        said = (
            "đã thay đổi từ khi bạn xem: hãy xem lại rồi làm tiếp / it has changed since you saw it: look at it again"
        )
        raise Stop(409, said, current=current) from None
    finally:
        service.gate.forget()


def screen(request: Request, service: Service) -> str:
    """The screen's address, for links that are sent to people, or 409 where nobody has said what it is.

    A link carries a secret: a name that only the request says we have (Host) is not believed. The machine's own names
    are, and the address that we listen on or were reached at.
    """
    known = service.settings
    if known.public_url:
        return known.public_url.rstrip("/")
    host = request.base_url.hostname or ""
    reached = (request.scope.get("server") or ("",))[0]
    here = {known.http_host.lower(), str(reached).lower().removeprefix("::ffff:")} - {""}
    if host and (remote.is_here(host) or host.strip("[]").lower() in here):
        return str(request.base_url).rstrip("/")
    raise Stop(
        409,
        "chưa biết địa chỉ của màn hình để tạo liên kết: đặt IOC_PUBLIC_URL trên máy chủ, ví dụ https://ioc.example.vn,"
        " hoặc dùng lệnh `ioc users` / the screen's address, which the link needs, is not known: set IOC_PUBLIC_URL on"
        " the server, such as https://ioc.example.vn, or use `ioc users`",
        current=None,
    )
