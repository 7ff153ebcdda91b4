"""Rules, departments and routes as YAML: read with the place of every error, written so that it reads back the same.

A file is `rules:`, `departments:` and `routes:`, each a list, or a bare list of rules. A condition is a mapping with
its kind as the one key; its levels stand in it as `above`, `below` and `clear`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from alerts.rules.directory import Department, Route
from alerts.rules.fields import Fields
from alerts.rules.findings import Finding, Place, listed, meant
from alerts.rules.model import (
    Absence,
    Aggregate,
    Children,
    Composite,
    Indexed,
    Levels,
    Rate,
    Rule,
    Schedule,
    Stuck,
    Threshold,
)  # fmt: skip
from alerts.rules.tree import List, Map, Node, Scalar, Unreadable, read

T = TypeVar("T")

CONDITIONS: dict[str, type[msgspec.Struct]] = {
    str(c.__struct_config__.tag): c
    for c in (Threshold, Rate, Absence, Stuck, Aggregate, Indexed, Schedule, Children, Composite)
}
#: What stands in a condition for its levels.
LEVELS = ("above", "below", "clear", "clear_above", "clear_below", "inclusive")


@dataclass(frozen=True)
class Placed(Generic[T]):
    """Something of a file, and where its fields stand, by their path ("" itself)."""

    value: T
    places: dict[str, Place]
    file: str


@dataclass
class Contents:
    """What a file holds; what could not be read of it is in ``findings``. ``named``: all codes, of those as well."""

    rules: list[Placed[Rule]] = field(default_factory=list)
    departments: list[Placed[Department]] = field(default_factory=list)
    routes: list[Placed[Route]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    named: set[str] = field(default_factory=set)


def parse(text: str, file: str = "") -> Contents:
    """Everything in a text. What is wrong is found, all of it; nothing is raised."""
    try:
        return of_tree(read(text, file), file)
    except Unreadable as e:
        return Contents(findings=[e.finding])


def of_tree(root: Node | None, file: str) -> Contents:
    """Everything in a text that has been read."""
    out = Contents()
    if isinstance(root, List):
        root = Map(root.at, {"rules": (root.at, root)})
    kinds: dict[str, tuple[list[Any], Callable[[Fields, Map], Any]]] = {
        "rules": (out.rules, _rule),
        "departments": (out.departments, lambda f, n: _plain(f, n, Department)),
        "routes": (out.routes, lambda f, n: _plain(f, n, Route)),
    }
    if not isinstance(root, Map):
        at = root.at if root else (1, 1)
        _wrong(out, file, at, "empty", "tệp không có quy tắc nào: bắt đầu bằng “rules:”",
               'there are no rules in the file: begin with "rules:"')  # fmt: skip
        return out
    for key, (at, node) in root.items.items():
        if key not in kinds:
            vi, en = meant(key, kinds)
            _wrong(out, file, at, "unknown_field", f"không có mục {key}{vi}: các mục là {listed(kinds)}",
                   f"there is no part {key}{en}: the parts are {listed(kinds)}")  # fmt: skip
        elif not (isinstance(node, Scalar) and node.null):
            _items(out, file, key, node, *kinds[key])
    out.findings.sort(key=lambda f: (f.line, f.column))
    return out


def _wrong(out: Contents, file: str, at: Place, code: str, vi: str, en: str, rule: str = "") -> None:
    line, column = at
    out.findings.append(Finding(level="error", code=code, vi=vi, en=en, rule=rule, file=file, line=line, column=column))


def _items(
    out: Contents, file: str, key: str, node: Node, into: list[Placed[Any]], make: Callable[[Fields, Map], Any]
) -> None:
    if not isinstance(node, List):
        _wrong(out, file, node.at, "type", f"{key} phải là danh sách: mỗi mục bắt đầu bằng “- ”",
               f'{key} must be a list: each item begins with "- "')  # fmt: skip
        return
    seen: dict[Any, int] = {}
    for item in node.items:
        fields = Fields(file)
        name = ""
        if not isinstance(item, Map):
            fields.wrong(item.at, "", "type", "phải là các trường “tên: giá trị”", 'must be fields, "name: value"')
            value = None
        else:
            code = item.items.get("code", (item.at, None))[1]
            name = code.text if isinstance(code, Scalar) else ""
            out.named.add(name)
            value = make(fields, item)
        out.findings += [msgspec.structs.replace(f, rule=name) for f in fields.findings]
        if value is None:
            continue
        mark = value.key if isinstance(value, Route) else value.code
        if mark in seen:
            at = fields.places.get("code", item.at)
            vi = f"đã có ở dòng {seen[mark]}: bỏ một trong hai, hoặc đặt mã khác"
            en = f"stands already in line {seen[mark]}: remove one of them, or give it another code"
            _wrong(out, file, at, "twice", vi, en, name)
            continue
        seen[mark] = item.at[0]
        into.append(Placed(value, fields.places, file))


def _plain(fields: Fields, node: Map, cls: type[T]) -> T | None:
    found = fields.struct(cls, node)
    return None if found is None else cls(**found)


def _rule(fields: Fields, node: Map) -> Rule | None:
    for tag in CONDITIONS:
        if tag in node.items:
            fields.wrong(node.items[tag][0], tag, "misplaced", f"đặt {tag} trong condition: “condition: {{{tag}: …}}”",
                         f'{tag} belongs into condition: "condition: {{{tag}: …}}"')  # fmt: skip
            return None
    for old in ("version", "name"):
        if old in node.items:
            vi, en = {
                "version": ("bỏ version: số phiên bản do hệ thống đặt", "remove version: the system numbers them"),
                "name": ("tên viết ở hai trường vi và en", "the name stands in the fields vi and en"),
            }[old]
            fields.wrong(node.items[old][0], old, "unknown_field", vi, en)
            return None
    values = fields.struct(Rule, node, extra=("condition",))
    given = node.items.get("condition")
    if given is None:
        vi = "thiếu condition: ví dụ “condition: {threshold: {metric: pm2_5, above: 150}}”"
        en = 'condition is missing: such as "condition: {threshold: {metric: pm2_5, above: 150}}"'
        fields.wrong(node.at, "condition", "missing", vi, en)
        return None
    condition = _condition(fields, given[1])
    return None if values is None or condition is None else Rule(**values, condition=condition)


def _condition(fields: Fields, node: Node) -> Any:
    fields.places["condition"] = node.at
    row = listed(CONDITIONS)
    if not isinstance(node, Map) or len(node.items) != 1:
        fields.wrong(node.at, "condition", "condition", f"phải có đúng một loại điều kiện, ví dụ "
                     f"“condition: {{threshold: {{metric: pm2_5, above: 150}}}}” (các loại: {row})",
                     "exactly one kind of condition, such as "
                     f'"condition: {{threshold: {{metric: pm2_5, above: 150}}}}" (the kinds: {row})')  # fmt: skip
        return None
    tag, (at, body) = next(iter(node.items.items()))
    cls = CONDITIONS.get(tag)
    if cls is None:
        vi, en = meant(tag, CONDITIONS)
        fields.wrong(at, "condition", "unknown_condition", f"không có loại điều kiện {tag}{vi} (các loại: {row})",
                     f"there is no condition {tag}{en} (the kinds: {row})")  # fmt: skip
        return None
    if isinstance(body, Scalar) and body.null:
        body = Map(body.at)
    path = f"condition.{tag}"
    levels = "levels" in cls.__struct_fields__
    if isinstance(body, Map) and levels and "levels" in body.items and isinstance(body.items["levels"][1], Map):
        inner = body.items["levels"][1]
        body = Map(body.at, {**{k: v for k, v in body.items.items() if k != "levels"}, **inner.items})
    values = fields.struct(cls, body, path, extra=(*LEVELS, "levels") if levels else ())
    if not levels:
        return None if values is None else cls(**values)
    found = _levels(fields, body, path) if isinstance(body, Map) else None
    return None if values is None or found is None else cls(**values, levels=found)


def _levels(fields: Fields, body: Map, path: str) -> Levels | None:
    own = Map(body.at, {k: v for k, v in body.items.items() if k in LEVELS})
    clear = own.items.pop("clear", None)
    if clear is not None:
        sides = [s for s in ("above", "below") if s in own.items]
        if len(sides) != 1:
            vi = "clear đi với một mức above hoặc below; nếu có cả hai, viết clear_above và clear_below"
            en = "clear goes with above or below; where there are both, write clear_above and clear_below"
            fields.wrong(clear[0], f"{path}.clear", "clear", vi, en)
            return None
        own.items[f"clear_{sides[0]}"] = clear
    found = fields.struct(Levels, own, path)
    return None if found is None else Levels(**found)
