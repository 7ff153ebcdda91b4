"""For what part of the city: areas, zones and domains, and departments. Pure and hashable.

A **box** is (area, zone, domain) of which any may be None, for all. A **scope** is a union of boxes, and for alerts the
departments whose alerts are in it, whatever their box. Something that has no zone (an area's own figure, a sensor whose
place is not known) or no domain lies only in boxes that are not limited there: an area's mean tells of all of its
zones.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Box(NamedTuple):
    """A part of the city; None: all."""

    area: str | None = None
    zone: str | None = None
    domain: str | None = None

    def holds(self, area: str | None, zone: str | None, domain: str | None) -> bool:
        """Whether what lies there is in it."""
        return self.area in (None, area) and self.zone in (None, zone) and self.domain in (None, domain)


class Scope(NamedTuple):
    """``boxes`` for whatever has a place; alerts also where one of ``departments`` has to do with them."""

    boxes: frozenset[Box] = frozenset()
    departments: frozenset[str] = frozenset()

    @property
    def all(self) -> bool:
        """Whether nothing is left out."""
        return Box() in self.boxes

    @property
    def nothing(self) -> bool:
        """Whether nothing is in it."""
        return not self.boxes and not self.departments

    def holds(self, area: str | None, zone: str | None, domain: str | None) -> bool:
        """Whether something of that place is in it: a sensor, a zone's figure (an area's with zone None)."""
        return any(box.holds(area, zone, domain) for box in self.boxes)

    def alert(self, area: str, zone: str | None, domain: str | None, departments: Iterable[str]) -> bool:
        """Whether an alert is in it: by its place, or by a department that it concerns."""
        return self.holds(area, zone, domain) or not self.departments.isdisjoint(departments)

    def __or__(self, other: Scope) -> Scope:
        return Scope(self.boxes | other.boxes, self.departments | other.departments)


EVERYTHING = Scope(frozenset({Box()}))
NOTHING = Scope()
