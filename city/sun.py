"""Where the sun stands over Bắc Giang, and when civil dusk and dawn are.

NOAA's solar equations (the short form, good to about half a minute here). Times are microseconds UTC; a day is a local
day (UTC+7) and is numbered by days since 1970-01-01.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LAT, LON = 21.2731, 106.1946
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
LOCAL_US = 7 * HOUR_US
CIVIL = -6.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def local_day(t_us: Ints) -> Ints:
    """Number of the local day that a moment lies in."""
    return (t_us + LOCAL_US) // DAY_US


def local_hour(t_us: Ints) -> Floats:
    """Hour of the local day, 0 to 24."""
    out: Floats = ((t_us + LOCAL_US) % DAY_US) / HOUR_US
    return out


def _orbit(t_us: Floats | Ints) -> tuple[Floats, Floats]:
    """Declination (radians) and equation of time (minutes) at moments UTC."""
    century = (np.asarray(t_us, dtype=np.float64) / DAY_US + 2440587.5 - 2451545.0) / 36525.0
    mean_long = np.radians(280.46646 + century * 36000.76983)
    anomaly = np.radians(357.52911 + century * 35999.05029)
    e = 0.016708634 - century * 0.000042037
    centre = np.radians(1.914602 * np.sin(anomaly) + 0.019993 * np.sin(2 * anomaly) + 0.000289 * np.sin(3 * anomaly))
    apparent = mean_long + centre - np.radians(0.00569)
    tilt = np.radians(23.439291 - 0.0130042 * century)
    declination = np.arcsin(np.sin(tilt) * np.sin(apparent))
    y = np.tan(tilt / 2) ** 2
    equation = (
        y * np.sin(2 * mean_long)
        - 2 * e * np.sin(anomaly)
        + 4 * e * y * np.sin(anomaly) * np.cos(2 * mean_long)
        - 0.5 * y**2 * np.sin(4 * mean_long)
        - 1.25 * e**2 * np.sin(2 * anomaly)
    )
    return declination, 4 * np.degrees(equation)


def elevation(t_us: Ints) -> Floats:
    """Height of the sun over the horizon in degrees, without refraction."""
    declination, equation = _orbit(t_us)
    minutes = (np.asarray(t_us) % DAY_US) / 60e6 + equation + 4 * LON
    hour_angle = np.radians(minutes / 4 - 180)
    lat = np.radians(LAT)
    sine = np.sin(lat) * np.sin(declination) + np.cos(lat) * np.cos(declination) * np.cos(hour_angle)
    out: Floats = np.degrees(np.arcsin(np.clip(sine, -1, 1)))
    return out


def _crossing(day: Ints, side: int, lat: Floats | float, lon: Floats | float) -> Ints:
    """Moment on local days when the sun crosses the civil limit: side -1 rising, +1 setting."""
    lat = np.radians(lat)
    start = np.asarray(day, dtype=np.int64) * DAY_US - LOCAL_US
    t = np.asarray(start + (0.5 + side * 0.25) * DAY_US, dtype=np.float64)
    for _ in range(3):
        declination, equation = _orbit(t)
        cosine = (np.sin(np.radians(CIVIL)) - np.sin(lat) * np.sin(declination)) / (np.cos(lat) * np.cos(declination))
        half = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        noon_utc_min = 720 - 4 * lon - equation
        t = start + LOCAL_US + (noon_utc_min + side * 4 * half) * 60e6
    return np.rint(t).astype(np.int64)


def civil_dawn(day: Ints, lat: Floats | float = LAT, lon: Floats | float = LON) -> Ints:
    """Civil dawn of local days, µs UTC; places (degrees) are as many as days, or one."""
    return _crossing(day, -1, lat, lon)


def civil_dusk(day: Ints, lat: Floats | float = LAT, lon: Floats | float = LON) -> Ints:
    """Civil dusk of local days, µs UTC; places (degrees) are as many as days, or one."""
    return _crossing(day, 1, lat, lon)
