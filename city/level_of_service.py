"""How well a road flows: level of service A to F, and the travel-time index.

Both compare the speed of travel with the free-flow speed, which is learned from the road's own quiet hours. The speed
that a detector measures stands for that of its section: a detector at a junction's stop line says less.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np

#: Free-flow speed is learned over so many days before now; an hour teaches when it has so many readings.
LEARN_DAYS = 28
HOUR_READINGS = 10
#: The quiet hours begin between these of city time.
QUIET_FROM_H, QUIET_TO_H = 22, 5


class Lesson(msgspec.Struct, frozen=True):
    """A way to learn the free-flow speed: the ``percentile`` (0 to 1) over the hours' 85th percentiles of speed.

    Of quiet hours or of all; where there are fewer than ``hours``, too little is known.
    """

    name: str
    quiet: bool
    percentile: float
    hours: int


#: The first that has its hours is taken. The median over quiet hours (a night of them): rain or an accident at night
#: does not move it. Without those, the 85th percentile over hours of any kind (a day of them).
LESSONS = (Lesson("quiet", True, 0.5, 7), Lesson("all", False, 0.85, 24))


class Level(msgspec.Struct, frozen=True):
    """One level of service: it holds where the speed is ``above`` so many % of free flow."""

    code: str
    above: float
    colour: str
    vi: str
    en: str


class Scale(msgspec.Struct, frozen=True):
    """The levels, best first; the last one takes what is left."""

    source: str
    level: tuple[Level, ...]

    def of(self, share: float) -> Level:
        """The level at a travel speed of ``share`` % of the free-flow speed."""
        return next((x for x in self.level[:-1] if share > x.above), self.level[-1])


NONE = Scale("", (Level("", 0, "#808080", "", ""),))


def parse(text: str) -> Scale:
    """The scale from TOML; ValueError where it is none: bounds must fall from level to level."""
    scale = msgspec.convert(tomllib.loads(text), Scale)
    bounds = [x.above for x in scale.level]
    if len(bounds) < 2 or any(a <= b for a, b in pairwise(bounds)):
        raise ValueError("the bounds of the levels must fall from the first to the last")
    return scale


def travel_time_index(speed: float, free_flow: float) -> float:
    """How many times as long as on the empty road a way takes (1: as on the empty road)."""
    return free_flow / speed


class FreeFlow(msgspec.Struct, frozen=True):
    """A learned free-flow speed, km/h: from how many hours since when, by which lesson."""

    speed: float
    hours: int
    since_us: int
    lesson: str


def mean_index(index: Sequence[float], flow: Sequence[float | None]) -> tuple[float, str]:
    """The travel-time index of many roads: the mean that most drivers meet, weighted by flow where it is known.

    A road of unknown flow weighs as much as the mean of the others. Returns the mean and the weights: ``flow``, or
    ``equal`` where no flow is known (or all are 0).
    """
    weights = np.array([np.nan if f is None else f for f in flow], dtype=np.float64)
    if np.isnan(weights).all() or not np.nansum(weights) > 0:
        return float(np.mean(index)), "equal"
    weights = np.where(np.isnan(weights), np.nanmean(weights), weights)
    return float(np.average(index, weights=weights)), "flow"
