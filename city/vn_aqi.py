"""VN_AQI, the national air quality index: sub-indices, Nowcast and bands.

Source of every figure here: Quyết định 1459/QĐ-TCMT, 12/11/2019. Concentrations are µg/m³. Each formula stands
here twice: for one number, and over arrays of any shape, where NaN means missing. A negative or infinite
concentration is missing too: no instrument can mean it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEGAL_BASIS: Final = "Quyết định 1459/QĐ-TCMT, 12/11/2019"

#: Index at each breakpoint, and the concentrations that stand there. Bands join without a gap.
INDEX: Final = (0, 50, 100, 150, 200, 300, 400, 500)
BREAKPOINTS: Final[dict[str, tuple[float, ...]]] = {
    "pm2_5": (0, 25, 50, 80, 150, 250, 350, 500),
    "pm10": (0, 50, 150, 250, 350, 420, 500, 600),
    "so2": (0, 125, 350, 550, 800, 1600, 2100, 2630),
    "no2": (0, 100, 200, 700, 1200, 2350, 3100, 3850),
    "co": (0, 10_000, 30_000, 45_000, 60_000, 90_000, 120_000, 150_000),
    "o3_1h": (0, 160, 200, 300, 400, 800, 1000, 1200),
    # The column ends here: above it a day's index goes by the highest 1-hour mean alone.
    "o3_8h": (0, 100, 120, 170, 210, 400),
}
POLLUTANTS: Final = tuple(BREAKPOINTS)
#: One of these must be among the sub-indices, or there is no index.
MANDATORY: Final = ("pm2_5", "pm10")

#: Hours that a Nowcast looks back, and of how many of the newest it needs how many.
NOWCAST_HOURS: Final = 12
_NEWEST, _NEEDED = 3, 2
#: What decimals lose in binary: 59.4999999999 was written as 59.5, and that rounds up.
_BINARY = 1e-9


@dataclass(frozen=True)
class Band:
    """A range of the index, both ends included, with its official name and colour."""

    low: int
    high: int
    vi: str
    en: str
    colour_vi: str
    rgb: tuple[int, int, int]

    @property
    def code(self) -> str:
        """For programs: good, moderate, poor, bad, very_bad or hazardous."""
        return self.en.lower().replace(" ", "_")

    @property
    def colour(self) -> str:
        """As the web writes it: #00e400."""
        return "#{:02x}{:02x}{:02x}".format(*self.rgb)


BANDS: Final = (
    Band(0, 50, "Tốt", "Good", "xanh", (0, 228, 0)),
    Band(51, 100, "Trung bình", "Moderate", "vàng", (255, 255, 0)),
    Band(101, 150, "Kém", "Poor", "da cam", (255, 126, 0)),
    Band(151, 200, "Xấu", "Bad", "đỏ", (255, 0, 0)),
    Band(201, 300, "Rất xấu", "Very bad", "tím", (143, 63, 151)),
    Band(301, 500, "Nguy hại", "Hazardous", "nâu", (126, 0, 35)),
)


def band(index: int) -> Band:
    """The band of a rounded index from 0 to 500; ValueError for any other."""
    for one in BANDS:
        if one.low <= index <= one.high:
            return one
    raise ValueError(f"a VN_AQI is from 0 to 500, not {index!r}")


def _breakpoints(pollutant: str) -> tuple[float, ...]:
    try:
        return BREAKPOINTS[pollutant]
    except KeyError:
        raise ValueError(f"pollutants are {', '.join(POLLUTANTS)}, not {pollutant!r}") from None


def _missing(concentration: float | None) -> bool:
    return concentration is None or not math.isfinite(concentration) or concentration < 0


def sub_value(pollutant: str, concentration: float | None) -> float | None:
    """The sub-index before it is rounded, 0 to 500; None for a missing concentration.

    At and above the last breakpoint it is the last index: 500, for ``o3_8h`` 300. ValueError for another pollutant.
    """
    points = _breakpoints(pollutant)
    if concentration is None or _missing(concentration):
        return None
    for i in range(1, len(points)):
        if concentration < points[i]:
            low, high = points[i - 1], points[i]
            rise = INDEX[i] - INDEX[i - 1]
            return float(rise * (concentration - low) / (high - low) + INDEX[i - 1])
    return float(INDEX[len(points) - 1])


def rounded(value: float) -> int:
    """To an integer, half up. The Decision names no rule; this is what its printed examples follow, but for one."""
    return math.floor(value + 0.5 + _BINARY)


def sub_index(pollutant: str, concentration: float | None) -> int | None:
    """The sub-index of one concentration in µg/m³, 0 to 500; None where that is missing, NaN or negative.

    ``pollutant`` is one of POLLUTANTS, ozone by its averaging period; ValueError for any other.
    """
    value = sub_value(pollutant, concentration)
    return None if value is None else rounded(value)


def nowcast(hours: Sequence[float | None], strict: bool = False) -> float | None:
    """The Nowcast of particles from hourly means, newest first, None for a missing hour; twelve are looked at.

    None unless two of the newest three hours are there. Missing hours leave both sums. ``strict``: where the
    lightest hour has at most half of the heaviest, the Decision prints a sum that is not normalised; the literal
    form reads low as soon as an hour is missing, so ours is normalised unless asked otherwise.
    """
    seen = [(i, float(c)) for i, c in enumerate(hours[:NOWCAST_HOURS]) if c is not None and not _missing(c)]
    if sum(i < _NEWEST for i, _ in seen) < _NEEDED:
        return None
    heaviest = max(c for _, c in seen)
    if heaviest == 0:
        return 0.0
    share = min(c for _, c in seen) / heaviest
    weight = max(share, 0.5)
    if strict and share <= 0.5:
        return float(sum(0.5 ** (i + 1) * c for i, c in seen))
    return float(sum(weight**i * c for i, c in seen) / sum(weight**i for i, _ in seen))


def present(concentration: ArrayLike) -> Floats:
    """A copy in which everything that is missing is NaN."""
    values = np.array(concentration, np.float64)
    values[~np.isfinite(values) | (values < 0)] = np.nan
    return values


def sub_values(pollutant: str, concentration: ArrayLike) -> Floats:
    """``sub_value`` for each element; NaN where it is missing."""
    points = _breakpoints(pollutant)
    values = present(concentration)
    out: Floats = np.interp(values, points, INDEX[: len(points)])
    return out


def round_half_up(values: Floats) -> Floats:
    """``rounded`` for each element; NaN stays."""
    out: Floats = np.floor(values + (0.5 + _BINARY))
    return out


def nowcasts(hours: ArrayLike, strict: bool = False) -> Floats:
    """``nowcast`` at each hour of [..., hour], oldest first: each from that hour and the eleven before it."""
    values = present(hours)
    length = values.shape[-1]

    def ago(k: int) -> Floats:
        out = np.full_like(values, np.nan)
        out[..., k:] = values[..., : max(length - k, 0)]
        return out

    least, most = values.copy(), values.copy()
    newest = np.zeros(values.shape, np.int8)
    for k in range(NOWCAST_HOURS):
        c = ago(k)
        np.fmin(least, c, out=least)
        np.fmax(most, c, out=most)
        if k < _NEWEST:
            newest += ~np.isnan(c)
    # All hours 0: any weight gives 0.
    share = np.divide(least, most, out=np.ones_like(values), where=most > 0)
    weight = np.maximum(share, 0.5)
    total, weights, halves = (np.zeros_like(values) for _ in range(3))
    power = np.ones_like(values)
    for k in range(NOWCAST_HOURS):
        c = ago(k)
        there = ~np.isnan(c)
        np.add(total, power * c, out=total, where=there)
        np.add(weights, power, out=weights, where=there)
        np.add(halves, 0.5 ** (k + 1) * c, out=halves, where=there)
        power *= weight
    out: Floats = np.full_like(values, np.nan)
    np.divide(total, weights, out=out, where=newest >= _NEEDED)
    if strict:
        out = np.where((share <= 0.5) & (newest >= _NEEDED), halves, out)
    return out
