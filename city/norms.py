"""Limits that the law sets for air and noise, each with the days on which it is in force.

The figures are data (`city/data/norms.toml`). A limit is asked for by its averaging period and its day; there is
none for a period that the law does not name, so particles can never "exceed" within one hour.
"""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from city.places import Site
from city.sensors import Sensor

_Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
Averaging = Literal["1h", "8h", "24h", "year"]
Category = Literal["special", "ordinary"]

AVERAGING: tuple[Averaging, ...] = ("1h", "8h", "24h", "year")
#: What a site's note says where its noise is that of a special area.
SPECIAL_NOTE = "noise: khu vực đặc biệt"
#: No law limits these over hours: an alert on an hour of them is an operating threshold.
_DAYS_ONLY = ("pm2_5", "pm10")
CATEGORIES: dict[Category, tuple[str, str]] = {
    "special": ("khu vực đặc biệt", "special area"),
    "ordinary": ("khu vực thông thường", "ordinary area"),
}


class NormsError(ValueError):
    """A file of norms says something that cannot be; the message names the place."""


class _Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    valid_from: date | None = None
    valid_to: date | None = None
    legal_basis: str = ""

    def holds(self, day: date) -> bool:
        """Whether it is in force on that city day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class AirLimit(_Limit, frozen=True, kw_only=True):
    """The highest mean over one averaging period that is allowed, µg/Nm³."""

    pollutant: str
    averaging: Averaging
    limit: _Positive


class NoiseLimit(_Limit, frozen=True, kw_only=True):
    """The highest L_Aeq that is allowed over the day (06-21 h) and over the night (21-06 h), dB(A)."""

    category: Category
    day: _Positive
    night: _Positive


class _Air(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    legal_basis: str
    limit: tuple[AirLimit, ...]


class _Noise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    legal_basis: str
    limit: tuple[NoiseLimit, ...]
    special_sensors: tuple[str, ...] = ()
    note_vi: str = ""
    note_en: str = ""


class Norms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every limit."""

    air: _Air
    noise: _Noise

    def noise_limit(self, category: Category, day: date) -> NoiseLimit | None:
        """The limit in force on that day."""
        return next((x for x in self.noise.limit if x.category == category and x.holds(day)), None)

    def noise_category(self, sensor: Sensor, site: Site | None) -> Category:
        """What kind of area a sensor hears."""
        special = sensor.sensor_id in self.noise.special_sensors or (site is not None and SPECIAL_NOTE in site.note)
        return "special" if special else "ordinary"


#: No limits at all.
NONE = Norms(_Air("", ()), _Noise("", ()))


def _named(limits: tuple[Any, ...], basis: str) -> tuple[Any, ...]:
    return tuple(x if x.legal_basis else msgspec.structs.replace(x, legal_basis=basis) for x in limits)


def _once(what: str, limits: tuple[Any, ...], *key: str) -> None:
    """Refuse two limits of one kind that are in force on one day."""
    for i, a in enumerate(limits):
        if a.valid_from and a.valid_to and a.valid_to < a.valid_from:
            raise NormsError(f"{what}.limit[{i}]: valid_to is before valid_from")
        for b in limits[:i]:
            same = all(getattr(a, k) == getattr(b, k) for k in key)
            starts = [x.valid_from for x in (a, b) if x.valid_from]
            ends = [x.valid_to for x in (a, b) if x.valid_to]
            if same and not (starts and ends and max(starts) > min(ends)):
                kind = ", ".join(str(getattr(a, k)) for k in key)
                raise NormsError(f"{what}.limit[{i}]: two limits of {kind} are in force on one day")


def parse(text: str) -> Norms:
    """Norms from TOML; NormsError names what is not right in it."""
    try:
        found = msgspec.convert(tomllib.loads(text), Norms)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as e:
        raise NormsError(str(e)) from None
    hourly = [x for x in found.air.limit if x.pollutant in _DAYS_ONLY and x.averaging in ("1h", "8h")]
    if hourly:
        raise NormsError(f"air.limit: {hourly[0].pollutant} has no limit over {hourly[0].averaging}, only over days")
    _once("air", found.air.limit, "pollutant", "averaging")
    _once("noise", found.noise.limit, "category")
    return Norms(
        msgspec.structs.replace(found.air, limit=_named(found.air.limit, found.air.legal_basis)),
        msgspec.structs.replace(found.noise, limit=_named(found.noise.limit, found.noise.legal_basis)),
    )
