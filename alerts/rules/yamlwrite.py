"""Rules, departments and routes as YAML text: `yamlfile.parse` reads back the same, and writes the same again."""

from __future__ import annotations

from collections.abc import Iterable
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


_Dumper.add_representer(str, _text)


def write(
    rules: Iterable[Rule] = (), departments: Iterable[Department] = (), routes: Iterable[Route] = ()
) -> str:  # fmt: skip
    """A file of them, in the order given."""
    parts: list[tuple[str, list[dict[str, Any]]]] = [
        ("departments", [_fields(d) for d in departments]),
        ("routes", [_fields(r) for r in routes]),
        ("rules", [_rule(r) for r in rules]),
    ]
    return "\n".join(
        f"{name}:\n" + ("\n" if name == "rules" else "").join(_dump(item) for item in items)
        for name, items in parts
        if items
    )


def _dump(item: dict[str, Any]) -> str:
    # A flat item (a route, say) is one line; default_flow_style None makes exactly those.
    return yaml.dump(
        [item], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=None, indent=2
    )


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


def _fields(thing: Any) -> dict[str, Any]:
    """A struct's fields by their YAML names, but for those at their default."""
    out: dict[str, Any] = {}
    for f in msgspec.structs.fields(type(thing)):
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
