"""Sensors: the list, one of them, and changes to the registry."""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated, Literal

import msgspec
import psycopg
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, FiniteFloat

from city.sensors import LIVENESS, TAGS, Sensor, liveness
from infra import sensors as registry
from infra.times import SECOND, now_us, rfc3339
from ioc_api import asking
from ioc_api.problems import Problem, Stop
from ioc_api.rest import known
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Limit, Many, Page, Served, Text, from_cursor, to_cursor
from ioc_api.service import Service

router = APIRouter(tags=["sensors"])

Status = Literal["active", "maintenance", "retired"]
Alive = Literal["online", "late", "offline", "never_seen"]


class SensorFields(BaseModel):
    """What is registered of a sensor, but its id."""

    area: Text
    domain: Text
    zone: Text | None = Field(None, description="Code of a zone of the area.")
    name: Text = ""
    site: Text = ""
    place: Text = ""
    lat: FiniteFloat | None = None
    lon: FiniteFloat | None = None
    interval_s: FiniteFloat = Field(0, ge=0, description="Seconds between two reports; 0: the domain's own.")
    parent: Text = Field("", description="Cabinet, gateway or feeder that it hangs on.")
    metrics: list[Text] = Field([], max_length=64, description="What it is expected to report; empty: not said.")
    status: Status = "active"
    tags: list[Text] = Field([], max_length=TAGS, description="Words of the city's own, by which rules choose sensors.")


class NewSensor(SensorFields):
    """A sensor to register."""

    sensor_id: Text


class SensorChange(BaseModel):
    """Fields to change; what is left out stays."""

    area: Text | None = None
    domain: Text | None = None
    zone: Text | None = None
    name: Text | None = None
    site: Text | None = None
    place: Text | None = None
    lat: FiniteFloat | None = None
    lon: FiniteFloat | None = None
    interval_s: FiniteFloat | None = Field(None, ge=0)
    parent: Text | None = None
    metrics: list[Text] | None = Field(None, max_length=64)
    status: Status | None = None
    tags: list[Text] | None = Field(None, max_length=TAGS)


class SensorOut(NewSensor):
    """A sensor and how alive it is. `interval_s` is the one in force."""

    liveness: Alive
    last_seen: str | None


class Sensors(Page):
    items: list[SensorOut]


def out(service: Service, sensor: Sensor, now: int) -> SensorOut:
    """A sensor as it is shown."""
    seen = service.live.sensors.last_seen_us(sensor.id)
    domain = service.catalog.registry.domains.get(sensor.domain)
    interval_s = sensor.interval_s or (domain.interval_s if domain else 60.0)
    fields = msgspec.structs.asdict(sensor)
    del fields["id"]
    fields["interval_s"] = interval_s
    fields["metrics"], fields["tags"] = list(sensor.metrics), list(sensor.tags)
    return SensorOut(
        **fields,
        liveness=liveness(None if seen is None else (now - seen) / SECOND, interval_s),
        last_seen=None if seen is None else rfc3339(seen),
    )


def find(service: Service, sensor_id: str) -> Sensor:
    """The sensor of that id, or 404 where there is none in the part of whoever is asking."""
    number = service.live.roster.numbers.get(sensor_id)
    sensor = None if number is None else service.live.roster.sensors[number]
    if sensor is None or not known.held(service, sensor_id):
        if service.live.roster.version < 0:
            raise Stop(503, "danh mục chưa được đọc xong / the registry has not been read yet", {"Retry-After": "2"})
        raise Stop(404, "không có cảm biến này / there is no such sensor")
    return sensor


@router.get("/sensors", operation_id="list_sensors", dependencies=[may("read", loose=True)], summary="Sensors, by id")
async def list_sensors(
    service: Served,
    area: Many = None,
    zone: Many = None,
    domain: Many = None,
    status: Annotated[list[Status] | None, Query()] = None,
    liveness: Annotated[list[Alive] | None, Query()] = None,
    q: Annotated[Text | None, Query(description="Part of id, name, place or site.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Sensors:
    """Retired sensors are listed when their status is asked for."""
    known.check(service, area=area, zone=zone, domain=domain)
    roster = service.live.roster
    if roster.version < 0:
        raise Stop(503, "danh mục chưa được đọc xong / the registry has not been read yet", {"Retry-After": "2"})
    ids = roster.ordered
    after = from_cursor(cursor, str)
    at = bisect_right(ids, after[0]) if after else 0
    now = now_us()
    alive = service.live.sensors.codes(now) if liveness else None
    accepted = {LIVENESS.index(x) for x in liveness or ()}
    needle = q.casefold() if q else None
    found: list[Sensor] = []
    mine = asking.part().sensors(roster)
    for place in range(at, len(ids)):
        s = roster.sensors[roster.numbers[ids[place]]]
        if s is None or not mine[s.id] or s.status not in (status or ("active", "maintenance")):
            continue
        if (area and s.area not in area) or (zone and s.zone not in zone) or (domain and s.domain not in domain):
            continue
        if alive is not None and int(alive[s.id]) not in accepted:
            continue
        if needle and needle not in f"{s.sensor_id}\n{s.name}\n{s.place}\n{s.site}".casefold():
            continue
        found.append(s)
        if len(found) > limit:
            break
    more = len(found) > limit
    found = found[:limit]
    return Sensors(items=[out(service, s, now) for s in found], next=to_cursor(found[-1].sensor_id) if more else None)


@router.get(
    "/sensors/{sensor_id}",
    operation_id="get_sensor",
    dependencies=[may("read", loose=True)],
    summary="One sensor",
    responses={404: {"model": Problem}},
)
async def get_sensor(service: Served, sensor_id: Text) -> SensorOut:
    return out(service, find(service, sensor_id), now_us())


async def _save(service: Service, sensor: Sensor, *, must: Literal["exist", "not exist"] | None = None) -> SensorOut:
    wrong = registry.check(sensor, service.catalog)
    if wrong:
        raise Stop(422, f"body.{wrong}")
    if not asking.part().holds(sensor.area, sensor.zone, sensor.domain):
        raise Stop(422, "body: nơi này ngoài phạm vi quyền của bạn / this place is not in the part that you may change")
    numbers = service.live.roster.numbers
    before = service.live.roster.sensors[numbers[sensor.sensor_id]] if sensor.sensor_id in numbers else None
    hung = before is not None and before.parent == sensor.parent
    if sensor.parent in numbers and not hung and not known.held(service, sensor.parent):
        # What hangs on a sensor is muted with it, and may be said to be its fault.
        raise Stop(422, f"body.parent: không có cảm biến {sensor.parent} / there is no sensor {sensor.parent}")
    if sensor.sensor_id in numbers and not known.held(service, sensor.sensor_id):
        raise Stop(409, "đã có cảm biến mang mã này / there is a sensor of this id already")

    def save(conn: psycopg.Connection) -> str | None:
        if must is not None:
            # The lock keeps two callers from creating one id.
            conn.execute("LOCK TABLE sensor IN SHARE ROW EXCLUSIVE MODE")
            there = conn.execute("SELECT 1 FROM sensor WHERE sensor_id = %s", [sensor.sensor_id]).fetchone()
            if bool(there) is not (must == "exist"):
                return None
        registry.save(conn, [sensor])
        return sensor.sensor_id

    if await service.database.work(save, limit_s=10) is None:
        if must == "exist":
            raise Stop(404, "không có cảm biến này / there is no such sensor")
        raise Stop(
            409,
            "đã có cảm biến mang mã này: hãy sửa nó / there is a sensor of this id already: change it by PUT or PATCH",
        )
    await service.intake.refresh()
    return out(service, find(service, sensor.sensor_id), now_us())


def _sensor(sensor_id: str, fields: SensorFields) -> Sensor:
    values = fields.model_dump(include=set(SensorFields.model_fields))
    return Sensor(sensor_id, **{**values, "metrics": tuple(fields.metrics), "tags": tuple(fields.tags)})


@router.post(
    "/sensors",
    operation_id="create_sensor",
    dependencies=[may("sensors.write", loose=True)],
    summary="Register a sensor",
    status_code=201,
    responses={409: {"model": Problem}},
)
async def create_sensor(service: Served, sensor: NewSensor) -> SensorOut:
    return await _save(service, _sensor(sensor.sensor_id, sensor), must="not exist")


@router.put(
    "/sensors/{sensor_id}",
    operation_id="put_sensor",
    dependencies=[may("sensors.write", loose=True)],
    summary="Register a sensor, or replace its record",
)
async def put_sensor(service: Served, sensor_id: Text, sensor: SensorFields) -> SensorOut:
    return await _save(service, _sensor(sensor_id, sensor))


@router.patch(
    "/sensors/{sensor_id}",
    operation_id="change_sensor",
    dependencies=[may("sensors.write", loose=True)],
    summary="Change fields of a sensor",
    responses={404: {"model": Problem}},
)
async def change_sensor(service: Served, sensor_id: Text, change: SensorChange) -> SensorOut:
    before = find(service, sensor_id)
    given = change.model_dump(exclude_unset=True)
    empty = [name for name, value in given.items() if value is None and name not in ("zone", "lat", "lon")]
    if empty:
        raise Stop(422, f"body.{empty[0]}: không được là null / it cannot be null")
    for words in {"metrics", "tags"} & set(given):
        given[words] = tuple(given[words])
    return await _save(service, msgspec.structs.replace(before, **given), must="exist")
