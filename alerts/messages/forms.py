"""How numbers, times and strangers' texts are written in a message, in Vietnamese and in English."""

from __future__ import annotations

import math
import unicodedata
from datetime import datetime, timedelta, timezone
from typing import Literal
from urllib.parse import urlsplit

Language = Literal["vi", "en"]

CITY = timezone(timedelta(hours=7))
#: The unit of what is only off or on.
OFF_ON = "0/1"
#: Longer spans are as good as for ever.
_LONGEST_S = 1e9
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def plain(text: str, longest: int = 2_000) -> str:
    """One line of text that is only text: control characters and invisible marks become blanks or go, NFC.

    Marks that turn the direction of writing could make a name read as something else; they go too.
    """
    out = []
    for c in unicodedata.normalize("NFC", text[: longest * 2]):
        category = unicodedata.category(c)
        if category in ("Cc", "Zl", "Zp"):
            out.append(" ")
        elif category not in ("Cf", "Cs", "Co", "Cn"):
            out.append(c)
    line = " ".join("".join(out).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def link(url: str | None) -> str | None:
    """The address where it is one of the web without blanks or control characters, else None."""
    if not url or len(url) > 2_000 or any(c.isspace() or not c.isprintable() for c in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def _digits(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _localised(text: str, language: Language) -> str:
    if language == "vi":
        text = text.replace(",", "\0").replace(".", ",").replace("\0", ".")
    return text.replace("-", "−") if text.startswith("-") else text


def number(value: float | None, language: Language, decimals: int | None = None) -> str:
    """1.234,5 in Vietnamese, 1,234.5 in English; two decimals, of small values three digits. None: –."""
    if value is None or not math.isfinite(value):
        return "–"
    if decimals is None:
        size = abs(value)
        decimals = 2 if size >= 1 or size == 0 else min(9, 2 - math.floor(math.log10(size)))
    return _localised(_digits(value, decimals), language)


def against(value: float | None, threshold: float | None, language: Language) -> tuple[str, str]:
    """A value and the level it is held against, with enough decimals to show that they differ."""
    shown = number(value, language), number(threshold, language)
    if value is None or threshold is None or value == threshold or shown[0] != shown[1]:
        return shown
    for decimals in range(3, 10):
        shown = number(value, language, decimals), number(threshold, language, decimals)
        if shown[0] != shown[1]:
            break
    return shown


def quantity(value: float | None, unit: str, language: Language) -> str:
    """A value with its unit: off and on in words, seconds as a span, and of a number without a unit the number."""
    if value is None or not math.isfinite(value):
        return "–"
    if unit == OFF_ON and value in (0, 1):
        return ("bật" if value else "tắt") if language == "vi" else ("on" if value else "off")
    if unit == OFF_ON:
        value, unit = value * 100, "%"
    if unit == "s" and value >= 0:
        return duration(timedelta(seconds=min(value, _LONGEST_S)), language)
    return " ".join(part for part in (number(value, language), plain(unit, 40) if unit != "1" else "") if part)


def time(moment: datetime, language: Language) -> str:
    """14:05 ngày 23/11/2026 or 14:05, 23 Nov 2026: the city's time, UTC+7."""
    t = moment.astimezone(CITY)
    if language == "vi":
        return f"{t:%H:%M} ngày {t:%d/%m/%Y}"
    return f"{t:%H:%M}, {t.day} {_MONTHS[t.month - 1]} {t.year}"


def duration(span: timedelta, language: Language) -> str:
    """The two greatest parts of a span: 2 giờ 5 phút, 2 h 5 min."""
    seconds = max(0, int(span.total_seconds()))
    units = (
        (86_400, "ngày", "d"),
        (3_600, "giờ", "h"),
        (60, "phút", "min"),
        (1, "giây", "s"),
    )
    parts: list[str] = []
    for size, vi, en in units:
        count, seconds = divmod(seconds, size)
        if count and len(parts) < 2:
            parts.append(f"{number(count, language)} {vi if language == 'vi' else en}")
        elif parts:
            break
    return " ".join(parts) or ("0 giây" if language == "vi" else "0 s")
