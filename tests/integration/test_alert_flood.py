"""The flood of October 2025 through everything: simulator, broker, collector, database and alert engine.

What is expected was worked out by hand from the bulletins (straight lines between them; an alarm is raised at its
level, and withdrawn 0.10 m below): the simulator's own arithmetic is not asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.notice.group import RETRO
from city.sensors import Sensor
from infra.times import micros, moment
from simulators.scenario import CITY
from tests.fix_alerts import Alarms
from tests.service import Service, until

pytestmark = pytest.mark.servers

#: Raised and withdrawn, city time; None: still in force at 10-14 08:00. At Đáp Cầu alarm I was in force from the start.
HAPPENED: dict[str, tuple[str, str | None]] = {
    "river-plt-1": ("10-06 11:36", None),
    "river-plt-2": ("10-07 06:16", "10-14 03:08"),
    "river-plt-3": ("10-08 00:55", "10-12 14:05"),
    "river-dc-1": ("10-05 16:00", None),
    "river-dc-2": ("10-07 04:15", "10-13 05:57"),
    "river-dc-3": ("10-08 04:11", "10-12 00:42"),
}
#: When the water had fallen on as in its last hours: an assumption, which the scenario tells when it is asked to.
ASSUMED = {"river-plt-1": "10-15 11:34", "river-dc-1": "10-14 11:13"}
SUBJECT = {"plt": "sensor/LU-2025-PLT", "dc": "sensor/LU-2025-DC"}
GAUGES = [
    Sensor(name, area, "water", site=site, metrics=("level",), interval_s=5.0)
    for name, area, site in (("LU-2025-PLT", "bac_giang", "RV-PLT"), ("LU-2025-DC", "viet_yen", "RV-DC"))
]
#: Readings come every 10 minutes and are rounded to centimetres.
NEAR = timedelta(minutes=21)


def city_time(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-{text}").replace(tzinfo=CITY)


def run(alarms: Alarms, service: Callable[..., Service], *options: str) -> dict[str, Any]:
    """Tell the scenario; its summary."""
    one = service(
        "sim", "scenario", "flood-2025", "--json", *options,
        env={"IOC_MQTT_URL": alarms.mosquitto.url, "IOC_DATABASE_URL": alarms.database},
    )  # fmt: skip
    until(lambda: not one.alive(), "the flood is over", 150)
    lines = [line for line in one.text.splitlines() if line.startswith("{")]
    assert lines, one.text
    found: dict[str, Any] = json.loads(lines[-1])
    assert (found["complete"], found["unheard"], found["refused"]) == (True, 0, 0)
    return found


def then(at: datetime, told: dict[str, Any], speed: float) -> datetime:
    """When in October 2025 a moment of the telling was."""
    return moment(told["first"] + round((micros(at) - told["begin"]) * speed))


def with_channels(alarms: Alarms) -> Alarms:
    """Every department has a channel; nobody listens there."""
    alarms.ask(
        "INSERT INTO notice_channel (department, kind, name, address, outside_hours)"
        " SELECT code, 'webhook', 'test', 'https://hooks.example.invalid/', 'all' FROM department RETURNING id"
    )
    return alarms


def rows(alarms: Alarms) -> dict[str, list[tuple[Any, ...]]]:
    """The alerts of báo động, by rule."""
    out: dict[str, list[tuple[Any, ...]]] = {}
    for rule, *rest in alarms.ask(
        "SELECT rule, subject, state, started_at, cleared_at, raises, retroactive, flapping, peak FROM alert"
        " WHERE kind = 'river_flood' ORDER BY rule, id"
    ):
        out.setdefault(rule, []).append(tuple(rest))
    return out


@pytest.mark.parametrize(("recede", "wobble"), [(False, "0"), (True, "0.02")])
def test_as_if_it_happened_now_each_alarm_is_raised_and_withdrawn_once(
    recede: bool, wobble: str, database: str, make_alarms: Callable[..., Alarms], service: Callable[..., Service]
) -> None:
    speed = 36_000.0
    alarms = with_channels(make_alarms(database, rules=(), known=GAUGES))
    options = ["--speed", f"{speed:g}", "--wobble", wobble, *(["--recede"] if recede else [])]
    told = run(alarms, service, *options)
    assert told["acknowledged"] == told["sent"]
    alarms.caught_up()
    ended = {**{r: w for r, (_, w) in HAPPENED.items()}, **(ASSUMED if recede else {})}
    over = sum(w is not None for w in ended.values())
    until(lambda: sum(r[0][1] == "resolved" for r in rows(alarms).values()) == over, "what is over is resolved", 60)
    found = rows(alarms)
    assert found.keys() == HAPPENED.keys()
    # A wave may cross a level a little earlier or later than the water does: the rivers rose by 4 to 5 cm/h.
    near = NEAR if wobble == "0" else NEAR + timedelta(hours=2.5)
    for rule, (raised, _) in HAPPENED.items():
        (one,) = found[rule]
        subject, state, started_at, cleared_at, raises, retroactive, flapping, peak = one
        assert (subject, raises, retroactive, flapping) == (SUBJECT[rule.split("-")[1]], 1, False, False)
        assert abs(then(started_at, told, speed) - city_time(raised)) < near, rule
        withdrawn = ended[rule]
        if withdrawn is None:
            assert (state, cleared_at) == ("firing", None)
        else:
            assert state == "resolved"
            assert abs(then(cleared_at, told, speed) - city_time(withdrawn)) < near, rule
        assert peak == pytest.approx(7.60 if "plt" in rule else 7.52, abs=0.08 if recede else 0.001)
    flips = alarms.ask("SELECT rule, what FROM flip f JOIN alert a ON a.id = f.alert WHERE kind = 'river_flood'")
    assert sorted(f for f in flips if f[1] in ("fired", "cleared", "reopened")) == sorted(
        [(r, "fired") for r in HAPPENED] + [(r, "cleared") for r, w in ended.items() if w]
    )
    # Alarm III is critical: told at once, by itself, and once to each department that has to do with it.
    told_of = """SELECT rule, n.department, count(*) FROM notification n
        JOIN notification_alert t ON t.notification = n.id JOIN alert a ON a.id = t.alert
        WHERE n.kind = 'firing' AND n.severity = 'critical' GROUP BY 1, 2"""
    until(lambda: not alarms.ask("SELECT 1 FROM flip WHERE told_at IS NULL"), "it is decided whom to tell", 60)
    messages = alarms.ask(told_of)
    assert {r for r, _, _ in messages} == {"river-plt-3", "river-dc-3"}
    assert {n for _, _, n in messages} == {1}


def test_as_a_backlog_it_makes_one_record_each_and_alarms_nobody(
    database: str, make_alarms: Callable[..., Alarms], service: Callable[..., Service]
) -> None:
    """The readings keep their distance; all of them are old: records of the past, with their exact times."""
    alarms = with_channels(make_alarms(database, rules=(), known=GAUGES))
    told = run(alarms, service, "--times", "past")
    until(lambda: len(rows(alarms)) == 6, "the records are made", 60)
    found = rows(alarms)
    assert found.keys() == HAPPENED.keys()
    for rule, (raised, withdrawn) in HAPPENED.items():
        ((subject, state, started_at, cleared_at, _, retroactive, _, peak),) = found[rule]
        assert (subject, state, retroactive) == (SUBJECT[rule.split("-")[1]], "closed", True)
        assert abs(then(started_at, told, 1) - city_time(raised)) < NEAR, rule
        assert abs(then(cleared_at, told, 1) - city_time(withdrawn or "10-14 08:00")) < NEAR, rule
        assert peak == pytest.approx(7.60 if "plt" in rule else 7.52)
    until(lambda: not alarms.ask("SELECT 1 FROM flip WHERE told_at IS NULL"), "it is decided whom to tell", 60)
    # All wait for the one summary of the backlog, which comes a minute after its end.
    found_waiting = alarms.ask("SELECT department, waiting FROM notice_group WHERE key = %s", RETRO)
    waiting = {department: len(flips) for department, flips in found_waiting}
    # Six records; some departments have to do with alarm III only.
    assert set(waiting.values()) == {6, 2}
    assert alarms.ask("SELECT DISTINCT kind FROM notification WHERE kind NOT IN ('drill', 'digest')") == []
