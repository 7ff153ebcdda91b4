"""Sources of values at a tick: asked in order after the rows, set aside when they fail, kept when rules change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest

from alerts.judge import absence, aggregates, children, composite, indexed
from alerts.judge import judge as judge_module
from alerts.judge.bind import Bound
from alerts.judge.judge import Judge
from alerts.judge.machine import Machine, Samples
from alerts.judge.source import Source
from alerts.judge.world import World, world
from alerts.rules.model import Absence, Aggregate, Children, Composite, Indexed, Levels, Rule
from city.columns import Columns
from city.registry import Registry
from infra.indices import Item
from infra.roster import roster
from tests.unit.judge_city import DOMAIN, GROUPS, T0, WORLD, columns, rule, sensor
from tests.unit.judge_reference import Reading, S

ZONE = WORLD.number("zone/07210") or 0


class Rising:
    """The zone's value is how many rows have come; ``fails`` names what raises."""

    def __init__(self, bounds: Sequence[Bound], machine: Machine, before: Source | None, fails: str) -> None:
        self.failed: dict[int, str] = {}
        self.rows = before.rows if isinstance(before, Rising) else 0
        self._bounds, self._machine, self._fails = bounds, machine, fails
        if fails == "rule":
            self.failed[bounds[0].no] = "cannot be said"

    def take(self, cols: Columns, now_us: int) -> None:
        if self._fails == "take":
            raise ArithmeticError("take")
        self.rows += len(cols)

    def figures(self, items: Sequence[Item], now_us: int) -> None:
        self.rows += len(items)

    def samples(self, now_us: int) -> list[Samples]:
        if self._fails == "samples":
            raise ArithmeticError("samples")
        value = np.array([float(self.rows)])
        return [
            Samples(b.no, np.array([ZONE]), np.array([now_us]), value) for b in self._bounds if b.no not in self.failed
        ]


def sourced(monkeypatch: pytest.MonkeyPatch, condition: Any, fails: str = "") -> None:
    def make(bounds: Sequence[Bound], world: World, machine: Machine, before: Source | None) -> Source:
        if fails == "make":
            raise ArithmeticError("make")
        return Rising(bounds, machine, before, fails)

    monkeypatch.setitem(judge_module.MAKERS, condition, make)


def zone_rule(code: str, above: float = 1.0, **more: Any) -> Rule:
    return rule(code, Aggregate(metric="level", of="zone", window_s=60, levels=Levels(above=above)), **more)


def one_row(judge: Judge, at: int) -> list[tuple[str, str]]:
    judge.take(columns([Reading("a", "", at, 9.0)]), at)
    return [(e.rule, e.what) for e in judge.advance(at)]


def test_a_source_is_asked_at_every_tick_and_goes_on_over_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    sourced(monkeypatch, Aggregate)
    judge = Judge([zone_rule("z")], WORLD, T0)
    assert one_row(judge, T0) == []
    judge.use([zone_rule("z"), zone_rule("y", above=5.0)], WORLD, T0)
    assert one_row(judge, T0 + S) == [("z", "fired")]
    assert [o.subject for o in judge.saved()] == ["zone/07210"]


@pytest.mark.parametrize("fails", ["make", "take", "samples", "rule"])
def test_a_source_that_fails_takes_only_its_rules_with_it(monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    sourced(monkeypatch, Aggregate, fails)
    sourced(monkeypatch, Indexed)
    others = [rule("i", Indexed(index="x", levels=Levels(above=0.0))), rule("r")]
    judge = Judge([zone_rule("z"), *others], WORLD, T0)
    assert one_row(judge, T0) == [("r", "fired"), ("i", "fired")]
    assert list(judge.poisoned) == ["z"]
    assert one_row(judge, T0 + S) == [("i", "worse")]


ENDLESS_S = 1e13  # longer than microseconds can count
CONDITIONS: dict[str, Any] = {
    "absence": Absence(),
    "aggregate": Aggregate(metric="level", of="zone", window_s=60, levels=Levels(above=4.0), quorum=0.0),
    "index": Indexed(index="x", levels=Levels(above=0.0)),
    "children": Children(rules=("r",), levels=Levels(above=0.5), at_least=1),
    "composite": Composite(all=("r",)),
}


@pytest.mark.parametrize(
    ("kind", "cls", "name"),
    [
        ("absence", absence.Absences, "_look"),
        ("absence", absence._One, "__init__"),
        ("aggregate", aggregates.Figured, "samples"),
        ("aggregate", aggregates.Figured, "__init__"),
        ("index", indexed.Chosen, "look"),
        ("index", indexed.Chosen, "__init__"),
        ("children", children.Family, "shares"),
        ("children", children.Family, "__init__"),
        ("composite", composite.Joined, "value"),
        ("composite", composite.Joined, "__init__"),
    ],
)
def test_one_rule_of_a_source_that_fails_leaves_the_others_of_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, cls: type, name: str
) -> None:
    sound = getattr(cls, name)

    def trips(self: Any, *given: Any) -> Any:
        # By its rule's number: its own, that of the rule that it is told of, or that of the bound that it is made from.
        whose = given[0] if name in ("_look", "__init__") else self
        if whose.no == 1:
            raise ZeroDivisionError("a fault of ours")
        return sound(self, *given)

    monkeypatch.setattr(cls, name, trips)
    rules = [rule(code, CONDITIONS[kind]) for code in ("good", "bad", "better")]
    judge, out = Judge([*rules, rule("r")], WORLD, T0), []
    for second in (1, 6, 11, 16):
        at = T0 + second * S
        judge.take(columns([Reading("a", "", at, 9.0)]), at)
        judge.figures([item("x", 9.0, at)], at)
        out += judge.advance(at)
    out += judge.advance(T0 + 3600 * S)
    assert judge.poisoned == {"bad": "ZeroDivisionError: a fault of ours"}
    assert {e.rule for e in out if e.what == "fired"} == {"good", "better", "r"}


def test_a_limit_that_cannot_be_counted_is_one_rules_fault() -> None:
    judge = Judge([rule("bad", Absence(at_least_s=ENDLESS_S)), rule("good", Absence())], WORLD, T0)
    one_row(judge, T0)
    assert {e.rule for e in judge.advance(T0 + 3600 * S)} == {"good"}
    assert "OverflowError" in judge.poisoned["bad"]


def test_figures_that_nobody_looks_at_are_not_noted() -> None:
    two = Registry({"test": DOMAIN, "other": msgspec.structs.replace(DOMAIN, code="other")})
    found = roster([sensor("a")], two, GROUPS, channels={"": 0}, version=1)
    judge = Judge([rule("bad", CONDITIONS["aggregate"])], world(found, two, (), ()), T0)
    for second in range(9):
        one_row(judge, T0 + second * S)
    assert "scope.domain" in judge.poisoned["bad"]
    (source,) = judge._sources.values()
    assert source._seen._fresh == []


def item(index: str, value: float, at_us: int) -> Item:
    at = datetime.fromtimestamp(at_us / S, UTC).isoformat()
    return Item(
        key=f"{index}/a", index=index, area="bac_giang", zone="07210", sensor_id="a", value=value, unit="", level=None,
        vi="-", en="-", colour=None, at=at, completeness=None, method="", legal_basis="",
    )  # fmt: skip


def test_what_breaches_is_seen_in_the_same_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[int]] = []

    class Looks(Rising):
        def samples(self, now_us: int) -> list[Samples]:
            seen.append(self._machine.breaching(0).tolist())
            return []

    monkeypatch.setitem(judge_module.MAKERS, Composite, lambda b, w, m, before: Looks(b, m, before, ""))
    judge = Judge([rule("r"), rule("c", Composite(all=("r",)))], WORLD, T0)
    one_row(judge, T0)
    judge.take(columns([Reading("a", "", T0 + S, 1.0)]), T0 + S)
    judge.advance(T0 + S)
    assert seen == [[1 << 16], []]
