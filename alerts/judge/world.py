"""What the rules are about: sensors with their places and parents, zones and areas, each with a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alerts.judge.events import Subject
from alerts.judge.terms import SECOND
from alerts.rules.model import Scope
from city import sun
from city.places import Site, Zone
from city.registry import Registry
from city.sensors import GRACE_S, OFFLINE_AFTER, Sensor
from infra.roster import Roster
from infra.security.words import NOWHERE, is_outside

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_NOBODY: Ints = np.empty(0, np.int64)
#: Numbers of what is no part of the city: this one and the lower ones.
_OUTSIDE = -(1 << 40)


@dataclass(frozen=True)
class World:
    """The city at one version of its registry. Columns have a row for each database number of a sensor.

    A subject's number is sensor << 16 | channel, or -1 - i for ``others[i]``: zones, areas and parents, which belong
    to this world only; its key holds in every world. What is no part of the city (an address, an account) gets a number
    when it is first asked for. ``active``: sensors that rules look at. ``silence_us``: how long
    a sensor may be silent before it is lost. ``lat``, ``lon``: where it stands, or the centre of its site, zone or
    area. ``children``: the active sensors that hang on each parent.
    """

    roster: Roster
    registry: Registry
    sites: Mapping[str, Site]
    active: Bools
    silence_us: Ints
    lat: Floats
    lon: Floats
    others: tuple[Subject, ...]
    children: Mapping[str, Ints]
    _having: Mapping[tuple[str, str], Ints]
    _numbers: dict[str, int] = field(default_factory=dict)
    _subjects: dict[int, Subject] = field(default_factory=dict)
    _masks: dict[tuple[Scope, str], Bools] = field(default_factory=dict)
    _outside: dict[str, int] = field(default_factory=dict)

    def sensor(self, number: int) -> Sensor:
        """The sensor with that database number. LookupError: there is none."""
        found = self.roster.sensors[number] if 0 <= number < self.roster.size else None
        if found is None:
            raise LookupError(f"no sensor has the number {number}")
        return found

    def subject(self, number: int) -> Subject:
        """The subject with that number."""
        found = self._subjects.get(number)
        if found is None:
            found = self._subjects[number] = self._make(number)
        return found

    def _make(self, number: int) -> Subject:
        if number < 0:
            return self.others[-1 - number]
        s = self.sensor(number >> 16)
        channel = self.roster.channels.get(number & 0xFFFF, str(number & 0xFFFF)) if number & 0xFFFF else ""
        key = f"sensor/{s.sensor_id}/{channel}" if channel else f"sensor/{s.sensor_id}"
        return Subject(key, s.area, s.zone, s.domain, s.id, s.sensor_id, channel or None, s.parent or None)

    def number(self, key: str) -> int | None:
        """The number of the subject with that key; None when this world has none."""
        if is_outside(key):
            if key not in self._outside:
                number = self._outside[key] = _OUTSIDE - len(self._outside)
                self._subjects[number] = Subject(key, NOWHERE)
            return self._outside[key]
        if not self._numbers:
            self._numbers.update({s.key: -1 - i for i, s in enumerate(self.others)})
            self._numbers.update({f"sensor/{name}": n << 16 for name, n in self.roster.numbers.items()})
        if key in self._numbers or not key.startswith("sensor/"):
            return self._numbers.get(key)
        rest, _, channel = key.rpartition("/")
        sensor = self._numbers.get(rest)
        places = (n for n, name in self.roster.channels.items() if name == channel and n)
        place = next(places, int(channel) if channel.isdecimal() else None)
        return None if sensor is None or place is None else sensor | place

    def silence_of(self, number: int) -> int:
        """How long the sensor of a subject may be silent before it is lost, µs."""
        return int(self.silence_us[number >> 16])

    def mask(self, scope: Scope, domain: str) -> Bools:
        """Which active sensors of a domain are in the scope, bool[size]."""
        key = (scope, domain)
        if key not in self._masks:
            self._masks[key] = self._in(scope, domain)
        return self._masks[key]

    def _in(self, scope: Scope, domain: str) -> Bools:
        out = np.zeros(self.roster.size, bool)
        out[self._having.get(("domain", domain), _NOBODY)] = not scope.domain or domain in scope.domain
        for what in ("area", "zone", "sensor", "site", "site_kind", "tag"):
            wanted: tuple[str, ...] = getattr(scope, what)
            if wanted:
                has = np.zeros(self.roster.size, bool)
                for value in wanted:
                    has[self._having.get((what, value), _NOBODY)] = True
                out &= has
        return out

    def places(self, scope: Scope, of: str) -> list[tuple[int, Subject]]:
        """Zones (``of`` zone) or areas in the scope, with their numbers."""
        return [
            (-1 - i, s)
            for i, s in enumerate(self.others)
            if s.key.startswith(f"{of}/")
            and (not scope.area or s.area in scope.area)
            and (not scope.zone or s.zone in scope.zone)
        ]


def world(roster: Roster, registry: Registry, zones: Iterable[Zone], sites: Iterable[Site]) -> World:
    """The world of these sensors. ``registry`` has the ranges in force."""
    zone_list, site_of = list(zones), {s.site_id: s for s in sites}
    centres = _centres(zone_list)
    active = np.zeros(roster.size, bool)
    lat, lon = np.full(roster.size, sun.LAT), np.full(roster.size, sun.LON)
    for s in roster.sensors:
        if s is not None:
            active[s.id] = s.status == "active"
            lat[s.id], lon[s.id] = _stands(s, site_of, centres)
    silence_us = np.rint((OFFLINE_AFTER * roster.interval_s + GRACE_S) * SECOND).astype(np.int64)
    children = _children(roster, active)
    others = [
        Subject(f"area/{g.area}" if g.zone is None else f"zone/{g.zone}", g.area, g.zone) for g in roster.groups
    ] + [_parent(name, numbers, roster) for name, numbers in children.items()]
    having = _having(roster, active, site_of)
    return World(roster, registry, site_of, active, silence_us, lat, lon, tuple(others), children, having)


def _stands(s: Sensor, sites: Mapping[str, Site], centres: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    if s.lat is not None and s.lon is not None:
        return s.lat, s.lon
    site = sites.get(s.site)
    if site is not None:
        return site.lat, site.lon
    return centres.get(f"zone/{s.zone}") or centres.get(f"area/{s.area}") or (sun.LAT, sun.LON)


def _centres(zones: Iterable[Zone]) -> dict[str, tuple[float, float]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for z in zones:
        found.setdefault(f"zone/{z.code}", []).append((z.lat, z.lon))
        found.setdefault(f"area/{z.area}", []).append((z.lat, z.lon))
    return {k: (sum(a for a, _ in v) / len(v), sum(b for _, b in v) / len(v)) for k, v in found.items()}


def _children(roster: Roster, active: Bools) -> dict[str, Ints]:
    found: dict[str, list[int]] = {}
    for s in roster.sensors:
        if s is not None and s.parent and active[s.id]:
            found.setdefault(s.parent, []).append(s.id)
    return {name: np.array(found[name], np.int64) for name in sorted(found)}


def _having(roster: Roster, active: Bools, sites: Mapping[str, Site]) -> dict[tuple[str, str], Ints]:
    """The active sensors that have each thing that a scope may ask for."""
    found: dict[tuple[str, str], list[int]] = {}
    for s in roster.sensors:
        if s is None or not active[s.id]:
            continue
        site = sites.get(s.site)
        has = [
            ("domain", s.domain),
            ("area", s.area),
            ("zone", s.zone or ""),
            ("sensor", s.sensor_id),
            ("site", s.site),
        ]
        has += [("site_kind", k) for k in site.kinds] if site is not None else []
        has += [("tag", t) for t in s.tags]
        for one in has:
            found.setdefault(one, []).append(s.id)
    return {one: np.array(numbers, np.int64) for one, numbers in found.items()}


def _parent(name: str, numbers: Ints, roster: Roster) -> Subject:
    """A parent is where its children are: in their zone and domain, if they have only one."""
    found = [s for n in numbers.tolist() if (s := roster.sensors[n]) is not None]
    zones, domains = {s.zone for s in found}, {s.domain for s in found}
    return Subject(
        f"parent/{name}", found[0].area,
        zones.pop() if len(zones) == 1 else None, domains.pop() if len(domains) == 1 else None,
        roster.numbers.get(name), name if name in roster.numbers else None, None, name,
    )  # fmt: skip
