"""VN_AQI of stations, zones and areas by the hour and by the day, and means against the legal limits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import psycopg

from city import air, vn_aqi
from city.advice import ADVICE
from city.air import Exceedances
from city.hours import DAY_US, HOUR_US
from city.sensors import Sensor
from infra.indices import City, Index, Item
from infra.indices.air_figures import Air, By, Figure, ask, daily, day_span, exceeded, hourly, members
from infra.indices.stations import DOMAIN as DOMAIN
from infra.indices.stations import Grid, doubts, read_grid, stations
from infra.times import rfc3339

NAMES = {
    "pm2_5": ("bụi mịn PM2.5", "fine particles PM2.5"),
    "pm10": ("bụi PM10", "particles PM10"),
    "so2": ("SO₂", "SO₂"),
    "no2": ("NO₂", "NO₂"),
    "co": ("CO", "CO"),
    "o3": ("O₃", "O₃"),
    "o3_1h": ("O₃ (1 giờ)", "O₃ (1 hour)"),
    "o3_8h": ("O₃ (8 giờ)", "O₃ (8 hours)"),
}
NO_PARTICLES = "thiếu PM10 và PM2.5 – không tính được VN_AQI / neither PM10 nor PM2.5: there is no VN_AQI without them"
TOO_LITTLE = {
    "vn_aqi_hourly": "chưa đủ dữ liệu của giờ này / not enough data of this hour yet",
    "vn_aqi_daily": "không đủ dữ liệu của ngày này / not enough data of this day",
}

_PLACES: tuple[By, ...] = ("zone", "area")
EXCEEDED = ("exceeded", "vượt quy chuẩn", "above the limit", "#d62728")
WITHIN = ("within", "trong giới hạn", "within the limit", "#2ca02c")

HOURLY = Index(
    code="vn_aqi_hourly",
    vi="VN_AQI giờ",
    en="Hourly VN_AQI",
    unit="",
    path="/indices/air",
    method="VN_AQI",
    method_vi="PM2.5 và PM10 theo Nowcast 12 giờ; SO2, NO2, CO, O3 theo trung bình 1 giờ; giá trị lớn nhất là chỉ số. "
    "Khu vực: trạm xấu nhất.",
    method_en="PM2.5 and PM10 by Nowcast over 12 hours; SO2, NO2, CO, O3 by their 1-hour mean; the largest sub-index "
    "is the index. A zone: its worst station.",
    legal_basis=vn_aqi.LEGAL_BASIS,
)
DAILY = Index(
    code="vn_aqi_daily",
    vi="VN_AQI ngày",
    en="Daily VN_AQI",
    unit="",
    path="/indices/air?kind=daily",
    method="VN_AQI",
    method_vi="PM theo trung bình 24 giờ; SO2, NO2, CO theo trung bình 1 giờ lớn nhất; O3 theo trung bình 1 giờ và "
    "8 giờ lớn nhất. Khu vực: trạm xấu nhất.",
    method_en="PM by the 24-hour mean; SO2, NO2, CO by the highest 1-hour mean; O3 by the highest 1-hour and 8-hour "
    "means. A zone: its worst station.",
    legal_basis=vn_aqi.LEGAL_BASIS,
)
EXCEEDANCE = Index(
    code="air_exceedance",
    vi="Vượt quy chuẩn không khí xung quanh",
    en="Ambient air above its limit",
    unit="µg/m³",
    path="/indices/air/exceedances",
    method="QCVN 05",
    method_vi="Trung bình 1 giờ, 8 giờ trượt, 24 giờ và năm so với giới hạn có hiệu lực trong ngày; bụi PM không có "
    "giới hạn 1 giờ.",
    method_en="Means over 1 hour, running 8 hours, 24 hours and a year against the limit in force on the day; there is "
    "none for PM over an hour.",
    legal_basis="QCVN 05:2023/BTNMT",
)
INDICES: tuple[Index, ...] = (HOURLY, DAILY, EXCEEDANCE)


def current(conn: psycopg.Connection, city: City, now_us: int) -> list[Item]:
    """The last whole hour and the last whole city day of each station, zone and area, and its means against their
    limits."""
    # What comes late changes an hour for some minutes after its end.
    return city.remember("air", now_us // (10 * 60_000_000), lambda: _current(conn, city, now_us))


def _current(conn: psycopg.Connection, city: City, now_us: int) -> list[Item]:
    day_start, day_end = day_span(now_us - DAY_US, now_us)
    hour_end = now_us // HOUR_US * HOUR_US
    sensors = stations(city, air.METRICS)
    start = day_start - air.DAILY_LEAD * HOUR_US
    grid = read_grid(conn, city, sensors, air.METRICS, start, hour_end)
    heard = np.logical_or.reduce([(x > 0).any(axis=1) for x in grid.share.values()])
    grid = grid.only([i for i, s in enumerate(sensors) if heard[i] or not set(s.metrics).isdisjoint(vn_aqi.MANDATORY)])
    if not grid.sensors:
        return []
    skip = (hour_end - start) // HOUR_US - 1
    limits = city.catalog.norms.air.limit
    found = air.exceedances(limits, grid.means, start, from_us=day_end - 1, to_us=hour_end, within=True)
    always = dict.fromkeys(city.untrusted, 0)
    days = (day_end - start) // HOUR_US
    day = Grid(
        grid.sensors, start,
        {m: v[:, :days] for m, v in grid.means.items()}, {m: v[:, :days] for m, v in grid.share.items()},
    )  # fmt: skip
    return [
        *_items(HOURLY, hourly(grid, skip, always, strict=False)),
        *_items(DAILY, daily(day, always)),
        *_exceedance_items(city, grid.sensors, found, day_end, hour_end),
    ]


def past(conn: psycopg.Connection, city: City, code: str, from_us: int, to_us: int) -> list[Item]:
    """What one index said at every hour, or city day, that ends in (from, to], in the order of time: what `current`
    has said then, had it known what is known by now."""
    sensors = stations(city, air.METRICS)
    if code != EXCEEDANCE.code:
        index = HOURLY if code == HOURLY.code else DAILY
        said = ask(conn, city, sensors, "hourly" if index is HOURLY else "daily", from_us, to_us)
        return _items(index, said)
    limits = [x for x in city.catalog.norms.air.limit if x.averaging != "year"]
    found = exceeded(conn, city, sensors, limits, from_us, to_us, within=True)
    since = doubts(conn, city)
    return [
        _exceedance(sensors[found.station[n]], found, n)
        for n in range(len(found.value))
        if found.end_us[n] <= since.get(sensors[found.station[n]].id, found.end_us[n])
    ]


def _items(index: Index, said: Air) -> list[Item]:
    """What stations, zones and areas said, in the order of time."""
    places = [(place, rows, said.worst(rows)) for by in _PLACES for place, rows in members(said.sensors, by).items()]
    out = []
    for t in range(len(said.end_us)):
        out += [
            item(index, said.figure(row, t), s.sensor_id, s.area, s.zone, sensor_id=s.sensor_id)
            for row, s in enumerate(said.sensors)
            if not said.doubted[row, t]
        ]
        for (area, zone), rows, (worst, count, doubted) in places:
            believed = [row for row in rows if not said.doubted[row, t]]
            if not believed:
                continue
            figure = said.figure(int(worst[t]) if worst[t] >= 0 else believed[0], t)
            subject = f"zone/{zone}" if zone else f"area/{area}"
            stations = {"with_index": int(count[t]), "trusted": len(believed), "left_out": int(doubted[t])}
            out.append(item(index, figure, subject, area, zone, stations=stations))
    return out


def item(
    index: Index,
    f: Figure,
    subject: str,
    area: str,
    zone: str | None,
    *,
    sensor_id: str | None = None,
    stations: dict[str, int] | None = None,
) -> Item:
    """A figure as an item; ``stations`` of a zone or an area says which of its stations count."""
    band = None if f.index is None else vn_aqi.band(f.index)
    nothing = all(x is None for x in f.sub.values())
    advice = None if band is None else ADVICE[vn_aqi.BANDS.index(band)]
    return index.item(
        subject, area=area, zone=zone, sensor_id=sensor_id, value=f.index,
        level=None if band is None else band.code,
        vi="không có chỉ số" if band is None else band.vi, en="no index" if band is None else band.en,
        colour=None if band is None else band.colour, since=rfc3339(f.start_us), at=rfc3339(f.end_us),
        completeness=f.completeness[f.dominant] if f.dominant else None,
        reason=None if band else TOO_LITTLE[index.code] if nothing else NO_PARTICLES,
        dominant=f.dominant, station=None if f.index is None else f.station.sensor_id,
        stations=stations,
        sub_indices={p: x for p, x in f.sub.items() if x is not None},
        concentrations={p: x for p, x in f.concentration.items() if x is not None},
        advice_vi=advice and advice.general_vi, advice_en=advice and advice.general_en,
        sensitive_vi=advice and advice.sensitive_vi, sensitive_en=advice and advice.sensitive_en,
    )  # fmt: skip


def _exceedance_items(
    city: City, sensors: Sequence[Sensor], found: Exceedances, day_end_us: int, hour_end_us: int
) -> list[Item]:
    """Each mean that has a limit, above it or not: the last hour, the eight that end with it, and the last city day."""
    out = []
    for n in range(len(found.value)):
        hourly = found.limits[found.limit[n]].averaging in ("1h", "8h")
        s = sensors[found.station[n]]
        if found.end_us[n] == (hour_end_us if hourly else day_end_us) and s.id not in city.untrusted:
            out.append(_exceedance(s, found, n))
    return out


def _exceedance(s: Sensor, found: Exceedances, n: int) -> Item:
    """One mean as an item."""
    limit, value = found.limits[found.limit[n]], round(float(found.value[n]), 2)
    width, end = int(found.hours[n]), int(found.end_us[n])
    level, vi, en, colour = EXCEEDED if value > limit.limit else WITHIN
    return EXCEEDANCE.item(
        f"{s.sensor_id}/{limit.pollutant}/{limit.averaging}", area=s.area, zone=s.zone, sensor_id=s.sensor_id,
        value=value, level=level, vi=vi, en=en, colour=colour, since=rfc3339(end - width * HOUR_US), at=rfc3339(end),
        completeness=round(100 * int(found.counted[n]) / width, 1), legal_basis=limit.legal_basis,
        pollutant=limit.pollutant, averaging=limit.averaging, limit=limit.limit, above=round(value - limit.limit, 2),
    )  # fmt: skip
