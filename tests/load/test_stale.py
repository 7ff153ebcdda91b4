"""Acknowledgements of an older connection: the broker has forgotten packet ids, and gives them to other messages.

A batch that was received before and is committed after would then acknowledge messages that nobody has stored yet.
Both forms: the broker has lost the session, and it has gone back to an older state of it (session_present is true).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from infra.servers import Mosquitto
from infra.servers.owner import give, other_user
from tests.load import common
from tests.service import until

pytestmark = [pytest.mark.servers, pytest.mark.slow]

BATCH = 300

#: Batch number n can be committed only when nobody holds the lock n.
GATE = """
CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(4711, NEW.seq::int);
    RETURN NEW;
END $$;
CREATE TRIGGER gate BEFORE UPDATE ON collector FOR EACH ROW EXECUTE FUNCTION wait_at_the_gate();
"""


class Gate:
    """Holds back the collector's batches from a number on, one by one."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self.conn = conn
        conn.execute(GATE)

    def close(self, first: int, count: int) -> None:
        for n in range(first, first + count):
            self.conn.execute("SELECT pg_advisory_lock(4711, %s)", [n])

    def open(self, number: int) -> None:
        self.conn.execute("SELECT pg_advisory_unlock(4711, %s)", [number])

    def open_all(self) -> None:
        self.conn.execute("SELECT pg_advisory_unlock_all()")

    def waits(self, number: int) -> bool:
        """Whether a batch of that number stands before it."""
        query = "SELECT count(*) FROM pg_locks WHERE classid = 4711 AND objid = %s AND NOT granted"
        return self.conn.execute(query, [number]).fetchone() == (1,)


@contextmanager
def gate(url: str) -> Iterator[Gate]:
    with psycopg.connect(url, autocommit=True) as conn:
        made = Gate(conn)
        try:
            yield made
        finally:
            made.open_all()


@pytest.mark.parametrize("form", ["session lost", "session rolled back"])
def test_lost_0(form: str, service: common.START, database: str, mosquitto: Mosquitto) -> None:
    common.prepare(database)
    env = {
        "IOC_INGEST_BATCH": str(BATCH),
        "IOC_INGEST_LINGER_MS": "10000",  # a batch is a batch, on a busy machine too
        "IOC_INGEST_CANARY_S": "1000",  # and nothing else is in it
        "IOC_DATABASE_HANG_S": "120",
    }
    collector = common.collect(service, database, mosquitto.url, **env)
    saved = mosquitto.folder / "mosquitto.db"
    older = mosquitto.folder / "older.db"
    mosquitto.stop()
    shutil.copy(saved, older)  # a session that knows its subscriptions, and no message yet
    mosquitto.start()
    until(lambda: common.collects(collector, 2), "the collector is back")

    message = common.Message()
    with gate(database) as held:
        number = common.one(database, "SELECT seq FROM collector") + 1
        # A canary may have taken a batch of its own: its number is not ours to know, so the next few are held.
        held.close(number, 6)
        with common.load(mosquitto.url, 5_000, message=message, most=BATCH) as old:
            until(lambda: old.reached(BATCH), "the old messages are sent")
            old.finish()
        until(lambda: held.waits(number), "the old batch waits for its commit")
        if common.one(database, "SELECT count(*) FROM batch"):
            raise AssertionError("a batch has passed the gate")

        mosquitto.kill()
        saved.unlink()
        if form == "session rolled back":
            shutil.copy(older, saved)
            saved.chmod(0o600)
            give(saved, other_user())
        mosquitto.start()
        until(lambda: common.collects(collector, 3), "the collector is back")
        present = collector.text.rsplit("connected to the broker", 1)[1].splitlines()[0]
        assert ("True" in present) == (form == "session rolled back"), present
        with common.load(mosquitto.url, 5_000, message=message, first=BATCH, most=BATCH) as new:
            until(lambda: new.reached(BATCH), "the new messages are sent")
            new.finish()
            assert not new.unheard
        time.sleep(0.5)  # they are with the collector, under the packet ids of the old ones

        held.open(number)
        until(lambda: held.waits(number + 1), "the old batch is committed; the new one waits")
        time.sleep(0.5)  # a stale acknowledgement has had its time
        collector.kill()
        held.open_all()
    collector.start()
    common.caught_up(database, [old, new])
    assert collector.stop() == 0
    assert len(old.acknowledged) == len(new.acknowledged) == BATCH
    old.next = new.next
    old.acknowledged.update(new.acknowledged)
    common.check_complete(database, old)
    assert common.left_in_session(mosquitto.url) == 0
