"""Rules as YAML: what is read, where each error is said to be, and that what is written reads back the same."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rules import durations
from alerts.rules.directory import Department, Hours, Pace, Route
from alerts.rules.findings import Finding
from alerts.rules.model import (
    Aggregate,
    Children,
    Composite,
    Flapping,
    Indexed,
    Levels,
    Rate,
    Rule,
    Schedule,
    Scope,
    Stuck,
    Threshold,
)  # fmt: skip
from alerts.rules.yamlfile import parse
from alerts.rules.yamlwrite import write

RIVER = """\
rules:
  - code: river-1
    vi: Báo động I
    en: Flood alarm I
    kind: river_flood
    severity: warning
    scope: {zone: [07210, 07228], site: RV-PLT}
    condition: {threshold: {metric: level, above: 4.3, clear: 4.2, inclusive: true}}
    for: 1h30m
    clear_for: 90
    valid_from: 2026-01-01
"""


def found(text: str) -> list[Finding]:
    return parse(text, "rules.yaml").findings


def test_a_rule_is_read_with_its_short_forms() -> None:
    contents = parse(RIVER)
    assert contents.findings == []
    (placed,) = contents.rules
    assert placed.value == Rule(
        code="river-1", vi="Báo động I", en="Flood alarm I", kind="river_flood", severity="warning",
        # A zone is a name and no octal number, whatever YAML thinks of it.
        scope=Scope(zone=("07210", "07228"), site=("RV-PLT",)),
        condition=Threshold(metric="level", levels=Levels(above=4.3, clear_above=4.2, inclusive=True)),
        for_s=5400, clear_for_s=90, valid_from=date(2026, 1, 1),
    )  # fmt: skip
    assert placed.places["condition.threshold.above"] == (8, 51)


@pytest.mark.parametrize(
    ("before", "after", "place", "code", "says"),
    [
        ("severity: warning", "severity: high", (6, 15), "choice", "critical, info"),
        ("kind: river_flood", "kind: river_flod", (5, 11), "choice", "river_flood"),
        ("for: 1h30m", "for: 90 minutes", (9, 10), "duration", "30s, 10m, 2h"),
        ("clear_for: 90", "clear_fr: 90", (10, 5), "unknown_field", "clear_for"),
        ("above: 4.3", 'above: "4,3 m"', (8, 51), "number", "4.3"),
        ("inclusive: true", "inclusive: yes", (8, 79), "type", "true hoặc false"),
        ("2026-01-01", "01/01/2026", (11, 17), "date", "2026-01-31"),
        ("[07210, 07228]", '"07210, 07228"', (7, 19), "type", "[07210, 07228]"),
        ("{threshold:", "{treshold:", (8, 17), "unknown_condition", "threshold"),
        ("condition: {threshold:", "threshold: {x:", (8, 5), "misplaced", "condition: {threshold"),
        ("metric: level, ", "", (8, 28), "missing", "metric"),
        ("en: Flood alarm I", "en:", (2, 5), "missing", "en"),
        ("en: Flood alarm I", "name: Flood", (4, 5), "unknown_field", "vi và en"),
        ("above: 4.3", "above: 4.3, below: 1", (8, 66), "clear", "clear_above"),
        ("    kind", "\t  kind", (5, 1), "yaml", "tab"),
        ("Báo động I", "Báo động: I: một", (3, 17), "yaml", "ngoặc kép"),
        ("en: Flood alarm I", "code: again", (4, 5), "twice", "dòng 2"),
        ("Flood alarm I", "&a Flood", (4, 9), "yaml", "& và *"),
        ("Flood alarm I", "!!python/none x", (4, 9), "yaml", "thẻ"),
    ],
)
def test_every_error_has_its_place_and_its_remedy(
    before: str, after: str, place: tuple[int, int], code: str, says: str
) -> None:
    assert before in RIVER
    findings = found(RIVER.replace(before, after, 1))
    assert findings
    first = next(f for f in findings if f.code == code)
    assert (first.line, first.column) == place
    assert says in first.vi
    assert first.en
    assert str(first).startswith(f"rules.yaml:{place[0]}:{place[1]}: error [{code}]")


@pytest.mark.parametrize(
    "text", ["", "# nothing", "42", "rulez: []", "rules: 3", "rules: [3]", "a: {b: [", "--- 1\n--- 2"]
)
def test_what_is_no_file_of_rules_is_one_finding(text: str) -> None:
    assert len(found(text)) == 1


def test_all_errors_of_a_file_are_found_at_once_and_good_rules_are_read() -> None:
    contents = parse(
        RIVER + RIVER.partition("\n")[2].replace("river-1", "river-2").replace("warning", "grave") + "  - 7\n"
    )
    assert [p.value.code for p in contents.rules] == ["river-1"]
    assert [(f.rule, f.line) for f in contents.findings] == [("river-2", 16), ("", 22)]
    assert contents.named == {"river-1", "river-2"}


def test_a_code_stands_once() -> None:
    (finding,) = found(RIVER + RIVER.partition("\n")[2])
    assert (finding.code, finding.line, finding.rule) == ("twice", 12, "river-1")


@given(st.binary(max_size=200).map(lambda b: b.decode("utf-8", "replace")))
def test_any_text_gives_findings_and_never_an_error(text: str) -> None:
    parse(text)
    parse("rules:\n  - " + text)


@given(st.integers(0, 10**7))
def test_durations_read_back(seconds: int) -> None:
    assert durations.parse(durations.show(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "x", "10 m", "-1", "1h1h", "5m1h", "1.5h", "nan", "∞", "１０", "1e3"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError):
        durations.parse(text)


finite = st.sampled_from([0.0, 1.0, -2.5, 4.3, 1e-7, 0.1 + 0.2, 1e16, -1e300])
seconds = st.sampled_from([0.0, 1.0, 0.5, 59.0, 60.0, 5400.0, 86_400.0, 1e-9, 1e6 / 7])
names = st.sampled_from(["a", "b-1", "level", "no", "on", "null", "1e3"])
#: Texts as people write them, with what YAML could take for something else.
texts = st.one_of(
    st.sampled_from(
        ["null", "~", "yes", "1e3", "07210", "12:30", "a: b", "- x", "#", "'", '"', "{}", " a ", "=1+1", "x" * 200]
    ),
    st.text("aạ Đ:#-'\"{}[],&*!|>%@`\\0\u2028\u00a0😀", min_size=1, max_size=20),
)
levels = st.builds(
    Levels, above=st.none() | finite, clear_above=st.none() | finite, below=st.none() | finite,
    clear_below=st.none() | finite, inclusive=st.booleans(),
)  # fmt: skip
codes = st.lists(names, max_size=3).map(tuple)
conditions = st.one_of(
    st.builds(Threshold, metric=names, levels=levels, channel=st.none() | texts),
    st.builds(Rate, metric=names, over_s=seconds, levels=levels),
    st.builds(Stuck, metric=names, span_s=seconds, within=finite),
    st.builds(Aggregate, metric=names, of=st.sampled_from(["zone", "area"]), window_s=st.sampled_from([60, 300, 900]),
              levels=levels, figure=st.sampled_from(["value", "max"]), quorum=finite, sensors=st.integers(0, 99)),
    st.builds(Indexed, index=names, levels=levels, detail=names, of=st.sampled_from([None, "zone"]),
              only=st.dictionaries(names, texts, max_size=2)),
    st.builds(Schedule, metric=names, levels=levels, during=st.sampled_from(["day", "22:00-05:00"]), margin_s=seconds),
    st.builds(Children, rules=codes, levels=levels, at_least=st.integers(0, 99)),
    st.builds(Composite, all=codes, any=codes, none=codes, within_s=seconds),
)  # fmt: skip
rules = st.builds(
    Rule, code=names, vi=texts, en=texts, kind=st.just("noise"), severity=st.sampled_from(["info", "critical"]),
    condition=conditions, scope=st.builds(Scope, zone=codes, tag=st.lists(texts, max_size=2).map(tuple)), for_s=seconds,
    reopen_s=seconds, flapping=st.builds(Flapping, raises=st.integers(1, 9), within_s=seconds),
    legal_basis=st.none() | texts, advice_vi=st.lists(texts, max_size=3).map("\n".join),
    valid_from=st.sampled_from([None, date(2026, 1, 1)]),
    enabled=st.booleans(),
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(rules)
def test_any_rule_is_written_so_that_it_reads_back_and_writes_the_same(rule: Rule) -> None:
    text = write([rule])
    contents = parse(text)

    assert contents.findings == []
    assert contents.rules[0].value == rule
    assert write([contents.rules[0].value]) == text


def test_departments_and_routes_read_back() -> None:
    department = Department(
        code="so-xd", vi="Sở Xây dựng", en="Construction", hours=(Hours(days=(1, 2), start="07:30", to="17:00"),),
        pace=Pace(wait_s=60, storm=5, escalate_s={"major": 600}),
    )  # fmt: skip
    route = Route(kind="noise", severity="major", department="so-xd", role="informed")
    text = write([], [department], [route])
    contents = parse(text)
    assert (contents.findings, contents.rules) == ([], [])
    assert [p.value for p in contents.departments] == [department]
    assert [p.value for p in contents.routes] == [route]


def test_a_wrong_severity_of_an_escalation_is_found() -> None:
    (finding,) = found("departments:\n- code: a\n  vi: a\n  en: a\n  pace: {escalate: {serious: 5m}}\n")
    assert (finding.line, finding.code) == (5, "choice")
