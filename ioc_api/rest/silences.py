"""Silences and maintenance windows: who does not want to be told of what, why, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
import psycopg
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from alerts import life
from alerts.notice import silence
from alerts.notice.silence import Matcher, Reach, Silence
from alerts.rules.model import Kind, Severity
from infra.times import moment, text
from ioc_api import asking
from ioc_api.part import Takes
from ioc_api.problems import Stop
from ioc_api.rest import known, spans
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Page, Served, Text
from ioc_api.rest.people import CHANGES, FORBIDDEN, MISSING, Acting, IfMatch, Name, Note, Strict, actor, change, seen
from ioc_api.service import Service

router = APIRouter(prefix="/silences", tags=["silences"])

Number = Annotated[int, Path(ge=1, lt=2**62)]
Words = Annotated[list[Text], Field(max_length=100)]


class MatcherFields(Strict):
    """Which alerts: of every list that is not empty the alert must have one. At least one list."""

    rule: Words = Field([])
    kind: Annotated[list[Kind], Field(max_length=20)] = Field([])
    severity: Annotated[list[Severity], Field(max_length=4)] = Field([])
    area: Words = Field([])
    zone: Words = Field([])
    domain: Words = Field([])
    sensor: Words = Field([])
    tag: Words = Field([], description="Alerts of sensors that have one of these tags now.")
    parent: Words = Field([], description="A cabinet, gateway or feeder, and what hangs on it.")
    department: Words = Field([], description="Mutes for these departments only.")


class SilenceOut(BaseModel):
    id: int
    kind: Literal["silence", "maintenance"]
    state: Literal["planned", "in_force", "over"]
    matcher: MatcherFields
    reason: str
    author: str
    created_at: str
    starts_at: str
    ends_at: str
    ended_at: str | None
    ended_by: str | None
    revision: int


class Silences(Page):
    items: list[SilenceOut]


class ReachOut(BaseModel):
    """What a silence mutes as things stand."""

    sensors: int
    rules: int
    alerts: int = Field(description="Alerts that are open now.")


class MadeSilence(SilenceOut):
    reach: ReachOut


class Reached(Strict):
    matcher: MatcherFields


class NewSilence(Reached):
    """`ends_at` is at most 30 days after the beginning; without `starts_at` it begins at once."""

    kind: Literal["silence", "maintenance"] = "silence"
    reason: Note = Field(description="Why.")
    ends_at: Annotated[str, Field(max_length=64, description="RFC 3339 with an offset.")]
    starts_at: Annotated[str, Field(max_length=64)] | None = None
    by: Name | None = Field(None, alias="as", description="Who you are, as you want to be named.")


def _matcher(given: MatcherFields) -> Matcher:
    return msgspec.convert(given.model_dump(), Matcher)


def _out(s: Silence) -> dict[str, Any]:
    fields = msgspec.structs.asdict(s)
    fields.pop("tagged")  # which sensors a tag means is asked for by those who mute
    times = {k: text(v) for k, v in fields.items() if isinstance(v, datetime)}
    matcher = {k: list(v) for k, v in msgspec.structs.asdict(s.matcher).items()}
    return {**fields, **times, "matcher": matcher, "state": s.state(datetime.now(UTC))}


def _reach(r: Reach) -> dict[str, int]:
    return {"sensors": r.sensors, "rules": r.rules, "alerts": r.alerts}


def _takes(m: Matcher) -> Takes:
    """Whether a silence may mute alerts of a place."""
    wanted = [frozenset(codes) for codes in (m.area, m.zone, m.domain)]
    return lambda *place: all(not codes or code in codes for codes, code in zip(wanted, place, strict=True))


def _touches(service: Service, m: Matcher) -> bool:
    """Whether a silence may mute an alert in the part of whoever is asking: it names a department of theirs, or none
    and a place where they see sensors."""
    part = asking.part()
    named = _named(service, m)
    there = not named or any(known.held(service, i) for i in named)
    own = not part.scope.throughout.isdisjoint(m.department)
    return part.all or own or (there and part.touches(_takes(m), m.department))


def _named(service: Service, m: Matcher) -> set[str]:
    """Ids of the sensors that a silence names, of parents that are sensors, and of what hangs on parents."""
    if not m.parent:
        return set(m.sensor)
    roster, parents = service.live.roster, frozenset(m.parent)
    hanging = (s.sensor_id for s in roster.sensors if s is not None and s.parent in parents)
    return {*m.sensor, *hanging, *(p for p in parents if p in roster.numbers)}


def _covered(service: Service, m: Matcher) -> None:
    """422 where a silence would mute what is not in the part of whoever is asking. What names a department has to name
    theirs, for whoever is asking as one."""
    part = asking.part()
    if part.all or (m.department and part.scope.throughout.issuperset(m.department)):
        return
    city = service.catalog
    codes = {*city.area_codes, *(z.code for z in city.zones), *city.registry.domains}
    # What the city has no more is nobody's part.
    if codes.issuperset((*m.area, *m.zone, *m.domain)) and part.covers(_takes(m), m.department):
        return
    named = _named(service, m)
    if named and all(_theirs(service, i, m.department) for i in named):
        return
    raise Stop(422, "matcher: chỉ được tắt báo trong phạm vi của bạn: hãy nêu khu vực, phường, lĩnh vực, cảm biến"
                    " hoặc đơn vị của bạn (người của một đơn vị phải nêu đơn vị đó) / it would mute more than is"
                    " in your part of the city: name your area, zone, domain, sensors or department (who acts for a"
                    " department has to name it)")  # fmt: skip


def _theirs(service: Service, sensor_id: str, departments: Sequence[str]) -> bool:
    """Whether the alerts at a sensor are in the part of whoever is asking; those for departments, if any are named."""
    roster = service.live.roster
    number = roster.numbers.get(sensor_id)
    sensor = None if number is None else roster.sensors[number]
    if sensor is None:
        return False
    at = (sensor.area, sensor.zone, sensor.domain)
    return asking.part().covers(lambda *place: place == at, departments)


def _find(service: Service, conn: psycopg.Connection, number: int) -> Silence:
    try:
        found = silence.find(conn, number)
    except life.Refused:
        raise Stop(404, "không có lần tắt báo này / there is no such silence") from None
    if not _touches(service, found.matcher):
        raise Stop(404, "không có lần tắt báo này / there is no such silence")
    return found


@router.get(
    "",
    operation_id="list_silences",
    dependencies=[may("alerts.read")],
    summary="Silences that are planned or in force, the first to end first",
)
async def list_silences(
    service: Served, over: Annotated[bool, Query(description="Also those that are over.")] = False
) -> Silences:
    """At most 1,000; with those that are over the newest first."""

    def read(conn: psycopg.Connection) -> list[Silence]:
        return silence.listed(conn, datetime.now(UTC), over=over, of=lambda s: _touches(service, s.matcher))

    return Silences.model_validate({"items": [_out(s) for s in await service.database.act(read)]})


@router.post(
    "/check", operation_id="check_silence", dependencies=[may("silences.write")], summary="What a silence would mute"
)
async def check_silence(service: Served, asked: Reached) -> ReachOut:
    """422 where it names what is not there, everything, or nothing."""
    _covered(service, _matcher(asked.matcher))
    found = await change(service, lambda conn: silence.measure(conn, _matcher(asked.matcher)))
    return ReachOut.model_validate(_reach(found))


@router.post(
    "",
    operation_id="create_silence",
    dependencies=[may("silences.write")],
    summary="Mute alerts for a while",
    status_code=201,
    responses=FORBIDDEN,
)
async def create_silence(request: Request, service: Served, asked: NewSilence) -> MadeSilence:
    who = actor(request, asked.by)
    _covered(service, _matcher(asked.matcher))
    ends = moment(spans.moment(asked.ends_at, "body.ends_at"))
    starts = None if asked.starts_at is None else moment(spans.moment(asked.starts_at, "body.starts_at"))

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        made, reach = silence.create(
            conn, asked.kind, _matcher(asked.matcher), author=who, reason=asked.reason, ends_at=ends,
            starts_at=starts, now=datetime.now(UTC),
        )  # fmt: skip
        return {**_out(made), "reach": _reach(reach)}

    return MadeSilence.model_validate(await change(service, task))


@router.get(
    "/{number}", operation_id="get_silence", dependencies=[may("alerts.read")], summary="One silence", responses=MISSING
)
async def get_silence(service: Served, number: Number, response: Response) -> SilenceOut:
    found = await service.database.act(lambda conn: _find(service, conn, number))
    response.headers["ETag"] = f'"{found.revision}"'
    return SilenceOut.model_validate(_out(found))


@router.post(
    "/{number}/end",
    operation_id="end_silence",
    dependencies=[may("silences.write")],
    summary="End a silence before its time",
    responses=CHANGES,
)
async def end_silence(request: Request, service: Served, number: Number, asked: Acting, match: IfMatch) -> SilenceOut:
    """What it muted and still fires is told."""
    who, revision = actor(request, asked.by), seen(asked.revision, match)

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        _covered(service, _find(service, conn, number).matcher)
        return _out(silence.end(conn, number, revision, actor=who, now=datetime.now(UTC)))

    return SilenceOut.model_validate(await change(service, task, lambda _, current: _out(current)))
