"""The live state of the city: windows, newest readings and liveness, folded from committed readings."""

from __future__ import annotations

import numpy as np

from city.columns import Columns
from city.windows import Windows
from infra.roster import Roster
from ioc_api.live.aggregates import Aggregates
from ioc_api.live.indices import Indices
from ioc_api.live.latest import LatestTopic
from ioc_api.live.liveness import LivenessTopic
from ioc_api.live.system import SystemTopic
from ioc_api.live.topic import Topic

#: Rows of sensors or channels that the roster does not know yet, kept until it does.
_STRANGERS = 200_000


class Live:
    """All topics and what feeds them. Used by the event loop's thread only."""

    def __init__(self, roster: Roster, now_us: int) -> None:
        self.roster = roster
        self._channels = np.array(list(roster.channels))
        self.aggregates = Aggregates(roster.domains, roster.groups)
        self.latest = LatestTopic(roster)
        self.sensors = LivenessTopic(roster)
        self.system = SystemTopic()
        self.indices = Indices()
        self._places = {d.code: i for i, d in enumerate(roster.domains)}
        self._windows = self.fresh_windows(now_us)
        self._strangers: list[Columns] = []
        self._strange_rows = 0
        self._dirty = True
        self._told_s = 0

    @property
    def topics(self) -> list[Topic]:
        return [self.aggregates, self.latest, self.sensors, self.system, self.indices]

    @property
    def strangers(self) -> bool:
        """Whether readings wait for a newer roster."""
        return bool(self._strangers)

    def use(self, roster: Roster) -> None:
        """Take a newer roster, and what has waited for it."""
        self.roster = roster
        self._channels = np.array(list(roster.channels))
        self._place(self._windows)
        self.latest.use(roster)
        self.sensors.use(roster)
        waiting, self._strangers, self._strange_rows = self._strangers, [], 0
        now_us = self._windows[0].edge * 1_000_000 if self._windows else 0
        for rows in waiting:
            # Who is still unknown has been deleted since.
            self.fold(rows.take(self._known(rows)), now_us)
        self._dirty = True

    def _known(self, rows: Columns) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        known = rows.sensor < self.roster.size
        known[known] = self.roster.known[rows.sensor[known]]
        return known & np.isin(rows.channel, self._channels)

    def fresh_windows(self, now_us: int) -> list[Windows]:
        """Empty windows of all domains, for the sensors of today."""
        windows = [Windows(d, len(self.roster.groups), now_us=now_us) for d in self.roster.domains]
        self._place(windows)
        return windows

    def _place(self, windows: list[Windows]) -> None:
        for number, (domain, w) in enumerate(zip(self.roster.domains, windows, strict=True)):
            active = self.roster.active & (self.roster.domain == number)
            w.place(self.roster.zone, self.roster.area, active, self.roster.declared(domain))

    def fold(self, rows: Columns, now_us: int, windows: list[Windows] | None = None) -> None:
        """Take in committed readings; into other windows than those on show, where they are given."""
        number = self._places.get(rows.domain)
        if number is None or not len(rows):
            return
        known = self._known(rows)
        if not known.all():
            strange = rows.take(~known)
            if self._strange_rows + len(strange) <= _STRANGERS:
                self._strangers.append(strange)
                self._strange_rows += len(strange)
            rows = rows.take(known)
            if not len(rows):
                return
        (windows or self._windows)[number].fold(rows)
        self.latest.fold(rows)
        self.sensors.fold(rows, now_us)
        self._dirty = True

    def recall(self, rows: Columns, now_us: int) -> None:
        """Take in readings of long ago: the last that is known of sensors that have been silent since."""
        rows = rows.take(self._known(rows))
        if len(rows):
            self.latest.fold(rows)
            self.sensors.fold(rows, now_us)
            number = self._places[rows.domain]
            column = np.array([self._windows[number].metrics.index(m) for m in rows.metrics])
            row, metric = np.nonzero(~np.isnan(rows.values))
            self._windows[number].recall(rows.sensor[row].astype(np.int64), column[metric])
            self._dirty = True

    def show(self, windows: list[Windows]) -> None:
        """Put other windows on show, once they are as full as they can be."""
        for number, w in enumerate(windows):
            w.recall(*self.latest.reported(number))
        self._windows = windows
        self._dirty = True

    def tick(self, now_us: int) -> None:
        """Move the windows to now. Figures are looked at when readings came or a new second began."""
        second = -(-now_us // 1_000_000)
        if not self._dirty and second == self._told_s:
            return
        self._dirty, self._told_s = False, second
        for w in self._windows:
            w.advance(now_us)
        self.aggregates.update([w.figures() for w in self._windows])
