"""Somebody asks for messages again while the collector has them in hand: both requests get what is theirs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from infra.link import Link
from infra.settings import load
from ingest.inbox import Inbox
from ingest.replay import replay
from ingest.writer import Writer
from tests.unit.model_collector import Silent

pytestmark = pytest.mark.servers


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, [Sensor("S1", "bac_giang", "traffic", zone="07210")])
        yield conn


@pytest.fixture
def writer(database: str, catalog: Catalog) -> Iterator[Writer]:
    """A collector's writing, on the real database."""
    link = Link(database, "ingest again", 30.0, Silent())
    made = Writer(load(), catalog, link, Inbox(10), Silent(), "epoch", "canary", Silent())
    made.begin()
    yield made
    link.drop()


def keep(conn: psycopg.Connection, **values: Any) -> int:
    """A message in quarantine."""
    payload = json.dumps({"ts": time.time_ns() // 1_000_000 - 60_000, "values": values}).encode()
    row = conn.execute(
        """INSERT INTO quarantine_item (received_at, topic, payload, reason, detail, readings, collector)
           VALUES (now(), 'ioc/v1/bac_giang/traffic/S1/telemetry', %s, 'malformed', 'd', 1, 'c') RETURNING id""",
        [payload],
    ).fetchone()
    assert row is not None
    return int(row[0])


def ask(conn: psycopg.Connection, fix: dict[str, Any] | None = None) -> int:
    """As the API does it."""
    with conn.transaction():
        row = conn.execute(
            "INSERT INTO quarantine_replay (author, chosen, fix, items) VALUES ('t', '{}', %s, 0) RETURNING id",
            [None if fix is None else Jsonb(fix)],
        ).fetchone()
        assert row is not None
        conn.execute(
            "UPDATE quarantine_item SET replay_requested_at = now(), replay = %s WHERE replayed_at IS NULL", [row[0]]
        )
    return int(row[0])


def state(conn: psycopg.Connection, item: int) -> tuple[Any, ...]:
    """Of an item: its request, whether it waits, whether it is done, what is said of it."""
    row = conn.execute(
        """SELECT replay, replay_requested_at IS NOT NULL AND replayed_at IS NULL, replayed_at IS NOT NULL,
                  replay_detail FROM quarantine_item WHERE id = %s""",
        [item],
    ).fetchone()
    assert row is not None
    return row


def stored(conn: psycopg.Connection, request: int) -> tuple[Any, ...] | None:
    return conn.execute("SELECT stored, duplicate FROM quarantine_replay WHERE id = %s", [request]).fetchone()


def meanwhile(monkeypatch: pytest.MonkeyPatch, writer: Writer, do: Callable[[], None]) -> None:
    """Before each batch is written."""
    write = writer.write

    def late(*args: Any, **kwargs: Any) -> Any:
        do()
        return write(*args, **kwargs)

    monkeypatch.setattr(writer, "write", late)


def test_a_second_request_is_neither_lost_nor_credited_with_the_first_ones(
    conn: psycopg.Connection, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, odd = keep(conn, speed=33), keep(conn, spd=34)
    first, asked = ask(conn), []
    fix = {"values": [{"from": "values.spd", "metric": "speed", "factor": 2}]}
    with monkeypatch.context() as patch:
        meanwhile(patch, writer, lambda: asked.append(ask(conn, fix)))
        assert replay(writer) == 2
    (second,) = asked
    assert state(conn, good) == (first, False, True, None), "it entered by the first"
    assert state(conn, odd) == (second, True, False, None), "the first did nothing for it, and the second is to come"
    assert (stored(conn, first), stored(conn, second)) == ((1, 0), (0, 0))

    assert replay(writer) == 1
    assert state(conn, odd) == (second, False, True, None)
    assert (stored(conn, first), stored(conn, second)) == ((1, 0), (1, 0))
    assert conn.execute("SELECT value FROM observation ORDER BY 1").fetchall() == [(33.0,), (68.0,)]
    assert replay(writer) == 0


def test_what_the_database_refused_of_the_first_is_tried_for_the_second(
    conn: psycopg.Connection, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn.execute("ALTER TABLE reading_traffic ADD CONSTRAINT strange CHECK (speed <> 66)")
    item = keep(conn, speed=66)
    ask(conn)
    asked: list[int] = []
    fix = {"values": [{"from": "values.speed", "metric": "speed", "factor": 0.5}]}
    with monkeypatch.context() as patch:
        # All at once, and then one by one: the second request comes in that.
        turns = iter([lambda: None, lambda: asked.append(ask(conn, fix))])
        meanwhile(patch, writer, lambda: next(turns)())
        assert replay(writer) == 1
    assert state(conn, item) == (asked[0], True, False, None)
    assert replay(writer) == 1
    assert state(conn, item) == (asked[0], False, True, None)
    assert stored(conn, asked[0]) == (1, 0)

    refused = keep(conn, speed=66)
    third = ask(conn)
    assert replay(writer) == 1
    assert state(conn, refused)[:3] == (third, False, False)
    assert "could not be stored" in state(conn, refused)[3]
