"""CAP 1.2 (OASIS Common Alerting Protocol): what is told of one thread as Alert, Update and Cancel.

A message replaces those before it in its thread: an Update says what is open now and refers to them, and when nothing
is open any more it is a Cancel. Identifiers come from the notifications' keys. Vietnamese first, then en-US.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from xml.etree import ElementTree as ET

import msgspec

from alerts.messages.content import Content, Told
from alerts.messages.forms import CITY, Language, link, number, plain
from alerts.messages.sheet import basis, compose, handler, headline, measured, name, place
from alerts.messages.words import KIND, say
from alerts.rules.model import Kind, Severity
from city.places import Zone

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
Scope = Literal["Public", "Restricted"]

_SEVERITY: dict[Severity, str] = {"info": "Minor", "warning": "Moderate", "major": "Severe", "critical": "Extreme"}
_CATEGORY: dict[Kind, str] = {
    "congestion": "Transport",
    "detector_fault": "Infra",
    "air_quality": "Env",
    "industrial_emission": "Env",
    "noise": "Env",
    "lamp_fault": "Infra",
    "power": "Infra",
    "water_supply": "Infra",
    "water_quality": "Health",
    "street_flooding": "Met",
    "river_flood": "Met",
    "sensor_offline": "Infra",
    "security": "Security",
}
_OVER = ("resolved", "closed")
_NO_ALARM = ("retro", "digest", "drill", "test")
_MOST_ALERTS = 50
_SENSOR_KM = 0.2
#: So long a message says that it holds; what goes on is said again before (alerts/notice/renew.py).
EXPIRES = timedelta(hours=24)
_TAGS: dict[Language, str] = {"vi": "vi-VN", "en": "en-US"}


class Sender(msgspec.Struct, frozen=True):
    """Who speaks: an address or domain without blanks, its name, to whom, and the wards by code for areas."""

    sender: str
    name: str
    scope: Scope = "Restricted"
    zones: Mapping[str, Zone] = {}


class Sent(msgspec.Struct, frozen=True):
    """One message of a thread: its notification's key, when that was made, and its content."""

    key: str
    at: datetime
    content: Content


class Standing(msgspec.Struct):
    """Where a thread stands after a message: its type, what it refers to, what is open and what ended with it."""

    type: Literal["Alert", "Update", "Cancel"]
    references: list[Sent]
    open: list[Told]
    over: list[Told]


def identifier(key: str) -> str:
    """A notification's key as an identifier: without blanks, commas, < and &."""
    return re.sub(r"[^A-Za-z0-9._:@+-]", ".", key)


def stamp(moment: datetime) -> str:
    """A time as CAP has it: whole seconds with the offset as digits, never Z."""
    return moment.astimezone(CITY).isoformat(timespec="seconds")


def follow(earlier: Sequence[Sent], last: Sent) -> Standing:
    """What the last message is, after those before it in its thread."""
    now: dict[int, Told] = {}
    references: list[Sent] = []
    standing = Standing("Alert", [], [], [])
    for message in (*earlier, last):
        over = []
        for told in message.content.alerts:
            what = told.what or message.content.kind
            if what in _OVER:
                now.pop(told.id, None)
                over.append(told)
            elif what not in _NO_ALARM:
                now[told.id] = told
        kind: Literal["Alert", "Update", "Cancel"] = "Alert"
        if references:
            kind = "Update" if now else "Cancel"
        standing = Standing(kind, list(references), list(now.values()), over)
        references = [] if not now else [*references, message]
    return standing


def document(sender: Sender, earlier: Sequence[Sent], last: Sent) -> bytes:
    """The CAP document of the last message of a thread: the same bytes each time."""
    content, standing = last.content, follow(earlier, last)
    alert = ET.Element("alert", xmlns=NAMESPACE)
    _add(alert, "identifier", identifier(last.key))
    _add(alert, "sender", sender.sender)
    _add(alert, "sent", stamp(last.at))
    status = {"drill": "Exercise", "test": "Test", "digest": "System", "retro": "System"}.get(content.kind, "Actual")
    _add(alert, "status", status)
    _add(alert, "msgType", standing.type)
    _add(alert, "scope", sender.scope)
    if sender.scope == "Restricted":
        _add(alert, "restriction", "Cho cơ quan, đơn vị liên quan / for the departments concerned")
    if content.kind in ("drill", "test"):
        _add(alert, "note", headline(content, "vi"))
    if standing.references:
        refs = (f"{sender.sender},{identifier(s.key)},{stamp(s.at)}" for s in standing.references)
        _add(alert, "references", " ".join(refs))
    languages: tuple[Language, ...] = ("vi", "en")
    for language in languages:
        told = [*((t, False) for t in standing.open), *((t, True) for t in standing.over)][:_MOST_ALERTS]
        for one, over in told:
            _info(alert, sender, last, one, over, language)
        if not told:
            _general(alert, sender, last, language)
    ET.indent(alert)
    body: bytes = ET.tostring(alert, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _add(parent: ET.Element, tag: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, tag)
    child.text = text
    return child


def _start(
    alert: ET.Element, language: Language, category: str, event: str, response: str, three: tuple[str, str, str]
) -> ET.Element:
    info = ET.SubElement(alert, "info")
    _add(info, "language", _TAGS[language])
    _add(info, "category", category)
    _add(info, "event", event)
    _add(info, "responseType", response)
    for tag, text in zip(("urgency", "severity", "certainty"), three, strict=True):
        _add(info, tag, text)
    return info


def _info(alert: ET.Element, sender: Sender, last: Sent, told: Told, over: bool, language: Language) -> None:
    content, vi = last.content, language == "vi"
    urgency = "Past" if over else "Immediate" if told.severity in ("critical", "major") else "Expected"
    info = _start(
        alert,
        language,
        _CATEGORY[told.kind],
        say(KIND[told.kind], language),
        "AllClear" if over else _response(told),
        (urgency, _SEVERITY[told.severity], "Observed"),
    )
    _value(info, "eventCode", "IOC:kind", told.kind)
    _add(info, "effective", stamp(last.at))
    _add(info, "onset", stamp(told.started_at))
    _add(info, "expires", stamp(last.at + EXPIRES))
    _add(info, "senderName", sender.name)
    ended = ("Đã hết: " if vi else "Over: ") if over else ""
    _add(info, "headline", plain(f"{ended}{name(told, language)} · {place(told, language)}", 300))
    lines = [measured(told, language), f"{'Căn cứ' if vi else 'Basis'}: {basis(told, language)}"]
    lines.append(f"{'Đơn vị xử lý' if vi else 'Handled by'}: {handler(content, told, language)}")
    _add(info, "description", "\n".join(line for line in lines if line))
    advice = plain(told.advice_vi if vi else told.advice_en or told.advice_vi)
    if advice and not over:
        _add(info, "instruction", advice)
    if web := link(told.why_url or told.map_url):
        _add(info, "web", web)
    _value(info, "parameter", "IOC:alert", str(told.id))
    _value(info, "parameter", "IOC:rule", plain(f"{told.rule} v{told.version}", 200))
    if told.value is not None:
        _value(info, "parameter", "IOC:value", plain(f"{number(told.value, 'en')} {told.unit}", 100))
    _area(info, sender, told, language)


def _response(told: Told) -> str:
    """What people are to do. The alarms of Quyết định 05/2020/QĐ-TTg (I warning, II major, III critical) say it: at III
    they leave, before that they make ready."""
    if told.kind != "river_flood" or "05/2020" not in (told.legal_basis or ""):
        return "Assess"
    return "Evacuate" if told.severity == "critical" else "Prepare"


def _general(alert: ET.Element, sender: Sender, last: Sent, language: Language) -> None:
    """The info of a message without alerts: drill, test, digest, summary."""
    sheet = compose(last.content, language)
    info = _start(
        alert, language, "Other", sheet.headline, "None", ("Unknown", _SEVERITY[last.content.severity], "Unknown")
    )
    _add(info, "senderName", sender.name)
    _add(info, "headline", sheet.headline)
    lines = [*sheet.notes]
    for block in sheet.blocks:
        lines += [block.heading, *(f"- {f.text}" for f in block.facts), *block.notes]
    _add(info, "description", "\n".join(lines)[:8_000])


def _value(info: ET.Element, tag: str, key: str, value: str) -> None:
    child = ET.SubElement(info, tag)
    _add(child, "valueName", key)
    _add(child, "value", value)


def _area(info: ET.Element, sender: Sender, told: Told, language: Language) -> None:
    area = ET.SubElement(info, "area")
    _add(area, "areaDesc", place(told, language))
    if told.subject.startswith("sensor/") and told.lat is not None and told.lon is not None:
        _add(area, "circle", f"{told.lat:.5f},{told.lon:.5f} {_SENSOR_KM}")
    else:
        code = told.zone or told.area
        zones = [z for z in sender.zones.values() if code in (z.code, z.area)]
        if zones:
            _add(area, "polygon", _box(zones))
    if told.zone:
        _value(area, "geocode", "GSO", plain(told.zone, 20))


def _box(zones: Iterable[Zone]) -> str:
    """The box around zones as a closed ring of lat,lon."""
    each = list(zones)
    south, west = min(z.min_lat for z in each), min(z.min_lon for z in each)
    north, east = max(z.max_lat for z in each), max(z.max_lon for z in each)
    ring = ((south, west), (south, east), (north, east), (north, west), (south, west))
    return " ".join(f"{lat:.5f},{lon:.5f}" for lat, lon in ring)
