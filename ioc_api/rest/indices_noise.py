"""Noise by day and night against the limit of the sensor's area."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Literal

import numpy as np
import psycopg
from fastapi import APIRouter
from pydantic import BaseModel, Field

from city.norms import CATEGORIES, Category
from infra.indices.noise import METRIC, NOISE, TOO_LITTLE, Noise, ask
from infra.indices.stations import doubted, doubts
from infra.times import rfc3339
from ioc_api.problems import Problem
from ioc_api.rest import indices_parts as parts
from ioc_api.rest.doors import may
from ioc_api.rest.indices_parts import LIMIT_S, Stations, Words, asked_span, check_size, chosen, city_now, page, since
from ioc_api.rest.parts import Cursor, Limit, Many, Page, Served, from_cursor
from ioc_api.rest.spans import From, To

router = APIRouter(prefix="/indices", tags=["indices"])

LONGEST_DAYS = 366


class NoiseLevel(BaseModel):
    """L_Aeq of one day (06-21 h) or one night (21-06 h, of the date of its evening), dB(A).

    `above` is how far it is over the limit, negative within it. Null where too few hours count (`reason`).
    """

    station: parts.StationOut
    date: date
    period: Literal["day", "night"]
    since: str
    at: str
    level: float | None
    unit: str
    category: Category
    category_name: Words
    limit: float | None
    above: float | None
    exceeded: bool | None
    completeness: float = Field(description="% of the period's hours that count.")
    reason: str | None
    method: str
    legal_basis: str


class NoiseLevels(Page):
    """By the end of the period, then by sensor. `note` says what is known of the limits themselves."""

    items: list[NoiseLevel]
    method: parts.Method
    note: Words


def _out(said: Noise, row: int, t: int, trusted: bool) -> NoiseLevel:
    x = said.level(row, t)
    vi, en = CATEGORIES[x.category]
    return NoiseLevel(
        station=parts.station(x.sensor, trusted=trusted), date=x.day, period="night" if x.night else "day",
        since=rfc3339(x.start_us), at=rfc3339(x.end_us), level=x.level, unit=NOISE.unit, category=x.category,
        category_name=Words(vi=vi, en=en), limit=x.limit, above=x.above,
        exceeded=None if x.above is None else x.above > 0, completeness=x.completeness,
        reason=TOO_LITTLE if x.level is None else None, method=NOISE.method,
        legal_basis=x.legal_basis or NOISE.legal_basis,
    )  # fmt: skip


@router.get(
    "/noise",
    operation_id="list_noise_levels",
    dependencies=[may("read")],
    summary="Noise by day and night against the area's limit",
    responses={404: {"model": Problem}},
)
async def list_noise_levels(
    service: Served,
    named: Stations,
    zone: Many = None,
    area: Many = None,
    period: Literal["day", "night"] | None = None,
    exceeded: bool | None = None,
    start: From = None,
    end: To = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> NoiseLevels:
    """Days and nights that end after `from` and up to `to`; the last 8 days where no time is given."""
    from_us, to_us = asked_span(start, end, 8 * 86_400, LONGEST_DAYS)
    after = from_cursor(cursor, int, str)

    def work(conn: psycopg.Connection) -> tuple[list[NoiseLevel], str | None]:
        city = city_now(service, conn)
        sensors = chosen(service, city, named, zone, area, [METRIC])
        check_size(sensors, to_us - from_us)
        said = ask(conn, city, sensors, since(from_us, to_us, after), to_us)
        doubtful = doubted(sensors, doubts(conn, city), said.periods.end_us)
        wanted = said.heard() if named else said.heard() & ~doubtful
        if period is not None:
            wanted = wanted & (said.periods.night == (period == "night"))
        if exceeded is not None:
            above = said.above()
            wanted = wanted & (above > 0 if exceeded else above <= 0)
        ends = said.periods.end_us.tolist()
        rows = (
            ((ends[t], sensors[row].sensor_id), partial(_out, said, row, t, not doubtful[row, t]))
            for t, row in np.argwhere(wanted.T).tolist()
        )
        return page(rows, after, limit)

    async with service.database.turn():
        items, following = await service.database.work(work, limit_s=LIMIT_S)
    noise = service.catalog.norms.noise
    return NoiseLevels(
        items=items, next=following, method=parts.method(NOISE), note=Words(vi=noise.note_vi, en=noise.note_en)
    )
