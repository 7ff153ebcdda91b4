"""VN_AQI of stations at many times: what the question of an hour, a day or a limit reads and works out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import psycopg
from numpy.lib.stride_tricks import sliding_window_view

from city import air, hours, vn_aqi
from city.air import Exceedances, Indices
from city.hours import DAY_US, HOUR_US, Bools, Floats, Ints
from city.norms import AirLimit, Averaging
from city.sensors import Sensor
from infra.indices import City
from infra.indices.stations import Grid, doubted, doubts, read_grid

Kind = Literal["hourly", "daily"]
By = Literal["station", "zone", "area"]

#: What a sub-index goes by.
AVERAGING: dict[Kind, dict[str, str]] = {
    "hourly": {p: "nowcast" if p in vn_aqi.MANDATORY else "1h" for p in air.HOURLY},
    "daily": {
        **dict.fromkeys(vn_aqi.MANDATORY, "24h"),
        **dict.fromkeys(("so2", "no2", "co", "o3_1h"), "max_1h"),
        "o3_8h": "max_8h",
    },
}


#: How long a period of averaging is, at the most.
PERIOD_US: dict[Averaging, int] = {"1h": HOUR_US, "8h": 8 * HOUR_US, "24h": DAY_US, "year": 366 * DAY_US}


@dataclass(frozen=True)
class Figure:
    """VN_AQI of one station at one time."""

    station: Sensor
    start_us: int
    end_us: int
    index: int | None
    dominant: str | None
    sub: dict[str, int | None]
    concentration: dict[str, float | None]
    completeness: dict[str, float]


@dataclass(frozen=True)
class Air:
    """VN_AQI of [station, time], with the ends of the times and how complete each concentration is, 0 to 1.

    ``doubted``: which of them are not to be believed.
    """

    kind: Kind
    sensors: tuple[Sensor, ...]
    end_us: Ints
    indices: Indices
    share: dict[str, Floats]
    doubted: Bools

    def known(self) -> Bools:
        """Where there is anything to say, [station, time]."""
        said = [~np.isnan(x) for x in self.indices.sub.values()]
        return np.asarray(np.logical_or.reduce(said))

    def figure(self, row: int, t: int) -> Figure:
        """What one station says at one time."""
        i = self.indices
        index, dominant = i.index[row, t], int(i.dominant[row, t])
        end = int(self.end_us[t])
        return Figure(
            self.sensors[row], end - (HOUR_US if self.kind == "hourly" else DAY_US), end,
            None if np.isnan(index) else int(index),
            None if dominant < 0 else i.pollutants[dominant],
            {p: None if np.isnan(x[row, t]) else int(x[row, t]) for p, x in i.sub.items()},
            {p: None if np.isnan(x[row, t]) else round(float(x[row, t]), 2) for p, x in i.concentration.items()},
            {p: round(100 * float(x[row, t]), 1) for p, x in self.share.items()},
        )  # fmt: skip

    def worst(self, rows: Sequence[int]) -> tuple[Ints, Ints, Ints]:
        """Of these stations at each time: the worst one that is to be believed (-1 where none has an index), how many
        such have an index, and how many are not to be believed."""
        doubted = self.doubted[list(rows)]
        own = np.where(doubted, np.nan, self.indices.index[list(rows)])
        there = ~np.isnan(own)
        count = there.sum(axis=0)
        first = np.where(there, own, -1.0).argmax(axis=0)
        return np.where(count > 0, np.asarray(rows)[first], -1), count, doubted.sum(axis=0)


def hourly(grid: Grid, skip: int, since: Mapping[int, int], *, strict: bool) -> Air:
    """Hours of a grid, but for the first ``skip``, on which the others look back. ``since``: see `stations.doubts`."""
    found = air.hourly(grid.means, strict=strict)

    def cut(columns: dict[str, Floats]) -> dict[str, Floats]:
        return {p: x[:, skip:] for p, x in columns.items()}

    share = {p: grid.share["o3" if p == "o3_1h" else p] for p in air.HOURLY}
    for p in vn_aqi.MANDATORY:
        before = np.concatenate([np.zeros((len(share[p]), vn_aqi.NOWCAST_HOURS - 1)), share[p]], axis=1)
        share[p] = sliding_window_view(before, vn_aqi.NOWCAST_HOURS, axis=1).mean(axis=2)
    ends = grid.first_us + HOUR_US * np.arange(1, found.index.shape[1] + 1, dtype=np.int64)
    indices = Indices(
        found.pollutants, cut(found.concentration), cut(found.sub), found.index[:, skip:], found.dominant[:, skip:]
    )
    ends = ends[skip:]
    return Air("hourly", grid.sensors, ends, indices, cut(share), doubted(grid.sensors, since, ends))


def daily(grid: Grid, since: Mapping[int, int]) -> Air:
    """Whole city days of a grid."""
    found, first = air.daily(grid.means, grid.first_us)
    metric = {p: "o3" if p.startswith("o3") else p for p in air.DAILY}
    share = {p: hours.by_day(grid.share[metric[p]], grid.first_us)[0].mean(axis=2) for p in air.DAILY}
    ends = hours.day_end_us(np.arange(first, first + found.index.shape[1]))
    return Air("daily", grid.sensors, ends, found, share, doubted(grid.sensors, since, ends))


def hour_span(from_us: int, to_us: int) -> tuple[int, int]:
    """Begin of the first and end of the last hour that ends in (from, to]."""
    return from_us // HOUR_US * HOUR_US, to_us // HOUR_US * HOUR_US


def day_span(from_us: int, to_us: int) -> tuple[int, int]:
    """Begin of the first and end of the last city day that ends in (from, to]."""
    first, last = ((us + hours.CITY_US) // DAY_US * DAY_US - hours.CITY_US for us in (from_us, to_us))
    return first, last


def ask(
    conn: psycopg.Connection,
    city: City,
    sensors: Sequence[Sensor],
    kind: Kind,
    from_us: int,
    to_us: int,
    *,
    strict: bool = False,
) -> Air:
    """VN_AQI of the hours, or the city days, that end in (from, to]."""
    start, end = (hour_span if kind == "hourly" else day_span)(from_us, to_us)
    lead = air.HOURLY_LEAD if kind == "hourly" else air.DAILY_LEAD
    grid = read_grid(conn, city, sensors, air.METRICS, start - lead * HOUR_US, max(end, start))
    since = doubts(conn, city)
    return hourly(grid, lead, since, strict=strict) if kind == "hourly" else daily(grid, since)


def exceeded(
    conn: psycopg.Connection,
    city: City,
    sensors: Sequence[Sensor],
    limits: Sequence[AirLimit],
    from_us: int,
    to_us: int,
    *,
    within: bool = False,
) -> Exceedances:
    """Means above these limits whose period ends in (from, to]; with ``within`` those that are not above, too."""
    longest = max((PERIOD_US[x.averaging] for x in limits), default=0)
    start, end = (us // HOUR_US * HOUR_US for us in (from_us - longest, to_us))
    metrics = [m for m in air.METRICS if any(x.pollutant == m for x in limits)]
    grid = read_grid(conn, city, sensors, metrics, start, max(end, start))
    return air.exceedances(limits, grid.means, start, from_us=from_us, to_us=to_us, within=within)


def members(sensors: Sequence[Sensor], by: By) -> dict[tuple[str, str | None], list[int]]:
    """Rows of the active stations of each (area, zone); an area as a whole has no zone."""
    found: dict[tuple[str, str | None], list[int]] = {}
    for row, s in enumerate(sensors):
        if s.status == "active" and (by == "area" or s.zone is not None):
            found.setdefault((s.area, None if by == "area" else s.zone), []).append(row)
    return found
