"""The part of the city that somebody sees in a request: a scope, laid out over the places that there are.

Both walls are made of it: the filters of the application, and what the database is told (`view`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
        """All places in it: zones, areas as wholes (zone None), each for every domain and for none."""
        if self._catalog is None:
            return frozenset()
        domains = (None, *self._catalog.registry.domains)
        zones = [*((a.code, None) for a in self._catalog.areas), *((z.area, z.code) for z in self._catalog.zones)]
        return frozenset((a, z, d) for (a, z), d in product(zones, domains) if self.scope.holds(a, z, d))

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
        """Whether what is there is in it."""
        return self.all or (area, zone, domain) in self.places

    def covers(self, boxes: Iterable[Box]) -> bool:
        """Whether all of these is in it."""
        parts = (Part(Scope(frozenset({box})), self._catalog) for box in boxes)
        return self.all or (self._catalog is not None and all(p.places <= self.places for p in parts))

    def touches(self, boxes: Iterable[Box]) -> bool:
        """Whether anything of these is in it."""
        return self.all or any(box.holds(*place) for box in boxes for place in self.places)

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
        place = item["area"], item["zone"], item["domain"]
        return self.holds(*place) or self.concerns(d["department"] for d in item["departments"])

    def concerns(self, departments: Iterable[str]) -> bool:
        """Whether one of the departments is whose part it is."""
        return self.all or not self.scope.departments.isdisjoint(departments)

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
        here = self.where(f"{row}.area", f"{row}.zone", f"{row}.domain")
        if self.all or not self.scope.departments:
            return here
        sort = (
            f"concat_ws('/', CASE WHEN {row}.zone = ANY({{zones}}::text[]) THEN {row}.zone ELSE '' END,"
            f" {row}.area, coalesce({row}.domain, ''), {row}.kind, {row}.severity)"
        )
        return sql.SQL(
            f"({{here}} OR {row}.department = ANY({{own}}::text[]) OR {sort} = ANY({{beside}}::text[])"
            f" OR {sort} = ANY({{sorts}}::text[])"
            f" AND ({row}.department IS NULL OR {row}.department <> ALL({{in_force}}::text[])))"
        ).format(here=here, own=_texts(self._own), zones=_texts(self.view.zones), beside=_texts(self.view.beside),
                 sorts=_texts(self.view.sorts), in_force=_texts(self.view.in_force))  # fmt: skip

    @cached_property
    def _own(self) -> Collection[str]:
        known = self._whom.departments if self._whom is not None else {}
        return {d for d in self.scope.departments if d in known}

    @cached_property
    def near(self) -> frozenset[str]:
        """Departments that are whose part it is, or have to do with alerts in it."""
        if self._whom is None or self._catalog is None:
            return frozenset()
        whom, catalog = self._whom, self._catalog
        return self.scope.departments | {d for d in whom.departments if self.touches(whom.behind(d, catalog))}

    @cached_property
    def view(self) -> View:
        """What the database is told."""
        sorts: set[str] = set()
        beside: set[str] = set()
        if self._whom is not None and self._catalog is not None and self.scope.departments:
            domains = (None, *self._catalog.registry.domains)
            within = {z.code: z.area for z in self._catalog.zones}
            every = product((None, *self._whom.zones), self._catalog.area_codes, domains, KINDS, SEVERITIES)
            for sort in (*every, *product((None,), (NOWHERE,), (None,), KINDS, SEVERITIES)):
                if sort[0] is not None and within.get(sort[0], sort[1]) != sort[1]:
                    continue
                for concern in self._whom.of(sort, None):
                    if concern.department in self.scope.departments:
                        (sorts if concern.role == "handles" else beside).add(_word(sort))
        return View(
            frozenset(map(_word, self.places)), frozenset(self._own), self.near, frozenset(sorts), frozenset(beside),
            self._whom.zones if self._whom is not None else frozenset(),
            frozenset(self._whom.departments if self._whom is not None else ()),
        )  # fmt: skip

    @cached_property
    def wall(self) -> bytes | None:
        """What a transaction of theirs begins with; None: they see everything."""
        return None if self.all else statement(self.view)

    @cached_property
    def wall_kept(self) -> bytes | None:
        """The same for a connection that is kept for whoever sees the same."""
        return None if self.all else statement(self.view, kept=True)


ALL = Part(EVERYTHING)
