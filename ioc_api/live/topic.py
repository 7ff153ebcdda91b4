"""A topic: items that change, each with the number of its last change, so that any client can be told exactly
what it has missed.

Every change takes the topic to a higher ``seq``. An item keeps the seq of its last change, also when it is removed;
what changed after n is therefore always known, without a queue per client. A client that is slow, or was away,
simply asks from an older n and gets each item once, as it is now.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from infra.access.scope import EVERYTHING, Scope
from infra.times import now_us, rfc3339
from ioc_api.live.viewport import Look, Viewport

Ints = NDArray[np.int64]

#: Items that may share one seq, so that a frame never holds more: below the 1 MiB that clients commonly accept, and
#: above what changes in a city at once, so that one change is one frame.
STEP = 3000

FIELDS = (
    "area", "zone", "domain", "metric", "window", "sensor", "index", "rule", "kind", "severity", "department", "state",
    "of",
)  # fmt: skip


class Filter(tuple[tuple[str, Any], ...]):
    """What a subscription asks for: (field, accepted values) in the order of FIELDS; a field left out takes all. And
    what its client may see: those who ask for the same and may see the same share what is made for them."""

    __slots__ = ()

    @classmethod
    def of(cls, wanted: Mapping[str, Sequence[str]], scope: Scope = EVERYTHING) -> Filter:
        within = () if scope.all else (("scope", scope),)
        return cls((*((f, frozenset(wanted[f])) for f in FIELDS if f in wanted), *within))

    def and_more(self, **more: Any) -> Filter:
        """The same with what only some topics ask: a `view`, and the scope of the `alerts` that are in sight."""
        return Filter((*self, *more.items()))

    def without(self, *names: str) -> Filter:
        """The same but for these."""
        return Filter(pair for pair in self if pair[0] not in names)

    @property
    def scope(self) -> Scope:
        """What may be seen at all."""
        found: Scope = dict(self).get("scope", EVERYTHING)
        return found

    @property
    def alerts(self) -> Scope:
        """The part of the city of which alerts may be seen, where a topic tells of them beside other things."""
        found: Scope = dict(self).get("alerts", EVERYTHING)
        return found

    def takes(self, field: str) -> frozenset[str] | None:
        """The values accepted for a field; None: any."""
        return dict(self).get(field)


class Topic(ABC):
    """The common part: the count, and who wants to know of a change."""

    #: Frames a second to one subscription that does not say otherwise, and at most.
    hz = 20.0
    fields: tuple[str, ...] = FIELDS
    #: Nothing may be passed over: whoever cannot follow is closed, and resumes. Else each item comes as it then is.
    whole = False
    #: Alerts are told of beside other things, to those who may see them.
    shows_alerts = False
    #: Subscriptions of one connection.
    most = 32
    #: Why subscriptions start again.
    reset = "the registry has changed"

    def __init__(self, name: str) -> None:
        self.name = name
        self.seq = 0
        #: Names what the seqs count; "": the process. Where it changes, subscriptions start again with a snapshot.
        self.epoch = ""
        #: The epoch has changed since the process began, whose own epoch is then no word for it any more.
        self.renewed = False
        #: Set once there is something to show; None: when history has been read.
        self.ready: asyncio.Event | None = None
        #: What time it is here (microseconds): now, but where the past is shown.
        self.clock: Callable[[], int] = now_us
        #: What changed is known from here on; whoever asks from before gets everything anew.
        self.floor = 0
        self.on_change: Callable[[Topic], None] = lambda _: None

    def aim(self, look: Look | None) -> Viewport | None:
        """What part of the map is looked at, for topics that have one; ValueError where that is not so."""
        if look is not None:
            raise ValueError("view: chủ đề này không có view / this topic has none")
        return None

    def hold(self, wanted: Filter) -> object:
        """What is worked out for a filter alone; kept by whoever asks for it."""
        return None

    def floor_of(self, wanted: Filter) -> int:
        """From where on it is known what has changed of a filter."""
        return self.floor

    def step(self, count: int) -> Ints:
        """The seqs of ``count`` items that change now, ascending; the topic moves to the last one."""
        seqs = self.seq + 1 + np.arange(count, dtype=np.int64) // STEP
        if count:
            self.seq = int(seqs[-1])
        return seqs

    def forget(self) -> None:
        """Everything may be different now: subscriptions start again with a snapshot."""
        self.seq += 1
        self.floor = self.seq

    @abstractmethod
    def everything(self, wanted: Filter) -> Ints:
        """The items (numbers of the topic's own) that there are now."""

    @abstractmethod
    def delta(self, wanted: Filter, since: int) -> tuple[int, str | None]:
        """How far one frame gets from ``since`` towards now, and its tail (None: nothing changed here)."""

    @abstractmethod
    def render(self, items: Ints) -> tuple[list[bytes], list[str]]:
        """The items as JSON, and the keys of those that are no longer there."""

    def arrived(self, since: int) -> float | None:
        """When the first change after ``since`` came (s of the loop's clock); None: there is none, or it is unknown."""
        return None


def tail(texts: Sequence[bytes], removed: Sequence[str], at_us: int, more: str = "") -> str:
    """The end of a delta's frame, as of ``at_us``; ``more`` are further fields."""
    return (
        f',"at":"{rfc3339(at_us)}","items":[{b",".join(texts).decode()}],'
        f'"removed":{msgspec.json.encode(removed).decode()}{more}}}'
    )


class Newest(Topic):
    """A topic whose items are told as they are at the moment: what changed twice in between is told once."""

    def delta(self, wanted: Filter, since: int) -> tuple[int, str | None]:
        """A frame holds at most STEP items, and ends where a seq does: whoever has it can resume from there."""
        items, seqs = self.changed(wanted, since)
        if not len(items):
            return self.seq, None
        to = self.seq
        if len(items) > STEP:
            # The seq in which the frame would be full is left to the next one, unless it is the first.
            to = int(seqs[STEP]) - 1
            if to < seqs[0]:
                to = int(seqs[0])
            items = items[: int(seqs.searchsorted(to, "right"))]
        return to, tail(*self.render(items), self.clock())

    @abstractmethod
    def changed(self, wanted: Filter, since: int) -> tuple[Ints, Ints]:
        """The items, removed ones included, that changed after ``since``, and the seq of each; ascending by seq."""


class Log:
    """The latest changes of a topic with many items, so that a client that keeps up costs what has changed and not
    what there is."""

    def __init__(self, limit: int = 500_000) -> None:
        self._limit = limit
        self._parts: list[tuple[Ints, Ints]] = []
        self._size = 0
        self._floor = 0  # changes up to here are not in the log

    def add(self, items: Ints, seqs: Ints) -> None:
        self._parts.append((items, seqs))
        self._size += len(items)
        while self._size > self._limit and len(self._parts) > 1:
            old = self._parts.pop(0)
            self._size -= len(old[0])
            self._floor = int(old[1][-1])

    def since(self, seq: int) -> Ints | None:
        """Items that changed after ``seq``, some perhaps twice; None where the log does not reach back so far."""
        if seq < self._floor:
            return None
        found = []
        for items, seqs in reversed(self._parts):
            if seqs[-1] <= seq:
                break
            found.append(items)
        return np.concatenate(found) if found else np.empty(0, np.int64)
