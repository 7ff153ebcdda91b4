"""Water: the least flow of the night against the day's mean. What flows when nobody needs any is mostly lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray

from city.lighting import day_start
from city.sensors import Sensor
from infra.indices import City, Index, Item, rounded
from infra.rollup import read
from infra.times import SECOND, rfc3339

DOMAIN, METRIC = "water", "water_flow"
HOUR_US = 3600 * SECOND
DAY_US = 24 * HOUR_US
#: The night's hours begin at these hours of the city day; the day that they are compared with ends with them.
FIRST, LAST = 2, 4
#: An hour, and a day, count with so much of their readings.
ENOUGH = 0.75
#: A night is told of when it has been over for so long: its hours are then rolled up.
WAIT_US = 180 * SECOND
#: A meter's usual night is the median of those of so many days before, of so many at least.
USUAL_DAYS, USUAL_NIGHTS = 14, 5
#: Shares of the day's mean (%) from which a night is looked at, and suspected; and by how much of its usual flow.
WATCH, SUSPECT, RISEN = 60.0, 80.0, 1.5

NIGHT = Index(
    code="night_flow",
    vi="Lưu lượng đêm so với ngày",
    en="Night flow against the day's",
    unit="%",
    path="/indices/water",
    method="least hourly mean flow of 02-04 h over the mean of the 24 hours that end at 04 h",
    method_vi="Trung bình giờ nhỏ nhất của 2–4 giờ sáng chia cho trung bình 24 giờ kết thúc lúc 4 giờ. Từ 60 % cần theo"
    " dõi, từ 80 % (hoặc gấp 1,5 lần lưu lượng đêm thường ngày của cảm biến) nghi rò rỉ; đây là ngưỡng vận hành.",
    method_en="The least hourly mean of 02-04 h over the mean of the 24 hours that end at 04 h. From 60 % it is to be"
    " watched, from 80 % (or 1.5 times the meter's usual night flow) a leak is suspected; these are operating bounds.",
)
INDICES = (NIGHT,)

TOO_LITTLE = "chưa đủ số đo của đêm hoặc ngày / not enough readings of the night or the day"
LEVELS = {
    "normal": ("bình thường", "normal", "#1a9850"),
    "watch": ("cần theo dõi", "to be watched", "#fee08b"),
    "suspect": ("nghi rò rỉ", "a leak is suspected", "#d73027"),
}
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Flows:
    """Flows of sensors by city day, m³/h, [days, sensors]; NaN where too little was told."""

    night: Floats
    day: Floats


def current(conn: psycopg.Connection, city: City, now_us: int) -> list[Item]:
    """The last night that is over."""
    sensors = city.sensors(DOMAIN, METRIC)
    day_us = day_start(now_us - WAIT_US - LAST * HOUR_US)
    # What a meter had kept back comes in the hours after.
    return city.remember(
        "water/night", (day_us, now_us // HOUR_US), lambda: _nights(conn, city, sensors, day_us, day_us + DAY_US)
    )


def history(conn: psycopg.Connection, city: City, sensors: Sequence[Sensor], from_us: int, to_us: int) -> list[Item]:
    """The nights of whole city days, by time: of these sensors, their zones and areas."""
    those = [s for s in sensors if not s.metrics or METRIC in s.metrics]
    return _nights(conn, city, those, from_us, to_us)


def flows(conn: psycopg.Connection, city: City, sensors: Sequence[Sensor], from_us: int, to_us: int) -> Flows:
    """What each sensor's nights and days were; [from, to) is whole city days."""
    days = (to_us - from_us) // DAY_US
    domain = city.domain(DOMAIN)
    start = from_us - DAY_US + LAST * HOUR_US
    hours = np.full((days * 24 + 24, len(sensors)), np.nan)
    if domain is not None and sensors and days:
        numbers = [s.id for s in sensors]
        place = {number: i for i, number in enumerate(numbers)}
        due = np.array([3600 / city.interval_s(s) for s in sensors])
        found = read.hours(conn, domain, [METRIC], from_us=start, to_us=start + len(hours) * HOUR_US, sensors=numbers)
        use = np.flatnonzero((found.channel == 0) & (found.n[METRIC] > 0))
        column = np.array([place[n] for n in found.sensor[use].tolist()], np.int64)
        row = (found.time_us[use] - start) // HOUR_US
        whole = found.n[METRIC][use] >= ENOUGH * due[column]
        hours[row[whole], column[whole]] = np.abs(found.mean[METRIC][use][whole])
    # A day ends with its night: 24 hours that begin at LAST of the day before.
    span = hours[: days * 24].reshape(days, 24, len(sensors))
    told = (~np.isnan(span)).sum(axis=1)
    with np.errstate(invalid="ignore"):
        mean = np.where(told >= ENOUGH * 24, np.nansum(span, axis=1) / np.maximum(told, 1), np.nan)
    night = span[:, 24 - (LAST - FIRST) :, :]
    least = np.where(np.isnan(night).all(axis=1), np.nan, np.nanmin(np.where(np.isnan(night), np.inf, night), axis=1))
    return Flows(least, mean)


def _nights(conn: psycopg.Connection, city: City, sensors: Sequence[Sensor], from_us: int, to_us: int) -> list[Item]:
    if not sensors:
        return []
    seen = flows(conn, city, sensors, from_us - USUAL_DAYS * DAY_US, to_us)
    out: list[Item] = []
    for i in range((to_us - from_us) // DAY_US):
        at, before = USUAL_DAYS + i, seen.night[i : USUAL_DAYS + i]
        end_us = from_us + i * DAY_US + LAST * HOUR_US
        places: dict[tuple[str, str | None], list[int]] = {}
        for k, s in enumerate(sensors):
            for place in dict.fromkeys([(s.area, None), (s.area, s.zone)]):
                places.setdefault(place, []).append(k)
            usual = before[:, k][~np.isnan(before[:, k])]
            own = float(np.median(usual)) if len(usual) >= USUAL_NIGHTS else np.nan
            out.append(_item(s.sensor_id, s.area, s.zone, s.sensor_id, seen, at, [k], own, end_us))
        for (area, zone), members in places.items():
            out.append(_item(zone or area, area, zone, None, seen, at, members, np.nan, end_us))
    return out


def _item(
    subject: str, area: str, zone: str | None, sensor_id: str | None, seen: Flows, at: int, members: list[int],
    usual: float, end_us: int,
) -> Item:  # fmt: skip
    """The night of a sensor, or of those of a place together."""
    night, day = seen.night[at, members], seen.day[at, members]
    good = ~np.isnan(night) & ~np.isnan(day)
    since, until = rfc3339(end_us - DAY_US), rfc3339(end_us)
    facts = {"meters": len(members), "told": int(good.sum()), "usual_m3h": rounded(usual, 3)}
    completeness = rounded(100 * float(good.mean()), 1)
    least, mean = float(night[good].sum()), float(day[good].sum())
    if not good.any() or mean <= 0:
        return NIGHT.item(
            subject, area=area, zone=zone, sensor_id=sensor_id, value=None, vi="không rõ", en="not known", since=since,
            at=until, completeness=completeness, reason=TOO_LITTLE, details=facts,
        )  # fmt: skip
    share = 100 * least / mean
    risen = usual > 0 and least >= RISEN * usual
    level = "suspect" if share >= SUSPECT or risen else "watch" if share >= WATCH else "normal"
    vi, en, colour = LEVELS[level]
    return NIGHT.item(
        subject, area=area, zone=zone, sensor_id=sensor_id, value=rounded(share, 1), level=level, vi=vi, en=en,
        colour=colour, since=since, at=until, completeness=completeness, night_m3h=rounded(least, 3),
        day_m3h=rounded(mean, 3), details=facts,
    )  # fmt: skip
