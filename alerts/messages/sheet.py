"""A message as a sheet of facts in one language, before it is text, HTML or CAP.

Everything on a sheet is one line of plain text (forms.plain) or an address of the web (forms.link).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from alerts.messages import words
from alerts.messages.content import Content, Section, Told
from alerts.messages.forms import OFF_ON, Language, against, duration, link, number, plain, quantity, time
from alerts.messages.words import Pair, say

#: More alerts in a summary than people read whole.
_MANY = 5


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what it says; ``url`` leads to it."""

    label: str
    text: str
    url: str | None = None


@dataclass(slots=True)
class Block:
    """One alert, or one section of a digest: a heading, its facts, and the button of what can be done."""

    heading: str
    facts: list[Fact] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    button: Fact | None = None


@dataclass(slots=True)
class Sheet:
    """The whole message in one language."""

    language: Language
    headline: str
    notes: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    closing: list[Fact] = field(default_factory=list)


def name(told: Told, language: Language) -> str:
    """The rule's name."""
    return plain(told.vi if language == "vi" else told.en or told.vi, 200)


def place(told: Told, language: Language) -> str:
    """Where: place, ward; the sensor's id where nothing else is known."""
    known = told.place_vi if language == "vi" else told.place_en or told.place_vi
    parts: list[str] = []
    for part in (known or told.sensor_name or "", told.zone_name or ""):
        one = plain(part, 200)
        if one and one not in ", ".join(parts):
            parts.append(one)
    return ", ".join(parts) or plain(told.sensor_id or told.zone or told.area, 100)


def sensor(told: Told) -> str:
    """Which of several at one place: its name and id."""
    name, code = plain(told.sensor_name or "", 200), plain(told.sensor_id or "", 100)
    return f"{name} ({code})" if name and code and name != code else code


def measured(told: Told, language: Language) -> str:
    """The value against its threshold, with the unit: PM2.5: 162,4 µg/m³ (ngưỡng 150 µg/m³)."""
    value, level = (_amount(told, v, language) for v in (told.value, told.threshold))
    if value == "–":
        return ""
    if told.unit not in (OFF_ON, "s"):
        # With enough decimals to show that they differ.
        pair = against(_scaled(told, told.value), _scaled(told, told.threshold), language)
        value, level = (f"{one} {_unit(told)}".strip() for one in pair)
    elif told.threshold in (0, 0.5):
        # What fires at any duration, or between off and on, has no limit that would say anything.
        level = "–"
    what = plain(told.measure_vi if language == "vi" else told.measure_en or told.measure_vi, 100)
    limited = told.threshold is not None and level != "–"
    text = f"{value} ({say(('ngưỡng', 'threshold'), language)} {level})" if limited else value
    return f"{what}: {text}" if what else text


def _share(told: Told) -> bool:
    """Whether its values are shares of what hangs on one device."""
    return told.unit == "1" and told.subject.startswith("parent/")


def _scaled(told: Told, value: float | None) -> float | None:
    return value * 100 if value is not None and _share(told) else value


def _unit(told: Told) -> str:
    return "%" if _share(told) else "" if told.unit == "1" else plain(told.unit, 40)


def _amount(told: Told, value: float | None, language: Language) -> str:
    """One of its values, with the unit."""
    return quantity(_scaled(told, value), "%" if _share(told) else told.unit, language)


def basis(told: Told, language: Language) -> str:
    """The legal basis, or that there is none."""
    return plain(told.legal_basis, 300) if told.legal_basis else say(words.OPERATING, language)


def handler(content: Content, told: Told, language: Language) -> str:
    """Who handles it."""
    own = told.department_vi if language == "vi" else told.department_en or told.department_vi
    theirs = content.department_vi if language == "vi" else content.department_en or content.department_vi
    return plain(own or theirs or content.department, 200)


def _block(content: Content, told: Told, language: Language) -> Block:
    vi = language == "vi"
    what = told.what or content.kind
    severity = say(words.SEVERITY[told.severity], language)
    # Of many, each is what one must know to choose; the rest is behind its number.
    brief = content.kind == "summary" and len(content.alerts) > _MANY
    block = Block(f"{severity} · {name(told, language)}")
    facts = block.facts

    def add(label: Pair, text: str, url: str | None = None) -> None:
        if text:
            facts.append(Fact(say(label, language), text, link(url)))

    if what != content.kind or content.kind in ("summary", "digest"):
        add(("Tin", "News"), say(words.TELLING[what], language))
    add(("Ở đâu", "Where"), place(told, language))
    add(("Cảm biến", "Sensor"), sensor(told))
    if told.map_url and not brief:
        add(("Bản đồ", "Map"), told.map_url if link(told.map_url) else "", told.map_url)
    since = time(told.started_at, language)
    if told.ended_at is not None:
        took = duration(told.ended_at - told.started_at, language)
        add(("Thời gian", "When"), f"{since} – {time(told.ended_at, language)} ({took})")
    else:
        add(("Từ lúc", "Since"), since)
    add(("Giá trị", "Value"), measured(told, language))
    if told.value is not None and (told.at != told.started_at or told.condition == "lost") and not brief:
        add(("Lúc đo", "Measured at"), time(told.at, language))
    if told.peak is not None and told.peak != told.value:
        add(("Xấu nhất", "Worst"), _amount(told, told.peak, language))
    if not brief:
        add(("Căn cứ", "Basis"), basis(told, language))
    if told.children:
        add(("Gồm", "Stands for"), f"{number(told.children, language)} {say(('cảnh báo', 'alerts'), language)}")
    if told.raises > 1:
        add(("Đã vượt ngưỡng", "Raised"), f"{told.raises} {'lần' if vi else 'times'}")
    role = "" if content.role == "handles" else f" ({say(words.ROLE[content.role], language)}: {_own(content, vi)})"
    if not brief:
        add(("Đơn vị xử lý", "Handled by"), handler(content, told, language) + role)
    if what in ("resolved", "closed", "assigned") or told.state in ("acknowledged", "in_progress"):
        who = plain(told.assigned_to or told.acknowledged_by or "", 100)
        add(
            ("Trạng thái", "State"),
            say(words.STATE.get(told.state, (told.state,) * 2), language) + (who and f": {who}"),
        )
    if what not in ("resolved", "closed", "retro") and not brief:
        add(("Cần làm", "What to do"), plain(told.advice_vi if vi else told.advice_en or told.advice_vi))
    if told.condition == "lost":
        block.notes.append(say(words.LOST, language))
    add(("Số", "Number"), f"#{told.id} · {plain(told.rule, 100)} v{told.version}", told.why_url)
    if told.ack_url and what not in ("resolved", "closed", "retro") and link(told.ack_url):
        block.button = Fact(
            say(("Xác nhận đã nhận cảnh báo", "Acknowledge this alert"), language), told.ack_url, told.ack_url
        )
    return block


def _own(content: Content, vi: bool) -> str:
    return plain((content.department_vi if vi else content.department_en) or content.department, 200)


def _section(section: Section, language: Language) -> Block:
    block = Block(plain(section.vi if language == "vi" else section.en, 200))
    for line in section.lines:
        block.facts.append(Fact("", plain(line.vi if language == "vi" else line.en, 500), link(line.url)))
    if section.more:
        block.notes.append(_more(section.more, language))
    if not section.lines and not section.more and not section.vi.endswith(": 0"):
        block.notes.append("Không có." if language == "vi" else "None.")
    return block


def _more(count: int, language: Language) -> str:
    shown = number(count, language)
    return f"… và {shown} mục khác." if language == "vi" else f"… and {shown} more."


def headline(content: Content, language: Language) -> str:
    """What it is in one line: severity or kind of news, what, where."""
    severity = say(words.SEVERITY[content.severity], language)
    telling = say(words.TELLING[content.kind], language)
    if content.kind in ("drill", "test"):
        return f"[{telling}] {_own(content, language == 'vi')}"
    if content.kind == "digest":
        return f"[{telling}] {time(content.at, language)} · {_own(content, language == 'vi')}"
    mark = severity if content.kind == "firing" else f"{telling} · {severity}"
    count = len(content.alerts) + content.more
    if count == 1 and content.alerts:
        told = content.alerts[0]
        return f"[{mark}] {name(told, language)} · {place(told, language)}"
    kinds = list(dict.fromkeys(say(words.KIND[t.kind], language).lower() for t in content.alerts))
    listed = ", ".join(kinds[:3]) + (" …" if len(kinds) > 3 else "")
    alerts = f"{number(count, language)} {say(('cảnh báo', 'alert' if count == 1 else 'alerts'), language)}"
    return f"[{mark}] {alerts}" + (f": {listed}" if listed else "")


def compose(content: Content, language: Language) -> Sheet:
    """The sheet of a message."""
    vi = language == "vi"
    sheet = Sheet(language, headline(content, language))
    for kind, pair in (("drill", words.DRILL), ("test", words.TEST), ("retro", words.RETRO)):
        if content.kind == kind:
            sheet.notes.append(say(pair, language))
    reason = plain(content.reason_vi if vi else content.reason_en or content.reason_vi)
    if reason:
        sheet.notes.append(reason[0].upper() + reason[1:])
    if content.since and content.until:
        span = f"{time(content.since, language)} – {time(content.until, language)}"
        sheet.notes.append(f"{'Khoảng thời gian' if vi else 'Span'}: {span}.")
    sheet.blocks += [_block(content, told, language) for told in content.alerts]
    sheet.blocks += [_section(section, language) for section in content.sections]
    if content.more and content.kind != "retro":  # the sections of a backlog hold all of it
        sheet.blocks.append(Block(_more(content.more, language)))
    if content.confirm_url and link(content.confirm_url):
        label = "Xác nhận đã nhận tin" if vi else "Confirm that this has come"
        sheet.closing.append(Fact(label, content.confirm_url, content.confirm_url))
    if content.list_url and link(content.list_url):
        sheet.closing.append(Fact("Tất cả cảnh báo" if vi else "All alerts", content.list_url, content.list_url))
    return sheet
