"""The live figures, as the websocket's topic of the same name gives them."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from pydantic import BaseModel

from ioc_api import asking
from ioc_api.live.aggregates import WINDOWS
from ioc_api.live.topic import Filter
from ioc_api.problems import Stop
from ioc_api.rest import known
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Cursor, Many, Page, Served, from_cursor, to_cursor

router = APIRouter(tags=["live"])


class SensorsOut(BaseModel):
    reporting: int
    expected: int


class AggregateOut(BaseModel):
    """A figure of a zone (or of a whole area: `zone` null) over a sliding window that ends at `at`."""

    key: str
    area: str
    zone: str | None
    domain: str
    metric: str
    window: str
    count: int
    mean: float | None
    min: float | None
    max: float | None
    value: float | None
    agg: str
    sensors: SensorsOut
    newest: str | None
    at: str


class Aggregates(Page):
    items: list[AggregateOut]


@router.get(
    "/aggregates",
    operation_id="list_aggregates",
    dependencies=[may("read", loose=True)],
    summary="Live figures per zone and area",
)
async def list_aggregates(
    service: Served,
    area: Many = None,
    zone: Many = None,
    domain: Many = None,
    metric: Many = None,
    window: Many = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    cursor: Cursor = None,
) -> Aggregates:
    if not service.hub.ready.is_set():
        raise Stop(503, "đang đọc lịch sử / history is still being read", {"Retry-After": "2"})
    known.check(service, area=area, zone=zone, domain=domain, metric=metric)
    known.among("window", window, WINDOWS)
    asked = {"area": area, "zone": zone, "domain": domain, "metric": metric, "window": window}
    topic = service.live.aggregates
    numbers = np.sort(
        topic.everything(Filter.of({k: v for k, v in asked.items() if v is not None}, asking.part().scope))
    )
    after = from_cursor(cursor, int)
    if after:
        numbers = numbers[numbers > after[0]]
    page = numbers[:limit]
    items = [
        AggregateOut(
            key=a.key, area=a.area, zone=a.zone, domain=a.domain, metric=a.metric, window=a.window, count=a.count,
            mean=a.mean, min=a.min, max=a.max, value=a.value, agg=a.agg, newest=a.newest, at=a.at,
            sensors=SensorsOut(reporting=a.sensors.reporting, expected=a.sensors.expected),
        )
        for a in topic.items(page)
    ]  # fmt: skip
    return Aggregates(items=items, next=to_cursor(int(page[-1])) if len(numbers) > limit else None)
