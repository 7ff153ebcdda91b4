"""The alert engine against real servers: from a published reading to rows of alerts."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
import psycopg
import pytest

from alerts.rules import store
from alerts.rules.model import Absence, Levels, Scope, Threshold
from tests.fix_alerts import HOT, SENSORS, Alarms, changed
from tests.service import until

pytestmark = pytest.mark.servers


def test_from_a_reading_to_an_alert_and_to_its_end(alarms: Alarms) -> None:
    at = alarms.send("E1", 41.5)
    alarms.send("E2", 39.0)
    until(lambda: alarms.states() == {"sensor/E1": "firing"}, "it fires")
    (started,) = [a[2] for a in alarms.alerts().values()]
    assert round(started.timestamp() * 1000) == at
    alarms.send("E1", 39.0)  # below the raise level and above the clear level
    alarms.send("E1", 37.0)
    until(lambda: alarms.states() == {"sensor/E1": "resolved"}, "it is resolved")
    assert alarms.flips() == [("sensor/E1", "fired"), ("sensor/E1", "cleared")]


def test_what_came_while_there_was_no_engine(alarms: Alarms) -> None:
    alarms.send("E1", 41.5)
    until(lambda: alarms.states() == {"sensor/E1": "firing"}, "it fires")
    before = alarms.alerts()
    assert alarms.engine.stop() == 0, alarms.engine.text
    alarms.send("E1", 37.0)
    alarms.send("E2", 44.0)
    alarms.send("E3", 45.0)
    alarms.send("E3", 30.0)
    alarms.stored(5)
    alarms.engine.start()
    until(lambda: alarms.states().get("sensor/E3") == "resolved", "all is judged")
    assert alarms.states() == {"sensor/E1": "resolved", "sensor/E2": "firing", "sensor/E3": "resolved"}
    assert alarms.alerts()["sensor/E1"][2:] == before["sensor/E1"][2:]
    assert len(alarms.ask("SELECT FROM alert WHERE rule = %s", HOT.code)) == 3


def test_what_a_rule_holds_back_for_longer_than_windows_look_is_judged_after_a_crash(
    database: str, make_alarms: Callable[..., Alarms]
) -> None:
    """A reading that waits for 25 minutes for older ones is older than all else that a start reads again."""
    patient = changed(HOT, late_s=1500.0, retro_s=1800.0)
    alarms = make_alarms(database, rules=[patient])
    at = alarms.send("E1", 41.5, at_ms=int(time.time() * 1000) - 1_455_000)
    alarms.stored(1)
    alarms.caught_up()
    alarms.engine.kill()
    assert alarms.states() == {}
    alarms.engine.start()
    until(lambda: alarms.states() == {"sensor/E1": "firing"}, "it fires when its time has come", 120)
    assert [round(a[2].timestamp() * 1000) for a in alarms.alerts().values()] == [at]


def test_a_second_engine_stands_by_and_takes_over(alarms: Alarms) -> None:
    second = alarms.start()
    until(lambda: "standing by" in second.text, "it stands by", 90)
    alarms.send("E1", 41.5)
    until(lambda: alarms.states() == {"sensor/E1": "firing"}, "it fires")
    alarms.engine.kill()
    until(lambda: alarms.judges(second), "it takes over", 90)
    alarms.send("E1", 30.0)
    alarms.send("E2", 41.5)
    until(lambda: alarms.states() == {"sensor/E1": "resolved", "sensor/E2": "firing"}, "it judges")
    # Both were judged at once: what happened to which of them first is not said.
    assert sorted(alarms.flips()) == [("sensor/E1", "cleared"), ("sensor/E1", "fired"), ("sensor/E2", "fired")]


def test_an_engine_that_was_overtaken_writes_nothing(alarms: Alarms) -> None:
    alarms.send("E1", 41.5)
    until(lambda: alarms.states() == {"sensor/E1": "firing"}, "it fires")
    alarms.ask("UPDATE alert_engine SET epoch = 'another' RETURNING epoch")
    alarms.send("E2", 41.5)
    until(lambda: "another engine has taken over" in alarms.engine.text, "it notices")
    until(lambda: alarms.states().get("sensor/E2") == "firing", "and begins anew, as nobody else is there")
    assert len(alarms.flips()) == 2


def test_a_rule_that_is_new_changed_and_deleted(alarms: Alarms) -> None:
    cold = changed(HOT, code="test.cold", condition=Threshold(metric="temperature", levels=Levels(below=5.0)))
    with psycopg.connect(alarms.database, autocommit=True) as conn:
        read = alarms.engine.text.count("rules or sensors have changed")
        store.save(conn, cold, "lan")
        until(lambda: alarms.engine.text.count("rules or sensors have changed") > read, "it is read")
        alarms.send("E1", 4.0)
        until(lambda: alarms.states("test.cold") == {"sensor/E1": "firing"}, "it fires")
        store.delete(conn, "test.cold", "lan")
    until(lambda: alarms.states("test.cold") == {"sensor/E1": "resolved"}, "it ends with its rule")
    assert alarms.flips("test.cold") == [("sensor/E1", "fired"), ("sensor/E1", "cleared")]
    ((note,),) = alarms.ask("SELECT note FROM flip WHERE what = 'cleared'")
    assert "no longer in force" in note


def test_without_the_broker_and_with_it_again(alarms: Alarms) -> None:
    alarms.mosquitto.kill()
    until(lambda: "bus.disconnected" in alarms.engine.text, "it notices")
    alarms.mosquitto.start()
    until(lambda: alarms.engine.text.count("bus.connected") >= 2, "it is back", 60)
    # A crash takes the collector's session too, if it was not saved yet: before that is back, nobody hears a device.
    until(lambda: alarms.collector.text.count("connected to the broker") >= 2, "the collector too", 60)
    alarms.send("E1", 41.5)
    until(lambda: alarms.states() == {"sensor/E1": "firing"}, "it fires", 60)


def test_a_poisoned_rule_is_set_aside_and_the_others_go_on(
    database: str, make_alarms: Callable[..., Alarms], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule whose judgement trips: here, one about a metric that has gone from the registry since it was saved."""
    bad = changed(HOT, code="test.bad", condition=Threshold(metric="no_such_metric", levels=Levels(above=1.0)))
    alarms = make_alarms(database, rules=[HOT, bad])
    until(lambda: alarms.ask("SELECT set_aside IS NOT NULL FROM rule WHERE code = 'test.bad'") == [(True,)], "it is")
    ((why,),) = alarms.ask("SELECT set_aside FROM rule WHERE code = 'test.bad'")
    assert "no_such_metric" in why
    until(lambda: "a rule was set aside" in alarms.engine.text, "and it is said, after it is written")
    alarms.send("E1", 41.5)
    until(lambda: alarms.states() == {"sensor/E1": "firing"}, "the other fires")
    until(lambda: alarms.ask("SELECT facts->'aside' FROM alert_engine") == [(["test.bad"],)], "it is shown")
    with psycopg.connect(alarms.database, autocommit=True) as conn:
        store.save(conn, changed(HOT, code="test.bad"), "lan")
    until(lambda: alarms.ask("SELECT facts->'aside' FROM alert_engine") == [([],)], "mended, it is judged again")
    alarms.send("E1", 42.0)
    until(lambda: alarms.states("test.bad") == {"sensor/E1": "firing"}, "it fires")


def test_old_readings_make_a_record_and_no_alarm(alarms: Alarms) -> None:
    now = int(time.time() * 1000)
    for n, value in enumerate([39.0, 41.0, 47.0, 41.0, 37.0]):
        alarms.send("E1", value, at_ms=now - 7_200_000 + n * 60_000)
    alarms.stored(5)
    alarms.caught_up()
    alarms.engine.kill()  # while the backlog is not over
    alarms.engine.start()
    until(lambda: alarms.states() == {"sensor/E1": "closed"}, "there is a record", 90)
    rows = alarms.ask("SELECT retroactive, peak, started_at, cleared_at FROM alert WHERE rule = %s", HOT.code)
    assert [(retro, peak) for retro, peak, _, _ in rows] == [(True, 47.0)]
    until(lambda: alarms.ask("SELECT facts->'backlog' FROM alert_engine") == [({},)], "the backlog is over")


def test_silence_of_the_collector_is_not_the_sensors(database: str, make_alarms: Callable[..., Alarms]) -> None:
    """A sensor of one second is offline after ten; not where it is the collector that is away."""
    known = [msgspec.structs.replace(s, interval_s=1.0) for s in SENSORS[:30]]
    gone = changed(
        HOT, code="test.gone", kind="sensor_offline", condition=Absence(), scope=Scope(domain=("environment",))
    )
    alarms = make_alarms(database, rules=[gone], known=known)
    names = [s.sensor_id for s in known]

    def speak(seconds: float, but: str = "") -> None:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            for name in names:
                if name != but:
                    alarms.send(name, 20.0)
            time.sleep(0.5)

    speak(3)
    alarms.collector.kill()
    time.sleep(16)
    assert alarms.states("test.gone") == {}
    behind = "SELECT (facts->>'behind_s')::float > 10 FROM alert_engine"
    until(lambda: alarms.ask(behind) == [(True,)], "it says since when it hears nothing")
    assert alarms.states("test.gone") == {}
    alarms.collector.start()
    speak(20, but="E7")

    def stands(state: str, but: str = "") -> bool:
        speak(0.5, but)  # for as long as it takes: whoever falls silent would be missed as well
        return alarms.states("test.gone") == {"sensor/E7": state}

    until(lambda: stands("firing", but="E7"), "the one that is silent is missed", 60)
    until(lambda: stands("resolved"), "it speaks again", 60)


def test_few_sensors_are_not_missed_after_everything_was_off(database: str, make_alarms: Callable[..., Alarms]) -> None:
    """As after a reboot: the collector is there first, so the engine finds its batches and no silence of its own.

    A sensor of three seconds is offline after twenty: longer than the engine takes to start on a busy machine.
    """
    known = [msgspec.structs.replace(s, interval_s=3.0) for s in SENSORS[:3]]
    gone = changed(HOT, code="test.gone", condition=Absence(), scope=Scope(domain=("environment",)))
    alarms = make_alarms(database, rules=[gone], known=known)
    for s in known:
        alarms.send(s.sensor_id, 20.0)
    alarms.stored(3)
    alarms.caught_up()
    alarms.engine.kill()
    alarms.collector.kill()
    time.sleep(24)
    alarms.collector.start()
    alarms.send("E1", 20.0)
    alarms.stored(4)
    alarms.engine.start()
    until(lambda: alarms.judges(times=2), "the engine judges again", 90)

    def missed() -> dict[str, str]:
        for name in ("E1", "E2"):
            alarms.send(name, 20.0)
        return alarms.states("test.gone")

    found = until(missed, "somebody is missed", 60, every_s=0.5)
    assert found == {"sensor/E3": "firing"}, "the one that stays silent"
