"""The clock of a replay. Pure: it is told what time it really is."""

from __future__ import annotations

from collections import deque

from infra.times import SECOND

#: How fast the past may go by, in times of how fast it went.
SLOWEST, FASTEST = 1.0, 600.0
#: Seconds of the present that one step catches up at most: whoever cannot keep up goes slower, and does not jump.
LONGEST_S = 1.5
#: Over so many seconds the speed is measured that is reached.
_MEASURED_S = 4.0


class Clock:
    """Between two moments (microseconds), at ``speed``. ``at_us`` is how far it has got."""

    def __init__(self, from_us: int, to_us: int, at_us: int, speed: float, now_s: float) -> None:
        self.from_us, self.to_us = from_us, to_us
        self.at_us = min(max(at_us, from_us), to_us)
        self.speed = speed
        self.playing = True
        self._since_s = now_s
        self._way: deque[tuple[float, int]] = deque([(now_s, self.at_us)])

    @property
    def ended(self) -> bool:
        """Whether it has come to its end."""
        return self.at_us >= self.to_us

    def due(self, now_s: float) -> int:
        """The moment that it should be at, were it as fast as it is asked to be."""
        if not self.playing:
            return self.at_us
        ran_s = min(max(now_s - self._since_s, 0.0), LONGEST_S)
        return min(self.to_us, self.at_us + int(ran_s * self.speed * SECOND))

    def reach(self, at_us: int, now_s: float) -> None:
        """It has got to ``at_us``, with what was due at ``now_s``; what it is behind is not caught up."""
        self.at_us = max(self.at_us, min(at_us, self.to_us))
        self._since_s = now_s
        self._way.append((now_s, self.at_us))
        while len(self._way) > 2 and now_s - self._way[1][0] >= _MEASURED_S:
            self._way.popleft()
        if self.ended:
            self.playing = False

    def reached(self) -> float | None:
        """How fast it has gone by lately; None: it stands still, or has gone for too short a time to say."""
        (began_s, from_us), (now_s, at_us) = self._way[0], self._way[-1]
        if not self.playing or now_s - began_s < 1.0:
            return None
        return (at_us - from_us) / SECOND / (now_s - began_s)

    def play(self, now_s: float) -> None:
        """Go on; from the beginning where it has ended."""
        self.playing = not self.ended
        self._begin(now_s)

    def pause(self) -> None:
        """Stand still."""
        self.playing = False

    def faster(self, speed: float, now_s: float) -> None:
        """Another speed from here on."""
        self.speed = speed
        self._begin(now_s)

    def _begin(self, now_s: float) -> None:
        self._since_s = now_s
        self._way = deque([(now_s, self.at_us)])
