"""Whose part of the city is which: what a `Who` may, made into a `Part`, once and not for each request."""

from __future__ import annotations

from infra.access.roles import Permission
from infra.access.who import Grant, Who
from infra.catalog import Catalog
from ioc_api import asking
from ioc_api.alerts.whom import Routes, Whom
from ioc_api.database import Database
from ioc_api.part import ALL, Part

#: Permissions that are not about places: who has one of them has all of it.
PLACELESS: frozenset[Permission] = frozenset({"self"})
#: Parts that are remembered.
_KEPT = 2_000

_Limits = tuple[tuple[Grant, ...], ...]


class Scopes:
    """The parts of everybody who has asked lately."""

    def __init__(self, catalog: Catalog, routes: Routes, database: Database) -> None:
        self._catalog, self._routes, self._database = catalog, routes, database
        self._known: dict[tuple[_Limits, Permission], Part] = {}
        self._mark: object = None

    async def part(self, who: Who, permission: Permission) -> Part:
        """What of the city they see where that is needed. They must have the permission. Away where the routes of
        alerts have to be known for it, and the database is away since the beginning."""
        if permission in PLACELESS or all(any(g.undivided and g.gives(permission) for g in gs) for gs in who.limits):
            return ALL
        whom = await self._whom()
        if self._mark is not whom.mark or len(self._known) > _KEPT:
            self._known.clear()
            self._mark = whom.mark
        key = (who.limits, permission)
        if key not in self._known:
            scope = who.scope(permission, lambda department: whom.behind(department, self._catalog))
            self._known[key] = ALL if scope.all else Part(scope, self._catalog, whom)
        return self._known[key]

    async def _whom(self) -> Whom:
        if self._routes.now is not None:
            return self._routes.now  # the feed of alerts looks every two seconds
        with asking.ours():
            return await self._database.act(self._routes.read)
