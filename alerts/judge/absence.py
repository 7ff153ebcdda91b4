"""Sensors that are late or offline: their silence, by their own interval.

A sensor is absent from ``last seen + its limit`` on (city/sensors.py: late after 2 intervals and 5 s, offline after 5
and 5 s), or after ``at_least_s`` if that is longer. One that was never seen is so from when judgement first knew of
it, and one that was put to work again from then on. The moments are exact, whenever the judge is asked; what came and
went between two ticks is not said. The first reading ends an absence, at its own time.

Silence in which the city could not be heard (seen.py) is not the sensors': it begins anew afterwards, for all that had
not been absent before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from alerts.judge.bind import Bound
from alerts.judge.machine import CLEARING, OPEN, PENDING, Machine, Samples
from alerts.judge.seen import NEVER, Seen
from alerts.judge.source import Source
from alerts.judge.terms import SECOND, micros
from alerts.judge.world import World
from alerts.rules.model import Absence
from city.columns import Columns
from city.rows import grown
from city.sensors import GRACE_S, LATE_AFTER

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_SENSOR = 16  # bits of a subject's number to the right of its sensor's
_Sample = tuple[int, int, float, bool]  # sensor, at, value, it is there


class _One:
    """One rule. ``told``: sensors that it was told are absent; ``moving``: those whose state may still change with
    time, pending or clearing."""

    def __init__(self, bound: Bound, world: World) -> None:
        c = bound.rule.condition
        assert isinstance(c, Absence)  # noqa: S101 -- by its Maker
        self.no = bound.no
        self.for_us = bound.terms.for_us
        self.at_least_s = c.at_least_s
        self.kind = (c.state, micros(c.at_least_s))
        self.mask = np.zeros(world.roster.size, bool)
        for mask in bound.masks.values():
            self.mask |= mask
        self.told: Bools | None = None
        self.moving: set[int] = set()


class Absences(Source):
    """The silence (s) of absent sensors."""

    def __init__(self, bounds: Sequence[Bound], world: World, machine: Machine, before: Source | None) -> None:
        self.failed = {}
        self._world, self._machine = world, machine
        self._limits: dict[tuple[str, int], Ints] = {}
        made = [self.alone(b.no, partial(self._one, b)) for b in bounds]
        self._rules = [one for one in made if one is not None]
        size = world.roster.size
        known = before if isinstance(before, Absences) else None
        self._seen: Seen = Seen() if known is None else known._seen
        self._seen.fit(size)
        self._since: Ints = grown(np.empty(0, np.int64) if known is None else known._since, size, NEVER)
        #: Sensors that were not at work until now.
        self._new = np.zeros(size, bool)
        if known is not None:
            was = grown(known._world.active.copy(), size, False)[:size]
            self._new = world.active & ~was

    def _one(self, bound: Bound) -> _One:
        one = _One(bound, self._world)
        if one.kind not in self._limits:
            self._limits[one.kind] = _limit_us(self._world, *one.kind)
        return one

    def take(self, cols: Columns, now_us: int) -> None:
        self._seen.take(cols, now_us)

    def recall(self, cols: Columns, now_us: int) -> None:
        self._seen.recall(cols, now_us)

    def unheard(self, since_us: int, until_us: int) -> None:
        self._seen.unheard(since_us, until_us)

    def samples(self, to_us: int) -> list[Samples]:
        size = self._world.roster.size
        self._seen.settle(to_us, self._world)
        last, since = self._seen.last_us[:size], self._since[:size]
        unknown = self._new | ((last == NEVER) & (since == NEVER))
        if unknown.any():
            since[unknown] = to_us
            self._new[:] = False
        own = np.maximum(last, since)
        shared = np.maximum(own, self._seen.quiet_us)
        out = []
        for kind, limit_us in self._limits.items():
            silent = own + limit_us <= to_us
            absent = np.zeros(size, bool) if self._seen.doubt else shared + limit_us <= to_us
            begin = shared + limit_us
            for one in self._rules:
                if one.kind == kind:
                    found = self.alone(one.no, partial(self._look, one, silent, absent, own, begin, to_us))
                    if found is not None:
                        out.append(found)
        return out

    def _look(
        self, one: _One, silent: Bools, absent: Bools, own: Ints, begin: Ints, to_us: int
    ) -> Samples | None:  # fmt: skip
        """What one rule is to be told. ``silent``: by its own last reading; ``absent``: so, and the city was heard;
        ``begin``: since when that is."""
        states = self._machine.states[one.no]
        if one.told is None:
            # What was known before this source: whoever was absent is so until it has spoken.
            one.told = np.zeros(len(own), bool)
            one.moving.update(states)
            gone = np.array([s >> _SENSOR for s, st in states.items() if st.phase != CLEARING], np.int64)
            one.told[gone] = silent[gone]
        fresh = np.flatnonzero(absent & one.mask & ~one.told)
        back = np.flatnonzero(one.told & ~silent)
        one.told[fresh], one.told[back] = True, False
        one.moving.update((back << _SENSOR).tolist())
        found: list[_Sample] = []
        if one.moving:
            found += self._moving(one, silent, own, to_us)
        one.moving.update((fresh << _SENSOR).tolist())
        if not len(fresh) and not found:
            return None
        quiet_s = np.maximum((begin[fresh] - own[fresh]) / SECOND, one.at_least_s)
        sensor, at, value, there = zip(*found, strict=True) if found else ((), (), (), ())
        return Samples(
            one.no, np.concatenate([fresh, np.array(sensor, np.int64)]) << _SENSOR,
            np.concatenate([begin[fresh], np.array(at, np.int64)]),
            np.concatenate([quiet_s, np.array(value, np.float64)]),
            np.concatenate([np.zeros(len(fresh), bool), np.array(there, bool)]),
        )  # fmt: skip

    def _moving(self, one: _One, silent: Bools, own: Ints, to_us: int) -> list[_Sample]:
        """Sensors that have spoken again, and those whose absence has lasted as long as the rule asks."""
        out: list[_Sample] = []
        states = self._machine.states[one.no]
        for subject in list(one.moving):
            st, sensor = states.get(subject), subject >> _SENSOR
            if st is None or (st.phase == OPEN and silent[sensor]):
                one.moving.discard(subject)
            elif not silent[sensor]:
                if (at := int(own[sensor])) > st.judged:
                    out.append((sensor, at, 0.0, True))
            elif st.phase == PENDING and one.told is not None and one.told[sensor]:
                due = st.since + one.for_us
                if due <= to_us:
                    out.append((sensor, due, max((due - int(own[sensor])) / SECOND, one.at_least_s), False))
        return out


def _limit_us(world: World, state: str, at_least_us: int) -> Ints:
    """For how long each sensor may be silent."""
    if state == "offline":
        own = world.silence_us
    else:
        own = np.rint((LATE_AFTER * world.roster.interval_s + GRACE_S) * SECOND).astype(np.int64)
    return np.maximum(own, at_least_us)
