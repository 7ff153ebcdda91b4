"""Who acts, what they have seen, and what they are told when somebody was faster or it cannot be done."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import psycopg
from fastapi import Depends, Header, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from alerts import life
from alerts.deliver.address import Refused as AddressRefused
from alerts.life.actions import TEXT
from alerts.notice.stale import Changed
from alerts.rules.store import Conflict as RuleConflict
from infra.errors import ConfigError
from ioc_api.problems import Problem, Stop
from ioc_api.rest.parts import clean
from ioc_api.service import Service

T = TypeVar("T")


def _name(text: str) -> str:
    return life.written(text, what_vi="tên", what_en="name")


#: Texts that people write: without control characters, of which life.Refused says what is wrong.
Note = Annotated[str, Field(max_length=TEXT), AfterValidator(clean), AfterValidator(life.written)]
Name = Annotated[str, Field(max_length=100), AfterValidator(clean), AfterValidator(_name)]
Revision = Annotated[int, Field(ge=0, lt=2**62)]

AS = "Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422."
_FASTER = "đã thay đổi từ khi bạn xem: hãy xem lại rồi làm tiếp / it has changed since you saw it: look at it again"


class Strict(BaseModel):
    """What is sent to us; a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class Acting(Strict):
    """What every change may say: the revision that was seen, and who it is."""

    revision: Revision | None = Field(
        None, description="The revision that you have seen; the header If-Match says the same."
    )
    by: Name | None = Field(None, alias="as", description=AS)


class Stale(Problem):
    """Somebody was faster."""

    current: dict[str, Any] | None = Field(description="How it stands now; null: it is no more.")


MISSING: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "There is no such one"}}
#: What every change may answer: 403 where a cookie's page is not ours.
FORBIDDEN: dict[int | str, dict[str, Any]] = {403: {"model": Problem, "description": "This page may not do that"}}
CHANGES: dict[int | str, dict[str, Any]] = {
    **FORBIDDEN, **MISSING, 409: {"model": Stale, "description": "Somebody was faster"},
}  # fmt: skip


def actor(request: Request, name: str | None) -> str:
    """How who acts is named in the records: by their account (`administrator`: the token of the machine). With that
    token, which many may hold, after the name that they gave, if any; 422 where somebody with an account gives one."""
    who = request.state.who
    account: str = who.name
    if name is None or not name.strip():
        return account
    if who.account is not None:
        raise Stop(
            422,
            "as: bỏ tên này: việc làm được ghi theo tên tài khoản của bạn"
            " / leave it out: what you do is recorded by your account",
        )
    return f"{name.strip()} ({account})"


def _if_match(if_match: Annotated[str | None, Header(max_length=64)] = None) -> int | None:
    if if_match is None:
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Stop(
            422,
            'header.If-Match: số revision đã xem, ví dụ "3" / it is the revision that you have seen, such as "3"',
        )
    return int(text)


IfMatch = Annotated[int | None, Depends(_if_match)]


def seen(given: int | None, header: int | None, part: str = "body") -> int:
    """The revision that a person has seen, given in that part of the request or in the header, or 422."""
    if given is not None and header is not None and given != header:
        raise Stop(422, f"{part}.revision: khác với If-Match / it is not the one of If-Match")
    found = header if given is None else given
    if found is None:
        raise Stop(
            422,
            f"{part}.revision: nêu số revision bạn đã xem, ở đây hoặc trong If-Match"
            " / say which revision you have seen, here or as If-Match",
        )
    return found


#: A refusal may begin with the field that it is about.
_FIELD = re.compile(r"([a-z][a-z_]*(?:\.[a-z0-9_]+)*): (.+)", re.DOTALL)


def _told(e: life.Refused) -> str:
    """The refusal with the place of its value, as it was sent, where it names one."""
    found = _FIELD.fullmatch(e.en)
    if found is None:
        return str(e)
    return f"body.{found[1]}: {e.vi.removeprefix(f'{found[1]}: ')} / {found[2]}"


class _InTheWay(Exception):
    """``current`` is how it stands, as it is shown."""

    def __init__(self, current: dict[str, Any] | None) -> None:
        super().__init__()
        self.current = current


async def change(
    service: Service,
    task: Callable[[psycopg.Connection], T],
    shown: Callable[[psycopg.Connection, Any], dict[str, Any] | None] = lambda _, __: None,
    limit_s: float | None = None,
) -> T:
    """Run a change; 409 where somebody was faster, with what ``shown`` makes of how it stands, 422 with the reason
    where it is refused. ``limit_s``: it may take longer than others."""

    def run(conn: psycopg.Connection) -> T:
        try:
            with conn.transaction():
                return task(conn)
        except (life.Conflict, Changed, RuleConflict) as e:
            raise _InTheWay(None if e.current is None else shown(conn, e.current)) from None

    try:
        if limit_s is not None:
            return await service.database.work(run, limit_s=limit_s)
        return await service.database.act(run)
    except _InTheWay as e:
        raise Stop(409, _FASTER, current=e.current) from None
    except life.Refused as e:
        raise Stop(422, _told(e)) from None
    except (AddressRefused, ConfigError) as e:
        raise Stop(422, str(e)) from None
