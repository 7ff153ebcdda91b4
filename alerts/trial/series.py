"""Readings written in short: `20x5 160x10 _x3 20..80x4` is 20 five times, 160 ten times, three times nothing, then
20, 40, 60, 80."""

from __future__ import annotations

import math
import re

#: A series has at most so many values.
MOST = 100_000
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_PART = re.compile(rf"(?:(?P<gap>_)|(?P<first>{_NUMBER})(?:\.\.(?P<last>{_NUMBER}))?)(?:x(?P<times>\d{{1,6}}))?\Z")

FORM_VI = "viết giá trị xsố lần, cách nhau bằng dấu cách: 20x5 160x10; _x3 là ba lần không có số đo; 20..80x4 tăng đều"
FORM_EN = "write values xtimes with blanks between: 20x5 160x10; _x3: three times no reading; 20..80x4: evenly rising"


def parse(text: str) -> list[float | None]:
    """The values, one for each interval; None: no reading. ValueError names the part that is none."""
    out: list[float | None] = []
    for part in text.split():
        found = _PART.match(part)
        if found is None:
            raise ValueError(part)
        times = int(found["times"] or 1)
        if len(out) + times > MOST:
            raise ValueError(f"{part} (> {MOST})")
        out += [None] * times if found["gap"] else _values(float(found["first"]), found["last"], times)
    if not out:
        raise ValueError(repr(text))
    return out


def _values(first: float, last: str | None, times: int) -> list[float | None]:
    if last is None:
        return [first] * times
    step = (float(last) - first) / (times - 1) if times > 1 else 0.0
    # Ten digits: the sum of many steps must not show what binary fractions add.
    return [_short(first + step * i) for i in range(times)]


def _short(value: float) -> float:
    return value if value == 0 else round(value, 9 - math.floor(math.log10(abs(value))))
