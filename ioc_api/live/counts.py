"""The topic `counts`: how many sensors there are of each zone, area and domain, and how they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from city.sensors import LIVENESS
from infra.roster import Roster
from ioc_api.live.latest import sensors_taken
from ioc_api.live.scenes import Scene, Scenes
from ioc_api.live.sight import Sight
from ioc_api.live.topic import Filter


class Count(msgspec.Struct, frozen=True, gc=False):
    """Sensors of a domain in a zone, or (``zone`` None) in an area. Those under maintenance are counted as such and not
    by their liveness, so that the five add up to ``sensors``."""

    key: str
    area: str
    zone: str | None
    domain: str
    sensors: int
    online: int
    late: int
    offline: int
    never_seen: int
    maintenance: int


class CountScene(Scene):
    """Of a filter, and of nobody whom it does not take: an area's row counts what of it is in somebody's part."""

    def __init__(self, number: int, wanted: Filter, seq: int) -> None:
        super().__init__(number, wanted, seq)
        self._rows: list[tuple[str, str | None, str]] = []
        self._of: list[NDArray[np.int64]] = []

    def lay(self, roster: Roster) -> list[str]:
        taken = sensors_taken(roster, self.wanted)
        self._rows, self._of, keys = [], [], []
        for column in (roster.zone, roster.area) if self.wanted.takes("zone") is None else (roster.zone,):
            who = np.flatnonzero(taken & (column >= 0) & (roster.domain >= 0))
            pairs = column[who] * len(roster.domains) + roster.domain[who]
            order = np.argsort(pairs, kind="stable")
            pairs, who = pairs[order], who[order]
            found, first = np.unique(pairs, return_index=True)
            for pair, mine in zip(found.tolist(), np.split(who, first[1:]), strict=False):
                group, domain = roster.groups[pair // len(roster.domains)], roster.domains[pair % len(roster.domains)]
                self._rows.append((group.area, group.zone, domain.code))
                self._of.append(mine)
                keys.append(f"{group.code}/{domain.code}")
        return keys

    def work(self, sight: Sight) -> tuple[NDArray[Any], ...]:
        states = len(LIVENESS) + 1
        if not self._of:
            return (np.empty((0, states), np.int64),)
        who = np.concatenate(self._of)
        row = np.repeat(np.arange(len(self._of)), [len(w) for w in self._of])
        state = np.where(sight.roster.maintenance[who], len(LIVENESS), sight.liveness()[who])
        return (np.bincount(row * states + state, minlength=len(self._of) * states).reshape(-1, states),)

    def texts(self, places: Sequence[int]) -> list[bytes]:
        tally = self.columns[0].tolist()
        return [
            msgspec.json.encode(Count(self.keys[p], *self._rows[p], sum(tally[p]), *tally[p])) for p in places
        ]  # fmt: skip


class Counts(Scenes):
    """Sensors by zone and domain."""

    fields = ("area", "zone", "domain")

    def __init__(self, sight: Sight) -> None:
        super().__init__("counts", sight)

    def scene(self, number: int, wanted: Filter) -> CountScene:
        return CountScene(number, wanted, self.seq)
