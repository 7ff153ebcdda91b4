"""Who acts, what they have seen, and what they are told when somebody was faster or it cannot be done."""

from __future__ import annotations

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

#: A text that people write; life.written looks at its characters.
Note = Annotated[str, Field(max_length=TEXT), AfterValidator(clean)]
Name = Annotated[str, Field(max_length=100), AfterValidator(clean)]
Revision = Annotated[int, Field(ge=0, lt=2**62)]

AS = "Who you are, as you want to be named: kept with how you came in. Nobody checks it until there are accounts."
_FASTER = "người khác vừa thay đổi: hãy xem lại rồi làm tiếp / somebody was faster: look at it again"


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
    """How who acts is named in the records: the name they gave, and how they came in.

    `administrator` holds the API token, `screen` is a session of the operators' screen.
    """
    way: str = request.state.who.name
    if name is None or not name.strip():
        return way
    try:
        return f"{life.written(name.strip(), what_vi='tên', what_en='name')} ({way})"
    except life.Refused as e:
        raise Stop(422, f"as: {e}") from None


def _if_match(if_match: Annotated[str | None, Header(max_length=64)] = None) -> int | None:
    if if_match is None:
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Stop(422, 'header.If-Match: it is the revision that you have seen, such as "3"')
    return int(text)


IfMatch = Annotated[int | None, Depends(_if_match)]


def seen(body: int | None, header: int | None) -> int:
    """The revision that a person has seen, or 422."""
    if body is not None and header is not None and body != header:
        raise Stop(422, "body.revision: it is not the one of If-Match")
    found = header if body is None else body
    if found is None:
        raise Stop(422, "body.revision: say which revision you have seen, here or as If-Match")
    return found


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
    except (life.Refused, AddressRefused, ConfigError) as e:
        raise Stop(422, str(e)) from None
