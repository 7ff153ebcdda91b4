"""The reasons not to tell, in their order. Each stage looks at one alert, one department and perhaps one channel;
the first that objects decides, and its word is the reason that people are shown.

A reason that passes (``held``) is kept and looked at again when it is over: nothing that still fires is forgotten.
What is over is told to everybody who was told that it fires, whatever the stages say but for hours and ``channel_off``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from alerts.life.rows import Alert
from alerts.notice.book import RANK, Book, Channel, Department
from alerts.notice.silence import muting
from alerts.rules.directory import Role

#: Every reason of `muting.why`, with what it says.
REASONS: Mapping[str, tuple[str, str]] = {
    "no_route": ("không tuyến nào dẫn đến đơn vị này", "no route leads to it"),
    "silence": ("đang tắt báo", "silenced"),
    "maintenance": ("đang bảo trì", "maintenance window"),
    "incident": ("một sự cố chung đã được báo thay", "another alert speaks for it"),
    "no_channel": ("đơn vị chưa có kênh nhận", "the department has no channel"),
    "channel_off": ("kênh đang tắt", "the channel is switched off"),
    "channel_role": ("kênh không nhận vai trò này", "the channel does not take this role"),
    "channel_severity": ("kênh không nhận mức này", "the channel takes graver alerts only"),
    "hours": ("ngoài giờ trực: sẽ báo khi vào giờ trực", "outside working hours: told when they begin"),
    "no_change": ("người nhận đã biết", "the receiver knows it already"),
    "cleared_before_told": ("hết trước khi kịp báo", "it was over before it was told"),
    "superseded": ("một thay đổi sau đã được báo", "a later change was told instead"),
    "error": ("lỗi nội bộ khi lập thông báo", "an error of ours while it was planned"),
}


class Verdict(NamedTuple):
    """Why not. ``by`` names whose doing it is; ``held``: it is looked at again when the reason is over."""

    why: str
    by: str = ""
    held: bool = False


class Case(NamedTuple):
    """What a stage looks at."""

    book: Book
    now: datetime
    alert: Alert
    department: Department
    role: Role | None
    speaker: Alert | None


def routed(case: Case) -> Verdict | None:
    return Verdict("no_route") if case.role is None else None


def not_silenced(case: Case) -> Verdict | None:
    found = muting(case.book.silences, case.alert, case.department.code)
    return Verdict(found.kind, f"silence/{found.id}", held=True) if found else None


def no_incident(case: Case) -> Verdict | None:
    return Verdict("incident", f"alert/{case.speaker.id}", held=True) if case.speaker else None


def switched_on(case: Case, channel: Channel) -> Verdict | None:
    return None if channel.enabled else Verdict("channel_off")


def takes_role(case: Case, channel: Channel) -> Verdict | None:
    return None if case.role in channel.roles else Verdict("channel_role", ", ".join(channel.roles))


def takes_severity(case: Case, channel: Channel) -> Verdict | None:
    enough = RANK[case.alert.severity] >= RANK[channel.severity]
    return None if enough else Verdict("channel_severity", channel.severity)


def at_work(case: Case, channel: Channel) -> Verdict | None:
    if takes_now(case.department, channel, case.alert.severity, case.now):
        return None
    return Verdict("hours", f"channel/{channel.id}", held=True)


def takes_now(department: Department, channel: Channel, severity: str, now: datetime) -> bool:
    """Whether a channel takes what is so grave at that time of day."""
    if channel.outside_hours == "all" or (channel.outside_hours == "critical" and severity == "critical"):
        return True
    return department.at_work(now)


#: Before the channels are looked at.
OF_DEPARTMENT: tuple[Callable[[Case], Verdict | None], ...] = (routed, not_silenced, no_incident)
#: Of what fires, by channel.
OF_CHANNEL: tuple[Callable[[Case, Channel], Verdict | None], ...] = (
    switched_on, takes_role, takes_severity, at_work,
)  # fmt: skip
#: Of what is over, by channel that was told that it fires.
OF_RESOLVED: tuple[Callable[[Case, Channel], Verdict | None], ...] = (switched_on, at_work)


def for_department(case: Case) -> Verdict | None:
    """Why the department is not told that it fires; None: it is."""
    return next((v for stage in OF_DEPARTMENT if (v := stage(case)) is not None), None)


def for_channel(case: Case, channel: Channel, *, over: bool) -> Verdict | None:
    """Why a channel of the department is not told; None: it is."""
    return next((v for stage in (OF_RESOLVED if over else OF_CHANNEL) if (v := stage(case, channel)) is not None), None)
