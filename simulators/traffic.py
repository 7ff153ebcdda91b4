"""Virtual traffic detectors: one lane group of one direction each.

Demand follows the city's day. Speed falls with demand/capacity (the curve of the Bureau of Public Roads), density is
flow/speed, occupancy follows density, headway and count follow flow: a reader that checks one against the other
finds them to agree.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from city.sensors import Sensor
from city.sun import HOUR_US
from simulators import noise, rhythm
from simulators.noise import Floats, Ticks
from simulators.world import Index, World, wobble

#: Length that a vehicle of the local mix (mostly motorcycles) covers, with the detector's own, in metres.
VEHICLE_M = 5.0
BLOCK_US = 6 * HOUR_US


class Traffic:
    """State of all detectors as arrays of shape (sensors,)."""

    def __init__(self, sensors: Sequence[Sensor], world: World) -> None:
        self._world = world
        self._key = noise.keys(world.seed, [s.sensor_id for s in sensors])
        self._zone = world.zone_index(sensors)
        self._industry = world.industry(sensors)

        def draw(what: int) -> Floats:
            return noise.uniform(self._key, 0, what)

        self._lanes = np.where(draw(1) < 0.6, 1, np.where(draw(1) < 0.9, 2, 3))
        self._capacity = np.round((900 + 700 * draw(2)) * self._lanes)
        self._free_kmh = np.round(38 + 22 * draw(3) + 8 * (self._lanes - 1))
        self._peak = 0.5 + 0.55 * draw(4)
        self._inbound = (draw(5) < 0.5) * np.float64(1)
        self._signals = draw(6) < 0.6
        self._mood = world.drift("traffic", 1800)

    def values(self, pick: Index, t_us: Ticks, period_us: Ticks) -> dict[str, Floats]:
        """Flow, count, speed, occupancy, queue, headway, battery, signal."""
        who, zone = self._key[pick], self._zone[pick]
        wet = self._world.weather.wet(zone, t_us, 0.5)
        capacity = self._capacity[pick] * (1 - 0.12 * wet) * self._open(who, t_us)
        mood = 0.07 * self._mood.at(zone, t_us) + 0.06 * wobble(who, t_us, 11, 300_000_000)
        rush = rhythm.mixed(t_us, self._industry[pick], self._inbound[pick])
        demand = self._capacity[pick] * self._peak[pick] * rush * (1 - 0.10 * wet) * np.exp(mood)
        load = demand / capacity

        flow = np.minimum(demand, capacity) * (1 + 0.02 * noise.normal(who, t_us, 12))
        free = self._free_kmh[pick] * (1 - 0.12 * wet)
        speed = free / (1 + 0.75 * np.minimum(load, 1.6) ** 4) * (1 + 0.025 * noise.normal(who, t_us, 13))
        speed = np.round(np.maximum(speed, 3.0), 1)
        flow = np.rint(np.maximum(flow, 0))
        occupancy = flow / speed / self._lanes[pick] * VEHICLE_M / 10
        occupancy = np.minimum(occupancy * (1 + 0.02 * noise.normal(who, t_us, 14)), 100.0)
        red = np.where(self._signals[pick], flow / self._lanes[pick] / 3600 * 35 * 4.0, 0)
        queue = red * (0.75 + 0.5 * noise.uniform(who, t_us, 15)) + 700 * np.maximum(load - 0.9, 0)
        count = np.floor(flow * period_us / HOUR_US + noise.uniform(who, t_us, 16))
        headway = np.where(flow >= 1, 3600 / np.maximum(flow, 1), np.nan)
        return {
            "flow": flow,
            "count": count,
            "speed": speed,
            "occupancy": occupancy,
            "queue": queue,
            "headway": headway,
            "battery": 86 + 9 * np.sin(2 * np.pi * (t_us % 86_400_000_000) / 86.4e9) + 4 * noise.normal(who, 0, 17),
            "signal": -82 + 7 * noise.normal(who, 0, 18) + 1.5 * noise.normal(who, t_us, 19),
        }

    def _open(self, who: noise.Keys, t_us: Ticks) -> Floats:
        """Share of the capacity that is open: about one detector in a hundred has an incident in a quarter day."""
        block, into = np.divmod(t_us, BLOCK_US)
        hit = noise.uniform(who, block, 20) < 0.01
        start = noise.uniform(who, block, 21) * (BLOCK_US - 0.75 * HOUR_US)
        lasts = (0.25 + 0.5 * noise.uniform(who, block, 22)) * HOUR_US
        blocked = hit & (into >= start) & (into < start + lasts)
        return np.where(blocked, 0.45, 1.0)
