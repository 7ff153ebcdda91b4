"""The judge: columns of committed readings in, events out. Pure: the only clock is ``now_us``.

    judge = Judge(rules, world, now_us)
    judge.take(cols, now_us)          rows as they come
    judge.advance(now_us) -> events   what they mean, once they are old enough; often, about four times a second
    judge.figures(items, now_us)      what the indices say, whenever they are worked out
    judge.saved(), judge.restore()    over a restart; judge.remember(cols, judged_to_us) brings earlier readings back,
                                      judge.recall(cols, judged_to_us) the last ones of sensors silent for longer
    judge.use(rules, world, now_us)   rules or sensors have changed

Rules of single readings go through strands: one for each domain and pair of limits of time (`late_s`, `retro_s`).

    take ──▶ younger than retro_s? ──▶ Held, till now >= time + late_s, sorted ──▶ Rows ──▶ Machine ──▶ events
                └─ older ─▶ Retro ◀── older than what was judged of its sensor ──┘

**Sources**: what is no single reading comes from a `Source` (source.py), one for each condition in ``MAKERS``, in that
order: a composite looks at what the others have just said. At each `advance`, when the rows have been judged, a
source's `samples(to_us) -> list[Samples]` go to `machine.feed`. To add one: write a module with a `Maker`, and put it
into ``MAKERS``. Their time is that up to when readings have surely come (`advance(now_us, heard_us)`): while nobody
hears the city it stands still, and they say nothing new. When it moves on after such a time they are told of it
(`unheard`); whoever else knows of one, as after a restart, calls `judge.unheard(since_us, until_us)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Literal

import msgspec

from alerts.judge.absence import Absences
from alerts.judge.aggregates import Aggregates
from alerts.judge.bind import OF_ROWS, Bound, bind, in_force
from alerts.judge.children import Parents
from alerts.judge.composite import Composites
from alerts.judge.events import Event
from alerts.judge.indexed import Indices
from alerts.judge.machine import Machine
from alerts.judge.seen import UNHEARD_US
from alerts.judge.source import Maker, Source, reason
from alerts.judge.state import Open
from alerts.judge.strand import Strand
from alerts.judge.terms import micros
from alerts.judge.world import World
from alerts.rules.model import Absence, Aggregate, Children, Composite, Indexed, Rule
from city import sun
from city.columns import Columns
from infra.indices import Item

#: Who makes the values of each condition that is no single reading, in the order in which they are asked.
MAKERS: dict[type[Any], Maker] = {
    Absence: Absences, Aggregate: Aggregates, Indexed: Indices, Children: Parents, Composite: Composites,
}  # fmt: skip

_Key = tuple[str, int, int]


class Ended(msgspec.Struct, frozen=True):
    """An open subject that is judged no longer, though nobody has said that it is clear.

    rule: the rule is gone, switched off, or not in force; changed: it has a new version; subject: the subject is
    gone, or no longer in the rule's scope.
    """

    rule: str
    subject: str
    why: Literal["rule", "changed", "subject"]


class Judge:
    """``poisoned``: rules that could not be judged and were set aside, by their code, with the reason.
    ``ended``: open subjects that were let go of, until whoever reads them empties the list."""

    def __init__(self, rules: Sequence[Rule], world: World, now_us: int) -> None:
        self.poisoned: dict[str, str] = {}
        self.ended: list[Ended] = []
        self._rules: Sequence[Rule] = ()
        self._versions: dict[str, int] = {}
        self._events: list[Event] = []
        self._machine = Machine((), world.subject, world.silence_of)
        self._bounds: list[Bound] = []
        self._strands: dict[_Key, Strand] = {}
        self._sources: dict[type[Any], Source] = {}
        self._unheard_since: int | None = None
        self.use(rules, world, now_us)

    def use(self, rules: Sequence[Rule], world: World, now_us: int) -> None:
        """Judge by these rules in this world from now on. Of a rule of the same version, and of readings, what was
        known stays; what was open and is judged no longer is put into ``ended``."""
        for strand in self._strands.values():
            self._events += strand.settle()
        self._events += self._machine.events
        known, versions = self._machine.saved(), self._versions
        self._rules, self._world, self._day = list(rules), world, _day(now_us)
        self._versions = {r.code: r.version for r in rules}
        self.poisoned = {c: why for c, why in self.poisoned.items() if self._versions.get(c) == versions.get(c, -1)}
        usable = [r for r in rules if in_force(r, self._day) and r.code not in self.poisoned]
        self._bounds, failed = bind(usable, world)
        self.poisoned.update(failed)
        self._aside: set[int] = set()
        self._machine = self._new_machine()
        changed = {code for code, version in versions.items() if self._versions.get(code, version) != version}
        self._put_back([o for o in known if o.rule not in changed])
        self.ended += [Ended(o.rule, o.subject, "changed") for o in known if o.rule in changed and o.phase != "rest"]
        self._make_strands()
        self._make_sources()

    def _new_machine(self) -> Machine:
        return Machine([b.terms for b in self._bounds], self._world.subject, self._world.silence_of, self._aside)

    def _make_strands(self) -> None:
        by_key: dict[_Key, list[Bound]] = {}
        for b in self._bounds:
            if isinstance(b.rule.condition, OF_ROWS):
                late_us = micros(b.rule.late_s)
                for domain in b.masks:
                    by_key.setdefault((domain, late_us, max(micros(b.rule.retro_s), late_us)), []).append(b)
        self._strands = {
            key: Strand(
                *key, bounds, self._world, self._machine, self._new_machine, self._poison, self._strands.get(key)
            )
            for key, bounds in by_key.items()
        }

    def _make_sources(self) -> None:
        before, self._sources = self._sources, {}
        for condition, make in MAKERS.items():
            mine = [b for b in self._bounds if type(b.rule.condition) is condition]
            if mine:
                try:
                    self._sources[condition] = make(mine, self._world, self._machine, before.get(condition))
                except Exception as e:
                    self._poison_all(mine, e)

    # -- readings ----------------------------------------------------------------------------------------------------

    def take(self, cols: Columns, now_us: int) -> None:
        """Take in rows of one domain, as they come."""
        for (domain, _, _), strand in self._strands.items():
            if domain == cols.domain:
                strand.take(cols, now_us)
        self._tell(lambda source: source.take(cols, now_us))

    def figures(self, items: Sequence[Item], now_us: int) -> None:
        """Take in what the indices say."""
        self._tell(lambda source: source.figures(items, now_us))

    def _tell(self, say: Callable[[Source], None]) -> None:
        for condition, source in list(self._sources.items()):
            try:
                say(source)
            except Exception as e:
                self._poison_all(self._of(condition), e)

    def advance(self, now_us: int, heard_us: int | None = None) -> list[Event]:
        """Judge what is old enough, and say what has happened; of each pair of a rule and a subject in order.

        ``heard_us``: readings up to then have surely come (the collector was there); nobody is called silent for what
        came after. None: up to now.
        """
        if _day(now_us) != self._day and self._in_force(now_us) != self._in_force_then():
            self.use(self._rules, self._world, now_us)
        self._day = _day(now_us)
        for strand in self._strands.values():
            self._events += strand.advance(now_us)
        to_us = now_us if heard_us is None else min(now_us, heard_us)
        if now_us - to_us > UNHEARD_US:
            self._unheard_since = to_us if self._unheard_since is None else self._unheard_since
        elif self._unheard_since is not None:
            self.unheard(self._unheard_since, to_us)
            self._unheard_since = None
        for condition, source in list(self._sources.items()):
            self._ask(condition, source, to_us)
        self._machine.tick(to_us)
        out, self._events = self._events + self._machine.events, []
        self._machine.events = []
        return out

    def unheard(self, since_us: int, until_us: int) -> None:
        """Nobody was there to hear readings in that time: silence in it is nobody's, unless some came later after all.

        `advance` finds this out by itself where it is told ``heard_us``; it cannot know it of a time before it began.
        """
        self._tell(lambda source: source.unheard(since_us, until_us))

    def _ask(self, condition: type[Any], source: Source, to_us: int) -> None:
        try:
            found = source.samples(to_us)
        except Exception as e:
            self._poison_all(self._of(condition), e)
            return
        for no, why in source.failed.items():
            self._set_aside(no, why)
        for samples in found:
            try:
                self._machine.feed(samples)
            except Exception as e:
                self._poison(samples.rule_no, e)

    # -- over a restart ----------------------------------------------------------------------------------------------

    def saved(self) -> list[Open]:
        """What must be known of subjects to go on after a restart."""
        return self._machine.saved()

    def restore(self, known: Iterable[Open]) -> None:
        """Take up what is known of subjects, before any row is taken; what is judged no longer goes into ``ended``."""
        self._put_back(known)
        for strand in self._strands.values():
            strand.rows.wake()

    def remember(self, cols: Columns, judged_to_us: int) -> None:
        """Bring back rows that had been taken before a restart, at which `advance` had come to ``judged_to_us``.

        Rows that had been judged by then are only remembered; the others are held, and judged when it is time.
        Sources take all of them.
        """
        for (domain, _, _), strand in self._strands.items():
            if domain == cols.domain:
                strand.remember(cols, judged_to_us)
        self._tell(lambda source: source.take(cols, judged_to_us))

    def recall(self, cols: Columns, judged_to_us: int) -> None:
        """Bring back the last rows of sensors of which `remember` has nothing, because they have been silent."""
        for (domain, _, _), strand in self._strands.items():
            if domain == cols.domain:
                strand.remember(cols, judged_to_us)
        self._tell(lambda source: source.recall(cols, judged_to_us))

    def take_old(self, cols: Columns, came_us: int, now_us: int) -> None:
        """After a restart, bring back the rows of a backlog whose record was still to come: those that were no news
        when they came, at ``came_us``."""
        for (domain, _, _), strand in self._strands.items():
            if domain == cols.domain:
                strand.take_old(cols, came_us, now_us)

    @property
    def backlog(self) -> bool:
        """Whether old readings wait whose record is still to come: it would be lost with the process."""
        return any(s.retro.waiting for s in self._strands.values())

    def _put_back(self, known: Iterable[Open]) -> None:
        numbers = {b.rule.code: b.no for b in self._bounds}
        back = []
        for o in known:
            no, subject = numbers.get(o.rule), self._world.number(o.subject)
            if no is not None and subject is not None and self._looks_at(self._bounds[no], subject):
                back.append((no, subject, o))
            elif o.phase != "rest" and o.rule not in self.poisoned:
                self.ended.append(Ended(o.rule, o.subject, "rule" if no is None else "subject"))
        self._machine.restore(back)

    @staticmethod
    def _looks_at(bound: Bound, subject: int) -> bool:
        sensor = subject >> 16
        return subject < 0 or not bound.masks or any(sensor < len(m) and m[sensor] for m in bound.masks.values())

    # -- rules that come, go and fail --------------------------------------------------------------------------------

    def _of(self, condition: type[Any]) -> list[Bound]:
        return [b for b in self._bounds if type(b.rule.condition) is condition]

    def _poison_all(self, bounds: Iterable[Bound], error: Exception) -> None:
        for b in bounds:
            self._sources.pop(type(b.rule.condition), None)
            self._poison(b.no, error)

    def _poison(self, no: int, error: Exception) -> None:
        self._set_aside(no, reason(error))

    def _set_aside(self, no: int, why: str) -> None:
        if no not in self._aside:
            self._aside.add(no)
            self._machine.drop(no)
            self.poisoned.setdefault(self._bounds[no].rule.code, why)

    def _in_force(self, now_us: int) -> list[bool]:
        return [in_force(r, _day(now_us)) for r in self._rules]

    def _in_force_then(self) -> list[bool]:
        return [in_force(r, self._day) for r in self._rules]


def _day(now_us: int) -> date:
    """The city day of a moment."""
    return date(1970, 1, 1) + timedelta(days=(now_us + sun.LOCAL_US) // sun.DAY_US)
