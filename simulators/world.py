"""What the virtual sensors of one run have in common: the seed, the zones, the sites and the weather."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from city.places import Site, Zone
from city.sensors import Sensor
from simulators import noise
from simulators.noise import Drift, Floats, Keys, Ticks
from simulators.weather import Weather

Index = NDArray[np.intp]

#: Wards that live by their industrial parks, and the share of factory traffic on their streets.
FACTORY_WARDS = {"07795": 0.4, "07696": 0.35}


class Model(Protocol):
    """Computes the readings of all sensors of one domain."""

    def values(self, pick: Index, t_us: Ticks, period_us: Ticks) -> dict[str, Floats]:
        """Columns by metric (or ``metric:channel``) for the sensors ``pick`` at ``t_us``; all of shape (n,).

        ``period_us`` is the time that counts and amounts cover. NaN: this sensor does not measure it now.
        """
        ...


@dataclass(frozen=True)
class World:
    """The shared surroundings; ``zones`` gives the order of the zone index that drifts and weather use."""

    seed: int
    zones: tuple[Zone, ...]
    sites: dict[str, Site]
    weather: Weather

    @classmethod
    def of(cls, seed: int, zones: Sequence[Zone], sites: Sequence[Site]) -> World:
        """Surroundings of a city; needs at least one zone."""
        return cls(seed, tuple(zones), {s.site_id: s for s in sites}, Weather(seed, zones))

    def zone_index(self, sensors: Sequence[Sensor]) -> Index:
        """Index of each sensor's zone; a sensor without a zone lives under the sky of the first."""
        order = {z.code: i for i, z in enumerate(self.zones)}
        return np.array([order.get(s.zone or "", 0) for s in sensors], dtype=np.intp)

    def drift(self, name: str, tau_s: float) -> Drift:
        """Noise that the sensors of a zone share, under a name of its own."""
        return Drift(noise.keys(self.seed, [f"drift/{name}/{z.code}" for z in self.zones]), 1, tau_s)

    def industry(self, sensors: Sequence[Sensor]) -> Floats:
        """Share of factory traffic at each sensor: 1 at the gates of a park, some in its ward, little elsewhere."""

        def share(sensor: Sensor) -> float:
            site = self.sites.get(sensor.site)
            if site is not None and site.vi.startswith("KCN"):
                return 0.9
            return FACTORY_WARDS.get(sensor.zone or "", 0.05)

        return np.array([share(s) for s in sensors])


def wobble(who: Keys, t_us: Ticks, what: int, tau_us: int) -> Floats:
    """A sensor's own slow noise, about deviation 0.8: a hash a lattice point, a straight line between them."""
    tick, rest = np.divmod(t_us, tau_us)
    share = rest / tau_us
    out: Floats = noise.normal(who, tick, what) * (1 - share) + noise.normal(who, tick + 1, what) * share
    return out
