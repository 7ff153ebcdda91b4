"""Domains and their metrics: the vocabulary of what is measured, read from data files.

A domain is one TOML text; `common.toml` holds what every sensor may report (battery, signal). A further domain is
a further file, and no code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

import msgspec

Kind = Literal["gauge", "delta", "counter", "state"]
Aggregate = Literal["mean", "sum", "circular", "energy", "increase"]

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}\Z")
#: What single precision can hold: a value beyond it would be stored as infinity.
SINGLE = 3.4e38
#: Names that a metric cannot have: they are columns of every table, or keys beside `values`.
RESERVED = frozenset({"time", "sensor", "channel", "quality", "batch", "period_s", "ts", "values"})


class RegistryError(ValueError):
    """A domain file says something that cannot be; the message names the file and the field."""


class Metric(msgspec.Struct, frozen=True):
    """One measured quantity.

    ``kind``: gauge (a level), delta (an amount in a period), counter (a total that only grows, or restarts),
    state (0 or 1). ``low`` and ``high`` bound what is plausible, in ``unit``; both are included.
    ``aggregate`` is how many readings become one figure: mean, sum, circular (mean direction, degrees),
    energy (mean of sound energy, dB) or increase (of a counter). ``percentiles`` are kept in the rollups beside the
    mean. ``still_h``: hours after which a value that has not moved is stuck (None: it may stand still). ``jump``: the
    largest plausible step from one minute to the next, in ``unit`` (None: any). ``drift``: by how much neighbours
    ordinarily differ, in ``unit`` (None: they cannot be compared).
    """

    name: str
    unit: str
    kind: Kind
    low: float
    high: float
    aggregate: Aggregate
    vi: str
    en: str
    percentiles: tuple[int, ...] = ()
    still_h: float | None = None
    jump: float | None = None
    drift: float | None = None

    @property
    def double(self) -> bool:
        """Whether single precision would lose the last digits: a counter runs to many of them."""
        return self.kind == "counter"


class Domain(msgspec.Struct, frozen=True):
    """A field of the city's work and what is measured in it. ``interval_s``: how often a sensor reports."""

    code: str
    vi: str
    en: str
    interval_s: float
    metrics: tuple[Metric, ...]

    def metric(self, name: str) -> Metric | None:
        """The metric of that name, or None."""
        return next((m for m in self.metrics if m.name == name), None)


class Registry(msgspec.Struct, frozen=True):
    """All domains by their code."""

    domains: dict[str, Domain]

    def with_ranges(self, ranges: Mapping[tuple[str, str], tuple[float, float]]) -> Registry:
        """A copy in which (domain, metric) has the plausible range (low, high) that the city has set."""

        def change(domain: Domain) -> Domain:
            metrics = []
            for m in domain.metrics:
                low, high = ranges.get((domain.code, m.name), (m.low, m.high))
                metrics.append(msgspec.structs.replace(m, low=max(low, -SINGLE), high=min(high, SINGLE)))
            return msgspec.structs.replace(domain, metrics=tuple(metrics))

        return Registry({code: change(d) for code, d in self.domains.items()})


def _field(table: Mapping[str, Any], key: str, kinds: type | tuple[type, ...], where: str) -> Any:
    value = table.get(key)
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise RegistryError(f"{where}: {key} is missing or of the wrong type (it is {value!r})")
    return value


def _metric(table: Mapping[str, Any], where: str) -> Metric:
    name = _field(table, "name", str, where)
    where = f"{where}: metric {name}"
    if not NAME.match(name) or name in RESERVED:
        raise RegistryError(f"{where}: a name is lower-case letters, digits and _, at most 31, and not reserved")
    kind = table.get("kind", "gauge")
    if kind not in get_args(Kind):
        raise RegistryError(f"{where}: kind is one of {', '.join(get_args(Kind))} (it is {kind!r})")
    natural = {"gauge": "mean", "state": "mean", "delta": "sum", "counter": "increase"}[kind]
    aggregate = table.get("aggregate", natural)
    if aggregate not in get_args(Aggregate):
        raise RegistryError(f"{where}: aggregate is one of {', '.join(get_args(Aggregate))} (it is {aggregate!r})")
    low, high = (float(_field(table, k, (int, float), where)) for k in ("low", "high"))
    if not -SINGLE <= low < high <= SINGLE:
        raise RegistryError(f"{where}: low must be below high, and both finite (they are {low} and {high})")
    vi, en, unit = (_field(table, k, str, where) for k in ("vi", "en", "unit"))
    still_h, jump, drift = (_positive(table, k, where) for k in ("still_h", "jump", "drift"))
    return Metric(name, unit, kind, low, high, aggregate, vi, en, _percentiles(table, where), still_h, jump, drift)


def _positive(table: Mapping[str, Any], key: str, where: str) -> float | None:
    if key not in table:
        return None
    value = float(_field(table, key, (int, float), where))
    if not 0 < value <= SINGLE:
        raise RegistryError(f"{where}: {key} must be above 0 (it is {value:g})")
    return value


def _percentiles(table: Mapping[str, Any], where: str) -> tuple[int, ...]:
    found = table.get("percentiles", [])
    whole = isinstance(found, list) and all(type(p) is int and 0 < p < 100 for p in found)
    if not whole or sorted(set(found)) != found:
        raise RegistryError(f"{where}: percentiles are whole numbers between 0 and 100, ascending (they are {found!r})")
    return tuple(found)


def _metrics(table: Mapping[str, Any], where: str) -> tuple[Metric, ...]:
    rows = _field(table, "metric", list, where)
    found = tuple(_metric(row, where) for row in rows)
    names = [m.name for m in found]
    if len(set(names)) < len(names):
        raise RegistryError(f"{where}: a metric stands there twice")
    return found


def _toml(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise RegistryError(f"{name}: {e}") from None


def parse(common: str, files: Iterable[tuple[str, str]]) -> Registry:
    """The registry from the text of the common metrics and (file name, text) of each domain.

    A domain may state a common metric again, with other bounds. A later file replaces an earlier domain of the
    same code.
    """
    shared = _metrics(_toml("common", common), "common")
    domains: dict[str, Domain] = {}
    for name, text in files:
        table = _toml(name, text)
        code = _field(table, "code", str, name)
        if not NAME.match(code):
            raise RegistryError(f"{name}: code {code!r} is not lower-case letters, digits and _")
        vi, en = (_field(table, k, str, name) for k in ("vi", "en"))
        interval_s = float(_field(table, "interval_s", (int, float), name))
        if interval_s <= 0:
            raise RegistryError(f"{name}: interval_s must be above 0")
        own = _metrics(table, name)
        named = {m.name for m in own}
        metrics = own + tuple(m for m in shared if m.name not in named)
        domains[code] = Domain(code, vi, en, interval_s, metrics)
    return Registry(domains)
