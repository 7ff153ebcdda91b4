"""What is found about rules before they are kept: each finding, and none where all is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest

from alerts.judge.world import world
from alerts.rules import check as checks
from alerts.rules.directory import Department, Route
from alerts.rules.findings import Finding
from alerts.rules.known import Known, of_catalog
from alerts.rules.model import Rule
from alerts.rules.yamlfile import parse
from city.sensors import Sensor
from infra import catalog, settings
from infra.roster import groups_of, roster

BASE = {
    "code": "r", "vi": "Tên", "en": "Name", "kind": "air_quality", "severity": "warning", "for": "5m",
    "condition": "{threshold: {metric: pm2_5, above: 150, clear: 120}}",
}  # fmt: skip


@cache
def known() -> Known:
    return replace(
        of_catalog(catalog.load(settings.Settings(domains_dir=None, norms_file=None))), today=date(2026, 11, 23)
    )


def rule(**fields: Any) -> Rule:
    said = {**BASE, **fields}
    contents = parse("rules:\n  - " + "\n    ".join(f"{k}: {v}" for k, v in said.items()))
    assert contents.findings == []
    return contents.rules[0].value


def found(*others: Rule, against: Known | None = None, **fields: Any) -> list[Finding]:
    return checks.check(rule(**fields), against or known(), others)


def codes(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    return [(f.level, f.code, f.where) for f in findings]


def test_a_good_rule_has_no_findings() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("condition", "code", "where"),
    [
        ("threshold: {metric: pm2_5, above: 2000}", "never", "above"),
        ("threshold: {metric: pm2_5, above: 5000, clear: 100}", "never", "above"),
        ("threshold: {metric: pm2_5, below: 0}", "never", "below"),
        ("threshold: {metric: pm2_5, above: -1}", "always", "above"),
        ("threshold: {metric: pm2_5, above: 0, inclusive: true}", "always", "above"),
        ("threshold: {metric: pm2_5, below: 2001}", "always", "below"),
        ("threshold: {metric: pm2_5, above: 10, below: 20}", "always", "below"),
        ("threshold: {metric: pm2_5, above: 150, clear: -1}", "never_clears", "clear_above"),
        ("threshold: {metric: pm2_5, above: 150, clear: 160}", "clear_side", "clear_above"),
        ("threshold: {metric: pm2_5, below: 20, clear: 10}", "clear_side", "clear_below"),
        ("threshold: {metric: pm2_5, above: 150, clear_below: 3}", "clear_side", "clear_below"),
        ("threshold: {metric: pm2_5, above: 150, clear_above: 20, below: 30}", "clear_side", ""),
        ("threshold: {metric: pm2_5}", "no_level", ""),
        ("threshold: {metric: pm25, above: 150}", "unknown_metric", "metric"),
        ("rate: {metric: pm2_5, over: 10m, above: 3000}", "never", "above"),
        ("rate: {metric: pm2_5, over: 0s, above: 30}", "duration", "over"),
        ("stuck: {metric: pm2_5, span: 3h, within: 2000}", "always", "within"),
        ("aggregate: {metric: pm2_5, of: zone, window: 5m, above: 150, quorum: 1.5}", "quorum", "quorum"),
        ("aggregate: {metric: pm2_5, of: zone, window: 5m, above: 9000}", "never", "above"),
        ("index: {index: vn_aqi, above: 150}", "unknown_index", "index"),
        ("index: {index: vn_aqi_hourly, above: 501}", "never", "above"),
        ("schedule: {metric: pm2_5, above: 150, during: noon}", "during", "during"),
        ("schedule: {metric: pm2_5, above: 150, during: 08:00-08:00}", "never", "during"),
        ("schedule: {metric: pm2_5, above: 150, during: day, margin: 6h}", "never", "margin"),
        ("children: {rules: [r2], above: 1}", "never", "above"),
        ("children: {rules: [], above: 0.5}", "missing", "rules"),
        ("composite: {none: [r2]}", "missing", ""),
        ("composite: {all: [r2], none: [r2]}", "never", "none"),
        ("composite: {all: [r3]}", "unknown_rule", "all.0"),
        ("composite: {all: [r]}", "cycle", ""),
        ("children: {rules: [of-zone], above: 0.5}", "not_of_sensors", "rules.0"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(condition: str, code: str, where: str) -> None:
    others = [
        rule(code="r2", severity="info", scope="{area: viet_yen}"),
        rule(code="of-zone", condition="{aggregate: {metric: no2, of: zone, window: 5m, above: 9}}"),
    ]
    tag = condition.partition(":")[0]
    path = f"condition.{tag}" + (f".{where}" if where else "")
    assert ("error", code, path) in codes(found(*others, condition=f"{{{condition}}}"))


@pytest.mark.parametrize(
    ("fields", "level", "code", "where"),
    [
        ({"code": "Bụi mịn"}, "error", "code", "code"),
        ({"vi": '"a\\u0007b"'}, "error", "text", "vi"),
        ({"vi": '"a\\nb"'}, "error", "text", "vi"),
        ({"vi": '"\\u202egnol"'}, "error", "text", "vi"),
        ({"vi": "x" * 201}, "error", "text", "vi"),
        ({"vi": '" "'}, "error", "text", "vi"),
        ({"scope": "{zone: 07211}"}, "error", "unknown_zone", "scope.zone.0"),
        ({"scope": "{area: hanoi}"}, "error", "unknown_area", "scope.area.0"),
        ({"scope": "{domain: enviroment}"}, "error", "unknown_domain", "scope.domain.0"),
        ({"scope": "{domain: traffic}"}, "error", "unknown_metric", "condition.threshold.metric"),
        ({"scope": "{site: XX}"}, "error", "unknown_site", "scope.site.0"),
        ({"scope": "{site_kind: pole}"}, "error", "unknown_site_kind", "scope.site_kind.0"),
        ({"scope": "{area: viet_yen, zone: 07210}"}, "error", "empty_scope", "scope.zone"),
        ({"late": "1h", "retro": "5m"}, "error", "late", "late"),
        ({"late": "2m", "severity": "critical"}, "warning", "late_critical", "late"),
        ({"for": "30d"}, "error", "duration", "for"),
        ({"flapping": "{raises: 1}"}, "error", "flapping", "flapping.raises"),
        ({"quality": "[]"}, "error", "quality", "quality"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "error", "valid", "valid_to"),
        ({"valid_to": "2026-11-22"}, "warning", "valid", "valid_to"),
        ({"for": "0s", "condition": "{threshold: {metric: pm2_5, above: 150}}"}, "warning", "no_hysteresis",
         "condition.threshold"),
        ({"condition": "{threshold: {metric: voltage, above: 231, clear: 229}}"}, "warning", "ambiguous_domain",
         "condition.threshold.metric"),
        ({"condition": "{threshold: {metric: energy, above: 5, clear: 4}}"}, "warning", "counter",
         "condition.threshold.metric"),
        ({"condition": "{stuck: {metric: rainfall, span: 3h}}"}, "warning", "still", "condition.stuck.metric"),
        ({"condition": "{index: {index: noise_laeq, above: 70, clear: 65}}"}, "warning", "mixed", "condition.index"),
        ({"condition": "{index: {index: air_exceedance, above: 45}}"}, "error", "mixed", "condition.index.only"),
        ({"condition": "{index: {index: air_exceedance, above: 45, only: {pollutant: pm2_5, averaging: 1h}}}"}, "error",
         "mixed", "condition.index.only"),
        ({"legal_basis": "QCVN 05:2023/BTNMT",
          "condition": "{index: {index: air_exceedance, above: 50, only: {pollutant: pm2_5, averaging: 24h}}}"},
         "warning", "legal_level", "condition.index.above"),
        ({"condition": "{aggregate: {metric: voltage, of: zone, window: 5m, above: 231, clear: 229}}"}, "error",
         "ambiguous_domain", "scope.domain"),
        ({"scope": "{domain: [lighting, electricity]}",
          "condition": "{aggregate: {metric: voltage, of: zone, window: 5m, above: 231, clear: 229}}"}, "error",
         "ambiguous_domain", "scope.domain"),
        ({"vi": "PM2.5 vượt quy chuẩn"}, "error", "legal_claim", "vi"),
        ({"en": "PM2.5 above the limit"}, "error", "legal_claim", "en"),
        ({"advice_vi": "quá giới hạn cho phép"}, "error", "legal_claim", "advice_vi"),
        ({"legal_basis": "QCVN 05:2023/BTNMT"}, "error", "legal_averaging", "legal_basis"),
        ({"legal_basis": "QCVN 05:2023/BTNMT",
          "condition": "{index: {index: vn_aqi_hourly, detail: concentrations.pm2_5, above: 45}}"}, "error",
         "legal_averaging", "condition.index.index"),
        ({"legal_basis": "QCVN 05:2023/BTNMT",
          "condition": "{index: {index: vn_aqi_daily, detail: concentrations.pm2_5, above: 50}}"}, "warning",
         "legal_level", "condition.index.above"),
        ({"legal_basis": "QCVN 05:2023/BTNMT", "condition": "{index: {index: vn_aqi_daily, above: 150}}"}, "error",
         "legal_averaging", "legal_basis"),
        ({"legal_basis": "QCVN 05:2023/BTNMT", "condition": "{index: {index: los, below: 30}}"}, "error",
         "legal_averaging", "legal_basis"),
        ({"legal_basis": "Quyết định 05/2020/QĐ-TTg", "scope": "{site: RV-PLT}",
          "condition": "{threshold: {metric: level, above: 5, clear: 4.9}}"}, "warning", "legal_level",
         "condition.threshold.above"),
        ({"scope": "{tag: x}", "condition": "{aggregate: {metric: no2, of: zone, window: 5m, above: 9}}"}, "error",
         "scope_of", "scope.tag"),
    ],
)  # fmt: skip
def test_a_field_that_makes_no_sense_is_found(fields: dict[str, str], level: str, code: str, where: str) -> None:
    assert (level, code, where) in codes(found(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"legal_basis": "QCVN 05:2023/BTNMT", "vi": "PM2.5 24 giờ vượt quy chuẩn",
         "condition": "{index: {index: vn_aqi_daily, detail: concentrations.pm2_5, above: 45}}"},
        {"legal_basis": "QCVN 05:2023/BTNMT",
         "condition": "{index: {index: vn_aqi_daily, detail: concentrations.o3_8h, above: 120}}"},
        {"legal_basis": "QCVN 05:2023/BTNMT",
         "condition": "{index: {index: air_exceedance, above: 100, only: {pollutant: no2, averaging: 24h}}}"},
        {"scope": "{domain: lighting}",
         "condition": "{aggregate: {metric: voltage, of: zone, window: 5m, above: 231, clear: 229}}"},
        {"legal_basis": "QCVN 26:2010/BTNMT",
         "condition": "{index: {index: noise_laeq, detail: above, above: 0, only: {period: day}}}"},
        {"legal_basis": "Quyết định 05/2020/QĐ-TTg", "scope": "{site: RV-PLT}",
         "condition": "{threshold: {metric: level, above: 5.3, clear: 5.2}}"},
    ],
)  # fmt: skip
def test_the_law_on_its_own_period_is_good(fields: dict[str, str]) -> None:
    assert found(**fields) == []


def test_rules_that_overlap_are_told_apart_from_those_that_do_not() -> None:
    other = rule(code="other", condition="{threshold: {metric: pm2_5, above: 180}}", scope="{area: bac_giang}")
    assert codes(found(other)) == [("warning", "overlap", "scope")]
    assert codes(found(rule(code="same"))) == [("error", "duplicate", "condition.threshold")]
    assert found(other, scope="{zone: 07777}") == []
    assert found(other, severity="major") == []
    assert found(other, condition="{threshold: {metric: pm2_5, below: 1, clear: 2}}") == []
    assert found(other, valid_to="2026-12-31", valid_from="2026-12-01") != []
    assert found(rule(code="old", valid_to="2025-12-31"), valid_from="2026-01-01") == []
    assert found(rule(code="off", enabled="false")) == []


def test_a_graver_rule_must_not_come_first() -> None:
    graver = rule(code="graver", severity="critical", condition="{threshold: {metric: pm2_5, above: 100, clear: 90}}")
    assert codes(found(graver)) == [("warning", "order", "condition.threshold.above")]
    assert codes(checks.check(graver, known(), [rule()])) == [("warning", "order", "condition.threshold.above")]
    assert checks.check(rule(severity="info"), known(), [rule(code="b", severity="major",
        condition="{threshold: {metric: pm2_5, above: 200, clear: 90}}")]) == []  # fmt: skip


def test_rules_that_lead_back_to_themselves_are_refused() -> None:
    a = rule(code="a", condition="{composite: {all: [b]}}")
    b = rule(code="b", condition="{composite: {any: [c]}}")
    c = rule(code="c", condition="{composite: {all: [d], none: [a]}}")
    d = rule(code="d")
    (finding,) = checks.check(a, known(), [b, c, d])
    assert (finding.code, "a → b → c → a" in finding.en) == ("cycle", True)
    assert checks.check(a, known(), [b, rule(code="c", condition="{composite: {all: [d]}}"), d]) == []


def city(n: int, values: float, tags: tuple[str, ...] = ()) -> Known:
    """A city of ten air stations that read 5, and n that read ``values``."""
    sensors = [Sensor(f"S{i}", "viet_yen", "environment", id=i + 1, tags=tags) for i in range(10 + n)]
    where = known().catalog
    found = roster(
        sensors, where.registry, groups_of(where.areas, where.zones, known().today), channels={"": 0}, version=1
    )
    numbers = np.arange(1, 11 + n)
    readings = np.where(numbers > 10, values, 5.0)
    return replace(
        known(),
        world=world(found, where.registry, where.zones, where.sites),
        latest=lambda domain, metric: (numbers, readings) if metric == "pm2_5" else (numbers[:0], readings[:0]),
        departments={"so-xd": Department(code="so-xd", vi="Sở Xây dựng", en="Construction")},
        routes=(Route(kind="noise", department="so-xd", role="handles"),),
    )


def test_a_rule_that_would_fire_for_much_of_the_city_is_refused() -> None:
    (storm,) = [f for f in found(against=city(5, 400.0)) if f.code == "storm"]
    assert storm.level == "error"
    assert "5 trong 15" in storm.vi
    assert not [f for f in found(against=city(5, 149.0)) if f.code in ("storm", "many")]
    assert not [f for f in found(against=city(3, 400.0)) if f.code in ("storm", "many")]
    assert not [f for f in found(against=city(5, 400.0), enabled="false") if f.code == "storm"]


def test_what_is_not_registered_yet_is_a_warning() -> None:
    here = city(0, 0, tags=("ngap",))
    assert ("warning", "unknown_sensor", "scope.sensor.0") in codes(found(against=here, scope="{sensor: S99}"))
    assert ("warning", "unknown_tag", "scope.tag.0") in codes(found(against=here, scope="{tag: ngapp}"))
    assert ("warning", "nobody", "scope") in codes(found(against=here, scope="{area: bac_giang}"))
    assert not [f for f in found(against=here, scope="{sensor: S1, tag: ngap}") if f.where.startswith("scope")]


def test_who_handles_it_must_be_there() -> None:
    here = city(0, 0)
    assert ("warning", "no_route", "kind") in codes(found(against=here))
    assert ("error", "unknown_department", "department") in codes(found(against=here, department="so-xay"))
    assert found(against=here, department="so-xd") == []
    assert found(against=here, kind="noise") == []


def test_a_files_findings_have_their_places_and_pairs_are_told_once() -> None:
    text = """\
departments:
  - {code: so-xd, vi: Sở, en: Office, hours: [{days: [0], from: "7h", to: "17:00"}]}
routes:
  - {kind: noise, department: so-xdd, role: handles}
rules:
  - {code: a, vi: A, en: A, kind: noise, severity: info, condition: {threshold: {metric: noise, above: 80, clear: 70}}}
  - {code: b, vi: B, en: B, kind: noise, severity: info, condition: {threshold: {metric: noise, above: 85, clear: 99}}}
"""
    findings = checks.check_contents(parse(text, "f.yaml"), known())
    assert [(f.line, f.column, f.code) for f in findings] == [
        (2, 54, "hours"), (2, 65, "hours"), (4, 31, "unknown_department"), (7, 5, "overlap"), (7, 115, "clear_side"),
    ]  # fmt: skip


def test_a_rule_that_could_not_be_read_is_not_called_unknown() -> None:
    text = """\
- {code: a, vi: A, en: A, kind: noise, severity: grave, condition: {absence: {}}}
- {code: b, vi: B, en: B, kind: noise, severity: info, condition: {composite: {all: [a]}}}
"""
    assert [f.code for f in checks.check_contents(parse(text), known())] == ["choice"]
