"""The air of a station: VN_AQI by the hour and by the day, and means beyond the legal limits.

Everything works on grids of hourly means (see `city.hours`), a row per station, by the name of the metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from city import hours, vn_aqi
from city.hours import HOUR_US, Floats, Ints
from city.norms import AirLimit

METRICS: Final = ("pm2_5", "pm10", "so2", "no2", "co", "o3")
#: Hours before the first one that an hourly index looks back on: the Nowcast's.
HOURLY_LEAD: Final = vn_aqi.NOWCAST_HOURS - 1
#: Hours before its first hour that a day's index looks back on: an 8-hour mean that ends at 01:00 began the day before.
DAILY_LEAD: Final = 7
HOURLY: Final = ("pm2_5", "pm10", "so2", "no2", "co", "o3_1h")
DAILY: Final = vn_aqi.POLLUTANTS
#: Above this 8-hour mean of ozone, a day's index goes by the 1-hour mean alone.
O3_8H_END: Final = vn_aqi.BREAKPOINTS["o3_8h"][-1]

Grids = Mapping[str, Floats]


@dataclass(frozen=True)
class Indices:
    """VN_AQI of [station, time]. By pollutant: the concentration that it goes by, and its sub-index, rounded.

    ``index`` is NaN where it cannot be said; ``dominant`` is the place in ``pollutants`` of the largest sub-index, -1
    where there is no index.
    """

    pollutants: tuple[str, ...]
    concentration: dict[str, Floats]
    sub: dict[str, Floats]
    index: Floats
    dominant: Ints


def _index(pollutants: tuple[str, ...], concentration: dict[str, Floats], without: dict[str, Floats]) -> Indices:
    """The largest sub-index, where particles are among them; NaN in ``without`` takes a sub-index away."""
    exact = np.stack([vn_aqi.sub_values(p, concentration[p]) + without.get(p, 0.0) for p in pollutants])
    particles = [pollutants.index(p) for p in vn_aqi.MANDATORY]
    good = ~np.isnan(exact[particles]).all(axis=0)
    filled = np.where(np.isnan(exact), -1.0, exact)
    dominant = np.where(good, filled.argmax(axis=0), -1)
    index = np.where(good, vn_aqi.round_half_up(filled.max(axis=0)), np.nan)
    sub = {p: vn_aqi.round_half_up(exact[i]) for i, p in enumerate(pollutants)}
    return Indices(pollutants, concentration, sub, index, dominant)


def hourly(means: Grids, *, strict: bool = False) -> Indices:
    """VN_AQI of each hour of the grid: particles by Nowcast, gases by their 1-hour mean.

    The first HOURLY_LEAD hours know too little of what was before the grid.
    """
    values = {p: vn_aqi.present(means["o3" if p == "o3_1h" else p]) for p in HOURLY}
    for p in vn_aqi.MANDATORY:
        values[p] = vn_aqi.nowcasts(values[p], strict)
    return _index(HOURLY, values, {})


def daily(means: Grids, first_us: int) -> tuple[Indices, int]:
    """VN_AQI of each whole city day of the grid, [station, day], and the number of the first day.

    Particles by the mean of the day's 24 hours; SO2, NO2, CO by the highest 1-hour mean; ozone by the highest 1-hour
    and the highest 8-hour mean, by the former alone where the latter is above O3_8H_END. The grid begins at least
    DAILY_LEAD hours before a day, or that day's first 8-hour means are short.
    """

    def highest(values: Floats) -> tuple[Floats, int]:
        days, first = hours.by_day(values, first_us)
        return np.fmax.reduce(days, axis=2, initial=np.nan), first

    values: dict[str, Floats] = {}
    for p in ("so2", "no2", "co"):
        values[p], first = highest(vn_aqi.present(means[p]))
    ozone = vn_aqi.present(means["o3"])
    values["o3_1h"], first = highest(ozone)
    values["o3_8h"], first = highest(hours.running(ozone, 8)[0])
    for p in vn_aqi.MANDATORY:
        values[p] = hours.means(hours.by_day(vn_aqi.present(means[p]), first_us)[0])[0]
    beyond = np.where(values["o3_8h"] > O3_8H_END, np.nan, 0.0)
    return _index(DAILY, values, {"o3_8h": beyond}), first


@dataclass(frozen=True)
class Exceedances:
    """Means beside their limit, a row each: ``station`` is a row of the grid, ``limit`` a place in ``limits``.

    ``value`` µg/m³; the period ends at ``end_us`` and has ``hours`` hours, of which ``counted`` count.
    """

    limits: tuple[AirLimit, ...]
    station: Ints
    limit: Ints
    end_us: Ints
    hours: Ints
    counted: Ints
    value: Floats


def _periods(values: Floats, first_us: int, averaging: str) -> tuple[Floats, Ints, Ints, Ints]:
    """Means of one averaging period as [station, period], hours that count, and each period's end and hours."""
    length = values.shape[1]
    ends = first_us + HOUR_US * (1 + np.arange(length, dtype=np.int64))
    if averaging in ("1h", "8h"):
        width = 1 if averaging == "1h" else 8
        mean, counted = hours.running(values, width)
        return mean, counted, ends, np.full(length, width)
    days, first = hours.by_day(values, first_us)
    last = first + days.shape[1]
    if averaging == "24h":
        mean, counted = hours.means(days)
        return mean, counted, hours.day_end_us(np.arange(first, last)), np.full(last - first, 24)
    found, epoch = [], date(1970, 1, 1)
    for year in range((epoch + timedelta(days=first)).year, (epoch + timedelta(days=last)).year + 1):
        start, end = ((date(y, 1, 1) - epoch).days for y in (year, year + 1))
        if first <= start and end <= last:
            whole = days[:, start - first : end - first].reshape(len(values), -1)
            found.append((*hours.means(whole), hours.day_end_us(end - 1), whole.shape[1]))
    if not found:
        none = np.empty((len(values), 0))
        return none, none.astype(np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
    mean, counted = (np.stack([f[i] for f in found], axis=1) for i in (0, 1))
    return mean, counted, np.array([f[2] for f in found]), np.array([f[3] for f in found])


def exceedances(
    limits: Sequence[AirLimit], means: Grids, first_us: int, *, from_us: int, to_us: int, within: bool = False
) -> Exceedances:  # fmt: skip
    """Every mean over its own averaging period that is above the limit of its day, by end and station; with ``within``
    those that are not above it, too.

    Periods with from < end <= to. A mean is compared at two decimals: what is stored in single precision must not
    exceed by its last digit. The 8-hour mean is the running one, of each hour; a day is a city day, a year one of the
    calendar.
    """
    parts: list[tuple[NDArray[Any], ...]] = []
    averaged = {
        (x.pollutant, x.averaging): _periods(vn_aqi.present(means[x.pollutant]), first_us, x.averaging)
        for x in limits
        if x.pollutant in means
    }
    for n, x in enumerate(limits):
        if (x.pollutant, x.averaging) not in averaged:
            continue
        mean, counted, ends, width = averaged[x.pollutant, x.averaging]
        day = hours.city_day(ends)
        inside = (ends > from_us) & (ends <= to_us)
        if x.valid_from:
            inside &= day >= (x.valid_from - date(1970, 1, 1)).days
        if x.valid_to:
            inside &= day <= (x.valid_to - date(1970, 1, 1)).days
        with np.errstate(invalid="ignore"):
            wanted = ~np.isnan(mean) if within else np.round(mean, 2) > x.limit
            station, period = np.nonzero(wanted & inside)
        at = (station, period)
        parts.append((station, np.full(len(station), n), ends[period], width[period], counted[at], mean[at]))
    if not parts:
        parts = [tuple(np.empty(0, np.int64) for _ in range(6))]
    station, limit, end_us, width, counted, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((limit, station, end_us))
    columns = (station[order], limit[order], end_us[order], width[order], counted[order])
    return Exceedances(tuple(limits), *columns, value=value[order].astype(np.float64))
