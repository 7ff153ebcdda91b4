"""What could not be stored: look at it, and ask for it to be replayed after a fix.

The API only marks an item; a collector takes it through its own way again.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Body, Path, Query
from psycopg import sql
from psycopg.rows import dict_row
from pydantic import BaseModel, Field

from city.payload import REASONS
from infra.times import micros, rfc3339, text
from ioc_api.problems import Problem, Stop
from ioc_api.rest import known
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Limit, Page, Served, Text, from_cursor, to_cursor
from ioc_api.rest.spans import From, To, moment

router = APIRouter(prefix="/quarantine", tags=["quarantine"])

_PREVIEW = 200
_FIELDS = (
    "id, received_at, topic, reason, detail, sensor_id, readings, retained, replay_requested_at, replayed_at,"
    " replay_detail, octet_length(payload) AS bytes"
)

Number = Annotated[int, Path(ge=1, lt=2**63)]


class Item(BaseModel):
    """A message in quarantine; `text` is the beginning of its payload as far as it is text."""

    id: int
    received_at: str
    topic: str
    reason: str
    detail: str
    sensor_id: str | None
    readings: int
    retained: bool
    bytes: int
    text: str
    replay_requested_at: str | None
    replayed_at: str | None
    replay_detail: str | None = Field(description="What was still wrong at the last replay.")


class WholeItem(Item):
    """A message in quarantine with its payload."""

    payload_base64: str


class Items(Page):
    items: list[Item]


class Chosen(BaseModel):
    """Which items; a field left out takes all."""

    reason: Text | None = None
    sensor: Text | None = Field(None, description="Id of the sensor.")
    topic: Text | None = Field(None, description="Beginning of the topic.")
    since: str | None = Field(None, alias="from", max_length=64)
    until: str | None = Field(None, alias="to", max_length=64)


class Replay(BaseModel):
    """What to replay: `{"filter": {}}` means everything that was not replayed yet."""

    filter: Chosen


class Requested(BaseModel):
    """How many items have been marked; a collector replays them within seconds."""

    requested: int


def _where(chosen: Chosen, place: str) -> tuple[list[sql.SQL], dict[str, Any]]:
    parts: list[sql.SQL] = []
    values: dict[str, Any] = {}
    for column, value in (("reason", chosen.reason), ("sensor_id", chosen.sensor)):
        if value is not None:
            parts.append(sql.SQL(f"{column} = %({column})s"))
            values[column] = value
    if chosen.topic is not None:
        parts.append(sql.SQL("starts_with(topic, %(topic)s)"))
        values["topic"] = chosen.topic
    for name, sign, given in (("from", ">=", chosen.since), ("to", "<", chosen.until)):
        if given is not None:
            parts.append(sql.SQL(f"received_at {sign} %({name})s"))
            values[name] = rfc3339(moment(given, f"{place}.{name}"))
    return parts, values


def _item(row: dict[str, Any]) -> dict[str, Any]:
    head = bytes(row.pop("head"))
    shown = head.decode("utf-8", "replace").replace("\x00", "\ufffd")
    times = {k: text(v) for k, v in row.items() if isinstance(v, datetime)}
    return {**row, **times, "text": shown}


@router.get(
    "",
    operation_id="list_quarantine",
    dependencies=[may("quarantine", loose=True)],
    summary="Messages in quarantine, newest first",
)
async def list_quarantine(
    service: Served,
    reason: Text | None = None,
    sensor: Text | None = None,
    topic: Annotated[Text | None, Query(description="Beginning of the topic.")] = None,
    start: From = None,
    end: To = None,
    replayed: bool | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Items:
    known.among("reason", reason and [reason], REASONS)
    chosen = Chosen.model_validate({"reason": reason, "sensor": sensor, "topic": topic, "from": start, "to": end})
    parts, values = _where(chosen, "query")
    if replayed is not None:
        parts.append(sql.SQL("replayed_at IS NOT NULL" if replayed else "replayed_at IS NULL"))
    after = from_cursor(cursor, int, int)
    if after:
        parts.append(sql.SQL("(received_at, id) < (%(after)s, %(id)s)"))
        values |= {"after": rfc3339(after[0]), "id": after[1]}
    query = sql.SQL(
        "SELECT {fields}, substring(payload FOR {preview}) AS head FROM quarantine_item {where}"
        " ORDER BY received_at DESC, id DESC LIMIT %(limit)s"
    ).format(
        fields=sql.SQL(_FIELDS),
        preview=sql.Literal(_PREVIEW),
        where=sql.SQL("WHERE {}").format(sql.SQL(" AND ").join(parts)) if parts else sql.SQL(""),
    )
    async with service.database.connection() as conn, conn.cursor(row_factory=dict_row) as cur:
        rows = await (await cur.execute(query, {**values, "limit": limit + 1})).fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    following = to_cursor(micros(rows[-1]["received_at"]), rows[-1]["id"]) if more else None
    return Items(items=[Item(**_item(row)) for row in rows], next=following)


@router.get(
    "/{number}",
    operation_id="get_quarantined",
    dependencies=[may("quarantine", loose=True)],
    summary="One message in quarantine",
    responses={404: {"model": Problem}},
)
async def get_quarantined(service: Served, number: Number) -> WholeItem:
    query = sql.SQL("SELECT {}, payload, substring(payload FOR {}) AS head FROM quarantine_item WHERE id = %s")
    async with service.database.connection() as conn, conn.cursor(row_factory=dict_row) as cur:
        await cur.execute(query.format(sql.SQL(_FIELDS), sql.Literal(_PREVIEW)), [number])
        row = await cur.fetchone()
    if row is None:
        raise Stop(404, "there is no such item")
    payload = bytes(row.pop("payload"))
    return WholeItem(**_item(row), payload_base64=base64.b64encode(payload).decode())


@router.post(
    "/replay",
    operation_id="replay_quarantine",
    dependencies=[may("quarantine", loose=True)],
    summary="Replay the messages that a filter takes",
    status_code=202,
)
async def replay_quarantine(service: Served, asked: Annotated[Replay, Body()]) -> Requested:
    parts, values = _where(asked.filter, "body.filter")
    where = sql.SQL(" AND ").join([*parts, sql.SQL("replayed_at IS NULL")])
    query = sql.SQL("UPDATE quarantine_item SET replay_requested_at = now() WHERE {}").format(where)

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        return {"requested": conn.execute(query, values).rowcount, "filter": asked.filter.model_dump(exclude_none=True)}

    return Requested.model_validate(await service.database.act(task))


@router.post(
    "/{number}/replay",
    operation_id="replay_quarantined",
    dependencies=[may("quarantine", loose=True)],
    summary="Replay one message",
    status_code=202,
    responses={404: {"model": Problem}, 409: {"model": Problem}},
)
async def replay_quarantined(service: Served, number: Number) -> Requested:
    def task(conn: psycopg.Connection) -> dict[str, Any]:
        found = conn.execute("SELECT replayed_at FROM quarantine_item WHERE id = %s", [number]).fetchone()
        if found is None:
            raise Stop(404, "there is no such item")
        if found[0] is not None:
            raise Stop(409, "it has been replayed already")
        conn.execute("UPDATE quarantine_item SET replay_requested_at = now() WHERE id = %s", [number])
        return {"requested": 1}

    return Requested.model_validate(await service.database.act(task))
