"""What a message looks like, whatever its values: so that messages with the same trouble can be mended together.

A form is an outline of the JSON, such as ``{"ts": number, "values": {"pm25": number in text}}``: keys in alphabetical
order, without those that are null. A pattern is where messages come from: area and domain, or the topic without what is
somebody's own in it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple

from city import topics
from city.payload import MAX_BYTES, Bad, parse, show

#: Characters of a form that are shown; two that differ only behind them differ all the same (`shape`).
SHOWN = 500
_KEYS, _DEPTH, _LEVELS, _FIELDS = 40, 6, 6, 60

#: Characters beyond which a value is text, whatever it says: devices send 64 kB of blanks too.
LONG = 100

# No two repeats that both take the same characters stand side by side: what does not match is found out in one pass.
_NUMBER = re.compile(r"\s*[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?(?:\s*[%°a-zA-Zµ/²³]{1,8})?\s*\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?(?P<offset>[Zz]|[+-]\d\d:?\d\d)?\Z")
_DAY = re.compile(r"\d\d?[/.-]\d\d?[/.-]\d{4}[ T]\d\d?:\d\d")
_OWN_KEY = re.compile(r"[0-9a-fA-F-]{8,}\Z")
_VERSION = re.compile(r"v\d\Z")


class Form(NamedTuple):
    """Where a message comes from and what it looks like. ``shape`` names both: 16 hexadecimal digits."""

    pattern: str
    form: str
    shape: str


class Leaf(NamedTuple):
    """A value in a message: its path (keys with dots between), what it is, and the value as it can be shown."""

    path: str
    kind: str
    value: str


def of(topic: str, payload: bytes) -> Form:
    """The form of a message. Never raises."""
    where, said = pattern(topic), outline(payload)
    digest = hashlib.sha256(f"{where}\n{said}".encode("utf-8", "backslashreplace")).hexdigest()[:16]
    return Form(where, said if len(said) <= SHOWN else f"{said[: SHOWN - 1]}…", digest)


def pattern(topic: str) -> str:
    """``area/domain`` of a good topic, ``backfill`` of lines of files, else the topic with + for what has digits."""
    if topic.startswith(topics.BACKFILL):
        return topics.BACKFILL.rstrip("/")
    try:
        address = topics.parse(topic)
    except topics.TopicError:
        levels = topic.split("/")
        told = ["+" if any(c.isdigit() for c in x) and not _VERSION.match(x) else x[:40] for x in levels[:_LEVELS]]
        return "/".join([*told, "#"] if len(levels) > _LEVELS else told)
    return f"{address.area}/{address.domain}"


def outline(payload: bytes) -> str:
    """The form of a payload in a line."""
    if len(payload) > MAX_BYTES:
        return "too large"
    try:
        return _outline(parse(payload), _DEPTH)
    except Bad:
        pass
    if not payload.strip():
        return "empty"
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return "bytes"
    if text.lstrip()[:1] in ("{", "["):
        return "broken JSON"
    plain = len(text) <= 32 and text.isprintable() and not any(c.isdigit() for c in text)
    return f"text {text.strip()!r}" if plain else "text"


def kind(value: object) -> str:
    """What a value is, in the words of a form."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        if len(value) > LONG:
            return "text"
        if _NUMBER.match(value):
            return "number in text"
        time = _TIME.match(value)
        if time:
            return "time" if time["offset"] else "time without offset"
        return "time without offset" if _DAY.match(value) else "text"
    return "list" if isinstance(value, list) else "object"


def _outline(value: object, depth: int) -> str:
    if isinstance(value, dict):
        if depth == 0:
            return "{…}"
        named: dict[str, str] = {}
        for key in sorted(value):
            if value[key] is not None:
                named.setdefault("<id>" if _OWN_KEY.match(key) else key, _outline(value[key], depth - 1))
            if len(named) > _KEYS:
                named["…"] = "…"
                break
        return "{" + ", ".join(f"{show(k)[1:-1]!s}: {v}" for k, v in named.items()) + "}"
    if isinstance(value, list):
        if depth == 0:
            return "[…]"
        each = list(dict.fromkeys(_outline(v, depth - 1) for v in value[:20]))
        return f"[{each[0] if len(each) == 1 else 'mixed' if each else ''}]"
    return kind(value)


def leaves(payload: bytes) -> list[Leaf]:
    """The values of a message (of the first one in a list), at most 60; none where it is no JSON."""
    try:
        top = parse(payload)
    except Bad:
        return []
    out: list[Leaf] = []
    _walk(top[0] if isinstance(top, list) and top else top, "", _DEPTH, out)
    return out[:_FIELDS]


def _walk(value: Any, path: str, depth: int, out: list[Leaf]) -> None:
    if len(out) >= _FIELDS:
        return
    if depth and isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in inner:
            _walk(one, f"{path}.{key}" if path else str(key), depth - 1, out)
    elif path.isprintable() and 0 < len(path) <= 200:
        out.append(Leaf(path, kind(value), show(value)))
