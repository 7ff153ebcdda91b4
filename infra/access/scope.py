"""For what part of the city: areas, zones and domains, and departments. Pure and hashable.

A **box** is (area, zone, domain) of which any may be None, for all. A **scope** is a union of boxes, for all that is
there; of boxes of which only sensors and figures are in it; and of departments' own alerts. Something that has no zone
(an area's own figure, a sensor whose place is not known) or no domain lies only in boxes that are not limited there: an
area's mean tells of all of its zones.
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


class Own(NamedTuple):
    """The alerts in a box that concern a department."""

    department: str
    box: Box = Box()


class Scope(NamedTuple):
    """``boxes``: whatever is there, alerts too. ``own``: alerts of departments. ``behind``: sensors and figures alone,
    those that departments' alerts come from; other departments' alerts are there as well."""

    boxes: frozenset[Box] = frozenset()
    own: frozenset[Own] = frozenset()
    behind: frozenset[Box] = frozenset()

    @property
    def all(self) -> bool:
        """Whether nothing is left out."""
        return Box() in self.boxes

    @property
    def nothing(self) -> bool:
        """Whether nothing is in it."""
        return not (self.boxes or self.own or self.behind)

    @property
    def departments(self) -> frozenset[str]:
        """Whose alerts are in it, all or some of them."""
        return frozenset(o.department for o in self.own)

    @property
    def throughout(self) -> frozenset[str]:
        """Whose alerts are in it wherever they are."""
        return frozenset(o.department for o in self.own if o.box == Box())

    def holds(self, area: str | None, zone: str | None, domain: str | None) -> bool:
        """Whether a sensor or figure of that place is in it: a zone's, or an area's with zone None."""
        return any(box.holds(area, zone, domain) for box in (*self.boxes, *self.behind))

    def alert(self, area: str, zone: str | None, domain: str | None, departments: Iterable[str]) -> bool:
        """Whether an alert is in it: by its place, or by a department that it concerns."""
        if any(box.holds(area, zone, domain) for box in self.boxes):
            return True
        concerned = frozenset(departments) if self.own else frozenset()
        return any(o.department in concerned and o.box.holds(area, zone, domain) for o in self.own)

    def __or__(self, other: Scope) -> Scope:
        return Scope(self.boxes | other.boxes, self.own | other.own, self.behind | other.behind)


EVERYTHING = Scope(frozenset({Box()}))
NOTHING = Scope()
