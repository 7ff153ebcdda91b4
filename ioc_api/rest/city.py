"""What the city is: areas, zones, domains and metrics, and the plausible ranges that can be set."""

from __future__ import annotations

from datetime import date

import psycopg
from fastapi import APIRouter
from pydantic import BaseModel, Field, FiniteFloat

from city.registry import Domain, Metric
from infra.errors import IocError
from ioc_api import asking
from ioc_api.database import Away
from ioc_api.problems import Problem, Stop
from ioc_api.rest.doors import may, whole_city
from ioc_api.rest.parts import Page, Served, Text

router = APIRouter(tags=["city"])


class AreaOut(BaseModel):
    """An operating area."""

    code: str
    vi: str
    en: str
    valid_from: date
    valid_to: date | None


class Areas(Page):
    items: list[AreaOut]


class ZoneOut(BaseModel):
    """A ward of an area. `bbox` is least longitude, least latitude, greatest longitude, greatest latitude."""

    code: str
    area: str
    vi: str
    en: str
    lat: float
    lon: float
    bbox: tuple[float, float, float, float]
    area_km2: float
    valid_from: date
    valid_to: date | None
    formed_from: str


class Zones(Page):
    items: list[ZoneOut]


class MetricOut(BaseModel):
    """One measured quantity; `low` and `high` bound what is taken as plausible."""

    name: str
    unit: str
    kind: str
    low: float
    high: float
    aggregate: str
    vi: str
    en: str


class DomainOut(BaseModel):
    """A field of the city's work."""

    code: str
    vi: str
    en: str
    interval_s: float
    metrics: list[MetricOut]


class Domains(Page):
    items: list[DomainOut]


class Range(BaseModel):
    """The values of a metric that are plausible, both included."""

    low: FiniteFloat = Field(ge=-1e300, le=1e300)
    high: FiniteFloat = Field(ge=-1e300, le=1e300)


@router.get("/areas", operation_id="list_areas", dependencies=[may("read", loose=True)], summary="Operating areas")
async def list_areas(service: Served) -> Areas:
    return Areas(
        items=[
            AreaOut(code=a.code, vi=a.vi, en=a.en, valid_from=a.valid_from, valid_to=a.valid_to)
            for a in service.catalog.areas
            if asking.part().areas([a.code])
        ]
    )


@router.get("/zones", operation_id="list_zones", dependencies=[may("read", loose=True)], summary="Zones (wards)")
async def list_zones(service: Served) -> Zones:
    return Zones(
        items=[
            ZoneOut(
                code=z.code, area=z.area, vi=z.vi, en=z.en, lat=z.lat, lon=z.lon,
                bbox=(z.min_lon, z.min_lat, z.max_lon, z.max_lat), area_km2=z.area_km2,
                valid_from=z.valid_from, valid_to=z.valid_to, formed_from=z.formed_from,
            )
            for z in service.catalog.zones
            if asking.part().zones([z.code])
        ]
    )  # fmt: skip


def _metric(m: Metric) -> MetricOut:
    return MetricOut(
        name=m.name, unit=m.unit, kind=m.kind, low=m.low, high=m.high, aggregate=m.aggregate, vi=m.vi, en=m.en
    )


def _domain(d: Domain) -> DomainOut:
    return DomainOut(code=d.code, vi=d.vi, en=d.en, interval_s=d.interval_s, metrics=[_metric(m) for m in d.metrics])


@router.get(
    "/domains", operation_id="list_domains", dependencies=[may("read", loose=True)], summary="Domains and their metrics"
)
async def list_domains(service: Served) -> Domains:
    domains = service.intake.registry.domains
    return Domains(items=[_domain(domains[c]) for c in asking.part().domains(domains)])


def _known(service: Served, domain: str, metric: str) -> Metric:
    found = service.catalog.registry.domains.get(domain)
    shipped = found.metric(metric) if found else None
    if shipped is None:
        raise Stop(404, "không có đại lượng này / there is no such metric")
    return shipped


async def _refresh(service: Served) -> None:
    try:
        await service.intake.refresh()
    except (Away, IocError):
        return  # the registry's version has changed: it is read as soon as that is possible


@router.put(
    "/metrics/{domain}/{metric}",
    operation_id="set_metric_range",
    dependencies=[may("sensors.write", loose=True)],
    summary="Set the plausible range of a metric",
    responses={404: {"model": Problem}},
)
async def set_metric_range(service: Served, domain: Text, metric: Text, bounds: Range) -> MetricOut:
    """Readings outside the range go to quarantine; those that were there can be replayed after the range is set."""
    whole_city()
    shipped = _known(service, domain, metric)
    if not bounds.low < bounds.high:
        raise Stop(422, "body.low: phải nhỏ hơn high / it must be below high")

    def task(conn: psycopg.Connection) -> None:
        conn.execute(
            "INSERT INTO metric_override (domain, metric, low, high) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (domain, metric) DO UPDATE SET low = EXCLUDED.low, high = EXCLUDED.high, updated_at = now()",
            [domain, metric, bounds.low, bounds.high],
        )

    await service.database.act(task)
    await _refresh(service)
    return _metric(shipped).model_copy(update={"low": bounds.low, "high": bounds.high})


@router.delete(
    "/metrics/{domain}/{metric}",
    operation_id="reset_metric_range",
    dependencies=[may("sensors.write", loose=True)],
    summary="Go back to the range that ships with the product",
    responses={404: {"model": Problem}},
)
async def reset_metric_range(service: Served, domain: Text, metric: Text) -> MetricOut:
    whole_city()
    shipped = _known(service, domain, metric)

    def task(conn: psycopg.Connection) -> None:
        conn.execute("DELETE FROM metric_override WHERE domain = %s AND metric = %s", [domain, metric])

    await service.database.act(task)
    await _refresh(service)
    return _metric(shipped)
