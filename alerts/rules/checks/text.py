"""Codes and texts: what people will read, in mail, on the screen and on the telephone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from alerts.rules.findings import Finding, error, meant, short, warning
from alerts.rules.known import Known
from alerts.rules.model import Rule

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
#: Field, the most characters, and whether it may have several lines.
TEXTS = (
    ("vi", 200, False),
    ("en", 200, False),
    ("advice_vi", 2000, True),
    ("advice_en", 2000, True),
    ("legal_basis", 200, False),
)


def check(rule: Rule, known: Known, others: Mapping[str, Rule]) -> Iterator[Finding]:
    if not CODE.match(rule.code):
        yield error(
            "code",
            "code",
            "mã gồm chữ thường không dấu, số, - và _ (tối đa 64), ví dụ pm25-cao",
            "a code is lower-case letters, digits, - and _ (64 at the most), such as pm25-high",
        )
    for field, most, lines in TEXTS:
        text = getattr(rule, field)
        if text is not None:
            yield from said(field, text, most, lines, empty=field in ("advice_vi", "advice_en"))
    if rule.department is not None and known.departments is not None and rule.department not in known.departments:
        vi, en = meant(rule.department, known.departments)
        yield error(
            "unknown_department",
            "department",
            f"không có đơn vị {short(rule.department)}{vi}",
            f"there is no department {short(rule.department)}{en}",
        )
    yield from _routed(rule, known)


def said(field: str, text: str, most: int, lines: bool = False, empty: bool = False) -> Iterator[Finding]:
    """What is wrong with one text."""
    if not text.strip() and not empty:
        yield error("text", field, "để trống: viết một câu ngắn", "is empty: write a short sentence")
    if len(text) > most:
        yield error(
            "text",
            field,
            f"dài {len(text):,} ký tự: tối đa {most:,}",
            f"has {len(text):,} characters: at most {most:,}",
        )
    if any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") and not (lines and c == "\n") for c in text[:100_000]):
        yield error(
            "text",
            field,
            "có ký tự điều khiển hoặc xuống dòng: xoá đi",
            "has a control character or a line break: remove it",
        )
    elif any(c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for c in text):
        yield error(
            "text", field, "có ký tự đảo chiều chữ: xoá đi", "has a character that turns text around: remove it"
        )


def _routed(rule: Rule, known: Known) -> Iterator[Finding]:
    if rule.department is not None or known.routes is None:
        return
    handled = any(r.role == "handles" and r.kind in (None, rule.kind) for r in known.routes)
    if not handled:
        yield warning(
            "no_route",
            "kind",
            f"chưa có đơn vị nào xử lý cảnh báo loại {rule.kind}: thêm tuyến (routes) hoặc ghi department",
            f"nobody handles alerts of the kind {rule.kind}: add a route, or name a department",
        )
