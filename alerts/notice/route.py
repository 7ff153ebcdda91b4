"""Which departments an alert concerns: the most specific routes that match."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from alerts.notice.book import RANK, Route
from alerts.rules.directory import ROLES, Role


class Facts(Protocol):
    """What a route looks at."""

    @property
    def zone(self) -> str | None: ...
    @property
    def area(self) -> str: ...
    @property
    def domain(self) -> str | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def severity(self) -> str: ...


class Concern(NamedTuple):
    """A department, its part in an alert, and the route that says so (None: the rule itself)."""

    department: str
    role: Role
    route: int | None


def matches(route: Route, alert: Facts) -> bool:
    """Whether a route is about such an alert; a route of a severity takes worse ones too."""
    return (
        (route.zone is None or route.zone == alert.zone)
        and (route.area is None or route.area == alert.area)
        and (route.domain is None or route.domain == alert.domain)
        and (route.kind is None or route.kind == alert.kind)
        and (route.severity is None or RANK[route.severity] <= RANK[alert.severity])
    )


def specificity(route: Route) -> int:
    """Kind says most, then zone, area, domain and severity (the higher, the more)."""
    return (
        160 * (route.kind is not None) + 80 * (route.zone is not None) + 40 * (route.area is not None)
        + 20 * (route.domain is not None)
        + (0 if route.severity is None else 1 + RANK[route.severity])
    )  # fmt: skip


def concerned(routes: Iterable[Route], alert: Facts, handler: str | None = None) -> list[Concern]:
    """The departments that have to do with an alert, who handles it first.

    Of a department the most specific route counts. Only the most specific of those that handle do: a route for one
    area takes the place of the one for all. Who supports or is informed adds up. ``handler`` is the department that
    the rule itself names; it takes the place of all that would handle.
    """
    best: dict[str, Route] = {}
    for route in routes:
        if matches(route, alert):
            had = best.get(route.department)
            if had is None or _order(route) > _order(had):
                best[route.department] = route
    handling = max((specificity(r) for r in best.values() if r.role == "handles"), default=0)
    found = [
        Concern(r.department, r.role, r.id)
        for r in best.values()
        if r.department != handler and (r.role != "handles" or (handler is None and specificity(r) == handling))
    ]
    if handler is not None:
        found.append(Concern(handler, "handles", None))
    return sorted(found, key=lambda c: (ROLES.index(c.role), c.department))


def _order(route: Route) -> tuple[int, int]:
    return specificity(route), -ROLES.index(route.role)
