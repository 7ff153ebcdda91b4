"""A replay for somebody who sees a part of the city only: with their sensors, and rules that speak of these alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from alerts.judge.world import World, world
from alerts.rules.model import Aggregate, Children, Composite, Indexed, Rule
from alerts.trial.replay import Unfit
from infra.catalog import Catalog
from infra.roster import roster


class Seen(Protocol):
    """What of the city somebody sees; whole places: of a zone that is held every sensor is."""

    all: bool

    def holds(self, area: str, zone: str | None, domain: str | None) -> bool: ...


def narrowed(city: World, seen: Seen, catalog: Catalog) -> World:
    """The world with those sensors only that are seen; the others are not there."""
    before = city.roster
    kept = [s for s in before.sensors if s is not None and seen.holds(s.area, s.zone, s.domain)]
    left_out = frozenset(s.id for s in kept if s.status == "active" and not before.active[s.id])
    own = roster(
        kept, city.registry, before.groups, channels={name: n for n, name in before.channels.items()},
        version=before.version, left_out=left_out,
    )  # fmt: skip
    return world(own, city.registry, catalog.zones, catalog.sites)


def own_rule(rule: Rule, others: Iterable[Rule], seen: Seen, catalog: Catalog) -> Rule:
    """The rule about what is seen alone. Unfit: its figures are made of more than that, so they would not be its."""
    for one in (rule, *others):
        c = one.condition
        figures = isinstance(c, Aggregate) and one is not rule
        if figures or isinstance(c, Indexed | Children) or (isinstance(c, Composite) and c.of != "sensor"):
            kind = {Indexed: ("chỉ số", "an index"), Children: ("thiết bị con", "what hangs on a parent")}.get(
                type(c), ("nhiều quy tắc của một địa bàn", "several rules of a place")
            )
            raise Unfit(
                f"{one.code} xét {kind[0]}, tính từ cảm biến của toàn thành phố; bạn chỉ xem một phần nên kết quả sẽ"
                f" không đúng: hãy nhờ người có quyền toàn thành phố / {one.code} is about {kind[1]}, which is made of"
                " sensors of the whole city; you see a part of it, so the result would not be right: ask somebody who"
                " sees all of it"
            )
    return _places(rule, seen, catalog) if isinstance(rule.condition, Aggregate) else rule


def _places(rule: Rule, seen: Seen, catalog: Catalog) -> Rule:
    """A rule about figures of zones or areas, of those that are seen whole."""
    c = rule.condition
    assert isinstance(c, Aggregate)  # noqa: S101 -- by own_rule
    domains = [
        d.code
        for d in catalog.registry.domains.values()
        if d.metric(c.metric) is not None and (not rule.scope.domain or d.code in rule.scope.domain)
    ]
    every = (
        [(z.area, z.code) for z in catalog.zones] if c.of == "zone" else [(a, None) for a in catalog.area_codes]
    )  # fmt: skip
    mine = [
        (area, zone)
        for area, zone in every
        if (not rule.scope.area or area in rule.scope.area)
        and (not rule.scope.zone or zone in rule.scope.zone)
        and all(seen.holds(area, zone, d) for d in domains)
    ]
    if not mine:
        raise Unfit(
            "không có phường, xã hay khu vực nào của quy tắc nằm trọn trong phần bạn xem"
            " / no ward or area of the rule is wholly in the part that you see"
        )
    scope = msgspec.structs.replace(
        rule.scope, area=tuple({a: None for a, _ in mine}), zone=tuple(z for _, z in mine if z is not None)
    )
    return msgspec.structs.replace(rule, scope=scope)
