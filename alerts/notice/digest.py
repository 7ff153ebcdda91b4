"""The digest at the change of shifts: what is open, what is muted, who is silent, which rules have changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from alerts.life import rows
from alerts.life.rows import Alert
from alerts.messages import links
from alerts.messages.content import Content, Line, Section
from alerts.notice import incident, silence
from alerts.notice.book import RANK, Channel, Department
from alerts.notice.hours import CITY
from alerts.notice.outbox import Outbox
from alerts.notice.round import Round
from alerts.notice.stages import takes_now

#: When shifts change, in UTC+7.
SHIFTS = (time(6), time(14), time(22))
SHIFT = timedelta(hours=8)
#: Lines of a section.
LINES = 15


def slot(now: datetime) -> datetime:
    """The last change of shifts, in UTC+7."""
    local = now.astimezone(CITY)
    times = [datetime.combine(local.date() - timedelta(days=d), t, CITY) for d in (0, 1) for t in SHIFTS]
    return max(t for t in times if t <= local)


def digest(round_: Round) -> int:
    """Send what each channel has not had since the last change of shifts; who is not at work gets it on coming."""
    change = slot(round_.now)
    if round_.now - change >= SHIFT:
        return 0
    sent = {
        key
        for (key,) in round_.conn.execute(
            "SELECT key FROM notification WHERE kind = 'digest' AND created_at >= %s", [change]
        )
    }
    out = Outbox(round_.now)
    alerts: list[Alert] | None = None
    for department in round_.book.departments.values():
        key = f"digest/{department.code}/{change:%Y-%m-%dT%H:%M}"
        channels = [
            c for c in round_.book.channels.get(department.code, ())
            if wants(c) and c.changed_at <= change and f"{key}/ch{c.id}" not in sent
            and takes_now(department, c, "info", round_.now)
        ]  # fmt: skip
        if not channels:
            continue
        if alerts is None:
            found = round_.conn.execute("SELECT id FROM alert WHERE state IN ('firing', 'acknowledged', 'in_progress')")
            alerts = rows.read_many(round_.conn, [n for (n,) in found])
        content = contents(round_, department, alerts, change)
        for channel in channels:
            out.tell(key, channel, f"digest/{department.code}", content)
    return len(out.write(round_.conn))


def wants(channel: Channel) -> bool:
    """Whether a channel gets digests: people's do, machines' only where `config` says so; the public never."""
    usual = channel.kind in ("email", "apprise")
    return channel.enabled and channel.kind != "cap" and bool(channel.config.get("digest", usual))


def contents(round_: Round, department: Department, alerts: Sequence[Alert], change: datetime) -> Content:
    """The digest of a department: of the alerts that concern it."""
    mine = [a for a in alerts if any(c.department == department.code for c in round_.concerns(a))]
    mine.sort(key=lambda a: (-RANK[a.severity], a.started_at))
    spoken = incident.speakers(round_.conn, round_.book, mine, round_.now)
    muted = {a.id: s for a in mine if (s := silence.muting(round_.book.silences, a, department.code))}
    plain = [a for a in mine if a.id not in muted and a.id not in spoken]
    firing = [a for a in plain if a.state == "firing"]
    silent = [a for a in mine if a.condition == "lost" or a.kind == "sensor_offline"]
    sections = (
        _alerts(round_, "Chưa ai xác nhận", "Nobody has acknowledged", firing),
        _alerts(round_, "Đang xử lý", "Acknowledged and in progress", [a for a in plain if a.state != "firing"]),
        _alerts(round_, "Đang tắt báo", "Silenced", [a for a in mine if a.id in muted]),
        _ending(round_, department, change),
        _alerts(round_, "Cảm biến mất kết nối", "Silent sensors", silent),
        _rules(round_, change),
    )
    worst = max((a.severity for a in plain), key=RANK.__getitem__, default="info")
    return Content(
        kind="digest", severity=worst, department=department.code, at=round_.now,  # type: ignore[arg-type]
        department_vi=department.vi, department_en=department.en, sections=sections, since=change - SHIFT, until=change,
        reason_vi=f"giao ca {change:%H:%M}", reason_en=f"change of shifts at {change:%H:%M}",
        list_url=f"{round_.city.base_url}/#/alerts",
    )  # fmt: skip


def _section(vi: str, en: str, lines: Sequence[Line], count: int | None = None) -> Section:
    """``count``: how many there are, where only the first were made into lines."""
    count = len(lines) if count is None else count
    return Section(vi=f"{vi}: {count}", en=f"{en}: {count}", lines=tuple(lines[:LINES]), more=max(0, count - LINES))


def _alerts(round_: Round, vi: str, en: str, alerts: Sequence[Alert]) -> Section:
    lines = []
    for alert in alerts[:LINES]:
        rule = round_.book.rule(round_.conn, alert.rule, alert.rule_version)
        where = alert.sensor_id or alert.subject
        who = alert.assigned_to or alert.acknowledged_by
        tail = f", {where}, {alert.started_at.astimezone(CITY):%d/%m %H:%M}" + (f", {who}" if who else "")
        lines.append(
            Line(
                vi=(rule.vi if rule else alert.rule) + tail,
                en=(rule.en if rule else alert.rule) + tail,
                url=links.alert_page(round_.city.base_url, alert.id),
            )
        )
    return _section(vi, en, lines, len(alerts))


def _ending(round_: Round, department: Department, change: datetime) -> Section:
    """Silences that end before the shift does."""
    found = [
        s
        for s in silence.listed(round_.conn, round_.now)
        if s.ends_at <= change + SHIFT and (not s.matcher.department or department.code in s.matcher.department)
    ]
    lines = [
        Line(
            vi=f"{s.ends_at.astimezone(CITY):%d/%m %H:%M}: {s.reason} ({s.author})",
            en=f"{s.ends_at.astimezone(CITY):%d/%m %H:%M}: {s.reason} ({s.author})",
        )
        for s in found
    ]
    return _section("Tắt báo sắp hết hạn", "Silences that end in this shift", lines)


def _rules(round_: Round, change: datetime) -> Section:
    """Rules that were changed in the shift that is over, and those that are set aside."""
    changed = round_.conn.execute(
        """SELECT code, version, created_at, created_by, note FROM rule_version
           WHERE created_at > %s AND created_at <= %s ORDER BY created_at DESC LIMIT 200""",
        [change - SHIFT, round_.now],
    )
    lines = []
    for code, version, at, by, note in changed:
        text = f"{code} v{version}, {at.astimezone(CITY):%H:%M}, {by}" + (f": {note}" if note else "")
        lines.append(Line(vi=text, en=text))
    aside = round_.conn.execute(
        "SELECT code, set_aside FROM rule WHERE set_aside_at IS NOT NULL AND deleted_at IS NULL"
    )
    lines += [Line(vi=f"{code}: bị gác lại, {why}", en=f"{code}: set aside, {why}") for code, why in aside]
    return _section("Quy tắc thay đổi", "Changes of rules", lines)
