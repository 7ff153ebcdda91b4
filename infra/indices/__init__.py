"""Indices: the figures that a city speaks in, each with its method and its legal basis.

A module per subject. It has `INDICES`, what it can say, and `current(conn, city, now_us) -> list[Item]`, what it says
now: synchronous, with a connection of its own in a thread, reading only. `infra.indices.catalogue` lists the modules.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from pydantic import Field

from city.registry import Domain
from city.sensors import Sensor
from infra.catalog import Catalog
from infra.roster import Roster
from infra.shown import Shown

T = TypeVar("T")
Subject = Literal["sensor", "zone", "area"]
Memory = dict[str, tuple[Hashable, Any]]

#: The legal basis of a figure that has none.
OPERATING = "không có – số liệu vận hành / none – an operating figure"


class Item(Shown, frozen=True, kw_only=True):
    """One figure. `value` is null where it cannot be said, and `reason` then says why, in both languages.

    `key` is `<index>/<subject>`; the subject is a sensor, a zone (`zone`), or an area (`zone` null). `vi` and `en` are
    the level in words; `colour` is #rrggbb. It was made from the time `since` (null: a moment) to `at`. `details` are
    the index's own.
    """

    shown_as = "IndexItem"
    key: str
    index: str
    area: str
    zone: str | None
    sensor_id: str | None
    value: float | None
    unit: str
    level: str | None
    vi: str
    en: str
    colour: str | None
    at: str | None
    completeness: Annotated[float | None, Field(description="Share of what it should have been made from, %.")]
    method: str
    legal_basis: Annotated[str, Field(description="Its legal basis, or that it is an operating figure.")]
    since: str | None = None
    reason: str | None = None
    details: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def subject(self) -> Subject:
        """What it is a figure of."""
        return "sensor" if self.sensor_id is not None else "area" if self.zone is None else "zone"


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of figure. ``path`` is where it is asked for, after /api/v1; ``method`` is what its items say."""

    code: str
    vi: str
    en: str
    unit: str
    path: str
    method: str
    method_vi: str
    method_en: str
    legal_basis: str = OPERATING

    def item(
        self,
        subject: str,
        *,
        area: str,
        zone: str | None,
        value: float | None,
        vi: str,
        en: str,
        at: str | None,
        sensor_id: str | None = None,
        level: str | None = None,
        colour: str | None = None,
        completeness: float | None = None,
        since: str | None = None,
        reason: str | None = None,
        legal_basis: str | None = None,
        details: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Item:
        """A figure of this kind; what else is named belongs to its ``details``.

        ``legal_basis`` where that of one figure is not that of them all.
        """
        return Item(
            key=f"{self.code}/{subject}", index=self.code, area=area, zone=zone, sensor_id=sensor_id, value=value,
            unit=self.unit, level=level, vi=vi, en=en, colour=colour, at=at, completeness=completeness,
            method=self.method, legal_basis=legal_basis or self.legal_basis, since=since, reason=reason,
            details={**(details or {}), **more},
        )  # fmt: skip


@dataclass(frozen=True)
class City:
    """What an index must know besides readings. ``untrusted`` are numbers of sensors that are not to be believed;
    ``memory`` keeps from round to round what costs much and changes seldom."""

    catalog: Catalog
    roster: Roster
    untrusted: frozenset[int] = frozenset()
    memory: Memory = field(default_factory=dict)

    def remember(self, name: str, moment: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` says; asked again when the ``moment`` (an hour, say), the sensors or their trust are others."""
        now = (moment, self.roster.version, self.untrusted)
        if name not in self.memory or self.memory[name][0] != now:
            self.memory[name] = (now, make())
        found: T = self.memory[name][1]
        return found

    def domain(self, code: str) -> Domain | None:
        """The domain, with the ranges in force; None where the registry has none of that code."""
        return next((d for d in self.roster.domains if d.code == code), None)

    def interval_s(self, sensor: Sensor) -> float:
        """Seconds between two reports of a sensor."""
        return float(self.roster.interval_s[sensor.id])

    def sensors(self, domain: str, metric: str | None = None) -> list[Sensor]:
        """Active, trusted sensors of a domain, by id; with ``metric`` those that declare it or declare nothing."""
        found = (self.roster.sensors[self.roster.numbers[i]] for i in self.roster.ordered)
        return [
            s
            for s in found
            if s is not None
            and s.domain == domain
            and s.status == "active"
            and s.id not in self.untrusted
            and (metric is None or not s.metrics or metric in s.metrics)
        ]


def rounded(value: float, places: int) -> float | None:
    """A figure with so many decimals; what is none (NaN) becomes null."""
    return None if value != value else round(float(value), places)
