"""Reads the city's data files and hands their texts to the pure vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

from city import holidays, level_of_service, norms, places, registry, river
from city.holidays import Calendar
from city.level_of_service import Scale
from city.norms import Norms
from city.places import Area, Site, Zone
from city.registry import Registry
from city.river import Rivers
from infra.errors import ConfigError
from infra.settings import Settings


@dataclass(frozen=True)
class Catalog:
    """What the city is, before any sensor is known."""

    registry: Registry
    areas: tuple[Area, ...]
    zones: tuple[Zone, ...]
    sites: tuple[Site, ...]
    norms: Norms = norms.NONE
    service_levels: Scale = level_of_service.NONE
    rivers: Rivers = river.NONE
    calendar: Calendar = holidays.NONE

    @cached_property
    def area_codes(self) -> frozenset[str]:
        return frozenset(a.code for a in self.areas)


def _own_domains(folder: Path) -> list[tuple[str, str]]:
    try:
        return [(p.name, p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.toml"))]
    except OSError as e:
        raise ConfigError(f"IOC_DOMAINS_DIR: cannot read {folder}: {e.strerror}") from e


def _norms(shipped: str, own: Path | None) -> Norms:
    """What ships, or the city's own file in its place."""
    try:
        return norms.parse(shipped if own is None else own.read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(f"IOC_NORMS_FILE: cannot read {own}: {e.strerror}") from e
    except (norms.NormsError, UnicodeDecodeError) as e:
        raise ConfigError(f"IOC_NORMS_FILE: {own}: {e}") from None


def _calendar(shipped: str, own: Path | None) -> Calendar:
    """What ships, or the city's own file in its place."""
    try:
        return holidays.parse(shipped if own is None else own.read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(f"IOC_HOLIDAYS_FILE: cannot read {own}: {e.strerror}") from e
    except (holidays.HolidaysError, UnicodeDecodeError) as e:
        raise ConfigError(f"IOC_HOLIDAYS_FILE: {own}: {e}") from None


def load(settings: Settings) -> Catalog:
    """The catalogue that ships with the product, and the city's further domains. ConfigError on a bad file."""
    data = resources.files("city") / "data"

    def text(*parts: str) -> str:
        return data.joinpath(*parts).read_text(encoding="utf-8")

    names = sorted(p.name for p in (data / "domains").iterdir() if p.name.endswith(".toml"))
    files = [(n, text("domains", n)) for n in names if n != "common.toml"]
    if settings.domains_dir is not None:
        files += _own_domains(settings.domains_dir)
    try:
        known = registry.parse(text("domains", "common.toml"), files)
    except registry.RegistryError as e:
        raise ConfigError(f"domain file {e}") from None
    return Catalog(
        known,
        places.parse_areas(text("areas.csv")),
        places.parse_zones(text("zones.csv")),
        places.parse_sites(text("sites.csv")),
        _norms(text("norms.toml"), settings.norms_file),
        level_of_service.parse(text("level_of_service.toml")),
        river.parse(text("river.toml")),
        _calendar(text("holidays.toml"), settings.holidays_file),
    )
