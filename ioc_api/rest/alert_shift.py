"""A shift's alerts, for whoever takes over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
from fastapi import APIRouter
from pydantic import BaseModel, Field

from infra.times import SECOND, moment, now_us, text
from ioc_api.alerts import shift
from ioc_api.problems import Stop
from ioc_api.rest.alerts_shapes import AlertOut
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Served
from ioc_api.rest.spans import From, To, span

router = APIRouter(prefix="/alerts", tags=["alerts"])

USUAL_S, DAYS = 8 * 3600, 7


class AlertsOfShift(BaseModel):
    """Alerts, the gravest first. `items` has at most 500 of them; the counts are of all."""

    count: int
    severities: dict[str, int]
    items: list[AlertOut]


class DeedOut(BaseModel):
    """Something that a person did to an alert."""

    id: int
    at: str
    what: str
    actor: str
    note: str
    given_to: str | None
    alert: int
    severity: str
    rule: str
    vi: str
    en: str
    sensor_id: str | None
    zone: str | None
    area: str


class PersonDid(BaseModel):
    """How often somebody did what (`acknowledged`, `comment`, …)."""

    actor: str
    done: dict[str, int]


class DeedsOfShift(BaseModel):
    count: int
    people: list[PersonDid]
    items: list[DeedOut] = Field(description="The newest 500.")


class Shift(BaseModel):
    """`open`: at its end, or now while it lasts; `opened`: fired in it; `ended`: resolved in it, by readings or people,
    and not opened again since."""

    from_: str = Field(alias="from")
    to: str
    open: AlertsOfShift
    opened: AlertsOfShift
    ended: AlertsOfShift
    deeds: DeedsOfShift


@router.get("/shift", operation_id="get_shift", dependencies=[may("alerts.read")], summary="A shift's alerts")
async def get_shift(service: Served, start: From = None, end: To = None) -> Shift:
    """What came, what ended, what is open, and who did what: of the last 8 hours where no time is given, of 7 days at
    the most."""
    from_us, to_us = span(start, end, now_us(), USUAL_S)
    if to_us - from_us > DAYS * 86_400 * SECOND:
        raise Stop(422, f"query.from: mỗi lần tối đa {DAYS} ngày / at the most {DAYS} days at once")
    first, last = moment(from_us), min(moment(to_us), datetime.now(UTC))

    def read(conn: psycopg.Connection) -> dict[str, Any]:
        return shift.read(conn, service.routes.read(conn), first, last)

    found = await service.database.question(read)
    return Shift.model_validate({"from": text(first), "to": text(moment(to_us)), **found})
