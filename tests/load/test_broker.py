"""The broker is restarted under load, cleanly and by SIGKILL."""

from __future__ import annotations

import time

import pytest

from infra.servers import Mosquitto
from tests.load import common
from tests.service import until

pytestmark = [pytest.mark.servers, pytest.mark.slow]

RATE = 2_000
RESTARTS = 3
#: What the broker takes is saved every five seconds, which it counts in whole ones; the save takes a moment too.
SAVED_EVERY_S = 5.0 + 2.0


def test_clean_restarts_lose_nothing(service: common.START, database: str, mosquitto: Mosquitto) -> None:
    common.prepare(database)
    collector = common.collect(service, database, mosquitto.url)
    with common.load(mosquitto.url, RATE) as load:
        for restart in range(RESTARTS):
            mark = load.sent
            until(lambda: load.reached(mark + RATE), "it runs")  # noqa: B023
            mosquitto.stop()
            mosquitto.start()
            until(lambda: common.collects(collector, restart + 2), "the collector is back")  # noqa: B023
        load.finish()
        common.caught_up(database, [load])
        assert collector.stop() == 0
        assert len(load.acknowledged) == load.sent
        common.check_complete(database, load)


def test_a_killed_broker_has_handed_over_nearly_everything(
    service: common.START, database: str, mosquitto: Mosquitto
) -> None:
    """A crash of the broker is the one fault in which it may break its word: it saves every five seconds only.

    What it has handed to the collector is stored all the same, so with a collector that keeps up it is milliseconds.
    """
    common.prepare(database)
    collector = common.collect(service, database, mosquitto.url)
    with common.load(mosquitto.url, RATE) as load:
        for restart in range(RESTARTS):
            mark = load.sent
            until(lambda: load.reached(mark + RATE), "it runs")  # noqa: B023
            mosquitto.kill()
            mosquitto.start()
            until(lambda: common.collects(collector, restart + 2), "the collector is back")  # noqa: B023
        load.finish()
        quiet(database)
        assert collector.stop() == 0
        found = common.stored(database)
        lost = load.acknowledged.keys() - found.keys()
        print(f"healthy collector: lost {len(lost)} of {len(load.acknowledged)} in {RESTARTS} crashes of the broker")
        assert len(lost) <= RESTARTS * RATE / 10, f"lost {len(lost)}"
        check_once(found)
        common.check_books(database)


def test_a_killed_broker_keeps_a_backlog_but_for_its_last_seconds(
    service: common.START, database: str, mosquitto: Mosquitto
) -> None:
    """With the collector away the queue lies in the broker: a crash costs what came after its last save."""
    common.prepare(database)
    collector = common.collect(service, database, mosquitto.url)
    with common.load(mosquitto.url, RATE) as load:
        until(lambda: load.reached(RATE), "it runs")
        collector.stop()
        mark = load.sent
        until(lambda: load.reached(mark + int(RATE * (SAVED_EVERY_S + 2))), "a backlog grows")
        mosquitto.kill()
        killed = time.monotonic()
        mosquitto.start()
        collector.start()
        until(lambda: common.collects(collector, 2), "the collector is back")
        load.finish()
        quiet(database)
        assert collector.stop() == 0
        found = common.stored(database)
        lost = {n: killed - at for n, at in load.acknowledged.items() if n not in found}
        print(
            f"backlog: lost {len(lost)} of {len(load.acknowledged)}, taken {max(lost.values(), default=0):.1f} s",
            "before the crash at the most",
        )
        late = {n: age for n, age in lost.items() if age > SAVED_EVERY_S or load.heard_on[n] > 1}
        assert not late, f"{len(late)} lost that the broker had taken long before, or after"
        check_once(found)
        common.check_books(database)


def check_once(found: dict[int, int]) -> None:
    # A broker that has gone back in time may hand on again, as new, what has no time of its own; the rest it cannot.
    assert not [n for n, count in found.items() if count > 1 and n % common.UNTIMED]


def quiet(url: str) -> None:
    """Wait until the number of messages in history has stood still for three seconds."""
    last, since = -1, time.monotonic()

    def still() -> bool:
        nonlocal last, since
        now = common.one(url, "SELECT count(energy) FROM reading_lighting")
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since > 3.0

    until(still, "history stands still", 60, 0.2)
