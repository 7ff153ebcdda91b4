"""A file that is read by a wrong mapping is bad line by line: that is found out before any of it is stored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ingest.backfill.parts import Bad, Part

#: Lines at the beginning of a file that are looked at, and how many there must be for a judgement.
LOOK, LEAST = 10_000, 100
#: Share of bad lines for one reason above which the mapping is to blame and not the lines.
SHARE = 0.9
_SHOWN = 160


class Hint(NamedTuple):
    """What looks wrong and how to mend it, in both languages. ``detail``: of bad lines of this ``reason``."""

    reason: str
    detail: re.Pattern[str]
    vi: str
    en: str


def _hint(reason: str, detail: str, vi: str, en: str) -> Hint:
    return Hint(reason, re.compile(detail), vi, en)


#: The first that fits.
HINTS = (
    _hint(
        "unknown_sensor",
        "^no sensor is named",
        "cột cảm biến trống hoặc là một cột khác: --map sensor=CỘT, hoặc --sensor MÃ cho mọi dòng",
        "the sensor's column is empty or another one: --map sensor=COLUMN, or --sensor ID for all lines",
    ),
    _hint(
        "unknown_sensor",
        "",
        "tên trong cột cảm biến không phải mã đã đăng ký: ghi tên và mã vào [sensors] của --mapping, hoặc đăng ký"
        " bằng `ioc sensors import`",
        "the names in the sensor's column are no registered ids: say which is which in [sensors] of --mapping, or"
        " register them by `ioc sensors import`",
    ),
    _hint(
        "malformed",
        "(?i)time",
        "thời gian viết theo dạng khác: --time-format, và --utc-offset nếu không ghi múi giờ",
        "times are written in another form: --time-format, and --utc-offset where they state no offset",
    ),
    _hint(
        "malformed",
        "cells; the header has",
        "số ô không khớp dòng tiêu đề: --delimiter",
        "the number of cells is not that of the header: --delimiter",
    ),
    _hint(
        "malformed",
        "",
        "các dòng không phải CSV UTF-8: --delimiter, hoặc lưu lại tệp thành CSV UTF-8",
        "the lines are no CSV in UTF-8: --delimiter, or save the file as CSV UTF-8",
    ),
    _hint(
        "bad_value",
        "--decimal-comma",
        "số viết bằng dấu phẩy: --decimal-comma",
        "numbers are written with a comma: --decimal-comma",
    ),
    _hint(
        "bad_value",
        "--scale",
        "đơn vị khác với của hệ thống: đổi bằng --scale",
        "they are in another unit than ours: convert them by --scale",
    ),
    _hint(
        "bad_value",
        "",
        "cột giá trị không phải là số: --map value=CỘT hoặc --map metric.TÊN=CỘT, hoặc bỏ cột bằng --ignore",
        "a column of values holds no numbers: --map value=COLUMN or --map metric.NAME=COLUMN, or leave it out by "
        "--ignore",
    ),
    _hint(
        "unknown_metric",
        "",
        "tên chỉ số không phải của lĩnh vực này: ghi tên vào [metrics] của --mapping, hoặc --map metric=CỘT",
        "the names of metrics are not those of the domain: say which is which in [metrics] of --mapping, or --map"
        " metric=COLUMN",
    ),
    _hint(
        "out_of_range",
        "",
        "đơn vị khác hoặc nhầm cột: --scale CHỈ_SỐ=HỆ_SỐ hoặc --map",
        "another unit, or the column of another metric: --scale METRIC=FACTOR, or --map",
    ),
    _hint(
        "too_old",
        "",
        "thời gian tính bằng giây hoặc viết theo dạng khác: dùng mili giây hoặc ISO 8601, hoặc --time-format",
        "times are seconds or of another form: give milliseconds or ISO 8601, or --time-format",
    ),
    _hint(
        "future",
        "",
        "ngày và tháng đảo chỗ hoặc sai múi giờ: --time-format, --utc-offset",
        "day and month change places, or the offset is wrong: --time-format, --utc-offset",
    ),
    _hint(
        "bad_topic",
        "",
        "cột area hoặc domain nói khác với danh mục: --ignore area --ignore domain",
        "the columns area or domain contradict the registry: --ignore area --ignore domain",
    ),
    _hint(
        "",
        "",
        "xem lại --map và --mapping",
        "look at --map and --mapping again",
    ),
)


def beginning(parts: Iterator[Part]) -> list[Part]:
    """The parts that hold the first LOOK lines, taken off."""
    found: list[Part] = []
    while sum(p.lines for p in found) < LOOK and (part := next(parts, None)) is not None:
        found.append(part)
    return found


def trouble(found: list[Part]) -> str:
    """What looks wrong with the mapping, in a sentence; empty where the lines may be as they are."""
    lines, bad = sum(p.lines for p in found), [b for p in found for b in p.bad]
    if lines < LEAST or not bad:
        return ""
    reason, count = Counter(b.reason for b in bad).most_common(1)[0]
    if count <= SHARE * lines and len(bad) < lines:
        return ""
    (what, _), *_ = Counter(_kind(b) for b in bad if b.reason == reason).most_common(1)
    first = next(b for b in bad if b.reason == reason and _kind(b) is what)
    shown = first.detail if len(first.detail) <= _SHOWN else first.detail[:_SHOWN] + "…"
    return (
        f"chưa ghi gì: {len(bad):,} trong {lines:,} dòng đầu đều hỏng, chủ yếu {reason} (dòng {first.line}: {shown});"
        f" có vẻ {what.vi}; vẫn muốn nạp: --keep-going / nothing was stored: of the first {lines:,} lines {len(bad):,}"
        f" are bad, mostly {reason}; it looks as if {what.en}; to go on all the same: --keep-going"
    )


def _kind(b: Bad) -> Hint:
    return next(h for h in HINTS if h.reason in ("", b.reason) and h.detail.search(b.detail))
