"""The weather over the zones: seasons of northern Vietnam, rain that wanders with the wind, inversions at night.

Everything is a function of (seed, zone, time). Seasonal means follow the climate of the Red River's northern edge
(January 16 °C, July 29 °C, rain mostly May to September, north-east monsoon in winter).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from city import sun
from city.places import Zone
from city.sun import DAY_US, HOUR_US
from simulators import noise
from simulators.noise import Drift, Floats, Ticks

Index = NDArray[np.intp]

#: Chance that a rain of the day falls, by month; a day has two such chances.
RAIN_CHANCE = (0.10, 0.13, 0.18, 0.20, 0.28, 0.33, 0.36, 0.36, 0.27, 0.18, 0.11, 0.08)
STORM_SPEED = 7.0  # m/s over ground


class Rain(NamedTuple):
    """One rain: when its front stands over the middle of the city, how long it lasts, mm in its heart, its way."""

    start_us: int
    lasts_us: int
    amount_mm: float
    heading_rad: float
    day: int


def _turn(t_us: Ticks) -> Floats:
    """Season as an angle: 0 on 1 January, 2π a year later."""
    out: Floats = 2 * np.pi * ((t_us / DAY_US) % 365.2425) / 365.2425
    return out


class Weather:
    """Asked by (index of a zone, time), both of shape (n,); answers of shape (n,)."""

    def __init__(self, seed: int, zones: Sequence[Zone]) -> None:
        self._key = noise.keys(seed, ["weather"])
        self._zone_keys = noise.keys(seed, [f"weather/{z.code}" for z in zones])
        lat, lon = np.array([z.lat for z in zones]), np.array([z.lon for z in zones])
        self._north_m = (lat - sun.LAT) * 111_000.0
        self._east_m = (lon - sun.LON) * 103_500.0
        self._rains: tuple[int, int, list[Rain]] = (0, -1, [])

        def drift(name: str, tau_h: float) -> Drift:
            return Drift(noise.keys(seed, [f"weather/{name}"]), 1, tau_h * 3600)

        self._warm, self._grey, self._gust = drift("warm", 40), drift("grey", 7), drift("gust", 4)
        self._veer, self._damp, self._mass = drift("veer", 9), drift("damp", 14), drift("mass", 50)
        self._local = Drift(self._zone_keys, 2, 3600.0)

    def _all(self, drift: Drift, t_us: Ticks) -> Floats:
        return drift.at(np.zeros(len(t_us), dtype=np.intp), t_us)

    # Rain

    def _draw(self, day: int) -> list[Rain]:
        """The rains that begin on a local day."""
        out = []
        month = int(np.datetime64(day, "D").astype("datetime64[M]").astype(int)) % 12
        summer = 4 <= month <= 8
        for nth in range(2):
            u = [float(noise.uniform(self._key, day, 10 * nth + what)[0]) for what in range(5)]
            if u[0] >= RAIN_CHANCE[month]:
                continue
            hour = (15 + 6 * u[1]) if summer and nth == 0 else 24 * u[1]
            lasts_h = 0.5 + 2.5 * u[2] if summer else 1 + 6 * u[2]
            amount = (3 + 42 * u[3] ** 2) if summer else (0.5 + 8 * u[3] ** 2)
            heading = np.radians((315 if summer else 225) + 60 * (u[4] - 0.5))
            start = day * DAY_US - sun.LOCAL_US + int(hour * HOUR_US)
            out.append(Rain(start, int(lasts_h * HOUR_US), amount, float(heading), day * 2 + nth))
        return out

    def _near(self, first_us: int, last_us: int) -> list[Rain]:
        """All rains that may fall between two moments."""
        first = (first_us + sun.LOCAL_US) // DAY_US - 1
        last = (last_us + sun.LOCAL_US) // DAY_US + 1
        if (first, last) != self._rains[:2]:
            self._rains = (first, last, [r for day in range(first, last + 1) for r in self._draw(day)])
        return self._rains[2]

    def _fallen(self, rain: Rain, zone: Index, t_us: Ticks) -> Floats:
        """Share of a rain that has come down over a zone until then, 0 to 1 (a raised cosine's integral)."""
        ahead_m = np.sin(rain.heading_rad) * self._east_m + np.cos(rain.heading_rad) * self._north_m
        delay_us = (ahead_m / STORM_SPEED * 1e6).astype(np.int64)
        x = np.clip((t_us - rain.start_us - delay_us[zone]) / rain.lasts_us, 0, 1)
        out: Floats = x - np.sin(2 * np.pi * x) / (2 * np.pi)
        return out

    def rain_between(self, zone: Index, from_us: Ticks, to_us: Ticks) -> Floats:
        """Millimetres that fall over a zone between two moments."""
        total = np.zeros(len(zone))
        if len(zone):
            for rain in self._near(int(from_us.min()), int(to_us.max())):
                reach = 0.35 + 0.65 * noise.uniform(self._zone_keys, rain.day, 7)
                share = self._fallen(rain, zone, to_us) - self._fallen(rain, zone, from_us)
                total += rain.amount_mm * reach[zone] * share
        return total

    def wet(self, zone: Index, t_us: Ticks, back_h: float) -> Floats:
        """How wet the last hours were, 0 dry to 1 soaked."""
        fallen = self.rain_between(zone, t_us - int(back_h * HOUR_US), t_us)
        out: Floats = 1 - np.exp(-fallen / (1.5 * back_h))
        return out

    # Sky, air and wind

    def cloud(self, zone: Index, t_us: Ticks) -> Floats:
        """Cloud cover, 0 to 1."""
        grey = 0.5 + 0.28 * self._all(self._grey, t_us) + 0.05 * self._local.at(zone, t_us)
        out: Floats = np.clip(grey + 0.6 * self.wet(zone, t_us, 0.5), 0, 1)
        return out

    def temperature(self, zone: Index, t_us: Ticks) -> Floats:
        """Air temperature in the shade, °C: warmest about 14:30, coolest before sunrise."""
        clear = 1 - 0.6 * self.cloud(zone, t_us)
        out: Floats = self._mean(t_us) + 5.2 * clear * self._day(t_us) + 0.35 * self._local.at(zone, t_us)
        out -= 2.4 * self.wet(zone, t_us, 1.0)
        return out

    def _mean(self, t_us: Ticks) -> Floats:
        """Temperature of the season and of the air mass."""
        out: Floats = 23.6 - 6.6 * np.cos(_turn(t_us) - 2 * np.pi * 18 / 365) + 1.9 * self._all(self._warm, t_us)
        return out

    def _day(self, t_us: Ticks) -> Floats:
        """The day's course of warmth, about -0.85 to 1."""
        angle = 2 * np.pi * (sun.local_hour(t_us) - 14.5) / 24
        out: Floats = 0.88 * np.cos(angle) + 0.16 * np.cos(2 * angle)
        return out

    def humidity(self, zone: Index, t_us: Ticks) -> Floats:
        """Relative humidity, %: falls as the day warms, high in the drizzle of March, low in December."""
        season = 80 + 7 * np.cos(_turn(t_us) - 2 * np.pi * 80 / 365)
        warmth = self.temperature(zone, t_us) - self._mean(t_us)
        air = season - 3.1 * warmth + 5 * self._all(self._damp, t_us) + 10 * self.wet(zone, t_us, 1.0)
        out: Floats = np.clip(air, 22, 99.5)
        return out

    def pressure(self, zone: Index, t_us: Ticks) -> Floats:
        """Pressure at the station, hPa: high in winter, with the tide of the air at 10 and 22 o'clock."""
        season = 1009.5 + 7.5 * np.cos(_turn(t_us) - 2 * np.pi * 8 / 365)
        tide = 1.4 * np.cos(4 * np.pi * (sun.local_hour(t_us) - 9.8) / 24)
        out: Floats = season + tide + 2.6 * self._all(self._mass, t_us) - 0.6 * self.wet(zone, t_us, 0.5)
        return out

    def wind_speed(self, zone: Index, t_us: Ticks) -> Floats:
        """Mean wind, m/s: stronger by day, calm at night, gusty in rain."""
        breath = np.exp(0.35 * self._all(self._gust, t_us) + 0.15 * self._local.at(zone, t_us))
        out: Floats = (1.5 + 0.75 * self._day(t_us)) * breath + 3.5 * self.wet(zone, t_us, 0.3)
        return out

    def wind_direction(self, zone: Index, t_us: Ticks) -> Floats:
        """Where the wind comes from, degrees 0 to 360: north-east in winter, south-east in summer."""
        season = 90 - 45 * np.cos(_turn(t_us) - 2 * np.pi * 15 / 365)
        out: Floats = (season + 28 * self._all(self._veer, t_us) + 8 * self._local.at(zone, t_us)) % 360
        return out

    def inversion(self, zone: Index, t_us: Ticks) -> Floats:
        """How firmly the night's cold air lies on the streets, 0 to 1: clear calm nights, most in winter."""
        height = sun.elevation(t_us - HOUR_US)
        night = 1 / (1 + np.exp((height - 4) / 5))
        winter = 0.6 + 0.4 * np.cos(_turn(t_us) - 2 * np.pi * 5 / 365)
        out: Floats = night * winter * (1 - 0.55 * self.cloud(zone, t_us))
        return out
