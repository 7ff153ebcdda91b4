"""Traffic: level of service of each road site, travel-time index of zones and areas.

A road site is what one detector watches: a lane group of one direction. A detector's channels are its lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import psycopg

from city.level_of_service import FreeFlow, mean_index, travel_time_index
from city.sensors import Sensor
from infra import schema
from infra.indices import City, Index, Item, rounded
from infra.indices.free_flow import free_flows
from infra.rollup import read
from infra.times import SECOND, rfc3339

DOMAIN = "traffic"
NOW_US = 900 * SECOND
HOUR_US = 3600 * SECOND

LOS = Index(
    code="los",
    vi="Mức phục vụ",
    en="Level of service",
    unit="%",
    path="/indices/traffic",
    method="HCM 2010: travel speed / free-flow speed; free flow learned from quiet hours",
    method_vi="HCM 2010: tốc độ trung bình 15 phút (hoặc 1 giờ) chia cho tốc độ dòng tự do; A > 85 %, B > 67, C > 50,"
    " D > 40, E > 30, F. Tốc độ dòng tự do là trung vị của phân vị 85 % các giờ 22:00–05:00 trong 28 ngày.",
    method_en="HCM 2010: mean speed of 15 minutes (or an hour) over the free-flow speed; A > 85 %, B > 67, C > 50,"
    " D > 40, E > 30, F. The free-flow speed is the median of the 85th percentiles of the hours 22:00-05:00 over 28"
    " days.",
)
TTI = Index(
    code="tti",
    vi="Chỉ số thời gian đi lại",
    en="Travel-time index",
    unit="1",
    path="/indices/traffic",
    method="free-flow speed / travel speed, mean over road sites weighted by flow",
    method_vi="Tốc độ dòng tự do chia cho tốc độ đi lại (ít nhất 1 km/h); trung bình các cảm biến của địa bàn, theo lưu"
    " lượng nơi có đo.",
    method_en="Free-flow speed over travel speed (1 km/h at least); the mean over the zone's road sites, weighted by"
    " flow where it is known.",
)
INDICES = (LOS, TTI)

NOT_RATED_VI, NOT_RATED_EN = "chưa đánh giá được", "not rated"
SILENT = "không có số đo tốc độ / no reading of speed"
UNLEARNED = "chưa đủ giờ yên tĩnh để biết tốc độ dòng tự do / too few quiet hours yet to know the free-flow speed"


@dataclass(frozen=True)
class Passage:
    """What one detector saw in a span of time: ``n`` readings of its mean speed (km/h), its flow (veh/h or NaN)."""

    speed: float
    n: int
    flow: float
    channels: int


def current(conn: psycopg.Connection, city: City, now_us: int) -> list[Item]:
    """The last 15 minutes."""
    sensors = city.sensors(DOMAIN, "speed")
    if not sensors:
        return []
    numbers = [s.id for s in sensors]
    free = city.remember("traffic/free_flow", now_us // HOUR_US, lambda: free_flows(conn, numbers, now_us))
    return rated(city, sensors, _passages(conn, now_us), free, now_us - NOW_US, now_us)


def history(conn: psycopg.Connection, city: City, sensors: Sequence[Sensor], from_us: int, to_us: int) -> list[Item]:
    """Figures of whole hours, by time: of these sensors, their zones and areas.

    Free flow is that of the four weeks before the end.
    """
    domain = city.domain(DOMAIN)
    if domain is None or not sensors:
        return []
    numbers = [s.id for s in sensors]
    found = read.hours(conn, domain, ["speed", "flow"], from_us=from_us, to_us=to_us, sensors=numbers)
    free = free_flows(conn, numbers, to_us)
    by_hour: dict[int, dict[int, list[tuple[float, float, float]]]] = {}
    columns = (found.time_us, found.sensor, found.n["speed"], found.mean["speed"], found.mean["flow"])
    for t, sensor, n, speed, flow in zip(*(c.tolist() for c in columns), strict=True):
        if n > 0:
            by_hour.setdefault(t, {}).setdefault(sensor, []).append((n, speed, flow))
    out: list[Item] = []
    for t in range(from_us, to_us, HOUR_US):
        passages = {sensor: _passage(lanes) for sensor, lanes in by_hour.get(t, {}).items()}
        out += rated(city, sensors, passages, free, t, t + HOUR_US)
    return sorted(out, key=lambda item: (item.at or "", item.key))


def _passages(conn: psycopg.Connection, now_us: int) -> dict[int, Passage]:
    """What each detector saw in the last 15 minutes, by the sensor's number."""
    rows = conn.execute(
        f"""SELECT sensor, count(speed), avg(speed), avg(flow) FROM {schema.table(DOMAIN)}
            WHERE time > to_timestamp(%s) AND time <= to_timestamp(%s) AND quality = 0
            GROUP BY sensor, channel HAVING count(speed) > 0""",  # nosec B608
        [(now_us - NOW_US) / SECOND, now_us / SECOND],
    )
    lanes: dict[int, list[tuple[float, float, float]]] = {}
    for sensor, n, speed, flow in rows:
        lanes.setdefault(sensor, []).append((n, speed, np.nan if flow is None else flow))
    return {sensor: _passage(found) for sensor, found in lanes.items()}


def _passage(lanes: Sequence[tuple[float, float, float]]) -> Passage:
    """The detector's lanes together: readings, mean speed, flow of each."""
    n = sum(lane[0] for lane in lanes)
    flows = [f for _, _, f in lanes if f == f]
    speed = sum(k * v for k, v, _ in lanes) / n
    return Passage(speed, int(n), sum(flows) if flows else np.nan, len(lanes))


def rated(
    city: City,
    sensors: Sequence[Sensor],
    passages: dict[int, Passage],
    free: dict[int, FreeFlow],
    from_us: int,
    to_us: int,
) -> list[Item]:
    """The figures of one span of time: of every sensor, and of their zones and areas."""
    since, at = rfc3339(from_us), rfc3339(to_us)
    roads = [_road(city, s, passages.get(s.id), free.get(s.id), since, at, (to_us - from_us) / SECOND) for s in sensors]
    places: dict[tuple[str, str | None], list[Item]] = {}
    for road in roads:
        places.setdefault((road.area, None), []).append(road)
        if road.zone is not None:
            places.setdefault((road.area, road.zone), []).append(road)
    return roads + [_place(city, *place, found, since, at) for place, found in places.items()]


def _road(
    city: City, sensor: Sensor, seen: Passage | None, free: FreeFlow | None, since: str, at: str, span_s: float
) -> Item:
    item = partial(
        LOS.item, sensor.sensor_id, area=sensor.area, zone=sensor.zone, sensor_id=sensor.sensor_id, since=since, at=at
    )
    if seen is None:
        return item(
            value=None, vi=NOT_RATED_VI, en=NOT_RATED_EN, completeness=0.0, reason=SILENT, n=0, site=sensor.site
        )
    due = span_s / city.interval_s(sensor) * seen.channels
    completeness = rounded(min(100.0, 100 * seen.n / due), 1)
    learned = None
    if free is not None:
        learned = {"speed": rounded(free.speed, 1), "learned_from": free.lesson, "hours": free.hours,
                   "since": rfc3339(free.since_us)}  # fmt: skip
    facts = {"speed": rounded(seen.speed, 1), "free_flow": learned, "flow": rounded(seen.flow, 0), "n": seen.n,
             "site": sensor.site}  # fmt: skip
    if free is None:
        return item(
            value=None,
            vi=NOT_RATED_VI,
            en=NOT_RATED_EN,
            completeness=completeness,
            reason=UNLEARNED,
            tti=None,
            details=facts,
        )
    share = 100 * seen.speed / free.speed
    level = city.catalog.service_levels.of(share)
    tti = travel_time_index(max(seen.speed, 1.0), free.speed)
    return item(
        value=rounded(share, 1), level=level.code, colour=level.colour, vi=level.vi, en=level.en,
        completeness=completeness, tti=rounded(tti, 3), details=facts,
    )  # fmt: skip


def _place(city: City, area: str, zone: str | None, roads: Sequence[Item], since: str, at: str) -> Item:
    good = [r for r in roads if r.value is not None]
    facts = {"rated": len(good), "expected": len(roads)}
    completeness = rounded(100 * len(good) / len(roads), 1)
    item = partial(TTI.item, zone or area, area=area, zone=zone, since=since, at=at, completeness=completeness)
    if not good:
        why = UNLEARNED if any(r.reason == UNLEARNED for r in roads) else SILENT
        return item(value=None, vi=NOT_RATED_VI, en=NOT_RATED_EN, reason=why, details=facts)
    tti, weights = mean_index([r.details["tti"] for r in good], [r.details["flow"] for r in good])
    level = city.catalog.service_levels.of(100 / tti)
    shares = {
        x.code: rounded(100 * sum(r.level == x.code for r in good) / len(good), 1)
        for x in city.catalog.service_levels.level
    }
    return item(
        value=rounded(tti, 3), level=level.code, colour=level.colour, vi=level.vi, en=level.en, shares=shares,
        weights=weights, details=facts,
    )  # fmt: skip
