"""What could not be stored: look at it, and ask for it to be replayed after a fix.

The API only marks an item, and says how it is to be read; a collector takes it through its own way again.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Body, Path, Query, Request
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from city import payload_form
from infra.times import micros, rfc3339, text
from ioc_api.problems import Problem, Stop
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Limit, Page, Served, Text, from_cursor, to_cursor
from ioc_api.rest.people import Strict
from ioc_api.rest.quarantine_parts import (
    FIELDS,
    PREVIEW,
    Chosen,
    FixBody,
    Item,
    Items,
    Leaf,
    Remark,
    Shape,
    WholeItem,
    fix,
    item,
    where,
)
from ioc_api.rest.spans import From, To

router = APIRouter(prefix="/quarantine", tags=["quarantine"])

Number = Annotated[int, Path(ge=1, lt=2**63)]


class Again(Strict):
    """How messages are to be read, and why; without a fix they are read as they are."""

    fix: FixBody | None = None
    note: Remark = Field("", description="Why; it is kept with the replay.")


class Replay(Again):
    """What to replay: `{"filter": {}}` means everything that was not replayed yet."""

    filter: Chosen


class Requested(BaseModel):
    """How many items have been marked; a collector replays them within seconds. `replay`: its number."""

    requested: int
    replay: int | None = Field(description="null: there was nothing to replay.")


class ReplayWhy(BaseModel):
    """What was still wrong with items: the words for one of them, and how many."""

    detail: str
    items: int


class ReplayOut(BaseModel):
    """A replay that somebody has asked for, and how far it is."""

    id: int
    made_at: str
    author: str
    note: str
    filter: dict[str, Any]
    fix: dict[str, Any] | None
    items: int = Field(description="How many were asked for.")
    waiting: int = Field(description="A collector has still to look at them.")
    entered: int
    stays: int = Field(description="Still wrong; they stay in quarantine, with their bytes.")
    stored: int = Field(description="Readings.")
    duplicate: int = Field(description="Readings that were there already.")
    why: list[ReplayWhy]


class Replays(Page):
    items: list[ReplayOut]


@router.get(
    "",
    operation_id="list_quarantine",
    dependencies=[may("quarantine", loose=True)],
    summary="Messages in quarantine, newest first",
)
async def list_quarantine(
    service: Served,
    reason: Text | None = None,
    shape: Annotated[Shape | None, Query()] = None,
    sensor: Text | None = None,
    topic: Annotated[Text | None, Query(description="Beginning of the topic.")] = None,
    start: From = None,
    end: To = None,
    replayed: bool | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Items:
    given = {"reason": reason, "shape": shape, "sensor": sensor, "topic": topic, "from": start, "to": end}
    parts, values = where(Chosen.model_validate(given), "query")
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
        fields=sql.SQL(FIELDS),
        preview=sql.Literal(PREVIEW),
        where=sql.SQL("WHERE {}").format(sql.SQL(" AND ").join(parts)) if parts else sql.SQL(""),
    )
    async with service.database.connection() as conn, conn.cursor(row_factory=dict_row) as cur:
        rows = await (await cur.execute(query, {**values, "limit": limit + 1})).fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    following = to_cursor(micros(rows[-1]["received_at"]), rows[-1]["id"]) if more else None
    return Items(items=[Item(**item(row)) for row in rows], next=following)


@router.get(
    "/replays",
    operation_id="list_replays",
    dependencies=[may("quarantine")],
    summary="Replays that were asked for, newest first, and how far they are",
)
async def list_replays(
    service: Served,
    number: Annotated[int | None, Query(ge=1, lt=2**62, description="Only that one.")] = None,
    shape: Annotated[Shape | None, Query(description="Only those of items of that shape.")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Items on a page.")] = 20,
    cursor: Cursor = None,
) -> Replays:
    after = from_cursor(cursor, int)
    query = """SELECT r.*, coalesce(n.waiting, 0) AS waiting, coalesce(n.entered, 0) AS entered,
                      coalesce(n.stays, 0) AS stays, coalesce(w.why, '[]') AS why
               FROM (SELECT * FROM quarantine_replay
                     WHERE (%(number)s::bigint IS NULL OR id = %(number)s)
                       AND (%(after)s::bigint IS NULL OR id < %(after)s)
                       AND (%(shape)s::text IS NULL OR chosen ->> 'shape' = %(shape)s)
                     ORDER BY id DESC LIMIT %(limit)s) r
               LEFT JOIN LATERAL (
                   SELECT count(*) FILTER (WHERE replayed_at IS NOT NULL) AS entered,
                          count(*) FILTER (WHERE replayed_at IS NULL AND replay_requested_at IS NOT NULL) AS waiting,
                          count(*) FILTER (WHERE replayed_at IS NULL AND replay_requested_at IS NULL) AS stays
                   FROM quarantine_item WHERE replay = r.id) n ON true
               LEFT JOIN LATERAL (
                   SELECT jsonb_agg(jsonb_build_object('detail', f.detail, 'items', f.items)) AS why FROM (
                       SELECT min(replay_detail) AS detail, count(*) AS items FROM quarantine_item
                       WHERE replay = r.id AND replayed_at IS NULL AND replay_detail IS NOT NULL
                       GROUP BY split_part(replay_detail, ' ', 1), split_part(replay_detail, ' ', 2)
                       ORDER BY 2 DESC LIMIT 20) f) w ON true
               ORDER BY r.id DESC"""
    values = {"number": number, "after": after[0] if after else None, "shape": shape, "limit": limit + 1}
    async with service.database.connection() as conn, conn.cursor(row_factory=dict_row) as cur:
        rows = await (await cur.execute(query, values)).fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    found = [ReplayOut(**{**r, "made_at": text(r["made_at"]), "filter": r.pop("chosen")}) for r in rows]
    return Replays(items=found, next=to_cursor(found[-1].id) if more else None)


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
        await cur.execute(query.format(sql.SQL(FIELDS), sql.Literal(PREVIEW)), [number])
        row = await cur.fetchone()
    if row is None:
        raise Stop(404, "không có bản tin này trong vùng cách ly / there is no such item")
    payload = bytes(row.pop("payload"))
    leaves = [Leaf(**leaf._asdict()) for leaf in payload_form.leaves(payload)]
    return WholeItem(**item(row), payload_base64=base64.b64encode(payload).decode(), leaves=leaves)


def _ask(
    conn: psycopg.Connection, who: str, asked: Again, chosen: dict[str, Any], condition: sql.Composable,
    values: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Mark the items of a filter under a new number, and say what was done; nothing is there where there are none."""
    row = conn.execute(
        "INSERT INTO quarantine_replay (author, chosen, fix, note, items) VALUES (%s, %s, %s, %s, 0) RETURNING id",
        [who, Jsonb(chosen), None if asked.fix is None else Jsonb(asked.fix), asked.note.strip()],
    ).fetchone()
    number = row[0] if row else None
    update = sql.SQL("UPDATE quarantine_item SET replay_requested_at = now(), replay = %(replay)s WHERE {}")
    count = conn.execute(update.format(condition), {**values, "replay": number}).rowcount
    if count:
        conn.execute("UPDATE quarantine_replay SET items = %s WHERE id = %s", [count, number])
    else:
        conn.execute("DELETE FROM quarantine_replay WHERE id = %s", [number])
        number = None
    told = {"requested": count, "replay": number, "fix": asked.fix, "note": asked.note.strip()}
    return {k: v for k, v in told.items() if v or k == "requested"}


@router.post(
    "/replay",
    operation_id="replay_quarantine",
    dependencies=[may("quarantine", loose=True)],
    summary="Replay the messages that a filter takes",
    status_code=202,
)
async def replay_quarantine(request: Request, service: Served, asked: Annotated[Replay, Body()]) -> Requested:
    """With `fix`, a collector reads them as it says (`quarantine/try` tells before what would come of it). Fix, note
    and who asked are kept with the items; their bytes stay as they came."""
    fix(asked.fix)
    parts, values = where(asked.filter, "body.filter")
    chosen = asked.filter.model_dump(exclude_none=True, by_alias=True)
    condition = sql.SQL(" AND ").join([*parts, sql.SQL("replayed_at IS NULL")])

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        return {**_ask(conn, request.state.who.name, asked, chosen, condition, values), "filter": chosen}

    return _requested(await service.database.act(task))


@router.post(
    "/{number}/replay",
    operation_id="replay_quarantined",
    dependencies=[may("quarantine", loose=True)],
    summary="Replay one message",
    status_code=202,
    responses={404: {"model": Problem}, 409: {"model": Problem}},
)
async def replay_quarantined(
    request: Request, service: Served, number: Number, asked: Annotated[Again | None, Body()] = None
) -> Requested:
    again = asked or Again(fix=None, note="")
    fix(again.fix)

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        found = conn.execute("SELECT replayed_at FROM quarantine_item WHERE id = %s", [number]).fetchone()
        if found is None:
            raise Stop(404, "không có bản tin này trong vùng cách ly / there is no such item")
        if found[0] is not None:
            raise Stop(409, "bản tin này đã được nạp lại / it has been replayed already")
        condition = sql.SQL("id = %(number)s AND replayed_at IS NULL")
        return _ask(conn, request.state.who.name, again, {"item": number}, condition, {"number": number})

    return _requested(await service.database.act(task))


def _requested(told: dict[str, Any]) -> Requested:
    return Requested(requested=told["requested"], replay=told.get("replay"))
