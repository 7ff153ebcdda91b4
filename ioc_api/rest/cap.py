"""Alerts as CAP 1.2: a feed of the documents that a CAP channel has sent, and single ones."""

from __future__ import annotations

from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Path, Query, Response

from alerts.deliver.channels import cap
from ioc_api import asking
from ioc_api.alerts import story
from ioc_api.problems import Stop
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Served
from ioc_api.rest.people import MISSING

router = APIRouter(tags=["alerts"])

Number = Annotated[int, Path(ge=1, lt=2**62)]
ATOM = "application/atom+xml"
_XML = {"schema": {"type": "string"}}
_FEED: dict[int | str, dict[str, Any]] = {**MISSING, 200: {"content": {ATOM: _XML}}}
_DOCUMENT: dict[int | str, dict[str, Any]] = {**MISSING, 200: {"content": {cap.CONTENT_TYPE: _XML}}}


@router.get(
    "/alerts/cap.atom",
    operation_id="cap_feed",
    dependencies=[may("alerts.read")],
    summary="The newest CAP documents, as an Atom feed",
    response_class=Response,
    responses=_FEED,
)
async def cap_feed(
    service: Served,
    channel: Annotated[int | None, Query(ge=1, lt=2**62, description="The CAP channel; else the first one.")] = None,
) -> Response:
    """What CAP channels have sent of what you may see, 50 at most. 404 where there is no such channel."""
    part = asking.part()

    def read(conn: psycopg.Connection) -> bytes | None:
        row = conn.execute(
            """SELECT id FROM notice_channel WHERE kind = 'cap' AND (%(n)s::bigint IS NULL OR id = %(n)s)
                      AND (%(all)s OR department = ANY(%(near)s))
               ORDER BY enabled DESC, address = 'feed' DESC, id LIMIT 1""",
            {"n": channel, "all": part.all, "near": sorted(part.near)},
        ).fetchone()
        if row is None:
            return None
        base = f"{service.ways().base_url}/api/v1"
        url = f"{base}/alerts/cap.atom?channel={row[0]}"
        return cap.feed(
            conn, service.ways(), row[0], url, lambda n: f"{base}/notifications/{n}/cap", within=story.within()
        )

    return _answer(await service.database.act(read), "không có kênh CAP / there is no CAP channel", ATOM)


@router.get(
    "/alerts/{number}/cap",
    operation_id="get_alert_cap",
    dependencies=[may("alerts.read")],
    summary="The newest CAP document of an alert",
    response_class=Response,
    responses=_DOCUMENT,
)
async def get_alert_cap(service: Served, number: Number) -> Response:
    def read(conn: psycopg.Connection) -> bytes | None:
        row = conn.execute(
            """SELECT n.id FROM notification_alert na JOIN notification n ON n.id = na.notification
               JOIN notice_channel c ON c.id = n.channel
               WHERE na.alert = %s AND c.kind = 'cap' AND n.state = 'sent' ORDER BY n.id DESC LIMIT 1""",
            [number],
        ).fetchone()
        if row is None or story.notification(conn, row[0]) is None:
            return None
        return cap.document(conn, service.ways(), row[0])

    return _answer(
        await service.database.act(read),
        "chưa kênh CAP nào được báo về cảnh báo này / no CAP channel was told of it",
        cap.CONTENT_TYPE,
    )


@router.get(
    "/notifications/{number}/cap",
    operation_id="get_notification_cap",
    dependencies=[may("alerts.read")],
    summary="The CAP document of a message",
    response_class=Response,
    responses=_DOCUMENT,
)
async def get_notification_cap(service: Served, number: Number) -> Response:
    def read(conn: psycopg.Connection) -> bytes | None:
        return None if story.notification(conn, number) is None else cap.document(conn, service.ways(), number)

    return _answer(
        await service.database.act(read), "không có văn bản CAP này / there is no such CAP document", cap.CONTENT_TYPE
    )


def _answer(body: bytes | None, missing: str, media: str) -> Response:
    if body is None:
        raise Stop(404, missing)
    return Response(body, headers={"Content-Type": f"{media}; charset=utf-8"})
