"""What a telemetry message says, read with every tolerance and every suspicion.

This is the one place that knows what is good and what is not, and why. It is exact and unhurried; `city.decoder`
takes the many messages that are simply good and leaves all others to this.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, get_args

from city.columns import QUALITIES
from city.registry import Domain

Reason = Literal[
    "bad_topic", "too_large", "malformed", "undecoded", "unknown_sensor", "retained_stale", "future", "too_old",
    "unknown_metric", "bad_value", "out_of_range", "flood",
]  # fmt: skip
#: In this order: a message with several faults is filed under the first of them.
REASONS: tuple[Reason, ...] = get_args(Reason)

MAX_BYTES = 64 * 1024
DETAIL_CHARACTERS = 500

_ENVELOPE = frozenset({"ts", "values", "quality", "period_s"})
#: Keys under which network servers pass on a device's bytes that nobody has decoded.
_RAW_KEYS = ("data", "frm_payload", "payload_raw", "payload")
CHANNEL = re.compile(r"[A-Za-z0-9._-]{1,32}\Z")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)\Z", re.ASCII)


class Limits(NamedTuple):
    """How far a reading's time may be from now, microseconds since 1970."""

    earliest_us: int
    latest_us: int

    @classmethod
    def around(cls, now_us: int, received_us: int, *, late_days: int, early_s: int) -> Limits:
        """Of what was received then and is read now: its age counts from its receipt."""
        return cls(received_us - late_days * 86_400_000_000, now_us + early_s * 1_000_000)


class Fault(NamedTuple):
    """Something in a message that is not stored: why, in words, and how many readings it concerns."""

    reason: Reason
    detail: str
    readings: int


class Row(NamedTuple):
    """Good values of one instant and channel. ``time_us`` None: the message states no time.

    ``values``: the metric's place in the domain, and the value.
    """

    time_us: int | None
    channel: str
    quality: int
    period_s: float
    values: dict[int, float]


class Message(NamedTuple):
    """All of a message: rows to store, and faults."""

    rows: list[Row]
    faults: list[Fault]

    @property
    def readings(self) -> int:
        """How many values it holds, good and bad; a message that cannot be read counts as one."""
        return sum(len(r.values) for r in self.rows) + sum(f.readings for f in self.faults)


class Bad(Exception):
    """Something in a message that is not stored."""

    def __init__(self, reason: Reason, detail: str, readings: int = 1) -> None:
        self.fault = Fault(reason, detail, readings)


def show(value: object) -> str:
    """A value for a message: short, printable, and safe for a text column."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits has no repr
        text = type(value).__name__
    text = text if len(text) <= 60 else text[:57] + "..."
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def summary(faults: list[Fault]) -> Fault:
    """One fault for the message: its first reason in the order of REASONS, all details, all readings."""
    ranked = sorted(faults, key=lambda f: REASONS.index(f.reason))
    detail = "; ".join(f.detail if f.reason == ranked[0].reason else f"{f.reason}: {f.detail}" for f in ranked)
    if len(detail) > DETAIL_CHARACTERS:
        detail = detail[: DETAIL_CHARACTERS - 3] + "..."
    return Fault(ranked[0].reason, detail, sum(f.readings for f in faults))


def _integer(digits: str) -> int | float:
    # int() refuses thousands of digits, and takes quadratic time for hundreds.
    return int(digits) if len(digits) < 40 else float(digits)


def parse(payload: bytes) -> Any:
    """The JSON of a payload; Bad where it is none."""
    if len(payload) > MAX_BYTES:
        raise Bad("too_large", f"{len(payload):,} bytes; at most {MAX_BYTES:,} are taken")
    if not payload:
        raise Bad("malformed", "the message is empty")
    try:
        return json.loads(payload.decode("utf-8"), parse_int=_integer)
    except UnicodeDecodeError as e:
        raise Bad("malformed", f"not UTF-8 at byte {e.start}") from None
    except RecursionError:
        raise Bad("malformed", "nested too deeply") from None
    except ValueError as e:
        raise Bad("malformed", f"not JSON: {e}") from None


def _time(ts: object) -> int:
    if isinstance(ts, int) and not isinstance(ts, bool):
        return ts * 1000
    if isinstance(ts, str) and _ISO.match(ts):
        try:
            # Nanoseconds are cut to microseconds: not every Python reads more than six digits.
            text = re.sub(r"(\.\d{6})\d+", r"\1", ts.upper().replace(",", "."))
            return microseconds(datetime.fromisoformat(text))
        except (ValueError, OverflowError) as e:
            raise Bad("malformed", f"ts {show(ts)}: {e}") from None
    raise Bad("malformed", f"ts {show(ts)} is neither epoch milliseconds nor ISO 8601 with an offset")


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def _value(value: object) -> float:
    """A finite number or a boolean as a float; Bad otherwise."""
    if isinstance(value, int | float):  # bool is an int
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
        raise Bad("bad_value", "not finite")
    raise Bad("bad_value", f"{show(value)} is no number")


class Reader:
    """Reads messages of one domain."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self._places = {m.name: i for i, m in enumerate(domain.metrics)}

    def read(self, payload: bytes, limits: Limits) -> Message:
        """The rows and faults of a message. Never raises. Readings without a time pass the time limits."""
        rows: list[Row] = []
        faults: list[Fault] = []
        try:
            top = parse(payload)
            if not isinstance(top, list):
                top = [top]
            if not top:
                raise Bad("malformed", "an empty list")
        except Bad as e:
            return Message([], [e.fault])
        for item in top:
            try:
                rows += self._item(item, limits, faults)
            except Bad as e:
                faults.append(e.fault)
        return Message(rows, faults)

    def _item(self, item: object, limits: Limits, faults: list[Fault]) -> Iterator[Row]:
        if not isinstance(item, dict):
            raise Bad("malformed", f"{show(item)} is no object")
        if "values" in item:
            values = item["values"]
            if not isinstance(values, dict):
                raise Bad("malformed", f"values {show(values)} is no object")
            faults += [Fault("unknown_metric", f"{show(k)} beside values", 1) for k in item if k not in _ENVELOPE]
        else:
            values = {k: v for k, v in item.items() if k not in _ENVELOPE}
        if not values:
            raise Bad("malformed", "no values")
        self._refuse_raw(values)
        count = max(1, sum(v is not None for v in values.values()))
        try:
            time_us, quality, period_s = self._circumstances(item, limits)
        except Bad as e:
            raise Bad(e.fault.reason, e.fault.detail, count) from None
        channels = self._values(values, faults)
        return (Row(time_us, channel, quality, period_s, found) for channel, found in channels.items())

    def _refuse_raw(self, values: Mapping[str, object]) -> None:
        if any(k.split(":", 1)[0] in self._places for k in values):
            return
        raw = next((k for k in _RAW_KEYS if isinstance(values.get(k), str)), None)
        if raw:
            raise Bad("undecoded", f"the device's bytes in {raw!r} were not decoded by its network server")

    def _circumstances(self, item: Mapping[str, object], limits: Limits) -> tuple[int | None, int, float]:
        quality = item.get("quality")
        if quality is not None and quality not in QUALITIES:
            raise Bad("malformed", f"quality {show(quality)} is none of {', '.join(QUALITIES)}")
        period = item.get("period_s")
        period_s = 0.0
        if period is not None:
            try:
                period_s = _value(period)
            except Bad:
                period_s = -1.0
            if isinstance(period, bool) or not 0 < period_s <= 1e9:
                raise Bad("malformed", f"period_s {show(period)} is no number of seconds above 0")
        ts = item.get("ts")
        time_us = None if ts is None else _time(ts)
        if time_us is not None and time_us > limits.latest_us:
            raise Bad("future", f"ts {show(ts)} is ahead of the clock")
        if time_us is not None and time_us < limits.earliest_us:
            raise Bad("too_old", f"ts {show(ts)} is too long ago")
        return time_us, QUALITIES.index(str(quality)) if quality else 0, period_s

    def _values(self, values: Mapping[str, object], faults: list[Fault]) -> dict[str, dict[int, float]]:
        """The good values by channel; the others become faults."""
        channels: dict[str, dict[int, float]] = {}
        for key, value in values.items():
            name, colon, channel = key.partition(":")
            place = self._places.get(name)
            if place is None:
                faults.append(Fault("unknown_metric", f"{show(key)} is no metric of {self.domain.code}", 1))
            elif colon and not CHANNEL.match(channel):
                faults.append(Fault("unknown_metric", f"{show(key)} names no channel", 1))
            elif value is not None:
                metric = self.domain.metrics[place]
                try:
                    number = _value(value)
                except Bad as e:
                    faults.append(Fault("bad_value", f"{key}: {e.fault.detail}", 1))
                    continue
                if metric.low <= number <= metric.high:
                    channels.setdefault(channel, {})[place] = number
                else:
                    told = f"{key} {show(value)} {metric.unit} is not in {metric.low:g} to {metric.high:g}"
                    faults.append(Fault("out_of_range", told, 1))
        return channels
