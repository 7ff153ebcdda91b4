"""Zones and sensors as GeoJSON (RFC 7946): WGS84, longitude first, outer rings against the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from city.places import Area, Zone
from city.registry import Domain
from city.sensors import Sensor
from infra.copyout import BLOCK_BYTES
from ioc_api.opendata.figures import published
from ioc_api.opendata.model import box_of

SCHEMATIC = {
    "vi": "Ranh giới giản lược: khung bao của phường, không phải địa giới hành chính.",
    "en": "Schematic outline: the ward's bounding box, not its administrative boundary.",
}


def _zone(zone: Zone, area: Area | None) -> dict[str, Any]:
    west, south, east, north = zone.min_lon, zone.min_lat, zone.max_lon, zone.max_lat
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "id": zone.code,
        "bbox": [west, south, east, north],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "code": zone.code, "vi": zone.vi, "en": zone.en,
            "area": zone.area, "area_vi": area.vi if area else None, "area_en": area.en if area else None,
            "lat": zone.lat, "lon": zone.lon, "area_km2": zone.area_km2, "formed_from": zone.formed_from,
            "valid_from": zone.valid_from.isoformat(),
            "valid_to": zone.valid_to.isoformat() if zone.valid_to else None,
            "outline": "schematic", "outline_vi": SCHEMATIC["vi"], "outline_en": SCHEMATIC["en"],
        },
    }  # fmt: skip


def zones(found: Sequence[Zone], areas: Sequence[Area]) -> bytes:
    """All zones, also those that are no more: `valid_to` is the last day."""
    named = {a.code: a for a in areas}
    return msgspec.json.encode(
        {
            "type": "FeatureCollection",
            "name": "zones",
            "note": SCHEMATIC,
            "bbox": box_of(tuple(found)),
            "features": [_zone(z, named.get(z.area)) for z in found],
        }
    )


def _sensor(sensor: Sensor, domain: Domain) -> dict[str, Any]:
    public = {m.name: m for m in published(domain)}
    return {
        "type": "Feature",
        "id": sensor.sensor_id,
        "geometry": {"type": "Point", "coordinates": [sensor.lon, sensor.lat]},
        "properties": {
            "id": sensor.sensor_id, "name": sensor.name, "domain": sensor.domain, "area": sensor.area,
            "zone": sensor.zone, "interval_s": sensor.interval_s or domain.interval_s,
            "metrics": [
                {"name": m, "unit": public[m].unit, "vi": public[m].vi, "en": public[m].en}
                for m in sensor.metrics
                if m in public
            ],
        },
    }  # fmt: skip


def sensors(found: Sequence[Sensor | None], domains: Mapping[str, Domain]) -> Iterator[bytes]:
    """The sensors that have coordinates and are not retired, in blocks of bytes: there may be many."""
    parts: list[bytes] = [b'{"type":"FeatureCollection","name":"sensors","features":[\n']
    size, comma = 0, b""
    for sensor in found:
        domain = domains.get(sensor.domain) if sensor else None
        if sensor is None or domain is None or sensor.status == "retired" or sensor.lat is None:
            continue
        parts += (comma, msgspec.json.encode(_sensor(sensor, domain)))
        comma = b",\n"
        size += len(parts[-1])
        if size > BLOCK_BYTES:
            yield b"".join(parts)
            parts.clear()
            size = 0
    parts.append(b"\n]}\n")
    yield b"".join(parts)
