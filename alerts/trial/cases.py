"""Unit tests of rules as a file: which rules, which sensors, what they report when, and what is expected then.

    rules: [../rules/flood.yaml]        files beside this one, or rules written out; none: what ships
    tests:
      - name: báo động I được phát và rút / alarm I is raised and withdrawn
        rules: [river-plt-1]
        interval: 10m
        sensors: [{id: RV1, domain: water, site: RV-PLT}]
        readings: [{sensor: RV1, metric: level, series: "4.0x3 4.3x3 4.25x2 4.2"}]
        expect:
          - {at: 30m, state: firing}
          - {events: [fired 30m, cleared 80m]}

Times are counted from ``start``. Whatever is wrong is found with its file, line and column; nothing is raised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from alerts.rules import shipped, yamlfile
from alerts.rules.fields import Fields
from alerts.rules.findings import Finding, Place, meant
from alerts.rules.model import Rule
from alerts.rules.tree import List, Map, Node, Scalar, Unreadable, read
from alerts.trial.forms import Case
from alerts.trial.sense import look


@dataclass(frozen=True)
class Placed:
    """A test, where its parts stand, and the rules that it is about."""

    case: Case
    places: dict[str, Place]
    file: str
    rules: tuple[Rule, ...]

    def at(self, path: str) -> Place:
        """Where a part stands, or what holds it."""
        while path not in self.places and "." in path:
            path = path.rpartition(".")[0]
        return self.places.get(path, self.places.get("", (0, 0)))


@dataclass
class Suite:
    """What a file holds, and what could not be read of it."""

    tests: list[Placed] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def load(path: Path) -> Suite:
    """The tests of a file. OSError and UnicodeDecodeError where it cannot be read."""
    return parse(path.read_text(encoding="utf-8-sig"), str(path), path.parent)


def parse(text: str, file: str, folder: Path) -> Suite:
    """The tests of a text; files of rules are looked for in ``folder``."""
    out = Suite()
    try:
        root = read(text, file)
    except Unreadable as e:
        out.findings.append(e.finding)
        return out
    fields = Fields(file)
    if not isinstance(root, Map) or "tests" not in root.items:
        fields.wrong(root.at if root else (1, 1), "", "empty", "tệp không có bài thử: thêm mục “tests:”",
                     'there are no tests in the file: add "tests:"')  # fmt: skip
    else:
        known = {"rules", "tests"}
        for key, (at, _) in root.items.items():
            if key not in known:
                vi, en = meant(key, known)
                fields.wrong(at, key, "unknown_field", f"không có mục {key}{vi}: chỉ có rules và tests",
                             f"there is no part {key}{en}: there are rules and tests")  # fmt: skip
        rules = _rules(fields, root.items.get("rules", ((0, 0), None))[1], file, folder)
        out.tests += _tests(fields, root.items["tests"][1], file, rules)
    out.findings += sorted(fields.findings, key=lambda f: (f.line, f.column))
    return out


def _rules(fields: Fields, node: Node | None, file: str, folder: Path) -> dict[str, Rule]:
    """The rules of a file by code: what ships, and over it what is named or written out."""
    out = {p.value.code: p.value for p in shipped.contents().rules}
    given = node.items if isinstance(node, List) else [] if node is None else [node]
    written = [n for n in given if isinstance(n, Map)]
    found = []
    if written:
        at = written[0].at
        found.append(yamlfile.of_tree(Map(at, {"rules": (at, List(at, list(written)))}), file))
    for name in (n for n in given if isinstance(n, Scalar) and not n.null):
        path = folder / name.text
        try:
            found.append(yamlfile.parse(path.read_text(encoding="utf-8-sig"), str(path)))
        except (OSError, UnicodeDecodeError):
            fields.wrong(name.at, "rules", "file", f"không đọc được tệp quy tắc {path}",
                         f"cannot read the rules {path}")  # fmt: skip
    for contents in found:
        fields.findings += contents.findings
        out.update({p.value.code: p.value for p in contents.rules})
    return out


def _tests(fields: Fields, node: Node, file: str, rules: dict[str, Rule]) -> list[Placed]:
    if not isinstance(node, List):
        fields.wrong(node.at, "tests", "type", "tests phải là danh sách: mỗi bài bắt đầu bằng “- ”",
                     'tests must be a list: each begins with "- "')  # fmt: skip
        return []
    out = []
    for item in node.items:
        one = Fields(file)
        values = one.struct(Case, item)
        if values is not None:
            case = Case(**values)
            look(one, case, rules)
            if not one.findings:
                chosen = tuple(rules[c] for c in case.rules or tuple(rules))
                out.append(Placed(case, one.places, file, _with_theirs(chosen, rules)))
        fields.findings += one.findings
    return out


def _with_theirs(chosen: tuple[Rule, ...], rules: dict[str, Rule]) -> tuple[Rule, ...]:
    """The rules, and those that they look at."""
    out: dict[str, Rule] = {}

    def add(rule: Rule) -> None:
        if rule.code not in out:
            out[rule.code] = rule
            for code in named(rule):
                if code in rules:
                    add(rules[code])

    for rule in chosen:
        add(rule)
    return tuple(out.values())


def named(rule: Rule) -> tuple[str, ...]:
    """The rules that a rule looks at."""
    c = rule.condition
    return tuple(x for part in ("rules", "all", "any", "none") for x in getattr(c, part, ()))
