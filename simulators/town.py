"""The simulated city as a whole: sensors in, messages out, for any span of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from city.registry import Domain
from city.sensors import Sensor
from city.topics import telemetry_topic
from infra.catalog import Catalog
from simulators import noise
from simulators.environment import Environment
from simulators.lighting import Lighting
from simulators.noise import Floats, Ticks
from simulators.payload import Profile
from simulators.schedule import Schedule
from simulators.traffic import Traffic
from simulators.utilities import AnyDomain, Electricity, Water
from simulators.world import Index, Model, World

#: A sensor falls silent for a block of time, and a value is missing, with these chances.
SILENT, SILENT_BLOCK_US = 0.003, 600_000_000
MISSING = 0.002

PHASES = ("L1", "L2", "L3")


@dataclass
class Batch:
    """Messages of a span of time, ordered by it. Lists of one length n; ``t_us`` has shape (n,)."""

    t_us: Ticks = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    topics: list[str] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    sensors: list[int] = field(default_factory=list)


class Town:
    """All sensors of a run. ``interval_s``: one interval for all of them; None: each its own."""

    def __init__(self, catalog: Catalog, sensors: Sequence[Sensor], seed: int, interval_s: float | None = None) -> None:
        self.sensors = list(sensors)
        world = World.of(seed, catalog.zones, catalog.sites)
        domains = catalog.registry.domains
        self.interval_us = np.array(
            [round(1e6 * (interval_s or s.interval_s or domains[s.domain].interval_s)) for s in self.sensors],
            dtype=np.int64,
        )
        self._topics = [telemetry_topic(s.area, s.domain, s.sensor_id) for s in self.sensors]
        self._schedule = Schedule(self.interval_us)
        self._key = noise.keys(seed, [f"report/{s.sensor_id}" for s in self.sensors])
        self._streets: list[_Street] = []
        for code in dict.fromkeys(s.domain for s in self.sensors):
            members = np.array([i for i, s in enumerate(self.sensors) if s.domain == code], dtype=np.intp)
            self._streets.append(_Street(domains[code], members, [self.sensors[i] for i in members], world))

    @property
    def per_s(self) -> float:
        """Messages a second of event time, before silences."""
        return self._schedule.per_s

    def between(self, after_us: int, until_us: int) -> Batch:
        """Messages of (after, until]. The same whether a span is asked for at once or in pieces."""
        who, when = self._schedule.due(after_us, until_us)
        speaks = noise.uniform(self._key[who], when // SILENT_BLOCK_US, 1) >= SILENT
        who, when = who[speaks], when[speaks]
        payloads = np.empty(len(who), dtype=object)
        for street in self._streets:
            street.write(who, when, self.interval_us, self._key, payloads)
        chosen = who.tolist()
        return Batch(when, [self._topics[i] for i in chosen], payloads.tolist(), chosen)


class _Street:
    """The sensors of one domain, their model and their profiles."""

    def __init__(self, domain: Domain, members: Index, sensors: Sequence[Sensor], world: World) -> None:
        self._first, self._last = int(members[0]), int(members[-1])
        self._member = np.full(self._last + 1, -1, dtype=np.intp)
        self._member[members] = np.arange(len(members))
        self._model = _model(domain, sensors, world)
        numbers: dict[tuple[str, ...], int] = {}
        self._profile_of = np.array([numbers.setdefault(_columns(s, domain), len(numbers)) for s in sensors])
        self._profiles = [Profile(domain, columns) for columns in numbers]

    def write(
        self, who: Index, when: Ticks, interval_us: Ticks, keys: noise.Keys, payloads: NDArray[np.object_]
    ) -> None:
        """Put the payloads of this domain's reports into their places."""
        inside = (who >= self._first) & (who <= self._last)
        inside[inside] = self._member[who[inside]] >= 0
        rows = np.flatnonzero(inside)
        if not len(rows):
            return
        pick, t_us, period = self._member[who[rows]], when[rows], interval_us[who[rows]]
        columns = self._model.values(pick, t_us, period)
        kind = self._profile_of[pick]
        for number, profile in enumerate(self._profiles):
            at = np.flatnonzero(kind == number)
            if not len(at):
                continue
            cells: dict[str, Floats] = {}
            for what, name in enumerate(profile.columns):
                gone = noise.uniform(keys[who[rows[at]]], t_us[at], 100 + what) < MISSING
                cells[name] = np.where(gone, np.nan, columns[name][at])
            payloads[rows[at]] = profile.encode(cells, t_us[at], period[at])


def _model(domain: Domain, sensors: Sequence[Sensor], world: World) -> Model:
    known: dict[str, Callable[[Sequence[Sensor], World], Model]] = {
        "traffic": Traffic,
        "environment": Environment,
        "lighting": Lighting,
        "electricity": Electricity,
        "water": Water,
    }
    if domain.code in known:
        return known[domain.code](sensors, world)
    return AnyDomain(sensors, world, domain)


def _columns(sensor: Sensor, domain: Domain) -> tuple[str, ...]:
    """What a sensor reports: its metrics, electrical ones by phase where it measures three of them."""
    metrics = sensor.metrics or tuple(m.name for m in domain.metrics)
    if domain.code == "lighting" and "lamp_on" not in metrics:
        phased, total = {"voltage", "power", "current"}, {"energy"}
    elif domain.code == "electricity":
        phased, total = {"voltage", "current"}, set()
    else:
        return metrics
    out: list[str] = []
    for name in metrics:
        out += [f"{name}:{p}" for p in PHASES] if name in phased else [f"{name}:total"] if name in total else [name]
    return tuple(out)
