"""Rules and sensors as judgement is to use them: read again when their versions have changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import psycopg

from alerts.judge.bind import in_force
from alerts.judge.world import World, world
from alerts.rules import store
from alerts.rules.model import Rule
from city import sun
from infra import sensors
from infra.catalog import Catalog
from infra.feed import history
from infra.roster import Roster, groups_of
from infra.settings import Settings


@dataclass(frozen=True)
class Versions:
    """What a rulebook was made from; another one means: read it again."""

    rules: int
    sensors: int
    day: date


@dataclass(frozen=True)
class Rulebook:
    """``rules``: all that may be judged, by code. ``aside``: codes of those that were set aside."""

    versions: Versions
    rules: dict[str, Rule]
    aside: frozenset[str]
    world: World

    @property
    def roster(self) -> Roster:
        return self.world.roster

    def judged(self) -> dict[str, Rule]:
        """The rules that are in force on its day."""
        return {code: r for code, r in self.rules.items() if in_force(r, self.versions.day)}


def versions(conn: psycopg.Connection, now_us: int) -> Versions:
    """What is in the database now."""
    day = date(1970, 1, 1) + timedelta(days=(now_us + sun.LOCAL_US) // sun.DAY_US)
    return Versions(store.version(conn), sensors.version(conn), day)


def read(
    conn: psycopg.Connection, catalog: Catalog, settings: Settings, now_us: int, before: Rulebook | None = None
) -> Rulebook:
    """Rules and sensors as they are. Of ``before`` is kept what has not changed: the same objects."""
    now = versions(conn, now_us)
    if before is not None and (before.versions.sensors, before.versions.day) == (now.sensors, now.day):
        city = before.world
    else:
        groups = groups_of(catalog.areas, catalog.zones, now.day)
        leave_out = settings.untrusted == "leave_out"
        registry, roster = history.read_roster(conn, catalog, groups, leave_out=leave_out)
        city = world(roster, registry, catalog.zones, catalog.sites)
    stored = store.stored(conn)
    rules = {s.rule.code: s.rule for s in stored if s.set_aside is None}
    if before is not None and before.rules == rules:
        rules = before.rules
    return Rulebook(now, rules, frozenset(s.rule.code for s in stored if s.set_aside is not None), city)
