"""Rules about other rules: all of some, one of some, none of some, for the same sensor, or in the same zone or area.

A rule breaches here when it has fired and its value still breaches, so the hold times that it asks for count; with
``within_s`` until so long after its end. A rule that cannot be judged now (it is gone, switched off, not in force, set
aside) is unknown, and so is what depends on it: then the composite says nothing. A composite of composites sees those
as they were a tick before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alerts.judge.bind import Bound
from alerts.judge.machine import Machine, Samples
from alerts.judge.source import Source
from alerts.judge.terms import micros
from alerts.judge.world import World
from alerts.rules.model import Composite

Ints = NDArray[np.int64]
Of = Literal["sensor", "zone", "area"]
_SENSOR = 16  # bits of a subject's number to the right of its sensor's
_NOBODY: frozenset[int] = frozenset()
#: Where a rule breaches, None where that is unknown.
Where = frozenset[int] | None


class Joined:
    """One rule: the numbers of those that it looks at (None: there is none now), and where it looks."""

    def __init__(self, bound: Bound, world: World, machine: Machine) -> None:
        c = bound.rule.condition
        assert isinstance(c, Composite)  # noqa: S101 -- by its Maker
        numbers = {t.code: no for no, t in enumerate(machine.terms)}
        self.no, self.of, self.within_us = bound.no, c.of, micros(c.within_s)
        self.all, self.any, self.none = ([numbers.get(code) for code in codes] for codes in (c.all, c.any, c.none))
        self.rules = [no for no in (*self.all, *self.any, *self.none) if no is not None]
        self.places = self._places(bound, world)

    def _places(self, bound: Bound, world: World) -> frozenset[int]:
        """The subjects in its scope."""
        if self.of != "sensor":
            return frozenset(number for number, _ in world.places(bound.rule.scope, self.of))
        found = np.zeros(world.roster.size, bool)
        for domain in world.registry.domains:
            found |= world.mask(bound.rule.scope, domain)
        return frozenset((np.flatnonzero(found) << _SENSOR).tolist())

    def value(self, subject: int, all_of: list[Where], any_of: list[Where], none_of: list[Where]) -> float:
        """1: it is so, 0: it is not, NaN: nobody knows."""
        if any(w is not None and subject not in w for w in all_of):
            return 0.0
        if any(w is not None and subject in w for w in none_of):
            return 0.0
        one = not any_of or any(w is not None and subject in w for w in any_of)
        if not one and None not in any_of:
            return 0.0
        return 1.0 if one and None not in all_of and None not in none_of else float("nan")

    def candidates(self, all_of: list[Where], any_of: list[Where]) -> frozenset[int]:
        """Where it may be so."""
        if all_of:
            return _NOBODY if None in all_of else frozenset.intersection(*(w for w in all_of if w is not None))
        return frozenset().union(*(w for w in any_of if w is not None)) if any_of else self.places


class Composites(Source):
    """1 where a rule about other rules is so, 0 where it is not, at every tick at which there is anything to say."""

    def __init__(self, bounds: Sequence[Bound], world: World, machine: Machine, before: Source | None) -> None:
        self.failed = {}
        self._world, self._machine = world, machine
        made = [self.alone(b.no, partial(Joined, b, world, machine)) for b in bounds]
        self._rules = [one for one in made if one is not None]
        for one in self._rules:
            for no in one.rules:
                machine.keep_ends(no, one.within_us)

    def samples(self, to_us: int) -> list[Samples]:
        out = []
        known: dict[tuple[int, Of, int], Where] = {}

        def where(no: int | None, one: Joined) -> Where:
            if no is None or no in self._machine.aside:
                return None
            key = (no, one.of, one.within_us)
            if key not in known:
                known[key] = self._where(no, one, to_us)
            return known[key]

        for one in self._rules:
            found = self.alone(one.no, partial(self._look, one, where, to_us))
            if found is not None:
                out.append(found)
        return out

    def _look(self, one: Joined, where: Callable[[int | None, Joined], Where], to_us: int) -> Samples | None:
        states = self._machine.states[one.no]
        if not states and (one.all or one.any) and not self._moves(one):
            return None
        all_of, any_of, none_of = ([where(no, one) for no in nos] for nos in (one.all, one.any, one.none))
        subjects = sorted((one.candidates(all_of, any_of) & one.places) | states.keys())
        if not subjects:
            return None
        value = [one.value(s, all_of, any_of, none_of) for s in subjects]
        at = np.full(len(subjects), to_us, np.int64)
        return Samples(one.no, np.array(subjects, np.int64), at, np.array(value))

    def _moves(self, one: Joined) -> bool:
        """Whether anything that it looks at may breach."""
        return any(self._machine.states[no] or (one.within_us and self._machine.swings(no)) for no in one.rules)

    def _where(self, no: int, one: Joined, to_us: int) -> frozenset[int]:
        """Where a rule breaches, or has done so within the time."""
        subject = self._machine.breaching(no)
        if one.within_us:
            subject = np.concatenate([subject, self._machine.ended(no, to_us - one.within_us)])
        if not len(subject):
            return _NOBODY
        sensor = subject[subject >= 0] >> _SENSOR
        others = [self._world.subject(n) for n in subject[subject < 0].tolist()]
        if one.of == "sensor":
            found = (np.unique(sensor) << _SENSOR).tolist()
            return frozenset([*found, *(s.sensor << _SENSOR for s in others if s.sensor is not None)])
        group = (self._world.roster.zone if one.of == "zone" else self._world.roster.area)[sensor]
        places = (-1 - np.unique(group[group >= 0])).tolist()
        keys = [f"zone/{s.zone}" if one.of == "zone" else f"area/{s.area}" for s in others]
        numbers = [self._world.number(key) for key in keys]
        return frozenset([*places, *(n for n in numbers if n is not None)])
