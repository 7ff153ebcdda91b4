"""Rules as JSON, as the API shows and takes them: the same fields and the same errors as in a file.

What differs is how things are called, and errors name them so: times end with `_s` and are seconds, a condition says
its `type`, and its levels stand in `levels`. `condition.threshold.above` of a file is `condition.levels.above` here.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import inspect

from alerts.rules import model
from alerts.rules.fields import Fields, fields_of, key_of
from alerts.rules.findings import Finding, listed, meant, short
from alerts.rules.model import Rule
from alerts.rules.tree import List, Map, Node, Scalar
from alerts.rules.yamlfile import CONDITIONS, LEVELS

_NOWHERE = (0, 0)


def read(body: dict[str, Any]) -> Rule | list[Finding]:
    """The rule of a body, or everything that keeps it from being one."""
    body = {k: v for k, v in body.items() if k != "version"}
    try:
        try:
            return model.decode(body)
        except msgspec.ValidationError as e:
            return _wrong(body) or [_of_type(e)]
    except RecursionError:
        return [Finding(level="error", code="type", vi="lồng quá sâu", en="nested too deep")]


def named(finding: Finding) -> Finding:
    """A finding of the checks, with its field as JSON calls it."""
    return msgspec.structs.replace(finding, where=where(finding.where))


def where(path: str) -> str:
    """A field's path in a file as JSON has it."""
    head, *rest = path.split(".")
    if head != "condition":
        return ".".join(_spelt(Rule, [head, *rest]))
    if not rest or rest[0] not in CONDITIONS:
        return path
    tag, *rest = rest
    levels = ["levels"] if rest and rest[0] in LEVELS else []
    return ".".join(["condition", *levels, *_spelt(CONDITIONS[tag], rest)])


def _spelt(cls: type, parts: list[str]) -> list[str]:
    field = next((f for f in fields_of(cls) if parts and key_of(f) == parts[0]), None)
    if field is None:
        return parts
    inner = field.type
    rest = _spelt(inner.cls, parts[1:]) if isinstance(inner, inspect.StructType) else parts[1:]
    return [field.encode_name, *rest]


def _wrong(body: dict[str, Any]) -> list[Finding]:
    """What the reader of files has to say of it."""
    fields = Fields("", seconds=True)
    node = _tree(body)
    assert isinstance(node, Map)  # noqa: S101 -- a body is an object
    fields.struct(Rule, node, extra=("condition",))
    given = node.items.get("condition")
    if given is None:
        fields.wrong(_NOWHERE, "condition", "missing", "thiếu condition", "condition is missing")
    else:
        _condition(fields, given[1])
    code = body.get("code")
    return [msgspec.structs.replace(f, rule=code if isinstance(code, str) else "") for f in fields.findings]


def _condition(fields: Fields, node: Node) -> None:
    tag = node.items.get("type", (_NOWHERE, None))[1] if isinstance(node, Map) else None
    name, row = tag.text if isinstance(tag, Scalar) else "", listed(CONDITIONS)
    if not isinstance(node, Map) or not name:
        fields.wrong(_NOWHERE, "condition", "condition", f"phải là các trường, với type là một trong: {row}",
                     f"must be fields, with a type out of: {row}")  # fmt: skip
    elif name not in CONDITIONS:
        vi, en = meant(name, CONDITIONS)
        fields.wrong(_NOWHERE, "condition.type", "unknown_condition",
                     f"không có loại điều kiện {short(name)}{vi} (các loại: {row})",
                     f"there is no condition {short(name)}{en} (the kinds: {row})")  # fmt: skip
    else:
        fields.struct(CONDITIONS[name], node, "condition", extra=("type",))


def _tree(value: Any) -> Node:
    if isinstance(value, dict):
        return Map(_NOWHERE, {str(k): (_NOWHERE, _tree(v)) for k, v in value.items()})
    if isinstance(value, list):
        return List(_NOWHERE, [_tree(v) for v in value])
    if value is None:
        return Scalar(_NOWHERE, "null", True)
    return Scalar(_NOWHERE, str(value).lower() if isinstance(value, bool) else str(value), False)


_WORDS = {
    "float": ("số", "a number"), "int": ("số nguyên", "a whole number"), "str": ("một đoạn chữ", "a text"),
    "bool": ("true hoặc false", "true or false"), "array": ("danh sách", "a list"), "object": ("các trường", "fields"),
    "date": ("ngày, như 2026-01-31", "a day, such as 2026-01-31"), "null": ("null", "null"),
}  # fmt: skip


def _of_type(e: msgspec.ValidationError) -> Finding:
    """What only the types tell: a text where a number is wanted."""
    said, _, at = str(e).partition(" - at `$")
    kinds = said.replace("`", "").removeprefix("Expected ").partition(", got ")[0].split(" | ")
    known = [_WORDS[k] for k in kinds if k in _WORDS]
    vi, en = (" / ".join(w[i] for w in known) for i in (0, 1))
    place = at.rstrip("`").lstrip(".").replace("[", ".").replace("]", "")
    return Finding(
        level="error", code="type", where=place, vi=f"phải là {vi}" if known else f"không đúng dạng: {short(said)}",
        en=f"must be {en}" if known else short(said),
    )  # fmt: skip
