"""Who would be told of an alert, before there is one: by routes, silences, channels and hours as they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple

import psycopg
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from alerts.notice import book, stages
from alerts.notice.book import Book, Department
from alerts.notice.route import Concern, concerned
from alerts.notice.silence import Silence
from alerts.rules import store
from alerts.rules.directory import Role
from alerts.rules.model import Kind, Severity
from infra.times import moment, text
from ioc_api import asking
from ioc_api.part import Part
from ioc_api.problems import Stop
from ioc_api.rest import known, spans
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Served, Text

router = APIRouter(tags=["departments"])

Why = Literal["no_channel", "channel_off", "channel_role", "channel_severity", "hours", "silence", "maintenance"]


class ChannelTold(BaseModel):
    """A channel of a department, and why it would not be told now (null: it would)."""

    id: int
    name: str
    kind: str
    why: Why | None
    vi: str
    en: str


class WouldTell(BaseModel):
    """A department that the alert would concern."""

    department: str
    vi: str
    en: str
    role: Role
    route: int | None = Field(description="The route that says so; null: the rule names it.")
    at_work: bool
    works_at: str | None = Field(description="When somebody works there next, where nobody does now.")
    told: bool | None = Field(description="Whether any channel would be told now; null: not for whoever asks.")
    silence: int | None = Field(description="A silence in force that mutes all such alerts for it.")
    channels: list[ChannelTold] | None = Field(description="null: not for whoever asks, who needs channels.read there.")


class Trial(BaseModel):
    """`items`: who handles it first. Empty: nobody would be told, which is a gap in the routes."""

    at: str
    rule: str | None
    kind: Kind
    severity: Severity
    items: list[WouldTell]


class _Facts(NamedTuple):
    zone: str | None
    area: str
    domain: str | None
    kind: str
    severity: str
    rule: str | None


@router.get(
    "/routes/trial",
    operation_id="try_routes",
    dependencies=[may("rules.read")],
    summary="Who would be told of an alert like this",
)
async def try_routes(
    service: Served,
    area: Text,
    kind: Annotated[Kind | None, Query(description="Needed without `rule`.")] = None,
    severity: Annotated[Severity | None, Query(description="Needed without `rule`.")] = None,
    zone: Text | None = None,
    domain: Text | None = None,
    rule: Annotated[Text | None, Query(description="Code of a rule: its kind, severity and department.")] = None,
    at: Annotated[str | None, Query(max_length=64, description="RFC 3339 with an offset; none: now.")] = None,
) -> Trial:
    """Routes and the rule's own department say whom it concerns; channels, hours and silences who would be told at that
    time. Incidents, storms and what a channel knows already are of real alerts, and not in it."""
    city = service.catalog
    known.among("area", [area], city.area_codes, "query")
    known.among("domain", None if domain is None else [domain], city.registry.domains, "query")
    zones = {z.code: z.area for z in city.zones}
    known.among("zone", None if zone is None else [zone], zones, "query")
    if zone is not None and zones[zone] != area:
        raise Stop(
            422, f"query.zone: phường, xã {zone} thuộc {zones[zone]} / the ward {zone} is in {zones[zone]}, not {area}"
        )
    when = datetime.now(UTC) if at is None else moment(spans.moment(at, "query.at"))
    who = asking.now().who
    callers = await service.scopes.part(who, "channels.read") if who.may("channels.read") else None

    def task(conn: psycopg.Connection) -> dict[str, Any]:
        found = None if rule is None else store.find(conn, rule)
        if rule is not None and (found is None or found.deleted_at is not None):
            raise Stop(422, f"query.rule: không có quy tắc {rule} / there is no rule {rule}")
        like = kind or (found.rule.kind if found else None)
        grave = severity or (found.rule.severity if found else None)
        if like is None or grave is None:
            raise Stop(422, "query.kind: nêu kind và severity, hoặc rule / give kind and severity, or rule")
        facts = _Facts(zone, area, domain, like, grave, rule)
        now = book.load(conn, when, city.calendar)
        handler = found.rule.department if found and found.rule.department in now.departments else None
        items = [_told(now, facts, c, when, callers) for c in concerned(now.routes, facts, handler)]
        return {"at": text(when), "rule": rule, "kind": like, "severity": grave, "items": items}

    return Trial.model_validate(await service.database.act(task))


def _told(now: Book, facts: _Facts, concern: Concern, at: datetime, callers: Part | None) -> dict[str, Any]:
    department = now.departments[concern.department]
    may_see = callers is not None and (callers.all or department.code in callers.near)
    muted = next((s for s in now.silences if _mutes(s, facts, department.code)), None)
    channels = [_channel(c, facts, concern.role, department, at, muted) for c in now.channels.get(department.code, ())]
    works = department.at_work(at)
    return {
        "department": department.code, "vi": department.vi, "en": department.en, "role": concern.role,
        "route": concern.route, "at_work": works, "works_at": None if works else text(department.next_at_work(at)),
        "told": any(c["why"] is None for c in channels) if may_see else None,
        "silence": muted.id if muted else None, "channels": channels if may_see else None,
    }  # fmt: skip


def _channel(
    channel: book.Channel, facts: _Facts, role: Role, department: Department, at: datetime, muted: Silence | None
) -> dict[str, Any]:
    """The stages of a real alert (alerts/notice/stages.py), in their order."""
    why: str | None = None
    if muted is not None:
        why = muted.kind
    elif not channel.enabled:
        why = "channel_off"
    elif role not in channel.roles:
        why = "channel_role"
    elif book.RANK[facts.severity] < book.RANK[channel.severity]:
        why = "channel_severity"
    elif not stages.takes_now(department, channel, facts.severity, at):
        why = "hours"
    vi, en = stages.REASONS[why] if why is not None else ("được báo", "is told")
    return {"id": channel.id, "name": channel.name, "kind": channel.kind, "why": why, "vi": vi, "en": en}


def _mutes(silence: Silence, facts: _Facts, department: str) -> bool:
    """Whether it mutes all alerts of that sort: a silence of single sensors, tags or parents mutes some of them."""
    m = silence.matcher
    given = ((m.rule, facts.rule), (m.kind, facts.kind), (m.severity, facts.severity), (m.area, facts.area),
             (m.zone, facts.zone), (m.domain, facts.domain), (m.department, department))  # fmt: skip
    return not (m.sensor or m.tag or m.parent) and all(not wanted or value in wanted for wanted, value in given)
