"""Rules, departments and routes as YAML text: `yamlfile.parse` reads back the same, and writes the same again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
import yaml

from alerts.rules import durations
from alerts.rules.directory import Department, Route
from alerts.rules.model import Levels, Rule

WIDTH = 110


class _Dumper(yaml.SafeDumper):
    """Leaves in a line, texts of several lines as they are."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    whole = "\n" in text and not any(line != line.rstrip() for line in text.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if whole else None)


class _Line(dict[str, Any]):
    """Fields in one line."""


class _Row(list[Any]):
    """Items in one line."""


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Line, lambda d, v: d.represent_mapping("tag:yaml.org,2002:map", v.items(), flow_style=True))
_Dumper.add_representer(_Row, lambda d, v: d.represent_sequence("tag:yaml.org,2002:seq", v, flow_style=True))


def write(
    rules: Iterable[Rule] = (), departments: Iterable[Department] = (), routes: Iterable[Route] = ()
) -> str:  # fmt: skip
    """A file of them, in the order given."""
    parts: list[tuple[str, list[str]]] = [
        ("departments", [_dump(_fields(d), flat=False) for d in departments]),
        ("routes", [_dump(_fields(r), flat=True) for r in routes]),
        ("rules", [_dump(_rule(r), flat=False) for r in rules]),
    ]
    return "\n".join(f"{name}:\n" + ("\n" if name == "rules" else "").join(items) for name, items in parts if items)


def _dump(item: dict[str, Any], *, flat: bool) -> str:
    """One item of a list; ``flat``: in one line. Otherwise a line a field, and what a field holds in one if it fits."""
    nested = item if flat else {k: _Line(v) if isinstance(v, dict) else _row(v) for k, v in item.items()}
    wanted = [_Line(nested)] if flat else [nested]
    width = 1 << 20 if flat else WIDTH
    return yaml.dump(wanted, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width, default_flow_style=False)


def _row(value: Any) -> Any:
    return _Row(value) if isinstance(value, list) else value


def _rule(rule: Rule) -> dict[str, Any]:
    out = _fields(rule)
    out.pop("version", None)
    tag = type(rule.condition).__struct_config__.tag
    # The order in which people read: what it is, when it is so, where, and what then.
    head = {k: out.pop(k) for k in ("code", "vi", "en", "kind", "severity")}
    del out["condition"]
    scope = {"scope": out.pop("scope")} if "scope" in out else {}
    return {**head, **scope, "condition": {tag: _condition(rule.condition)}, **out}


def _condition(condition: Any) -> dict[str, Any]:
    out = _fields(condition)
    levels = getattr(condition, "levels", None)
    if isinstance(levels, Levels):
        out.pop("levels", None)
        said = _fields(levels)
        sides = [s for s in ("above", "below") if s in said]
        clears = [s for s in said if s.startswith("clear_")]
        if len(sides) == 1 and clears == [f"clear_{sides[0]}"]:
            said = {"clear" if k in clears else k: v for k, v in said.items()}
        out.update(said)
    return out


@cache
def _known(cls: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(cls)


def _fields(thing: Any) -> dict[str, Any]:
    """A struct's fields by their YAML names, but for those at their default."""
    out: dict[str, Any] = {}
    cls: type[msgspec.Struct] = type(thing)
    for f in _known(cls):
        value = getattr(thing, f.name)
        default = f.default_factory() if f.default_factory is not msgspec.NODEFAULT else f.default
        if value is None or value == default:
            continue
        duration = f.encode_name.endswith("_s")
        out[f.encode_name[:-2] if duration else f.encode_name] = _plain(value, duration)
    return out


def _plain(value: Any, duration: bool) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v, duration) for k, v in value.items()}
    if duration:
        return durations.show(float(value))
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return int(value)
    if isinstance(value, msgspec.Struct):
        return _fields(value)
    if isinstance(value, tuple):
        return [_plain(v, False) for v in value]
    return value
