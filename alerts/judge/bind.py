"""Rules put to the world: each gets its number, its levels, and the sensors that it looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from alerts.judge.daytime import Daytime, daytime
from alerts.judge.memory import Value, value_of
from alerts.judge.terms import SECOND, Terms, micros, terms
from alerts.judge.world import World
from alerts.rules.model import (
    Absence,
    Aggregate,
    Children,
    Composite,
    Indexed,
    Levels,
    Rate,
    Rule,
    Schedule,
    Stuck,
    Threshold,
)
from city.columns import QUALITIES

Bools = NDArray[np.bool_]

#: Conditions of a single reading's metric, judged row by row; the others are judged at every tick.
OF_ROWS = (Threshold, Rate, Stuck, Schedule)
FOREVER_US = 1 << 61
#: A figure that is asked for at every tick, and has not been there for so long, is lost.
_TICKED_US = 120 * SECOND
#: The same of an index, s, where it is not one that is worked out anew every minute: two of its steps, and some.
_INDEX_SILENT_S = {
    "vn_aqi_hourly": 3 * 3600, "lighting_energy": 3 * 3600, "lighting_hours": 50 * 3600,
    "vn_aqi_daily": 50 * 3600, "air_exceedance": 50 * 3600, "noise_laeq": 50 * 3600,
    "air_exceedance/1h": 3 * 3600, "air_exceedance/8h": 3 * 3600,
}  # fmt: skip


@dataclass(frozen=True)
class Bound:
    """A rule with its number ``no`` (its place in the machine). ``masks``: bool[size] of sensors, per domain in which
    it has any; empty for rules about zones, areas, parents and indices. ``value``: what a rule of single readings looks
    at; ``hours`` when, if it is one of a schedule."""

    no: int
    rule: Rule
    terms: Terms
    masks: Mapping[str, Bools]
    value: Value | None = None
    hours: Daytime | None = None


def in_force(rule: Rule, day: date) -> bool:
    """Whether the rule is judged on that city day."""
    return (
        rule.enabled
        and (rule.valid_from is None or rule.valid_from <= day)
        and (rule.valid_to is None or day <= rule.valid_to)
    )


def bind(rules: Iterable[Rule], world: World) -> tuple[list[Bound], dict[str, str]]:
    """The rules bound to the world, numbered from 0, and why the others cannot be, by their code."""
    bound: list[Bound] = []
    failed: dict[str, str] = {}
    for rule in rules:
        try:
            c = rule.condition
            value = value_of(rule) if isinstance(c, OF_ROWS) else None
            hours = daytime(c.during, c.margin_s) if isinstance(c, Schedule) else None
            bound.append(Bound(len(bound), rule, _terms(rule, world), _masks(rule, world), value, hours))
        except Exception as e:
            # Whatever a rule does to judgement, it must not do to the other rules.
            failed[rule.code] = f"{type(e).__name__}: {e}"
    return bound, failed


def _terms(rule: Rule, world: World) -> Terms:
    c = rule.condition
    match c:
        case Threshold(metric=metric, levels=levels) | Schedule(metric=metric, levels=levels):
            out = terms(rule, levels, unit=_unit(metric, rule, world))
        case Rate(metric=metric, levels=levels):
            out = terms(rule, levels, unit=_unit(metric, rule, world))
        case Aggregate(metric=metric, levels=levels, window_s=window_s):
            silence_us = max(_TICKED_US, micros(window_s))
            out = terms(rule, levels, unit=_unit(metric, rule, world), silence_us=silence_us)
        case Stuck(metric=metric, span_s=span_s):
            _unit(metric, rule, world)  # there is such a metric
            out = terms(rule, Levels(above=span_s, inclusive=True), unit="s", worst=False)
        case Absence(at_least_s=at_least_s):
            # Silence is what such a rule is about: nobody is lost to it.
            out = terms(rule, Levels(above=at_least_s, inclusive=True), unit="s", worst=False, silence_us=FOREVER_US)
        case Indexed(levels=levels):
            own = _INDEX_SILENT_S.get(c.index, 900)
            silent_s = _INDEX_SILENT_S.get(f"{c.index}/{c.only.get('averaging')}", own)
            out = terms(rule, levels, silence_us=silent_s * SECOND)
        case Children(levels=levels):
            out = terms(rule, levels, unit="1", silence_us=_TICKED_US)
        case Composite():
            out = terms(rule, Levels(above=1.0, inclusive=True), worst=False, silence_us=_TICKED_US)
        case _:
            raise TypeError(f"there is no condition {type(c).__name__}")
    for quality in rule.quality:
        QUALITIES.index(quality)
    return out


def _domains(metric: str, rule: Rule, world: World) -> list[str]:
    found = [
        d.code
        for d in world.registry.domains.values()
        if d.metric(metric) is not None and (not rule.scope.domain or d.code in rule.scope.domain)
    ]
    if not found:
        raise LookupError(f"no domain of its scope has the metric {metric}")
    return found


def _unit(metric: str, rule: Rule, world: World) -> str:
    for code in _domains(metric, rule, world):
        found = world.registry.domains[code].metric(metric)
        if found is not None:
            return found.unit
    return ""


def _masks(rule: Rule, world: World) -> dict[str, Bools]:
    match rule.condition:
        case Threshold(metric=metric) | Schedule(metric=metric) | Rate(metric=metric) | Stuck(metric=metric):
            domains = _domains(metric, rule, world)
        case Absence():
            domains = list(world.registry.domains)
        case _:
            return {}
    masks = {code: world.mask(rule.scope, code) for code in domains}
    return {code: mask for code, mask in masks.items() if mask.any()}
