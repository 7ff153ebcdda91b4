"""Which sensor a topic belongs to, or why to none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from city import topics
from city.decoder import Decoder
from city.payload import Reason
from city.registry import Registry
from city.sensors import Sensor
from city.topics import Address

#: Topics kept; beyond this somebody is making them up, and all are looked up again.
CACHE = 500_000


class Route(NamedTuple):
    """A registered sensor and the decoder of its domain."""

    decoder: Decoder
    sensor: int
    sensor_id: str


class Stranger(NamedTuple):
    """A well-formed topic of a sensor that is not registered."""

    decoder: Decoder
    address: Address


class Refusal(NamedTuple):
    """A topic whose messages cannot be stored, whatever they say. ``decoder`` counts their readings, if known."""

    reason: Reason
    detail: str
    sensor_id: str | None
    decoder: Decoder | None


class Routes:
    """Routes by topic, for one state of the registry."""

    def __init__(
        self,
        registry: Registry,
        areas: Iterable[str],
        sensors: Iterable[Sensor],
        channels: Mapping[str, int],
        canary_topic: str,
    ) -> None:
        self.decoders = {code: Decoder(domain) for code, domain in registry.domains.items()}
        self.channels = dict(channels)
        self.canary_topic = canary_topic.encode()
        self._areas = frozenset(areas)
        self._sensors = {s.sensor_id: s for s in sensors}
        self._cache: dict[bytes, Route | Stranger | Refusal] = {}

    def find(self, topic: bytes) -> Route | Stranger | Refusal:
        """Where messages of that topic go."""
        known = self._cache.get(topic)
        if known is None:
            if len(self._cache) >= CACHE:
                self._cache.clear()
            known = self._cache[topic] = self._look_up(topic)
        return known

    def topic_of(self, sensor_id: str) -> bytes | None:
        """The topic of a registered sensor; None: there is none of that id."""
        sensor = self._sensors.get(sensor_id)
        if sensor is None:
            return None
        return topics.telemetry_topic(sensor.area, sensor.domain, sensor_id).encode()

    def _look_up(self, topic: bytes) -> Route | Stranger | Refusal:
        try:
            address = topics.parse(topic.decode())
        except (UnicodeDecodeError, topics.TopicError) as e:
            return Refusal("bad_topic", str(e), None, None)
        decoder = self.decoders.get(address.domain)
        if decoder is None:
            return Refusal("bad_topic", f"there is no domain {address.domain!r}", address.sensor_id, None)
        if address.area not in self._areas:
            return Refusal("bad_topic", f"there is no area {address.area!r}", address.sensor_id, decoder)
        sensor = self._sensors.get(address.sensor_id)
        if sensor is None:
            return Stranger(decoder, address)
        if (sensor.area, sensor.domain) != (address.area, address.domain):
            detail = f"{sensor.sensor_id} is registered under {sensor.area}/{sensor.domain}"
            return Refusal("bad_topic", detail, sensor.sensor_id, decoder)
        if sensor.status == "retired":
            return Refusal("unknown_sensor", f"{sensor.sensor_id} is retired", sensor.sensor_id, decoder)
        return Route(decoder, sensor.id, sensor.sensor_id)
