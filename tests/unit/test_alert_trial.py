"""Unit tests of rules: the ones that ship pass, and what is wrong is said with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts import cli_trial
from alerts.rules import shipped
from alerts.trial import cases, play, series
from infra import catalog, settings
from infra.catalog import Catalog
from infra.cli import app

FILES = cli_trial._files(None)
HOT = """
rules:
  - code: hot
    vi: Nóng
    en: Hot
    kind: air_quality
    severity: warning
    condition: {threshold: {metric: temperature, above: 40, clear: 38}}
    for: 2m
tests:
  - name: hot
    rules: [hot]
    sensors: [{id: S, domain: environment, zone: "07210"}]
    readings:
      - {sensor: S, metric: temperature, series: "30x2 41x4 39 38"}
    expect:
"""


@pytest.fixture(scope="module")
def city() -> Catalog:
    return catalog.load(settings.load())


def said(text: str, city: Catalog, folder: Path = Path()) -> list[str]:
    """Findings as line: code."""
    suite = cases.parse(text, "t.yaml", folder)
    found = suite.findings + [f for one in suite.tests for f in play.play(one, city)]
    return [f"{f.line}: {f.code}" for f in found]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_rules_that_ship_do_what_their_tests_say(path: Path, city: Catalog) -> None:
    suite = cases.load(path)
    assert not suite.findings
    assert [str(f) for one in suite.tests for f in play.play(one, city)] == []


def test_every_domain_and_file_of_rules_has_tests() -> None:
    tested = {c for path in FILES for one in cases.load(path).tests for c in one.case.rules}
    by_file: dict[str, set[str]] = {}
    for placed in shipped.contents().rules:
        by_file.setdefault(placed.file, set()).add(placed.value.code)
    assert {f for f, codes in by_file.items() if not codes & tested} == set()


@pytest.mark.parametrize(
    ("expect", "wanted"),
    [
        ("{at: 3m, state: pending}", []),
        ("{at: 4m, state: firing}", []),
        ("{events: [pending 2m, fired 4m, cleared 7m]}", []),
        ("{events: [pending, fired, cleared]}", []),
        ("{at: 4m, state: pending}", ["17: state"]),
        ("{at: 4m, flapping: true}", ["17: flapping"]),
        ("{events: [pending 2m, fired 3m, cleared 7m]}", ["17: events"]),
        ("{events: [pending 2m, fired 4m]}", ["17: events"]),
        ("{events: [pending 2m, fired 4m, worse, cleared 7m]}", ["17: events"]),
        ("{events: []}", ["17: events"]),
        ("{at: 4m, state: on}", ["17: choice"]),
        ("{state: firing}", ["17: expect"]),
        ("{at: 4m}", ["17: expect"]),
        ("{at: 4m, state: firing, events: []}", ["17: expect"]),
        ("{events: [fires 4m]}", ["17: event"]),
        ("{events: [fired four]}", ["17: event"]),
        ("{sensor: T, at: 4m, state: firing}", ["17: unknown_subject"]),
        ("{rule: hott, at: 4m, state: firing}", ["17: unknown_rule"]),
        ("{at: 4m, state: firing, extra: 1}", ["17: unknown_field"]),
    ],
)
def test_what_is_not_as_expected_is_named_with_its_line(expect: str, wanted: list[str], city: Catalog) -> None:
    assert said(f"{HOT}      - {expect}\n", city) == wanted


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ('"30x2 41x4 39 38"', '"30x2 hot"', ["15: series"]),
        ('series: "30x2 41x4 39 38"', 'series: "30", value: 3', ["15: value"]),
        ("metric: temperature, series", "metric: heat, series", ["15: unknown_metric"]),
        ("sensor: S,", "sensor: Z,", ["15: unknown_sensor"]),
        ('zone: "07210"', 'zone: "1"', ["13: unknown_zone"]),
        ("domain: environment", "domain: air", ["13: unknown_domain"]),
        ("rules: [hot]", "rules: [cold]", ["12: unknown_rule"]),
        ("above: 40", "above: forty", ["8: number", "12: unknown_rule"]),
        ("    sensors:", "    start: soon\n    sensors:", ["13: date"]),
        ("    sensors:", "    interval: 0s\n    sensors:", ["13: duration"]),
        ("    sensors:", "    until: 60d\n    sensors:", ["13: too_long"]),
        ("tests:", "checks:", ["2: empty"]),
        ("rules:\n", "rules: nowhere.yaml\nmore:\n", ["2: file", "3: unknown_field", "13: unknown_rule"]),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(old: str, new: str, wanted: list[str], city: Catalog) -> None:
    text = HOT.replace(old, new, 1) + "      - {at: 4m, state: firing}\n"
    found = said(text, city)
    assert found == wanted


def test_rules_of_a_file_beside_the_tests_win_over_those_that_ship(tmp_path: Path, city: Catalog) -> None:
    (tmp_path / "mine.yaml").write_text(
        "rules:\n  - code: queue-long\n    vi: x\n    en: x\n    kind: congestion\n    severity: info\n"
        "    condition: {threshold: {metric: queue, above: 5}}\n",
        encoding="utf-8",
    )
    text = (
        "rules: mine.yaml\ntests:\n  - name: x\n    rules: [queue-long]\n"
        "    sensors: [{id: T, domain: traffic}]\n"
        "    readings: [{sensor: T, metric: queue, value: 6}]\n"
        "    expect: [{events: [fired 0s]}]\n"
    )
    assert said(text, city, tmp_path) == []
    assert said(text.replace("rules: mine.yaml\n", ""), city, tmp_path) == ["6: events"]


def test_a_series_in_short() -> None:
    assert series.parse("20x2 160 _x2 1..4x4 -1.5") == [20, 20, 160, None, None, 1, 2, 3, 4, -1.5]
    assert series.parse("0..1x11")[3] == 0.3
    for bad in ("", "x5", "5x", "1e3", "a", "5x9999999", "100000x100001"):
        with pytest.raises(ValueError, match=r"."):
            series.parse(bad)


def test_the_command_says_ok_or_fails(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(f"{HOT}      - {{at: 4m, state: firing}}\n", encoding="utf-8")
    good = CliRunner().invoke(app, ["alerts", "test", str(path)])
    assert (good.exit_code, "1 test, 0 failures" in good.stdout) == (0, True)
    path.write_text(f"{HOT}      - {{at: 4m, state: clear}}\n", encoding="utf-8")
    bad = CliRunner().invoke(app, ["alerts", "test", str(path)])
    assert bad.exit_code == 1
    assert f"{path}:17:9: error [state] hot" in bad.stdout
    assert CliRunner().invoke(app, ["alerts", "test", str(tmp_path / "none.yaml")]).exit_code != 0
