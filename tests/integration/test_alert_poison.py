"""Rules that trip judgement while the engine runs: each is set aside alone, and said; all others go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg
import pytest

from alerts.rules import store
from alerts.rules.model import Absence, Aggregate, Composite, Indexed, Levels, Rate, Scope
from city.sensors import Sensor
from infra import alerts_state, doctor
from tests.fix_alerts import HOT, SENSORS, Alarms, changed
from tests.service import until

pytestmark = pytest.mark.servers
ROOT = Path(__file__).parents[2]
HERE = Scope(domain=("environment",))
OVER_40 = Levels(above=40.0)
#: Longer than microseconds can count: the arithmetic of numpy fails with it.
ENDLESS_S = 1e13

GOOD = [
    HOT,
    changed(HOT, code="test.rise", condition=Rate(metric="temperature", over_s=60.0, levels=OVER_40)),
    changed(HOT, code="test.gone", condition=Absence(), scope=HERE),
    changed(HOT, code="test.index", condition=Indexed(index="vn_aqi_hourly", levels=OVER_40)),
    changed(
        HOT, code="test.mean", scope=HERE,
        condition=Aggregate(metric="temperature", of="zone", window_s=60, levels=OVER_40, figure="max", quorum=0.001),
    ),
    changed(HOT, code="test.both", condition=Composite(all=(HOT.code,), of="zone")),
]  # fmt: skip
#: As they stand in a database that has not been checked, or was written by another version of the program.
BAD = [
    changed(GOOD[1], code="bad.rise", condition=Rate(metric="temperature", over_s=ENDLESS_S, levels=OVER_40)),
    changed(GOOD[2], code="bad.gone", condition=Absence(at_least_s=ENDLESS_S)),
    changed(
        GOOD[4], code="bad.shared", scope=Scope(),
        condition=Aggregate(metric="voltage", of="zone", window_s=60, levels=OVER_40),
    ),
]  # fmt: skip
#: Those that trip over a fault of ours, which is put into the engine's process.
FAULTY = [
    changed(rule, code=f"fault.{rule.code.removeprefix('test.')}")
    for rule in (HOT, GOOD[3], msgspec.structs.replace(GOOD[4], en="other"))
] + [changed(HOT, code="fault.both", condition=Composite(all=(HOT.code,), of="area"))]
FAULTS = """
from alerts.judge import aggregates, composite, indexed, machine

def trips(cls, name, whose):
    sound = getattr(cls, name)

    def tripping(self, *given, **more):
        if whose(self, *given):
            raise ZeroDivisionError("a fault of ours")
        return sound(self, *given, **more)

    setattr(cls, name, tripping)

trips(machine.Machine, "_begin", lambda self, no, t, *_: t.code == "fault.hot")
trips(indexed.Chosen, "look", lambda self, *_: self.code == "fault.index")
trips(composite.Joined, "value", lambda self, *_: self.of == "area")
made, codes = aggregates.Figured.__init__, {}

def init(self, bound, *given):
    made(self, bound, *given)
    codes[self.no] = bound.rule.code

aggregates.Figured.__init__ = init
trips(aggregates.Figured, "samples", lambda self, *_: codes[self.no] == "fault.mean")
"""


def set_aside(alarms: Alarms) -> dict[str, str]:
    return dict(alarms.ask("SELECT code, set_aside FROM rule WHERE set_aside IS NOT NULL"))


@pytest.fixture
def poisoned(database: str, make_alarms: Callable[..., Alarms], tmp_path: Path) -> Alarms:
    """An engine with rules of both sorts."""
    (tmp_path / "faults").mkdir()
    (tmp_path / "faults" / "sitecustomize.py").write_text(FAULTS)
    return make_alarms(
        database, rules=[*GOOD, *BAD, *FAULTY],
        known=[*SENSORS, Sensor("P1", "bac_giang", "environment", zone="07210", metrics=("pm2_5",))],
        engine_env={"PYTHONPATH": f"{tmp_path / 'faults'}:{ROOT}"},
    )  # fmt: skip


def test_rules_that_trip_while_judging_are_set_aside_and_the_others_go_on(poisoned: Alarms) -> None:
    alarms = poisoned
    alarms.send("E1", 41.5)
    bad = sorted(r.code for r in (*BAD, *FAULTY))
    until(lambda: sorted(set_aside(alarms)) == bad, "each of them is set aside, and no other", 90)
    why = set_aside(alarms)
    assert "OverflowError" in why["bad.rise"]
    assert "scope.domain" in why["bad.shared"]
    assert {why[r.code] for r in FAULTY} == {"ZeroDivisionError: a fault of ours"}
    # It is said in the log, in the engine's own row and to the doctor.
    until(lambda: all(f"rule={code}" in alarms.engine.text for code in bad), "each is said, after it is written")
    until(lambda: alarms.ask("SELECT facts->'aside' FROM alert_engine") == [(bad,)], "the engine says so")
    with psycopg.connect(alarms.database) as conn:
        state = alerts_state.read(conn)
    assert all(code in " ".join(alerts_state.reasons(state)) for code in bad)
    assert {f.state for f in doctor.judge_alerts(state)} == {"bad"}
    # The others judge, at readings and at ticks, whatever came of those beside them.
    until(lambda: alarms.states() == {"sensor/E1": "firing"}, "a threshold fires")
    until(lambda: alarms.states("test.mean") == {"zone/07210": "firing"}, "a figure fires")
    until(lambda: alarms.states("test.both") == {"zone/07210": "firing"}, "a rule about rules fires")
    assert alarms.ask("SELECT count(*) FROM alert WHERE rule LIKE 'bad.%%' OR rule LIKE 'fault.%%'") == [(0,)]
    alarms.send("E1", 30.0)
    until(lambda: alarms.states() == {"sensor/E1": "resolved"}, "and ends")
    until(lambda: alarms.states("test.both") == {"zone/07210": "resolved"}, "and so does what looks at it")
    assert sorted(set_aside(alarms)) == bad


def test_a_rule_that_trips_again_after_it_was_changed_is_set_aside_again(
    database: str, make_alarms: Callable[..., Alarms]
) -> None:
    alarms = make_alarms(database, rules=[HOT, BAD[0]])

    def tripped(times: int) -> bool:
        alarms.send("E1", 20.0)
        return "bad.rise" in set_aside(alarms) and alarms.engine.text.count("a rule was set aside") == times

    until(lambda: tripped(1), "it is set aside", 60, every_s=0.5)
    with psycopg.connect(alarms.database, autocommit=True) as conn:
        store.save(conn, changed(BAD[0], en="Changed, and no better"), "lan")
        until(lambda: tripped(2), "it is set aside again", 60, every_s=0.5)
        # And once more where nothing but the mark was taken away.
        assert store.resume(conn, "bad.rise")
        until(lambda: tripped(3), "it is set aside again", 60, every_s=0.5)
