"""Rules put to the history of a real database, and the noise ledger against figures counted by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from typer.testing import CliRunner

from alerts import ledger as noise
from alerts.rules import shipped, yamlwrite
from alerts.rules.model import Aggregate, Indexed, Levels, Rule, Threshold
from alerts.trial import ask
from alerts.trial.replay import Unfit
from city.sensors import Sensor
from infra import sensors, settings
from infra.catalog import Catalog
from infra.cli import app
from infra.indices.catalogue import OF_HOURS
from infra.servers import Mosquitto
from infra.times import micros
from tests.fix_api import Api
from tests.notices import Office, rule
from tests.service import until

pytestmark = pytest.mark.servers

HOUR = timedelta(hours=1)
#: The hour before last, whole.
BEGIN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 3 * HOUR
HOT = rule("hot", condition=Threshold(metric="temperature", levels=Levels(above=40.0)), for_s=30.0, reopen_s=0.0)
LOS = rule("los", condition=Indexed(index="los", levels=Levels(below=30.0)))
KNOWN = [Sensor(f"T{n}", "bac_giang", "environment", zone="07210", interval_s=10.0) for n in range(1, 5)]


def stored(conn: psycopg.Connection, sensor: str, begin: datetime, values: list[float], every_s: int = 10) -> None:
    """Readings in history, as a collector has put them there."""
    row = conn.execute("SELECT id FROM sensor WHERE sensor_id = %s", [sensor]).fetchone()
    assert row
    with conn.cursor() as cur:
        cur.executemany(
            "INSERT INTO reading_environment (time, sensor, batch, channel, quality, period_s, temperature)"
            " VALUES (%s, %s, 1, 0, 0, 0, %s)",
            [(begin + timedelta(seconds=i * every_s), row[0], v) for i, v in enumerate(values)],
        )


@pytest.fixture
def past(database: str, catalog: Catalog) -> Iterator[Office]:
    """Three hours of two thermometers: T1 twice hot for a minute, with a wobble; T2 once for five minutes."""
    with psycopg.connect(database, autocommit=True) as conn:
        office = Office(conn, catalog)
        sensors.save(conn, KNOWN)
        office.know(HOT)
        wobble = [30.0] * 6 + [41.0, 41.0, 41.0, 41.0, 39.5, 41.0, 41.0, 41.0, 41.0] + [30.0] * 6
        stored(conn, "T1", BEGIN, wobble)
        stored(conn, "T1", BEGIN + HOUR, [30.0] * 6 + [42.0] * 6 + [30.0] * 6)
        stored(conn, "T2", BEGIN + HOUR, [30.0] * 6 + [45.0] * 30 + [30.0] * 6)
        yield office


def put(office: Office, one: Rule = HOT, **more: Any) -> ask.Answer:
    span = (micros(BEGIN), micros(BEGIN + 2 * HOUR))
    return ask.replay(office.conn, office.catalog, settings.load(), one, *span, **more)


def test_history_says_how_often_it_would_have_fired(past: Office) -> None:
    found = put(past)
    c = found.report.count
    # Each holds for 30 s before it fires: 10 s + 10 s + 30 s of T1, 270 s of T2.
    assert (c.alerts, c.subjects, c.cancelled, c.total_s, c.longest_s) == (4, 2, 0, 10 + 10 + 30 + 270, 270)
    more = found.report.hysteresis.count
    assert more is not None
    assert (more.alerts, more.subjects) == (3, 2)  # 39.5 is within 5 % of 40
    assert (found.report.hysteresis.clear_above, found.report.scope) == (38.0, 4)
    assert [(s.domain, s.kept) for s in found.sources] == [("environment", "readings")]
    assert found.report.readings == 21 + 18 + 42
    assert [n.code for n in found.notes] == ["sensors"]


def test_a_rule_that_is_not_kept_yet_and_rules_of_zones(past: Office) -> None:
    wide = msgspec.structs.replace(HOT, code="wide", condition=Threshold(metric="temperature", levels=Levels(above=43)))
    assert put(past, wide).report.count.subjects == 1
    mean = rule(
        "zone-hot", condition=Aggregate(metric="temperature", of="zone", window_s=60, levels=Levels(above=40), quorum=0)
    )
    found = put(past, mean)
    assert (found.report.count.alerts, found.report.count.subjects) == (2, 1)
    assert [n.code for n in found.notes] == ["sensors", "once_a_minute"]
    off = put(past, msgspec.structs.replace(HOT, enabled=False))
    assert off.report.count.alerts == 4
    assert [n.code for n in off.notes] == ["sensors", "not_in_force"]
    with pytest.raises(Unfit, match=r"lamps_faulty, tính từ từng phút .* cannot be put to history"):
        put(past, rule("lamps", condition=Indexed(index="lamps_faulty", levels=Levels(above=20.0))))
    with pytest.raises(Unfit, match=r"chưa đến.*still to come"):
        ask.replay(past.conn, past.catalog, settings.load(), HOT, micros(BEGIN + 9 * HOUR), micros(BEGIN + 10 * HOUR))
    with pytest.raises(Unfit, match=r"tối đa 3660 ngày .* 3660 days"):
        ask.replay(past.conn, past.catalog, settings.load(), HOT, micros(BEGIN - 90_000 * HOUR), micros(BEGIN))


def test_where_only_minutes_are_kept_their_means_are_judged_and_it_says_so(past: Office) -> None:
    """The readings of the first hour are dropped by retention; its minutes remain."""
    conn = past.conn
    row = conn.execute("SELECT id FROM sensor WHERE sensor_id = 'T1'").fetchone()
    assert row
    mean = [30.0, 41.0, 38.0, *[math.nan] * 57]
    conn.execute(
        'INSERT INTO minute_environment (time, sensor, channel, "temperature$mean", "temperature$n")'
        " VALUES (%s, %s, 0, %s::real[], %s::smallint[])",
        [BEGIN, row[0], mean, [0 if math.isnan(m) else 6 for m in mean]],
    )
    conn.execute("DELETE FROM reading_environment WHERE time < %s", [BEGIN + HOUR])
    conn.execute(
        "UPDATE rollup_state SET raw_from = %s, done_until = %s WHERE domain = 'environment'", [BEGIN + HOUR] * 2
    )
    found = put(past, msgspec.structs.replace(HOT, for_s=0.0))
    assert [s.kept for s in found.sources] == ["minutes", "readings"]
    assert [n.code for n in found.notes] == ["sensors", "minutes"]
    assert (found.report.count.alerts, found.report.count.total_s) == (3, 60 + 60 + 300)


def test_a_quick_replay_takes_minutes_where_there_is_much_and_says_so(
    past: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = put(past, quick=True)
    assert ([n.code for n in quick.notes], quick.report.count.alerts) == (["sensors"], 4), "it is not much"
    conn = past.conn
    (number,) = conn.execute("SELECT id FROM sensor WHERE sensor_id = 'T1'").fetchone() or (0,)
    conn.execute(
        'INSERT INTO minute_environment (time, sensor, channel, "temperature$mean", "temperature$n")'
        " VALUES (%s, %s, 0, %s::real[], %s::smallint[])",
        [BEGIN, number, [30.0, 41.0, 38.0, *[math.nan] * 57], [6, 6, 6, *[0] * 57]],
    )
    conn.execute("UPDATE rollup_state SET done_until = %s WHERE domain = 'environment'", [BEGIN + HOUR])
    monkeypatch.setattr(ask, "QUICK", 0)
    rough = put(past, quick=True)
    assert [s.kept for s in rough.sources] == ["minutes", "readings"]
    assert [n.code for n in rough.notes] == ["sensors", "quick"]
    assert rough.report.readings == 3 + 18 + 42
    assert [n.code for n in put(past).notes] == ["sensors"], "who does not ask for it gets all of it"


def test_a_replay_tells_when_and_on_whom_and_can_be_given_up(past: Office) -> None:
    found = put(past).report
    assert sum(found.when) == found.count.raised == sum(len(w.raises) for w in found.worst)
    assert [w.subject for w in found.worst] == ["sensor/T1", "sensor/T2"]
    first, second, *_ = found.worst[0].raises
    assert (first.again, second.again, first.since < second.since) == (False, False, True)
    with pytest.raises(ask.Stopped):
        put(past, stop=lambda: True)


def test_every_rule_that_ships_can_be_put_to_history_but_those_about_indices(past: Office) -> None:
    rules = [p.value for p in shipped.contents().rules]
    unfit = set()
    for one in rules:
        try:
            put(past, one, written=rules)
        except Unfit:
            unfit.add(one.code)
    by_minutes = {r.code for r in rules if isinstance(r.condition, Indexed) and r.condition.index not in OF_HOURS}
    assert unfit == by_minutes | {"flood-blocks-traffic"}  # one of its rules is
    assert {r.code for r in rules if isinstance(r.condition, Indexed)} - unfit >= {"vn-aqi-150", "noise-night"}


AIR = [
    rule("aqi", condition=Indexed(index="vn_aqi_hourly", of="zone", levels=Levels(above=150.0)), reopen_s=0.0),
    rule("day", condition=Indexed(index="vn_aqi_daily", of="sensor", levels=Levels(above=150.0)), reopen_s=0.0),
    rule("ozone", reopen_s=0.0, condition=Indexed(
        index="air_exceedance", of="sensor", only={"pollutant": "o3", "averaging": "8h"}, levels=Levels(above=120.0))),
    rule("night", condition=Indexed(
        index="noise_laeq", of="sensor", only={"period": "night"}, detail="above", levels=Levels(above=10.0))),
]  # fmt: skip


def test_rules_about_indices_of_hours(database: str, catalog: Catalog) -> None:
    """Five days of a station, of ten readings an hour: dust on the second, from 06:00 to 18:00; ozone and noise too."""
    midnight = datetime(2026, 11, 9, 17, tzinfo=UTC)
    known = [Sensor("A1", "bac_giang", "environment", zone="07210", interval_s=360.0)]
    with psycopg.connect(database, autocommit=True) as conn:
        office = Office(conn, catalog)
        sensors.save(conn, known)
        office.know(*AIR)
        row = conn.execute("SELECT id FROM sensor WHERE sensor_id = 'A1'").fetchone()
        assert row
        with conn.cursor() as cur:
            for h in range(5 * 24):
                dusty = 24 + 6 <= h < 24 + 18
                for i in range(10):
                    cur.execute(
                        "INSERT INTO reading_environment (time, sensor, batch, channel, quality, period_s, pm2_5, o3,"
                        " noise) VALUES (%s, %s, 1, 0, 0, 0, %s, %s, %s)",
                        [midnight + timedelta(hours=h, minutes=6 * i), row[0], 300.0 if dusty else 10.0,
                         200.0 if dusty else 60.0, 40.0 if h < 48 else 70.0],
                    )  # fmt: skip
        span = (micros(midnight), micros(midnight + timedelta(days=5)))
        found = {r.code: ask.replay(conn, catalog, settings.load(), r, *span) for r in AIR}
    # Nowcast: above 150 from an hour of dust on until hours after it.
    aqi = found["aqi"].report
    assert (aqi.count.alerts, aqi.count.subjects, aqi.scope, aqi.worst[0].subject) == (1, 1, 1, "zone/07210")
    assert 12 * 3600 <= aqi.count.total_s <= 18 * 3600
    # A day's mean of 155, said at its end and until the next one's.
    day = found["day"].report.count
    assert (day.alerts, day.total_s) == (1, 86_400)
    # Of eight hours four must be dusty for a mean above 120: from the end of the fourth to that of the fifth clean one.
    ozone = found["ozone"].report
    assert (ozone.count.alerts, ozone.count.total_s, ozone.worst[0].peak) == (1, 13 * 3600, 200.0)
    night = found["night"].report.count
    assert (night.alerts, night.subjects, night.open) == (1, 1, 1)  # 15 dB over the limit of the night
    assert [(s.domain, s.kept) for s in found["aqi"].sources] == [("environment", "hours")]
    assert [n.code for n in found["aqi"].notes] == ["sensors", "worked_out_again"]


def test_too_much_is_refused_with_what_to_do(past: Office) -> None:
    with pytest.raises(ask.TooMuch, match="ask for a shorter span"):
        put(past, most_readings=10)


def test_the_command_prints_and_gives_json(
    past: Office, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IOC_DATABASE_URL", database)
    span = ["--from", BEGIN.isoformat(), "--to", (BEGIN + 2 * HOUR).isoformat()]
    said = CliRunner().invoke(app, ["alerts", "replay", "--rule", "hot", *span])
    assert said.exit_code == 0, said.output
    assert "clear_above 38: +1 cảnh báo bớt đi / alerts fewer" in said.output
    said = CliRunner().invoke(app, ["alerts", "replay", "--rule", "hot", "--json", *span])
    assert json.loads(said.stdout)[0]["report"]["count"]["alerts"] == 4
    (tmp_path / "two.yaml").write_text(yamlwrite.write([msgspec.structs.replace(HOT, code="new"), LOS], [], []))
    said = CliRunner().invoke(app, ["alerts", "replay", "--file", str(tmp_path / "two.yaml"), *span])
    assert (said.exit_code, "los: " in said.output, "new  Quy tắc hot" in said.output) == (0, True, True)
    centuries = ["--rule", "hot", "--from", "1900-01-01", "--to", "2100-01-01"]
    for bad in (["--rule", "cold", *span], ["--from", "soon", "--rule", "hot"], span, centuries):
        assert CliRunner().invoke(app, ["alerts", "replay", *bad]).exit_code != 0
    said = CliRunner().invoke(app, ["alerts", "replay", *centuries])
    assert "3660 days (10 years) at the most" in str(said.exception)


# The ledger

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def alert(office: Office, code: str, fired_min: float, acked_min: float | None = None, **fields: Any) -> int:
    """An alert that fired so many minutes after NOON, and was acknowledged so many later."""
    at = NOON + timedelta(minutes=fired_min)
    one = office.rules[code]
    given: dict[str, Any] = {
        "rule": code, "rule_version": 1, "subject": f"sensor/{code}-{fired_min}", "kind": one.kind,
        "severity": one.severity, "area": "bac_giang", "domain": "environment", "state": "closed",
        "condition": "clear", "started_at": at, "fired_at": at, "raises": 1, **fields,
    }  # fmt: skip
    what = given.pop("what", "acknowledged")
    row = office.conn.execute(
        f"INSERT INTO alert ({', '.join(given)}) VALUES ({', '.join(['%s'] * len(given))}) RETURNING id",
        list(given.values()),
    ).fetchone()
    assert row
    if acked_min is not None:
        office.conn.execute(
            "INSERT INTO flip (alert, at, what, to_state, rule_version, actor) VALUES (%s, %s, %s, 'x', 1, 'Lan')",
            [row[0], at + timedelta(minutes=acked_min), what],
        )
    return int(row[0])


@pytest.fixture
def noisy(database: str, catalog: Catalog) -> Iterator[Office]:
    """Two days, 50 sensors; see the test for what happened."""
    with psycopg.connect(database, autocommit=True) as conn:
        office = Office(conn, catalog)
        office.know(rule("dust"), rule("smoke", severity="critical"), rule("lamp", kind="lamp_fault", severity="info"))
        office.department("tnmt")
        office.department("dien")
        office.route("tnmt", kind="air_quality")
        office.route("tnmt", "informed")
        sensors.save(conn, [Sensor(f"S{n}", "bac_giang", "environment") for n in range(50)])
        sensors.save(conn, [Sensor("S99", "bac_giang", "environment", status="retired")])
        alert(office, "dust", 0, 4, cleared_at=NOON + timedelta(minutes=10))
        first = alert(office, "dust", 10, 8, raises=3, cleared_at=NOON + timedelta(minutes=30))
        alert(office, "dust", 20, 30, what="assigned")
        alert(office, "dust", 30)
        alert(office, "dust", 40, incident=first)
        alert(office, "smoke", 50, 2, what="resolved", department="dien")
        flapped = alert(office, "lamp", 60, 1, what="flapping")
        conn.execute("UPDATE flip SET actor = 'engine' WHERE alert = %s", [flapped])
        alert(office, "lamp", 70, fired_at=None)
        alert(office, "lamp", 80, retroactive=True)
        alert(office, "dust", -1)
        alert(office, "dust", 2 * 1440)
        yield office


def test_the_ledger_says_what_was_counted_by_hand(noisy: Office) -> None:
    found = noise.ledger(noisy.conn, micros(NOON), micros(NOON + timedelta(days=2)))
    assert (found.days, found.sensors, found.retroactive, found.never_fired) == (2.0, 50, 1, 1)
    everything = found.all
    # Seven fired in the span: five of dust, smoke, a lamp. 50 sensors x 2 days = 100 sensor-days.
    assert (everything.alerts, everything.raised, everything.spoken_for) == (7, 9, 1)
    assert everything.per_1000_sensor_days == 70.0
    assert everything.flapping_share == pytest.approx(1 / 7, abs=1e-4)
    # Six were told; answered after 4, 8, 30 and 2 minutes.
    assert (everything.acknowledged, everything.unacknowledged_share) == (4, pytest.approx(2 / 6, abs=1e-4))
    assert everything.acknowledge_s == 6 * 60
    assert everything.lasted_s == (10 + 20) / 2 * 60
    assert {s: n.alerts for s, n in found.severities.items()} == {"critical": 1, "major": 5, "info": 1}
    by_department = {d.department: d.noise for d in found.departments}
    assert {d: n.alerts for d, n in by_department.items()} == {"tnmt": 5, "dien": 1, None: 1}
    assert by_department["tnmt"].acknowledge_s == 8 * 60
    assert by_department["dien"].acknowledge_s == 2 * 60
    assert (by_department[None].acknowledge_s, by_department[None].unacknowledged_share) == (None, 1.0)
    assert [(r.rule, r.noise.alerts, r.share, r.vi) for r in found.rules] == [
        ("dust", 5, 0.7143, "Quy tắc dust"), ("lamp", 1, 0.1429, "Quy tắc lamp"), ("smoke", 1, 0.1429, "Quy tắc smoke"),
    ]  # fmt: skip
    assert [r.rule for r in noise.ledger(noisy.conn, micros(NOON), micros(NOON + HOUR), rules=1).rules] == ["dust"]
    assert "dust (71%)" in noise.shown(found)


def test_an_empty_ledger_has_no_shares(noisy: Office) -> None:
    found = noise.ledger(noisy.conn, micros(NOON - 3 * HOUR), micros(NOON - 2 * HOUR))
    assert (found.all.alerts, found.all.flapping_share, found.all.acknowledge_s) == (0, None, None)
    assert noise.shown(found)


# By HTTP


@pytest.fixture
def served(past: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> Api:
    one = api(database, mosquitto.url)
    until(one.http_answers, "it answers")
    return one


def test_replay_and_ledger_by_http(served: Api) -> None:
    span = {"from": BEGIN.isoformat(), "to": (BEGIN + 2 * HOUR).isoformat()}

    def post(**body: Any) -> Any:
        return served.http.post("/api/v1/rules/replay", json={**span, **body})

    kept = post(code="hot").json()
    assert kept["report"]["count"]["alerts"] == 4
    assert kept["report"]["hysteresis"]["count"]["alerts"] == 3
    given = {**msgspec.to_builtins(HOT), "code": "new", "for_s": 60}
    assert post(rule=given, hysteresis=0.0).json()["report"]["count"]["alerts"] == 1
    for body, status in (
        ({}, 422), ({"code": "hot", "rule": given}, 422), ({"code": "none"}, 404), ({"code": "hot", "x": 1}, 422),
        ({"rule": {**given, "condition": {"type": "threshold"}}}, 422), ({"code": "hot", "from": "soon"}, 422),
        ({"code": "hot", "from": "2020-01-01T00:00:00Z"}, 422), ({"code": "hot", "hysteresis": 2}, 422),
        ({"rule": {**given, "condition": {"type": "index", "index": "los", "levels": {"below": 30}}}}, 422),
        ({"rule": {**given, "condition": {"type": "threshold", "metric": "heat", "levels": {"below": 3}}}}, 422),
    ):  # fmt: skip
        assert post(**body).status_code == status, body
    ledger = served.get("alerts/ledger", **span)
    assert (ledger["all"]["alerts"], ledger["rules"], ledger["sensors"]) == (0, [], 4)
    assert served.http.get("/api/v1/alerts/ledger", params={"from": "2020-01-01T00:00:00Z"}).status_code == 422
    assert served.http.get("/api/v1/alerts/ledger", params={"rule": "x"}).status_code == 422
