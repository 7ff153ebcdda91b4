"""Durations as people write them: 90, 30s, 10m, 2h, 1d, 1h30m."""

from __future__ import annotations

import re
from decimal import Decimal

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?\Z")
_TEXT = re.compile(r"(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+(?:\.[0-9]+)?)s)?\Z")

#: What a bad one is answered with.
FORM_VI = "viết là 30s, 10m, 2h, 1d hoặc 1h30m"
FORM_EN = "write 30s, 10m, 2h, 1d or 1h30m"


def parse(text: str) -> float:
    """Seconds; ValueError where it is no duration. A number without a unit is seconds."""
    text = text.strip()
    if _NUMBER.match(text):
        return float(text)
    found = _TEXT.match(text)
    if not text or found is None:
        raise ValueError(text)
    return sum(float(part) * unit for part, unit in zip(found.groups(), _UNITS.values(), strict=True) if part)


def show(seconds: float) -> str:
    """The shortest text that `parse` reads as exactly so many seconds: 5400 is 1h30m; below 0, which it does not read,
    with a sign."""
    if seconds < 0:
        return f"-{show(-seconds)}"
    if seconds != int(seconds):
        return f"{Decimal(repr(seconds)):f}s"
    rest, out = int(seconds), ""
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        out += f"{count}{unit}" if count else ""
    return out or "0s"
