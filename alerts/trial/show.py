"""What trials found, as text for people."""

from __future__ import annotations

from alerts.rules import durations
from alerts.rules.checks import number
from alerts.rules.model import Rule
from alerts.trial.ask import Answer
from alerts.trial.tally import Count


def replay(found: Answer, rule: Rule) -> str:
    """A replay as a page of text."""
    r = found.report
    out = [
        f"{r.rule}  {rule.vi} / {rule.en}",
        f"{found.since} – {found.until}  ({r.readings:,} số đo / readings, {found.readings_per_s:,.0f}/s,"
        f" {found.took_s:.1f} s)",
    ]
    out += [f"  {s.domain}: {s.kept} {s.since} – {s.until}" for s in found.sources]
    more = r.hysteresis.count
    head = "" if more is None else f"với {r.hysteresis.share:.0%} trễ / with {r.hysteresis.share:.0%}"
    rows = [("", "như đã viết / as it is", head)]
    rows += [
        (f"{vi} / {en}", _cell(r.count, name), "" if more is None else _cell(more, name)) for name, vi, en in _ROWS
    ]
    rows.insert(1, ("chủ thể trong phạm vi / in scope", f"{r.scope:,}", ""))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    out += ["  ".join((row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]))) for row in rows]
    if more is None:
        out.append(f"{r.hysteresis.share:.0%}: {r.hysteresis.why_vi} / {r.hysteresis.why_en}")
    else:
        sides = [("above", r.hysteresis.clear_above), ("below", r.hysteresis.clear_below)]
        levels = ", ".join(f"clear_{side} {number(level)}" for side, level in sides if level is not None)
        out.append(f"{levels}: {r.count.alerts - more.alerts:+,} cảnh báo bớt đi / alerts fewer")
    for w in r.worst:
        out.append(
            f"  {w.subject}  {w.raised}×  {_time(w.total_s)}" + ("" if w.peak is None else f"  {number(w.peak)}")
        )
    return "\n".join([*out, *(f"! {n.vi} / {n.en}" for n in found.notes), ""])


_ROWS = (
    ("alerts", "cảnh báo", "alerts"),
    ("reopened", "mở lại", "reopened"),
    ("subjects", "số chủ thể", "subjects"),
    ("swings", "quay lại trước khi hết", "back before cleared"),
    ("flapped", "chập chờn", "flapping"),
    ("cancelled", "vượt chưa đủ lâu", "did not last"),
    ("lost", "mất tín hiệu khi đang báo", "lost while firing"),
    ("standing", "đã báo từ trước", "firing before"),
    ("open", "còn báo lúc cuối", "firing at the end"),
    ("total_s", "tổng thời gian", "in all"),
    ("median_s", "trung vị", "median"),
    ("longest_s", "lâu nhất", "longest"),
    ("per_day", "mỗi ngày", "a day"),
    ("per_1000_sensor_days", "trên 1.000 chủ thể-ngày", "per 1,000 subject-days"),
)


def _cell(count: Count, name: str) -> str:
    value = getattr(count, name)
    if value is None:
        return "–"
    return _time(value) if name.endswith("_s") else f"{value:,}"


def _time(seconds: float) -> str:
    return durations.show(round(seconds))
