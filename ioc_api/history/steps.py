"""Steps of time: how they are written, where they begin, and which one gives about so many points."""

from __future__ import annotations

import math

from infra.times import SECOND
from ioc_api.faults import vi
from ioc_api.problems import Stop
from ioc_api.rest.spans import step_s

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
#: Steps are counted from Monday 2000-01-03 00:00 UTC, those of whole days from that day's midnight in the city
#: (UTC+7): steps that divide a day begin with it, weeks on Monday, and any other step is the same on every day.
ORIGIN_US = 946_857_600 * SECOND
CITY_US = 7 * HOUR_S * SECOND

#: What `points` chooses among, in seconds.
NICE = (
    1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, DAY_S,
    2 * DAY_S, 4 * DAY_S, 7 * DAY_S, 14 * DAY_S, 28 * DAY_S,
)  # fmt: skip
#: Readings are given as they came where there are not more of them than this many times the points asked for.
ENOUGH = 1.25


def begin(time_us: int, seconds: int) -> int:
    """The beginning of the step in which a time lies."""
    origin = ORIGIN_US - (CITY_US if seconds % DAY_S == 0 else 0)
    step = seconds * SECOND
    return origin + (time_us - origin) // step * step


def parse(text: str | None) -> int | None:
    """Seconds of a step, None where there is none; 422 for a bad one."""
    return None if text is None else step_s(text)


def count(from_us: int, to_us: int, seconds: int) -> int:
    """How many steps a span touches."""
    return -(-(to_us - begin(from_us, seconds)) // (seconds * SECOND))


def choose(from_us: int, to_us: int, points: int, interval_s: float) -> int | None:
    """The step that gives about so many points a series; None: readings as they came are about so many.

    A step is never shorter than the interval at which a sensor reports, which would leave holes.
    """
    span_s = (to_us - from_us) / SECOND
    if span_s <= points * interval_s * ENOUGH:
        return None
    able = [s for s in NICE if s >= interval_s] or [NICE[-1]]
    return min(able, key=lambda s: abs(math.log(span_s / s / points)))


def unit(seconds: int) -> str:
    """From what a step is made where that is kept: hour, minute, or the readings themselves (raw)."""
    if seconds % HOUR_S == 0:
        return "hour"
    return "minute" if seconds % MINUTE_S == 0 else "raw"


def kept(seconds: int) -> bool:
    """Whether it is a step that rollups of zones and areas keep as it is: figures that do not add up are known."""
    return seconds in (MINUTE_S, HOUR_S, DAY_S)


def shown(seconds: int) -> str:
    """A step as people write it."""
    for size, letter in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


def stop_too_many(number: int, limit: int, what: tuple[str, str], narrow: tuple[str, str]) -> Stop:
    """The answer to a question that is too large: what of, and what to ask instead (Vietnamese, English)."""
    return Stop(
        422,
        f"câu hỏi này cần khoảng {vi(number)} {what[0]}, mỗi lần được tối đa {vi(limit)}: {narrow[0]}"
        f" / this question comes to about {number:,} {what[1]}, and {limit:,} are possible at once: {narrow[1]}",
    )
