"""A fix: how messages that could not be read are to be read. It is kept beside them, and their bytes stay as they came.

Applied by the collector when it replays, and by whoever tries it before: `mend` makes another payload of a message,
which goes the way of all messages and is judged like them. What a fix cannot make good stays wrong.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal, NamedTuple

import msgspec

from city.payload import Bad, microseconds, parse, show
from city.payload_form import LONG
from city.sensors import SENSOR_ID

#: Values that a fix takes out of a message, and keys between dots in a path.
MOST, DEEP = 64, 12
_MISSING = object()
_NUMBER = re.compile(r"\s*(?P<number>[+-]?\d{1,30}([.,]\d{1,30})?([eE][+-]?\d{1,3})?)(?:\s*[%°a-zA-Zµ/²³]{1,8})?\s*\Z")
_DAY = re.compile(r"(\d\d?)[/.-](\d\d?)[/.-](\d{4})[ T]+(\d\d?):(\d\d)(?::(\d\d))?\s*\Z")
_WORDS = {"on": 1.0, "true": 1.0, "open": 1.0, "off": 0.0, "false": 0.0, "closed": 0.0}

Form = Literal["iso", "ms", "s", "dmy"]


class Unfit(ValueError):
    """A fix cannot be, or does not fit a message; the message says why, in Vietnamese and English."""


class Take(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value of a message by its path, as which metric: ``value · factor + add``."""

    source: str = msgspec.field(name="from")
    metric: str
    factor: float = 1.0
    add: float = 0.0


class Moment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a message's time stands and how it is written.

    ``form``: iso, ms or s (since 1970), dmy (dd/MM/yyyy HH:mm). ``offset_min``: minutes ahead of UTC of a time that
    does not say it. ``shift_s`` is added. ``receipt``: its own time is worth nothing, that of its receipt counts.
    """

    source: str = msgspec.field(name="from", default="ts")
    form: Form = "iso"
    offset_min: int = 420
    shift_s: float = 0.0
    receipt: bool = False


class Whose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which sensor messages are of: one, or that named at a path in the message or at a level of the topic (from 1)."""

    id: str | None = None
    source: str | None = msgspec.field(name="from", default=None)
    level: int | None = None


class Fix(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """``values``: exactly these are taken, and the rest of the message is left out; None: its values as they are.
    ``numbers``: text that is a number, with a point or a comma, on or off, is taken as one."""

    sensor: Whose | None = None
    values: tuple[Take, ...] | None = None
    time: Moment | None = None
    numbers: bool = False


class Mended(NamedTuple):
    """A message as the fix reads it; ``sensor_id`` None: that of its topic."""

    sensor_id: str | None
    payload: bytes


def read(given: object) -> Fix:
    """The fix in a JSON object, or Unfit."""
    try:
        fix = msgspec.convert(given, Fix)
    except msgspec.ValidationError as e:
        raise Unfit(f"cách sửa không đọc được / the fix cannot be read: {e}") from None
    check(fix)
    return fix


def check(fix: Fix) -> None:
    """Unfit where the fix cannot be, whatever the message."""
    if fix.values is not None:
        if not 1 <= len(fix.values) <= MOST:
            raise Unfit(f"values: cần 1 đến {MOST} giá trị / 1 to {MOST} values are needed")
        names = [t.metric for t in fix.values]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            raise Unfit(f"values: {show(twice)} có hai lần / {show(twice)} is there twice")
        for take in fix.values:
            if not (math.isfinite(take.factor) and math.isfinite(take.add)) or take.factor == 0:
                raise Unfit("values: factor phải khác 0 và hữu hạn / a factor is finite and not 0")
    paths = [t.source for t in fix.values or ()]
    if fix.time is not None:
        paths.append(fix.time.source)
        if not -840 <= fix.time.offset_min <= 840:
            raise Unfit("time.offset_min: từ -840 đến 840 phút / -840 to 840 minutes")
        if not abs(fix.time.shift_s) <= 86_400 * 366 * 60:
            raise Unfit("time.shift_s: quá lớn / it is too large")
    if fix.sensor is not None:
        if sum(x is not None for x in (fix.sensor.id, fix.sensor.source, fix.sensor.level)) != 1:
            raise Unfit("sensor: nêu một trong id, from, level / give one of id, from, level")
        if fix.sensor.id is not None and not SENSOR_ID.match(fix.sensor.id):
            raise Unfit("sensor.id: 1 đến 64 ký tự A-Z a-z 0-9 . _ : - / 1 to 64 of the letters A-Z a-z 0-9 . _ : -")
        if fix.sensor.level is not None and not 1 <= fix.sensor.level <= 20:
            raise Unfit("sensor.level: từ 1 đến 20 / 1 to 20")
        paths += [fix.sensor.source] if fix.sensor.source is not None else []
    if any(not p or len(p) > 200 or p.count(".") > DEEP for p in paths):
        raise Unfit(f"from: 1 đến 200 ký tự, tối đa {DEEP} dấu chấm / 1 to 200 characters, {DEEP} dots at the most")


def mend(fix: Fix, topic: str, payload: bytes) -> Mended:
    """The message as the fix reads it. Unfit where it does not fit; what is no JSON stays as it is."""
    changes = fix.values is not None or fix.time is not None or fix.numbers
    asks = fix.sensor is not None and fix.sensor.source is not None
    try:
        top = parse(payload) if changes or asks else None
    except Bad:
        return Mended(_whose(fix, topic, None), payload)
    sensor_id = _whose(fix, topic, top)
    if not changes:
        return Mended(sensor_id, payload)
    items = top if isinstance(top, list) else [top]
    done = [_item(fix, item) if isinstance(item, dict) else item for item in items]
    return Mended(sensor_id, json.dumps(done if isinstance(top, list) else done[0]).encode())


def find(value: Any, path: str) -> Any:
    """What stands at a path: keys, or places in lists, with dots between; keys may hold dots. MISSING: nothing."""
    if isinstance(value, dict):
        if path in value:
            return value[path]
        for at in (i for i, c in enumerate(path) if c == "."):
            if path[:at] in value:
                found = find(value[path[:at]], path[at + 1 :])
                if found is not _MISSING:
                    return found
    elif isinstance(value, list):
        head, _, rest = path.partition(".")
        if head.isdecimal() and len(head) < 6 and int(head) < len(value):
            return find(value[int(head)], rest) if rest else value[int(head)]
    return _MISSING


def _whose(fix: Fix, topic: str, top: Any) -> str | None:
    if fix.sensor is None:
        return None
    if fix.sensor.id is not None:
        return fix.sensor.id
    if fix.sensor.level is not None:
        levels = topic.split("/")
        named: Any = levels[fix.sensor.level - 1] if fix.sensor.level <= len(levels) else _MISSING
    else:
        named = find(top[0] if isinstance(top, list) and top else top, fix.sensor.source or "")
    if isinstance(named, int) and not isinstance(named, bool):
        named = str(named)
    if not isinstance(named, str) or not SENSOR_ID.match(named):
        raise Unfit("không có mã cảm biến ở chỗ đã chỉ ra / there is no sensor's id at that place")
    return named


def _item(fix: Fix, item: dict[str, Any]) -> dict[str, Any]:
    if fix.values is None:
        out = dict(item)
        if fix.numbers and isinstance(out.get("values"), dict):
            out["values"] = {k: _number(v) for k, v in out["values"].items()}
        elif fix.numbers:
            out = {k: v if k in ("ts", "values", "quality", "period_s") else _number(v) for k, v in out.items()}
    else:
        out = {k: item[k] for k in ("ts", "quality", "period_s") if k in item}
        out["values"] = {}
        for take in fix.values:
            value = find(item, take.source)
            if value is not _MISSING:
                out["values"][take.metric] = _scaled(_number(value) if fix.numbers else value, take)
        if not out["values"]:
            raise Unfit("không có giá trị nào trong số đã chọn / none of the chosen values is in it")
    if fix.time is not None:
        out.pop("ts", None)
        if not fix.time.receipt:
            value = find(item, fix.time.source)
            if value is _MISSING:
                raise Unfit(f"không có {show(fix.time.source)} / there is no {show(fix.time.source)}")
            out["ts"] = _time(value, fix.time)
            if fix.values is None and fix.time.source in out and fix.time.source != "ts":
                del out[fix.time.source]
    return out


def _scaled(value: Any, take: Take) -> Any:
    if take.factor == 1 and take.add == 0:
        return value
    if not isinstance(value, int | float):
        return value
    # What text would show: 95.96 · 10 is 959.6.
    return float(f"{value * take.factor + take.add:.12g}")


def _number(value: Any) -> Any:
    if not isinstance(value, str) or len(value) > LONG:
        return value
    found = _NUMBER.match(value)
    return float(found["number"].replace(",", ".")) if found else _WORDS.get(value.strip().lower(), value)


def _time(value: Any, moment: Moment) -> str:
    zone = timezone(timedelta(minutes=moment.offset_min))
    try:
        if isinstance(value, str) and len(value) > LONG:
            raise ValueError
        if moment.form in ("ms", "s"):
            number = float(value)
            at = datetime.fromtimestamp(0, UTC) + timedelta(seconds=number / 1000 if moment.form == "ms" else number)
        elif moment.form == "dmy":
            found = _DAY.match(value)
            if found is None:
                raise ValueError
            day, month, year, hour, minute, second = (int(x or 0) for x in found.groups())
            at = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        else:
            at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value.strip().upper().replace(",", ".")))
            at = at if at.tzinfo is not None else at.replace(tzinfo=zone)
        at += timedelta(seconds=moment.shift_s)
        microseconds(at)
        return at.astimezone(UTC).isoformat()
    except (ValueError, TypeError, OverflowError, AttributeError):
        raise Unfit(
            f"thời điểm {show(value)} không đọc được như đã chọn / the time {show(value)} cannot be read so"
        ) from None
