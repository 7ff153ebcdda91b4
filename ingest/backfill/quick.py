"""The quick way from columns of text to readings.

Every column is judged as a whole: names by their few different values, numbers and times by Arrow. A line with
anything that is not simply good is left to `ingest.backfill.exact`; where both may judge, both say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from city.columns import MEASURING, QUALITIES
from city.payload import CHANNEL, Fault, Limits
from ingest.backfill.book import Book
from ingest.backfill.clock import EARLIEST_US, Clock
from ingest.backfill.exact import same_unit
from ingest.backfill.plan import Plan, clean
from ingest.backfill.rows import Readings, join

_NUMBER = r"^(-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?)$"
_COMMA = r"^(-?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]{1,2})?)$"
_QUALITIES = {"": MEASURING, **{name: i for i, name in enumerate(QUALITIES)}}
_BAD = -1

Cells = Mapping[str, Any]
"""Arrow columns by their meaning, and those of wide files by metric or metric:channel."""


def _codes(column: Any, n: int) -> tuple[NDArray[np.int64], list[str]]:
    """(n,) which of the texts each cell says, and the texts; a cell without anything says ""."""
    if column is None:
        return np.zeros(n, np.int64), [""]
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    texts = [clean(t) for t in column.dictionary.to_pylist()]
    codes = column.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, [*texts, ""]


def _together(*parts: tuple[NDArray[np.int64], list[str]]) -> tuple[NDArray[np.int64], list[tuple[str, ...]]]:
    """(n,) which of the combinations each line has, and the combinations there are."""
    codes = parts[0][0]
    for more, texts in parts[1:]:
        codes = codes * len(texts) + more
    found, where = np.unique(codes, return_inverse=True)
    combinations = []
    for code in found.tolist():
        words: list[str] = []
        for _, texts in reversed(parts[1:]):
            code, place = divmod(code, len(texts))
            words.append(texts[place])
        combinations.append((parts[0][1][code], *reversed(words)))
    return where.reshape(-1), combinations


def _numbers(column: Any, comma: bool) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """(n,) numbers, whether there is a cell at all, and whether it is a plain number."""
    there = column.is_valid().to_numpy(zero_copy_only=False)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        plain = pc.match_substring_regex(column, _COMMA if comma else _NUMBER).fill_null(False)
        column = pc.if_else(plain, column, None)
        if comma:
            column = pc.replace_substring(column, ",", ".")
    values = column.cast(pa.float64(), safe=False).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return values, there, np.isfinite(values)


class Quick:
    """Reads columns by a plan."""

    def __init__(self, plan: Plan, book: Book, limits: Limits) -> None:
        self._plan = plan
        self._book = book
        self._limits = limits
        self._clock = Clock(plan.said.offset_s, plan.said.time_format)

    def read(self, cells: Cells, first: int, n: int) -> tuple[Readings, NDArray[np.intp]]:
        """The readings of the lines from ``first`` on that are simply good, and the places of the lines that are not.

        A line without any value is neither.
        """
        who = [_codes(cells.get(key), n) for key in ("sensor", "area", "domain")]
        which, combinations = _together(*who)
        found = [self._book.find(*words) for words in combinations]
        pairs = np.array([(_BAD, 0) if isinstance(f, Fault) else f for f in found], np.int32).reshape(-1, 2)
        domain, sensor = pairs[which, 0], pairs[which, 1]
        time_us, timed = self._times(cells["time"], n)
        quality, qualities = _codes(cells.get("quality"), n)
        quality = np.array([_QUALITIES.get(q, _BAD) for q in qualities])[quality]
        period_s, bad_period = self._periods(cells.get("period_s"), n)
        suspect = (domain == _BAD) | ~timed | (quality == _BAD) | bad_period
        parts, empty = [], np.ones(n, bool)
        for column, place, channel in self._columns(cells, domain, n):
            value, there, plain = _numbers(column, self._plan.said.decimal_comma)
            low, high, scale = self._ranges()
            known = place >= 0
            at = (np.maximum(domain, 0), np.maximum(place, 0))
            value = value * scale[at]
            good = known & plain & (value >= low[at]) & (value <= high[at])
            suspect |= there & ~good
            empty &= ~there
            parts.append((there & good, place, channel, value))
        suspect &= ~empty
        lines = np.arange(first, first + n)
        readings = [
            Readings(
                lines[keep], domain[keep].astype(np.int16), sensor[keep], self._channels(channel[keep]),
                place[keep].astype(np.int16), time_us[keep], quality[keep].astype(np.uint8), period_s[keep],
                value[keep],
            )
            for keep, place, channel, value in ((k & ~suspect, *rest) for k, *rest in parts)
        ]  # fmt: skip
        whole = join(readings)
        return whole, np.flatnonzero(suspect)

    def _columns(self, cells: Cells, domain: NDArray[np.int32], n: int) -> Any:
        """(column of values, (n,) place of its metric or _BAD, (n,) channel's place in ``self._names``)."""
        self._names: list[str] = []
        decoders = self._book.decoders
        if self._plan.wide:
            for _, key in self._plan.wide:
                places, number = self._key(key, "")
                by_domain = np.array([places.get(d.domain.code, _BAD) for d in decoders], np.int64)
                yield cells[key], by_domain[np.maximum(domain, 0)], np.full(n, number)
            return
        which, combinations = _together(*(_codes(cells.get(k), n) for k in ("metric", "channel", "unit")))
        place = np.full((len(decoders), len(combinations)), _BAD, np.int64)
        channels = np.zeros(len(combinations), np.int64)
        for i, (metric, channel, unit) in enumerate(combinations):
            places, channels[i] = self._key(self._plan.said.metrics.get(metric, metric), channel)
            for d, decoder in enumerate(decoders):
                spot = places.get(decoder.domain.code, _BAD)
                if spot != _BAD and same_unit(unit, decoder.domain.metrics[spot].unit):
                    place[d, i] = spot
        yield cells["value"], place[np.maximum(domain, 0), which], channels[which]

    def _key(self, metric: str, channel: str) -> tuple[dict[str, int], int]:
        """The places of a metric by domain; none where the channel's name cannot be. And the channel."""
        name, colon, rest = (f"{metric}:{channel}" if channel else metric).partition(":")
        places = {}
        if (not colon or CHANNEL.match(rest)) and self._book.room(rest, self._names):
            for decoder in self._book.decoders:
                if name in decoder.metrics:
                    places[decoder.domain.code] = decoder.metrics.index(name)
        self._names.append(rest)
        return places, len(self._names) - 1

    def _channels(self, channel: NDArray[np.int64]) -> NDArray[np.int32]:
        """The numbers of the channels that good readings name."""
        numbers = np.zeros(len(self._names), np.int32)
        for place in np.unique(channel).tolist():
            numbers[place] = self._book.channel(self._names[place]) or 0
        return numbers[channel]

    def _ranges(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """(domains, metrics) what is the least, the most, and the factor, of each metric."""
        decoders = self._book.decoders
        shape = (len(decoders), max(len(d.metrics) for d in decoders))
        low, high, scale = np.full(shape, np.inf), np.full(shape, -np.inf), np.ones(shape)
        for d, decoder in enumerate(decoders):
            for i, m in enumerate(decoder.domain.metrics):
                low[d, i], high[d, i] = m.low, m.high
                scale[d, i] = self._plan.said.scale.get(m.name, 1.0)
        return low, high, scale

    def _periods(self, column: Any, n: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        if column is None:
            return np.zeros(n), np.zeros(n, bool)
        value, there, plain = _numbers(column, self._plan.said.decimal_comma)
        good = plain & (value > 0) & (value <= 1e9)
        return np.where(good, value, 0.0), there & ~good

    def _times(self, column: Any, n: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(n,) microseconds, and whether they are good."""
        kind = column.type
        if pa.types.is_integer(kind):
            column = column.cast(pa.string())
        if pa.types.is_timestamp(kind):
            us, known = _plain(column), column.is_valid().to_numpy(zero_copy_only=False)
            if kind.tz is None:
                us, known = us - (self._clock.offset_s or 0) * 1_000_000, known & (self._clock.offset_s is not None)
        else:
            us, known = self._texts(column, n)
        return us, known & (us >= EARLIEST_US) & (us <= self._limits.latest_us)

    def _texts(self, column: Any, n: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        arrow = None if self._clock.form else _iso(column, self._clock.offset_s)
        if arrow is not None:
            return arrow, np.ones(n, bool)
        codes, texts = _codes(column, n)
        us = np.array([_try(self._clock.micros, t) for t in texts], np.int64)
        return us[codes], us[codes] != _NEVER


_NEVER = np.iinfo(np.int64).min


def _try(read: Callable[[str], int], text: str) -> int:
    try:
        return read(text)
    except ValueError:
        return _NEVER


def _plain(column: Any) -> NDArray[np.int64]:
    """Timestamps of any unit as microseconds, later digits cut off; 0 for none."""
    kind = column.type
    whole = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    factor = {"s": 1_000_000, "ms": 1_000, "us": 1}.get(kind.unit)
    found = whole // 1000 if factor is None else whole * factor
    return np.asarray(found, np.int64)


def _iso(column: Any, offset_s: int | None) -> NDArray[np.int64] | None:
    """Times of the form that Arrow and we read alike, or None where one is of another form or there is none."""
    text = column.cast(pa.string())
    if text.null_count or not len(text):
        return None
    # Arrow takes an hour without minutes for a time.
    if not pc.all(pc.equal(pc.utf8_slice_codeunits(text, 13, 14), ":")).as_py():
        return None
    for tz, shift_s in (("UTC", 0), (None, offset_s)):
        if shift_s is not None:
            try:
                return _plain(text.cast(pa.timestamp("us", tz=tz))) - shift_s * 1_000_000
            except pa.ArrowInvalid:
                continue
    return None
