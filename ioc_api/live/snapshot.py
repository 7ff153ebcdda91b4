"""The newest readings of many sensors at once, as they are now: taken in one go, encoded a part at a time.

Taking a snapshot copies some arrays, which is quick; encoding it is not, and others have their turn in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from city.columns import QUALITIES
from city.decimals import widen
from city.registry import Domain, Metric
from city.sensors import LIVENESS
from ioc_api.live.latest import LatestTopic
from ioc_api.live.topic import Filter
from ioc_api.roster import Roster
from ioc_api.times import rfc3339

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Rows encoded at a time: some milliseconds.
ROWS = 2_000
_NEVER = np.iinfo(np.int64).min


class Older(msgspec.Struct, frozen=True):
    """A value that is older than the others of its sensor, or of another quality."""

    value: float
    time: str
    quality: str


class Item(msgspec.Struct, frozen=True):
    """What a sensor, or a channel of it, measured last. ``values`` by metric are of ``time`` and ``quality``, but for
    those in ``older``, which come with their own."""

    sensor_id: str
    channel: str
    area: str
    zone: str | None
    domain: str
    liveness: str
    time: str
    quality: str
    values: dict[str, float]
    older: dict[str, Older] | None


@dataclass(frozen=True)
class Part:
    """Rows of one domain: arrays (n,) and (n, metrics); ``time_us`` is _NEVER where nothing is known or wanted."""

    domain: str
    metrics: tuple[str, ...]
    single: NDArray[np.bool_]
    sensor: Ints
    channel: Ints
    value: Floats
    time_us: Ints
    quality: NDArray[np.uint8]


def take(topic: LatestTopic, wanted: Filter) -> list[Part]:
    """Copies of the newest readings that a filter takes, by domain."""
    return [
        Part(domain, table.metrics, table.single, sensor, channel, value, time_us, quality)
        for domain, table, sensor, channel, value, time_us, quality in topic.rows(wanted)
        if len(sensor)
    ]


def encode(parts: list[Part], roster: Roster, liveness: Ints) -> Iterator[bytes]:
    """The items as JSON, joined by commas, ROWS at a time. ``liveness``: places in LIVENESS by sensor number."""
    encoder = msgspec.json.Encoder()
    for part in parts:
        for at in range(0, len(part.sensor), ROWS):
            items = _items(part, slice(at, at + ROWS), roster, liveness)
            yield encoder.encode(items)[1:-1]


def readings(part: Part, domain: Domain) -> Iterator[tuple[Metric, int, float, int, int]]:
    """(metric, channel, value, time, quality) of every reading of a part."""
    for row, column in zip(*(x.tolist() for x in np.nonzero(part.time_us > _NEVER)), strict=True):
        metric = domain.metric(part.metrics[column])
        if metric is not None:
            value = part.value[row, column : column + 1]
            plain = float((widen(value) if part.single[column] else value)[0])
            yield metric, int(part.channel[row]), plain, int(part.time_us[row, column]), int(part.quality[row, column])


def _items(part: Part, rows: slice, roster: Roster, liveness: Ints) -> list[Item]:
    value, time_us, quality = part.value[rows].copy(), part.time_us[rows], part.quality[rows]
    there = time_us > _NEVER
    single = there & part.single
    value[single] = widen(value[single])
    newest = time_us.max(axis=1)
    lead = np.argmax(time_us, axis=1)
    # Most sensors send all they measure at once: then one time and one quality are those of every value.
    main = quality[np.arange(len(lead)), lead]
    alike = there & (time_us == newest[:, None]) & (quality == main[:, None])
    plain = np.asarray((alike == there).all(axis=1))
    whole = there.all(axis=1)
    stamps = _stamps(newest)
    out = []
    columns: Any = zip(
        part.sensor[rows].tolist(), part.channel[rows].tolist(), stamps, main.tolist(), value.tolist(),
        whole.tolist(), plain.tolist(), strict=True,
    )  # fmt: skip
    for i, (number, channel, stamp, q, values, every, simple) in enumerate(columns):
        sensor = roster.sensors[number]
        if sensor is None:
            continue
        if every:
            found = dict(zip(part.metrics, values, strict=True))
        else:
            found = {part.metrics[m]: values[m] for m in np.flatnonzero(there[i]).tolist()}
        older = None
        if not simple:
            older = {
                part.metrics[m]: Older(values[m], rfc3339(int(time_us[i, m])), QUALITIES[quality[i, m]])
                for m in np.flatnonzero(there[i] & ~alike[i]).tolist()
            }
        out.append(Item(
            sensor.sensor_id, roster.channels.get(channel, str(channel)), sensor.area, sensor.zone, part.domain,
            LIVENESS[liveness[number]], stamp, QUALITIES[q], found, older,
        ))  # fmt: skip
    return out


def _stamps(time_us: Ints) -> list[str]:
    """RFC 3339 of many times, with no, three or six decimals of a second."""
    texts = np.datetime_as_string(time_us.astype("datetime64[us]"), unit="us").tolist()
    return [f"{t[:19]}Z" if t.endswith(".000000") else f"{t[:23]}Z" if t.endswith("000") else f"{t}Z" for t in texts]
