"""From a tree to values, guided by the fields of a struct: each error names the place and what would be right there.

A field whose name ends with `_s` holds a duration; in YAML it is written without that ending (`for: 10m`), in JSON it
keeps it and is a number of seconds (`for_s: 600`).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from msgspec import inspect

from alerts.rules import durations
from alerts.rules.findings import Finding, Place, listed, meant, short
from alerts.rules.tree import List, Map, Node, Scalar

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_NOTHING = object()
#: What the system sets and no file says.
HIDDEN = frozenset({"version"})


def key_of(field: inspect.Field) -> str:
    """How a field is called in YAML."""
    name = field.encode_name
    return name[:-2] if name.endswith("_s") else name


@cache
def fields_of(cls: type) -> tuple[inspect.Field, ...]:
    """The fields of a struct."""
    info = inspect.type_info(cls)
    return info.fields if isinstance(info, inspect.StructType) else ()


class Fields:
    """Reads one item of a file. ``places`` are those of the fields by their path, "" the item itself; ``seconds``: the
    item is one of JSON."""

    def __init__(self, file: str, *, seconds: bool = False) -> None:
        self.file = file
        self._seconds = seconds
        self.places: dict[str, Place] = {}
        self.findings: list[Finding] = []

    def wrong(self, at: Place, where: str, code: str, vi: str, en: str) -> Any:
        """Note an error; returns the mark of a value that is none."""
        self.findings.append(
            Finding(level="error", code=code, where=where, vi=vi, en=en, file=self.file, line=at[0], column=at[1])
        )
        return _NOTHING

    def struct(self, cls: type, node: Node, path: str = "", extra: Sequence[str] = ()) -> dict[str, Any] | None:
        """The given fields of a struct by their names; None where something is wrong. ``extra`` keys are left out."""
        if not isinstance(node, Map):
            self.wrong(node.at, path, "type", "phải là các trường “tên: giá trị”", 'must be fields, "name: value"')
            return None
        self.places.setdefault(path, node.at)
        known = {self._key(f): f for f in fields_of(cls) if f.name not in HIDDEN}
        spelt = {f.encode_name: key for key, f in known.items()}
        out: dict[str, Any] = {}
        good = True
        for given, (at, value) in node.items.items():
            if given in extra:
                continue
            key = spelt.get(given, given)
            where = f"{path}.{key}" if path else key
            field = known.get(key)
            if field is None:
                (vi, en), name = meant(given, known), short(given)
                row = listed(known, 40)
                self.wrong(at, where, "unknown_field", f"không có trường {name}{vi} (các trường: {row})",
                           f"there is no field {name}{en} (the fields: {row})")  # fmt: skip
                good = False
                continue
            self.places[where] = value.at
            found = self.value(field.type, value, where, field.encode_name.endswith("_s"))
            if found is _NOTHING:
                good = False
            elif found is not None:
                out[field.name] = found
        there = {spelt.get(g, g) for g in node.items}
        for key, field in known.items():
            if not field.required or field.name in out or key in extra or (key in there and not good):
                continue
            lack = ("để trống", "empty") if key in there else ("thiếu", "missing")
            self.wrong(node.at, path, "missing", f"{key}: {lack[0]}", f"{key} is {lack[1]}")
            good = False
        return out if good else None

    def _key(self, field: inspect.Field) -> str:
        return field.encode_name if self._seconds else key_of(field)

    def value(self, wanted: inspect.Type, node: Node, where: str, duration: bool = False) -> Any:
        """One value of a field; None where it stands empty."""
        if isinstance(node, Scalar) and node.null:
            return None
        if isinstance(wanted, inspect.UnionType):
            wanted = next(t for t in wanted.types if not isinstance(t, inspect.NoneType))
        if isinstance(wanted, inspect.StructType):
            return self._nested(wanted, node, where)
        if isinstance(wanted, inspect.VarTupleType):
            return self._many(wanted.item_type, node, where)
        if isinstance(wanted, inspect.DictType):
            return self._dict(wanted, node, where, duration)
        if not isinstance(node, Scalar):
            choices = listed(map(str, wanted.values), 40) if isinstance(wanted, inspect.LiteralType) else ""
            vi, en = (f", một trong: {choices}", f", one of: {choices}") if choices else ("", "")
            return self.wrong(node.at, where, "type", f"phải là một giá trị{vi}", f"must be a single value{en}")
        if duration:
            return self._duration(wanted, node, where)
        return self._scalar(wanted, node, where)

    def _nested(self, wanted: inspect.StructType, node: Node, where: str) -> Any:
        found = self.struct(wanted.cls, node, where)
        return _NOTHING if found is None else wanted.cls(**found)

    def _many(self, item: inspect.Type, node: Node, where: str) -> Any:
        nodes = node.items if isinstance(node, List) else [node]
        if isinstance(node, Scalar) and "," in node.text:
            row = short(node.text)
            return self.wrong(node.at, where, "type", f"nhiều giá trị viết là [{row}]",
                              f"several values are written [{row}]")  # fmt: skip
        out = []
        for i, one in enumerate(nodes):
            self.places[f"{where}.{i}"] = one.at
            out.append(self.value(item, one, f"{where}.{i}"))
        return _NOTHING if any(x is _NOTHING for x in out) else tuple(x for x in out if x is not None)

    def _dict(self, wanted: inspect.DictType, node: Node, where: str, duration: bool) -> Any:
        if not isinstance(node, Map):
            return self.wrong(node.at, where, "type", "phải là {tên: giá trị}", "must be {name: value}")
        out = {}
        for key, (at, value) in node.items.items():
            self.places[f"{where}.{key}"] = value.at
            name = self.value(wanted.key_type, Scalar(at, key, False), where)
            out[name] = self.value(wanted.value_type, value, f"{where}.{key}", duration)
        bad = any(x is _NOTHING for pair in out.items() for x in pair)
        return _NOTHING if bad else {k: v for k, v in out.items() if v is not None}

    def _duration(self, wanted: inspect.Type, node: Scalar, where: str) -> Any:
        if self._seconds and isinstance(wanted, inspect.FloatType):
            return self._number(False, node.text, node, where)
        try:
            seconds = durations.parse(node.text)
        except ValueError:
            text = short(node.text)
            return self.wrong(node.at, where, "duration", f"{text!r} không phải khoảng thời gian: "
                              f"{durations.FORM_VI}", f"{text!r} is no duration: {durations.FORM_EN}")  # fmt: skip
        if isinstance(wanted, inspect.LiteralType):
            if seconds not in wanted.values:
                row = listed(str(v) if self._seconds else durations.show(float(str(v))) for v in wanted.values)
                return self.wrong(node.at, where, "choice", f"một trong {row}", f"one of {row}")
            return int(seconds)
        return seconds

    def _scalar(self, wanted: inspect.Type, node: Scalar, where: str) -> Any:
        text = _text(node.text)
        if isinstance(wanted, inspect.LiteralType):
            if text in wanted.values:
                return text
            row, (vi, en) = listed(map(str, wanted.values), 40), meant(text, map(str, wanted.values))
            said = repr(short(text))
            return self.wrong(node.at, where, "choice", f"{said} không hợp lệ{vi}; một trong: {row}",
                              f"{said} is none of: {row}{en}")  # fmt: skip
        if isinstance(wanted, inspect.BoolType):
            if text.lower() in ("true", "false"):
                return text.lower() == "true"
            return self.wrong(node.at, where, "type", "viết true hoặc false", "write true or false")
        if isinstance(wanted, inspect.IntType | inspect.FloatType):
            return self._number(isinstance(wanted, inspect.IntType), text, node, where)
        if isinstance(wanted, inspect.DateType):
            try:
                return date.fromisoformat(text)
            except ValueError:
                return self.wrong(node.at, where, "date", "ngày viết là 2026-01-31", "a day is written 2026-01-31")
        return text

    def _number(self, whole: bool, text: str, node: Scalar, where: str) -> Any:
        if not _NUMBER.match(text) or not math.isfinite(float(text)):
            better = re.sub(r"(\d),(\d)", r"\1.\2", text[:80])
            found = re.match(r"[+-]?\d+(\.\d+)?", better)
            hint = (f": viết {found[0]}", f": write {found[0]}") if found else ("", "")
            said = repr(short(text))
            vi = f"{said} không phải số{hint[0]} (dấu chấm thập phân, không kèm đơn vị)"
            en = f"{said} is no number{hint[1]} (a decimal point, no unit)"
            return self.wrong(node.at, where, "number", vi, en)
        if whole and float(text) != int(float(text)):
            return self.wrong(node.at, where, "number", "phải là số nguyên", "must be a whole number")
        return int(float(text)) if whole else float(text)


def _text(text: str) -> str:
    return unicodedata.normalize("NFC", text)
