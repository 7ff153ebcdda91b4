"""Rules as JSON: errors in both languages, with what would be right, and fields by the names that JSON has."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from alerts.rules import check as checks
from alerts.rules import jsonform, model
from alerts.rules.checks import number
from alerts.rules.findings import Finding
from alerts.rules.model import Rule
from alerts.rules.yamlfile import parse
from alerts.rules.yamlwrite import write
from tests.unit.test_alert_rules_check import known, rule

THRESHOLD = {"type": "threshold", "metric": "pm2_5", "levels": {"above": 150, "clear_above": 120}}
BODY: dict[str, Any] = {
    "code": "r", "vi": "Tên", "en": "Name", "kind": "air_quality", "severity": "warning", "condition": THRESHOLD,
    "for_s": 300,
}  # fmt: skip


def said(**fields: Any) -> list[Finding]:
    found = jsonform.read({**BODY, **fields})
    assert not isinstance(found, Rule)
    assert all(f.level == "error" and f.vi and f.en for f in found)
    return found


def test_what_is_shown_is_read_again() -> None:
    one = rule()
    assert jsonform.read(model.encode(msgspec.structs.replace(one, version=7))) == one
    assert jsonform.read(BODY) == one


@pytest.mark.parametrize(
    ("fields", "where", "vi", "en"),
    [
        ({"kind": "air"}, "kind", "một trong: ", "is none of: "),
        ({"kind": ["noise"]}, "kind", "một trong: ", "one of: "),
        ({"severity": 3}, "severity", "critical, info, major, warning", "critical, info, major, warning"),
        ({"for": 600}, "for", "có phải for_s?", "did you mean for_s?"),
        ({"for_s": "10m"}, "for_s", "không phải số", "is no number"),
        ({"for_s": "600"}, "for_s", "phải là số", "must be a number"),
        ({"for_s": [1]}, "for_s", "phải là một giá trị", "must be a single value"),
        ({"vi": 5}, "vi", "phải là một đoạn chữ", "must be a text"),
        ({"vi": None}, "", "vi: để trống", "vi is empty"),
        ({"enabled": "maybe"}, "enabled", "viết true hoặc false", "write true or false"),
        ({"valid_from": "soon"}, "valid_from", "2026-01-31", "2026-01-31"),
        ({"scope": {"zones": ["07210"]}}, "scope.zones", "có phải zone?", "did you mean zone?"),
        ({"scope": []}, "scope", "các trường", "fields"),
        ({"quality": ["good"]}, "quality.0", "calibrating, fault, measuring", "calibrating, fault, measuring"),
        ({"condition": None}, "condition", "một trong: ", "out of: "),
        ({"condition": {"type": "treshold"}}, "condition.type", "có phải threshold?", "did you mean threshold?"),
        ({"condition": {"type": "threshold", "metric": "pm2_5"}}, "condition", "thiếu", "missing"),
        ({"condition": {**THRESHOLD, "above": 5}}, "condition.above", "không có trường", "no field"),
        ({"condition": {**THRESHOLD, "levels": {"abov": 5}}}, "condition.levels.abov", "có phải above?", "mean above"),
        ({"condition": {"type": "rate", "metric": "level", "over": 60, "levels": {}}}, "condition.over", "over_s",
         "over_s"),
        ({"condition": {"type": "aggregate", "metric": "no2", "of": "zone", "window_s": 61, "levels": {}}},
         "condition.window_s", "một trong 60, 300, 900", "one of 60, 300, 900"),
        ({"flapping": {"raises": 2.5}}, "flapping.raises", "số nguyên", "whole number"),
    ],
)  # fmt: skip
def test_an_error_names_the_field_and_what_would_be_right(fields: dict[str, Any], where: str, vi: str, en: str) -> None:
    found = said(**fields)
    assert [f for f in found if f.where == where and vi in f.vi and en in f.en], found


def test_all_errors_are_found_at_once_and_none_is_endless() -> None:
    assert {f.where for f in said(kind="x", severity="y", for_s="z")} == {"kind", "severity", "for_s"}
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    for bad in ({"kind": "x" * 1_000_000}, {"x" * 1_000_000: 1}, {"for_s": "9" * 1_000_000}, {"scope": {"a": deep}}):
        assert sum(len(f.vi) + len(f.en) for f in said(**bad)) < 2000


@pytest.mark.parametrize(
    ("fields", "file", "json"),
    [
        ({"for": "30d"}, "for", "for_s"),
        ({"flapping": "{within: 2d}"}, "flapping.within", "flapping.within_s"),
        ({"flapping": "{raises: 1}"}, "flapping.raises", "flapping.raises"),
        ({"scope": "{zone: 07211}"}, "scope.zone.0", "scope.zone.0"),
        ({"condition": "{threshold: {metric: pm2_5, above: 2000}}"}, "condition.threshold.above",
         "condition.levels.above"),
        ({"condition": "{threshold: {metric: pm2_5}}"}, "condition.threshold", "condition"),
        ({"condition": "{rate: {metric: pm2_5, over: 0s, above: 30}}"}, "condition.rate.over", "condition.over_s"),
        ({"condition": "{stuck: {metric: pm2_5, span: 30d}}"}, "condition.stuck.span", "condition.span_s"),
        ({"condition": "{schedule: {metric: pm2_5, above: 9, during: day, margin: 6h}}"}, "condition.schedule.margin",
         "condition.margin_s"),
        ({"condition": "{index: {index: vn_aqi, above: 150}}"}, "condition.index.index", "condition.index"),
        ({"condition": "{index: {index: los, of: zone, below: 30}}", "scope": "{tag: x}"}, "scope.tag", "scope.tag"),
        ({"condition": "{composite: {all: [nobody]}}"}, "condition.composite.all.0", "condition.all.0"),
    ],
)  # fmt: skip
def test_a_file_and_json_name_a_field_each_in_its_own_way(fields: dict[str, str], file: str, json: str) -> None:
    found = checks.check(rule(**fields), known(), [])
    (one,) = [f for f in found if f.where == file]
    assert jsonform.named(one).where == json
    # That field is there in what JSON shows (a level that is missing has no place of its own).
    shown: Any = model.encode(rule(**fields))
    for part in json.split("."):
        shown = shown[int(part)] if part.isdecimal() and isinstance(shown, list | tuple) else shown[part]


def test_what_somebody_wrote_is_not_repeated_without_end() -> None:
    long, key = "x" * 500_000, "y" * 1000
    text = f"rules:\n- {{code: {long}, vi: a, en: b, kind: {long}, severity: info, condition: {{threshold: {{}}}}}}\n"
    text += f"- {{code: {long}, vi: a, en: b, kind: noise, severity: info, {key}: 1, condition: {{{key}: {{}}}}}}\n"
    contents = parse(text, "r.yaml")
    assert len(contents.findings) >= 4
    assert max(len(str(f)) for f in contents.findings) < 2000
    bad = {"scope": f"{{zone: {long}}}", "department": long, "condition": f"{{threshold: {{metric: {long}}}}}"}
    found = checks.check(msgspec.structs.replace(rule(**bad), code=long), known(), [])
    assert {"code", "unknown_zone", "unknown_metric"} <= {f.code for f in found}
    assert max(len(str(f)) for f in found) < 3000


def test_a_time_that_cannot_be_is_said_with_what_it_is() -> None:
    found = checks.check(msgspec.structs.replace(rule(), retro_s=-5.0), known(), [])
    assert [(f.code, f.where) for f in found] == [("duration", "retro")]
    assert (found[0].vi, found[0].en) == (
        "phải từ 0s đến 7d (đang là -5s)", "must be from 0s to 7d (it is -5s)",
    )  # fmt: skip


def test_numbers_are_written_as_people_write_them() -> None:
    assert [number(x) for x in (95_000.0, 1e12, 4.3, 1e-7, -95_000.5)] == [
        "95000", "1000000000000", "4.3", "1e-07", "-95000.5",
    ]  # fmt: skip
    # The clear level that is proposed, and what is exported.
    bare = rule(
        condition="{threshold: {metric: voltage, above: 100000}}", scope="{domain: electricity}", **{"for": "0s"}
    )
    (hint,) = [f for f in checks.check(bare, known(), []) if f.code == "no_hysteresis"]
    assert hint.en.endswith("clear: 95000")
    level = rule(
        condition="{threshold: {metric: voltage, above: 95000, clear: 9.5e+04}}", scope="{domain: electricity}"
    )
    assert "above: 95000, clear: 95000" in write([level])
