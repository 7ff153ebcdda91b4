"""When street lamps should burn: civil twilight, each day's own."""

from __future__ import annotations

from datetime import date

import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel, Field

from city import sun
from city.sun import DAY_US, LOCAL_US
from infra.times import SECOND, now_us, rfc3339
from ioc_api.problems import Stop
from ioc_api.rest import indices_parts as parts
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Page
from ioc_api.rest.spans import From, To, span

router = APIRouter(prefix="/indices", tags=["indices"])

LONGEST_DAYS = 366


class LampDay(BaseModel):
    """A city day (UTC+7): lamps burn from its beginning until `off_at`, and from `on_at` to its end."""

    day: date
    off_at: str = Field(description="Civil dawn, UTC.")
    on_at: str = Field(description="Civil dusk, UTC.")


class Timetable(Page):
    """The days that a span touches, by day; all in one answer."""

    items: list[LampDay]
    due: bool = Field(description="Whether lamps should burn now.")
    next_change: str


@router.get(
    "/lighting/timetable",
    operation_id="get_lamp_timetable",
    dependencies=[may("read")],
    summary="When street lamps should burn",
)
async def get_lamp_timetable(start: From = None, end: To = None) -> Timetable:
    """By civil twilight over the city, to about two minutes; yesterday and today where no time is given."""
    now = now_us()
    from_us, to_us = span(start, end, now, 86_400)
    if to_us - from_us > LONGEST_DAYS * DAY_US:
        raise Stop(422, f"query.from: mỗi lần tối đa {LONGEST_DAYS} ngày / at most {LONGEST_DAYS} days at once")
    days = np.arange(from_us + LOCAL_US, to_us - 1 + LOCAL_US + DAY_US, DAY_US, dtype=np.int64) // DAY_US
    days = days[days <= (to_us - 1 + LOCAL_US) // DAY_US]
    items = [
        LampDay(day=parts.city_date(int(d + 1) * DAY_US - LOCAL_US), off_at=_said(off), on_at=_said(on))
        for d, off, on in zip(days.tolist(), sun.civil_dawn(days).tolist(), sun.civil_dusk(days).tolist(), strict=True)
    ]
    near = sun.local_day(np.array([now, now + DAY_US]))
    dawn, dusk = sun.civil_dawn(near).tolist(), sun.civil_dusk(near).tolist()
    following = min(t for t in (*dawn, *dusk) if t > now)
    return Timetable(items=items, due=not dawn[0] <= now < dusk[0], next_change=_said(following))


def _said(t_us: int) -> str:
    return rfc3339(t_us // SECOND * SECOND)
