"""Virtual street lamps and the cabinets that feed them.

Power is rated power × dimming, current is power / (voltage × power factor), the meter is the integral of the
timetable. A cabinet carries the sum of its lamps, by phase. One lamp in a hundred is dead, one in two hundred draws
too little.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from city import sun
from city.sensors import Sensor
from city.sun import DAY_US
from simulators import noise, rhythm
from simulators.nights import Nights
from simulators.noise import Floats, Ticks
from simulators.world import Index, World

RATED_W = np.array([60.0, 90.0, 120.0, 150.0])
PHASES = ("L1", "L2", "L3")
LOSSES = 1.03  # of a cabinet's lines, and what it needs itself
INSTALLED_US = 19_358 * DAY_US  # 2023-01-01


class Lighting:
    """State of all lamps and cabinets as arrays of shape (sensors,). What does not report lamp_on is a cabinet."""

    def __init__(self, sensors: Sequence[Sensor], world: World) -> None:
        self._world = world
        self._key = noise.keys(world.seed, [s.sensor_id for s in sensors])
        self._zone = world.zone_index(sensors)
        self._nights = Nights()
        self._grid = world.drift("lighting/grid", 1200)
        order = {s.sensor_id: i for i, s in enumerate(sensors)}
        parent = np.array([order.get(s.parent, -1) for s in sensors], dtype=np.intp)
        self.cabinet = np.array(["lamp_on" not in s.metrics for s in sensors])

        self._rated = RATED_W[(noise.uniform(self._key, 0, 1) * len(RATED_W)).astype(np.intp)]
        health = noise.uniform(self._key, 0, 2)
        self.dead = ~self.cabinet & (health < 0.010)
        draws = np.where((health >= 0.010) & (health < 0.015), 0.6, 1.0)
        load = self._rated * draws * ~(self.dead | self.cabinet)
        fed = (parent >= 0) & ~self.cabinet
        phase = (noise.uniform(self._key, 0, 3) * 3).astype(np.intp)
        self._phase_w = np.zeros((3, len(sensors)))
        np.add.at(self._phase_w, (phase[fed], parent[fed]), load[fed])
        self._load = np.where(self.cabinet, self._phase_w.sum(axis=0) * LOSSES, load)
        since = INSTALLED_US + (noise.uniform(self._key, 0, 4) * 700).astype(np.int64) * DAY_US
        self._start_h = self._nights.burnt_h(since)
        self._died_h = self._start_h + 3500 * noise.uniform(self._key, 0, 5)

    def values(self, pick: Index, t_us: Ticks, period_us: Ticks) -> dict[str, Floats]:
        """Lamps: lamp_on to power_factor, illuminance of those with an eye. Cabinets: the phases and the daylight."""
        who, zone, dead = self._key[pick], self._zone[pick], self.dead[pick]
        dim = self._nights.dim(t_us)
        lit = np.where(dead, 0.0, dim)
        steady = 1 + 0.008 * noise.normal(who, t_us, 10)
        grid = 227 - 5 * rhythm.commuting(t_us) + 1.8 * self._grid.at(zone, t_us)
        voltage = np.round(grid + 0.5 * noise.normal(who, t_us, 11) + 1.5 * noise.normal(who, 0, 12), 1)
        power = np.round(self._load[pick] * lit * steady, 1)
        cosine = np.round(np.where(lit > 0.75, 0.965, 0.93) + 0.008 * noise.normal(who, t_us, 13), 3)
        factor = np.where(power > 0, cosine, np.nan)
        current = np.where(power > 0, power / (voltage * factor), 0.0)
        burnt = np.maximum(np.where(dead, self._died_h[pick], self._nights.burnt_h(t_us)) - self._start_h[pick], 0)
        daylight = self._daylight(zone, t_us)
        glow = np.where(self.cabinet[pick], 0.0, lit * self._rated[pick] * 0.16)
        lux = (daylight + glow) * (1 + 0.03 * noise.normal(who, t_us, 14))
        out = {
            "lamp_on": np.where(lit > 0, 1.0, 0.0),
            "dim": 100 * lit,
            "power": power,
            "voltage": voltage,
            "current": current,
            "energy": self._load_kw(pick) * burnt,
            "power_factor": factor,
            "illuminance": np.maximum(lux, 0),
            "signal": -88 + 7 * noise.normal(who, 0, 15) + 1.5 * noise.normal(who, t_us, 16),
        }
        for i, name in enumerate(PHASES):
            volts = np.round(voltage + 0.9 * noise.normal(who, t_us, 20 + i), 1)
            watts = np.round(self._phase_w[i, pick] * LOSSES * lit * steady, 1)
            out[f"voltage:{name}"] = volts
            out[f"power:{name}"] = watts
            out[f"current:{name}"] = np.where(watts > 0, watts / (volts * factor), 0.0)
        out["energy:total"] = out["energy"]
        return out

    def _load_kw(self, pick: Index) -> Floats:
        """What the meter multiplies burning hours with: a dead lamp had its full power while it lived."""
        return np.where(self.dead[pick], self._rated[pick], self._load[pick]) / 1000

    def _daylight(self, zone: Index, t_us: Ticks) -> Floats:
        """Light of the sky on the ground, lx: about 100,000 at noon in summer, 3 at civil dusk."""
        height = sun.elevation(t_us)
        clear = 1 - 0.75 * self._world.weather.cloud(zone, t_us)
        day = 110_000 * np.maximum(np.sin(np.radians(height)), 0) ** 1.25 * clear
        out: Floats = day + 400 * np.exp(np.clip(height, -25, 0) * 0.79)
        return out
