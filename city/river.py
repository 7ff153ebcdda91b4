"""River levels against the flood alarm levels I, II and III.

An alarm level is issued while the water rises and withdrawn by a decision of its own when it has fallen: the state
depends on what came before, not on the level alone.
"""

from __future__ import annotations

import tomllib
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOUR_US = 3_600_000_000
#: A trend is the slope over so long.
TREND_US = 2 * HOUR_US


class Station(msgspec.Struct, frozen=True):
    """A gauging station: the site of its sensors, its river, and its alarm levels in metres, rising."""

    site: str
    vi: str
    en: str
    river_vi: str
    river_en: str
    alarms: tuple[float, ...]


class Level(msgspec.Struct, frozen=True):
    """A state of the river."""

    code: str
    colour: str
    vi: str
    en: str


class Rivers(msgspec.Struct, frozen=True):
    """All stations; ``below`` m under an alarm level it is withdrawn; ``steady`` cm/h is no trend yet."""

    source: str
    below: float
    steady: float
    station: tuple[Station, ...]
    level: tuple[Level, ...]

    def at(self, site: str) -> Station | None:
        """The station of a site."""
        return next((s for s in self.station if s.site == site), None)


NONE = Rivers("", 0, 0, (), ())


def parse(text: str) -> Rivers:
    """The stations from TOML; ValueError where alarms do not rise or do not fit the levels."""
    rivers = msgspec.convert(tomllib.loads(text), Rivers)
    for s in rivers.station:
        if len(s.alarms) != len(rivers.level) - 1 or any(a >= b for a, b in pairwise(s.alarms)):
            raise ValueError(f"{s.site}: {len(rivers.level) - 1} alarm levels, each above the one before")
    if rivers.below < 0:
        raise ValueError("below: 0 or more metres")
    return rivers


def alarm(level: float, before: int, alarms: tuple[float, ...], below: float) -> int:
    """The alarm (0 none, 1 to 3) at a water level in metres, when it was ``before``.

    It goes up as soon as the level reaches an alarm level, and down when it has fallen more than ``below`` under it.
    """
    reached = sum(level >= a for a in alarms)
    held = sum(level >= a - below for a in alarms[:before])
    return max(reached, held)


def alarms(level: Floats, alarm_levels: tuple[float, ...], below: float, *, before: int = 0) -> Ints:
    """The alarm after each of a series of levels, float64[n] in the order of time; a NaN changes nothing."""
    out = np.empty(len(level), np.int64)
    state = before
    for i, x in enumerate(level.tolist()):
        if x == x:
            state = alarm(x, state, alarm_levels, below)
        out[i] = state
    return out


def trend_cm_h(time_us: Ints, level: Floats, at_us: int, span_us: int = TREND_US) -> float | None:
    """How fast the water rises (cm/h, falling below 0) by the levels with at - span < time <= at.

    The slope of a straight line; None where there are fewer than three levels, or they reach over less than half of the
    span.
    """
    use = (time_us > at_us - span_us) & (time_us <= at_us) & ~np.isnan(level)
    t, x = time_us[use], level[use]
    if len(t) < 3 or t.max() - t.min() < span_us // 2:
        return None
    hours = (t - t.mean()) / HOUR_US
    return float(100 * (hours @ (x - x.mean())) / (hours @ hours))
