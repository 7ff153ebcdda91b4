"""What the columns of a file mean."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from city.registry import Registry
from infra.copyout import unsafe_text
from infra.errors import ConfigError

#: Columns with a meaning, by the names that they go by without a mapping.
NAMES = {
    "sensor": ("sensor", "sensor_id"), "time": ("time",), "metric": ("metric",), "value": ("value",),
    "channel": ("channel",), "quality": ("quality",), "period_s": ("period_s",), "unit": ("unit",),
    "area": ("area",), "domain": ("domain",),
}  # fmt: skip
#: Columns of our own files that say nothing new.
NEEDLESS = frozenset({"zone", "received_at"})
METRIC = "metric."

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)\Z", re.ASCII)
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}


@dataclass(frozen=True)
class Said:
    """What a person has said of the file. ``columns``: our name, as in `time` or `metric.pm2_5`, to the file's.

    ``offset_s`` of times that state none; None: there must be no such times. ``scale``: metric to a factor.
    ``sensors``, ``metrics``: names in the file's cells to ours. ``sensor``: of all lines.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    offset_s: int | None = None
    decimal_comma: bool = False
    delimiter: str = ""
    time_format: str = ""
    sensor: str = ""
    scale: Mapping[str, float] = field(default_factory=dict)
    sensors: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, str] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()


def offset(text: str) -> int:
    """Seconds of an offset such as +07:00; ConfigError for another text."""
    found = _OFFSET.match(text)
    if not found or int(found[2]) > 14 or int(found[3]) > 59:
        raise ConfigError(f"--utc-offset {text!r}: give hours and minutes east of UTC, as +07:00")
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return -seconds if found[1] == "-" else seconds


def delimiter(text: str) -> str:
    """One character that stands between cells; ConfigError for another text."""
    found = _DELIMITERS.get(text, text)
    if len(found) != 1 or not found.isascii() or found in '"\r\n\0' or found.isalnum():
        raise ConfigError(f"--delimiter {text!r}: give one sign, as ; or tab")
    return found


def pairs(given: Iterable[str], option: str) -> dict[str, str]:
    """KEY=VALUE of a repeated option; ConfigError where one is none."""
    found = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise ConfigError(f"{option} {text!r}: give it as NAME=VALUE")
        found[key.strip()] = value.strip()
    return found


def factors(given: Mapping[str, Any]) -> dict[str, float]:
    """Factors of metrics; ConfigError where one is no finite number other than 0."""
    found = {}
    for metric, text in given.items():
        try:
            found[metric] = float(text)
        except (TypeError, ValueError):
            found[metric] = 0.0
        if not 0 < abs(found[metric]) < 1e12:
            raise ConfigError(f"--scale {metric}={text}: give a number other than 0")
    return found


_TABLES = ("columns", "scale", "sensors", "metrics")
_KEYS = {"utc_offset": str, "decimal_comma": bool, "delimiter": str, "time_format": str, "sensor": str, "ignore": list}


def from_file(path: Path) -> Said:
    """A mapping from a TOML file: the options by their names, and tables of columns, scale, sensors and metrics."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as e:
        raise ConfigError(f"--mapping: cannot read {path}: {e.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"--mapping {path}: {e}") from None
    for key, value in said.items():
        kind: Any = dict if key in _TABLES else _KEYS.get(key)
        if kind is None or not isinstance(value, kind):
            known = ", ".join((*_KEYS, *(f"[{t}]" for t in _TABLES)))
            raise ConfigError(f"--mapping {path}: {key} is not known or of the wrong type; there are {known}")
    for table in ("columns", "sensors", "metrics"):
        for key, value in said.get(table, {}).items():
            if not isinstance(value, str):
                raise ConfigError(f'--mapping {path}: [{table}] {key}: quote names that hold a dot, as "metric.pm2_5"')
    return Said(
        columns=said.get("columns", {}),
        offset_s=offset(said["utc_offset"]) if "utc_offset" in said else None,
        decimal_comma=said.get("decimal_comma", False),
        delimiter=delimiter(said["delimiter"]) if "delimiter" in said else "",
        time_format=said.get("time_format", ""),
        sensor=said.get("sensor", ""),
        scale=factors(said.get("scale", {})),
        sensors=said.get("sensors", {}),
        metrics=said.get("metrics", {}),
        ignore=frozenset(str(name) for name in said.get("ignore", ())),
    )


def over(base: Said, **more: Any) -> Said:
    """``base`` with what the options say: tables are added to, other values replaced."""
    given = {k: v for k, v in more.items() if v is not None and v is not False and v not in ("", {})}
    for name in (*_TABLES, "ignore"):
        if name in given:
            given[name] = getattr(base, name) | given[name]
    return replace(base, **given)


def clean(text: str | None) -> str:
    """What a cell says: without blanks around it, and without the ' that keeps spreadsheets from a formula."""
    return unsafe_text(text.strip()) if text else ""


@dataclass(frozen=True)
class Plan:
    """The meaning of a file's columns, by their place.

    ``at``: places of the named columns (see NAMES). ``wide``: (place, metric or metric:channel) of columns that hold
    values; empty where every line is one reading. ``unused``: names of columns that nobody asks.
    """

    columns: tuple[str, ...]
    at: Mapping[str, int]
    wide: tuple[tuple[int, str], ...]
    unused: tuple[str, ...]
    said: Said

    @property
    def needed(self) -> list[int]:
        """Places of the columns that are read, ascending."""
        return sorted({*self.at.values(), *(place for place, _ in self.wide)})


def _check_form(form: str) -> None:
    """A form of times that can never fit is told at once, not line by line. ConfigError."""
    if not form:
        return
    try:
        datetime.strptime("", form)  # noqa: DTZ007 -- only the form is looked at
    except (ValueError, re.error) as e:
        if "does not match format" not in str(e):
            raise ConfigError(f"--time-format {form!r}: {e}; write it as %d/%m/%Y %H:%M") from None


def make(header: Sequence[str], said: Said, registry: Registry) -> Plan:
    """The plan for a file with that header. ConfigError says what is missing, or not known, and what to do."""
    columns = tuple(h.strip() for h in header)
    _check_form(said.time_format)
    metrics = {m.name for d in registry.domains.values() for m in d.metrics}
    strange = [name for name in said.scale if name not in metrics]
    if strange:
        raise ConfigError(f"--scale {strange[0]}: there is no metric of that name")
    at: dict[str, int] = {}
    wide: dict[str, int] = {}
    for key, name in said.columns.items():
        if name not in columns:
            raise ConfigError(f"--map {key}={name}: the file has no such column; it has {_list(columns)}")
        if columns.count(name) > 1:
            raise ConfigError(f"--map {key}={name}: the file has several columns of that name")
        if key in NAMES:
            at[key] = columns.index(name)
        elif key.startswith(METRIC) and _metric(key[len(METRIC) :], metrics):
            wide[key[len(METRIC) :]] = columns.index(name)
        else:
            raise ConfigError(f"--map {key}: give {', '.join(NAMES)}, or {METRIC}NAME of a metric")
    taken = {*at.values(), *wide.values()}
    unused = []
    free = [(place, name) for place, name in enumerate(columns) if place not in taken]
    for place, name in free:
        meaning = next((k for k, names in NAMES.items() if name in names), "")
        if not name or name in said.ignore or name in NEEDLESS or meaning in at:
            continue
        if meaning:
            at[meaning] = place
        elif _metric(name, metrics):
            if name in wide:
                raise ConfigError(f"column {name!r} is there twice, or mapped as well: leave one out by --ignore")
            wide[name] = place
        else:
            unused.append(name)
    if said.sensor:
        at.pop("sensor", None)
    return _check(Plan(columns, at, tuple((p, k) for k, p in wide.items()), tuple(unused), said))


def _check(plan: Plan) -> Plan:
    """The plan, if it says enough; a plan for readings in lines has no further columns of metrics."""
    long = "metric" in plan.at and "value" in plan.at
    lacks = [k for k in ("time", "sensor") if k not in plan.at and not (k == "sensor" and plan.said.sensor)]
    if not long and not plan.wide:
        lacks += [k for k in ("metric", "value") if k not in plan.at]
    if lacks:
        hint = " (or --sensor ID for all lines)" if "sensor" in lacks else ""
        raise ConfigError(
            f"there is no column {lacks[0]!r}: name it by --map {lacks[0]}=COLUMN{hint}; the file has"
            f" {_list(plan.columns)}"
        )
    if long and plan.wide:
        raise ConfigError(
            f"the file has columns metric and value, and {plan.wide[0][1]!r} as well: leave one out by --ignore"
        )
    if not long and plan.unused:
        raise ConfigError(
            f"column {plan.unused[0]!r} is no metric: map it by --map {METRIC}NAME=COLUMN, or leave it out by"
            f" --ignore {plan.unused[0]!r}"
        )
    keep = {k: p for k, p in plan.at.items() if long or k not in ("metric", "value", "channel", "unit")}
    return replace(plan, at=keep)


def _metric(key: str, metrics: set[str]) -> bool:
    return key.partition(":")[0] in metrics


def _list(names: Sequence[str]) -> str:
    shown = [repr(n) for n in names[:20]]
    return ", ".join(shown) + (", …" if len(names) > 20 else "")
