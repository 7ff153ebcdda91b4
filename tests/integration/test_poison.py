"""One message in a hundred is poison: the good ones are stored, each poison is in quarantine once, with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from city.sensors import Sensor
from infra import sensors
from infra.servers import Mosquitto
from simulators.faults import HARMLESS, POISONS, Poison
from tests.load import common
from tests.proxy import Proxy
from tests.publisher import Publisher
from tests.service import until

pytestmark = pytest.mark.servers

EVERY = 100
VICTIM = Sensor("BG-KE-GT01", "bac_giang", "traffic", zone="07210")


def address(poison: Poison) -> str:
    return poison.topic(VICTIM.area, VICTIM.domain, VICTIM.sensor_id)


def messages(message: common.Message) -> Iterator[tuple[str, bytes]]:
    """Good messages by their number; the last of each hundred is poison or merely odd."""
    odd = iter([*POISONS, *HARMLESS])
    for n in range(EVERY * len(POISONS + HARMLESS)):
        yield message.topic(n), message.body(n)
        if n % EVERY == EVERY - 1:
            poison = next(odd)
            yield address(poison), poison.payload


def test_poisons(service: common.START, database: str, mosquitto: Mosquitto, proxy: Callable[[str], Proxy]) -> None:
    common.prepare(database)
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, [VICTIM])
    base, broker = proxy(database), proxy(mosquitto.url)
    collector = common.collect(service, base.url, broker.url)
    pid = collector.pid
    publisher = Publisher(mosquitto.url)
    message = common.Message()
    good = EVERY * len(POISONS + HARMLESS)
    try:
        for n, (topic, payload) in enumerate(messages(message)):
            publisher.send(topic, payload)
            if n % 4_000 == 2_000:  # what is under way comes twice, and must not lie there twice
                base.cut_at(b"COMMIT")
                broker.cut()
        publisher.drain()
        until(lambda: len(common.stored(database)) == good, "the good ones are stored", 90, 0.5)
        until(lambda: common.one(database, "SELECT count(*) FROM quarantine") >= len(POISONS), "poisons are kept", 60)
        # The last of all is odd and harmless, and comes after all of these.
        readings = sum(message.readings(n) for n in range(good)) + sum(p.stored for p in POISONS + HARMLESS)
        until(
            lambda: common.one(database, "SELECT count(*) FROM observation") >= readings, "all readings are stored", 60
        )
        assert collector.pid == pid
        assert collector.stop() == 0
    finally:
        publisher.close()
    assert not publisher.refused
    found = ask_quarantine(database)
    wanted = sorted((address(p), p.payload, p.reason) for p in POISONS)
    assert found == wanted
    assert set(common.stored(database).values()) == {1}
    assert common.one(database, "SELECT count(*) FROM observation") == readings
    common.check_books(database)
    assert common.left_in_session(mosquitto.url) == 0


def ask_quarantine(url: str) -> list[tuple[str, bytes, str]]:
    return sorted(common.ask(url, "SELECT topic, payload, reason FROM quarantine"))
