"""Which departments alerts concern, as the routes say now: for showing, and for filters."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args

import msgspec
import psycopg

from alerts.notice import book
from alerts.notice.hours import CITY
from alerts.notice.route import Concern, concerned
from alerts.rules import store
from alerts.rules.model import SEVERITIES, Kind

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

    def __init__(self, mark: Any, found: book.Book) -> None:
        self.mark = mark
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
        every = itertools.product((None, *self.zones), areas, (None, *domains), get_args(Kind), SEVERITIES)
        return [s for s in every if any(c.role == "handles" and c.department in wanted for c in self.of(s, None))]


class Routes:
    """The newest `Whom`, read again when routes or departments have changed or a new day has begun."""

    def __init__(self) -> None:
        self._now: Whom | None = None

    def read(self, conn: psycopg.Connection) -> Whom:
        """What is in force now."""
        now = datetime.now(UTC)
        mark = (store.version(conn), now.astimezone(CITY).date())
        found = self._now
        if found is None or found.mark != mark:
            found = self._now = Whom(mark, book.load(conn, now))
        return found
