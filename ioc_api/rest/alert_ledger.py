"""The noise ledger: how much was asked of people by alerts."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from alerts import ledger as noise
from alerts.ledger import Ledger
from infra.times import SECOND, now_us
from ioc_api import asking
from ioc_api.problems import Stop
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Served
from ioc_api.rest.spans import From, To, span

router = APIRouter(prefix="/alerts", tags=["alerts"])

DAYS = 366


@router.get(
    "/ledger",
    operation_id="alert_ledger",
    dependencies=[may("alerts.read")],
    summary="How much noise alerts made",
    response_model=None,
    responses={200: {"model": Ledger}},
)
async def alert_ledger(
    service: Served,
    start: From = None,
    end: To = None,
    rules: Annotated[int, Query(ge=1, le=100, description="How many of the noisiest rules.")] = noise.RULES,
) -> dict[str, object]:
    """Alerts per 1,000 sensor-days, flapping and unacknowledged shares, the median time until somebody acknowledged,
    by severity, department and rule: of alerts that fired in the span, without `from` of the last 7 days."""
    from_us, to_us = span(start, end, now_us(), 7 * 86_400)
    if to_us - from_us > DAYS * 86_400 * SECOND:
        raise Stop(422, f"query.from: mỗi lần tối đa {DAYS} ngày / at the most {DAYS} days at once")
    part = asking.part()
    sensors = part.where("s.area", "s.zone", "s.domain")
    found = await service.database.question(
        lambda conn: noise.ledger(conn, from_us, to_us, rules=rules, alerts=part.alerts(), sensors=sensors)
    )
    shown: dict[str, object] = msgspec.to_builtins(found)
    return shown
