"""Everything that can be found about rules before they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from alerts.rules.checks import directory, legal, levels, links, now, overlap, scope, text, times
from alerts.rules.findings import Finding, errors, placed
from alerts.rules.known import Known
from alerts.rules.model import Rule
from alerts.rules.yamlfile import Contents

CHECKS = (text, times, levels, scope, links, legal, overlap, now)
#: Errors that whoever knows better may pass over.
MAY_PASS = frozenset({"storm"})


def check(rule: Rule, known: Known, others: Iterable[Rule] = ()) -> list[Finding]:
    """What is wrong with a rule among the others, errors first. The other of its own code is the one it replaces."""
    return _check(rule, known, {r.code: r for r in others if r.code != rule.code})


def _check(rule: Rule, known: Known, others: Mapping[str, Rule]) -> list[Finding]:
    found = [msgspec.structs.replace(f, rule=rule.code) for one in CHECKS for f in one.check(rule, known, others)]
    return errors(found) + [f for f in found if f.level == "warning"]


def check_contents(contents: Contents, known: Known, before: Sequence[Rule] = ()) -> list[Finding]:
    """What is wrong with a file's rules, departments and routes, with their places; ``before``: rules there already.

    What is wrong between two rules of the file is said once, of the later one.
    """
    known = _with(known, contents)
    rules = {r.code: r for r in before} | {p.value.code: p.value for p in contents.rules}
    out = list(contents.findings)
    for d in contents.departments:
        out += [placed(f, d.places, d.file) for f in directory.check_department(d.value)]
    for r in contents.routes:
        out += [placed(f, r.places, r.file) for f in directory.check_route(r.value, known)]
    said: set[frozenset[str]] = set()
    for p in reversed(contents.rules):
        for f in _check(p.value, known, {c: r for c, r in rules.items() if c != p.value.code}):
            pair = frozenset((f.rule, f.other))
            if f.other and pair in said:
                continue
            out.append(placed(f, p.places, p.file))
        said |= {frozenset((f.rule, f.other)) for f in out if f.other}
    return sorted(out, key=lambda f: (f.file, f.line, f.column))


def _with(known: Known, contents: Contents) -> Known:
    """What is known, with the departments and routes of the file itself."""
    departments, routes = known.departments, known.routes
    if departments is not None or contents.departments:
        departments = {**(departments or {}), **{p.value.code: p.value for p in contents.departments}}
    if routes is not None or contents.routes:
        routes = (*(routes or ()), *(p.value for p in contents.routes))
    return replace(known, departments=departments, routes=routes, codes=contents.named)
