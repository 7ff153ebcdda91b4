"""The part of the city that somebody sees in a request: a scope, laid out over the places that there are.

Both walls are made of it: the filters of the application, and what the database is told (`view`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from itertools import product
from typing import Any

from psycopg import sql

from alerts.rules.model import SEVERITIES
from infra.access.scope import EVERYTHING, Box, Scope
from infra.access.wall import View, statement
from infra.catalog import Catalog
from infra.roster import Bools, Roster
from infra.security.words import NOWHERE
from ioc_api.alerts.whom import KINDS, Whom

#: (area, zone, domain) of something that there is; None: it has none.
Place = tuple[str, str | None, str | None]
#: Whether something takes a place.
Takes = Callable[[str, str | None, str | None], bool]


def _word(place: Iterable[str | None]) -> str:
    return "/".join(p or "" for p in place)


def _texts(words: Iterable[str]) -> sql.Literal:
    return sql.Literal(sorted(words))


class Part:
    """What of the city ``scope`` takes. ``whom`` may be None only where it takes everything."""

    def __init__(self, scope: Scope, catalog: Catalog | None = None, whom: Whom | None = None) -> None:
        self.scope = scope
        self.all = scope.all
        self._catalog, self._whom = catalog, whom
        self._conditions: dict[str | tuple[str, str, str], sql.SQL] = {}

    @cached_property
    def places(self) -> frozenset[Place]:
        """All places whose sensors and figures are in it: zones, areas as wholes (zone None), each for every domain and
        for none."""
        return self._within(self.scope.boxes | self.scope.behind)

    @cached_property
    def whole(self) -> frozenset[Place]:
        """Those of them where everything is in it, alerts and all."""
        return self._within(self.scope.boxes)

    def _within(self, boxes: Collection[Box]) -> frozenset[Place]:
        return frozenset(place for place in self._every if any(box.holds(*place) for box in boxes))

    @cached_property
    def _every(self) -> list[Place]:
        if self._catalog is None:
            return []
        domains = (None, *self._catalog.registry.domains)
        zones = [*((a.code, None) for a in self._catalog.areas), *((z.area, z.code) for z in self._catalog.zones)]
        return [(a, z, d) for (a, z), d in product(zones, domains)]

    @cached_property
    def _known(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        columns = list(zip(*self.places, strict=True)) or [(), (), ()]
        areas, zones, domains = (frozenset(x for x in c if x is not None) for c in columns)
        return areas, zones, domains

    def areas(self, codes: Iterable[str]) -> list[str]:
        """Those areas of which something is in it."""
        return [c for c in codes if self.all or c in self._known[0]]

    def zones(self, codes: Iterable[str]) -> list[str]:
        """Those zones of which something is in it."""
        return [c for c in codes if self.all or c in self._known[1]]

    def domains(self, codes: Iterable[str]) -> list[str]:
        """Those domains of which something is in it."""
        return [c for c in codes if self.all or c in self._known[2]]

    def holds(self, area: str, zone: str | None, domain: str | None) -> bool:
        """Whether a sensor or figure that is there is in it."""
        return self.all or (area, zone, domain) in self.places

    def covers(self, takes: Takes, departments: Collection[str] = ()) -> bool:
        """Whether all alerts of places that ``takes`` takes are in it; with ``departments`` those that concern one of
        them. Not where there is no such place."""
        if self.all:
            return True
        wanted = {place for place in self._every if takes(*place)}
        limits = [self._desks.get(d, frozenset()) for d in departments if d not in self.scope.throughout]
        mine = limits if departments else [frozenset[Place]()]
        return bool(wanted) and all(wanted <= self.whole | places for places in mine)

    def touches(self, takes: Takes, departments: Collection[str] = ()) -> bool:
        """Whether any of places that ``takes`` takes is in it; with ``departments`` whether any alert there that
        concerns one of them may be."""
        if self.all or not self.scope.throughout.isdisjoint(departments):
            return True
        mine = self.whole.union(*(self._desks.get(d, ()) for d in departments)) if departments else self.places
        return any(takes(*place) for place in mine)

    @cached_property
    def _desks(self) -> dict[str, frozenset[Place]]:
        """Where the alerts of a department are in it, of those whose alerts are so only in some places."""
        limited = self.scope.departments - self.scope.throughout
        return {d: self._within({o.box for o in self.scope.own if o.department == d}) for d in limited}

    def sensors(self, roster: Roster) -> Bools:
        """Which sensors are in it, by number."""
        return roster.known if self.all else roster.held(self.scope)

    def where(self, area: str, zone: str, domain: str) -> sql.Composable:
        """The condition that a row is in it, by the expressions of its area, zone and domain."""
        if self.all:
            return sql.SQL("true")
        key = (area, zone, domain)
        if key not in self._conditions:
            self._conditions[key] = self._written(self._where(*key))
        return self._conditions[key]

    def _where(self, area: str, zone: str, domain: str) -> sql.Composable:
        place = f"({area} || '/' || coalesce({zone}, '') || '/' || coalesce({domain}, ''))"
        return sql.SQL(f"{place} = ANY({{}}::text[])").format(_texts(map(_word, self.places)))

    def alert(self, item: dict[str, Any]) -> bool:
        """Whether an alert, as it is shown, is in it."""
        concerned = (d["department"] for d in item["departments"])
        return self.all or self.scope.alert(item["area"], item["zone"], item["domain"], concerned)

    def alerts(self, row: str = "a") -> sql.Composable:
        """The condition that a row of the table alert is in it."""
        if row not in self._conditions:
            self._conditions[row] = self._written(self._of_alerts(row))
        return self._conditions[row]

    @staticmethod
    def _written(condition: sql.Composable) -> sql.SQL:
        # Written out once: there are many words in it, and a part is asked by again and again.
        return sql.SQL(condition.as_string(None))

    def _of_alerts(self, row: str) -> sql.Composable:
        if self.all:
            return sql.SQL("true")
        place = f"({row}.area || '/' || coalesce({row}.zone, '') || '/' || coalesce({row}.domain, ''))"
        here = sql.SQL(f"{place} = ANY({{}}::text[])").format(_texts(self.view.whole))
        if not self.scope.own:
            return here
        sort = (
            f"concat_ws('/', CASE WHEN {row}.zone = ANY({{zones}}::text[]) THEN {row}.zone ELSE '' END,"
            f" {row}.area, coalesce({row}.domain, ''), {row}.kind, {row}.severity)"
        )
        return sql.SQL(
            f"({{here}} OR {row}.department = ANY({{own}}::text[])"
            f" OR {row}.department || '/' || {place} = ANY({{desks}}::text[]) OR {sort} = ANY({{beside}}::text[])"
            f" OR {sort} = ANY({{sorts}}::text[])"
            f" AND ({row}.department IS NULL OR {row}.department <> ALL({{in_force}}::text[])))"
        ).format(here=here, own=_texts(self.view.departments), desks=_texts(self.view.desks),
                 zones=_texts(self.view.zones), beside=_texts(self.view.beside), sorts=_texts(self.view.sorts),
                 in_force=_texts(self.view.in_force))  # fmt: skip

    @cached_property
    def _known_departments(self) -> Collection[str]:
        return self._whom.departments if self._whom is not None else ()

    @cached_property
    def near(self) -> frozenset[str]:
        """Departments whose alerts are in it, or have to do with places where all alerts are."""
        if self._whom is None or self._catalog is None:
            return frozenset()
        behind = {d: self._whom.behind(d, self._catalog) for d in self._whom.departments}
        touched = {d for d, boxes in behind.items() if any(b.holds(*place) for b in boxes for place in self.whole)}
        return self.scope.departments | touched

    @cached_property
    def view(self) -> View:
        """What the database is told."""
        known = self._known_departments
        desks = {f"{d}/{_word(place)}" for d, places in self._desks.items() if d in known for place in places}
        zones, sorts, beside = self._sorts()
        return View(
            places=frozenset(map(_word, self.places)), whole=frozenset(map(_word, self.whole)), desks=frozenset(desks),
            departments=frozenset(d for d in self.scope.throughout if d in known), near=self.near, sorts=sorts,
            beside=beside, zones=zones, in_force=frozenset(known),
        )  # fmt: skip

    def _sorts(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """The zones that sorts of alerts name, and the sorts that concern their departments: `View.zones`, `sorts` and
        `beside`."""
        if self._whom is None or self._catalog is None:
            return frozenset(), frozenset(), frozenset()
        zones = self._whom.zones | {o.box.zone for o in self.scope.own if o.box.zone is not None}
        sorts: set[str] = set()
        beside: set[str] = set()
        domains = (None, *self._catalog.registry.domains)
        within = {z.code: z.area for z in self._catalog.zones}
        every = product((None, *zones), self._catalog.area_codes, domains, KINDS, SEVERITIES)
        for sort in (*every, *product((None,), (NOWHERE,), (None,), KINDS, SEVERITIES)) if self.scope.own else ():
            zone, area, domain, *_ = sort
            if zone is not None and within.get(zone, area) != area:
                continue
            mine = {o.department for o in self.scope.own if o.box.holds(area, zone, domain)}
            for concern in self._whom.of(sort, None) if mine else ():
                if concern.department in mine:
                    (sorts if concern.role == "handles" else beside).add(_word(sort))
        return zones, frozenset(sorts), frozenset(beside)

    @cached_property
    def wall(self) -> bytes | None:
        """What a transaction of theirs begins with; None: they see everything."""
        return None if self.all else statement(self.view)

    @cached_property
    def wall_kept(self) -> bytes | None:
        """The same for a connection that is kept for whoever sees the same."""
        return None if self.all else statement(self.view, kept=True)


ALL = Part(EVERYTHING)
