"""What the API refuses is said in Vietnamese and in English ("tiếng Việt / English"), after its place if it has one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "ioc_api"
#: Who says no, and which argument says why.
REFUSALS = {"Stop": 1, "problem": 1, "Away": 0, "ValueError": 0, "BadFrame": 1}
#: Of these only the modules whose texts come to people: a ValueError elsewhere is caught by who called.
ONLY = {"ValueError": ("live/",), "BadFrame": ("live/hub.py", "past/")}
#: Not looked at, and why.
APART = {"signin/provider.py": "for the log: who signs in is told that the provider is away, in both languages"}

PLACE = re.compile(r"^(?:(?:query|body|path|header)(?:\.[\w-]+|\.?\x00)*|view|\x00)(?:: |(?=\x00*$))")
VIETNAMESE = re.compile(r"[À-ỹ]")


def literal(node: ast.expr | None, known: Mapping[str, str]) -> list[str]:
    """The texts that an expression may give; a NUL stands for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(v.value if isinstance(v, ast.Constant) else "\x00" for v in node.values)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [a + b for a in literal(node.left, known) for b in literal(node.right, known)]
    if isinstance(node, ast.IfExp):
        return literal(node.body, known) + literal(node.orelse, known)
    if isinstance(node, ast.Name) and node.id in known:
        return [known[node.id]]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "replace"):
        return literal(node.func.value, known)
    return ["\x00"]


def good(text: str) -> bool:
    """Both languages around one stroke; what is only filled in says it by itself."""
    said = PLACE.sub("", text)
    if not said.strip("\x00"):
        return True
    vi, *en = said.split(" / ")
    return len(en) == 1 and bool(VIETNAMESE.search(vi)) and not VIETNAMESE.search(en[0]) and bool(en[0].strip())


def named(sources: Mapping[str, str]) -> dict[str, str]:
    """The texts that have a name."""
    found = {}
    for source in sources.values():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                texts = literal(node.value, {})
                if texts != ["\x00"]:
                    found[node.targets[0].id] = texts[0]
    return found


def lacking(sources: Mapping[str, str]) -> Iterator[str]:
    """Refusals that lack a language, by file and line."""
    everywhere = {k: v for k, v in named(sources).items() if k.isupper()}
    for path, source in sources.items():
        if path in APART:
            continue
        known = everywhere | named({path: source})
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name not in REFUSALS or not path.startswith(ONLY.get(name, ("",))):
                continue
            if len(node.args) > REFUSALS[name]:
                for text in literal(node.args[REFUSALS[name]], known):
                    if not good(text):
                        yield f"{path}:{node.lineno}: {text}"


def sources() -> dict[str, str]:
    files = (p for p in sorted(ROOT.rglob("*.py")) if "dashboard" not in p.parts)
    return {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8") for p in files}


def test_every_refusal_is_said_in_both_languages() -> None:
    found = sources()
    assert sum(s.count("Stop(") for s in found.values()) > 150, "the sources are looked at"
    assert list(lacking(found)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        'raise Stop(404, "there is no such thing")',
        'raise problems.Stop(404, f"query.zone: there is no {zone}")',
        'raise Stop(404, "không có")',
        'raise Stop(404, "there is none / không có")',
        'raise Stop(404, "không có / there is none / neither")',
        'GONE = "it is gone"\nraise Stop(404, GONE)',
        'raise Stop(404, "không có / none" if a else "there is none")',
        'raise Stop(404, "body.a: " + f"{b} is wrong")',
    ],
)
def test_one_that_lacks_a_language_is_found(wrong: str) -> None:
    assert len(list(lacking({"rest/a.py": wrong}))) == 1


def test_a_place_and_what_is_filled_in_are_no_lack() -> None:
    right = 'raise Stop(422, f"query.step: {said}")\nraise Stop(422, str(e))\nraise Stop(404, f"{a}: quá xa / too far")'
    assert list(lacking({"rest/a.py": right})) == []
