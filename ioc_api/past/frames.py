"""What a client of the time machine may say beside the frames of the live socket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from infra.times import SECOND, micros, rfc3339
from ioc_api.live.frames import Asked as Usual
from ioc_api.live.frames import BadFrame, reader
from ioc_api.past.clock import FASTEST, SLOWEST

#: A replay is of so long at most.
LONGEST_US = 8 * 24 * 3600 * SECOND
_BOTH = "cần cả `from` và `to`, như 2026-11-23T11:00:00Z / `from` and `to` are both needed, as in 2026-11-23T11:00:00Z"
_ORDER = "`from` phải trước `to` và trước bây giờ ({0}) / `from` is before `to`, and before now ({0})"
_TIME = (
    "`{name}` là thời điểm có múi giờ, như 2026-11-23T11:00:00Z"
    " / `{name}` is a time with its offset, as 2026-11-23T11:00:00Z"
)


class Play(msgspec.Struct, tag="play"):
    """Show what was from ``since`` to ``to``, beginning ``at``; without any of them go on after a pause."""

    id: int
    since: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    at: str | None = None
    speed: float | None = None
    paused: bool = False


class Pause(msgspec.Struct, tag="pause"):
    id: int


class Seek(msgspec.Struct, tag="seek"):
    id: int
    at: str


class Speed(msgspec.Struct, tag="speed"):
    id: int
    speed: float


Asked = Usual | Play | Pause | Seek | Speed
read: Callable[[str], Any] = reader(Asked)


class Span(NamedTuple):
    """What is to be replayed (microseconds), and from where in it."""

    from_us: int
    to_us: int
    at_us: int


def span(asked: Play, now_us: int) -> Span:
    """The span of a frame that names one; BadFrame says why it cannot be replayed."""
    if asked.since is None or asked.to is None:
        raise BadFrame("bad_span", _BOTH, asked.id)
    from_us, to_us = time_of(asked.since, "from", asked.id), time_of(asked.to, "to", asked.id)
    if from_us < 0:
        raise BadFrame("bad_span", "không có gì trước năm 1970 / there is nothing before 1970", asked.id)
    to_us = min(to_us, now_us)
    if to_us - from_us < SECOND:
        raise BadFrame("bad_span", _ORDER.format(rfc3339(now_us)), asked.id)
    if to_us - from_us > LONGEST_US:
        days = LONGEST_US // (24 * 3600 * SECOND)
        text = f"mỗi lần chỉ phát lại được nhiều nhất {days} ngày / at most {days} days can be replayed"
        raise BadFrame("bad_span", text, asked.id)
    at_us = from_us if asked.at is None else time_of(asked.at, "at", asked.id)
    return Span(from_us, to_us, min(max(at_us, from_us), to_us))


def time_of(text: str, name: str, number: int) -> int:
    """A time with its offset as microseconds, or BadFrame."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return micros(moment)
    except (ValueError, OverflowError):
        raise BadFrame("bad_time", _TIME.format(name=name), number) from None


def speed_of(speed: float, number: int) -> float:
    """A speed, or BadFrame."""
    if not SLOWEST <= speed <= FASTEST:
        text = f"tốc độ từ {SLOWEST:g} đến {FASTEST:g} / speed is {SLOWEST:g} to {FASTEST:g}"
        raise BadFrame("bad_speed", text, number)
    return speed
