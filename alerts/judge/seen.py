"""When each sensor was last seen, and when the city as a whole was silent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alerts.judge.terms import SECOND
from alerts.judge.world import World
from city.columns import Columns
from city.rows import grown
from city.sensors import GRACE_S, LATE_AFTER

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NEVER = np.iinfo(np.int64).min // 2

#: When so many sensors at least should have reported twice, and not one of the whole city has, it is not they that
#: have failed.
MANY = 20
#: Readings this far apart, in a time in which nobody heard, say that the city could not be heard.
UNHEARD_US = 10 * SECOND


class LastSeen:
    """``last_us`` by sensor's number, int64[size], NEVER where none is known."""

    def __init__(self) -> None:
        self.last_us: Ints = np.empty(0, np.int64)

    def fit(self, size: int) -> None:
        """Have room for sensors up to that number."""
        self.last_us = grown(self.last_us, size, NEVER)

    def take(self, cols: Columns, now_us: int) -> None:
        """Note who has reported. A clock that runs ahead does not keep a sensor alive longer."""
        if len(cols):
            self.fit(int(cols.sensor.max()) + 1)
            np.maximum.at(self.last_us, cols.sensor, np.minimum(cols.time_us, now_us))


class Seen(LastSeen):
    """``quiet_us``: when the city could last not be heard; silence of before then is not the sensors'. ``doubt``: that
    may be so now: wait before saying of anyone that it is silent."""

    def __init__(self) -> None:
        super().__init__()
        self.quiet_us = NEVER
        self.doubt = False
        self._newest: int | None = None  # the second of the newest reading
        self._fresh: list[Ints] = []  # seconds with readings, not yet looked at
        self._unheard: list[tuple[int, int]] = []

    def take(self, cols: Columns, now_us: int) -> None:
        super().take(cols, now_us)
        self._fresh.append(np.unique(np.minimum(cols.time_us, now_us) // SECOND))

    def recall(self, cols: Columns, now_us: int) -> None:
        """Note who had reported long ago: such a reading does not say that the city was heard then."""
        super().take(cols, now_us)

    def unheard(self, since_us: int, until_us: int) -> None:
        """Nobody was there to hear readings in that time, unless some came later after all."""
        self._unheard.append((since_us // SECOND, until_us // SECOND))

    def settle(self, to_us: int, world: World) -> None:
        """Look at the times between readings up to ``to_us``: was the city silent as a whole?"""
        fresh = np.unique(np.concatenate(self._fresh)) if self._fresh else np.empty(0, np.int64)
        self._fresh = []
        to = to_us // SECOND
        if self._newest is None:
            if not len(fresh):
                self.quiet_us = max(self.quiet_us, to_us)
                return
            self._newest = int(fresh[0])
        later = fresh[fresh > self._newest]
        marks = np.concatenate(([self._newest], later, [to] if not len(later) or to > later[-1] else []))
        self._newest = int(later[-1]) if len(later) else self._newest
        quiet = self._quiet(marks.astype(np.int64), world)
        if quiet is not None:
            self.quiet_us = max(self.quiet_us, min(quiet * SECOND, to_us))

    def _quiet(self, marks: Ints, world: World) -> int | None:
        """The end of the last time between two seconds in which the city could not be heard."""
        spans = self._unheard
        self._unheard = [span for span in spans if span[1] > marks[-1]]
        wide = np.flatnonzero(np.diff(marks) > GRACE_S)
        self.doubt = False
        if not len(wide):
            return None
        interval_s = world.roster.interval_s
        if wide[-1] == len(marks) - 2:
            self.doubt = self._mute(int(marks[-2]), int(marks[-1]), interval_s + GRACE_S, world)
        for i in wide[::-1].tolist():
            a, b = int(marks[i]), int(marks[i + 1])
            if any(min(b, end) - max(a, begin) > UNHEARD_US // SECOND for begin, end in spans):
                return b
            if self._mute(a, b, LATE_AFTER * interval_s + GRACE_S, world):
                return b
        return None

    def _mute(self, a: int, b: int, due_s: Floats, world: World) -> bool:
        """Whether many sensors that were alive at ``a`` should have reported by ``b``, within ``due_s`` each."""
        alive = world.active & (self.last_us[: world.roster.size] >= a * SECOND - world.silence_us)
        due = due_s[alive]
        return len(due) >= MANY and b - a > float(np.partition(due, MANY - 1)[MANY - 1])
