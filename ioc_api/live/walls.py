"""Which wallboards there are, and whether they draw what they are sent: a screen that stands still looks like one on
which nothing happens.

A wall says what it has drawn last (`drawn`); what it was sent and has not drawn is older and older when it is frozen.
Kept in memory: after a restart of the API each wall is known again when it comes back.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from infra import telemetry
from infra.access.who import Who
from infra.times import SECOND, now_us, rfc3339

#: Who has drawn nothing for so long while there was news stands still.
FROZEN_S = 30.0
#: A wall that has not been there for so long is no longer spoken of.
_GONE_US = 86_400 * SECOND
#: Frames that are remembered while they wait to be drawn.
_WAITING = 64


class Drawing:
    """What one connection of a wall was sent and has drawn. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self.drawn_us: int | None = None
        self._last: dict[int, int] = {}
        self._waiting: dict[int, deque[tuple[int, float]]] = {}
        self._reports: set[int] = set()

    def sent(self, sub: int, seq: int, now: float) -> None:
        """A frame has gone out."""
        if self._last.get(sub) == seq:
            return
        waiting = self._waiting.setdefault(sub, deque())
        if seq < self._last.get(sub, seq):
            waiting.clear()  # it counts anew
        self._last[sub] = seq
        if len(waiting) < _WAITING:
            waiting.append((seq, now))

    def drawn(self, sub: int, seq: int, now: float) -> None:
        """All frames up to this one are on the screen. What is said of others was overtaken."""
        if sub not in self._last or seq > self._last[sub]:
            return
        self.drawn_us = now_us()
        self._reports.add(sub)
        waiting = self._waiting[sub]
        while waiting and waiting[0][0] <= seq:
            waiting.popleft()
        if not waiting and seq < self._last[sub]:
            waiting.append((self._last[sub], now))

    def ended(self, sub: int) -> None:
        """A subscription is over."""
        self._last.pop(sub, None)
        self._waiting.pop(sub, None)
        self._reports.discard(sub)

    def behind_s(self, now: float) -> float:
        """For how long the oldest frame that was sent has not been drawn; 0: all are. Of who tells of some
        subscriptions, only these count."""
        of = self._reports or self._waiting.keys()
        return max((now - self._waiting[sub][0][1] for sub in of if self._waiting.get(sub)), default=0.0)


class State(NamedTuple):
    """How a wall is. ``since_us``: when it came, or left."""

    number: int
    name: str
    connections: int
    since_us: int
    drawn_us: int | None
    behind_s: float

    @property
    def frozen(self) -> bool:
        return self.behind_s > FROZEN_S

    @property
    def word(self) -> str:
        """The state of its service."""
        return "frozen" if self.frozen else "ok" if self.connections else "away"


@dataclass
class _Wall:
    name: str
    since_us: int
    drawings: list[Drawing] = field(default_factory=list)
    drawn_us: int | None = None  # by connections that are over


class Walls:
    """All walls that have come since the start, by the numbers of their tokens."""

    def __init__(self) -> None:
        self._walls: dict[int, _Wall] = {}

    def come(self, who: Who) -> Drawing | None:
        """A connection has been let in; None where it is not a wall's."""
        if who.way != "wallboard":
            return None
        wall = self._walls.setdefault(_number(who), _Wall(who.name, now_us()))
        if not wall.drawings:
            wall.since_us = now_us()
        wall.drawings.append(Drawing())
        return wall.drawings[-1]

    def leave(self, who: Who, drawing: Drawing, *, for_good: bool) -> None:
        """A connection is over. ``for_good``: its token is good no more."""
        wall = self._walls.get(_number(who))
        if wall is None:
            return
        wall.drawings.remove(drawing)
        wall.drawn_us = max((u for u in (wall.drawn_us, drawing.drawn_us) if u is not None), default=None)
        if not wall.drawings:
            wall.since_us = now_us()
        if for_good and not wall.drawings:
            del self._walls[_number(who)]

    def states(self, now: float) -> dict[int, State]:
        """How each is, at ``now`` of the clock that drawings are told. Of several connections the worst counts."""
        gone = now_us() - _GONE_US
        for number in [n for n, w in self._walls.items() if not w.drawings and w.since_us < gone]:
            del self._walls[number]
        out = {}
        for number, wall in self._walls.items():
            drawn = [d.drawn_us for d in wall.drawings] or [wall.drawn_us]
            at = None if None in drawn else min(u for u in drawn if u is not None)
            behind = max((d.behind_s(now) for d in wall.drawings), default=0.0)
            out[number] = State(number, wall.name, len(wall.drawings), wall.since_us, at, round(behind, 1))
        return out

    def items(self, now: float) -> dict[str, dict[str, Any]]:
        """Items of the topic `system`."""
        return {
            key: {
                "state": s.word, "wall": s.name, "token": s.number, "connections": s.connections,
                "since": rfc3339(s.since_us),
                **({"drawn_at": s.drawn_us and rfc3339(s.drawn_us)} if s.frozen else {}),
            }
            for key, s in self.named(now)
        }  # fmt: skip

    def expose(self, now: float) -> None:
        """Set the metrics."""
        for gauge in (telemetry.WALL_CONNECTIONS, telemetry.WALL_BEHIND, telemetry.WALL_FROZEN):
            gauge.clear()
        for key, s in self.named(now):
            name = key.partition("/")[2]
            telemetry.WALL_CONNECTIONS.labels(name).set(s.connections)
            telemetry.WALL_BEHIND.labels(name).set(s.behind_s)
            telemetry.WALL_FROZEN.labels(name).set(s.frozen)

    def named(self, now: float) -> list[tuple[str, State]]:
        """Each with a key of its own: two may have one name."""
        states = self.states(now).values()
        names = Counter(s.name for s in states)
        return [(f"wall/{s.name}" if names[s.name] == 1 else f"wall/{s.name} #{s.number}", s) for s in states]


def _number(who: Who) -> int:
    return int(who.key.rpartition(" ")[2])
