"""The lighting timetable: on at civil dusk, half from 23:00 to 05:00, off at civil dawn.

Night k begins at the dusk of local day k and ends at the dawn of day k + 1.
"""

from __future__ import annotations

import numpy as np

from city import sun
from city.sun import DAY_US, HOUR_US, LOCAL_US
from simulators.noise import Floats, Ticks

FIRST_NIGHT = 18_262  # 2020-01-01: burning time is counted from here on
HALF_FROM_H, HALF_TO_H = 23, 5


class Nights:
    """Dimming at any moment, and how long a lamp has burnt until then."""

    def __init__(self) -> None:
        self._dusk = self._dawn = self._half = self._until = self._burnt = np.empty(0, dtype=np.int64)
        self._extend(FIRST_NIGHT)

    def _extend(self, last: int) -> None:
        """Have the tables reach night ``last``."""
        if last < FIRST_NIGHT + len(self._dusk):
            return
        night = np.arange(FIRST_NIGHT, last + 400, dtype=np.int64)
        self._dusk, self._dawn = sun.civil_dusk(night), sun.civil_dawn(night + 1)
        midnight = night * DAY_US - LOCAL_US
        self._half = midnight + HALF_FROM_H * HOUR_US
        self._until = np.minimum(midnight + DAY_US + HALF_TO_H * HOUR_US, self._dawn)
        whole = 2 * (self._dawn - self._dusk) - (self._until - self._half)
        self._burnt = np.concatenate([[0], np.cumsum(whole)])

    def _night(self, t_us: Ticks) -> Ticks:
        """Row of the night that a moment belongs to; a day counts to the night after it from noon on."""
        night = (t_us + LOCAL_US - DAY_US // 2) // DAY_US
        if len(night):
            self._extend(int(night.max()))
        return np.maximum(night - FIRST_NIGHT, 0)

    def dim(self, t_us: Ticks) -> Floats:
        """Share of full light by the timetable: 0, 0.5 or 1."""
        n = self._night(t_us)
        burning = (t_us >= self._dusk[n]) & (t_us < self._dawn[n])
        half = (t_us >= self._half[n]) & (t_us < self._until[n])
        return np.where(burning, np.where(half, 0.5, 1.0), 0.0)

    def burnt_h(self, t_us: Ticks) -> Floats:
        """Hours at full light that a lamp has burnt since 2020 (an hour at half counts as half). Never falls.

        The sum is kept in half microseconds as integers, so that rounding cannot make a meter run backwards.
        """
        n = self._night(t_us)
        lit = np.clip(t_us, self._dusk[n], self._dawn[n]) - self._dusk[n]
        halved = np.clip(t_us, self._half[n], self._until[n]) - self._half[n]
        out: Floats = (self._burnt[n] + 2 * lit - halved) / (2.0 * HOUR_US)
        return out
