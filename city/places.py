"""Areas, zones and sites: where things are.

A zone's GSO code is no key by itself, codes were used again after the mergers of 2025: (code, valid_from) is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

import msgspec


class Area(msgspec.Struct, frozen=True):
    """An operating area: a city as it stood, over today's wards."""

    code: str
    vi: str
    en: str
    valid_from: date
    valid_to: date | None = None


class Zone(msgspec.Struct, frozen=True):
    """A ward of an area. Degrees are WGS84; the box is what the ward's outline fits in; ``area_km2`` its surface."""

    code: str
    area: str
    vi: str
    en: str
    lat: float
    lon: float
    min_lat: float
    min_lon: float
    max_lat: float
    max_lon: float
    area_km2: float
    valid_from: date
    valid_to: date | None = None
    formed_from: str = ""

    def covers(self, lat: float, lon: float) -> bool:
        """Whether a place lies in the zone's box (not: in its exact outline)."""
        return self.min_lat <= lat <= self.max_lat and self.min_lon <= lon <= self.max_lon


class Site(msgspec.Struct, frozen=True):
    """A place where sensors stand. ``zone`` may name a ward outside the operating areas (a river gauge)."""

    site_id: str
    vi: str
    lat: float
    lon: float
    zone: str
    kinds: tuple[str, ...]
    note: str = ""


def in_force(item: Area | Zone, day: date) -> bool:
    """Whether an area or zone exists on that city day."""
    return item.valid_from <= day and (item.valid_to is None or day <= item.valid_to)


def _rows(text: str) -> Iterator[dict[str, object]]:
    for row in csv.DictReader(io.StringIO(text)):
        yield {k: (v if v else None) for k, v in row.items() if v or k in ("valid_to",)}


def parse_areas(text: str) -> tuple[Area, ...]:
    """Areas from CSV with the fields' names as header."""
    return tuple(msgspec.convert(row, Area, strict=False) for row in _rows(text))


def parse_zones(text: str) -> tuple[Zone, ...]:
    """Zones from CSV with the fields' names as header."""
    return tuple(msgspec.convert(row, Zone, strict=False) for row in _rows(text))


def parse_sites(text: str) -> tuple[Site, ...]:
    """Sites from CSV; ``kinds`` are separated by blanks."""
    return tuple(
        msgspec.convert({**row, "kinds": str(row.get("kinds", "")).split()}, Site, strict=False) for row in _rows(text)
    )
