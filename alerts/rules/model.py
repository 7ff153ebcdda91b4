"""What a rule says. Times are seconds, levels are in the metric's own unit.

A rule has exactly one condition. Each condition gives, for every subject in the rule's scope, a value over time; the
value breaches or it does not, and what follows (hold times, life cycle, notification) is the same for all of them.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec

Severity = Literal["info", "warning", "major", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "major", "critical")

#: Kinds of alert: what a route chooses departments by.
Kind = Literal[
    "congestion", "detector_fault", "air_quality", "industrial_emission", "noise", "lamp_fault", "power",
    "water_supply", "water_quality", "street_flooding", "river_flood", "sensor_offline", "security",
]  # fmt: skip


class Levels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a value breaches: beyond ``above``, or under ``below``, or either.

    A breach ends when the value is at or under ``clear_above`` (after a breach of ``above``), at or over
    ``clear_below`` (after one of ``below``); they default to the raise levels. Strict comparison raises: a value equal
    to the level does not breach, unless ``inclusive``.
    """

    above: float | None = None
    clear_above: float | None = None
    below: float | None = None
    clear_below: float | None = None
    inclusive: bool = False


class Threshold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="threshold"):
    """Each reading of a metric. ``channel`` None: each channel is a subject of its own; "" the sensor's own only."""

    metric: str
    levels: Levels
    channel: str | None = None


class Rate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="rate"):
    """How much a metric has changed over the last ``over_s`` seconds (its unit; above: rising, below 0: falling)."""

    metric: str
    over_s: float
    levels: Levels


class Absence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="absence"):
    """A sensor that is late or offline by its own interval. ``at_least_s``: and silent for so long."""

    state: Literal["late", "offline"] = "offline"
    at_least_s: float = 0.0


class Stuck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="stuck"):
    """A metric whose readings go on and have not moved by more than ``within`` (its unit) for ``span_s`` seconds."""

    metric: str
    span_s: float
    within: float = 0.0


class Aggregate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="aggregate"):
    """A figure of a zone or area over a window, as the screen shows it (city/windows.py).

    ``quorum``: share of the expected sensors that must report, and ``sensors`` how many at least; below it the figure
    says nothing, neither that it breaches nor that it is clear.
    """

    metric: str
    of: Literal["zone", "area"]
    window_s: Literal[60, 300, 900]
    levels: Levels
    figure: Literal["value", "mean", "min", "max", "sum"] = "value"
    quorum: float = 0.5
    sensors: int = 1


class Indexed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="index"):
    """An index as it stands (infra/indices): ``index`` is its code, as vn_aqi_hourly, los, river_alarm.

    What is judged is each item's value, or with ``detail`` a number among its details, by its dotted path: `above` of
    noise_laeq (dB over the limit of its area), `concentrations.pm2_5` of vn_aqi_daily. ``of`` takes only the items of
    sensors, of zones or of areas; ``only`` those whose details say so: {"period": "night"}. An item without a number
    there says nothing.
    """

    index: str
    levels: Levels
    detail: str = ""
    of: Literal["sensor", "zone", "area"] | None = None
    only: dict[str, str] = {}


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="schedule"):
    """A reading at a time of day at which it should not be so: lamp on by day, lamp off by night.

    ``during``: day or night by civil twilight where the sensor stands, or "HH:MM-HH:MM" in UTC+7. ``margin_s`` is kept
    clear after its beginning and before its end. Outside of it nothing breaches, and what breached is clear.
    """

    metric: str
    levels: Levels
    during: str
    margin_s: float = 0.0


class Children(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="children"):
    """The share (0..1) of what hangs on a parent (cabinet, gateway, feeder) for which any of ``rules`` breaches.

    A child counts as soon as its breach has begun, whether or not it has held long enough to fire: the parent speaks
    before its children do. Only children in this rule's scope count, and parents with ``at_least`` of them.
    """

    rules: tuple[str, ...]
    levels: Levels
    at_least: int = 5


class Composite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="composite"):
    """Other rules' breaches on the same subject, zone or area: all of ``all``, one of ``any``, none of ``none``.

    A breach counts until ``within_s`` seconds after its end. ``of`` is where they are brought together: a rule about
    sensors breaches in a zone when it breaches for any sensor of it.
    """

    of: Literal["sensor", "zone", "area"] = "sensor"
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    within_s: float = 0.0


Condition = Threshold | Rate | Absence | Stuck | Aggregate | Indexed | Schedule | Children | Composite


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a rule looks. Every list that is not empty must have the subject; empty takes all.

    ``site_kind`` is a kind of the sensor's site (city/data/sites.csv), ``tag`` one of the sensor's own.
    """

    domain: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    zone: tuple[str, ...] = ()
    sensor: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    site_kind: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()


class Flapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subject that is raised ``raises`` times in ``within_s`` swings: its alert stays open until it has been clear
    for ``steady_s``."""

    raises: int = 4
    within_s: float = 1800.0
    steady_s: float = 900.0


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule, at one version (0: not yet stored).

    ``for_s``: how long the breach must hold by readings before it fires; ``clear_for_s``: how long it must be over
    before it is resolved. ``late_s``: how long judgement waits for readings that come out of order. ``retro_s``: a
    reading older than that when it comes makes a record, not an alarm. ``reopen_s``: a breach that returns so soon
    after it was resolved opens the same alert again. ``quality``: the qualities of readings that it looks at.
    ``department``: who handles it, in place of the route. ``legal_basis`` None: an operating threshold, which must not
    be called a legal limit. In force from ``valid_from`` to ``valid_to``, both included (city days).
    """

    code: str
    vi: str
    en: str
    kind: Kind
    severity: Severity
    condition: Condition
    version: int = 0
    scope: Scope = Scope()
    for_s: float = 0.0
    clear_for_s: float = 0.0
    late_s: float = 0.0
    retro_s: float = 900.0
    reopen_s: float = 1800.0
    quality: tuple[Literal["measuring", "calibrating", "fault"], ...] = ("measuring",)
    flapping: Flapping = Flapping()
    department: str | None = None
    legal_basis: str | None = None
    advice_vi: str = ""
    advice_en: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    enabled: bool = True


def decode(body: Any) -> Rule:
    """A rule from what JSON or YAML gave; msgspec.ValidationError names the field."""
    return msgspec.convert(body, Rule)


def encode(rule: Rule) -> dict[str, Any]:
    """The rule as JSON has it: what stands at its default is left out, except the version's own fields."""
    out: dict[str, Any] = msgspec.to_builtins(rule)
    return out
