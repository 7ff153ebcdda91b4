"""One figure a sensor, of one metric, from the newest readings: for rankings and sums over many sensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from city.decimals import widen
from city.means import AMOUNTS, channel_rank
from city.registry import Domain, Metric
from city.sensors import GRACE_S, OFFLINE_AFTER
from infra.roster import Roster
from infra.times import SECOND
from ioc_api.live.latest import LatestTopic
from ioc_api.live.topic import Filter

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NEVER = np.iinfo(np.int64).min


class Figures(NamedTuple):
    """Sensors' numbers, their values and the times of these, (n,). By sensor."""

    sensor: Ints
    value: Floats
    time_us: Ints


def newest_of(
    topic: LatestTopic, roster: Roster, domain: Domain, metric: Metric, wanted: Mapping[str, list[str]], now_us: int
) -> Figures:
    """The newest good reading of each active, trusted sensor that is not offline.

    Channels: that of the sensor as a whole (`total`, or the one without a name) where it has one; else amounts are
    added up and other figures averaged. ``wanted`` are further filters of the topic; what somebody may see is for the
    caller to look at.
    """
    found = topic.rows(Filter.of({**wanted, "domain": [domain.code], "metric": [metric.name]}))
    for code, table, sensor, channel, value, time_us, quality in found:
        if code != domain.code or not len(sensor):
            continue
        column = table.metrics.index(metric.name)
        t, v = time_us[:, column], value[:, column]
        oldest = now_us - ((OFFLINE_AFTER * roster.interval_s + GRACE_S) * SECOND).astype(np.int64)
        good = (t > _NEVER) & (quality[:, column] == 0)
        good &= roster.active[sensor] & (t >= oldest[sensor])
        v = widen(v[good]) if table.single[column] else v[good]
        return _as_one(sensor[good], channel_rank(channel[good], roster.channels), v, t[good], metric.unit in AMOUNTS)
    return Figures(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))


def _as_one(sensor: Ints, rank: Ints, value: Floats, time_us: Ints, adds: bool) -> Figures:
    who, place = np.unique(sensor, return_inverse=True)
    best = np.full(len(who), 3, np.int64)
    np.minimum.at(best, place, rank)
    use = rank == best[place]
    place, value, time_us = place[use], value[use], time_us[use]
    total, n, newest = np.zeros(len(who)), np.zeros(len(who)), np.full(len(who), _NEVER, np.int64)
    np.add.at(total, place, value)
    np.add.at(n, place, 1.0)
    np.maximum.at(newest, place, time_us)
    return Figures(who, np.round(total if adds else total / n, 6), newest)


def once(figures: Figures, fed: Figures, roster: Roster) -> Figures:
    """Without sensors that hang on one that tells of the same (``fed``): a cabinet's meter has its lamps in it."""
    telling = set(fed.sensor.tolist())
    keep = []
    for number in figures.sensor.tolist():
        sensor = roster.sensors[number]
        keep.append(not sensor or not sensor.parent or roster.numbers.get(sensor.parent) not in telling)
    mask = np.array(keep, bool)
    return Figures(figures.sensor[mask], figures.value[mask], figures.time_us[mask])
