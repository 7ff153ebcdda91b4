"""From readings, each with its line, to rows of the tables: the first value of a key stays, whichever way it came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from city.columns import Columns
from city.decoder import Decoder
from ingest.backfill.exact import Good
from ingest.decode import Table

#: A batch may not touch more chunks (a day each) than the server can hold locks of.
SPAN_DAYS = 50
_DAY_US = 86_400_000_000


@dataclass(slots=True)
class Readings:
    """n values. ``line`` int64; ``domain`` int16, place in `Book.decoders`; ``sensor``, ``channel`` int32, below 0 for
    new ones; ``place`` int16 of the metric in its domain; ``time_us`` int64; ``quality`` uint8; ``period_s`` and
    ``value`` float64. All of shape (n,)."""

    line: NDArray[np.int64]
    domain: NDArray[np.int16]
    sensor: NDArray[np.int32]
    channel: NDArray[np.int32]
    place: NDArray[np.int16]
    time_us: NDArray[np.int64]
    quality: NDArray[np.uint8]
    period_s: NDArray[np.float64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.line)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Readings:
        """The chosen ones."""
        return Readings(*(getattr(self, name)[rows] for name in self.__slots__))


_KINDS = ("i8", "i2", "i4", "i4", "i2", "i8", "u1", "f8", "f8")


def of_rows(found: Sequence[tuple[int, Good]], channels: Mapping[str, int]) -> Readings:
    """The readings of (line, what the exact way found good)."""
    flat = [
        (line, good.who[0], good.who[1], channels[r.channel], place, r.time_us or 0, r.quality, r.period_s, value)
        for line, good in found
        for r in good.rows
        for place, value in r.values.items()
    ]
    columns = list(zip(*flat, strict=True)) if flat else [()] * len(_KINDS)
    return Readings(*(np.array(c, kind) for c, kind in zip(columns, _KINDS, strict=True)))


def join(parts: Sequence[Readings]) -> Readings:
    """All in the order of their lines."""
    whole = Readings(*(np.concatenate([getattr(p, name) for p in parts]) for name in Readings.__slots__))
    ahead = whole.line[1:] < whole.line[:-1]
    return whole.take(np.argsort(whole.line, kind="stable")) if ahead.any() else whole


def renumber(numbers: NDArray[np.int32], real: Mapping[int, int]) -> NDArray[np.int32]:
    """Numbers in which those of new sensors or channels are the real ones."""
    if not real:
        return numbers
    out = numbers.copy()
    for provisional, number in real.items():
        out[numbers == provisional] = number
    return out


def _rows(part: Readings, decoder: Decoder) -> Columns:
    """One row per (sensor, channel, time), by time. Of values that share one and their metric, the first stays."""
    order = np.lexsort((part.place, part.time_us, part.channel, part.sensor))  # stable: of equal ones, by line
    s, c, t, m = part.sensor[order], part.channel[order], part.time_us[order], part.place[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (s[1:] != s[:-1]) | (c[1:] != c[:-1]) | (t[1:] != t[:-1])
    kept = fresh.copy()
    kept[1:] |= m[1:] != m[:-1]
    group = np.cumsum(fresh) - 1
    values = np.full((int(group[-1]) + 1, len(decoder.metrics)), np.nan)
    values[group[kept], m[kept]] = part.value[order[kept]]
    # The row's own columns are those of its first line.
    first = np.minimum.reduceat(order, np.flatnonzero(fresh))
    by_time = np.argsort(part.time_us[first], kind="stable")
    first = first[by_time]
    return Columns(
        decoder.domain.code,
        decoder.metrics,
        part.sensor[first],
        part.channel[first].astype(np.int16),
        part.time_us[first],
        part.quality[first],
        part.period_s[first].astype(np.float32),
        values[by_time],
    )


def tables(part: Readings, decoders: Sequence[Decoder]) -> Iterator[tuple[list[Table], int]]:
    """Tables of some days at a time, and how many readings they were made of, repeated ones included."""
    span = part.time_us // (SPAN_DAYS * _DAY_US)
    for days in np.unique(span).tolist():
        found, count = [], 0
        some = part if len(part) and (span == days).all() else part.take(span == days)
        for place in np.unique(some.domain).tolist():
            one = some.take(some.domain == place)
            cols = _rows(one, decoders[place])
            count += len(one)
            found.append(Table(decoders[place], cols, np.zeros(len(cols), bool)))
        yield found, count
