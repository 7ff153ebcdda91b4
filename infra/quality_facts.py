"""A day of one domain's rollups as facts of quality, thousands of sensors at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from city import signs
from city.quality import HOURS, SLOPES
from city.registry import Domain, Metric
from infra import schema
from infra.rollup import read

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

HOUR_US = 3_600_000_000
#: Sensors of which a day of hours, and of minutes, is in memory at once.
_PART, _BLOCK = 4_000, 500


@dataclass(frozen=True)
class Sensors:
    """The sensors of a domain as columns, in the order of their numbers: ``lat``, ``lon`` NaN and ``zone`` -1 where
    nothing is known, ``per_hour`` the reports that are due, ``since_us`` when it was registered, ``declared``
    [sensor, metric] what it should measure."""

    numbers: Ints
    lat: Floats
    lon: Floats
    zone: Ints
    per_hour: Floats
    since_us: Ints
    declared: Bools

    def __len__(self) -> int:
        return len(self.numbers)

    def rows(self, numbers: Ints) -> Ints:
        """The row of each number; -1 where it is none of ours."""
        at = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        return np.where(self.numbers[at] == numbers, at, -1)


class Worst:
    """The worst that was found of each sensor, with what it was found in."""

    def __init__(self, size: int) -> None:
        self.fact = np.zeros(size)
        self.about: dict[int, dict[str, Any]] = {}

    def take(self, row: Ints, fact: Floats, metric: Metric, about: Mapping[str, Any]) -> None:
        """Note these rows' facts where they are worse. ``about``: columns as long as ``row``, or one number."""
        for i in np.flatnonzero(fact > self.fact[row]).tolist():
            sensor = int(row[i])
            if fact[i] > self.fact[sensor]:
                self.fact[sensor] = fact[i]
                said = {k: _shown(v, i) for k, v in about.items()}
                self.about[sensor] = {"metric": metric.name, **said}


def _shown(column: Any, i: int) -> Any:
    """A fact as it is shown: of a number four digits are enough."""
    if isinstance(column, list):
        return column[i]
    short = float(f"{float(column[i] if isinstance(column, np.ndarray) else column):.4g}")
    return int(short) if short.is_integer() else short


@dataclass
class Found:
    """What a day says of a domain's sensors. ``rows``, ``lag_s``: [sensor, hour]; the others (n,).

    ``rows`` are reports of any quality, ``stored`` readings, ``calibrating`` and ``faulty`` rows so marked.
    ``seen`` [sensor, metric]: whether anything came of it.
    """

    rows: Floats
    lag_s: Floats
    stored: Floats
    calibrating: Floats
    faulty: Floats
    seen: Bools
    stuck: Worst
    drift: Worst
    jumps: Worst


def find(conn: psycopg.Connection, domain: Domain, sensors: Sensors, from_us: int) -> Found:
    """Everything that the 24 hours from ``from_us`` say of the domain's sensors."""
    n = len(sensors)
    found = Found(
        np.zeros((n, HOURS)), np.full((n, HOURS), np.nan), np.zeros(n), np.zeros(n), np.zeros(n),
        np.zeros((n, len(domain.metrics)), bool), Worst(n), Worst(n), Worst(n),
    )  # fmt: skip
    channels: dict[int, str] = dict(conn.execute("SELECT id, name FROM channel").fetchall())
    means = {m.name: np.full((n, HOURS), np.nan) for m in domain.metrics if m.drift is not None}
    names = [m.name for m in domain.metrics]
    to_us = from_us + HOURS * HOUR_US
    for start in range(0, n, _PART):
        numbers = sensors.numbers[start : start + _PART].tolist()
        hours = read.hours(conn, domain, names, from_us=from_us, to_us=to_us, sensors=numbers)
        row, hour = sensors.rows(hours.sensor), (hours.time_us - from_us) // HOUR_US
        np.fmin.at(found.lag_s, (row, hour), hours.lag_s)
        for place, metric in enumerate(domain.metrics):
            there = hours.n[metric.name] > 0
            part = _Series(
                row[there], hours.channel[there], hour[there], hours.n[metric.name][there],
                hours.low[metric.name][there], hours.high[metric.name][there], hours.mean[metric.name][there],
            )  # fmt: skip
            found.seen[part.row, place] = True
            np.maximum.at(found.rows, (part.row, part.hour), part.n)
            np.add.at(found.stored, part.row, part.n)
            _still(metric, sensors, part, found, channels)
            if metric.name in means:
                _means(part, means[metric.name])
            if metric.jump is not None:
                # A step from minute to minute is never larger than the range of its hour.
                restless = np.unique(part.row[part.high - part.low > metric.jump])
                for i in range(0, len(restless), _BLOCK):
                    _jumps(conn, domain, metric, sensors, from_us, found, restless[i : i + _BLOCK])
    for metric in domain.metrics:
        if metric.name in means:
            _drift(metric, sensors, found, means[metric.name])
    _marked(conn, domain, sensors, from_us, found)
    return found


class _Series(NamedTuple):
    """The hours in which a metric was measured, (k,): of which sensor and channel, and their figures."""

    row: Ints
    channel: Ints
    hour: Ints
    n: Floats
    low: Floats
    high: Floats
    mean: Floats


def _still(metric: Metric, sensors: Sensors, part: _Series, found: Found, channels: Mapping[int, str]) -> None:
    if metric.still_h is None or not len(part.row):
        return
    keys, series = np.unique(part.row * 65_536 + part.channel + 32_768, return_inverse=True)
    who, channel = keys // 65_536, keys % 65_536 - 32_768
    still = signs.still(
        _grid(series, part.hour, part.n, len(keys), 0.0),
        _grid(series, part.hour, part.low, len(keys)),
        _grid(series, part.hour, part.high, len(keys)),
        per_hour=sensors.per_hour[who],
        hours=metric.still_h,
        ends=(metric.low, metric.high),
    )
    hit = np.flatnonzero(still.ever)
    about = {
        "hours": still.hours[hit],
        "value": still.value[hit],
        "channel": [channels.get(c, "") for c in channel[hit].tolist()],
    }
    found.stuck.take(who[hit], np.where(still.now[hit], 2.0, 1.0), metric, about)


def _grid(row: Ints, hour: Ints, value: Floats, size: int, empty: float = np.nan) -> Floats:
    out = np.full((size, HOURS), empty)
    out[row, hour] = value
    return out


def _means(part: _Series, into: Floats) -> None:
    """Add a metric's hourly means, channels together, [sensor, hour]."""
    count, total = np.zeros_like(into), np.zeros_like(into)
    np.add.at(count, (part.row, part.hour), part.n)
    np.add.at(total, (part.row, part.hour), part.n * part.mean)
    some = count > 0
    into[some] = total[some] / count[some]


def _drift(metric: Metric, sensors: Sensors, found: Found, value: Floats) -> None:
    # Neighbours are those that measure the same.
    who = np.flatnonzero(~np.isnan(value).all(axis=1))
    if metric.drift is None or metric.aggregate != "mean" or len(who) <= signs.LEAST_NEIGHBOURS:
        return
    near = signs.neighbours(sensors.lat[who], sensors.lon[who], sensors.zone[who])
    apart = signs.apart(value[who], near, metric.drift)
    units = np.nan_to_num(apart.units)
    hit = np.flatnonzero(units > SLOPES["drift"].start)
    about = {"by": apart.by[hit], "units": units[hit], "neighbours": apart.neighbours[hit]}
    found.drift.take(who[hit], units[hit], metric, about)


def _jumps(
    conn: psycopg.Connection, domain: Domain, metric: Metric, sensors: Sensors, from_us: int, found: Found, some: Ints
) -> None:
    numbers = sensors.numbers[some].tolist()
    to_us = from_us + HOURS * HOUR_US
    minutes = read.minutes(conn, domain, [metric.name], from_us=from_us, to_us=to_us, sensors=numbers)
    row = sensors.rows(minutes.sensor)
    keys, series = np.unique(row * 65_536 + minutes.channel + 32_768, return_inverse=True)
    value = np.full((len(keys), HOURS, 60), np.nan)
    value[series, (minutes.time_us - from_us) // HOUR_US] = minutes.mean[metric.name]
    count, largest = signs.jumps(value.reshape(len(keys), -1), metric.jump or 1.0)
    hit = np.flatnonzero(count > SLOPES["jumps"].start)
    about = {"count": count[hit], "largest": largest[hit], "limit": metric.jump}
    found.jumps.take((keys // 65_536)[hit], count[hit].astype(np.float64), metric, about)


def _marked(conn: psycopg.Connection, domain: Domain, sensors: Sensors, from_us: int, found: Found) -> None:
    """Rows that devices have marked: rollups leave them out, so they are counted in the readings, by a small index."""
    query = sql.SQL(
        "SELECT sensor, channel, quality, (floor(extract(epoch FROM time))::bigint * 1000000 - %s) / %s, count(*)"
        " FROM {} WHERE quality <> 0 AND time >= to_timestamp(%s) AND time < to_timestamp(%s) GROUP BY 1, 2, 3, 4"
    ).format(sql.Identifier(schema.table(domain.code)))
    since = from_us / 1e6
    rows = conn.execute(query, [from_us, HOUR_US, since, since + HOURS * HOUR_US / 1e6]).fetchall()
    if not rows:
        return
    table = np.array(rows, np.int64)
    row = sensors.rows(table[:, 0])
    table, row = table[row >= 0], row[row >= 0]
    channel, quality, hour, count = (table[:, i] for i in range(1, 5))
    for code, total in ((1, found.calibrating), (2, found.faulty)):
        mine = quality == code
        np.add.at(total, row[mine], count[mine])
    # Channels of one report are one report.
    most = np.zeros_like(found.rows)
    for one in np.unique(channel).tolist():
        mine, part = channel == one, np.zeros_like(found.rows)
        np.add.at(part, (row[mine], hour[mine]), count[mine])
        most = np.maximum(most, part)
    found.rows += most
