"""How departments are reached: channels, and a test message to one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
import psycopg
import structlog
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator, BaseModel, Field

from alerts.deliver import outbox
from alerts.deliver.channels import all as ways
from alerts.deliver.outcome import Channel
from alerts.life import Refused
from alerts.notice import channels
from alerts.notice.channels import ADDRESS, SECRET, ChannelBody, Shown
from alerts.rules.directory import Role
from alerts.rules.model import Severity
from infra.times import text
from ioc_api import asking
from ioc_api.alerts import story
from ioc_api.problems import Stop
from ioc_api.rest import known
from ioc_api.rest.alerts_shapes import WholeNotification
from ioc_api.rest.doors import may
from ioc_api.rest.parts import UNFIT, Cursor, Limit, Page, Served, Text, clean, from_cursor, paged
from ioc_api.rest.people import (
    AS,
    CHANGES,
    FORBIDDEN,
    MISSING,
    Acting,
    IfMatch,
    Name,
    Revision,
    Strict,
    actor,
    change,
    seen,
)
from ioc_api.service import Service

router = APIRouter(prefix="/channels", tags=["channels"])
log = structlog.get_logger()

Number = Annotated[int, Path(ge=1, lt=2**62)]
Kind = Literal["email", "webhook", "cap", "apprise"]
Outside = Literal["all", "critical", "none"]
#: A name may have to be looked up, and Apprise asked.
CHECK_S = 40.0
CONFIG = 2_000


def _small(config: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(msgspec.json.encode(config))
    except (ValueError, TypeError, RecursionError, UnicodeError):
        raise ValueError(UNFIT) from None
    if size > CONFIG:
        raise ValueError(f"tối đa {CONFIG} byte / at most {CONFIG} bytes")
    return config


class ChannelFields(Strict):
    """A channel. Its address and secret are only ever taken in."""

    department: Text
    kind: Kind
    name: Text
    address: Annotated[str, Field(max_length=ADDRESS), AfterValidator(clean)] | None = Field(
        None, description="email: addresses with commas; webhook: https URL; cap: https URL or feed; apprise: its URL."
        " null: as it is.",
    )  # fmt: skip
    secret: Annotated[str, Field(max_length=SECRET), AfterValidator(clean)] | None = Field(
        None, description="By which webhooks are signed. null: as it is; a new address needs it anew."
    )
    config: Annotated[dict[str, Any], AfterValidator(_small)] = Field({})
    severity: Severity = Field("info", description="This one and the graver ones.")
    roles: list[Role] = Field(["handles", "supports", "informed"], max_length=3)
    outside_hours: Outside = Field("critical", description="What it takes outside working hours; the rest waits.")
    enabled: bool = True


class NewChannel(ChannelFields):
    by: Name | None = Field(None, alias="as", description=AS)


class ChannelChange(ChannelFields, Acting):
    """The channel as it is to be; its department and kind stay."""


class ChannelOut(BaseModel):
    id: int
    department: str
    kind: Kind
    name: str
    address: str = Field(description="Only in part.")
    has_secret: bool
    config: dict[str, Any]
    severity: Severity
    roles: list[Role]
    outside_hours: Outside
    enabled: bool
    revision: int
    changed_at: str
    changed_by: str


class Channels(Page):
    items: list[ChannelOut]


class Doubt(BaseModel):
    vi: str
    en: str


class KeptChannel(ChannelOut):
    """The channel as it is kept now."""

    warnings: list[Doubt] = Field(description="What is doubtful about it, such as a name that has no address.")


def _out(c: Shown) -> dict[str, Any]:
    return {**msgspec.structs.asdict(c), "roles": list(c.roles), "changed_at": text(c.changed_at)}


def _find(conn: psycopg.Connection, number: int) -> Shown:
    try:
        found = channels.find(conn, number)
    except Refused:
        raise Stop(404, "không có kênh này / there is no such channel") from None
    if not _near(found.department):
        raise Stop(404, "không có kênh này / there is no such channel")
    return found


def _near(department: str) -> bool:
    """Whether a department has to do with the part of whoever is asking."""
    part = asking.part()
    return part.all or department in part.near


@router.get(
    "", operation_id="list_channels", dependencies=[may("channels.read")], summary="Channels, by department and name"
)
async def list_channels(
    service: Served,
    department: Annotated[Text | None, Query(description="Of this one only.")] = None,
    limit: Limit = 1000,
    cursor: Cursor = None,
) -> Channels:
    after = from_cursor(cursor, str, str)

    def read(conn: psycopg.Connection) -> list[Shown]:
        known.kept(conn, department=department and [department])
        return [c for c in channels.listed(conn, department) if _near(c.department)]

    found, following = paged(await service.database.act(read), lambda c: (c.department, c.name), limit, after)
    return Channels.model_validate({"items": [_out(c) for c in found], "next": following})


@router.get(
    "/{number}",
    operation_id="get_channel",
    dependencies=[may("channels.read")],
    summary="One channel",
    responses=MISSING,
)
async def get_channel(service: Served, number: Number, response: Response) -> ChannelOut:
    found = await service.database.act(lambda conn: _find(conn, number))
    response.headers["ETag"] = f'"{found.revision}"'
    return ChannelOut.model_validate(_out(found))


async def _save(
    service: Service, request: Request, asked: NewChannel | ChannelChange, number: int | None, revision: int | None
) -> KeptChannel:
    who = actor(request, asked.by)
    fields = asked.model_dump(exclude={"revision", "by"})
    body = msgspec.convert(fields, ChannelBody)

    doubts: list[Doubt] = []

    def check(whole: ChannelBody) -> None:
        channel = Channel(
            number or 0, whole.department, whole.kind, whole.name, whole.address or "", whole.secret or "",
            whole.config,
        )  # fmt: skip
        doubts[:] = [Doubt(vi=vi, en=en) for vi, en in ways.check(service.ways(), channel)]

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        if number is not None:
            _find(conn, number)
        return _out(channels.save(conn, body, number, revision, actor=who, now=datetime.now(UTC), check=check))

    found = await change(service, task, lambda _, current: _out(current), limit_s=CHECK_S)
    return KeptChannel.model_validate({**found, "warnings": doubts})


@router.post(
    "",
    operation_id="create_channel",
    dependencies=[may("channels.write")],
    summary="Add a channel",
    status_code=201,
    responses=FORBIDDEN,
)
async def create_channel(request: Request, service: Served, asked: NewChannel) -> KeptChannel:
    """422 with the reason where the address cannot be used: webhooks must not lead inside the network. `warnings` say
    what is doubtful about it all the same."""
    return await _save(service, request, asked, None, None)


@router.put(
    "/{number}",
    operation_id="put_channel",
    dependencies=[may("channels.write")],
    summary="Change a channel",
    responses=CHANGES,
)
async def put_channel(
    request: Request, service: Served, number: Number, asked: ChannelChange, match: IfMatch
) -> KeptChannel:
    return await _save(service, request, asked, number, seen(asked.revision, match))


@router.delete(
    "/{number}",
    operation_id="delete_channel",
    dependencies=[may("channels.write")],
    summary="Take a channel away",
    status_code=204,
    responses=CHANGES,
)
async def delete_channel(
    request: Request,
    service: Served,
    number: Number,
    match: IfMatch,
    revision: Annotated[Revision | None, Query(description="The revision that you have seen.")] = None,
    by: Annotated[Name | None, Query(alias="as", description=AS)] = None,
) -> Response:
    """Only one to which no message went; others are switched off by `enabled`."""
    who, version = actor(request, by), seen(revision, match, "query")

    def task(conn: psycopg.Connection) -> None:
        _find(conn, number)
        channels.delete(conn, number, version)

    await change(service, task, lambda _, current: _out(current))
    log.info("channel.deleted", channel=number, by=who)
    return Response(status_code=204)


@router.post(
    "/{number}/test",
    operation_id="test_channel",
    dependencies=[may("channels.write")],
    summary="Send a test message to a channel",
    status_code=202,
    responses={**FORBIDDEN, **MISSING},
)
async def test_channel(request: Request, service: Served, number: Number) -> WholeNotification:
    """The sender takes it from the outbox; what came of it is in `GET notifications/{id}`, within seconds."""

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        found = _find(conn, number)
        if not found.enabled:
            raise Stop(422, "kênh đang tắt: hãy bật trước / the channel is switched off: switch it on first")
        made = outbox.put_test(conn, number, service.ways().base_url, datetime.now(UTC))
        message = None if made is None else story.notification(conn, made)
        if message is None:
            raise Stop(404, "không có kênh này / there is no such channel")
        return message

    made = WholeNotification.model_validate(await service.database.act(task))
    log.info("channel.tested", channel=number, notification=made.id, by=actor(request, None))
    return made
