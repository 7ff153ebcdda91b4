"""The audit: what was done, by whom, from where, and what came of it."""

from __future__ import annotations

import json
from typing import Annotated, Any, cast

import psycopg
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from infra.audit import Outcome, actions, read
from infra.audit.read import Row, Wanted
from infra.times import micros, moment, rfc3339
from ioc_api.problems import Stop
from ioc_api.rest import spans
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Many, Page, Served, Text, from_cursor, to_cursor

router = APIRouter(tags=["audit"])

#: Words that are looked for at most: each is a search through the whole row.
_WORDS = 8


class Names(BaseModel):
    """In both languages."""

    vi: str
    en: str


class AuditOut(BaseModel):
    """One row of the audit."""

    id: int = Field(description="Rows are numbered in the order of their commits, without gaps.")
    at: str
    actor: str = Field(description="The account's name; `ioc`: the system itself.")
    account: int | None = Field(description="The account's number; null: the system, a wallboard, or nobody known.")
    way: str = Field(description="How they came in: password, oidc, link, token, wallboard, command, service.")
    address: str = Field(description="Where from; empty: from this machine's command line, or the system itself.")
    action: str = Field(description="A thing and a verb, as `rule.write`.")
    name: Names = Field(description="The action for people.")
    subject: str = Field(description="What it was done to, as `rule air.pm25`.")
    outcome: Outcome
    before: Any = Field(description="How it stood before; secrets are `***`, and too much is its size and hash.")
    after: Any = Field(description="How it stood afterwards.")
    detail: str


class Audit(Page):
    """A page of the audit, the newest first."""

    items: list[AuditOut]


def _out(row: Row) -> AuditOut:
    e = row.entry
    vi, en = actions.name(e.action)
    return AuditOut(
        id=e.id, at=rfc3339(micros(e.at)), actor=e.actor, account=e.account, way=e.way, address=e.address,
        action=e.action, name=Names(vi=vi, en=en), subject=e.subject, outcome=cast(Outcome, e.outcome),
        before=_side(e.before), after=_side(e.after), detail=e.detail,
    )  # fmt: skip


def _side(found: str | None) -> Any:
    return None if found is None else json.loads(found)


@router.get(
    "/audit",
    operation_id="list_audit",
    dependencies=[may("audit.read")],
    summary="What was done by whom, the newest first",
)
async def list_audit(
    service: Served,
    start: spans.From = None,
    end: spans.To = None,
    actor: Annotated[Many, Query(description="Who did it.")] = None,
    action: Annotated[Many, Query(description="`rule.write`, or `rule` for all that is done to rules.")] = None,
    subject: Annotated[Many, Query(description="`sensor BG-1`, or `sensor` for all of them.")] = None,
    outcome: Annotated[list[Outcome] | None, Query()] = None,
    address: Annotated[Many, Query(description="Where it was done from.")] = None,
    q: Annotated[Text | None, Query(description="Words that stand anywhere in the row.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Items on a page.")] = 100,
    cursor: Cursor = None,
) -> Audit:
    """Rows are only added. `ioc audit verify` checks that they are what was written."""
    words = tuple((q or "").split())
    if len(words) > _WORDS:
        raise Stop(422, f"query.q: tối đa {_WORDS} từ / at most {_WORDS} words")
    since, until = (
        None if given is None else moment(spans.moment(given, f"query.{name}"))
        for name, given in (("from", start), ("to", end))
    )
    if since is not None and until is not None and since >= until:
        raise Stop(422, "query.from: phải trước `to` / it must be before `to`")
    wanted = Wanted(
        actors=tuple(actor or ()), actions=tuple(action or ()), subjects=tuple(subject or ()),
        outcomes=tuple(outcome or ()), addresses=tuple(address or ()), since=since, until=until, words=words,
    )  # fmt: skip
    after = from_cursor(cursor, int)

    def task(conn: psycopg.Connection) -> list[Row]:
        return read.listed(conn, wanted, limit + 1, before=after[0] if after else None)

    found = await service.database.question(task)
    following = to_cursor(found[limit - 1].entry.id) if len(found) > limit else None
    return Audit(items=[_out(row) for row in found[:limit]], next=following)
