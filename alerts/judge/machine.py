"""From values over time to events: one small state machine per pair of a rule and a subject.

**Interface** (for the sources of `judge.py`: absence, aggregates, indices, children, composites):

    machine.feed(Samples(rule_no, subject_no, at_us, value))   values of one rule; of a subject in the order of time
    machine.breaching(rule_no) -> int64[n]                     subjects that have fired and still breach
    machine.begun(rule_no) -> int64[n]                         subjects that breach, whether or not they have fired
    machine.ended(rule_no, since_us) -> int64[n]               subjects that had fired, and have ended since then;
                                                               for as long as machine.keep_ends(rule_no, us) asks

``rule_no`` is a place in ``machine.terms``. ``subject_no`` is `World`'s number of a subject: sensor << 16 | channel,
or a negative number for a zone, an area or a parent (`world.number(key)`, `world.subject(number)`). A value of NaN
says nothing, and a subject of which nothing is said for long is lost. A subject at rest costs nothing: hand in
whatever there is, at every tick.

The machine remembers only subjects that are not at rest. A value *breaches* from the raise level to the clear level,
as a switch with hysteresis does:

    rest ──breach──▶ pending ──held for `for`, and beyond the raise level──▶ open ──clear──▶ clearing ──held──▶ rest
                       └─clear, or silent too long─▶ rest                      ◀────breach──────┘

Silence never ends what is open: it is marked lost until the subject speaks again. A subject that is raised again and
again is marked flapping, is news to nobody for a while, and is judged anew once it has been steady.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alerts.judge.events import Event, Subject, What
from alerts.judge.state import Open, Phase
from alerts.judge.terms import Terms

Ints = NDArray[np.int64]
PENDING, OPEN, CLEARING = range(3)
PHASES: tuple[Phase, ...] = ("pending", "open", "clearing")
_NEVER = 1 << 62


@dataclass(slots=True)
class Samples:
    """n values of one rule: int64, int64, float64. ``outside`` bool[n]: there it is clear, whatever the value."""

    rule_no: int
    subject_no: Ints
    at_us: Ints
    value: NDArray[np.float64]
    outside: NDArray[np.bool_] | None = None


@dataclass(slots=True)
class State:
    """A pair that is not at rest. ``judged``: time of its newest value; ``peak`` the worst since ``since``;
    ``clearing``: since when it is clear (pending: when its last breach ended, 0 where there was none); ``saved``: it as
    it was saved last, None when it has changed since."""

    phase: int
    since: int
    judged: int
    side: int
    peak: float | None
    clearing: int = 0
    lost: bool = False
    flapping: bool = False
    raised: list[int] = field(default_factory=list)
    saved: Open | None = None


class Machine:
    """The state of all pairs. ``subject`` gives a number's subject, ``silence_us`` how long a sensor's may be silent.

    ``events`` is what has happened since it was last emptied, per pair in the order of time. ``aside`` are numbers of
    rules that are judged no more.
    """

    def __init__(
        self,
        terms: Sequence[Terms],
        subject: Callable[[int], Subject],
        silence_us: Callable[[int], int],
        aside: Set[int] = frozenset(),
    ) -> None:
        self.terms = tuple(terms)
        self.aside = aside
        self.states: list[dict[int, State]] = [{} for _ in terms]
        self.events: list[Event] = []
        self._subject = subject
        self._sensor_silence_us = silence_us
        # Subjects at rest that were raised lately: a swing goes through rest, too.
        self._raised: list[dict[int, Open]] = [{} for _ in terms]
        self._ends_us = [0] * len(terms)
        # No subject of a rule is silent for too long before then, and no raise forgotten.
        self._due = [_NEVER] * len(terms)

    def feed(self, samples: Samples) -> None:
        """Judge values of one rule; those that change nothing are sorted out for all of them at once."""
        t, states, value = self.terms[samples.rule_no], self.states[samples.rule_no], samples.value
        hot = (value > t.above) | (value < t.below)
        if samples.outside is not None:
            hot &= ~samples.outside
        if states:
            hot |= np.isin(samples.subject_no, np.fromiter(states, np.int64, len(states)))
        hot &= ~np.isnan(value)
        if not hot.any():
            return
        outside = None if samples.outside is None else samples.outside[hot]
        self.walk(Samples(samples.rule_no, samples.subject_no[hot], samples.at_us[hot], value[hot], outside))

    def breaching(self, rule_no: int) -> Ints:
        """Subjects for which the rule has fired and whose values still breach."""
        return np.array([s for s, st in self.states[rule_no].items() if st.phase == OPEN], np.int64)

    def begun(self, rule_no: int) -> Ints:
        """Subjects whose values breach, whether or not the rule has fired for them yet."""
        return np.array([s for s, st in self.states[rule_no].items() if st.phase != CLEARING], np.int64)

    def ended(self, rule_no: int, since_us: int) -> Ints:
        """Subjects that breach no more, though the rule had fired for them, since then or later."""
        found = [s for s, st in self.states[rule_no].items() if st.phase != OPEN and 0 < st.clearing >= since_us]
        found += [s for s, o in self._raised[rule_no].items() if 0 < o.clearing_us >= since_us]
        return np.array(found, np.int64)

    def swings(self, rule_no: int) -> bool:
        """Whether any subject at rest was raised lately."""
        return bool(self._raised[rule_no])

    def keep_ends(self, rule_no: int, us: int) -> None:
        """Remember for so long when breaches of the rule have ended."""
        self._ends_us[rule_no] = max(self._ends_us[rule_no], us)

    def walk(self, samples: Samples) -> None:
        """Judge values of one rule one by one. Events are kept only when none of them is beyond judgement.

        Here a value of NaN says that the subject is there, though not how it is.
        """
        no = samples.rule_no
        if no in self.aside:
            return
        before = len(self.events)
        t = self.terms[no]
        above, below, states = t.above, t.below, self.states[no]
        outside = [False] * len(samples.at_us) if samples.outside is None else samples.outside.tolist()
        try:
            for subject, at, value, out in zip(
                samples.subject_no.tolist(), samples.at_us.tolist(), samples.value.tolist(), outside, strict=True
            ):
                side = 0 if out else 1 if value > above else -1 if value < below else 0
                st = states.get(subject)
                if st is not None:
                    if at > st.judged:
                        self._step(no, t, subject, st, at, value, side, out)
                elif side:
                    self._begin(no, t, subject, at, value, side)
        except Exception:
            del self.events[before:]
            raise

    def silence_us(self, no: int, subject: int) -> int:
        """How long a subject may say nothing before it is lost."""
        own = self.terms[no].silence_us
        return self._sensor_silence_us(subject) if own is None else own

    # -- one value ---------------------------------------------------------------------------------------------------

    def _begin(self, no: int, t: Terms, subject: int, at: int, value: float, side: int) -> None:
        lately = self._raised[no].pop(subject, None)
        st = State(PENDING, at, at, side, value)
        if lately is not None:
            st.clearing, st.raised = lately.clearing_us, list(lately.raised_us)
        self.states[no][subject] = st
        self._due[no] = min(self._due[no], at + self.silence_us(no, subject))
        if t.for_us:
            self._say(t, subject, st, "pending", at, value)
        else:
            self._fire(t, subject, st, at, value)

    def _step(
        self, no: int, t: Terms, subject: int, st: State, at: int, value: float, side: int, out: bool
    ) -> None:  # fmt: skip
        st.saved = None
        gap, silence = at - st.judged, self.silence_us(no, subject)
        if st.phase == PENDING and gap > max(silence, t.for_us):
            self._cancel(no, t, subject, st, st.judged + max(silence, t.for_us))
            if side:
                self._begin(no, t, subject, at, value, side)
            return
        if gap > silence and st.phase != PENDING:
            self._lose(t, subject, st, st.judged + silence)
        if st.lost:
            st.lost = False
            self._due[no] = min(self._due[no], at + silence)
            self._say(t, subject, st, "found", at, None if value != value else value)
        st.judged = at
        if value != value:
            return
        clear = not side and (out or (value <= t.clear_above if st.side > 0 else value >= t.clear_below))
        if st.phase == PENDING:
            self._pending(no, t, subject, st, at, value, side, clear)
        elif st.phase == OPEN:
            self._open(no, t, subject, st, at, value, side, clear)
        elif side:
            self._again(t, subject, st, at, value, side)
        elif gap > max(silence, self._hold_us(t, st)):
            self._clearing(no, t, subject, st, at, value)
        elif at >= st.clearing + self._hold_us(t, st):
            self._clear(no, t, subject, st, at, value)

    def _pending(
        self, no: int, t: Terms, subject: int, st: State, at: int, value: float, side: int, clear: bool
    ) -> None:  # fmt: skip
        if clear or side == -st.side:
            self._cancel(no, t, subject, st, at, value)
            if side:
                self._begin(no, t, subject, at, value, side)
        elif side:
            self._worst(st, value)
            if at >= st.since + t.for_us:
                self._fire(t, subject, st, at, value)

    def _open(
        self, no: int, t: Terms, subject: int, st: State, at: int, value: float, side: int, clear: bool
    ) -> None:  # fmt: skip
        if clear:
            self._clearing(no, t, subject, st, at, value)
            return
        if side == -st.side:
            st.side, st.peak = side, None
        if side and self._worst(st, value) and t.worst:
            self._say(t, subject, st, "worse", at, value)
        if st.flapping and at >= st.raised[-1] + t.steady_us:
            st.flapping = False
            self._say(t, subject, st, "steady", at, value)

    def _fire(self, t: Terms, subject: int, st: State, at: int, value: float) -> None:
        st.phase, st.clearing = OPEN, 0
        self._raise(t, st, at)
        self._say(t, subject, st, "fired", at, value)
        self._swing(t, subject, st, at, value)

    def _again(self, t: Terms, subject: int, st: State, at: int, value: float, side: int) -> None:
        """What was clearing breaches again."""
        st.phase, st.clearing = OPEN, 0
        if side != st.side:
            st.side, st.peak = side, None
        self._worst(st, value)
        self._raise(t, st, at)
        self._say(t, subject, st, "back" if st.flapping else "breach", at, value)
        self._swing(t, subject, st, at, value)

    def _clearing(self, no: int, t: Terms, subject: int, st: State, at: int, value: float) -> None:
        st.phase, st.clearing = CLEARING, at
        if self._hold_us(t, st) == 0:
            self._clear(no, t, subject, st, at, value)
        else:
            self._say(t, subject, st, "eased" if st.flapping else "clearing", at, value)

    def _clear(self, no: int, t: Terms, subject: int, st: State, at: int, value: float) -> None:
        if st.flapping:
            st.flapping = False
            self._say(t, subject, st, "steady", at, value)
        self._say(t, subject, st, "cleared", at, value)
        self._rest(no, subject, st)

    def _cancel(self, no: int, t: Terms, subject: int, st: State, at: int, value: float | None = None) -> None:
        self._say(t, subject, st, "cancelled", at, value)
        self._rest(no, subject, st)

    def _rest(self, no: int, subject: int, st: State) -> None:
        del self.states[no][subject]
        if st.raised:
            t, last = self.terms[no], st.raised[-1]
            self._raised[no][subject] = Open(
                t.code, self._subject(subject).key, "rest", last, st.clearing, raised_us=tuple(st.raised)
            )  # fmt: skip
            self._due[no] = min(self._due[no], last + t.within_us)

    def _lose(self, t: Terms, subject: int, st: State, at: int) -> None:
        if not st.lost:
            st.lost, st.saved = True, None
            self._say(t, subject, st, "lost", at, None)

    # -- swings and peaks --------------------------------------------------------------------------------------------

    @staticmethod
    def _hold_us(t: Terms, st: State) -> int:
        return max(t.clear_for_us, t.steady_us) if st.flapping else t.clear_for_us

    @staticmethod
    def _raise(t: Terms, st: State, at: int) -> None:
        st.raised = [*(r for r in st.raised if r > at - t.within_us), at]

    def _swing(self, t: Terms, subject: int, st: State, at: int, value: float) -> None:
        if not st.flapping and 2 <= t.raises <= len(st.raised):
            st.flapping = True
            self._say(t, subject, st, "flapping", at, value)

    @staticmethod
    def _worst(st: State, value: float) -> bool:
        """Note the worst value; whether this is one."""
        if st.peak is None or (value > st.peak if st.side > 0 else value < st.peak):
            st.peak = value
            return True
        return False

    def _say(self, t: Terms, subject: int, st: State, what: What, at: int, value: float | None) -> None:
        level = t.shown_above if st.side > 0 else t.shown_below
        self.events.append(
            Event(
                t.code, t.version, self._subject(subject), what, at, st.since, value, level, t.unit, 0, st.peak,
                len(st.raised),
            )
        )  # fmt: skip

    # -- the clock ---------------------------------------------------------------------------------------------------

    def tick(self, now_us: int) -> None:
        """Mark who has been silent for too long. What it says does not depend on when it is called.

        Call it once all values up to ``now_us`` less the rule's lateness have been judged.
        """
        for no, t in enumerate(self.terms):
            to_us = now_us - t.late_us
            if to_us < self._due[no]:
                continue
            due = _NEVER
            for subject, st in list(self.states[no].items()):
                silence = self.silence_us(no, subject)
                limit = st.judged + (max(silence, t.for_us) if st.phase == PENDING else silence)
                if limit > to_us:
                    due = min(due, limit)
                elif st.phase == PENDING:
                    self._cancel(no, t, subject, st, limit)
                else:
                    self._lose(t, subject, st, limit)
            for subject, lately in list(self._raised[no].items()):
                limit = max(lately.since_us + t.within_us, lately.clearing_us + self._ends_us[no])
                if limit > to_us:
                    due = min(due, limit)
                else:
                    del self._raised[no][subject]
            self._due[no] = due

    # -- over a restart ----------------------------------------------------------------------------------------------

    def saved(self) -> list[Open]:
        """What must be known to go on: subjects that are not at rest, and those at rest that were raised lately."""
        out = []
        for t, states, lately in zip(self.terms, self.states, self._raised, strict=True):
            for number, st in states.items():
                if st.saved is None:
                    st.saved = Open(
                        t.code, self._subject(number).key, PHASES[st.phase], st.since, st.clearing, st.judged, st.side,
                        st.peak, st.lost, st.flapping, tuple(st.raised),
                    )  # fmt: skip
                out.append(st.saved)
            out.extend(lately.values())
        return out

    def restore(self, known: Iterable[tuple[int, int, Open]]) -> None:
        """Take up (rule_no, subject_no, what was saved)."""
        for no, subject, o in known:
            if o.phase == "rest":
                self._raised[no][subject] = o
                self._due[no] = min(self._due[no], o.since_us)
                continue
            judged = o.judged_us or max(o.since_us, o.clearing_us)
            raised = list(o.raised_us) or ([] if o.phase == "pending" else [o.since_us])
            self.states[no][subject] = State(
                PHASES.index(o.phase), o.since_us, judged, o.side, o.peak, o.clearing_us, o.lost, o.flapping, raised
            )  # fmt: skip
            self._due[no] = min(self._due[no], judged)

    def drop(self, no: int) -> None:
        """Forget a rule's states."""
        self.states[no] = {}
        self._raised[no] = {}
