"""Means of the air above the legal limits, each over its own averaging period."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Annotated, Literal

import psycopg
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from city import air
from city.air import METRICS
from city.hours import HOUR_US
from city.norms import Averaging
from city.sensors import Sensor
from infra.indices.air import EXCEEDANCE, NAMES
from infra.indices.air_figures import PERIOD_US, exceeded
from infra.indices.stations import doubts
from infra.times import rfc3339
from ioc_api.problems import Problem
from ioc_api.rest import indices_parts as parts
from ioc_api.rest.doors import may
from ioc_api.rest.indices_parts import LIMIT_S, Stations, Words, asked_span, check_size, chosen, city_now, page, since
from ioc_api.rest.parts import Cursor, Limit, Many, Page, Served, from_cursor
from ioc_api.rest.spans import From, To

router = APIRouter(prefix="/indices", tags=["indices"])

LONGEST_DAYS = 366


class Exceedance(BaseModel):
    """A mean above the limit that was in force on its day."""

    station: parts.StationOut
    pollutant: str
    name: Words
    averaging: Averaging
    value: float
    limit: float
    unit: str
    ratio: float = Field(description="value / limit")
    valid_from: date | None
    valid_to: date | None
    since: str
    at: str
    city_time: str
    day: date
    hours: int
    hours_counted: int
    completeness: float
    method: str
    legal_basis: str


class Exceedances(Page):
    """By the end of the period, then by station."""

    items: list[Exceedance]
    method: parts.Method


def _rows(
    sensors: Sequence[Sensor], found: air.Exceedances, since: Mapping[int, int], named: bool
) -> Iterator[tuple[tuple[int, str, int], Callable[[], Exceedance]]]:
    """What was found in its order, by the end of its period, its station and its limit."""
    for n in range(len(found.value)):
        s, end = sensors[found.station[n]], int(found.end_us[n])
        trusted = end <= since.get(s.id, end)
        if named or trusted:
            yield (end, s.sensor_id, int(found.limit[n])), partial(_out, s, trusted, found, n)


def _out(s: Sensor, trusted: bool, found: air.Exceedances, n: int) -> Exceedance:
    x, end, value = found.limits[found.limit[n]], int(found.end_us[n]), float(found.value[n])
    hours, counted = int(found.hours[n]), int(found.counted[n])
    return Exceedance(
        station=parts.station(s, trusted=trusted), pollutant=x.pollutant,
        name=Words(vi=NAMES[x.pollutant][0], en=NAMES[x.pollutant][1]), averaging=x.averaging, value=round(value, 2),
        limit=x.limit, unit=EXCEEDANCE.unit, ratio=round(value / x.limit, 3), valid_from=x.valid_from,
        valid_to=x.valid_to, since=rfc3339(end - hours * HOUR_US), at=rfc3339(end), city_time=parts.city_time(end),
        day=parts.city_date(end), hours=hours, hours_counted=counted, completeness=round(100 * counted / hours, 1),
        method=EXCEEDANCE.method, legal_basis=x.legal_basis,
    )  # fmt: skip


@router.get(
    "/air/exceedances",
    operation_id="list_air_exceedances",
    dependencies=[may("read")],
    summary="Ambient air above its legal limit",
    responses={404: {"model": Problem}},
)
async def list_air_exceedances(
    service: Served,
    named: Stations,
    zone: Many = None,
    area: Many = None,
    pollutant: Annotated[list[Literal["pm2_5", "pm10", "so2", "no2", "co", "o3"]] | None, Query()] = None,
    averaging: Annotated[list[Averaging] | None, Query(description="None: 1h, 8h and 24h.")] = None,
    start: From = None,
    end: To = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Exceedances:
    """Means whose averaging period ends after `from` and up to `to` (the last 8 days where no time is given), each
    against the limit in force on its day. Particles have limits over 24 hours and a year only."""
    from_us, to_us = asked_span(start, end, 8 * 86_400, LONGEST_DAYS)
    after = from_cursor(cursor, int, str, int)
    wanted = averaging or ["1h", "8h", "24h"]

    def work(conn: psycopg.Connection) -> tuple[list[Exceedance], str | None]:
        city = city_now(service, conn)
        sensors = chosen(service, city, named, zone, area, METRICS)
        norms = service.catalog.norms.air.limit
        limits = [x for x in norms if x.averaging in wanted and (not pollutant or x.pollutant in pollutant)]
        check_size(sensors, to_us - from_us + max(PERIOD_US[x] for x in wanted))
        found = exceeded(conn, city, sensors, limits, since(from_us, to_us, after), to_us)
        return page(_rows(sensors, found, doubts(conn, city), bool(named)), after, limit)

    async with service.database.turn():
        items, following = await service.database.work(work, limit_s=LIMIT_S)
    return Exceedances(items=items, next=following, method=parts.method(EXCEEDANCE))
