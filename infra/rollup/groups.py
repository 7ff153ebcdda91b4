"""Figures of zones and areas: folded from their sensors' hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from city.bucket_groups import Figures, Tally
from city.bucket_rows import HOUR_US, MINUTE_US, Bools, Floats, Ints, Values
from city.buckets import MINUTES, Block, Cells
from city.percentiles import percentiles
from city.registry import Domain, Metric
from infra.rollup.members import Members


class Fold:
    """Hours of a domain, being folded from blocks of its sensors' hours. ``hours``: their beginnings, ascending."""

    def __init__(self, domain: Domain, members: Members, hours: Sequence[int]) -> None:
        self.domain = domain
        self.members = members
        self.hours_us: Ints = np.array(hours, np.int64)
        size = len(hours) * len(members.cells)
        self.minutes = {m.name: Tally(m, size, MINUTES) for m in domain.metrics}
        self.hours = {m.name: Tally(m, size, 1) for m in domain.metrics}
        self.reported = np.zeros((len(hours), len(members.cell), len(domain.metrics)), bool)
        self.readings: dict[str, list[tuple[Cells, Values]]] = {m.name: [] for m in domain.metrics if m.percentiles}

    def places(self, sensor: Values, time_us: Ints) -> Ints:
        """The cell and hour of rows of these hours: hour * cells + cell, -1 for sensors that do not count."""
        cell = self.members.of(sensor.astype(np.int64))
        hour = np.searchsorted(self.hours_us, time_us // HOUR_US * HOUR_US)
        return np.where(cell >= 0, hour * len(self.members.cells) + cell, -1)

    def spots(self, sensor: Values, time_us: Ints) -> Ints:
        """The place and minute of readings of these hours: place * 60 + minute, below 0 for those that do not count."""
        return self.places(sensor, time_us) * MINUTES + time_us % HOUR_US // MINUTE_US

    def take(self, metric: str, spot: Ints, value: Values) -> None:
        """Take in readings of a metric with percentiles, which do not add up."""
        there = spot >= 0
        self.readings[metric].append((spot[there].astype(np.int32), value[there]))

    def taken(self, metric: str) -> tuple[Cells, Values]:
        """The spots and values of all readings that were taken in."""
        spots, values = zip(*self.readings[metric], strict=True) if self.readings[metric] else ((), ())
        none = np.empty(0, np.float32)
        return np.concatenate((none.astype(np.int32), *spots)), np.concatenate((*values,)) if values else none

    def add(self, block: Block) -> None:
        """Take in a block of these hours: its minutes, its hours or both. All of a sensor comes in one block."""
        place = self.places(block.sensor, block.time_us)
        hour = np.searchsorted(self.hours_us, block.time_us)
        known = block.sensor < self.reported.shape[1]
        for i, m in enumerate(self.domain.metrics):
            if m.name in block.minutes:
                self.minutes[m.name].minutes(block.minutes[m.name], place, block.sensor)
            if m.name in block.hours:
                self.hours[m.name].hours(block.hours[m.name], place, block.sensor)
                there = known & (block.hours[m.name].n > 0)
                self.reported[hour[there], block.sensor[there], i] = True
            if m.name in block.readings:
                cell, value = block.readings[m.name]
                row = cell // MINUTES
                self.take(m.name, place[row] * MINUTES + (cell - row * MINUTES), value)


@dataclass(slots=True)
class Groups:
    """The groups that the cells make up at some times: each zone, and each area of all its cells (zone "")."""

    keys: list[tuple[int, str, str]]  # time in microseconds, area, zone
    zones: Ints  # the places (time * cells + cell) that are zones
    zone: Ints  # by place: its zone's group, -1 where it is none
    area: Ints  # by place: its area's group

    @classmethod
    def of(cls, members: Members, times: Sequence[int]) -> Groups:
        zones = [i for i, (_, zone) in enumerate(members.cells) if zone]
        areas = list(dict.fromkeys(area for area, _ in members.cells))
        names = [members.cells[i] for i in zones] + [(area, "") for area in areas]
        zone = np.full((len(times), len(members.cells)), -1, np.int64)
        area = np.zeros(zone.shape, np.int64)
        first = np.arange(len(times))[:, None] * len(names)
        zone[:, zones] = first + np.arange(len(zones))
        area[:] = first + [len(zones) + areas.index(a) for a, _ in members.cells]
        keys = [(time, *name) for time in times for name in names]
        return cls(keys, np.flatnonzero(zone.ravel() >= 0), zone.ravel(), area.ravel())

    def figures(self, tally: Tally) -> Figures:
        """The figures of all groups from a tally of the places."""
        found = tally.figures()
        whole = Tally(tally.metric, len(self.keys), tally.n.shape[1])
        whole.fold(found, self.area)
        whole.fold(found.take(self.zones), self.zone[self.zones])
        return whole.figures()

    def sums(self, by_place: Values) -> Values:
        """(places,) added up by group."""
        out = np.zeros(len(self.keys), by_place.dtype)
        out[self.zone[self.zones]] = by_place[self.zones]
        np.add.at(out, self.area, by_place)
        return out

    def percentiles(self, metric: Metric, spot: Values, value: Values, width: int = 1) -> Floats:
        """Percentiles of the readings of each group in ``width`` buckets of its time: (groups * width, p).

        ``spot`` (n,): place * width + bucket.
        """
        size = len(self.keys) * width
        out = np.full((size, len(metric.percentiles)), np.nan)
        # First the areas, then the zones: a reading counts in both, and need not be held twice.
        for of_place in (self.area, self.zone):
            at = np.where(of_place >= 0, of_place * width, -width)[:, None] + np.arange(width)
            group = at.astype(np.int32).ravel()[spot]
            mine = group >= 0
            whole = bool(mine.all())
            group, some = (group, value) if whole else (group[mine], value[mine])
            found = percentiles(group, some, size, metric.percentiles)
            out = np.where(np.isnan(found), out, found)
        return out


@dataclass(slots=True)
class Span:
    """One metric of all groups over an hour or a day."""

    figures: Figures
    percentiles: Floats
    expected: Ints
    due_n: Floats
    left_out: Ints


def expectations(
    groups: Groups, members: Members, wanted: Sequence[Bools], seconds: float
) -> list[tuple[Ints, Floats, Ints]]:
    """Per metric and group: sensors expected, readings due of them in so many seconds, and sensors kept out.

    ``wanted``: (s, m) of each time, which sensor is expected to report which metric.
    """
    cells = len(members.cells)

    def by_group(cell: Ints, weights: Floats | None) -> Values:
        return np.bincount(cell, weights, minlength=cells)

    out = []
    for i in range(wanted[0].shape[1]):
        shares: list[tuple[Values, Values, Values]] = []
        for every in wanted:
            mine = np.flatnonzero(every[:, i] & (members.cell >= 0))
            kept = members.kept_out[every[:, i] & (members.kept_out >= 0)]
            cell = members.cell[mine]
            shares.append(
                (by_group(cell, None), by_group(cell, seconds / members.interval_s[mine]), by_group(kept, None))
            )
        count, every_due, left_out = (groups.sums(np.concatenate(columns)) for columns in zip(*shares, strict=True))
        out.append((count, every_due, left_out))
    return out
