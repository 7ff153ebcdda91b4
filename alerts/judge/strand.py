"""Rules of single readings that share a domain and the limits of time: from rows as they come to events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from alerts.judge.bind import Bound
from alerts.judge.events import Event
from alerts.judge.hold import Held
from alerts.judge.machine import PENDING, Machine
from alerts.judge.memory import Memory
from alerts.judge.retro import Retro, Run
from alerts.judge.rows import Rows, looked_at
from alerts.judge.world import World
from city.columns import Columns


class Strand:
    """``late_us``: how long a row waits for older ones. ``retro_us``: an older one is no news. ``before``: the strand
    of these limits until now, whose rows, old readings and memory go on."""

    def __init__(
        self,
        domain: str,
        late_us: int,
        retro_us: int,
        bounds: Sequence[Bound],
        world: World,
        machine: Machine,
        fresh: Callable[[], Machine],
        poisoned: Callable[[int, Exception], None],
        before: Strand | None,
    ) -> None:
        self._late_us = late_us
        self._retro_us = retro_us
        self._world = world
        self._machine = machine
        self._looked_at = looked_at(bounds, domain, world.roster.size)
        # Metrics that have changed lay the columns out anew: what was held of the old ones is let go.
        names = tuple(m.name for m in world.registry.domains[domain].metrics)
        if before is not None and before.memory.metrics != names:
            before = None
        self.memory: Memory = Memory(world.registry.domains[domain]) if before is None else before.memory
        self._held: Held = Held() if before is None else before._held
        self.rows = Rows(bounds, domain, world, machine, self.memory, poisoned)
        self.retro: Retro = Retro() if before is None else before.retro
        self._begin = lambda: Run(bounds, domain, world, fresh(), poisoned)

    def take(self, cols: Columns, now_us: int) -> None:
        """Take in rows as they come."""
        cols = self._wanted(cols)
        old = cols.time_us < now_us - self._retro_us
        if old.any():
            self.retro.take(cols.take(old), now_us)
            cols = cols.take(~old)
        self._held.add(cols)

    def advance(self, now_us: int) -> list[Event]:
        """Judge what is old enough. Events of the present are the machine's; those of the past are returned."""
        cols = self._held.due(now_us - self._late_us)
        if cols is not None:
            overtaken = self.rows.judge(cols)
            if overtaken is not None:
                self.retro.take(overtaken, now_us)
        if self.retro.over(now_us):
            return self.finish()
        if self.retro.full():
            self.retro.judge(self._begin)
        return []

    def finish(self) -> list[Event]:
        """The record of the backlog as far as it has come."""
        self.retro.judge(self._begin)
        return self.retro.finish(self._open_since)

    def settle(self) -> list[Event]:
        """Before rules change: the record of what is half judged. What only waits is left to the strand after this."""
        return self.finish() if self.retro.begun else []

    def remember(self, cols: Columns, judged_to_us: int) -> None:
        """Take in rows that had come before a restart: remember those that had been judged, hold the others."""
        cols = self._wanted(cols)
        judged = cols.time_us <= judged_to_us - self._late_us
        self._held.add(cols.take(~judged))
        if judged.any():
            held = Held()
            held.add(cols.take(judged))
            rows = held.due(judged_to_us)
            if rows is not None:
                self.rows.remember(rows)

    def take_old(self, cols: Columns, came_us: int, now_us: int) -> None:
        """Take in again, after a restart, what was no news when it came, at ``came_us``."""
        cols = self._wanted(cols)
        self.retro.take(cols.take(cols.time_us < came_us - self._retro_us), now_us)

    def _wanted(self, cols: Columns) -> Columns:
        """The rows of sensors that any rule looks at, with all metrics of the domain."""
        there = cols.sensor < len(self._looked_at)
        wanted = there & self._looked_at[np.where(there, cols.sensor, 0)]
        return self.memory.align(cols if wanted.all() else cols.take(wanted))

    def _open_since(self, no: int, key: str) -> int | None:
        number = self._world.number(key)
        st = None if number is None else self._machine.states[no].get(number)
        return None if st is None or st.phase == PENDING else st.since
