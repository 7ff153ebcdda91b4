"""Readings that come when they are no news any more: what they show becomes a record of the past, not an alarm.

They are gathered until the backlog is over (none has come for QUIET_US), judged by a machine of their own that knows
nothing of the present, and each breach that would have fired becomes one `retro` event, from its begin to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from alerts.judge.bind import Bound
from alerts.judge.events import Event
from alerts.judge.hold import in_order
from alerts.judge.machine import Machine, State
from alerts.judge.memory import Memory
from alerts.judge.rows import Rows
from alerts.judge.world import World
from city.columns import Columns, join

QUIET_US = 10_000_000
#: So many rows are judged before more are gathered: a backlog may be long, memory is not. Rows of a sensor that are
#: older than what was judged then are left out.
ROWS = 500_000

#: Since when the pair of a rule's number and a subject's has been open in the present; None when it is not.
OpenSince = Callable[[int, str], int | None]


class Retro:
    """The old readings of one domain for rules of one kind. ``machine`` makes a fresh machine for all rules."""

    def __init__(self) -> None:
        self._parts: list[Columns] = []
        self._rows = 0
        self._last_us = 0
        self._run: Run | None = None

    @property
    def waiting(self) -> bool:
        """Whether there is a backlog of which the record is still to come."""
        return bool(self._parts) or self._run is not None

    @property
    def begun(self) -> bool:
        """Whether a part of the backlog has been judged."""
        return self._run is not None

    def take(self, cols: Columns, now_us: int) -> None:
        """Gather rows, with all metrics of their domain."""
        if len(cols):
            self._parts.append(cols)
            self._rows += len(cols)
            self._last_us = now_us

    def over(self, now_us: int) -> bool:
        """Whether the backlog is over."""
        return self.waiting and now_us >= self._last_us + QUIET_US

    def full(self) -> bool:
        """Whether so many rows wait that they are to be judged before the backlog is over."""
        return self._rows >= ROWS

    def judge(self, begin: Callable[[], Run]) -> None:
        """Judge what has been gathered."""
        if self._parts:
            self._run = self._run or begin()
            self._run.judge(in_order(join(self._parts)))
            self._parts, self._rows = [], 0

    def finish(self, open_since: OpenSince) -> list[Event]:
        """The record of all that was judged, but for what an alert of the present already covers."""
        run, self._run = self._run, None
        return [] if run is None else run.finish(open_since)


class Run:
    """One backlog being judged."""

    def __init__(
        self,
        bounds: Sequence[Bound],
        domain: str,
        world: World,
        machine: Machine,
        poisoned: Callable[[int, Exception], None],
    ) -> None:
        self._machine = machine
        self._world = world
        self._rows = Rows(bounds, domain, world, machine, Memory(world.registry.domains[domain]), poisoned)
        self._fired: dict[tuple[str, str], Event] = {}
        self._record: list[Event] = []
        self._no = {b.rule.code: b.no for b in bounds}

    def judge(self, cols: Columns) -> None:
        """Judge rows in the order of time."""
        self._rows.judge(cols)
        events, self._machine.events = self._machine.events, []
        for e in events:
            key = (e.rule, e.subject.key)
            if e.what == "fired":
                self._fired[key] = e
            elif e.what == "cleared" and (fired := self._fired.pop(key, None)) is not None:
                self._record.append(_past(fired, e.at_us, e.peak, e.raises))

    def finish(self, open_since: OpenSince) -> list[Event]:
        """What has ended, and what has not until the newest reading; in the order of its begin."""
        for no, states in enumerate(self._machine.states):
            for number, st in states.items():
                self._unended(no, number, st)
        out = []
        for e in self._record:
            since = open_since(self._no[e.rule], e.subject.key)
            if since is None or since > e.since_us:
                out.append(e)
        return sorted(out, key=lambda e: (e.since_us, e.rule, e.subject.key))

    def _unended(self, no: int, number: int, st: State) -> None:
        fired = self._fired.pop((self._machine.terms[no].code, self._world.subject(number).key), None)
        if fired is not None:
            self._record.append(_past(fired, st.clearing or st.judged, st.peak, len(st.raised)))


def _past(fired: Event, until_us: int, peak: float | None, raises: int) -> Event:
    return msgspec.structs.replace(fired, what="retro", until_us=until_us, peak=peak, raises=raises)
