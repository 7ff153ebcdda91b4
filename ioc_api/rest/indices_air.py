"""VN_AQI of stations, zones and areas by the hour and by the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from itertools import product
from typing import Annotated

import numpy as np
import psycopg
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from city import vn_aqi
from city.advice import ADVICE
from city.air import METRICS
from infra.indices.air import DAILY, DOMAIN, HOURLY, NAMES, NO_PARTICLES
from infra.indices.air_figures import AVERAGING, Air, By, Kind, ask, members
from infra.times import rfc3339
from ioc_api import asking
from ioc_api.problems import Problem
from ioc_api.rest import indices_parts as parts
from ioc_api.rest.doors import may
from ioc_api.rest.indices_parts import LIMIT_S, Stations, Words, asked_span, check_size, chosen, city_now, page, since
from ioc_api.rest.parts import Cursor, Limit, Many, Page, Served, from_cursor
from ioc_api.rest.spans import From, To

router = APIRouter(prefix="/indices", tags=["indices"])

LONGEST_DAYS: dict[Kind, int] = {"hourly": 92, "daily": 366}
USUAL_S: dict[Kind, int] = {"hourly": 86_400, "daily": 8 * 86_400}


class BandOut(BaseModel):
    """The band of an index: official name, colour (`colour` is #rrggbb), and its bounds, both included.

    `code` is good, moderate, poor, bad, very_bad or hazardous.
    """

    code: str
    vi: str
    en: str
    colour: str
    colour_vi: str
    rgb: tuple[int, int, int]
    low: int
    high: int


class AdviceOut(BaseModel):
    """What to do: everyone, and people whom bad air harms first."""

    general: Words
    sensitive: Words


class SubIndex(BaseModel):
    """One pollutant. `averaging` is what the concentration is: nowcast, 1h, 24h, max_1h or max_8h (highest mean).

    `index` is null with a concentration where a day's ozone is above 400 µg/m³ over 8 hours: then its 1-hour mean
    alone counts.
    """

    pollutant: str
    name: Words
    averaging: str
    concentration: float | None
    unit: str
    index: int | None
    dominant: bool
    completeness: float = Field(description="% of the readings that were due.")


class Counted(BaseModel):
    """Stations of a zone or area: those with an index, all trusted ones, and those left out as not trusted."""

    with_index: int
    trusted: int
    left_out: int


class AirIndex(BaseModel):
    """VN_AQI of an hour or a city day. An hour is named by its end.

    Of a zone or area it is that of its worst trusted station, `station`. `index` is null where neither PM10 nor PM2.5
    is there (`reason`).
    """

    kind: Kind
    area: str
    zone: str | None
    since: str
    at: str = Field(description="End of the hour or day, UTC.")
    city_time: str = Field(description="The same on the city's clock (UTC+7): the hour's label.")
    day: date = Field(description="The city day that it belongs to.")
    index: int | None
    band: BandOut | None
    dominant: str | None
    sub_indices: list[SubIndex]
    advice: AdviceOut | None
    completeness: float | None = Field(description="That of the dominant pollutant, %.")
    reason: str | None
    station: parts.StationOut
    stations: Counted | None = Field(description="Null for a station's own figure.")
    method: str
    legal_basis: str


class AirIndices(Page):
    """By time, then by station, zone or area. `strict` is the literal form of Nowcast."""

    items: list[AirIndex]
    method: parts.Method
    strict: bool


def _band(index: int) -> tuple[BandOut, AdviceOut]:
    b = vn_aqi.band(index)
    a = ADVICE[vn_aqi.BANDS.index(b)]
    band = BandOut(
        code=b.code, vi=b.vi, en=b.en, colour=b.colour, colour_vi=b.colour_vi, rgb=b.rgb, low=b.low, high=b.high
    )  # fmt: skip
    return band, AdviceOut(
        general=Words(vi=a.general_vi, en=a.general_en), sensitive=Words(vi=a.sensitive_vi, en=a.sensitive_en)
    )


def _air(said: Air, row: int, t: int, where: tuple[str, str | None], counted: Counted | None) -> AirIndex:
    f, kind = said.figure(row, t), said.kind
    band, advice = (None, None) if f.index is None else _band(f.index)
    index = HOURLY if kind == "hourly" else DAILY
    return AirIndex(
        kind=kind, area=where[0], zone=where[1], since=rfc3339(f.start_us), at=rfc3339(f.end_us),
        city_time=parts.city_time(f.end_us), day=parts.city_date(f.end_us),
        index=f.index, band=band, dominant=f.dominant,
        sub_indices=[
            SubIndex(
                pollutant=p, name=Words(vi=NAMES[p][0], en=NAMES[p][1]), averaging=AVERAGING[kind][p],
                concentration=c, unit="µg/m³", index=f.sub[p], dominant=p == f.dominant, completeness=f.completeness[p],
            )
            for p, c in f.concentration.items()
            if c is not None
        ],
        advice=advice, completeness=f.completeness[f.dominant] if f.dominant else None,
        reason=NO_PARTICLES if f.index is None else None,
        station=parts.station(f.station, trusted=not said.doubted[row, t]), stations=counted,
        method=index.method, legal_basis=index.legal_basis,
    )  # fmt: skip


def _rows(said: Air, by: By, named: bool) -> Iterator[tuple[tuple[int, str], Callable[[], AirIndex]]]:
    """Every figure of an answer in its order, by the end of its time and its subject."""
    ends = said.end_us.tolist()
    if by == "station":
        shown = said.known() if named else said.known() & ~said.doubted
        for t, row in np.argwhere(shown.T).tolist():
            s = said.sensors[row]
            yield (ends[t], s.sensor_id), partial(_air, said, row, t, (s.area, s.zone), None)
        return
    groups = sorted(members(said.sensors, by).items(), key=lambda g: g[0][1] or g[0][0])
    # An area's figure tells of all of its zones.
    groups = [g for g in groups if asking.part().holds(*g[0], DOMAIN)]
    worst = [(place, len(rows), *said.worst(rows)) for place, rows in groups]
    for t, (place, all_of_them, which, count, doubted) in product(range(len(ends)), worst):
        row, left_out = int(which[t]), int(doubted[t])
        if row >= 0:
            counted = Counted(with_index=int(count[t]), trusted=all_of_them - left_out, left_out=left_out)
            yield (ends[t], place[1] or place[0]), partial(_air, said, row, t, place, counted)


@router.get(
    "/air",
    operation_id="list_air_indices",
    dependencies=[may("read")],
    summary="VN_AQI per station, zone or area",
    responses={404: {"model": Problem}},
)
async def list_air_indices(
    service: Served,
    named: Stations,
    kind: Kind = "hourly",
    by: By = "station",
    zone: Many = None,
    area: Many = None,
    start: From = None,
    end: To = None,
    strict: Annotated[bool, Query(description="The literal form of Nowcast, which is not normalised.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AirIndices:
    """Hours (or city days) that end after `from` and up to `to`; the last 24 hours (8 days) where no time is given.
    Stations that are not trusted are left out, unless they are named (and of zones always)."""
    from_us, to_us = asked_span(start, end, USUAL_S[kind], LONGEST_DAYS[kind])
    after = from_cursor(cursor, int, str)

    def work(conn: psycopg.Connection) -> tuple[list[AirIndex], str | None]:
        city = city_now(service, conn)
        sensors = chosen(service, city, named, zone, area, METRICS)
        check_size(sensors, to_us - from_us)
        said = ask(conn, city, sensors, kind, since(from_us, to_us, after), to_us, strict=strict)
        return page(_rows(said, by, bool(named)), after, limit)

    async with service.database.turn():
        items, following = await service.database.work(work, limit_s=LIMIT_S)
    return AirIndices(
        items=items, next=following, method=parts.method(HOURLY if kind == "hourly" else DAILY), strict=strict
    )
