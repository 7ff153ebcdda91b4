"""The sensors as columns by their database number, for work on all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from city.places import Area, Zone, in_force
from city.registry import Domain, Registry
from city.sensors import Sensor
from infra.access.scope import Scope

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """What figures are kept for: a zone, or an area as a whole (``zone`` None)."""

    code: str
    area: str
    zone: str | None


def groups_of(areas: Iterable[Area], zones: Iterable[Zone], day: date) -> tuple[Group, ...]:
    """The zones and areas that exist on that city day, zones first."""
    wards = [Group(z.code, z.area, z.code) for z in zones if in_force(z, day)]
    return (*wards, *(Group(a.code, a.code, None) for a in areas if in_force(a, day)))


@dataclass(frozen=True)
class Roster:
    """All sensors at one version of the registry. Columns have ``size`` rows: the row is the database number.

    ``zone`` and ``area`` are places in ``groups`` or -1, ``domain`` is a place in ``domains`` or -1. ``ordered`` are
    the ids in their order. ``active``: counts in figures; a sensor that is not trusted does not.
    """

    version: int
    domains: tuple[Domain, ...]
    groups: tuple[Group, ...]
    channels: Mapping[int, str]
    sensors: tuple[Sensor | None, ...]
    numbers: Mapping[str, int]
    known: Bools
    active: Bools
    retired: Bools
    domain: Ints
    zone: Ints
    area: Ints
    interval_s: NDArray[np.float64]
    ordered: list[str]
    _declared: dict[str, Bools] = field(default_factory=dict)
    _held: dict[Scope, Bools] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.sensors)

    def declared(self, domain: Domain) -> Bools:
        """Which metrics of the domain each sensor promises, [sensor, metric]."""
        if domain.code not in self._declared:
            out = np.zeros((self.size, len(domain.metrics)), bool)
            column = {m.name: i for i, m in enumerate(domain.metrics)}
            for s in self.sensors:
                if s is not None and s.domain == domain.code and s.metrics:
                    out[s.id, [column[m] for m in s.metrics if m in column]] = True
            self._declared[domain.code] = out
        return self._declared[domain.code]

    @cached_property
    def _places(self) -> tuple[list[tuple[str | None, str | None, str | None]], Ints]:
        """The places where sensors are, and each sensor's place among them."""
        found: dict[tuple[str | None, str | None, str | None], int] = {}
        none = (None, None, None)
        at = [found.setdefault((s.area, s.zone, s.domain) if s else none, len(found)) for s in self.sensors]
        return list(found), np.array(at, np.int64)

    @cached_property
    def maintenance(self) -> Bools:
        """Which sensors are being worked on, by number."""
        return np.array([s is not None and s.status == "maintenance" for s in self.sensors], bool)

    @cached_property
    def lon(self) -> NDArray[np.float64]:
        """Degrees of longitude by number; NaN where nobody has said."""
        return np.array([np.nan if s is None or s.lon is None else s.lon for s in self.sensors], np.float64)

    @cached_property
    def lat(self) -> NDArray[np.float64]:
        """Degrees of latitude by number; NaN where nobody has said."""
        return np.array([np.nan if s is None or s.lat is None else s.lat for s in self.sensors], np.float64)

    def held(self, scope: Scope) -> Bools:
        """Which sensors lie in a scope, by number."""
        if scope.all:
            return self.known
        if scope not in self._held:
            if len(self._held) > 500:
                self._held.clear()
            places, at = self._places
            good = np.array([scope.holds(*p) for p in places], bool)
            self._held[scope] = self.known & good[at] if self.size else self.known
        return self._held[scope]

    def moved(self, before: Roster) -> bool:
        """Whether a sensor that was there before now belongs elsewhere, or is gone."""
        n = min(self.size, before.size)
        old = before.known[:n]
        if before.known[n:].any() or (old & ~self.known[:n]).any():
            return True
        return any(
            (a[:n] != b[:n])[old].any()
            for a, b in (
                (self.zone, before.zone),
                (self.area, before.area),
                (self.domain, before.domain),
                (self.retired, before.retired),
            )
        )


def roster(
    sensors: Iterable[Sensor],
    registry: Registry,
    groups: tuple[Group, ...],
    *,
    channels: Mapping[str, int],
    version: int,
    left_out: Set[int] = frozenset(),
) -> Roster:
    """Lay the sensors out in columns. ``left_out``: numbers of those that figures leave out."""
    found = list(sensors)
    size = max((s.id for s in found), default=-1) + 1
    domains = tuple(registry.domains.values())
    code = {d.code: i for i, d in enumerate(domains)}
    zones = {g.code: i for i, g in enumerate(groups) if g.zone is not None}
    areas = {g.code: i for i, g in enumerate(groups) if g.zone is None}
    by_number: list[Sensor | None] = [None] * size
    known, active, retired = (np.zeros(size, bool) for _ in range(3))
    domain, zone, area = (np.full(size, -1, np.int64) for _ in range(3))
    interval_s = np.ones(size)
    for s in found:
        by_number[s.id] = s
        known[s.id] = True
        active[s.id] = s.status == "active" and s.id not in left_out
        retired[s.id] = s.status == "retired"
        domain[s.id] = code.get(s.domain, -1)
        zone[s.id] = zones.get(s.zone or "", -1)
        area[s.id] = areas.get(s.area, -1)
        usual = domains[code[s.domain]].interval_s if s.domain in code else 60.0
        interval_s[s.id] = s.interval_s or usual
    return Roster(
        version, domains, groups, {n: name for name, n in channels.items()}, tuple(by_number),
        {s.sensor_id: s.id for s in found}, known, active, retired, domain, zone, area, interval_s,
        sorted(s.sensor_id for s in found),
    )  # fmt: skip
