"""River: the flood alarm at each gauge, with the hysteresis of issuing and withdrawing, and the trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray

from city.registry import Domain
from city.river import TREND_US, Station, alarms, trend_cm_h
from city.sensors import Sensor
from infra import schema
from infra.indices import City, Index, Item, rounded
from infra.rollup import read
from infra.times import SECOND, rfc3339

DOMAIN, METRIC = "water", "level"
MINUTE_US = 60 * SECOND
HOUR_US = 60 * MINUTE_US
#: A level is the mean of the minutes of so long, against waves; it is followed from minute to minute.
MEAN_US = 10 * MINUTE_US
#: How far back the state of alarm is followed, and over how long by readings (before: by hours).
MEMORY_US = 30 * 24 * HOUR_US
RECENT_US = 24 * HOUR_US
#: Without a level for so long nothing is said.
SILENT_US = 2 * HOUR_US

ALARM = Index(
    code="river_alarm",
    vi="Mực nước sông so với báo động",
    en="River level against flood alarms",
    unit="m",
    path="/indices/river",
    method="10-minute mean level against alarms I, II, III; issued when reached, withdrawn 0.10 m below",
    method_vi="Mực nước trung bình 10 phút (lịch sử: 1 giờ) so với báo động I, II, III. Cấp báo động được phát khi"
    " nước lên tới mức, và rút khi nước xuống quá 0,10 m dưới mức (dải trễ là số vận hành). Xu thế tính từ 2 giờ gần"
    " nhất (lịch sử: 4 giờ).",
    method_en="Mean level of 10 minutes (history: of an hour) against the alarms I, II, III. An alarm is issued when"
    " the water reaches it, and withdrawn when it has fallen more than 0.10 m below (that margin is an operating"
    " figure). The trend is the slope of the last 2 hours (history: 4 hours).",
    legal_basis="Quyết định 05/2020/QĐ-TTg",
)
INDICES = (ALARM,)

SILENT = "không có số đo mực nước / no reading of the level"
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def gauges(city: City) -> list[tuple[Sensor, Station]]:
    """The sensors that stand at a station of the Decision, by the site they are registered with."""
    found = [(s, city.catalog.rivers.at(s.site)) for s in city.sensors(DOMAIN, METRIC)]
    return [(sensor, station) for sensor, station in found if station is not None]


@dataclass(frozen=True)
class Series:
    """Levels of a gauge (m) at the end of steps of time, by the steps' starts, and how many readings each step has."""

    time_us: Ints
    level: Floats
    n: Floats


def current(conn: psycopg.Connection, city: City, now_us: int) -> list[Item]:
    """The newest level of each gauge."""
    there, domain = gauges(city), city.domain(DOMAIN)
    if not there or domain is None:
        return []
    numbers = [s.id for s, _ in there]
    recent_us = (now_us - RECENT_US) // HOUR_US * HOUR_US
    # What was is looked up once an hour.
    old = city.remember(
        "river/hours", recent_us, lambda: _hours(conn, domain, numbers, recent_us - MEMORY_US, recent_us)
    )
    new = _minutes(conn, numbers, recent_us, now_us)
    out = []
    for sensor, station in there:
        past, fresh = old[sensor.id], new[sensor.id]
        if not len(fresh.time_us) or fresh.time_us[-1] <= now_us - SILENT_US:
            out.append(_unsaid(sensor, station, now_us))
            continue
        seen = Series(*(np.concatenate([getattr(x, f) for x in (past, fresh)]) for f in ("time_us", "level", "n")))
        n = float(fresh.n[fresh.time_us > now_us - TREND_US - MINUTE_US].sum())
        share = n * city.interval_s(sensor) * SECOND / TREND_US
        out.append(_items(city, sensor, station, seen, [len(seen.level) - 1], MINUTE_US, [share], now_us)[0])
    return out


def history(conn: psycopg.Connection, city: City, sensors: Sequence[Sensor], from_us: int, to_us: int) -> list[Item]:
    """The state of alarm at the end of each whole hour, by time."""
    domain = city.domain(DOMAIN)
    there = [(s, st) for s in sensors if (st := city.catalog.rivers.at(s.site)) is not None]
    if not there or domain is None:
        return []
    found = _hours(conn, domain, [s.id for s, _ in there], from_us - MEMORY_US, to_us)
    out = []
    for sensor, station in there:
        seen = found[sensor.id]
        chosen = np.flatnonzero(seen.time_us >= from_us)
        shares = (seen.n[chosen] * city.interval_s(sensor) * SECOND / HOUR_US).tolist()
        out += _items(city, sensor, station, seen, chosen.tolist(), HOUR_US, shares, to_us)
    return sorted(out, key=lambda item: (item.at or "", item.key))


def _hours(conn: psycopg.Connection, domain: Domain, sensors: list[int], from_us: int, to_us: int) -> dict[int, Series]:
    """Hours of each sensor, by time."""
    found = read.hours(conn, domain, [METRIC], from_us=from_us, to_us=to_us, sensors=sensors)
    out = {}
    for sensor in sensors:
        use = np.flatnonzero((found.sensor == sensor) & (found.channel == 0) & (found.n[METRIC] > 0))
        use = use[np.argsort(found.time_us[use])]
        out[sensor] = Series(found.time_us[use], found.mean[METRIC][use], found.n[METRIC][use])
    return out


def _minutes(conn: psycopg.Connection, sensors: list[int], from_us: int, to_us: int) -> dict[int, Series]:
    """The minutes with readings of each sensor, by time; each level is the mean of the 10 minutes that end with it."""
    rows = conn.execute(
        f"""SELECT sensor, (extract(epoch FROM time_bucket('1 minute', time)) * 1000000)::bigint AS minute,
                   sum({METRIC}::text::float8), count(*)
            FROM {schema.table(DOMAIN)}
            WHERE time >= to_timestamp(%s) AND time <= to_timestamp(%s) AND sensor = ANY(%s) AND channel = 0
              AND quality = 0 AND {METRIC} IS NOT NULL
            GROUP BY sensor, minute ORDER BY minute""",  # nosec B608
        [from_us / SECOND, to_us / SECOND, sensors],
    ).fetchall()
    out = {}
    for sensor in sensors:
        mine = np.array([row[1:] for row in rows if row[0] == sensor], np.float64).reshape(-1, 3)
        time_us = mine[:, 0].astype(np.int64)
        total, n = (np.concatenate([[0.0], np.cumsum(mine[:, i])]) for i in (1, 2))
        first = np.searchsorted(time_us, time_us - MEAN_US, side="right")
        last = np.arange(1, len(time_us) + 1)
        out[sensor] = Series(time_us, (total[last] - total[first]) / (n[last] - n[first]), mine[:, 2])
    return out


def _place(station: Station) -> dict[str, object]:
    return {
        "station": {"site": station.site, "vi": station.vi, "en": station.en, "river_vi": station.river_vi,
                    "river_en": station.river_en},
        "alarms": list(station.alarms),
    }  # fmt: skip


def _unsaid(sensor: Sensor, station: Station, now_us: int) -> Item:
    return ALARM.item(
        sensor.sensor_id, area=sensor.area, zone=sensor.zone, sensor_id=sensor.sensor_id, value=None, vi="không rõ",
        en="not known", at=rfc3339(now_us), completeness=0.0, reason=SILENT, details=_place(station),
    )  # fmt: skip


def _items(
    city: City, sensor: Sensor, station: Station, seen: Series, chosen: Sequence[int], step_us: int,
    shares: Sequence[float], until_us: int,
) -> list[Item]:  # fmt: skip
    """The state after each of the chosen steps; it holds since the first of the steps before that have no other."""
    rivers = city.catalog.rivers
    states = alarms(seen.level, station.alarms, rivers.below)
    out = []
    for i, share in zip(chosen, shares, strict=True):
        state, since_us, water = int(states[i]), int(seen.time_us[i]), float(seen.level[i])
        level, at_us = rivers.level[state], min(since_us + step_us, until_us)
        others = np.flatnonzero(states[:i] != state)
        begun = rfc3339(int(seen.time_us[others[-1] + 1])) if len(others) else None
        ends = seen.time_us[: i + 1] + step_us
        slope = trend_cm_h(ends, seen.level[: i + 1], since_us + step_us, max(TREND_US, 4 * step_us))
        out.append(ALARM.item(
            sensor.sensor_id, area=sensor.area, zone=sensor.zone, sensor_id=sensor.sensor_id, value=rounded(water, 3),
            level=level.code, colour=level.colour, vi=level.vi, en=level.en,
            since=rfc3339(since_us if step_us == HOUR_US else at_us - MEAN_US),
            at=rfc3339(at_us), completeness=rounded(100 * min(1.0, share), 1), alarm=state, alarm_since=begun,
            trend_cm_h=None if slope is None else round(slope, 1),
            trend=None if slope is None else _trend(slope, rivers.steady),
            to_next=round(station.alarms[state] - water, 3) if state < len(station.alarms) else None,
            details=_place(station),
        ))  # fmt: skip
    return out


def _trend(slope: float, steady: float) -> dict[str, str]:
    if abs(slope) <= steady:
        return {"vi": "ổn định", "en": "steady"}
    return {"vi": "đang lên", "en": "rising"} if slope > 0 else {"vi": "đang xuống", "en": "falling"}
