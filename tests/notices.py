"""A database with departments, routes and channels, alerts that happen on it, and a clock that tests turn on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from alerts import life
from alerts.judge.events import Event, Subject, What
from alerts.messages.content import Content, thaw
from alerts.notice.dispatch import dispatch
from alerts.notice.telling import City
from alerts.rules import store
from alerts.rules.model import Absence, Children, Levels, Rule, Threshold
from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from infra.times import micros

#: A Tuesday, 10:00 in the city.
TUESDAY = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def rule(code: str, **fields: Any) -> Rule:
    """A rule with what tests do not care about filled in."""
    usual: dict[str, Any] = {
        "code": code, "vi": f"Quy tắc {code}", "en": f"Rule {code}", "kind": "air_quality", "severity": "major",
        "condition": Threshold(metric="pm2_5", levels=Levels(above=100.0)),
    }  # fmt: skip
    return Rule(**{**usual, **fields})


DUST = rule("dust")
SMOKE = rule("smoke", severity="critical")
DARK = rule("dark", kind="lamp_fault", severity="warning", condition=Absence(at_least_s=60))
CABINET = rule("cabinet", kind="lamp_fault", condition=Children(rules=("dark",), levels=Levels(above=0.5)))
RULES = (DUST, SMOKE, DARK, CABINET)


class Message(NamedTuple):
    """One row of the outbox."""

    department: str
    channel: str
    kind: str
    thread: str
    at: datetime
    content: Content
    flips: tuple[int, ...]

    def said(self) -> dict[str, str]:
        """By the subjects of its alerts, what it says of each."""
        return {a.subject: a.what or self.kind for a in self.content.alerts}


@dataclass
class Office:
    """Everything a test of the dispatcher needs. ``now`` only moves when the test says so."""

    conn: psycopg.Connection
    catalog: Catalog
    now: datetime = TUESDAY
    rules: dict[str, Rule] = field(default_factory=dict)

    @property
    def city(self) -> City:
        return City(self.catalog, "https://ioc.example", "https://map.example/?lat={lat}&lon={lon}")

    def know(self, *rules: Rule) -> None:
        for one in rules:
            self.rules[one.code] = store.save(self.conn, one, "test")

    def lamps(self, count: int, parent: str = "TU-01") -> None:
        sensors.save(self.conn, [Sensor(f"L{n}", "bac_giang", "lighting", parent=parent) for n in range(count)])

    def department(self, code: str, hours: Any = None, *, channels: int = 1, **settings: Any) -> None:
        self.conn.execute(
            "INSERT INTO department (code, vi, en, hours, settings) VALUES (%s, %s, %s, %s, %s)",
            [code, f"Đơn vị {code}", f"Department {code}", Jsonb(hours) if hours else None, Jsonb(settings)],
        )
        for number in range(channels):
            self.channel(code, f"{code}-{number}")

    def channel(self, department: str, name: str, kind: str = "email", **fields: Any) -> int:
        given: dict[str, Any] = {"kind": kind, "address": "a@b.example", "config": {"digest": False}, **fields}
        given |= {"department": department, "name": name, "config": Jsonb(given["config"])}
        given.setdefault("changed_at", TUESDAY - timedelta(days=30))
        names = ", ".join(given)
        row = self.conn.execute(
            f"INSERT INTO notice_channel ({names}) VALUES ({', '.join(['%s'] * len(given))}) RETURNING id",
            list(given.values()),
        ).fetchone()
        assert row
        return int(row[0])

    def route(self, department: str, role: str = "handles", **fields: Any) -> None:
        given = {"department": department, "role": role, **fields}
        self.conn.execute(
            f"INSERT INTO route ({', '.join(given)}) VALUES ({', '.join(['%s'] * len(given))})",
            list(given.values()),
        )

    # What happens

    def happens(
        self, what: What, sensor: str = "S1", code: str = "dust", *, parent: str | None = None, value: float = 120.0,
        subject: str = "", raises: int = 0,
    ) -> list[int]:  # fmt: skip
        """An event of judgement, now; the ids of its flips."""
        return self.all_happen([self.event(what, sensor, code, parent=parent, value=value, subject=subject)])

    def event(
        self, what: What, sensor: str = "S1", code: str = "dust", *, parent: str | None = None, value: float = 120.0,
        subject: str = "",
    ) -> Event:  # fmt: skip
        one = self.rules[code]
        about = Subject(
            subject or f"sensor/{sensor}", "bac_giang", "07210", None, None, None if subject else sensor, None, parent
        )
        at = micros(self.now)
        return Event(code, one.version, about, what, at, at, value, 100.0, "µg/m³", until_us=at, peak=value)

    def all_happen(self, events: Iterable[Event]) -> list[int]:
        with self.conn.transaction():
            return life.apply(self.conn, list(events), self.rules, self.now)

    def act(self, action: Any, number: int, *args: Any) -> None:
        """What a person does to an alert, by the test's clock."""
        action(self.conn, number, None, "an.nguyen", *args)

    def round(self, seconds: float = 0) -> int:
        """One round of the dispatcher, so many seconds later."""
        self.now += timedelta(seconds=seconds)
        return dispatch(self.conn, self.now, self.city)

    def goes_on(self, seconds: float, step: float = 10) -> int:
        """Rounds for so long."""
        return sum(self.round(step) for _ in range(int(seconds / step)))

    # What came of it

    def messages(self, *kinds: str) -> list[Message]:
        rows = self.conn.execute(
            """SELECT n.department, c.name, n.kind, n.thread, n.created_at, n.content,
                      array(SELECT flip FROM notification_alert na WHERE na.notification = n.id ORDER BY flip)
               FROM notification n JOIN notice_channel c ON c.id = n.channel ORDER BY n.id"""
        )
        found = [Message(*row[:5], thaw(row[5]), tuple(row[6])) for row in rows]
        return [m for m in found if not kinds or m.kind in kinds]

    def kinds(self) -> list[str]:
        return [m.kind for m in self.messages()]

    def mutings(self) -> dict[str, int]:
        """By reason, how many."""
        return dict(self.conn.execute("SELECT why, count(*) FROM muting GROUP BY why").fetchall())

    def ask(self, query: str, *args: Any) -> list[tuple[Any, ...]]:
        return self.conn.execute(query, args).fetchall()

    def alert(self, code: str = "dust") -> life.Alert:
        ((number,),) = self.ask("SELECT max(id) FROM alert WHERE rule = %s", code)
        found = life.read(self.conn, number)
        assert found is not None
        return found


def changed(one: Rule, **fields: Any) -> Rule:
    return msgspec.structs.replace(one, **fields)
