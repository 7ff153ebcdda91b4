"""Virtual environment stations: particles, gases, weather and noise.

Particles and NO2/CO follow the traffic of the place, gather under the night's inversion and are washed out by rain;
ozone follows the sun. PM10 is never below PM2.5.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from city import sun
from city.sensors import Sensor
from city.sun import HOUR_US
from simulators import noise, rhythm
from simulators.noise import Floats, Ticks
from simulators.world import Index, World, wobble

TIP_MM = 0.1  # one tip of the rain gauge's bucket
WOBBLE_US = 600_000_000


class Environment:
    """State of all stations as arrays of shape (sensors,)."""

    def __init__(self, sensors: Sequence[Sensor], world: World) -> None:
        self._world = world
        self._key = noise.keys(world.seed, [s.sensor_id for s in sensors])
        self._zone = world.zone_index(sensors)
        self._industry = world.industry(sensors)
        notes = [world.sites[s.site].note if s.site in world.sites else "" for s in sensors]
        self._background = np.array(["background" in note for note in notes])
        quiet = np.array(["đặc biệt" in note for note in notes])
        draw = noise.uniform(self._key, 0, 1)
        self._road = np.where(self._background, 0.15, 0.4 + 0.6 * draw)
        self._loud = np.where(self._background, -8.0, np.where(quiet, -5.0, 0.0)) + 6 * (draw - 0.5)
        self._dust = np.exp(0.12 * noise.normal(self._key, 0, 2))
        self._haze, self._smog = world.drift("haze", 9 * 3600), world.drift("smog", 4 * 3600)
        self._plume = world.drift("plume", 3600)

    def values(self, pick: Index, t_us: Ticks, period_us: Ticks) -> dict[str, Floats]:
        """All metrics of the domain; who has only some of them leaves the rest out."""
        who, zone, weather = self._key[pick], self._zone[pick], self._world.weather
        works = self._industry[pick]
        traffic = (rhythm.mixed(t_us, works) + rhythm.mixed(t_us - HOUR_US // 2, works)) / 2 * self._road[pick]
        wind = weather.wind_speed(zone, t_us)
        lid = weather.inversion(zone, t_us)
        light = np.maximum(np.sin(np.radians(sun.elevation(t_us - HOUR_US))), 0) * (1 - 0.6 * weather.cloud(zone, t_us))
        thin = (np.maximum(wind, 0.4) / 2.0) ** -0.3 * (1 + 0.7 * lid)
        washed = 1 - 0.62 * weather.wet(zone, t_us, 3.0)
        winter = 0.5 + 0.5 * np.cos(2 * np.pi * ((t_us / sun.DAY_US) % 365.2425 - 8) / 365.2425)
        everywhere = self._haze.at(np.zeros_like(zone), t_us)
        smog = np.exp(0.22 * everywhere + 0.09 * self._smog.at(zone, t_us) + 0.06 * wobble(who, t_us, 3, WOBBLE_US))

        def read(clean: Floats, share: float, floor: float, what: int) -> Floats:
            """A reading with noise of the instrument: a share of the value and a floor."""
            return np.maximum(clean + (share * clean + floor) * noise.normal(who, t_us, what), 0)

        pm25 = (7 + 13 * winter + 28 * traffic + 6 * works) * smog * thin * washed * self._dust[pick]
        pm25 = read(pm25, 0.03, 0.5, 4)
        coarse = (7 + 15 * traffic + 9 * works) * smog * washed * self._dust[pick] * (1 + 0.05 * wind)
        no2 = (6 + 44 * traffic + 6 * works) * (0.65 + 0.35 * thin) * (1 - 0.3 * light)
        ozone = 22 + 125 * light**0.8 - 0.35 * no2 + 4 * self._plume.at(zone, t_us)
        fumes = (4 + 14 * works * np.exp(0.5 * self._plume.at(zone, t_us))) * (0.7 + 0.3 * thin) * washed
        carbon = (320 + 1150 * traffic) * (0.6 + 0.4 * thin) * smog**0.5
        rain = weather.rain_between(zone, t_us - period_us, t_us)
        loud = 10 * np.log10(10**4.35 + 10**7.05 * traffic + 10**6.2 * weather.wet(zone, t_us, 0.3))
        hum = loud + self._loud[pick]
        gust = 1 + 0.12 * noise.normal(who, t_us, 5)
        return {
            "pm2_5": pm25,
            "pm10": pm25 * 1.12 + read(coarse, 0.05, 0.5, 6),
            "no2": read(no2, 0.03, 0.8, 7),
            "so2": read(fumes, 0.04, 0.5, 8),
            "co": read(carbon, 0.02, 15, 9),
            "o3": read(np.maximum(ozone, 4), 0.03, 1.0, 10),
            "temperature": weather.temperature(zone, t_us)
            + 0.4 * noise.normal(who, 0, 11)
            + 0.08 * noise.normal(who, t_us, 12),
            "humidity": np.clip(weather.humidity(zone, t_us) + 0.5 * noise.normal(who, t_us, 13), 0, 100),
            "pressure": weather.pressure(zone, t_us)
            + 0.5 * noise.normal(who, 0, 14)
            + 0.05 * noise.normal(who, t_us, 15),
            "noise": hum + 1.1 * noise.normal(who, t_us, 16) + 0.8 * wobble(who, t_us, 17, WOBBLE_US),
            "rainfall": np.floor(rain / TIP_MM + noise.uniform(who, t_us, 18)) * TIP_MM,
            "wind_speed": np.maximum(wind * gust, 0),
            "wind_direction": (weather.wind_direction(zone, t_us) + 9 * noise.normal(who, t_us, 19)) % 360,
            "battery": 88 + 8 * np.sin(2 * np.pi * (t_us % sun.DAY_US) / sun.DAY_US) + 3 * noise.normal(who, 0, 20),
            "signal": -85 + 8 * noise.normal(who, 0, 21) + 1.5 * noise.normal(who, t_us, 22),
        }
