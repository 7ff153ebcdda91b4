"""A zone now: its live figures, today and yesterday, and how its sensors are."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
from fastapi import APIRouter
from pydantic import BaseModel, Field

from city.places import Zone
from city.registry import Domain, Metric
from city.sensors import LIVENESS
from infra.roster import Group
from infra.times import SECOND, now_us, rfc3339
from ioc_api import asking
from ioc_api.history import steps, whole
from ioc_api.history.items import listed
from ioc_api.history.question import Part, Question
from ioc_api.history.reply import Reply
from ioc_api.live.topic import Filter
from ioc_api.problems import Problem, Stop
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Served, Text
from ioc_api.service import Service

router = APIRouter(tags=["live"])

WINDOW = "15m"


class Live(BaseModel):
    """The last 15 minutes, from memory; `at` is their end."""

    at: str
    count: int
    mean: float | None
    min: float | None
    max: float | None
    value: float | None
    sensors: int
    expected: int


class Day(BaseModel):
    """A city day (UTC+7) that begins at `time`, so far."""

    time: str
    count: int
    mean: float | None
    min: float | None
    max: float | None
    value: float | None
    completeness: float | None = Field(description="Percent of the readings that should be there.")
    sensors: int
    expected: int
    left_out: int = Field(description="Sensors that are not trusted and were not counted.")


class MetricNow(BaseModel):
    """One metric of a zone. `value` is the metric's own aggregate: a sum, an increase, or the mean."""

    metric: str
    vi: str
    en: str
    unit: str
    aggregate: str
    live: Live | None
    today: Day | None
    yesterday: Day | None


class DomainNow(BaseModel):
    """One domain of a zone, and its sensors by liveness and by status."""

    domain: str
    vi: str
    en: str
    sensors: int
    liveness: dict[str, int]
    status: dict[str, int]
    source: str = Field(description="What the days were made from: raw, hour or mix.")
    rolled_up_to: str | None
    metrics: list[MetricNow]


class Summary(BaseModel):
    """A zone now."""

    zone: str
    area: str
    vi: str
    en: str
    at: str
    sensors: int
    liveness: dict[str, int]
    status: dict[str, int]
    domains: list[DomainNow]


@router.get(
    "/zones/{code}/summary",
    operation_id="get_zone_summary",
    dependencies=[may("read")],
    summary="A zone now",
    responses={404: {"model": Problem}},
)
async def get_zone_summary(service: Served, code: Text) -> Summary:
    """Live figures, today and yesterday of all that is measured in the zone, and its sensors."""
    zone = next((z for z in service.catalog.zones if z.code == code), None)
    if zone is None or not asking.part().zones([code]):
        raise Stop(404, "không có phường, xã này: GET /api/v1/zones có danh sách"
                   " / there is no such zone: GET /api/v1/zones lists them")  # fmt: skip
    if service.live.roster.version < 0:
        raise Stop(503, "danh mục chưa được đọc xong / the registry has not been read yet", {"Retry-After": "2"})
    now = now_us()
    census = _census(service, zone, now)
    mine = asking.part()
    every = service.catalog.registry.domains.values()
    domains = [d for d in every if d.code in census and mine.holds(zone.area, zone.code, d.code)]
    days = await service.database.question(lambda conn: _days(conn, service, zone, domains, now))
    live = _live(service, zone)
    told = [_domain(d, *census[d.code], live, days) for d in domains]
    return Summary(
        zone=zone.code, area=zone.area, vi=zone.vi, en=zone.en, at=rfc3339(now),
        sensors=sum(d.sensors for d in told), liveness=_sum(d.liveness for d in told),
        status=_sum(d.status for d in told), domains=told,
    )  # fmt: skip


def _sum(counts: Any) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def _census(service: Service, zone: Zone, now: int) -> dict[str, tuple[dict[str, int], dict[str, int]]]:
    """Sensors by liveness (those that are not retired) and by status, of each domain of the zone."""
    codes = service.live.sensors.codes(now)
    out: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    for s in service.live.roster.sensors:
        if s is None or s.zone != zone.code:
            continue
        alive, status = out.setdefault(
            s.domain, (dict.fromkeys(LIVENESS, 0), {"active": 0, "maintenance": 0, "retired": 0})
        )
        status[s.status] += 1
        if s.status != "retired":
            alive[LIVENESS[codes[s.id]]] += 1
    return out


def _live(service: Service, zone: Zone) -> dict[tuple[str, str], Live]:
    if not service.hub.ready.is_set():
        return {}
    topic = service.live.aggregates
    found = topic.items(topic.everything(Filter.of({"zone": [zone.code], "window": [WINDOW]})))
    return {
        (a.domain, a.metric): Live(
            at=a.at, count=a.count, mean=a.mean, min=a.min, max=a.max, value=a.value, sensors=a.sensors.reporting,
            expected=a.sensors.expected,
        )
        for a in found
    }  # fmt: skip


class _Days:
    """Today and yesterday of a domain's metrics, and what they were made from."""

    def __init__(self, q: Question, reply: Reply) -> None:
        head = reply.head(q)
        self.source: str = head["source"]
        self.rolled: str | None = head["rolled_up_to"]
        self.by_metric: dict[str, list[Day]] = {}


def _days(conn: psycopg.Connection, service: Service, zone: Zone, domains: list[Domain], now: int) -> dict[str, _Days]:
    day_us = steps.DAY_S * SECOND
    today = steps.begin(now, steps.DAY_S)
    group = Group(zone.code, zone.area, zone.code)
    out = {}
    for d in domains:
        q = Question((Part(d, d.metrics),), group, today - day_us, today + day_us, steps.DAY_S, now)
        reply = Reply()
        (t,) = whole.tables(conn, q, service.settings, reply)
        days = out[d.code] = _Days(q, reply)
        for m in d.metrics:
            columns = {name: listed(v[0], name) for name, v in t.columns(m).items()}
            days.by_metric[m.name] = [
                Day(
                    time=rfc3339(t.start_us + i * day_us),
                    **{k: v[i] for k, v in columns.items() if k in Day.model_fields},
                )
                for i in range(2)
            ]
    return out


def _domain(
    d: Domain, alive: dict[str, int], status: dict[str, int], live: dict[tuple[str, str], Live], days: dict[str, _Days]
) -> DomainNow:
    mine = days[d.code]
    metrics = [_metric(m, live.get((d.code, m.name)), *mine.by_metric[m.name]) for m in d.metrics]
    # What nobody here measures, or promises to, is not told of.
    shown = [m for m in metrics if m.live or m.today or m.yesterday]
    return DomainNow(
        domain=d.code, vi=d.vi, en=d.en, sensors=status["active"] + status["maintenance"], liveness=alive,
        status=status, source=mine.source, rolled_up_to=mine.rolled, metrics=shown,
    )  # fmt: skip


def _metric(m: Metric, live: Live | None, yesterday: Day, today: Day) -> MetricNow:
    def told(day: Day) -> Day | None:
        return day if day.count or day.expected else None

    return MetricNow(
        metric=m.name, vi=m.vi, en=m.en, unit=m.unit, aggregate=m.aggregate, live=live, today=told(today),
        yesterday=told(yesterday),
    )  # fmt: skip
