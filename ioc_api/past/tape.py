"""Readings on their way from the database to the screen of a replay: read ahead, cut at a moment, folded into windows.

A tape is wound in a worker's thread; what it gives is made for the event loop to take in at once: the newest reading of
each sensor and metric of a step, however many there were, and the figures of the windows at its end.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from dataclasses import replace as changed

import numpy as np
from numpy.typing import NDArray

from city.columns import Columns, join
from city.windows import Figures, Windows
from infra.roster import Roster


@dataclass
class Step:
    """What has happened up to ``at_us``: rows by domain, and the figures of all domains (None: as they were)."""

    at_us: int
    rows: list[Columns] = field(default_factory=list)
    figures: list[Figures] | None = None
    #: Readings of long ago, of sensors that have been silent since.
    recalled: list[Columns] = field(default_factory=list)


class Tape:
    """The readings of a replay. ``until_us``: they are known up to there; ``waiting``: how many rows wait."""

    def __init__(self, roster: Roster, at_us: int) -> None:
        self.roster = roster
        self.at_us = self.until_us = at_us
        self.waiting = 0
        self._channels = np.array(list(roster.channels))
        self._place = {d.code: n for n, d in enumerate(roster.domains)}
        self._windows = [Windows(d, len(roster.groups), now_us=at_us) for d in roster.domains]
        self._ahead: list[list[Columns]] = [[] for _ in roster.domains]
        self._fresh = Step(at_us)
        self._moved = True
        self._lock = threading.Lock()
        for number, (domain, w) in enumerate(zip(roster.domains, self._windows, strict=True)):
            active = roster.active & (roster.domain == number)
            w.place(roster.zone, roster.area, active, roster.declared(domain))

    def _known(self, rows: Columns) -> Columns:
        """Without sensors and channels that are not in the registry any more, or not in it yet."""
        known = rows.sensor < self.roster.size
        known[known] = self.roster.known[rows.sensor[known]]
        known &= np.isin(rows.channel, self._channels)
        return rows if known.all() else rows.take(known)

    def warm(self, rows: Columns) -> None:
        """Take in readings from before the beginning, in any order."""
        rows = self._known(rows)
        if len(rows):
            number = self._place[rows.domain]
            self._windows[number].fold(rows)
            rows = newest(rows.take(np.argsort(rows.time_us, kind="stable")))
            self._note(number, rows)
            self._fresh.rows.append(rows)

    def recall(self, rows: Columns) -> None:
        """Take in the last readings of sensors that had been silent for long."""
        rows = self._known(rows)
        if len(rows):
            self._note(self._place[rows.domain], rows)
            self._fresh.recalled.append(rows)

    def unseen(self, sensors: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of these sensors of which no reading has come yet."""
        seen = np.zeros(self.roster.size, bool)
        for rows in (*self._fresh.rows, *self._fresh.recalled):
            seen[rows.sensor] = True
        return sensors[~seen[sensors]]

    def _note(self, number: int, rows: Columns) -> None:
        names = self._windows[number].metrics
        column = np.array([names.index(m) for m in rows.metrics])
        row, metric = np.nonzero(~np.isnan(rows.values))
        self._windows[number].recall(rows.sensor[row].astype(np.int64), column[metric])

    def add(self, parts: Iterable[Columns], until_us: int) -> None:
        """Put readings behind those that wait; all up to ``until_us`` are there then."""
        count = 0
        found: list[list[Columns]] = [[] for _ in self._windows]
        for part in parts:
            rows = self._known(part)
            if len(rows):
                found[self._place[rows.domain]].append(rows)
        for pieces in found:
            if pieces:
                rows = join(pieces)
                pieces[:] = [rows.take(np.argsort(rows.time_us, kind="stable"))]
                count += len(rows)
        with self._lock:
            for n, pieces in enumerate(found):
                self._ahead[n] += pieces
            self.waiting += count
            self.until_us = until_us

    def _cut(self, number: int, to_us: int) -> list[Columns]:
        """Take the rows that are not after ``to_us``."""
        out: list[Columns] = []
        with self._lock:
            ahead = self._ahead[number]
            while ahead:
                rows = ahead[0]
                n = int(np.searchsorted(rows.time_us, to_us, "right"))
                if n:
                    out.append(rows.take(slice(0, n)))
                    self.waiting -= n
                if n < len(rows):
                    # A copy, or the rows that have gone by would be held by those to come.
                    ahead[0] = rows.take(np.arange(n, len(rows))) if n > len(rows) // 2 else rows.take(slice(n, None))
                    break
                ahead.pop(0)
        return out

    def step(self, to_us: int) -> Step:
        """Go on to a moment up to which the readings are there."""
        out, self._fresh = self._fresh, Step(to_us)
        out.at_us = to_us
        came = self._moved
        self._moved = False
        second = -(-self.at_us // 1_000_000)
        for number, w in enumerate(self._windows):
            w.advance(to_us)
            if cut := self._cut(number, to_us):
                rows = join(cut)
                w.fold(rows)
                out.rows.append(newest(rows))
                came = True
        self.at_us = to_us
        if came or -(-to_us // 1_000_000) != second:
            out.figures = [w.figures() for w in self._windows]
        return out


def newest(rows: Columns) -> Columns:
    """Of rows in the order of time those in which a value is the newest of its sensor, channel and metric."""
    key = rows.sensor.astype(np.int64) << 16 | rows.channel.astype(np.int64)
    keys, place = np.unique(key, return_inverse=True)
    if len(keys) == len(rows):
        return rows
    last = np.full((len(keys), len(rows.metrics)), -1, np.int64)
    for m in range(len(rows.metrics)):
        there = np.flatnonzero(~np.isnan(rows.values[:, m]))
        last[place[there], m] = there  # of several of one key the last one stays
    kept = np.unique(last)
    return rows.take(kept[kept >= 0])


def by_the_minute(roster: Roster) -> Roster:
    """The sensors as they are when only minutes are known: nobody is late before the next minute is over."""
    return changed(roster, interval_s=np.maximum(roster.interval_s, 60.0), _declared={}, _held={})
