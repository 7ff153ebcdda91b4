"""Times and steps as they are written in a request."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query

from infra.times import SECOND, micros
from ioc_api.problems import Stop

From = Annotated[
    str | None,
    Query(alias="from", max_length=64, description="RFC 3339 with an offset, as 2025-11-22T17:00:00Z; included."),
]
To = Annotated[str | None, Query(alias="to", max_length=64, description="RFC 3339 with an offset; not included.")]

_STEP = re.compile(r"([1-9][0-9]{0,7})(s|m|h|d)?")
_UNITS = {None: 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
# What the database's timestamps and ours can both hold, generously.
_FIRST, _LAST = -2_000_000_000 * SECOND, 7_000_000_000 * SECOND


def moment(text: str, where: str) -> int:
    """Microseconds of a time in a request, or 422."""
    # In a query a plus sign that was not escaped arrives as a blank.
    try:
        found = datetime.fromisoformat(text.strip().replace(" ", "+") if text.count(" ") == 1 and "T" in text else text)
        if found.tzinfo is None:
            raise ValueError
        us = micros(found)
    except (ValueError, OverflowError):
        raise Stop(
            422,
            f"{where}: không phải thời điểm có múi giờ, ví dụ 2025-11-22T17:00:00Z"
            " / it is no time with an offset, such as 2025-11-22T17:00:00Z",
        ) from None
    if not _FIRST < us < _LAST:
        raise Stop(422, f"{where}: quá xa hiện tại / it is too far away")
    return us


def span(start: str | None, end: str | None, now: int, usual_s: int) -> tuple[int, int]:
    """The span that a request asks for (from, to) in microseconds; ``usual_s`` up to now where it does not say."""
    to_us = moment(end, "query.to") if end is not None else now + 1
    from_us = moment(start, "query.from") if start is not None else to_us - usual_s * SECOND
    if from_us >= to_us:
        raise Stop(422, "query.from: phải trước `to` / it must be before `to`")
    return from_us, to_us


def step_s(text: str) -> int:
    """Seconds of a step such as 60, 60s, 1m, 1h or 1d, or 422."""
    found = _STEP.fullmatch(text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not found or seconds > timedelta(days=366).total_seconds():
        raise Stop(422, "query.step: số giây, hoặc số kèm s, m, h hay d, tối đa 366d"
                   " / seconds, or a number with s, m, h or d, at most 366d")  # fmt: skip
    return seconds
