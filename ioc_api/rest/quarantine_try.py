"""Trying a fix: what a replay would make of messages in quarantine. Nothing is kept."""

from __future__ import annotations

from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Body
from psycopg import sql
from pydantic import BaseModel, Field, FiniteFloat

from city.routes import Routes
from infra import sensors
from infra.quarantine_trial import Example, Item, Trial, Trying
from infra.times import now_us, rfc3339
from ioc_api.problems import Stop
from ioc_api.rest import known
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Served, Text
from ioc_api.rest.people import Strict
from ioc_api.rest.quarantine_parts import Chosen, FixBody, fix, head, where
from ioc_api.service import Service

router = APIRouter(prefix="/quarantine", tags=["quarantine"])

#: What is tried at the most, the newest first (and see `Trying.take_all`): items, and characters of an example.
MOST, SHOWN = 10_000, 4_000


class Bounds(Strict):
    """A plausible range that is only supposed."""

    domain: Text
    metric: Text
    low: FiniteFloat
    high: FiniteFloat


class Supposed(Strict):
    """What would be done beside the fix, before the replay."""

    registered: bool = Field(False, description="Unknown sensors are registered where their topics say.")
    ranges: list[Bounds] = Field([], max_length=64)


class Try(Strict):
    filter: Chosen
    fix: FixBody | None = None
    suppose: Supposed = Supposed(registered=False, ranges=[])


class WhyOut(BaseModel):
    """Why some would stay."""

    reason: str
    detail: str = Field(description="The words for one of them.")
    item: int = Field(description="Which one.")
    items: int
    readings: int


class ReadingOut(BaseModel):
    sensor: str
    at: str
    channel: str
    metric: str
    unit: str
    value: float


class ExampleOut(BaseModel):
    """What would become of one message."""

    item: int
    topic: str
    becomes: str | None = Field(description="The payload as the fix makes it; null: as it is.")
    readings: list[ReadingOut]
    faults: list[str]


class Tried(BaseModel):
    """What a replay of these messages would do now."""

    items: int = Field(description="Messages that the filter takes.")
    tried: int = Field(
        description="Of those, the newest, until 10,000, 8 MiB, 100,000 readings or 5 seconds: all counts are of them."
    )
    enter: int = Field(description="Messages that would be done.")
    stay: int = Field(description="Messages that would stay: what is good in them is stored all the same.")
    stored: int = Field(description="Readings.")
    duplicate: int = Field(description="Readings that are there already.")
    wrong: int = Field(description="Readings that would still be wrong.")
    why: list[WhyOut] = Field(description="The most frequent first.")
    examples: list[ExampleOut]


@router.post(
    "/try",
    operation_id="try_quarantine",
    dependencies=[may("quarantine")],
    summary="What a replay would do, with a fix or without",
)
async def try_quarantine(service: Served, asked: Annotated[Try, Body()]) -> Tried:
    """Read as the collector would read them, one after the other, with the registry and the ranges as they are now (and
    as `suppose` says). Nothing is stored or marked."""
    made = fix(asked.fix)
    parts, values = where(asked.filter, "body.filter")
    if service.live.roster.version < 0:
        raise Stop(503, "danh mục chưa được đọc xong / the registry has not been read yet", {"Retry-After": "2"})
    domains = service.catalog.registry.domains
    for r in asked.suppose.ranges:
        known.among("ranges.domain", [r.domain], domains, "body.suppose")
        known.among("ranges.metric", [r.metric], [m.name for m in domains[r.domain].metrics], "body.suppose")
        if not r.low < r.high:
            raise Stop(422, "body.suppose.ranges.low: phải nhỏ hơn high / it must be below high")
    condition = sql.SQL(" AND ").join([*parts, sql.SQL("replayed_at IS NULL")])

    def task(conn: psycopg.Connection) -> tuple[int, Trial]:
        count = conn.execute(sql.SQL("SELECT count(*) FROM quarantine_item WHERE {}").format(condition), values)
        total = count.fetchone()
        channels = sensors.channels(conn)
        ranges = sensors.ranges(conn) | {(r.domain, r.metric): (r.low, r.high) for r in asked.suppose.ranges}
        trying = Trying(
            _routes(service, ranges, channels), made, now_us(), late_days=service.settings.max_late_days,
            early_s=service.settings.max_early_s,
            registered=asked.suppose.registered or service.settings.unknown_sensors == "register",
        )  # fmt: skip
        query = sql.SQL(
            "SELECT id, (extract(epoch FROM received_at) * 1000000)::bigint, topic, payload, retained"
            " FROM quarantine_item WHERE {} ORDER BY received_at DESC, id DESC LIMIT {}"
        ).format(condition, sql.Literal(MOST))
        with conn.cursor(name="tried") as cur:
            cur.itersize = 100  # of 64 KiB each it is 6 MiB
            trying.take_all(Item(*row) for row in cur.execute(query, values))
        return int(total[0]) if total else 0, trying.finish(conn, channels)

    total, trial = await service.database.question(task)
    why = sorted(trial.why.values(), key=lambda w: -w.items)
    return Tried(
        items=total, tried=trial.tried, enter=trial.enter, stay=trial.stay, stored=trial.stored,
        duplicate=trial.duplicate, wrong=trial.wrong,
        why=[WhyOut(reason=w.reason, detail=w.detail, item=w.item, items=w.items, readings=w.readings) for w in why],
        examples=[_example(e) for e in trial.examples],
    )  # fmt: skip


def _routes(service: Service, ranges: dict[tuple[str, str], tuple[float, float]], channels: dict[str, int]) -> Routes:
    roster, catalog = service.live.roster, service.catalog
    everyone = [s for s in roster.sensors if s is not None]
    return Routes(catalog.registry.with_ranges(ranges), catalog.area_codes, everyone, channels, "")


def _example(e: Example) -> ExampleOut:
    readings: list[dict[str, Any]] = [
        {"sensor": r.sensor_id, "at": rfc3339(r.time_us), "channel": r.channel, "metric": r.metric, "unit": r.unit,
         "value": r.value} for r in e.readings
    ]  # fmt: skip
    return ExampleOut(
        item=e.item, topic=e.topic, becomes=None if e.payload is None else head(e.payload[:SHOWN]),
        readings=[ReadingOut(**r) for r in readings],
        faults=[f"{f.reason}: {f.detail}" for f in e.faults],
    )  # fmt: skip
