"""Quarantine by what is wrong and what messages look like; and what somebody has seen and leaves as it is."""

from __future__ import annotations

from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Body, Query, Request
from psycopg import sql
from psycopg.rows import dict_row
from pydantic import BaseModel, Field

from infra.times import micros, rfc3339, text
from ioc_api.problems import Problem, Stop
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Limit, Page, Served, Text, from_cursor, to_cursor
from ioc_api.rest.people import Strict
from ioc_api.rest.quarantine_parts import PREVIEW, Chosen, Remark, Shape, head, where
from ioc_api.rest.spans import From, To

router = APIRouter(prefix="/quarantine", tags=["quarantine"])


class Seen(BaseModel):
    """Somebody has looked at it, and leaves it as it is."""

    note: str
    author: str
    at: str


class Group(BaseModel):
    """Messages of one reason that come from the same kind of place and look alike, and are not replayed yet."""

    reason: str
    shape: str
    pattern: str = Field(description="area/domain, or the topic with + for what has digits in it.")
    form: str = Field(description="The outline of their JSON, or what they are instead.")
    items: int
    readings: int
    sensors: int = Field(description="How many sensors; one that is not registered counts.")
    waiting: int = Field(description="Of `items`: a collector is about to replay them.")
    first: str
    last: str
    sample: int = Field(description="The number of the newest of them.")
    topic: str = Field(description="Of the newest of them, as `detail`, `sensor` and `text`.")
    detail: str
    sensor: str | None
    text: str
    seen: Seen | None = Field(description="null: nobody has, or more has come since.")
    seen_before: Seen | None = Field(description="What was seen before more came.")


class Groups(Page):
    """The newest first."""

    items: list[Group]
    unsorted: int = Field(description="Messages that were not looked at yet: the next round of maintenance does.")


class Look(Strict):
    """What was seen, with a note; without one it is taken back."""

    reason: Text
    shape: Shape
    note: Remark | None = None


class Noted(BaseModel):
    reason: str
    shape: str
    note: str | None


_GROUPS = """
    WITH g AS (
        SELECT reason, shape, count(*) AS items, sum(readings) AS readings, count(DISTINCT sensor_id) AS sensors,
               count(replay_requested_at) AS waiting, min(received_at) AS first, max(received_at) AS last
        FROM quarantine_item WHERE replayed_at IS NULL AND shape IS NOT NULL AND {where} GROUP BY reason, shape
    )
    SELECT g.*, s.note, s.author, s.seen_at, coalesce(s.seen_at >= g.last, false) AS quiet, i.id AS sample, i.topic,
           i.detail, i.sensor_id AS sensor, i.pattern, i.form, i.head
    FROM g LEFT JOIN quarantine_seen s ON s.reason = g.reason AND s.shape = g.shape
    JOIN LATERAL (
        SELECT id, topic, detail, sensor_id, pattern, form, substring(payload FOR {preview}) AS head
        FROM quarantine_item q
        WHERE q.reason = g.reason AND q.shape = g.shape AND q.replayed_at IS NULL AND q.received_at = g.last
        ORDER BY id DESC LIMIT 1) i ON true
    WHERE (%(seen)s::boolean IS NULL OR coalesce(s.seen_at >= g.last, false) = %(seen)s)
      AND (%(last)s::timestamptz IS NULL OR (g.last, g.reason, g.shape) < (%(last)s, %(after_reason)s, %(after_shape)s))
    ORDER BY g.last DESC, g.reason DESC, g.shape DESC LIMIT %(limit)s"""


@router.get(
    "/shapes",
    operation_id="list_quarantine_shapes",
    dependencies=[may("quarantine")],
    summary="Quarantine by reason and what messages look like",
)
async def list_quarantine_shapes(
    service: Served,
    reason: Text | None = None,
    shape: Annotated[Shape | None, Query()] = None,
    sensor: Text | None = None,
    topic: Annotated[Text | None, Query(description="Beginning of the topic.")] = None,
    start: From = None,
    end: To = None,
    seen: Annotated[
        bool | None, Query(description="Those that were seen and of which nothing came since, or not.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Groups:
    given = {"reason": reason, "shape": shape, "sensor": sensor, "topic": topic, "from": start, "to": end}
    parts, values = where(Chosen.model_validate(given), "query")
    after = from_cursor(cursor, int, str, str)
    values |= {"seen": seen, "limit": limit + 1, "last": rfc3339(after[0]) if after else None}
    values |= {"after_reason": after[1] if after else "", "after_shape": after[2] if after else ""}
    condition = sql.SQL(" AND ").join(parts) if parts else sql.SQL("true")
    query = sql.SQL(_GROUPS).format(where=condition, preview=sql.Literal(PREVIEW))
    async with service.database.connection() as conn, conn.cursor(row_factory=dict_row) as cur:
        rows = await (await cur.execute(query, values)).fetchall()
        await cur.execute("SELECT count(*) AS n FROM quarantine_item WHERE shape IS NULL AND replayed_at IS NULL")
        unsorted = await cur.fetchone()
    more, rows = len(rows) > limit, rows[:limit]
    following = to_cursor(micros(rows[-1]["last"]), rows[-1]["reason"], rows[-1]["shape"]) if more else None
    return Groups(items=[_group(row) for row in rows], unsorted=unsorted["n"] if unsorted else 0, next=following)


def _group(row: dict[str, Any]) -> Group:
    at, quiet = row.pop("seen_at"), row.pop("quiet")
    note, author = row.pop("note"), row.pop("author")
    seen = None if at is None else Seen(note=note, author=author, at=text(at) or "")
    times = {k: text(row[k]) for k in ("first", "last")}
    shown = head(row.pop("head"))
    return Group(**{**row, **times}, text=shown, seen=seen if quiet else None, seen_before=None if quiet else seen)


@router.put(
    "/seen",
    operation_id="see_quarantine",
    dependencies=[may("quarantine")],
    summary="Note that somebody has seen it and leaves it, or take that back",
    responses={404: {"model": Problem}},
)
async def see_quarantine(request: Request, service: Served, look: Annotated[Look, Body()]) -> Noted:
    """Nothing is removed: it is in the list of what was seen, and again in the other one when more of it comes."""
    note = None if look.note is None else look.note.strip()
    if note == "":
        raise Stop(422, "body.note: hãy ghi vì sao để nguyên / say why it is left as it is")
    key = {"reason": look.reason, "shape": look.shape}

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        there = conn.execute(
            "SELECT 1 FROM quarantine_item WHERE reason = %(reason)s AND shape = %(shape)s AND replayed_at IS NULL"
            " LIMIT 1",
            key,
        ).fetchone()
        if there is None and note is not None:
            raise Stop(404, "không có bản tin nào như vậy đang cách ly / there is no such message in quarantine")
        if note is None:
            conn.execute("DELETE FROM quarantine_seen WHERE reason = %(reason)s AND shape = %(shape)s", key)
        else:
            conn.execute(
                """INSERT INTO quarantine_seen (reason, shape, note, author)
                   VALUES (%(reason)s, %(shape)s, %(note)s, %(who)s)
                   ON CONFLICT (reason, shape) DO UPDATE SET note = EXCLUDED.note, author = EXCLUDED.author,
                       seen_at = now()""",
                {**key, "note": note, "who": request.state.who.name},
            )
        return {**key, "note": note}

    return Noted.model_validate(await service.database.act(task))
