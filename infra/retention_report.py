"""What retention did, or would do, in lines for people: a line a table, and one for each reason why something stays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from infra.retention import Verdict
from infra.retention_facts import Reason


def lines(verdicts: Iterable[Verdict], *, done: bool) -> list[Reason]:
    """What went (``done``) or would go, what stays and why, and what it comes to."""
    verdicts = list(verdicts)
    found = []
    for (_, stays), same in groupby(verdicts, lambda v: (v.chunk.table, v.stays)):
        vi, en = _span(list(same))
        if stays is not None:
            found.append(Reason(f"giữ lại {vi}: {stays.vi}", f"stays: {en}: {stays.en}"))
        elif done:
            found.append(Reason(f"đã bỏ {vi}", f"dropped: {en}"))
        else:
            found.append(Reason(f"sẽ bỏ {vi}", f"would go: {en}"))
    gone = [v for v in verdicts if v.stays is None]
    size, rest = f"{sum(v.size_bytes for v in gone) / 1e6:,.1f} MB", len(verdicts) - len(gone)
    vi, en = ("đã bỏ", "dropped") if done else ("sẽ bỏ", "would go")
    found.append(
        Reason(
            f"dữ liệu cũ: {vi} {len(gone)} mảnh ({size}), giữ lại {rest}",
            f"old data: {len(gone)} chunks {en} ({size}), {rest} have to stay",
        )
    )
    return found


def _span(verdicts: list[Verdict]) -> tuple[str, str]:
    """Chunks of one table that follow each other: table, span, rows and size, in both languages."""
    table, start, end = verdicts[0].chunk.table, verdicts[0].chunk.start, verdicts[-1].chunk.end
    ends = " – ".join(f"{e:%Y-%m-%d %H:%M}" if isinstance(e, datetime) else f"{e:,}" for e in (start, end))
    rows, size = sum(v.rows for v in verdicts), sum(v.size_bytes for v in verdicts) / 1e6
    count = len(verdicts)
    return (
        f"{table} {ends} ({count} mảnh, khoảng {rows:,} dòng, {size:,.1f} MB)",
        f"{table} {ends} ({count} {'chunk' if count == 1 else 'chunks'}, about {rows:,} rows, {size:,.1f} MB)",
    )
