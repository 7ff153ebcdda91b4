"""Which departments alerts concern, as the routes say now: for showing, and for filters."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args

import msgspec
import psycopg

from alerts.notice import book
from alerts.notice.hours import CITY
from alerts.notice.route import Concern, concerned
from alerts.rules import store
from alerts.rules.model import SEVERITIES, Children, Composite, Indexed, Kind, Rule
from infra.access.scope import Box
from infra.catalog import Catalog
from infra.indices.catalogue import DOMAINS

KINDS: tuple[str, ...] = get_args(Kind)
#: (zone, area, domain, kind, severity) of alerts.
Sort = tuple[str | None, str, str | None, str, str]


class _Facts(NamedTuple):
    zone: str | None
    area: str
    domain: str | None
    kind: str
    severity: str


class Whom:
    """Departments and routes in force; ``of`` remembers, for there are few sorts of alerts."""

    def __init__(self, mark: Any, found: book.Book, rules: Iterable[Rule] = ()) -> None:
        self.mark = mark
        self._rules = {r.code: r for r in rules}
        self._behind: dict[str, frozenset[Box]] = {}
        self.departments = found.departments
        self._routes = found.routes
        #: Wards that a route names; to all others it is one which of them an alert is in.
        self.zones = frozenset(r.zone for r in found.routes if r.zone is not None)
        said = msgspec.json.encode([sorted(found.departments), found.routes])
        #: The same where the same departments have to do with the same alerts.
        self.print = hashlib.sha256(said).hexdigest()
        self._known: dict[tuple[Sort, str | None], Sequence[Concern]] = {}

    def of(self, sort: Sort, handler: str | None) -> Sequence[Concern]:
        """Whom such an alert concerns, who handles it first; ``handler`` is the department that its rule names."""
        sort = (sort[0] if sort[0] in self.zones else None, *sort[1:])
        key = (sort, handler if handler in self.departments else None)
        if key not in self._known:
            self._known[key] = tuple(concerned(self._routes, _Facts(*sort), key[1]))
        return self._known[key]

    def handled(self, departments: Iterable[str], areas: Iterable[str], domains: Iterable[str]) -> list[Sort]:
        """The sorts of alerts that any of the departments handles by a route. A sort's domain may be None, and its zone
        is where no route names the alert's."""
        wanted = set(departments)
        every = itertools.product((None, *self.zones), areas, (None, *domains), KINDS, SEVERITIES)
        return [s for s in every if any(c.role == "handles" and c.department in wanted for c in self.of(s, None))]

    def behind(self, department: str, catalog: Catalog) -> frozenset[Box]:
        """The part of the city whose alerts concern a department: where rules that are on look, and their alerts are
        such as the routes lead to it in any role."""
        if department not in self._behind:
            found = set()
            for rule in self._rules.values():
                for area, zone, domain in _places(rule, self._rules, catalog, self.zones):
                    concerns = self.of((zone, area, domain, rule.kind, rule.severity), rule.department)
                    if any(c.department == department for c in concerns):
                        found.add(Box(area, zone, domain))
            self._behind[department] = frozenset(b for b in found if not (b.zone and b._replace(zone=None) in found))
        return self._behind[department]


def _places(
    rule: Rule, rules: Mapping[str, Rule], catalog: Catalog, named: frozenset[str]
) -> Iterator[tuple[str, str | None, str]]:
    """Where a rule looks: areas, their zones (None: all, and then those that routes have ``named``), domains."""
    zones = {z.code: z.area for z in catalog.zones}
    for area in rule.scope.area or catalog.area_codes:
        inside: list[str | None] = [z for z in rule.scope.zone if zones.get(z) == area]
        if rule.scope.zone and not inside:
            continue
        wards = [z for z in named if zones.get(z) == area]
        for zone, domain in itertools.product(inside or [None, *wards], _domains(rule, rules, catalog)):
            yield area, zone, domain


def _domains(rule: Rule, rules: Mapping[str, Rule], catalog: Catalog, deep: int = 4) -> set[str]:
    """The domains that a rule looks at: those it names, or whose figures it needs, or all."""
    every = catalog.registry.domains
    if rule.scope.domain:
        return {d for d in rule.scope.domain if d in every}
    c = rule.condition
    if isinstance(c, Indexed):
        return {DOMAINS[c.index]} if c.index in DOMAINS else set()
    if isinstance(c, Children | Composite):
        named = c.rules if isinstance(c, Children) else (*c.all, *c.any)
        parts = [_domains(rules[n], rules, catalog, deep - 1) for n in named if n in rules] if deep else []
        return set().union(*parts)
    metric = getattr(c, "metric", None)
    return {code for code, d in every.items() if metric is None or d.metric(metric) is not None}


class Routes:
    """The newest `Whom`, read again when routes, departments or rules have changed or a new day has begun."""

    def __init__(self) -> None:
        self._now: Whom | None = None

    @property
    def now(self) -> Whom | None:
        """What was read last."""
        return self._now

    def read(self, conn: psycopg.Connection) -> Whom:
        """What is in force now."""
        now = datetime.now(UTC)
        mark = (store.version(conn), now.astimezone(CITY).date())
        found = self._now
        if found is None or found.mark != mark:
            rules = (s.rule for s in store.stored(conn) if s.rule.enabled)
            found = self._now = Whom(mark, book.load(conn, now), rules)
        return found
