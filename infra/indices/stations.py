"""Hourly means of stations, as the indices of air and noise take them: only hours that count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg

from city import hours, quality
from city.decimals import widen
from city.hours import HOUR_US, Bools, Floats, Ints
from city.registry import Domain
from city.sensors import Sensor
from infra.indices import City
from infra.rollup import read

DOMAIN = "environment"


@dataclass(frozen=True)
class Grid:
    """Means of [sensor, hour] by metric, NaN where an hour does not count, and each hour's ``share`` of readings.

    Column 0 is the hour that begins at ``first_us``.
    """

    sensors: tuple[Sensor, ...]
    first_us: int
    means: dict[str, Floats]
    share: dict[str, Floats]

    def only(self, rows: Sequence[int]) -> Grid:
        """The chosen sensors."""
        return Grid(
            tuple(self.sensors[i] for i in rows), self.first_us,
            {m: v[rows] for m, v in self.means.items()}, {m: v[rows] for m, v in self.share.items()},
        )  # fmt: skip


def stations(city: City, metrics: Sequence[str]) -> list[Sensor]:
    """Active sensors that declare one of the metrics, or declare nothing; also those that are not to be believed."""
    roster = city.roster
    found = (roster.sensors[roster.numbers[i]] for i in roster.ordered)
    wanted = set(metrics)
    return [
        s
        for s in found
        if s is not None
        and s.domain == DOMAIN
        and s.status == "active"
        and (not s.metrics or not wanted.isdisjoint(s.metrics))
    ]


def doubts(conn: psycopg.Connection, city: City) -> dict[int, int]:
    """Since when each untrusted sensor is not believed, by its number: the begin of the time it was judged by, µs.

    What it said before that stays: a fault of today takes nothing away from last month.
    """
    rows = conn.execute(
        "SELECT sensor, (extract(epoch FROM at) * 1000000)::bigint FROM sensor_quality WHERE sensor = ANY(%s)",
        [list(city.untrusted)],
    )
    return {number: at - quality.HOURS * HOUR_US for number, at in rows}


def doubted(sensors: Sequence[Sensor], since: Mapping[int, int], end_us: Ints) -> Bools:
    """Which figures are not believed, [sensor, time], by the ends of their times."""
    begin = np.array([since.get(s.id, np.iinfo(np.int64).max) for s in sensors], np.int64)
    return np.asarray(end_us[None, :] > begin[:, None])


def read_grid(
    conn: psycopg.Connection, city: City, sensors: Sequence[Sensor], metrics: Sequence[str], from_us: int, to_us: int
) -> Grid:
    """The hours that begin in [from, to), both whole hours. A station is the sensor itself: channels are left out."""
    domain = city.domain(DOMAIN)
    known = [m for m in metrics if domain is not None and domain.metric(m)]
    lead = hours.USUAL_H - 1
    first_us = from_us - lead * HOUR_US
    shape = (len(sensors), max((to_us - first_us) // HOUR_US, lead))
    means = {m: np.full(shape, np.nan) for m in metrics}
    count = {m: np.zeros(shape) for m in metrics}
    if domain is not None and known and sensors and to_us > from_us:
        _fill(conn, domain, sensors, known, first_us, to_us, means, count)
    interval = np.array([s.interval_s or (domain.interval_s if domain else 60.0) for s in sensors], float)
    due = hours.due(interval)
    share = {m: hours.share(n, due)[:, lead:] for m, n in count.items()}
    good = {m: np.where(share[m] >= hours.LEAST, means[m][:, lead:], np.nan) for m in metrics}
    return Grid(tuple(sensors), from_us, good, share)


def _fill(
    conn: psycopg.Connection,
    domain: Domain,
    sensors: Sequence[Sensor],
    metrics: Sequence[str],
    first_us: int,
    to_us: int,
    means: dict[str, Floats],
    count: dict[str, Floats],
) -> None:
    found = read.hours(conn, domain, metrics, from_us=first_us, to_us=to_us, sensors=[s.id for s in sensors])
    own = found.channel == 0
    numbers = np.array([s.id for s in sensors], np.int64)
    order = np.argsort(numbers)
    row = order[np.searchsorted(numbers[order], found.sensor[own])]
    column = (found.time_us[own] - first_us) // HOUR_US
    for m in metrics:
        mean = found.mean[m][own]
        # Stored in single precision, and compared with limits: 45.1 must be 45.1.
        there = ~np.isnan(mean)
        mean[there] = widen(mean[there].astype(np.float32).astype(np.float64))
        means[m][row, column] = mean
        count[m][row, column] = np.nan_to_num(found.n[m][own])
