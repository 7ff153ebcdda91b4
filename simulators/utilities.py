"""Virtual meters of the other domains: electricity, water, and any domain that is only a data file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from city import sun
from city.registry import Domain
from city.sensors import Sensor
from city.sun import DAY_US, HOUR_US
from simulators import noise, rhythm
from simulators.noise import Floats, Ticks
from simulators.world import Index, World, wobble

PHASES = ("L1", "L2", "L3")
WEEK_US = 7 * DAY_US
MINUTE_US = 60_000_000
METERED_US = 19_358 * DAY_US  # 2023-01-01: the meters start at 0


class _Load:
    """A load that repeats each week: its share of the rated power, and the hours of full load until a moment."""

    def __init__(self, share: Floats) -> None:
        self._share = np.append(share, share[0])
        self._sum = np.concatenate([[0.0], np.cumsum((self._share[1:] + self._share[:-1]) / 2 / 60)])

    @staticmethod
    def _minute(t_us: Ticks) -> Floats:
        out: Floats = (t_us % WEEK_US) / MINUTE_US
        return out

    def share(self, t_us: Ticks) -> Floats:
        """Share of the rated power, 0 to 1."""
        out: Floats = np.interp(self._minute(t_us), np.arange(len(self._share)), self._share)
        return out

    def hours(self, t_us: Ticks) -> Floats:
        """Hours of full load since the meters were set."""
        weeks = t_us // WEEK_US - METERED_US // WEEK_US
        out: Floats = weeks * self._sum[-1] + np.interp(self._minute(t_us), np.arange(len(self._sum)), self._sum)
        return out


def _loads() -> tuple[_Load, _Load]:
    """Load of the factories, and of streets with homes and shops."""
    week = np.arange(7 * 1440, dtype=np.int64) * MINUTE_US
    hour = sun.local_hour(week)
    evening = np.exp(-(((hour - 20) / 2.2) ** 2)) + 0.35 * np.exp(-(((hour - 11.5) / 1.5) ** 2))
    return _Load(0.42 + 0.5 * rhythm.shifts(week)), _Load(0.28 + 0.5 * evening)


class Electricity:
    """Meters at transformers: three phases, the meter is the integral of the load."""

    def __init__(self, sensors: Sequence[Sensor], world: World) -> None:
        self._key = noise.keys(world.seed, [s.sensor_id for s in sensors])
        self._zone = world.zone_index(sensors)
        self._industry = world.industry(sensors)
        self._rated_w = 1e5 * (2 + 6 * noise.uniform(self._key, 0, 1)) * (0.4 + self._industry)
        self._factory, self._homes = _loads()
        self._grid, self._hertz = world.drift("electricity/grid", 1800), world.drift("electricity/hertz", 120)

    def values(self, pick: Index, t_us: Ticks, period_us: Ticks) -> dict[str, Floats]:
        """Power of all phases, voltage and current by phase, frequency, power factor, energy."""
        who, zone, works = self._key[pick], self._zone[pick], self._industry[pick]
        share = works * self._factory.share(t_us) + (1 - works) * self._homes.share(t_us)
        hours = works * self._factory.hours(t_us) + (1 - works) * self._homes.hours(t_us)
        power = np.round(self._rated_w[pick] * share * (1 + 0.03 * wobble(who, t_us, 2, 300_000_000)), 0)
        factor = np.round(0.94 - 0.05 * works * share + 0.006 * noise.normal(who, t_us, 3), 3)
        base = 228 - 8 * share + 1.5 * self._grid.at(zone, t_us)
        out = {
            "power": power,
            "power_factor": factor,
            "frequency": 50 + 0.025 * self._hertz.at(np.zeros_like(zone), t_us) + 0.002 * noise.normal(who, t_us, 4),
            "energy": np.maximum(self._rated_w[pick] / 1000 * hours, 0),
            "signal": -80 + 6 * noise.normal(who, 0, 5) + 1.5 * noise.normal(who, t_us, 6),
        }
        for i, name in enumerate(PHASES):
            volts = np.round(base + 0.8 * noise.normal(who, t_us, 10 + i), 1)
            lean = 1 + 0.04 * noise.normal(who, 0, 20 + i)
            out[f"voltage:{name}"] = volts
            out[f"current:{name}"] = power / 3 * lean / (volts * factor)
        return out


class Water:
    """Gauges in the rivers and meters in the mains; a sensor says by its metrics which it is."""

    def __init__(self, sensors: Sequence[Sensor], world: World) -> None:
        self._world = world
        self._key = noise.keys(world.seed, [s.sensor_id for s in sensors])
        self._zone = world.zone_index(sensors)
        self._size = 40 + 160 * noise.uniform(self._key, 0, 1)
        self._stage, self._works = world.drift("water/stage", 60 * 3600), world.drift("water/works", 9 * 3600)

    def values(self, pick: Index, t_us: Ticks, period_us: Ticks) -> dict[str, Floats]:
        """River level, and pressure, flow, pH, turbidity and chlorine of the mains."""
        who, zone = self._key[pick], self._zone[pick]
        first = np.zeros_like(zone)
        season = 0.5 - 0.5 * np.cos(2 * np.pi * ((t_us / DAY_US) % 365.2425 - 25) / 365.2425)
        hour = sun.local_hour(t_us)
        use = 0.22 + 0.5 * np.exp(-(((hour - 6.8) / 1.6) ** 2)) + 0.6 * np.exp(-(((hour - 18.8) / 2.3) ** 2))
        use = use + 0.25 * np.exp(-(((hour - 11.5) / 2) ** 2)) + 0.02 * wobble(who, t_us, 2, 300_000_000)
        works = 0.8 * self._works.at(zone, t_us) + 0.5 * wobble(who, t_us, 13, 2 * HOUR_US)
        dose = wobble(who, t_us, 14, 3 * HOUR_US)
        level = 0.9 + 1.7 * season**2 + 0.35 * self._stage.at(first, t_us) + 0.06 * wobble(who, t_us, 12, 6 * HOUR_US)
        level += 0.05 * np.sin(2 * np.pi * (t_us / HOUR_US) / 24.84)
        return {
            "level": level + 0.008 * noise.normal(who, t_us, 3),
            "pressure_bar": 3.4 - 1.1 * use + 0.08 * works + 0.02 * noise.normal(who, t_us, 4),
            "water_flow": np.maximum(self._size[pick] * use * (1 + 0.02 * noise.normal(who, t_us, 5)), 0),
            "ph": 7.25 + 0.06 * dose + 0.02 * noise.normal(who, t_us, 6),
            "turbidity": np.maximum(0.45 * np.exp(0.3 * works) + 0.02 * noise.normal(who, t_us, 7), 0.02),
            "chlorine": np.maximum(0.55 + 0.07 * dose + 0.02 * noise.normal(who, t_us, 8), 0.02),
            "battery": 84 + 6 * noise.normal(who, 0, 9),
            "signal": -92 + 6 * noise.normal(who, 0, 10) + 1.5 * noise.normal(who, t_us, 11),
        }


class AnyDomain:
    """A domain that nobody has modelled: each metric wanders about the middle of its plausible range."""

    def __init__(self, sensors: Sequence[Sensor], world: World, domain: Domain) -> None:
        self._key = noise.keys(world.seed, [s.sensor_id for s in sensors])
        self._zone = world.zone_index(sensors)
        self._domain = domain
        self._mood = world.drift(f"any/{domain.code}", 3600)

    def values(self, pick: Index, t_us: Ticks, period_us: Ticks) -> dict[str, Floats]:
        """All metrics of the domain; a counter grows by about one a minute, a state is mostly 1."""
        who, mood = self._key[pick], self._mood.at(self._zone[pick], t_us)
        out = {}
        for what, m in enumerate(self._domain.metrics, start=1):
            step = (m.high - m.low) / 40
            if m.kind == "counter":
                value = m.low + np.maximum(t_us - METERED_US, 0) / MINUTE_US
            elif m.kind == "state":
                value = (noise.uniform(who, t_us // HOUR_US, what) < 0.9).astype(np.float64)
            elif m.kind == "delta":
                value = m.low + np.round(noise.uniform(who, t_us, what) * min(step, 20))
            else:
                value = (m.low + m.high) / 2 + step * (mood + 0.5 * noise.normal(who, t_us, what))
            out[m.name] = value
        return out
