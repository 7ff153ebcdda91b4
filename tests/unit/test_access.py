"""Who may do what, and where: against the plain words of docs/access.md."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import settings
from infra.access import secret, throttle
from infra.access.roles import ALLOWED, NAMES, PERMISSIONS, ROLES, UNDIVIDED, Permission
from infra.access.scope import EVERYTHING, NOTHING, Box, Own, Scope
from infra.access.who import Grant, Who

AREAS, ZONES, DOMAINS = ("bac_giang", "viet_yen"), ("07210", "07228"), ("traffic", "lighting")
PLACES = [(a, z, d) for a, z, d in product(AREAS, (None, *ZONES), (None, *DOMAINS))]
BEHIND = {"lamps": [Box("bac_giang", None, "lighting")], "police": [Box(None, None, "traffic")], "idle": []}


def behind(department: str) -> list[Box]:
    return BEHIND[department]


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(values)).map(lambda found: tuple(sorted(found)))


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    role = draw(st.sampled_from(ROLES))
    department = draw(st.sampled_from(sorted(BEHIND))) if role == "department" else None
    return Grant(role, draw(some(AREAS)), draw(some(ZONES)), draw(some(DOMAINS)), department)


def allows(grant: Grant, permission: Permission, place: tuple[str | None, str | None, str | None]) -> bool:
    """In plain words: the role has it, and the place is within every list that is not empty."""
    limited = grant.areas or grant.zones or grant.domains or grant.role == "department"
    if permission not in ALLOWED[grant.role] or (limited and permission in UNDIVIDED):
        return False
    lists = (grant.areas, grant.zones, grant.domains)
    if any(wanted and value not in wanted for wanted, value in zip(lists, place, strict=True)):
        return False
    return grant.department is None or any(
        all(b in (None, p) for b, p in zip(box, place, strict=True)) for box in BEHIND[grant.department]
    )


def test_every_role_and_permission_has_its_place() -> None:
    assert set(ALLOWED) == set(ROLES) == set(NAMES)
    assert all(allowed <= set(PERMISSIONS) for allowed in ALLOWED.values())
    assert set(PERMISSIONS) == ALLOWED["administrator"]
    assert {"read", "alerts.read"} == ALLOWED["wallboard"], "a wallboard can do nothing but show"


@given(st.lists(st.lists(grants(), max_size=3), min_size=1, max_size=2), st.sampled_from(PERMISSIONS))
def test_a_scope_is_what_the_grants_say_in_plain_words(lists: list[list[Grant]], permission: Permission) -> None:
    who = Who("a", "password", tuple(tuple(one) for one in lists))
    scope = who.scope(permission, behind)
    for place in PLACES:
        expected = all(any(allows(grant, permission, place) for grant in one) for one in lists)
        assert scope.holds(*place) == expected, place
    if not who.may(permission):
        assert scope == NOTHING


@given(grants(), st.sampled_from(PERMISSIONS))
def test_a_token_never_has_more_than_its_account(grant: Grant, permission: Permission) -> None:
    account = (Grant("viewer", areas=("bac_giang",)),)
    scope = Who("a", "token", (account, (grant,))).scope(permission, behind)
    own = Who("a", "password", (account,)).scope(permission, behind)
    assert all(own.holds(*place) for place in PLACES if scope.holds(*place))
    for place, department in product(PLACES, BEHIND):
        assert own.alert(*place, {department}) or not scope.alert(*place, {department})


def test_a_department_sees_its_own_alerts_wherever_they_are_and_no_others() -> None:
    scope = Who("a", "password", ((Grant("department", department="lamps"),),)).scope("alerts.read", behind)
    assert scope.alert("viet_yen", "07228", "traffic", {"lamps"}), "a route leads to it"
    assert not scope.alert("viet_yen", "07228", "traffic", {"police"})
    assert not scope.holds("viet_yen", None, "lighting")
    assert scope.holds("bac_giang", None, "lighting"), "a sensor behind its alerts"
    assert not scope.alert("bac_giang", None, "lighting", {"police"}), "another's alert there"


def test_a_department_s_grant_for_a_part_of_the_city_gives_its_own_alerts_there() -> None:
    limited = Grant("department", areas=("bac_giang",), department="lamps")
    operator = Grant("operator", zones=("07228",))
    scope = Who("a", "password", ((limited,),)).scope("alerts.act", behind)
    assert scope.alert("bac_giang", None, "traffic", {"police", "lamps"})
    assert not scope.alert("bac_giang", None, "lighting", {"police"})
    assert not scope.alert("viet_yen", None, "lighting", {"lamps"})
    both = Who("a", "password", ((limited, operator),)).scope("alerts.act", behind)
    assert both.alert("viet_yen", "07228", "lighting", ()), "the operator's"
    assert both.alert("bac_giang", None, "traffic", {"lamps"}), "the department's"
    assert not both.alert("bac_giang", None, "traffic", {"police"})


def test_a_token_within_a_department_s_account_has_the_department_s_alerts_alone() -> None:
    own = (Grant("department", department="lamps"),)
    scope = Who("a", "token", (own, (Grant("operator", areas=("bac_giang",)),))).scope("alerts.act", behind)
    assert scope == Scope(own=frozenset({Own("lamps", Box("bac_giang"))}), behind=frozenset(BEHIND["lamps"]))
    other = Who("a", "token", (own, (Grant("department", department="police"),))).scope("alerts.act", behind)
    assert not other.alert("bac_giang", None, "lighting", {"lamps", "police"})


@pytest.mark.parametrize("permission", sorted(UNDIVIDED))
def test_what_is_of_the_whole_city_is_not_given_for_a_part_of_it(permission: Permission) -> None:
    whole, part = (Who("a", "password", ((Grant("administrator", areas=areas),),)) for areas in ((), ("bac_giang",)))
    assert whole.may(permission)
    assert not part.may(permission)


def test_an_area_s_figure_is_not_for_who_sees_one_of_its_zones() -> None:
    scope = Scope(frozenset({Box("bac_giang", "07210", None)}))
    assert scope.holds("bac_giang", "07210", "traffic")
    assert not scope.holds("bac_giang", None, "traffic")
    assert EVERYTHING.holds("bac_giang", None, "traffic")


@pytest.mark.parametrize(
    ("needed", "env"),
    [
        (False, {}),
        (False, {"http_host": "::1", "public_url": "http://localhost:8080"}),
        (True, {"http_host": "0.0.0.0"}),
        (True, {"http_host": ""}),
        (True, {"public_url": "https://ioc.example.vn"}),
        (False, {"http_host": "::", "admin_totp": "optional"}),
        (True, {"admin_totp": "required"}),
    ],
)
def test_administrators_need_a_second_factor_where_others_reach_us(needed: bool, env: dict[str, str]) -> None:
    assert settings.load(**env).administrators_need_factor is needed


def test_who_has_a_second_factor_to_set_up_may_do_nothing_else() -> None:
    who = Who("a", "password", ((Grant("administrator"),),), must_enrol=True)
    assert [p for p in PERMISSIONS if who.may(p)] == ["self"]
    assert who.scope("read", behind) == NOTHING


def test_a_persons_token_gives_nothing_that_makes_accounts() -> None:
    everything = ((Grant("administrator"),),)
    assert [p for p in PERMISSIONS if not Who("a", "token", everything, 1).may(p)] == ["people.write"]
    assert Who("a", "token", everything, 1).scope("people.write", behind) == NOTHING
    for other in (Who("administrator", "token", everything), Who("a", "password", everything, 1)):
        assert other.may("people.write")


def test_what_people_type_instead_of_a_second_factor_has_130_bits() -> None:
    made = secret.typed()
    letters = made.replace("-", "")
    assert set(letters) <= set(secret._LETTERS)
    assert len(set(secret._LETTERS)) ** len(letters) >= 2**130
    assert len(made) <= 40, "the screen's field takes no more"
    assert secret.typed() != made


def test_an_address_of_ipv6_counts_by_its_network() -> None:
    near, same, far = "2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"
    assert throttle.sign_in("lan", near) == throttle.sign_in("lan", same)
    assert throttle.sign_in("lan", near) != throttle.sign_in("lan", far)
    assert throttle.network("::ffff:192.0.2.1") == throttle.network("192.0.2.1")
