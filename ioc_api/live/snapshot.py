"""The newest readings of many sensors at once, as they are now: taken in one go, encoded a part at a time.

Taking a snapshot copies some arrays, which is quick; encoding it is not, and others have their turn in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import repeat

import msgspec
import numpy as np
from numpy.typing import NDArray

from city.columns import QUALITIES
from city.decimals import widen
from city.registry import Domain, Metric
from city.sensors import LIVENESS
from infra.roster import Roster
from infra.shown import Shown
from infra.times import rfc3339
from ioc_api.live.latest import LatestTopic
from ioc_api.live.topic import Filter

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Rows encoded at a time: some milliseconds.
ROWS = 2_000
_NEVER = np.iinfo(np.int64).min


class Older(Shown, frozen=True):
    """A value that is older than the others of its sensor, or of another quality."""

    shown_as = "OlderValue"
    value: float
    time: str
    quality: str


class Item(Shown, frozen=True, gc=False):
    """What a sensor, or a channel of it, measured last: `values` by metric are of `time` and `quality`, but for those
    that `older` names as well."""

    shown_as = "LatestItem"
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


@cache
def _values(domain: str, metrics: tuple[str, ...]) -> type[msgspec.Struct]:
    """A struct with a field for each metric: several times as quick as a dict to make and to encode."""
    fields = [(f"m{i}", float) for i, _ in enumerate(metrics)]
    names = {f"m{i}": name for i, name in enumerate(metrics)}
    return msgspec.defstruct(f"Values_{domain}", fields, rename=names, frozen=True, gc=False)


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
    sensors = [roster.sensors[n] for n in part.sensor[rows].tolist()]
    known = [s for s in sensors if s is not None]
    if len(known) < len(sensors):
        raise KeyError("a sensor that is not in the roster")  # the filter has left those out
    channels = [roster.channels.get(c, str(c)) for c in part.channel[rows].tolist()]
    alive = [LIVENESS[c] for c in liveness[part.sensor[rows]].tolist()]
    plain = np.asarray((alike == there).all(axis=1))
    found = np.empty(len(known), object)
    # Sensors of one kind measure the same: a few patterns of metrics, each put together at once.
    if there.shape[1] <= 50:
        code = there @ (2.0 ** np.arange(there.shape[1]))
    else:
        code = np.unique(there, axis=0, return_inverse=True)[1].reshape(-1).astype(np.float64)
    for pattern in np.unique(code[plain]):
        mine = np.flatnonzero((code == pattern) & plain)
        columns = np.flatnonzero(there[mine[0]])
        make = _values(part.domain, tuple(part.metrics[m] for m in columns.tolist()))
        found[mine] = list(map(make, *value[mine][:, columns].T.tolist()))
    out = list(map(
        Item, [s.sensor_id for s in known], channels, [s.area for s in known], [s.zone for s in known],
        repeat(part.domain), alive, _stamps(newest), [QUALITIES[q] for q in main.tolist()],
        found.tolist(), repeat(None),
    ))  # fmt: skip
    for i in np.flatnonzero(~plain).tolist():
        values = {part.metrics[m]: value[i, m].item() for m in np.flatnonzero(there[i]).tolist()}
        older = {
            part.metrics[m]: Older(value[i, m].item(), rfc3339(int(time_us[i, m])), QUALITIES[quality[i, m]])
            for m in np.flatnonzero(there[i] & ~alike[i]).tolist()
        }
        out[i] = msgspec.structs.replace(out[i], values=values, older=older)
    return out


def _stamps(time_us: Ints) -> list[str]:
    """RFC 3339 of many times, with no, three or six decimals of a second."""
    texts: list[str] = np.datetime_as_string(time_us.astype("datetime64[us]"), unit="us").tolist()
    # Most have milliseconds, as sensors send them; others are cut by the digits that they end with.
    ends = np.where(time_us % 1_000_000 == 0, 19, np.where(time_us % 1000 == 0, 23, 26)).tolist()
    return [f"{t[:end]}Z" for t, end in zip(texts, ends, strict=True)]
