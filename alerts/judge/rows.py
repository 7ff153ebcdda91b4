"""Rules of single readings (threshold, rate, stuck, schedule), judged over all rows of a domain at once.

Rules that look at the same value are a block. For a block everything is a matrix of rows by rules: which values
breach, whom each rule looks at, who is not at rest. Only what is left of that walks through the state machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.judge.bind import Bound
from alerts.judge.daytime import Daytime
from alerts.judge.machine import Machine, Samples
from alerts.judge.memory import Memory, Value
from alerts.judge.world import World
from alerts.rules.model import Threshold
from city.columns import QUALITIES, Columns
from city.rows import grown

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_SENSOR = 16  # bits of a subject's number to the right of its sensor's


class Block:
    """Rules of one value in one domain. Columns are its rules, rows of ``member`` and ``active`` the memory's cells.

    ``member``: the rule looks at the cell. ``active``: the cell may not be at rest (it is looked at in any case).
    """

    def __init__(self, value: Value, bounds: Sequence[Bound], domain: str, world: World) -> None:
        self.value = value
        self.bounds = list(bounds)
        self._world = world
        self._masks = [b.masks[domain] for b in bounds]
        self._above = np.array([b.terms.above for b in bounds])
        self._below = np.array([b.terms.below for b in bounds])
        self._looks = np.array([[q in b.rule.quality for b in bounds] for q in QUALITIES])
        self._channels = [self._channel(b) for b in bounds]
        self._windows: dict[Daytime, Ints] = {}
        for k, b in enumerate(bounds):
            if b.hours is not None:
                self._windows[b.hours] = np.append(self._windows.get(b.hours, np.empty(0, np.int64)), k)
        self.member = np.empty((0, len(bounds)), bool)
        self.active = np.empty((0, len(bounds)), bool)
        self._size = 0

    def _channel(self, bound: Bound) -> int | None:
        """The channel's number that a rule looks at, -1 for one that nobody has; None: any."""
        c = bound.rule.condition
        if not isinstance(c, Threshold) or c.channel is None:
            return None
        return next(
            (n for n, name in self._world.roster.channels.items() if name == c.channel), 0 if not c.channel else -1
        )

    def fit(self, memory: Memory) -> None:
        """Look at cells that are new in the memory."""
        size = len(memory.cells)
        if size == self._size:
            return
        self.member, self.active = grown(self.member, size, False), grown(self.active, size, False)
        subject = memory.subject[self._size : size]
        sensor, channel = subject >> _SENSOR, subject & 0xFFFF
        known = sensor < self._world.roster.size
        for k, (mask, only) in enumerate(zip(self._masks, self._channels, strict=True)):
            member = known & mask[np.where(known, sensor, 0)]
            self.member[self._size : size, k] = member if only is None else member & (channel == only)
        self._size = size

    def hot(
        self, cell: Ints, value: Floats, quality: NDArray[np.uint8], outside: Callable[[Daytime], Bools]
    ) -> Iterator[tuple[int, Ints, Bools | None]]:
        """For each rule with something to judge: its place, the rows in their order, and where they are outside.

        ``outside`` says of a time of day which rows are not in it.
        """
        active = self.active
        with np.errstate(invalid="ignore"):
            breach = (value[:, None] > self._above) | (value[:, None] < self._below)
        breach &= self.member[cell]
        looks = None if not quality.any() and self._looks[0].all() else self._looks[quality]
        if looks is not None:
            breach &= looks
        out: dict[int, Bools] = {}
        for window, rules in self._windows.items():
            if breach[:, rules].any() or active[np.ix_(cell, rules)].any():
                away = outside(window)
                breach[:, rules] &= ~away[:, None]
                out.update(dict.fromkeys(rules.tolist(), away))
        row, rule = np.nonzero(breach)
        active[cell[row], rule] = True
        warm = active[cell]
        if looks is not None:
            warm &= looks
        rule, row = np.nonzero(warm.T)
        if not len(rule):
            return
        begin = np.flatnonzero(np.diff(rule, prepend=-1))
        for k, rows in zip(rule[begin].tolist(), np.split(row, begin[1:]), strict=True):
            yield k, rows, out[k][rows] if k in out else None


class Rows:
    """The rules of one domain that look at single readings, on a machine; ``memory`` outlives changes of rules.

    ``poisoned`` is told the number of a rule that cannot be judged, and why.
    """

    def __init__(
        self,
        bounds: Sequence[Bound],
        domain: str,
        world: World,
        machine: Machine,
        memory: Memory,
        poisoned: Callable[[int, Exception], None],
    ) -> None:
        self.memory = memory
        self._world = world
        self._machine = machine
        self._poisoned = poisoned
        by_value: dict[Value, list[Bound]] = {}
        for b in bounds:
            if b.value is not None:
                by_value.setdefault(b.value, []).append(b)
        self.blocks = [Block(value, found, domain, world) for value, found in by_value.items()]
        memory.keep_only(by_value)
        self.wake()

    def wake(self) -> None:
        """Look at every subject that is not at rest in the machine."""
        for block in self.blocks:
            for k, b in enumerate(block.bounds):
                states = self._machine.states[b.no]
                if states:
                    cells = self.memory.take_cells(np.fromiter(states, np.int64, len(states)))
                    block.fit(self.memory)
                    block.active[cells, k] = block.member[cells, k]

    def judge(self, cols: Columns) -> Columns | None:
        """Judge rows, which are in the order of time, with the memory's metrics.

        Returns those readings that are older than what was judged before of the same sensor, channel and metric;
        they were not judged. One that was judged before is left out.
        """
        cell, cols, overtaken = self.memory.enter(cols)
        for block in self.blocks:
            block.fit(self.memory)
            rows = np.flatnonzero(self._present(block, cols))
            if len(rows):
                try:
                    self._judge(block, cell[rows], cols.take(rows))
                except Exception as e:
                    # Which of its rules it was cannot be said: none of them may stop all others again and again.
                    for b in block.bounds:
                        self._poisoned(b.no, e)
        return overtaken

    def remember(self, cols: Columns) -> None:
        """Take in rows that were judged before a restart, without judging them again."""
        cell, cols, _ = self.memory.enter(cols)
        for block in self.blocks:
            block.fit(self.memory)
            rows = np.flatnonzero(self._present(block, cols))
            if len(rows) and block.value.kind != "reading":
                self._value(block, cell[rows], cols.take(rows))

    def _present(self, block: Block, cols: Columns) -> Bools:
        return ~np.isnan(cols.values[:, self.memory.places[block.value.metric]])

    def _value(self, block: Block, cell: Ints, cols: Columns) -> Floats:
        member: Bools | None = None
        if block.value.kind != "reading":
            member = np.logical_or.reduce(block.member[cell], axis=1)
        return self.memory.value(block.value, cell, cols, member, self._world.silence_us)

    def _judge(self, block: Block, cell: Ints, cols: Columns) -> None:
        value, at_us, subject = self._value(block, cell, cols), cols.time_us, self.memory.subject
        sensor = subject[cell] >> _SENSOR
        known = np.where(sensor < self._world.roster.size, sensor, 0)

        def outside(window: Daytime) -> Bools:
            return ~window.holds(at_us, self._world.lat[known], self._world.lon[known])

        for k, rows, away in block.hot(cell, value, cols.quality, outside):
            no = block.bounds[k].no
            who = subject[cell[rows]]
            try:
                self._machine.walk(Samples(no, who, at_us[rows], value[rows], away))
            except Exception as e:
                # One rule beyond judgement does not stop the others.
                self._poisoned(no, e)
            states = self._machine.states[no]
            block.active[cell[rows], k] = [s in states for s in who.tolist()]


def looked_at(bounds: Iterable[Bound], domain: str, size: int) -> Bools:
    """Which sensors of a domain any of the rules looks at, bool[size]."""
    out = np.zeros(size, bool)
    for b in bounds:
        out |= b.masks[domain]
    return out
