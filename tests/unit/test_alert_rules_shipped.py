"""The default set: for every domain, without a finding, true to the law, and with a department for every alert."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from alerts.notice.book import Pace
from alerts.rules import check, shipped
from alerts.rules.checks import legal, levels_of
from alerts.rules.directory import Department
from alerts.rules.known import of_catalog
from alerts.rules.model import Indexed, Rule, Threshold
from alerts.rules.yamlfile import parse
from alerts.rules.yamlwrite import write
from infra import catalog, settings

CATALOG = catalog.load(settings.Settings(domains_dir=None, norms_file=None))
RULES = {p.value.code: p.value for p in shipped.contents().rules}


def test_what_ships_has_no_findings() -> None:
    found = shipped.contents()
    assert [str(f) for f in check.check_contents(found, of_catalog(CATALOG))] == []
    departments: dict[str, Department] = {p.value.code: p.value for p in found.departments}
    known = replace(of_catalog(CATALOG), departments=departments, routes=tuple(p.value for p in found.routes))
    assert [str(f) for f in check.check_contents(found, known)] == []


def test_what_ships_reads_back_from_its_own_export() -> None:
    ours = shipped.contents()
    text = write(RULES.values(), (p.value for p in ours.departments), (p.value for p in ours.routes))
    again = parse(text)
    assert {p.value.code: p.value for p in again.rules} == RULES
    assert [p.value for p in again.departments] == [p.value for p in ours.departments]
    assert [p.value for p in again.routes] == [p.value for p in ours.routes]


def test_every_domain_is_watched_and_every_rule_has_advice() -> None:
    watched = {d for r in RULES.values() for d in r.scope.domain}
    assert watched == set(CATALOG.registry.domains)
    assert not [r.code for r in RULES.values() if not r.advice_vi or not r.advice_en]


def test_every_kind_is_handled_by_somebody() -> None:
    handled = {p.value.kind for p in shipped.contents().routes if p.value.role == "handles"}
    assert {r.kind for r in RULES.values()} <= handled


@pytest.mark.parametrize("station", CATALOG.rivers.station, ids=lambda s: s.site)
def test_flood_alarms_are_those_of_the_decision(station: object) -> None:
    site, alarms = station.site, station.alarms
    found = [r for r in RULES.values() if r.scope.site == (site,) and r.kind == "river_flood"]
    levels = [levels_of(r.condition) for r in sorted(found, key=lambda r: r.code)]
    assert [(x.above, x.clear_above, x.inclusive) for x in levels if x] == [
        (pytest.approx(a), pytest.approx(a - CATALOG.rivers.below), True) for a in alarms
    ]
    assert [r.severity for r in sorted(found, key=lambda r: r.code)] == ["warning", "major", "critical"]
    assert {r.legal_basis for r in found} == {CATALOG.rivers.source}


def claims(rule: Rule) -> bool:
    return any(legal.CLAIMS.search(x) for x in (rule.vi, rule.en, rule.advice_vi, rule.advice_en))


def test_an_operating_threshold_never_claims_to_be_a_limit() -> None:
    assert not [r.code for r in RULES.values() if claims(r) and not r.legal_basis]
    # What is judged of single readings may name the law of the river and of drinking water, never that of the air.
    of_readings = [r for r in RULES.values() if isinstance(r.condition, Threshold) and r.legal_basis]
    assert {r.kind for r in of_readings} == {"river_flood", "water_quality"}


def test_every_limit_of_the_air_is_that_of_its_averaging_period() -> None:
    found = [r for r in RULES.values() if r.code.startswith("qcvn-")]
    assert len(found) == 10
    for rule in found:
        pollutant, averaging = rule.code.split("-")[1:]
        limits = [
            x.limit
            for x in CATALOG.norms.air.limit
            if x.pollutant.replace("_", "") == pollutant and x.averaging == averaging and x.valid_to is None
        ]
        levels = levels_of(rule.condition)
        assert isinstance(rule.condition, Indexed)
        assert levels is not None
        assert [levels.above] == limits


def test_the_pace_of_a_department_is_understood_by_those_who_tell() -> None:
    (placed,) = parse(
        "departments: [{code: a, vi: a, en: a, pace: {wait: 1m, storm: 5, escalate: {major: 10m}}}]"
    ).departments
    pace = msgspec.convert(msgspec.to_builtins(placed.value.pace), Pace)
    assert (pace.wait_s, pace.storm, pace.escalate_s, pace.repeat_s) == (60, 5, {"major": 600}, Pace().repeat_s)


def test_the_examples_of_the_page_are_good() -> None:
    page = (Path(__file__).parents[2] / "docs/alerts/rules.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(examples) == 2
    ours = shipped.contents()
    for example in examples:
        contents = parse(example)
        contents.departments += ours.departments
        found = check.check_contents(contents, of_catalog(CATALOG), list(RULES.values()))
        assert [str(f) for f in found] == []


def test_every_code_of_a_finding_is_on_the_page() -> None:
    folder = Path(check.__file__).parent
    source = "".join(p.read_text(encoding="utf-8") for p in [*folder.glob("*.py"), *(folder / "checks").glob("*.py")])
    page = (folder.parents[1] / "docs/alerts/rules.md").read_text(encoding="utf-8")
    codes = set(re.findall(r"\b(?:error|warning)\(\s*\"([a-z_]+)\"", source))
    codes |= set(re.findall(r"(?:wrong|_stop|_wrong)\([^\"]*(?:\"[^\"]*\", )?\"([a-z_]+)\",", source)) & {
        "twice",
        "yaml",
    }
    assert len(codes) > 30
    assert not {c for c in codes if f"`{c}`" not in page}
