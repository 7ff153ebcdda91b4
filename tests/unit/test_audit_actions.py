"""Every action that the product records has a name in both languages, and no name is left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from infra.audit.actions import NAMES, name
from ioc_api.rest import deeds

ROOT = Path(__file__).parents[2]
ROOMS = ("infra", "ioc_api", "alerts", "ingest")
#: What records, and what hands an action on to it.
RECORDING = {
    "record", "record_async", "refuse", "done", "note", "prove", "prove_factor", "_refused", "rotate", "Deed",
}  # fmt: skip
_ACTION = re.compile(r"[a-z]+\.[a-z_]+")


def recorded() -> Iterator[tuple[str, str]]:
    """Actions that stand in calls that record, with their file."""
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            text = "" if "node_modules" in path.parts else path.read_text(encoding="utf-8")
            if "audit" not in text and "prove" not in text:
                continue
            tree = ast.parse(text)
            for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
                called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                if called in RECORDING:
                    for given in call.args:
                        if isinstance(given, ast.Constant) and _ACTION.fullmatch(str(given.value)):
                            yield str(given.value), str(path.relative_to(ROOT))


def test_every_action_has_names_and_every_name_its_action() -> None:
    found = dict(recorded())
    found |= {action: "deeds" for action, *_ in (*deeds.CHANGES.values(), *deeds.TELLS.values())}
    found |= {"audit.retention": "retention"}  # by its constant
    assert len(found) > 50
    assert {a: where for a, where in found.items() if a not in NAMES} == {}
    assert set(NAMES) - set(found) == set()


def test_an_action_of_before_is_called_by_itself() -> None:
    assert name("rule.write") == ("Sửa quy tắc", "Changed a rule")
    assert name("gone.away") == ("gone.away", "gone.away")
