"""The newest readings: of one sensor with all that belongs to them, and of all sensors in one answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from city.columns import QUALITIES
from city.registry import Domain
from city.sensors import Sensor, liveness
from infra.times import SECOND, now_us, rfc3339
from ioc_api import asking
from ioc_api.database import Away
from ioc_api.history import last
from ioc_api.live import snapshot
from ioc_api.live.topic import Filter
from ioc_api.problems import Problem, Stop
from ioc_api.rest import known
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Many, Page, Served, Text
from ioc_api.rest.sensors import find
from ioc_api.service import Service

router = APIRouter(tags=["live"])


class LastReading(BaseModel):
    """The newest reading of one metric. `received_at` is null where that is not kept (any more)."""

    metric: str
    channel: str
    vi: str
    en: str
    unit: str
    value: float
    time: str
    received_at: str | None
    age_s: float
    quality: str


class LastOfSensor(BaseModel):
    """All that a sensor has measured last. `source`: database, or memory while the database is away."""

    sensor_id: str
    area: str
    zone: str | None
    domain: str
    liveness: str
    last_seen: str | None
    interval_s: float
    source: str
    at: str
    items: list[LastReading]


class LatestOfAll(Page):
    """Everything in one answer: `next` is always null."""

    items: list[snapshot.Item]
    at: str
    complete: bool = Field(description="False while the last readings of silent sensors are still being looked for.")


@router.get(
    "/latest",
    operation_id="list_latest",
    dependencies=[may("read")],
    summary="Newest readings of all sensors",
    response_model=LatestOfAll,
    responses={404: {"model": Problem}},
)
async def list_latest(
    service: Served,
    area: Many = None,
    zone: Many = None,
    domain: Many = None,
    metric: Many = None,
    sensor: Annotated[list[Text] | None, Query(max_length=500)] = None,
) -> Response:
    """From memory, in one answer however many there are; what is committed is there a moment later."""
    if not service.hub.ready.is_set():
        raise Stop(503, "đang đọc lịch sử / history is still being read", {"Retry-After": "2"})
    known.check(service, area=area, zone=zone, domain=domain, metric=metric, sensor=sensor)
    asked = {"area": area, "zone": zone, "domain": domain, "metric": metric, "sensor": sensor}
    wanted = Filter.of({k: v for k, v in asked.items() if v is not None}, asking.part().scope)
    now = now_us()
    roster = service.live.roster
    codes = service.live.sensors.codes(now)
    parts = snapshot.take(service.live.latest, wanted)
    head = f'{{"at":"{rfc3339(now)}","complete":{"true" if service.intake.complete else "false"},"next":null,"items":['

    async def body() -> AsyncIterator[bytes]:
        text = head.encode()
        for block in snapshot.encode(parts, roster, codes):
            if block:
                yield text + block
                text = b","
                await asyncio.sleep(0)  # others have their turn
        yield (text if text != b"," else b"") + b"]}"

    return StreamingResponse(body(), media_type="application/json")


@router.get(
    "/sensors/{sensor_id}/latest",
    operation_id="get_latest",
    dependencies=[may("read")],
    summary="Newest reading of each metric of a sensor",
    responses={404: {"model": Problem}},
)
async def get_latest(service: Served, sensor_id: Text) -> LastOfSensor:
    """Complete from the database, also just after a start; from memory while the database is away."""
    sensor = find(service, sensor_id)
    domain = service.catalog.registry.domains.get(sensor.domain)
    now = now_us()
    found, source = [], "database"
    if domain is not None:
        try:
            found = await service.database.question(lambda conn: last.of(conn, sensor, domain, now))
        except Away:
            if not service.hub.ready.is_set():
                raise
            found, source = _remembered(service, sensor, domain), "memory"
    seen = max((x.time_us for x in found), default=None)
    seen = None if seen is None else min(seen, now)
    interval_s = sensor.interval_s or (domain.interval_s if domain else 60.0)
    channels = service.live.roster.channels
    items = [
        LastReading(
            metric=x.metric.name, channel=channels.get(x.channel, str(x.channel)), vi=x.metric.vi, en=x.metric.en,
            unit=x.metric.unit, value=x.value, time=rfc3339(x.time_us),
            received_at=None if x.received_us is None else rfc3339(x.received_us),
            age_s=round((now - x.time_us) / SECOND, 3), quality=QUALITIES[x.quality],
        )
        for x in found
    ]  # fmt: skip
    return LastOfSensor(
        sensor_id=sensor.sensor_id, area=sensor.area, zone=sensor.zone, domain=sensor.domain,
        liveness=liveness(None if seen is None else (now - seen) / SECOND, interval_s),
        last_seen=None if seen is None else rfc3339(seen), interval_s=interval_s, source=source, at=rfc3339(now),
        items=items,
    )  # fmt: skip


def _remembered(service: Service, sensor: Sensor, domain: Domain) -> list[last.Last]:
    """What the live state knows of a sensor."""
    out = []
    for part in snapshot.take(service.live.latest, Filter.of({"sensor": [sensor.sensor_id]})):
        if part.domain == domain.code:
            out += [
                last.Last(metric, channel, value, time_us, None, quality)
                for metric, channel, value, time_us, quality in snapshot.readings(part, domain)
            ]
    return out
