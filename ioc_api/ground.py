"""What lies under the screen's map: streets, a style of the city's own, and the exact boundaries of its zones.

All of it may be left out: then the page draws schematic zones on a quiet ground, and fetches nothing.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import structlog

from infra.catalog import Catalog
from infra.errors import ConfigError
from infra.settings import Settings

#: The media type of a PMTiles archive.
TILES = "application/vnd.pmtiles"
#: Boundaries of more bytes are no boundaries of wards.
LARGEST_BYTES = 32_000_000
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_SHAPES = ("Polygon", "MultiPolygon")

log = structlog.get_logger()


class Zones(NamedTuple):
    """Exact zones: GeoJSON features by code, as they go out; and a word for all of them, another when they change."""

    features: dict[str, bytes]
    mark: str

    def etag(self, codes: Iterable[str]) -> str:
        """The tag of an answer with those zones, packed or not."""
        return f'W/"{hashlib.sha256(" ".join([self.mark, *codes]).encode()).hexdigest()[:32]}"'

    def answer(self, codes: Iterable[str], *, packed: bool) -> bytes:
        """The FeatureCollection of those zones, by gzip if ``packed``."""
        body = b'{"type":"FeatureCollection","features":[' + b",".join(self.features[c] for c in codes) + b"]}"
        return gzip.compress(body, compresslevel=5, mtime=0) if packed else body


NO_ZONES = Zones({}, "")


class Ground:
    """What the settings say of the map."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.style = settings.map_style
        self.tiles = settings.map_pmtiles
        self._zones = settings.map_zones
        self._known = {z.code for z in catalog.zones}
        self._further = settings.map_origins
        self._read: tuple[tuple[int, int], Zones] | None = None

    @property
    def origins(self) -> list[str]:
        """Origins other than ours that the page may fetch the style and what belongs to it from."""
        if not self.style:
            return []
        at = urlsplit(self.style)
        own = [f"{at.scheme}://{at.netloc}"] if at.netloc else []
        return list(dict.fromkeys([*own, *(o for o in self._listed() if _ORIGIN.fullmatch(o))]))

    def _listed(self) -> Iterator[str]:
        yield from (o.strip().rstrip("/") for o in self._further.split(",") if o.strip())

    def check(self) -> None:
        """ConfigError where a file is not what it should be."""
        for origin in [*self.origins, *self._listed()]:
            if not _ORIGIN.fullmatch(origin):
                raise ConfigError(
                    f"IOC_MAP_STYLE, IOC_MAP_ORIGINS: {origin!r} is no origin such as https://tiles.example.vn"
                )
        if self.tiles is not None:
            _check_tiles(self.tiles)
        if self._zones is not None:
            self.boundaries()

    def boundaries(self) -> Zones:
        """Exact zones; what was read before, while the file has not changed. Raises ConfigError."""
        if self._zones is None:
            return NO_ZONES
        try:
            found = self._zones.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if self._read is None or self._read[0] != stamp:
                if found.st_size > LARGEST_BYTES:
                    raise ValueError(f"more than {LARGEST_BYTES // 1_000_000} MB")
                self._read = stamp, self._features(json.loads(self._zones.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError) as e:
            said = e.strerror if isinstance(e, OSError) else e
            raise ConfigError(f"IOC_MAP_ZONES: cannot use {self._zones}: {said}") from e
        return self._read[1]

    def _features(self, read: Any) -> Zones:
        features = read.get("features") if isinstance(read, dict) else None
        if not isinstance(features, list):
            raise ValueError("it is no GeoJSON FeatureCollection")
        kept: dict[str, bytes] = {}
        for n, feature in enumerate(features):
            shape = (feature.get("geometry") or {}) if isinstance(feature, dict) else {}
            code = str((feature.get("properties") or {}).get("code", "")) if isinstance(feature, dict) else ""
            if code not in self._known:
                log.warning("map_zone_unknown", file=str(self._zones), feature=n, code=code[:40])
                continue
            if shape.get("type") not in _SHAPES or not _rings(
                shape.get("coordinates"), shape["type"] == "MultiPolygon"
            ):
                raise ValueError(f"zone {code}: its geometry is no polygon of longitudes and latitudes (WGS 84)")
            geometry = {"type": shape["type"], "coordinates": shape["coordinates"]}
            one = {"type": "Feature", "properties": {"code": code}, "geometry": geometry}
            # Once and for all answers: it may be megabytes.
            kept[code] = json.dumps(one, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        if not kept:
            raise ValueError("no feature names a zone of this city in its property 'code'")
        digest = hashlib.sha256()
        for feature in kept.values():
            digest.update(feature)
        return Zones(kept, digest.hexdigest())


def _check_tiles(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as e:
        raise ConfigError(f"IOC_MAP_PMTILES: cannot read {path}: {e.strerror}") from e
    if head[:7] != b"PMTiles" or head[7:] != b"\x03":
        raise ConfigError(f"IOC_MAP_PMTILES: {path} is no PMTiles archive of version 3")


def _rings(given: Any, many: bool) -> bool:
    polygons = given if many else [given]
    return (
        isinstance(polygons, list)
        and bool(polygons)
        and all(isinstance(p, list) and p and all(_ring(r) for r in p) for p in polygons)
    )


def _ring(ring: Any) -> bool:
    return (
        isinstance(ring, list)
        and len(ring) >= 4
        and ring[0] == ring[-1]
        and all(
            isinstance(p, list)
            and len(p) >= 2
            and all(isinstance(x, int | float) for x in p[:2])
            and -180 <= p[0] <= 180
            and -90 <= p[1] <= 90
            for p in ring
        )
    )
