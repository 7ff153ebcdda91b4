"""Who stands out in the city now: places and sensors by an index, sensors by their newest reading. From memory."""

from __future__ import annotations

import math
from collections import Counter
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from city.means import AMOUNTS, means
from city.sensors import Sensor, liveness
from infra.indices import Item, Subject
from infra.indices.catalogue import DOMAINS
from infra.times import SECOND, now_us, rfc3339
from ioc_api import asking
from ioc_api.live.newest import Figures, newest_of, once
from ioc_api.problems import Stop
from ioc_api.rest import known
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Many, Served, Text
from ioc_api.rest.sensors import Alive, Status
from ioc_api.service import Service

router = APIRouter(prefix="/rankings", tags=["indices"])

#: Indices of which less is worse; of the others more is.
LESS_IS_WORSE = frozenset({"los", "lamps_on"})

Order = Literal["worst", "highest", "lowest"]
Top = Annotated[int, Query(ge=1, le=100, description="How many.")]


class Ranked(BaseModel):
    """Which sensor it is, and how alive."""

    sensor_id: str
    name: str
    place: str
    site: str
    area: str
    zone: str | None
    lat: float | None
    lon: float | None
    status: Status
    liveness: Alive
    last_seen: str | None


class RankedIndex(BaseModel):
    """An index's figure and its sensor; of a zone or area there is none."""

    rank: int
    item: Item
    sensor: Ranked | None


class IndexRanking(BaseModel):
    """The figures at the head. `count` figures can be said in all, and `unsaid` cannot (`reasons`, by how many).

    `levels`: how many figures there are of each level, such as a level of service.
    """

    index: str
    of: Subject
    order: Literal["highest", "lowest"]
    count: int
    unsaid: int
    levels: dict[str, int]
    reasons: dict[str, int]
    items: list[RankedIndex]


class RankedReading(BaseModel):
    rank: int
    value: float
    time: str
    sensor: Ranked


class ReadingRanking(BaseModel):
    """The newest readings at the head, of `count` sensors. `sum` is null where the metric's values do not add up."""

    domain: str
    metric: str
    unit: str
    vi: str
    en: str
    at: str
    order: Literal["highest", "lowest"]
    count: int
    mean: float | None
    sum: float | None = Field(description="What hangs on one that tells of the same is in that one.")
    items: list[RankedReading]


def _sensor(service: Service, s: Sensor, now: int) -> Ranked:
    seen = service.live.sensors.last_seen_us(s.id)
    interval_s = float(service.live.roster.interval_s[s.id])
    return Ranked.model_validate({
        "sensor_id": s.sensor_id, "name": s.name, "place": s.place, "site": s.site, "area": s.area, "zone": s.zone,
        "lat": s.lat, "lon": s.lon, "status": s.status,
        "liveness": liveness(None if seen is None else (now - seen) / SECOND, interval_s),
        "last_seen": None if seen is None else rfc3339(seen),
    })  # fmt: skip


@router.get(
    "/indices",
    operation_id="rank_indices",
    dependencies=[may("read")],
    summary="Sensors, zones or areas by an index, as it is now",
)
async def rank_indices(
    service: Served,
    index: Annotated[Text, Query(description="Code of an index: see GET indices.")],
    of: Subject = "sensor",
    order: Order = "worst",
    area: Many = None,
    zone: Many = None,
    level: Many = None,
    limit: Top = 20,
) -> IndexRanking:
    """The worst first, unless `order` says otherwise: by level of service and share of lamps on the lowest, of all
    other indices the highest. `level`: only figures of these levels (and `count` counts these)."""
    known.check(service, area=area, zone=zone)
    known.among("index", [index], DOMAINS)
    if not service.indices.done_us:
        raise Stop(503, "chỉ số đang được tính / the indices are still being worked out", {"Retry-After": "5"})
    said: list[tuple[float, Item]] = []
    levels: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for item, _ in service.live.indices.items.values():
        if item.index != index or item.subject != of or not _within(item, area, zone):
            continue
        if item.value is None:
            reasons[item.reason or ""] += 1
            continue
        levels[item.level or ""] += 1
        if level is None or item.level in level:
            said.append((item.value, item))
    lowest = order == "lowest" or (order == "worst" and index in LESS_IS_WORSE)
    said.sort(key=lambda x: (x[0] if lowest else -x[0], x[1].key))
    now, roster = now_us(), service.live.roster
    items = []
    for rank, (_, item) in enumerate(said[:limit], start=1):
        number = roster.numbers.get(item.sensor_id or "")
        sensor = None if number is None else roster.sensors[number]
        shown = None if sensor is None else _sensor(service, sensor, now)
        items.append(RankedIndex(rank=rank, item=item, sensor=shown))
    return IndexRanking(
        index=index, of=of, order="lowest" if lowest else "highest", count=len(said), unsaid=reasons.total(),
        levels=dict(levels), reasons=dict(reasons), items=items,
    )  # fmt: skip


def _within(item: Item, area: list[str] | None, zone: list[str] | None) -> bool:
    return (
        asking.part().holds(item.area, item.zone, DOMAINS.get(item.index))
        and (area is None or item.area in area)
        and (zone is None or item.zone in zone)
    )


@router.get(
    "/readings",
    operation_id="rank_readings",
    dependencies=[may("read")],
    summary="Sensors by their newest reading of a metric, and their sum",
)
async def rank_readings(
    service: Served,
    domain: Text,
    metric: Text,
    order: Literal["highest", "lowest"] = "highest",
    area: Many = None,
    zone: Many = None,
    limit: Top = 20,
) -> ReadingRanking:
    """Of active, trusted sensors that are not offline, readings of quality `measuring`. A sensor's channels are one
    figure: `total` or the one without a name where there is one; else amounts are added up, others averaged."""
    if not service.hub.ready.is_set():
        raise Stop(503, "lịch sử còn đang được đọc / history is still being read", {"Retry-After": "2"})
    known.check(service, area=area, zone=zone, domain=[domain], metric=[metric])
    now, roster = now_us(), service.live.roster
    subject = next(d for d in roster.domains if d.code == domain)
    of = next((m for m in subject.metrics if m.name == metric), None)
    if of is None:
        known.among("metric", [metric], [m.name for m in subject.metrics])
        raise AssertionError
    every = newest_of(service.live.latest, roster, subject, of, {}, now)
    where = {k: v for k, v in (("area", area), ("zone", zone)) if v is not None}
    found = newest_of(service.live.latest, roster, subject, of, where, now) if where else every
    mine = asking.part().sensors(roster)[found.sensor]
    found = Figures(found.sensor[mine], found.value[mine], found.time_us[mine])
    adds = of.unit in AMOUNTS
    if adds:
        found = once(found, every, roster)
    n = len(found.sensor)
    mean = float(means(of.aggregate, found.value, np.zeros(n, np.int64), 1)[0])
    heads = np.lexsort((found.sensor, found.value if order == "lowest" else -found.value))[:limit]
    items = []
    for rank, i in enumerate(heads.tolist(), start=1):
        sensor = roster.sensors[int(found.sensor[i])]
        if sensor is not None:
            shown, at = _sensor(service, sensor, now), rfc3339(int(found.time_us[i]))
            items.append(RankedReading(rank=rank, value=float(found.value[i]), time=at, sensor=shown))
    return ReadingRanking(
        domain=domain, metric=metric, unit=of.unit, vi=of.vi, en=of.en, at=rfc3339(now), order=order, count=n,
        mean=None if math.isnan(mean) else round(mean, 3),
        sum=round(float(found.value.sum()), 3) if n and adds else None, items=items,
    )  # fmt: skip
