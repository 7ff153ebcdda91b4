"""What a notification is about, frozen when it was decided: the column notification.content.

Whoever decides (alerts/notice) fills it in; whoever sends (alerts/deliver) only renders it. What happens to an alert
afterwards changes nothing of it, so that a repetition says the same under the same key. Texts are as people wrote
them: they are escaped where they are shown.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from alerts.rules.model import Kind, Severity

#: What a notification tells. `retro` is the one summary of a backlog, `summary` that of the storm guard.
Telling = Literal[
    "firing", "resolved", "lost", "found", "flapping", "steady", "reminder", "escalation", "assigned", "closed",
    "summary", "retro", "digest", "drill", "test",
]  # fmt: skip


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert as it stood. Times are aware; ``at`` is that of the value; values are in ``unit``.

    ``what`` is set where this alert is told something else than the notification's kind says (a group's round may hold
    both). ``measure`` names the metric, index or figure; ``children`` is how many alerts it speaks for.
    """

    id: int
    rule: str
    version: int
    vi: str
    en: str
    kind: Kind
    severity: Severity
    subject: str
    area: str
    started_at: datetime
    at: datetime
    what: Telling | None = None
    place_vi: str = ""
    place_en: str = ""
    domain: str | None = None
    zone: str | None = None
    zone_name: str | None = None
    sensor_id: str | None = None
    sensor_name: str | None = None
    lat: float | None = None
    lon: float | None = None
    measure_vi: str = ""
    measure_en: str = ""
    value: float | None = None
    threshold: float | None = None
    peak: float | None = None
    unit: str = ""
    legal_basis: str | None = None
    advice_vi: str = ""
    advice_en: str = ""
    department_vi: str = ""
    department_en: str = ""
    state: str = "firing"
    condition: str = "breach"
    flip: int | None = None
    raises: int = 1
    children: int = 0
    ended_at: datetime | None = None
    acknowledged_by: str | None = None
    assigned_to: str | None = None
    ack_url: str | None = None
    map_url: str | None = None
    why_url: str | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a section, in both languages."""

    vi: str
    en: str
    url: str | None = None


class Section(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A heading with its lines; ``more`` were left out. For digests and summaries."""

    vi: str
    en: str
    lines: tuple[Line, ...] = ()
    more: int = 0


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message to one department. ``at`` is when it was decided.

    ``more``: alerts beyond those listed. ``reason``: why this message exists, where its kind does not say it (which
    step of escalation, why a storm is summed up). ``confirm_url``: the link of a drill or test. ``since``, ``until``:
    the span of a summary or digest.
    """

    kind: Telling
    severity: Severity
    department: str
    at: datetime
    department_vi: str = ""
    department_en: str = ""
    role: Literal["handles", "supports", "informed"] = "handles"
    alerts: tuple[Told, ...] = ()
    more: int = 0
    reason_vi: str = ""
    reason_en: str = ""
    sections: tuple[Section, ...] = ()
    confirm_url: str | None = None
    list_url: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def freeze(content: Content) -> dict[str, Any]:
    """For the jsonb column: plain values, times as RFC 3339."""
    out: dict[str, Any] = msgspec.to_builtins(content)
    return out


def thaw(body: Any) -> Content:
    """The content of a row; msgspec.ValidationError where it is none."""
    return msgspec.convert(body, Content)
