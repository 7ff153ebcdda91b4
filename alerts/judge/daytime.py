"""Times of day at which a rule of a schedule looks: by civil twilight where the sensor stands, or by the clock."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.judge.terms import micros
from city import sun

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)\Z")
_MINUTE_US = 60_000_000


@dataclass(frozen=True)
class Daytime:
    """``twilight`` day or night, or None: from ``begin_us`` to ``end_us`` after local midnight (over midnight where
    the end is before the beginning). ``margin_us`` is left out after the beginning and before the end."""

    twilight: str | None
    begin_us: int
    end_us: int
    margin_us: int

    def holds(self, at_us: Ints, lat: Floats, lon: Floats) -> Bools:
        """Whether each moment at its place is inside. Shapes (n,)."""
        if self.twilight is None:
            since = (at_us + sun.LOCAL_US - self.begin_us) % sun.DAY_US
            length = (self.end_us - self.begin_us) % sun.DAY_US or sun.DAY_US
            return (since >= self.margin_us) & (since < length - self.margin_us)
        day = sun.local_day(at_us)
        dawn, dusk = sun.civil_dawn(day, lat, lon), sun.civil_dusk(day, lat, lon)
        if self.twilight == "day":
            return (at_us >= dawn + self.margin_us) & (at_us < dusk - self.margin_us)
        return (at_us < dawn - self.margin_us) | (at_us >= dusk + self.margin_us)


def daytime(during: str, margin_s: float) -> Daytime:
    """What ``during`` says: day, night or "HH:MM-HH:MM" in UTC+7. ValueError: it says something else."""
    margin_us = micros(margin_s)
    if during in ("day", "night"):
        return Daytime(during, 0, 0, margin_us)
    found = _CLOCK.match(during)
    if found is None:
        raise ValueError(f'during is day, night or "HH:MM-HH:MM" (it is {during!r})')
    a, b, c, d = (int(x) for x in found.groups())
    begin, end = (a * 60 + b) * _MINUTE_US, (c * 60 + d) * _MINUTE_US
    if begin == end or end > sun.DAY_US:
        raise ValueError(f"during must have a length, and end by 24:00 (it is {during!r})")
    return Daytime(None, begin, end, margin_us)
