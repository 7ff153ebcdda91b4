"""Indices: what there is, and those of traffic, lighting, water and river, now and in history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Annotated, Literal

import msgspec
import psycopg
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from city.sensors import Sensor
from infra.indices import City, Item, leaks, lighting, river, traffic
from infra.indices.catalogue import DOMAINS, city_of, indices
from infra.times import SECOND, now_us
from ioc_api import asking
from ioc_api.faults import vi
from ioc_api.problems import Problem, Stop
from ioc_api.rest import known
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Many, Page, Served, from_cursor, to_cursor
from ioc_api.rest.sensors import find
from ioc_api.rest.spans import From, To, span
from ioc_api.service import Service

router = APIRouter(prefix="/indices", tags=["indices"])

HOUR_US = 3600 * SECOND
DAY_US = 24 * HOUR_US
CITY_US = 7 * HOUR_US
#: The longest time that one question may ask for by its step (a year of hours would keep a processor for ten seconds),
#: and how many hours of sensors it may look at.
LONGEST_DAYS = {HOUR_US: 92, DAY_US: 366}
MOST = 50_000

Step = Annotated[Literal["1h", "1d"], Query(description="Figures of hours, or of city days (from 17:00 UTC).")]
Read = Callable[[psycopg.Connection, City, list[Sensor], int, int], list[Item]]


class IndexOut(BaseModel):
    """A kind of figure: where it is asked for, by which method it is worked out, and on which legal basis."""

    code: str
    vi: str
    en: str
    unit: str
    path: str
    method: str = Field(description="What the items say as their method.")
    method_vi: str
    method_en: str
    legal_basis: str


class IndicesOut(Page):
    items: list[IndexOut]


class IndexItems(Page):
    """Figures as they are now (`from` and `to` left out), or of whole hours or days, by time."""

    items: list[Item]


Size = Annotated[int, Query(ge=1, le=5000, description="Items on a page.")]


@router.get(
    "",
    operation_id="list_indices",
    dependencies=[may("read")],
    summary="What indices there are, their methods and legal bases",
)
async def list_indices() -> IndicesOut:
    return IndicesOut(items=[IndexOut(**msgspec.structs.asdict(index)) for index in indices()])


class Asked:
    """Which figures are asked for: the part of a question that all subjects have in common."""

    def __init__(
        self,
        area: Many = None,
        zone: Many = None,
        sensor: Many = None,
        index: Many = None,
        start: From = None,
        end: To = None,
        limit: Size = 1000,
        cursor: Cursor = None,
    ) -> None:
        self.area, self.zone, self.sensor, self.index = area, zone, sensor, index
        self.start, self.end = start, end
        self.limit, self.cursor = limit, cursor

    @property
    def now(self) -> bool:
        """Whether no time is named."""
        return self.start is None and self.end is None

    def takes(self, item: Item) -> bool:
        """Whether a figure is one of them, and in the part of whoever is asking."""
        return (
            asking.part().holds(item.area, item.zone, DOMAINS.get(item.index))
            and (self.area is None or item.area in self.area)
            and (self.zone is None or item.zone in self.zone)
            and (self.sensor is None or item.sensor_id in self.sensor)
            and (self.index is None or item.index in self.index)
        )

    def covers(self, sensor: Sensor) -> bool:
        """Whether figures of them may be made from a sensor."""
        return (
            asking.part().holds(sensor.area, sensor.zone, sensor.domain)
            and (self.area is None or sensor.area in self.area)
            and (self.zone is None or sensor.zone in self.zone)
            and (self.sensor is None or sensor.sensor_id in self.sensor or sensor.parent in self.sensor)
        )


def _check(service: Service, asked: Asked, subject: ModuleType) -> None:
    """404 for an unknown sensor, 422 for a value that cannot be meant."""
    known.check(service, area=asked.area, zone=asked.zone, sensor=asked.sensor)
    known.among("index", asked.index, [k.code for k in subject.INDICES])
    for sensor in asked.sensor or ():
        if find(service, sensor).domain != subject.DOMAIN:
            raise Stop(422, f"query.sensor: {sensor} không phải cảm biến của lĩnh vực {subject.DOMAIN}"
                            f" / {sensor} is no sensor of the domain {subject.DOMAIN}")  # fmt: skip


def _page(items: list[Item], asked: Asked) -> IndexItems:
    """A page of items: by time and key, or, where there is a newer round between two pages, by key alone."""

    def place(item: Item) -> tuple[str, str]:
        return ("" if asked.now else item.at or "", item.key)

    after = from_cursor(asked.cursor, str, str)
    items = sorted((i for i in items if after is None or place(i) > after), key=place)
    page = items[: asked.limit]
    following = to_cursor(*place(page[-1])) if len(items) > asked.limit else None
    return IndexItems(items=page, next=following)


async def _answer(service: Service, asked: Asked, subject: ModuleType, step_us: int, read: Read) -> IndexItems:
    """What there is now, or (where a time is named) of the whole steps that lie in it."""
    _check(service, asked, subject)
    if asked.now:
        return _page(_now(service, asked, subject), asked)
    return _page(await _past(service, asked, subject.DOMAIN, step_us, read), asked)


def _now(service: Service, asked: Asked, subject: ModuleType) -> list[Item]:
    if not service.indices.done_us:
        raise Stop(503, "các chỉ số đang được tính / the indices are still being worked out", {"Retry-After": "5"})
    codes = {k.code for k in subject.INDICES}
    return [i for i, _ in service.live.indices.items.values() if i.index in codes and asked.takes(i)]


async def _past(service: Service, asked: Asked, domain: str, step_us: int, read: Read) -> list[Item]:
    """Figures of the whole steps that lie in the asked time and have ended."""
    now = now_us()
    from_us, to_us = span(asked.start, asked.end, now, 86_400)
    shift = CITY_US if step_us == DAY_US else 0
    from_us = -(-(from_us + shift) // step_us) * step_us - shift
    to_us = (min(to_us, now) + shift) // step_us * step_us - shift
    days = LONGEST_DAYS[step_us]
    if to_us - from_us > days * DAY_US:
        raise Stop(422, f"query.from: mỗi lần tối đa {days} ngày / at most {days} days can be asked for at once")
    roster = service.live.roster
    if roster.version < 0:
        raise Stop(503, "danh mục chưa được đọc xong / the registry has not been read yet", {"Retry-After": "2"})
    if from_us >= to_us:
        return []

    def work(conn: psycopg.Connection) -> list[Item]:
        city = city_of(conn, service.catalog, roster, service.settings)
        if asked.sensor:
            # Who is named is shown, whatever is thought of it; figures of its zone are not asked for then.
            city = replace(city, untrusted=frozenset())
        sensors = [s for s in city.sensors(domain) if asked.covers(s)]
        size = len(sensors) * (to_us - from_us) // HOUR_US
        if size > MOST:
            n, hours = len(sensors), (to_us - from_us) // HOUR_US
            raise Stop(
                422,
                f"query.from: {vi(n)} cảm biến trong {vi(hours)} giờ là {vi(size)}, mỗi lần được tối đa {vi(MOST)} giờ"
                " cảm biến: hãy nêu ít cảm biến hơn, một phường, hoặc khoảng ngắn hơn"
                f" / {n} sensors over {hours} hours are {size}, and at most"
                f" {MOST} hours of sensors can be asked for at once: name fewer sensors, a zone, or less time",
            )
        return [i for i in read(conn, city, sensors, from_us, to_us) if asked.takes(i)]

    return await service.database.question(work)


Question = Annotated[Asked, Depends()]


@router.get(
    "/traffic",
    operation_id="list_traffic_indices",
    dependencies=[may("read")],
    summary="Level of service and travel-time index",
    responses={404: {"model": Problem}},
)
async def list_traffic_indices(service: Served, asked: Question) -> IndexItems:
    """Without a time: the last 15 minutes. With one: whole hours (a day where only one end is given)."""
    return await _answer(service, asked, traffic, HOUR_US, traffic.history)


@router.get(
    "/lighting",
    operation_id="list_lighting_indices",
    dependencies=[may("read")],
    summary="Lamps, energy and burning hours",
    responses={404: {"model": Problem}},
)
async def list_lighting_indices(service: Served, asked: Question, step: Step = "1h") -> IndexItems:
    """Without a time: as it is now. With one: whole hours or city days; a lamp has figures of its own when it is named.

    City days have energy and burning hours only.
    """
    step_us = HOUR_US if step == "1h" else DAY_US

    def read(conn: psycopg.Connection, city: City, sensors: list[Sensor], from_us: int, to_us: int) -> list[Item]:
        return lighting.history(conn, city, sensors, from_us, to_us, step_us, asked.sensor is not None)

    return await _answer(service, asked, lighting, step_us, read)


@router.get(
    "/river",
    operation_id="list_river_indices",
    dependencies=[may("read")],
    summary="River levels against the flood alarms",
    responses={404: {"model": Problem}},
)
async def list_river_indices(service: Served, asked: Question) -> IndexItems:
    """Without a time: the newest level. With one: the state of alarm after each whole hour."""
    return await _answer(service, asked, river, HOUR_US, river.history)


@router.get(
    "/water",
    operation_id="list_water_indices",
    dependencies=[may("read")],
    summary="Night flow of water meters, zones and areas",
    responses={404: {"model": Problem}},
)
async def list_water_indices(service: Served, asked: Question) -> IndexItems:
    """Without a time: the last night. With one: the nights of whole city days."""
    return await _answer(service, asked, leaks, DAY_US, leaks.history)
