"""Fixtures of the alert engine as a process.

alarms   an engine, a collector and a publisher on one database and broker, with sensors and a rule     test
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psycopg
import pytest

from alerts.rules import store
from alerts.rules.model import Levels, Rule, Threshold
from city.sensors import Sensor
from infra import sensors
from infra.servers import Mosquitto
from tests.publisher import Publisher
from tests.service import Service, until

#: Fires at the first value above 40, is over at 38.
HOT = Rule(
    code="test.hot", vi="Nóng (thử)", en="Hot (test)", kind="air_quality", severity="critical",
    condition=Threshold(metric="temperature", levels=Levels(above=40.0, clear_above=38.0)),
)  # fmt: skip
COUNT = 60
SENSORS = [
    Sensor(f"E{n}", "bac_giang", "environment", zone="07210", metrics=("temperature",)) for n in range(1, COUNT + 1)
]


def prepare(database: str, rules: Iterable[Rule] = (HOT,), known: Iterable[Sensor] = SENSORS) -> None:
    """Put sensors and rules into a database."""
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, list(known))
        for rule in rules:
            store.save(conn, rule, "test")


def ask(url: str, query: str, *args: Any) -> list[tuple[Any, ...]]:
    """Rows of a query, on a connection of its own."""
    with psycopg.connect(url, autocommit=True, connect_timeout=30) as conn:
        return conn.execute(query, args).fetchall()


@dataclass
class Alarms:
    """Everything that a reading passes on its way to an alert. ``start`` starts further engines."""

    database: str
    mosquitto: Mosquitto
    publisher: Publisher
    collector: Service
    engine: Service
    start: Callable[..., Service]
    _last: dict[str, int] = field(default_factory=dict)

    def send(self, sensor: str, value: float, *, at_ms: int | None = None, **values: float) -> int:
        """Publish a temperature; returns its time in milliseconds, which is later than the one before."""
        now = int(time.time() * 1000)
        ts = max(now, self._last.get(sensor, 0) + 1) if at_ms is None else at_ms
        self._last[sensor] = max(ts, self._last.get(sensor, 0))
        body = {"ts": ts, "values": {"temperature": value, **values}}
        self.publisher.send(f"ioc/v1/bac_giang/environment/{sensor}/telemetry", json.dumps(body))
        return ts

    def ask(self, query: str, *args: Any) -> list[tuple[Any, ...]]:
        return ask(self.database, query, *args)

    def alerts(self, rule: str = HOT.code) -> dict[str, tuple[Any, ...]]:
        """(state, condition, started_at, id) of each subject's newest alert of a rule."""
        rows = self.ask("SELECT subject, state, condition, started_at, id FROM alert WHERE rule = %s ORDER BY id", rule)
        return {subject: rest for subject, *rest in rows}

    def states(self, rule: str = HOT.code) -> dict[str, str]:
        return {subject: a[0] for subject, a in self.alerts(rule).items()}

    def flips(self, rule: str = HOT.code) -> list[tuple[str, str]]:
        """(subject, what) of every flip of a rule's alerts, in their order."""
        query = "SELECT a.subject, f.what FROM flip f JOIN alert a ON a.id = f.alert WHERE a.rule = %s ORDER BY f.id"
        return self.ask(query, rule)

    def judges(self, engine: Service | None = None, times: int = 1) -> bool:
        """Whether the engine has begun (so many times, in all its lives)."""
        return (engine or self.engine).text.count("judging ") >= times

    def caught_up(self, within_s: float = 60) -> None:
        """Wait until the engine has taken all that is stored now."""
        heads = dict(self.ask("SELECT name, seq FROM collector"))

        def done() -> bool:
            at = dict(self.ask("SELECT collector, seq FROM alert_cursor"))
            return all(at.get(name, 0) >= seq for name, seq in heads.items())

        until(done, "the engine has taken all batches", within_s)

    def stored(self, count: int, within_s: float = 60) -> None:
        """Wait until so many temperatures are in history."""
        query = "SELECT count(temperature) FROM reading_environment"
        until(lambda: self.ask(query)[0][0] >= count, f"{count} readings are stored", within_s)


@pytest.fixture
def make_alarms(service: Callable[..., Service], mosquitto: Mosquitto) -> Iterator[Callable[..., Alarms]]:
    """Start all of it: ``make_alarms(database, rules=[…], env={…})``."""
    publishers: list[Publisher] = []

    def make(
        database: str,
        *,
        rules: Iterable[Rule] = (HOT,),
        known: Iterable[Sensor] = SENSORS,
        env: dict[str, str] | None = None,
        engine_env: dict[str, str] | None = None,
    ) -> Alarms:
        prepare(database, rules, known)
        both = {"IOC_DATABASE_URL": database, "IOC_MQTT_URL": mosquitto.url, **(env or {})}

        def start() -> Service:
            return service("alerts", "run", env={**both, **(engine_env or {})})

        collector = service("ingest", "run", env=both)
        until(lambda: "connected to the broker" in collector.text or not collector.alive(), "the collector runs", 90)
        assert collector.alive(), collector.text
        until(lambda: ask(database, "SELECT count(*) FROM collector")[0][0], "the collector has its place")
        publisher = Publisher(mosquitto.url, "device")
        publishers.append(publisher)
        made = Alarms(database, mosquitto, publisher, collector, start(), start)
        until(lambda: made.judges() or not made.engine.alive(), "the engine judges", 90)
        assert made.engine.alive(), made.engine.text
        return made

    try:
        yield make
    finally:
        for one in publishers:
            one.close()


@pytest.fixture
def alarms(database: str, make_alarms: Callable[..., Alarms]) -> Alarms:
    """An engine, a collector and a publisher on one database and broker."""
    return make_alarms(database)


def changed(rule: Rule, **fields: Any) -> Rule:
    """The rule with other fields."""
    return msgspec.structs.replace(rule, **fields)
