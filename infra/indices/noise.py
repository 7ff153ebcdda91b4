"""Noise: L_Aeq of the day and of the night against the limit of the sensor's area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import psycopg

from city.hours import DAY_US, HOUR_US, Bools, Floats
from city.noise import Periods, periods
from city.norms import CATEGORIES, Category, Norms
from city.sensors import Sensor
from infra.indices import City, Index, Item
from infra.indices.stations import DOMAIN as DOMAIN
from infra.indices.stations import doubted, doubts, read_grid, stations
from infra.times import rfc3339

METRIC = "noise"
#: A period begins at the most so long before it ends.
LEAD_US = 15 * HOUR_US

NOISE = Index(
    code="noise_laeq",
    vi="Tiếng ồn ngày và đêm (L_Aeq)",
    en="Noise by day and night (L_Aeq)",
    unit="dB(A)",
    path="/indices/noise",
    method="L_Aeq",
    method_vi="Trung bình năng lượng của các giờ: ngày 06–21 giờ, đêm 21–06 giờ (thuộc ngày của buổi tối), so với giới "
    "hạn của khu vực.",
    method_en="Energy mean of the hours: day 06-21 h, night 21-06 h (of the evening's date), against the limit of the "
    "area.",
    legal_basis="QCVN 26:2010/BTNMT",
)
INDICES: tuple[Index, ...] = (NOISE,)

TOO_LITTLE = "chưa đủ số giờ có dữ liệu / too few hours with data"


@dataclass(frozen=True)
class Level:
    """One sensor's day or night. ``above`` is by how much it is over the limit, dB, rounded; negative within it."""

    sensor: Sensor
    day: date
    night: bool
    start_us: int
    end_us: int
    category: Category
    limit: float | None
    level: float | None
    above: float | None
    completeness: float
    legal_basis: str


@dataclass(frozen=True)
class Noise:
    """Days and nights of sensors."""

    sensors: tuple[Sensor, ...]
    periods: Periods
    categories: tuple[Category, ...]
    norms: Norms

    def heard(self) -> Bools:
        """Where there is anything to say, [sensor, period]."""
        return np.asarray(self.periods.counted > 0)

    def above(self) -> Floats:
        """By how much each is over its limit, at one decimal, [sensor, period]; NaN where that cannot be said."""
        p = self.periods
        limit = np.full(p.level.shape, np.nan)
        kinds = np.array(self.categories)
        for category in CATEGORIES:
            for t in range(len(p.date)):
                norm = self.norms.noise_limit(category, _day(p, t))
                if norm:
                    limit[kinds == category, t] = norm.night if p.night[t] else norm.day
        out: Floats = np.round(p.level, 1) - limit
        return out

    def level(self, row: int, t: int) -> Level:
        """What one sensor says of one period."""
        p, category = self.periods, self.categories[row]
        day, night = _day(p, t), bool(p.night[t])
        norm = self.norms.noise_limit(category, day)
        limit = None if norm is None else norm.night if night else norm.day
        level = None if np.isnan(p.level[row, t]) else round(float(p.level[row, t]), 1)
        return Level(
            self.sensors[row], day, night, int(p.start_us[t]), int(p.end_us[t]), category, limit, level,
            None if level is None or limit is None else round(level - limit, 1),
            round(100 * int(p.counted[row, t]) / int(p.hours[t]), 1),
            norm.legal_basis if norm else "",
        )  # fmt: skip


def _day(p: Periods, t: int) -> date:
    return date(1970, 1, 1) + timedelta(days=int(p.date[t]))


def ask(conn: psycopg.Connection, city: City, sensors: Sequence[Sensor], from_us: int, to_us: int) -> Noise:
    """The days and nights that end in (from, to]."""
    start, end = (us // HOUR_US * HOUR_US for us in (from_us - LEAD_US + HOUR_US, to_us))
    grid = read_grid(conn, city, sensors, [METRIC], start, max(start, end))
    found = periods(grid.means[METRIC], start)
    inside = (found.end_us > from_us) & (found.end_us <= to_us)
    sites = {s.site_id: s for s in city.catalog.sites}
    norms = city.catalog.norms
    return Noise(
        tuple(sensors), found.only(inside), tuple(norms.noise_category(s, sites.get(s.site)) for s in sensors),
        norms,
    )  # fmt: skip


def current(conn: psycopg.Connection, city: City, now_us: int) -> list[Item]:
    """The last whole day and the last whole night of each sensor."""
    return city.remember("noise", now_us // (10 * 60_000_000), lambda: _current(conn, city, now_us))


def _current(conn: psycopg.Connection, city: City, now_us: int) -> list[Item]:
    sensors = [s for s in stations(city, [METRIC]) if s.id not in city.untrusted]
    said = ask(conn, city, sensors, now_us - DAY_US, now_us)
    heard = np.any(said.heard(), axis=1).tolist()
    return [
        item(said.level(row, t))
        for row, s in enumerate(sensors)
        if heard[row] or METRIC in s.metrics
        for t in range(len(said.periods.date))
    ]


def past(conn: psycopg.Connection, city: City, from_us: int, to_us: int) -> list[Item]:
    """What it said at the end of every day and night that ends in (from, to], as far as is known by now."""
    sensors = stations(city, [METRIC])
    said = ask(conn, city, sensors, from_us, to_us)
    wanted = said.heard() & ~doubted(sensors, doubts(conn, city), said.periods.end_us)
    return [item(said.level(int(row), int(t))) for t, row in np.argwhere(wanted.T)]


def item(x: Level) -> Item:
    """A day or a night as an item."""
    category_vi, category_en = CATEGORIES[x.category]
    period = ("night", "đêm", "night") if x.night else ("day", "ngày", "day")
    if x.above is None:
        level, vi, en, colour = None, "chưa đánh giá được", "cannot be told", None
    elif x.above > 0:
        level, vi, en, colour = "exceeded", "vượt quy chuẩn", "above the limit", "#d62728"
    else:
        level, vi, en, colour = "within", "trong giới hạn", "within the limit", "#2ca02c"
    return NOISE.item(
        f"{x.sensor.sensor_id}/{period[0]}", area=x.sensor.area, zone=x.sensor.zone, sensor_id=x.sensor.sensor_id,
        value=x.level, level=level, vi=vi, en=en, colour=colour, since=rfc3339(x.start_us), at=rfc3339(x.end_us),
        completeness=x.completeness, reason=TOO_LITTLE if x.level is None else None,
        legal_basis=x.legal_basis or None, date=x.day.isoformat(), period=period[0], period_vi=period[1],
        category=x.category, category_vi=category_vi, category_en=category_en, limit=x.limit, above=x.above,
    )  # fmt: skip
