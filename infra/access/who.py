"""Somebody who has shown who they are, and what they may do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import product
from typing import Literal, NamedTuple

from infra.access.roles import ALLOWED, AT_SCREEN, UNDIVIDED, Permission, Role
from infra.access.scope import EVERYTHING, NOTHING, Box, Own, Scope

Way = Literal["password", "oidc", "link", "token", "wallboard", "command", "service"]
#: The part of the city behind a department's alerts.
Behind = Callable[[str], Iterable[Box]]


class Grant(NamedTuple):
    """A role within areas, zones, domains (empty: all) and, for the role department, of one department."""

    role: Role
    areas: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    department: str | None = None
    ends_at: datetime | None = None

    @property
    def undivided(self) -> bool:
        """Whether it is for the whole city."""
        return not (self.areas or self.zones or self.domains or self.role == "department")

    def gives(self, permission: Permission) -> bool:
        """Whether it gives that, somewhere."""
        return permission in ALLOWED[self.role] and (self.undivided or permission not in UNDIVIDED)

    def scope(self, behind: Behind) -> Scope:
        """Where. A department sees its own alerts, and the sensors behind them: those whose alerts are its own."""
        boxes = {
            Box(*place) for place in product(self.areas or (None,), self.zones or (None,), self.domains or (None,))
        }
        if self.role != "department":
            return Scope(frozenset(boxes))
        if self.department is None:
            return NOTHING
        # Other departments' alerts come from the same sensors: what is behind its own is for these alone.
        own = frozenset(Own(self.department, box) for box in boxes)
        return Scope(own=own, behind=_meets(boxes, behind(self.department)))


def _meet(one: Box, other: Box) -> Box | None:
    """What lies in both; None: nothing does."""
    found = []
    for a, b in zip(one, other, strict=True):
        if a is not None and b is not None and a != b:
            return None
        found.append(b if a is None else a)
    return Box(*found)


class Who(NamedTuple):
    """``limits`` are lists of grants, each of which must allow it: a person's own, and those of a token of theirs.

    ``account`` None: ourselves, the token of the settings, or a wallboard. ``key`` names a session or token, so that
    it can be found and ended. ``must_enrol``: they need a second factor, and may do nothing else before they have one.
    Who holds one that differs from what is known now must ask again.
    """

    name: str
    way: Way
    limits: tuple[tuple[Grant, ...], ...]
    account: int | None = None
    key: str = ""
    expires_us: int | None = None
    address: str = ""
    must_enrol: bool = False

    @property
    def program(self) -> bool:
        """Whether it is somebody's API token, and not they themselves nor the machine's own token."""
        return self.way == "token" and self.account is not None

    def may(self, permission: Permission) -> bool:
        """Whether they may do that, somewhere."""
        if self.must_enrol and permission != "self":
            return False
        if self.program and permission in AT_SCREEN:
            return False
        return all(any(grant.gives(permission) for grant in grants) for grants in self.limits)

    def scope(self, permission: Permission, behind: Behind) -> Scope:
        """Where they may do that."""
        if not self.may(permission):
            return NOTHING
        found = EVERYTHING
        for grants in self.limits:
            part = NOTHING
            for grant in grants:
                if grant.gives(permission):
                    part |= grant.scope(behind)
            found = part if found.all else found if part.all else _both(found, part)
        return found


def _meets(some: Iterable[Box], others: Iterable[Box]) -> frozenset[Box]:
    return frozenset(m for a, b in product(some, others) if (m := _meet(a, b)) is not None)


def _both(one: Scope, other: Scope) -> Scope:
    """What lies in both. An alert that concerns a department of the one and another of the other is left out."""
    pairs = [*product(one.own, other.boxes), *product(other.own, one.boxes)]
    own = {Own(o.department, m) for o, box in pairs if (m := _meet(o.box, box)) is not None}
    for a, b in product(one.own, other.own):
        if a.department == b.department and (m := _meet(a.box, b.box)) is not None:
            own.add(Own(a.department, m))
    behind = _meets(one.boxes | one.behind, other.behind) | _meets(one.behind, other.boxes)
    return Scope(_meets(one.boxes, other.boxes), frozenset(own), behind)


#: What runs without anybody: loops of ours, and what is open to all.
SERVICE = Who("ioc", "service", ((Grant("administrator"),),))
