"""Topics whose items are worked out for each filter alone: groups of sensors, which are other groups for whoever sees
another part of the city.

A scene is what one filter shows. It lives as long as somebody asks for it, is brought up to date when somebody asks
after the topic has moved, and remembers in which seq each of its items has changed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Hashable, Sequence
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from infra.roster import Roster
from ioc_api.live.sight import Sight
from ioc_api.live.topic import Filter, Ints, Topic, tail

#: An item's number is its scene's above these bits, and its place there in them.
_BITS = 24
#: Scenes that are kept a little longer than somebody asks for them: who goes back, or comes back, finds them.
_KEPT = 16
#: Keys of items that are gone, which are kept for those who have not heard of it.
_GONE = 5_000


class Scene(ABC):
    """What one filter shows: ``keys`` and columns, one row an item."""

    def __init__(self, number: int, wanted: Filter, seq: int) -> None:
        self.number = number
        self.wanted = wanted
        self.floor = seq  # what changed is known from here on
        self.keys: list[str] = []
        self.columns: tuple[NDArray[Any], ...] = ()
        self.changed = np.empty(0, np.int64)
        self.gone: dict[str, int] = {}
        self._seq = -1
        self._roster: Roster | None = None

    @abstractmethod
    def lay(self, roster: Roster) -> list[str]:
        """Find the items that there are with these sensors; returns their keys."""

    @abstractmethod
    def work(self, sight: Sight) -> tuple[NDArray[Any], ...]:
        """The columns as they are now, each with a row an item."""

    @abstractmethod
    def texts(self, places: Sequence[int]) -> list[bytes]:
        """Items as JSON."""

    def look(self, sight: Sight, seq: int) -> None:
        """Bring it up to date; what differs from before has changed in ``seq``."""
        if seq == self._seq:
            return
        first, self._seq = self._seq < 0, seq
        if sight.roster is not self._roster:
            self._roster = sight.roster
            self._laid(self.lay(sight.roster), seq)
            self.columns = ()
        now = self.work(sight)
        if self.columns:
            differs = np.zeros(len(self.keys), bool)
            for new, old in zip(now, self.columns, strict=True):
                unlike = (new != old) & ~((new != new) & (old != old))
                differs |= unlike if unlike.ndim == 1 else unlike.any(axis=1)
            self.changed[differs] = seq
        else:
            self.changed = np.full(len(self.keys), self.floor if first else seq, np.int64)
        self.columns = now

    def _laid(self, keys: list[str], seq: int) -> None:
        there = set(keys)
        self.gone.update({k: seq for k in self.keys if k not in there})
        for key in self.gone.keys() & there:
            del self.gone[key]
        if len(self.gone) > _GONE:
            self.gone = {key: at for key, at in self.gone.items() if at == seq}
            self.floor = seq - 1
        self.keys = keys


class Scenes(Topic):
    """A topic of scenes, over the sensors that a sight shows."""

    hz = 1.0

    def __init__(self, name: str, sight: Sight) -> None:
        super().__init__(name)
        self._sight = sight
        self._mark: Hashable = None
        self._scenes: WeakValueDictionary[Filter, Scene] = WeakValueDictionary()
        self._numbered: WeakValueDictionary[int, Scene] = WeakValueDictionary()
        self._kept: deque[Scene] = deque(maxlen=_KEPT)
        self._count = 0

    @abstractmethod
    def scene(self, number: int, wanted: Filter) -> Scene:
        """A new scene of a filter."""

    def tick(self) -> None:
        """Look whether anything has changed: once a second."""
        if (mark := self._sight.mark()) != self._mark:
            self._mark = mark
            self.seq += 1
            self.on_change(self)

    def hold(self, wanted: Filter) -> Scene:
        found = self._scenes.get(wanted)
        if found is None:
            self._count += 1
            found = self._scenes[wanted] = self._numbered[self._count] = self.scene(self._count, wanted)
        if found not in self._kept:
            self._kept.append(found)
        return found

    def floor_of(self, wanted: Filter) -> int:
        scene = self.hold(wanted)
        # Of one that was never looked at nobody knows what has changed.
        return max(self.floor, scene.floor if scene.columns else self.seq + 1)

    def _now(self, wanted: Filter) -> Scene:
        scene = self.hold(wanted)
        scene.look(self._sight, self.seq)
        return scene

    def everything(self, wanted: Filter) -> Ints:
        scene = self._now(wanted)
        return (scene.number << _BITS) + np.arange(len(scene.keys), dtype=np.int64)

    def delta(self, wanted: Filter, since: int) -> tuple[int, str | None]:
        scene = self._now(wanted)
        texts = scene.texts(np.flatnonzero(scene.changed > since).tolist())
        removed = [key for key, seq in scene.gone.items() if seq > since]
        return self.seq, tail(texts, removed, self.clock()) if texts or removed else None

    def render(self, items: Ints) -> tuple[list[bytes], list[str]]:
        out: list[bytes] = []
        for number in np.unique(items >> _BITS).tolist():
            scene = self._numbered.get(number)
            if scene is not None:
                places = items[items >> _BITS == number] & ((1 << _BITS) - 1)
                out += scene.texts(places[places < len(scene.keys)].tolist())
        return out, []
