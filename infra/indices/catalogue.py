"""All indices: the modules, what they can say, and what they say now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import psycopg

from infra import quality
from infra.catalog import Catalog
from infra.indices import City, Index, Item, Memory, air, leaks, lighting, noise, river, traffic
from infra.roster import Roster
from infra.security import signs
from infra.settings import Settings


class Subject(Protocol):
    """What each module has."""

    @property
    def DOMAIN(self) -> str:  # noqa: N802
        """The domain of the sensors that its figures are made from."""

    @property
    def INDICES(self) -> tuple[Index, ...]:  # noqa: N802
        """The kinds of figures."""

    def current(self, conn: psycopg.Connection, city: City, now_us: int, /) -> list[Item]:
        """What it says now."""


#: By their name in /api/v1/indices/….
SUBJECTS: dict[str, Subject] = {
    "air": air, "noise": noise, "traffic": traffic, "lighting": lighting, "river": river,
    "water": leaks,
}  # fmt: skip

#: What rules of alerts look at besides. It tells of attacks, and is shown to nobody else.
SIGNS: dict[str, Subject] = {"security": signs}

#: Indices that are worked out from hourly means alone, which are kept: what they said can be said again.
OF_HOURS = frozenset(i.code for i in (*air.INDICES, *noise.INDICES))


def past(conn: psycopg.Connection, city: City, code: str, from_us: int, to_us: int) -> list[Item]:
    """What an index of OF_HOURS said whenever it was new in (from, to], in the order of time."""
    if code == noise.NOISE.code:
        return noise.past(conn, city, from_us, to_us)
    return air.past(conn, city, code, from_us, to_us)


#: The domain of each kind of figure, by its code.
DOMAINS: dict[str, str] = {index.code: subject.DOMAIN for subject in SUBJECTS.values() for index in subject.INDICES}


def indices() -> Sequence[Index]:
    """Every kind of figure there is."""
    return [index for subject in SUBJECTS.values() for index in subject.INDICES]


def judged() -> Sequence[Index]:
    """Every kind of figure that a rule may be about."""
    return [*indices(), *(index for subject in SIGNS.values() for index in subject.INDICES)]


def city_of(
    conn: psycopg.Connection, catalog: Catalog, roster: Roster, settings: Settings, memory: Memory | None = None
) -> City:
    """The city as it is now; untrusted sensors are left out where the settings say so."""
    doubted: frozenset[int] = frozenset()
    if settings.untrusted == "leave_out":
        doubted = frozenset(quality.untrusted(conn))
    return City(catalog, roster, doubted, {} if memory is None else memory)
