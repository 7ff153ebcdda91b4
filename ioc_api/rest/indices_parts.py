"""What the questions about stations share: which stations, how much at once, and how times and places are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any, TypeVar

import psycopg
from fastapi import Depends, Query
from pydantic import BaseModel, Field

from city.hours import DAY_US, HOUR_US
from city.sensors import Sensor
from infra.indices import City, Index
from infra.indices.catalogue import city_of
from infra.indices.stations import DOMAIN, stations
from infra.times import SECOND, now_us
from ioc_api import asking
from ioc_api.faults import vi
from ioc_api.problems import Stop
from ioc_api.rest import known
from ioc_api.rest.parts import Text, to_cursor
from ioc_api.rest.sensors import find
from ioc_api.rest.spans import span
from ioc_api.service import Service

T = TypeVar("T")

CITY_TIME = timezone(timedelta(hours=7))
#: Stations × hours that one question may read, before it has to be made smaller.
CELLS = 500_000
#: Longest time that the database may take for one question, s.
LIMIT_S = 20.0


def _stations(
    sensor: Annotated[
        list[Text] | None, Query(max_length=100, description="Ids of stations; none: all that are trusted.")
    ] = None,
    station: Annotated[list[Text] | None, Query(max_length=100, description="The same as `sensor`.")] = None,
) -> list[str] | None:
    return [*(sensor or ()), *(station or ())] or None


#: The stations that a question names, by either of two names; None: none.
Stations = Annotated[list[str] | None, Depends(_stations)]


class Words(BaseModel):
    """A text in both languages."""

    vi: str
    en: str


class StationOut(BaseModel):
    """Where a figure was measured. `trusted` is the judgement of its data at that time, see `/quality`."""

    sensor_id: str
    name: str
    place: str
    site: str
    lat: float | None
    lon: float | None
    area: str
    zone: str | None
    trusted: bool


class Method(BaseModel):
    """How the figures of an answer were worked out, and after which law."""

    code: str
    vi: str
    en: str
    legal_basis: str
    completeness: Words = Field(description="What must be there for a figure.")
    source: Words = Field(description="Where the readings come from.")


RULE = Words(
    vi="Một giờ được tính khi có ít nhất 75 % số lần đo thường có của trạm; một khoảng thời gian khi có ít nhất 75 % "
    "số giờ. Đây là lựa chọn của hệ thống, văn bản không quy định.",
    en="An hour counts with at least 75 % of the readings that the station usually sends, a period with at least 75 % "
    "of its hours. This is our choice: the texts set no rule.",
)
SOURCE = Words(vi="Trạm cảm biến của thành phố, qua IOC", en="The city's own sensor stations, by the IOC")


def method(index: Index) -> Method:
    """How an index is worked out, for the whole answer."""
    return Method(
        code=index.method, vi=index.method_vi, en=index.method_en, legal_basis=index.legal_basis, completeness=RULE,
        source=SOURCE,
    )  # fmt: skip


def station(s: Sensor, *, trusted: bool) -> StationOut:
    """A station as it is shown."""
    return StationOut(
        sensor_id=s.sensor_id, name=s.name, place=s.place, site=s.site, lat=s.lat, lon=s.lon, area=s.area, zone=s.zone,
        trusted=bool(trusted),
    )  # fmt: skip


def chosen(
    service: Service,
    city: City,
    ids: Sequence[str] | None,
    zone: Sequence[str] | None,
    area: Sequence[str] | None,
    metrics: Sequence[str],
) -> list[Sensor]:
    """The stations that a question names, by id. 404 for an unknown one, 422 for an unknown zone or area."""
    known.check(service, area=area, zone=zone, sensor=ids)
    if ids:
        found = [find(service, i) for i in sorted(set(ids))]
        if any(s.domain != DOMAIN for s in found):
            raise Stop(422, f"query.sensor: chỉ cảm biến của lĩnh vực {DOMAIN} là trạm"
                            f" / only sensors of the domain {DOMAIN} are stations")  # fmt: skip
    else:
        if service.live.roster.version < 0:
            raise Stop(503, "danh mục chưa được đọc xong / the registry has not been read yet", {"Retry-After": "2"})
        found = stations(city, metrics)
    mine = asking.part()
    found = [s for s in found if mine.holds(s.area, s.zone, s.domain)]
    return [s for s in found if (not zone or s.zone in zone) and (not area or s.area in area)]


def asked_span(start: str | None, end: str | None, usual_s: int, longest_days: int) -> tuple[int, int]:
    """The span (from, to] of a question, up to now at the most."""
    now = now_us()
    from_us, to_us = span(start, end, now, usual_s)
    if to_us - from_us > longest_days * DAY_US + SECOND:
        raise Stop(
            422,
            f"query.from: mỗi lần tối đa {vi(longest_days)} ngày"
            f" / at most {longest_days} days can be asked for at once",
        )
    to_us = min(to_us, now)
    return min(from_us, to_us), to_us


def since(from_us: int, to_us: int, after: tuple[Any, ...] | None) -> int:
    """Where a page begins to read: at the end (the first part of the cursor) of the last item before it."""
    return max(from_us, min(after[0] - 1, to_us)) if after else from_us


def page(
    rows: Iterable[tuple[tuple[Any, ...], Callable[[], T]]], after: tuple[Any, ...] | None, limit: int
) -> tuple[list[T], str | None]:
    """The items of a page and its `next`, from rows in the order of their keys, each with what makes its item."""
    items: list[T] = []
    last: tuple[Any, ...] = ()
    for key, make in rows:
        if after and key <= after:
            continue
        if len(items) == limit:
            return items, to_cursor(*last)
        items.append(make())
        last = key
    return items, None


def check_size(sensors: Sequence[Sensor], hours_us: int) -> None:
    """422 where the question would read too much."""
    hours = hours_us // HOUR_US + 1
    if len(sensors) * hours > CELLS:
        raise Stop(
            422,
            f"query.from: {vi(len(sensors))} trạm trong {vi(hours)} giờ là quá nhiều một lần (tối đa {vi(CELLS)} giờ"
            " trạm): hãy hỏi ít trạm hơn, một phường, hoặc khoảng ngắn hơn"
            f" / {len(sensors)} stations over {hours} hours are too much at once (at most {CELLS:,}"
            " station hours): ask for fewer stations, one zone, or a shorter time",
        )


def city_now(service: Service, conn: psycopg.Connection) -> City:
    """The city with the judgement of its sensors, as it is now."""
    return city_of(conn, service.catalog, service.live.roster, service.settings)


def city_time(us: int) -> str:
    """A moment on the city's clock, as 2026-11-23T00:00:00+07:00."""
    return datetime.fromtimestamp(us // SECOND, CITY_TIME).isoformat()


def city_date(end_us: int) -> date:
    """The city day that a period ending there belongs to: one that ends at midnight, to the day before."""
    return datetime.fromtimestamp(end_us // SECOND - 1, UTC).astimezone(CITY_TIME).date()
