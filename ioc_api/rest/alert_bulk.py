"""One action on many alerts: what was done, and what was not and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import psycopg
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from alerts import life
from alerts.life.rows import Alert
from ioc_api import asking
from ioc_api.alerts import items
from ioc_api.alerts.whom import Whom
from ioc_api.problems import Stop
from ioc_api.rest import deeds
from ioc_api.rest.alerts_shapes import AlertOut
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Served
from ioc_api.rest.people import FORBIDDEN, Name, Note, Revision, Strict, actor, change

router = APIRouter(prefix="/alerts", tags=["alerts"])

#: Alerts of one request: all of them are one transaction, in which nobody else can write flips.
MOST = 100
Act = Literal["acknowledge", "unacknowledge", "assign", "comment", "resolve", "close", "reopen"]


class SeenAlert(Strict):
    """An alert as it was seen."""

    id: Annotated[int, Field(ge=1, lt=2**62)]
    revision: Revision


class ManyActions(Strict):
    """The same action on each of them, with the same words."""

    act: Act
    alerts: Annotated[list[SeenAlert], Field(min_length=1, max_length=MOST)]
    note: Note = ""
    to: Name | None = Field(None, description="Of `assign`: whom they are given to.")
    by: Name | None = Field(None, alias="as", description="As of the action on one alert.")


class NotDone(BaseModel):
    """An alert to which it was not done: somebody was faster (`changed`), it is in no state for it (`refused`), or
    there is no such one (`missing`). `current` is how it stands now."""

    id: int
    why: Literal["changed", "refused", "missing"]
    detail: str
    current: AlertOut | None


class ManyDone(BaseModel):
    """Every alert that was named is in one of the two lists."""

    done: list[AlertOut]
    refused: list[NotDone]


_Do = Callable[[psycopg.Connection, int, int, str, ManyActions], Alert]
_DO: Mapping[Act, _Do] = {
    "acknowledge": lambda c, n, r, who, asked: life.acknowledge(c, n, r, who, asked.note),
    "unacknowledge": lambda c, n, r, who, asked: life.unacknowledge(c, n, r, who, asked.note),
    "assign": lambda c, n, r, who, asked: life.assign(c, n, r, who, asked.to or "", asked.note),
    "comment": lambda c, n, r, who, asked: life.comment(c, n, r, who, asked.note),
    "resolve": lambda c, n, r, who, asked: life.resolve(c, n, r, who, asked.note),
    "close": lambda c, n, r, who, asked: life.close(c, n, r, who, asked.note),
    "reopen": lambda c, n, r, who, asked: life.reopen(c, n, r, who, asked.note),
}

_MISSING = "không có cảnh báo này / there is no such alert"
_CHANGED = "đã thay đổi từ khi bạn xem / it has changed since you saw it"


@router.post(
    "/act",
    operation_id="act_on_alerts",
    dependencies=[may("alerts.act")],
    summary="Do the same to many alerts",
    responses=FORBIDDEN,
)
async def act_on_alerts(service: Served, request: Request, asked: ManyActions) -> ManyDone:
    """Each alert is done or refused by itself, as if it had been asked for alone, with its own flip and its own row in
    the audit. 200 also where nothing was done: `refused` says why."""
    who = actor(request, asked.by)
    numbers = [one.id for one in asked.alerts]
    if len(set(numbers)) < len(numbers):
        raise Stop(422, "body.alerts: mỗi cảnh báo chỉ nêu một lần / name each alert once")
    if asked.act == "assign" and not (asked.to or "").strip():
        raise Stop(422, "body.to: nêu người hoặc đội nhận việc / say whom they are given to")
    if asked.act == "comment" and not asked.note.strip():
        raise Stop(422, "body.note: cần có ghi chú / a note is needed")

    def task(conn: psycopg.Connection) -> dict[str, list[Any]]:
        whom = service.routes.read(conn)
        found: dict[str, list[Any]] = {"done": [], "refused": []}
        for one in sorted(asked.alerts, key=lambda a: a.id):
            key, value = _one(conn, whom, one, asked, who)
            found[key].append(value)
        return found

    return ManyDone.model_validate(await change(service, task))


def _one(
    conn: psycopg.Connection, whom: Whom, seen: SeenAlert, asked: ManyActions, who: str
) -> tuple[str, dict[str, Any]]:
    """Do it to one of them, in a transaction within that of all: `done` with the alert, or `refused` with why."""

    def refused(why: str, detail: str) -> tuple[str, dict[str, Any]]:
        now = None if why == "missing" else items.one(conn, whom, seen.id)
        return "refused", {"id": seen.id, "why": why, "detail": detail, "current": now}

    if items.one(conn, whom, seen.id) is None:
        return refused("missing", _MISSING)
    deed = deeds.alert(asked.act, seen.id)
    try:
        with conn.transaction():
            deed.done(conn, asking.now().who, lambda c: _DO[asked.act](c, seen.id, seen.revision, who, asked))
    except life.Conflict:
        return refused("changed", _CHANGED)
    except life.Refused as e:
        return refused("refused", str(e))
    done = items.one(conn, whom, seen.id)
    return refused("missing", _MISSING) if done is None else ("done", done)
