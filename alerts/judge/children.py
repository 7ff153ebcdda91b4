"""What hangs on a parent (cabinet, gateway, feeder): the share of its children for which any of some rules breaches.

A breach counts from its first value on, before the child's rule has held it for as long as it asks: so the parent's
alert is there when its children's are about to be told. The children are the active sensors in the rule's scope that
have ever been seen. A child is *known* when one of the rules breaches for it (one that is about absence among them:
then silence counts), or when it reports; one that is silent, and of which no rule says anything, is neither well nor
not. The share is that of the known children. It says nothing where fewer than ``at_least``, or fewer than half of
all, are known: so a few that were dark before everything fell silent are not the whole cabinet.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from alerts.judge.bind import Bound
from alerts.judge.machine import Machine, Samples
from alerts.judge.seen import NEVER, LastSeen
from alerts.judge.source import Source
from alerts.judge.world import World
from alerts.rules.model import Children
from city.columns import Columns

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_SENSOR = 16  # bits of a subject's number to the right of its sensor's


class Family:
    """One rule: its parents, and the place of each sensor's parent among them (-1: none)."""

    def __init__(self, bound: Bound, world: World, machine: Machine) -> None:
        c = bound.rule.condition
        assert isinstance(c, Children)  # noqa: S101 -- by its Maker
        self.no, self.at_least = bound.no, max(1, c.at_least)
        numbers = {t.code: no for no, t in enumerate(machine.terms)}
        self.rules = [numbers[code] for code in c.rules if code in numbers]
        looked_at = np.zeros(world.roster.size, bool)
        for domain in world.registry.domains:
            looked_at |= world.mask(bound.rule.scope, domain)
        self.parent = np.full(world.roster.size, -1, np.int64)
        subjects: list[int] = []
        for name, children in world.children.items():
            mine, subject = children[looked_at[children]], world.number(f"parent/{name}")
            if len(mine) >= self.at_least and subject is not None:
                self.parent[mine] = len(subjects)
                subjects.append(subject)
        self.subject: Ints = np.array(subjects, np.int64)
        self.children: Ints = np.flatnonzero(self.parent >= 0)

    def shares(self, bad: Bools, reporting: Bools, seen: Bools) -> NDArray[np.float64]:
        """The share of each parent; NaN where too little is known."""
        who = self.children
        parent, known = self.parent[who], bad[who] | reporting[who]
        n = len(self.subject)
        breaching = np.bincount(parent[bad[who]], minlength=n)
        there = np.bincount(parent[known], minlength=n)
        of = np.bincount(parent[known | seen[who]], minlength=n)
        enough = (there >= self.at_least) & (2 * there >= of)
        return np.where(enough, breaching / np.maximum(there, 1), np.nan)


class Parents(Source):
    """Shares of children, at every tick at which there is anything to say."""

    def __init__(self, bounds: Sequence[Bound], world: World, machine: Machine, before: Source | None) -> None:
        self.failed = {}
        self._world, self._machine = world, machine
        made = [self.alone(b.no, partial(Family, b, world, machine)) for b in bounds]
        self._rules = [one for one in made if one is not None]
        self._seen: LastSeen = before._seen if isinstance(before, Parents) else LastSeen()
        self._seen.fit(world.roster.size)

    def take(self, cols: Columns, now_us: int) -> None:
        self._seen.take(cols, now_us)

    def recall(self, cols: Columns, now_us: int) -> None:
        self._seen.take(cols, now_us)

    def samples(self, to_us: int) -> list[Samples]:
        states, aside, size = self._machine.states, self._machine.aside, self._world.roster.size
        last = self._seen.last_us[:size]
        reporting: Bools | None = None
        out = []
        for one in self._rules:
            rules = [no for no in one.rules if no not in aside]
            if not len(one.subject) or not rules or not (states[one.no] or any(states[no] for no in rules)):
                continue
            if reporting is None:
                reporting = last + self._world.silence_us > to_us
            bad = np.zeros(size, bool)
            for no in rules:
                subject = self._machine.begun(no)
                bad[subject[subject >= 0] >> _SENSOR] = True
            value = self.alone(one.no, partial(one.shares, bad, reporting, last > NEVER))
            if value is not None:
                out.append(Samples(one.no, one.subject, np.full(len(value), to_us, np.int64), value))
        return out
