"""Who a line may speak of: sensors and channels by their names, and those that are new, made only when used."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from city.decoder import Decoder
from city.payload import Fault, show
from city.sensors import SENSOR_ID
from city.topics import Address
from infra import sensors
from infra.catalog import Catalog
from ingest.backfill.plan import Said, clean
from ingest.decode import MAX_CHANNELS

#: A sensor's domain (place in `Book.decoders`) and its number.
Who = tuple[int, int]


class Book:
    """The registry while a file is read. New sensors and channels have numbers below 0 until `settle` makes them.

    ``register``: whether a sensor that nobody knows may be made, where its line names area and domain.
    """

    def __init__(self, conn: psycopg.Connection, catalog: Catalog, said: Said, *, register: bool) -> None:
        registry = catalog.registry.with_ranges(sensors.ranges(conn))
        self.decoders = [Decoder(domain) for domain in registry.domains.values()]
        self.channels = sensors.channels(conn)
        self._domains = {d.domain.code: i for i, d in enumerate(self.decoders)}
        self._areas = catalog.area_codes
        self._said = said
        self._register = register
        self._known: dict[str, tuple[str, str, int]] = {}
        self._strangers: dict[Address, int] = {}
        self._new_channels: dict[str, int] = {}
        self._load(conn)

    def _load(self, conn: psycopg.Connection) -> None:
        # A retired sensor has a past.
        rows = conn.execute("SELECT sensor_id, area, domain, id FROM sensor")
        self._known = {sensor_id: (area, domain, number) for sensor_id, area, domain, number in rows}

    def find(self, sensor: str, area: str, domain: str) -> Who | Fault:
        """Who is meant by the cells of a line, or why nobody is. ``area``, ``domain``: empty where it does not say."""
        sensor = self._said.sensor or self._said.sensors.get(clean(sensor), clean(sensor))
        area, domain = clean(area), clean(domain)
        known = self._known.get(sensor)
        if known is not None:
            if (area or known[0], domain or known[1]) != known[:2]:
                return Fault("bad_topic", f"{sensor} is registered under {known[0]}/{known[1]}", 1)
            if known[1] not in self._domains:
                return Fault("bad_topic", f"there is no domain {known[1]!r}", 1)
            return self._domains[known[1]], known[2]
        if not SENSOR_ID.match(sensor):
            return Fault("unknown_sensor", f"{show(sensor)} is no sensor's id" if sensor else "no sensor is named", 1)
        if not self._register:
            return Fault("unknown_sensor", f"{sensor} is not registered", 1)
        if area not in self._areas or domain not in self._domains:
            return Fault("unknown_sensor", f"{sensor} is not registered, and its line names no area and domain", 1)
        number = self._strangers.setdefault(Address(area, domain, sensor), -1 - len(self._strangers))
        return self._domains[domain], number

    def channel(self, name: str) -> int | None:
        """The number of a channel, or None where there are too many already."""
        number = self.channels.get(name, self._new_channels.get(name))
        if number is None and len(self.channels) + len(self._new_channels) < MAX_CHANNELS:
            number = self._new_channels[name] = -1 - len(self._new_channels)
        return number

    def room(self, name: str, coming: Sequence[str]) -> bool:
        """Whether a channel is known, or may be made beside the ``coming`` ones."""
        if name in self.channels or name in self._new_channels:
            return True
        fresh = {c for c in coming if c not in self.channels and c not in self._new_channels}
        return len(self.channels) + len(self._new_channels) + len(fresh) < MAX_CHANNELS

    def new(self) -> tuple[int, int]:
        """How many sensors and channels would have to be made for what was found so far."""
        return len(self._strangers), len(self._new_channels)

    def settle(
        self, conn: psycopg.Connection, used_sensors: list[int], used_channels: list[int]
    ) -> tuple[dict[int, int], dict[int, int]]:
        """Make the new ones among these numbers; returns their real numbers (sensors, channels)."""
        coming = {n: a for a, n in self._strangers.items() if n in used_sensors}
        names = {n: c for c, n in self._new_channels.items() if n in used_channels}
        if coming:
            sensors.register(conn, sorted(coming.values()))
            self._load(conn)
        if names:
            sensors.add_channels(conn, sorted(names.values()))
            self.channels = sensors.channels(conn)
        return (
            {n: self._known[a.sensor_id][2] for n, a in coming.items()},
            {n: self.channels[c] for n, c in names.items()},
        )
