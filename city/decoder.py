"""The quick way from messages to columns.

A typed decoder made from the domain's metrics takes a message that is simply good in one step of C; ranges and
times are then checked for all rows at once. Whatever does not fit is left to `city.payload`, which is exact: so
both ways give the same answer, and only the fast one is fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from city.columns import MEASURING, QUALITIES, Columns
from city.payload import MAX_BYTES, Limits, Reader, Row
from city.registry import Domain

#: Time of a row whose message states none, until the time of receipt is put in.
NO_TIME = np.iinfo(np.int64).min
_INT64_MS = 1 << 50  # beyond this, milliseconds are no date and would overflow as microseconds
_FAR = np.iinfo(np.int64).max

_CODES: dict[str | None, int] = {None: MEASURING, **{name: i for i, name in enumerate(QUALITIES)}}


def _micros(ms: int) -> int:
    """Milliseconds as microseconds; _FAR, which is beyond all limits, for what is no date."""
    return ms * 1000 if -_INT64_MS <= ms <= _INT64_MS else _FAR


def _envelope(domain: Domain) -> tuple[type[msgspec.Struct], type[msgspec.Struct]]:
    """Types for {"ts":…, "values":{…}} and for the bare values; unknown keys do not fit."""
    options: Any = {"forbid_unknown_fields": True, "gc": False}
    number = float | None
    states = bool | float | None
    fields = [(m.name, states if m.kind == "state" else number, None) for m in domain.metrics]
    values = msgspec.defstruct(f"{domain.code}_values", fields, **options)
    envelope = msgspec.defstruct(
        f"{domain.code}_message",
        [
            ("values", values),
            ("ts", int | None, None),
            ("quality", Literal["measuring", "calibrating", "fault"] | None, None),
            ("period_s", number, None),
        ],
        **options,
    )
    return envelope, values


class Decoder:
    """Messages of one domain. ``take`` one after the other, then ``columns`` of all that were taken."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.reader = Reader(domain)
        self.metrics = tuple(m.name for m in domain.metrics)
        self.double = np.array([m.double for m in domain.metrics])
        self._low = np.array([m.low for m in domain.metrics])
        self._high = np.array([m.high for m in domain.metrics])
        envelope, values = _envelope(domain)
        self._message: Any = envelope
        self._decode: Any = msgspec.json.Decoder(envelope).decode
        self._decode_bare = msgspec.json.Decoder(values).decode

    def quick(self, payload: bytes) -> Any | None:
        """A message in the plain forms, as a struct of values, ts (ms), quality, period_s; None: ask the reader."""
        if len(payload) > MAX_BYTES:
            return None
        try:
            return self._decode(payload)
        except RecursionError:
            return None
        except (msgspec.MsgspecError, ValueError):  # ValueError: an unknown key that is not UTF-8
            pass
        try:
            return self._message(self._decode_bare(payload))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None

    def columns(
        self, quick: Sequence[Any], sensors: Sequence[int], limits: Limits
    ) -> tuple[Columns, NDArray[np.bool_]]:
        """The rows of quickly read messages, and which of them the reader must judge (shape (n,)).

        Those have a value out of range, no value at all, a time beyond the limits, or a period that is none. Rows
        without a time have NO_TIME.
        """
        n = len(quick)
        astuple = msgspec.structs.astuple
        values = np.array([astuple(q.values) for q in quick], np.float64).reshape(n, len(self.metrics))
        suspect = ((values < self._low) | (values > self._high)).any(axis=1)
        suspect |= np.isnan(values).all(axis=1)
        ts = np.array([NO_TIME if q.ts is None else _micros(q.ts) for q in quick], np.int64)
        suspect |= (ts != NO_TIME) & ((ts < limits.earliest_us) | (ts > limits.latest_us))
        period_s = np.array([q.period_s for q in quick], np.float64)
        good = (period_s > 0) & (period_s <= 1e9)
        suspect |= ~good & ~np.isnan(period_s)
        cols = Columns(
            self.domain.code,
            self.metrics,
            np.array(sensors, np.int32),
            np.zeros(n, np.int16),
            ts,
            np.array([_CODES[q.quality] for q in quick], np.uint8),
            np.where(good, period_s, 0.0).astype(np.float32),
            values,
        )
        return cols, suspect

    def rows(self, rows: Sequence[tuple[int, Row]], channels: dict[str, int]) -> Columns:
        """Columns of (sensor, row) that the reader found. Every channel must have its number in ``channels``."""
        n = len(rows)
        values = np.full((n, len(self.metrics)), np.nan)
        for i, (_, row) in enumerate(rows):
            for place, value in row.values.items():
                values[i, place] = value
        return Columns(
            self.domain.code,
            self.metrics,
            np.array([sensor for sensor, _ in rows], np.int32),
            np.array([channels[row.channel] for _, row in rows], np.int16),
            np.array([NO_TIME if row.time_us is None else row.time_us for _, row in rows], np.int64),
            np.array([row.quality for _, row in rows], np.uint8),
            np.array([row.period_s for _, row in rows], np.float32),
            values,
        )
