"""Parts of the city: what somebody sees in lists, in topics and behind a department."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alerts.notice.book import Book, Department, Route
from alerts.rules.model import SEVERITIES, Levels, Rule, Threshold
from alerts.rules.model import Scope as RuleScope
from city.sensors import Sensor
from infra import catalog as catalogs
from infra import settings
from infra.access.scope import Box, Own, Scope
from infra.roster import Roster, groups_of, roster
from ioc_api.alerts.whom import Whom
from ioc_api.live.alerts import Alerts, change
from ioc_api.live.latest import sensors_taken
from ioc_api.live.topic import Filter
from ioc_api.part import ALL, Part

CATALOG = catalogs.load(settings.load())
AREAS = sorted(CATALOG.area_codes)
ZONES = [z.code for z in CATALOG.zones][:3]
DOMAINS = list(CATALOG.registry.domains)

boxes = st.builds(
    Box, st.sampled_from([None, *AREAS]), st.sampled_from([None, *ZONES]), st.sampled_from([None, *DOMAINS])
)
scopes = st.builds(Scope, st.frozensets(boxes, max_size=3))


def _roster() -> Roster:
    found = [
        Sensor(f"S{i}", z.area, d, zone=z.code if i % 4 else None, id=i)
        for i, (z, d) in enumerate(product(CATALOG.zones[:3], DOMAINS))
    ]
    day = CATALOG.zones[0].valid_from
    groups = groups_of(CATALOG.areas, CATALOG.zones, day)
    return roster(found, CATALOG.registry, groups, channels={"": 0}, version=1)


ROSTER = _roster()


@given(scopes)
def test_sensors_and_places_are_those_of_the_scope(scope: Scope) -> None:
    part = Part(scope, CATALOG)
    expected = [s is not None and scope.holds(s.area, s.zone, s.domain) for s in ROSTER.sensors]
    assert part.sensors(ROSTER).tolist() == expected
    assert sensors_taken(ROSTER, Filter.of({}, scope)).tolist() == expected
    assert expected == [s is not None and part.holds(s.area, s.zone, s.domain) for s in ROSTER.sensors]


@given(boxes, scopes)
def test_what_covers_touches(box: Box, scope: Scope) -> None:
    part = Part(scope, CATALOG)
    if part.covers(box.holds) and Part(Scope(frozenset({box})), CATALOG).places:
        assert part.touches(box.holds)


def test_everything_and_nothing() -> None:
    assert ALL.all
    assert ALL.holds("anywhere", None, None)
    assert ALL.covers(Box().holds)
    assert ALL.wall is None
    nothing = Part(Scope(), CATALOG)
    assert not nothing.places
    assert not nothing.areas(AREAS)
    assert not nothing.covers(Box().holds)
    assert not nothing.sensors(ROSTER).any()
    assert nothing.wall is not None


def _rule(code: str, kind: str, **more: object) -> Rule:
    condition = Threshold(metric="speed", levels=Levels(above=1))
    return Rule(code=code, vi="v", en="e", kind=kind, severity="warning", condition=condition, **more)


def test_behind_a_department_is_where_its_alerts_come_from() -> None:
    departments = {c: Department(c, c, c) for c in ("police", "water", "clinic")}
    routes = [Route(1, None, None, None, "congestion", None, "police", "handles"),
              Route(2, None, AREAS[0], None, "congestion", None, "clinic", "informed")]  # fmt: skip
    rules = [_rule("jam", "congestion"), _rule("pipe", "water_supply", department="water",
                                               scope=RuleScope(domain=("water",), area=(AREAS[1],)))]  # fmt: skip
    whom = Whom("mark", Book(departments, routes, {}, ()), rules)
    assert whom.behind("police", CATALOG) == {Box(a, None, "traffic") for a in AREAS}
    assert whom.behind("clinic", CATALOG) == {Box(AREAS[0], None, "traffic")}
    assert whom.behind("water", CATALOG) == {Box(AREAS[1], None, "water")}
    part = Part(Scope(frozenset({Box(AREAS[0], None, "traffic")})), CATALOG, whom)
    assert part.near == {"police", "clinic"}


def test_a_route_that_names_a_ward_makes_that_ward_the_departments() -> None:
    departments = {c: Department(c, c, c) for c in ("all", "ward")}
    here = CATALOG.zones[0]
    routes = [Route(1, None, here.area, None, "congestion", None, "all", "handles"),
              Route(2, here.code, None, None, "congestion", None, "ward", "handles")]  # fmt: skip
    jam = _rule("jam", "congestion", scope=RuleScope(area=(here.area,)))
    whom = Whom("mark", Book(departments, routes, {}, ()), [jam])
    ward = Box(here.area, here.code, "traffic")
    assert whom.behind("ward", CATALOG) == {ward}
    part = Part(Scope(own=frozenset({Own("ward")}), behind=frozenset({ward})), CATALOG, whom)
    assert part.view.zones == {here.code}
    # The more specific route takes the other's place there, and only there.
    assert part.view.sorts == {
        f"{here.code}/{here.area}/{d}/congestion/{s}" for d in ("", *DOMAINS) for s in SEVERITIES
    }
    whole = Part(Scope(own=frozenset({Own("all")})), CATALOG, whom)
    assert whole.view.sorts == {f"/{here.area}/{d}/congestion/{s}" for d in ("", *DOMAINS) for s in SEVERITIES}
    other = next(z for z in CATALOG.zones if z.area == here.area and z.code != here.code)
    assert part.holds(here.area, here.code, "traffic")
    assert not part.holds(other.area, other.code, "traffic")


def test_a_department_mutes_by_its_name_alone() -> None:
    departments = {c: Department(c, c, c) for c in ("police", "clinic")}
    routes = [Route(1, None, None, None, "congestion", None, "police", "handles")]
    whom = Whom("mark", Book(departments, routes, {}, ()), [_rule("jam", "congestion")])
    here, there = (Box(a, None, "traffic") for a in AREAS[:2])
    own, behind = frozenset({Own("police")}), whom.behind("police", CATALOG)
    part = Part(Scope(own=own, behind=behind), CATALOG, whom)
    assert part.holds(AREAS[0], None, "traffic")
    assert not part.covers(here.holds)
    assert part.covers(here.holds, ["police"])
    assert not part.covers(here.holds, ["police", "clinic"])
    assert part.near == {"police"}
    assert not part.touches(here.holds, ["clinic"])
    limited = Part(Scope(own=frozenset({Own("police", Box(AREAS[0]))}), behind=frozenset({here})), CATALOG, whom)
    assert limited.covers(here.holds, ["police"])
    assert not limited.covers(there.holds, ["police"])
    assert not limited.covers(Box().holds, ["police"])
    assert limited.touches(Box().holds, ["police"])
    both = Part(Scope(frozenset({there}), own, behind), CATALOG, whom)
    assert both.covers(there.holds), "as an operator there"
    assert both.covers(there.holds, ["clinic"])
    assert not both.covers(here.holds)
    assert not both.covers(Box("no_more").holds, ["clinic"])


def test_alerts_of_a_department_reach_it_wherever_they_are() -> None:
    def item(number: int, area: str, domain: str, *departments: str) -> dict[str, object]:
        concerned = [{"department": d, "role": "informed"} for d in departments]
        return {"id": number, "area": area, "zone": None, "domain": domain, "sensor_id": None, "rule": "r",
                "kind": "noise", "severity": "info", "departments": concerned, "state": "firing"}  # fmt: skip

    topic = Alerts()
    flips = [
        change(item(n, AREAS[0], d, *who), {"id": n, "from": None, "to": "firing"})
        for n, (d, who) in enumerate([("traffic", ()), ("water", ("clinic",)), ("water", ("police",))], 1)
    ]
    topic.flipped(flips, 3)
    scope = Scope(frozenset({Box(None, None, "traffic")}), frozenset({Own("clinic")}))
    assert topic.everything(Filter.of({}, scope)).tolist() == [1, 2]
    assert topic.delta(Filter.of({}, scope), 2) == (3, None)
    assert topic.everything(Filter.of({})).tolist() == [1, 2, 3]
    behind = Scope(own=frozenset({Own("clinic")}), behind=frozenset({Box(None, None, "water")}))
    assert topic.everything(Filter.of({}, behind)).tolist() == [2], "of what it sees sensors of, its own alerts alone"
    limited = Scope(own=frozenset({Own("clinic", Box(AREAS[1]))}), behind=behind.behind)
    assert topic.everything(Filter.of({}, limited)).tolist() == []
    assert np.array_equal(topic.everything(Filter.of({}, Scope())), [])
