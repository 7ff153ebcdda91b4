"""The grammar of MQTT topics: ``ioc/v1/{area}/{domain}/{sensor_id}/telemetry``."""

from __future__ import annotations

import re
from typing import NamedTuple

from city.sensors import SENSOR_ID

PREFIX = "ioc/v1"
#: What lines of files have in quarantine, followed by the file's name; no device can publish there.
BACKFILL = "backfill/"
CODE = re.compile(r"[a-z][a-z0-9_]{0,30}\Z")


class TopicError(ValueError):
    """A topic is not of the grammar; the message says which part."""


class Address(NamedTuple):
    """What a telemetry topic says of its sender."""

    area: str
    domain: str
    sensor_id: str


def telemetry_topic(area: str, domain: str, sensor_id: str) -> str:
    """The topic that a sensor publishes its readings on."""
    return f"{PREFIX}/{area}/{domain}/{sensor_id}/telemetry"


def parse(topic: str) -> Address:
    """The address in a telemetry topic, or TopicError."""
    parts = topic.split("/")
    if len(parts) != 6 or parts[0] != "ioc" or parts[1] != "v1" or parts[5] != "telemetry":
        raise TopicError("a topic is ioc/v1/AREA/DOMAIN/SENSOR/telemetry")
    area, domain, sensor_id = parts[2:5]
    if not CODE.match(area):
        raise TopicError(f"{area!r} is no area's code")
    if not CODE.match(domain):
        raise TopicError(f"{domain!r} is no domain's code")
    if not SENSOR_ID.match(sensor_id):
        raise TopicError("a sensor's id is 1 to 64 of the letters A-Z a-z 0-9 . _ : -")
    return Address(area, domain, sensor_id)
