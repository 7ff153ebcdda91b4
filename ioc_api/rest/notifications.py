"""Messages to departments: what became of them, why they were sent, and drills."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import psycopg
import structlog
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from alerts.deliver import outbox
from alerts.messages.content import Telling
from alerts.notice import drill
from infra.times import text
from ioc_api import asking
from ioc_api.alerts import story, why
from ioc_api.problems import Problem, Stop
from ioc_api.rest import known
from ioc_api.rest.alerts_shapes import Notifications, SentState, WholeNotification, WhyNotification
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Limit, Many, Served, from_cursor, to_cursor
from ioc_api.rest.people import FORBIDDEN, MISSING, actor

router = APIRouter(tags=["notifications"])
log = structlog.get_logger()

Number = Annotated[int, Path(ge=1, lt=2**62)]


@router.get(
    "/notifications",
    operation_id="list_notifications",
    dependencies=[may("alerts.read")],
    summary="Messages, the newest first",
)
async def list_notifications(
    service: Served,
    state: Annotated[list[SentState] | None, Query()] = None,
    kind: Annotated[list[Telling] | None, Query()] = None,
    department: Many = None,
    channel: Annotated[list[Annotated[int, Field(ge=1, lt=2**62)]] | None, Query(max_length=100)] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Notifications:
    """`given_up` are those that could not be delivered; `waiting` ones are tried (again) at `due_at`."""
    after = from_cursor(cursor, int)
    filters: dict[str, Any] = {"state": state, "kind": kind, "department": department, "channel": channel}

    def read(conn: psycopg.Connection) -> list[dict[str, Any]]:
        known.kept(conn, department=department, channel=channel)
        return story.listed(conn, filters, limit + 1, after[0] if after else None)

    found = await service.database.act(read)
    following = to_cursor(found[limit - 1]["id"]) if len(found) > limit else None
    return Notifications.model_validate({"items": found[:limit], "next": following})


@router.get(
    "/notifications/{number}",
    operation_id="get_notification",
    dependencies=[may("alerts.read")],
    summary="One message, with every try and its text",
    responses=MISSING,
)
async def get_notification(service: Served, number: Number) -> WholeNotification:
    found = await service.database.act(lambda conn: story.notification(conn, number))
    if found is None:
        raise Stop(404, "không có tin này / there is no such notification")
    return WholeNotification.model_validate(found)


@router.get(
    "/notifications/{number}/why",
    operation_id="why_notification",
    dependencies=[may("alerts.read")],
    summary="Why a message was sent",
    responses=MISSING,
)
async def why_notification(service: Served, number: Number) -> WhyNotification:
    """For each of its alerts: rule and version, values and threshold, who changed the rule last, earlier alerts, who
    was told when by which channel, who has muted what."""
    found = await service.database.act(lambda conn: why.of_notification(conn, service.routes.read(conn), number))
    if found is None:
        raise Stop(404, "không có tin này / there is no such notification")
    return WhyNotification.model_validate(found)


@router.post(
    "/notifications/{number}/retry",
    operation_id="retry_notification",
    dependencies=[may("alerts.act")],
    summary="Try a message again that was given up",
    responses={**FORBIDDEN, **MISSING, 409: {"model": Problem, "description": "It was not given up"}},
)
async def retry_notification(request: Request, service: Served, number: Number) -> WholeNotification:
    """It keeps its key, by which its receiver knows whether it has it already."""

    def task(conn: psycopg.Connection) -> dict[str, Any] | None:
        if story.notification(conn, number) is None:
            return None
        done = outbox.again(conn, number, datetime.now(UTC))
        found = story.notification(conn, number)
        if found is not None and not done and found["state"] == "given_up":
            raise Stop(
                409,
                "sau tin này đã có tin mới hơn được gửi đến kênh đó: không gửi lại tin cũ"
                " / something later has gone out to that channel: what is older is not sent after it",
            )
        if found is not None and not done:
            raise Stop(
                409,
                f"tin này không phải tin đã thôi gửi: {found['state']} / it was not given up: it is {found['state']}",
            )
        return found

    found = await service.database.act(task)
    if found is None:
        raise Stop(404, "không có tin này / there is no such notification")
    log.info("notification.retried", notification=number, by=actor(request, None))
    return WholeNotification.model_validate(found)


class DrillOut(BaseModel):
    """One channel in one weekly drill."""

    week: date = Field(description="Its Monday.")
    department: str
    channel: int | None = Field(description="null: the department has no channel that is on.")
    channel_name: str | None
    reached: Literal["no_channel", "waiting", "not_delivered", "delivered", "confirmed"] = Field(
        description="delivered: a machine took it; confirmed: somebody has read it."
    )
    sent_at: str | None
    confirmed_at: str | None
    confirmed_by: str | None
    error: str | None


class Drills(BaseModel):
    items: list[DrillOut]


@router.get(
    "/drills",
    operation_id="list_drills",
    dependencies=[may("channels.read")],
    summary="Who could be reached in the weekly drills",
)
async def list_drills(
    service: Served, weeks: Annotated[int, Query(ge=1, le=104, description="The last so many drills.")] = 8
) -> Drills:
    found = await service.database.act(lambda conn: drill.answers(conn, weeks))
    return Drills(
        items=[
            DrillOut(
                week=a.week,
                department=a.department,
                channel=a.channel,
                channel_name=a.channel_name,
                reached=a.reached,
                sent_at=text(a.sent_at),
                confirmed_at=text(a.confirmed_at),
                confirmed_by=a.confirmed_by,
                error=a.error,
            )
            for a in found
            if asking.part().all or a.department in asking.part().near
        ]
    )
