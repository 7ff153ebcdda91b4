"""The life of alerts, as rows: what judgement says, what people do, two at once, and what the clock does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from alerts import life
from alerts.judge.events import Event, Subject, What
from alerts.judge.state import Open
from alerts.rules.model import Levels, Rule, Threshold
from infra.times import micros, moment

pytestmark = pytest.mark.servers

RULE = Rule(
    code="hot", vi="Nóng", en="Hot", kind="air_quality", severity="major", version=3, reopen_s=600.0,
    condition=Threshold(metric="temperature", levels=Levels(above=40.0)),
)  # fmt: skip
RULES = {"hot": RULE}
S1 = Subject("sensor/E1", "bac_giang", "07210", "environment", 1, "E1")
T0 = micros(datetime(2026, 11, 23, 0, 0, tzinfo=UTC))
NOW = moment(T0) + timedelta(minutes=1)


def at(what: What, seconds: float, value: float | None = 41.0, *, since: float = 0, subject: Subject = S1) -> Event:
    at_us, since_us = T0 + int(seconds * 1e6), T0 + int(since * 1e6)
    return Event("hot", 3, subject, what, at_us, since_us, value, 40.0, "°C", peak=value)


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as conn:
        yield conn


def say(conn: psycopg.Connection, *events: Event, now: datetime = NOW) -> list[int]:
    with conn.transaction():
        return life.apply(conn, events, RULES, now)


def flips(conn: psycopg.Connection) -> list[tuple[str, str | None, str]]:
    return conn.execute("SELECT what, from_state, to_state FROM flip ORDER BY id").fetchall()


def only(conn: psycopg.Connection) -> life.Alert:
    ((number,),) = conn.execute("SELECT id FROM alert").fetchall()
    found = life.read(conn, number)
    assert found is not None
    return found


def test_from_the_first_breach_to_the_end(conn: psycopg.Connection) -> None:
    ids = say(conn, at("pending", 0), at("fired", 30, 42.0))
    ids += say(conn, at("worse", 40, 45.0))
    alert = only(conn)
    assert (alert.state, alert.condition, alert.started_at, alert.fired_at) == (
        "firing", "breach", moment(T0), moment(T0 + 30_000_000),
    )  # fmt: skip
    assert (alert.value, alert.peak, alert.threshold, alert.unit, alert.raises, alert.revision) == (
        45.0, 45.0, 40.0, "°C", 1, 1,
    )  # fmt: skip
    ids += say(conn, at("clearing", 50, 39.0), at("breach", 60, 43.0), at("clearing", 70, 38.0))
    ids += say(conn, at("cleared", 80, 37.0))
    alert = only(conn)
    assert (alert.state, alert.condition, alert.resolved_by, alert.raises) == ("resolved", "clear", "engine", 2)
    assert alert.started_at == moment(T0)
    assert flips(conn) == [
        ("pending", None, "pending"), ("fired", "pending", "firing"), ("clearing", "firing", "firing"),
        ("breach", "firing", "firing"), ("clearing", "firing", "firing"), ("cleared", "firing", "resolved"),
    ]  # fmt: skip
    assert ids == [n for (n,) in conn.execute("SELECT id FROM flip ORDER BY id")]


def test_a_breach_that_did_not_hold(conn: psycopg.Connection) -> None:
    say(conn, at("pending", 0), at("cancelled", 10, 39.0))
    assert only(conn).state == "closed"
    say(conn, at("pending", 20, since=20))
    assert [s for (s,) in conn.execute("SELECT state FROM alert ORDER BY id")] == ["closed", "pending"]


def test_said_twice_is_said_once(conn: psycopg.Connection) -> None:
    say(conn, at("fired", 0))
    say(conn, at("fired", 0))
    say(conn, at("lost", 50, None), at("lost", 50, None))
    assert [what for what, _, _ in flips(conn)] == ["fired", "lost"]
    assert conn.execute("SELECT count(*) FROM alert").fetchone() == (1,)


@pytest.mark.parametrize("pending", [False, True])
def test_what_comes_back_soon_is_the_same_alert(conn: psycopg.Connection, pending: bool) -> None:
    say(conn, at("fired", 0))
    life.acknowledge(conn, only(conn).id, 1, "lan")
    say(conn, at("cleared", 100, 39.0))
    if pending:
        say(conn, at("pending", 500, since=500))
        assert only(conn).state == "resolved"
    say(conn, at("fired", 530, since=500))
    alert = only(conn)
    assert (alert.state, alert.started_at, alert.raises, alert.acknowledged_by) == ("firing", moment(T0), 2, None)
    assert flips(conn)[-1] == ("reopened", "resolved", "firing")
    say(conn, at("cleared", 600, 39.0))
    say(conn, at("fired", 1300, since=1300))  # over ten minutes later
    assert [s for (s,) in conn.execute("SELECT state FROM alert ORDER BY id")] == ["resolved", "firing"]


def test_a_return_that_did_not_hold_leaves_it_resolved(conn: psycopg.Connection) -> None:
    say(conn, at("fired", 0), at("cleared", 100, 39.0), at("pending", 200, since=200), at("cancelled", 210, 39.0))
    alert = only(conn)
    assert (alert.state, alert.condition, alert.facts) == ("resolved", "clear", {})


def test_silence_never_resolves(conn: psycopg.Connection) -> None:
    say(conn, at("fired", 0), at("lost", 100, None))
    alert = only(conn)
    assert (alert.state, alert.condition) == ("firing", "lost")
    say(conn, at("found", 400, 42.0))
    assert (only(conn).state, only(conn).condition) == ("firing", "breach")


def test_a_record_of_the_past_opens_nothing(conn: psycopg.Connection) -> None:
    say(conn, at("fired", 900, since=900))
    past = Event("hot", 3, S1, "retro", T0, T0, 44.0, 40.0, "°C", T0 + 60_000_000, 47.0, 2)
    say(conn, past)
    rows = conn.execute("SELECT state, retroactive, started_at, cleared_at, peak FROM alert ORDER BY id").fetchall()
    assert rows[0][:2] == ("firing", False)
    assert rows[1] == ("closed", True, moment(T0), moment(T0 + 60_000_000), 47.0)
    untold = conn.execute("SELECT what FROM flip WHERE told_at IS NULL ORDER BY id").fetchall()
    assert untold == [("fired",), ("retro",)]  # the first is the live one's


def test_while_it_swings_the_row_says_what_the_readings_say(conn: psycopg.Connection) -> None:
    say(conn, at("fired", 0), at("flapping", 0))
    assert say(conn, at("eased", 10, 30.0)) == []
    alert = only(conn)
    assert (alert.condition, alert.value, alert.value_at, alert.clearing_since, alert.revision) == (
        "clearing", 30.0, moment(T0 + 10_000_000), moment(T0 + 10_000_000), 1,
    )  # fmt: skip
    with pytest.raises(life.Refused, match="swing"):
        life.resolve(conn, alert.id, 1, "lan")
    assert say(conn, at("back", 20, 42.0)) == []
    alert = only(conn)
    assert (alert.condition, alert.value, alert.clearing_since, alert.raises) == ("breach", 42.0, None, 1)
    say(conn, at("eased", 30, 31.0), at("lost", 90, None), at("found", 100, 31.0))
    assert only(conn).condition == "clearing"
    life.resolve(conn, alert.id, None, "lan", "đã sửa")
    with pytest.raises(life.Refused, match="swing"):
        life.close(conn, alert.id, None, "lan")
    say(conn, at("steady", 930, 31.0), at("cleared", 930, 31.0))
    assert life.close(conn, alert.id, None, "lan").state == "closed"
    assert [w for w, _, _ in flips(conn)] == [
        "fired", "flapping", "lost", "found", "resolved", "steady", "cleared", "closed",
    ]  # fmt: skip


def test_what_is_clear_for_a_short_time_is_not_said_to_breach(conn: psycopg.Connection) -> None:
    say(conn, at("fired", 0), at("clearing", 10, 30.0))
    number = only(conn).id
    with pytest.raises(life.Refused, match="short time"):
        life.resolve(conn, number, None, "lan")
    life.resolve(conn, number, None, "lan", "đã sửa")
    with pytest.raises(life.Refused, match="short time"):
        life.close(conn, number, None, "lan")


def test_what_people_do(conn: psycopg.Connection) -> None:
    say(conn, at("fired", 0))
    number = only(conn).id
    alert = life.acknowledge(conn, number, 1, "lan", "đã thấy")
    assert (alert.state, alert.acknowledged_by, alert.revision) == ("acknowledged", "lan", 2)
    assert life.unacknowledge(conn, number, 2, "lan").state == "firing"
    alert = life.assign(conn, number, 3, "minh", "Tổ 2")
    assert (alert.state, alert.assigned_to, alert.acknowledged_by) == ("in_progress", "Tổ 2", "minh")
    assert life.comment(conn, number, 4, "lan", "<b>đang đi</b>").state == "in_progress"
    with pytest.raises(life.Refused, match="note"):
        life.resolve(conn, number, 5, "lan")
    assert life.resolve(conn, number, 5, "lan", "đã sửa").state == "resolved"
    with pytest.raises(life.Refused, match="still breach"):
        life.close(conn, number, 6, "lan")
    say(conn, at("cleared", 100, 39.0))
    assert life.close(conn, number, None, "lan").state == "closed"
    assert life.reopen(conn, number, None, "lan").state == "firing"
    told = conn.execute("SELECT actor, what, note FROM flip WHERE actor <> 'engine' ORDER BY id").fetchall()
    assert told == [
        ("lan", "acknowledged", "đã thấy"), ("lan", "unacknowledged", ""), ("minh", "assigned", ""),
        ("lan", "comment", "<b>đang đi</b>"), ("lan", "resolved", "đã sửa"), ("lan", "closed", ""),
        ("lan", "reopened", ""),
    ]  # fmt: skip


def test_two_at_once_one_is_told_how_it_stands(conn: psycopg.Connection, database: str) -> None:
    say(conn, at("fired", 0))
    number, done = only(conn).id, []
    start = threading.Barrier(8)

    def act(name: str) -> None:
        with psycopg.connect(database, autocommit=True) as mine:
            start.wait()
            try:
                life.acknowledge(mine, number, 1, name)
                done.append((name, "ok"))
            except life.Conflict as e:
                done.append((name, e.current.acknowledged_by))

    threads = [threading.Thread(target=act, args=[f"p{n}"]) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    (winner,) = [name for name, how in done if how == "ok"]
    assert [how for name, how in done if name != winner] == [winner] * 7
    assert len(flips(conn)) == 2


@pytest.mark.parametrize("note", ["\0", "a\x1b[31m", "x" * 2001, "a\u202eb", "\ud800", "\x85"])
def test_notes_that_are_refused(conn: psycopg.Connection, note: str) -> None:
    say(conn, at("fired", 0))
    with pytest.raises(life.Refused):
        life.comment(conn, only(conn).id, None, "lan", note)
    assert len(flips(conn)) == 1


@pytest.mark.parametrize("what", [life.unacknowledge, life.close, life.reopen])
def test_out_of_turn(conn: psycopg.Connection, what: Any) -> None:
    say(conn, at("fired", 0))
    with pytest.raises(life.Refused):
        what(conn, only(conn).id, None, "lan")
    with pytest.raises(life.Refused, match="no alert 999"):
        what(conn, 999, None, "lan")


def test_what_was_resolved_and_goes_on_is_reopened(conn: psycopg.Connection) -> None:
    say(conn, at("fired", 0))
    alert = life.resolve(conn, only(conn).id, None, "lan", "đo sai")
    assert alert.resolved_at
    assert life.tend(conn, alert.resolved_at + timedelta(minutes=14), 24) == []
    assert len(life.tend(conn, alert.resolved_at + timedelta(minutes=16), 24)) == 1
    assert (only(conn).state, only(conn).started_at) == ("firing", moment(T0))


def test_what_was_reopened_by_itself_is_nobodys_and_escalates_anew(conn: psycopg.Connection) -> None:
    say(conn, at("fired", 0))
    number = only(conn).id
    with conn.transaction():
        life.escalate(conn, number, 2, NOW)
    life.assign(conn, number, None, "lan", "tổ 3")
    alert = life.resolve(conn, number, None, "lan", "đo sai")
    assert alert.resolved_at
    life.tend(conn, alert.resolved_at + timedelta(minutes=16), 24)
    again = only(conn)
    assert (again.state, again.acknowledged_by, again.assigned_to, again.escalation) == ("firing", None, None, 0)


def test_what_is_long_over_is_closed(conn: psycopg.Connection) -> None:
    say(conn, at("fired", 0), at("cleared", 20, 39.0))
    assert life.tend(conn, NOW + timedelta(hours=23), 24) == []
    assert len(life.tend(conn, NOW + timedelta(hours=25), 24)) == 1
    assert only(conn).state == "closed"
    assert life.tend(conn, NOW + timedelta(hours=50), 24) == []


def test_flips_are_numbered_in_the_order_of_their_commits(conn: psycopg.Connection, database: str) -> None:
    """A reader that remembers the last id misses none, whoever writes."""
    subjects = [Subject(f"sensor/E{n}", "bac_giang") for n in range(4)]
    stop, seen, last = threading.Event(), [], 0

    def write(subject: Subject) -> None:
        with psycopg.connect(database, autocommit=True) as mine:
            for n in range(40):
                say(mine, at("fired" if n % 2 == 0 else "cleared", n, since=n, subject=subject))

    threads = [threading.Thread(target=write, args=[s]) for s in subjects]
    for t in threads:
        t.start()
    while not stop.is_set():
        if not any(t.is_alive() for t in threads):
            stop.set()
        for (n,) in conn.execute("SELECT id FROM flip WHERE id > %s ORDER BY id", [last]):
            seen.append(n)
            last = n
    assert seen == [n for (n,) in conn.execute("SELECT id FROM flip ORDER BY id")]
    assert len(seen) == 160


def test_subjects_are_kept_for_a_restart(conn: psycopg.Connection) -> None:
    one = Open("hot", "sensor/E1", "open", T0, judged_us=T0 + 5, peak=41.0, raised_us=(T0,))
    two = Open("hot", "sensor/E2", "pending", T0)
    kept = life.Subjects([])
    for now in ([one, two], [one], [one, two], []):
        kept.write(conn, now)
        kept.written()
        assert life.open_subjects(conn) == now
    kept.write(conn, [one])  # and not committed, as far as it knows
    kept.write(conn, [one])
    assert life.open_subjects(conn) == [one]


def test_alerts_that_judgement_no_longer_speaks_of(conn: psycopg.Connection) -> None:
    two = Subject("sensor/E2", "bac_giang")
    say(conn, at("fired", 0), at("pending", 0, subject=two))

    def end(
        held: set[tuple[str, str]], judged: dict[str, Rule], minutes: float, aside: frozenset[str] = frozenset()
    ) -> None:
        with conn.transaction():
            life.end_orphans(conn, held, judged, aside, NOW + timedelta(minutes=minutes))

    def states() -> list[str]:
        return [s for (s,) in conn.execute("SELECT state FROM alert ORDER BY subject")]

    both = {("hot", "sensor/E1"), ("hot", "sensor/E2")}
    end(both, RULES, 0)
    end(set(), RULES, 0)  # the rule has changed: it may say the same again
    end(set(), RULES, 9)
    end({("hot", "sensor/E1")}, RULES, 9)  # and has, of one of them
    assert states() == ["firing", "pending"]
    end({("hot", "sensor/E1")}, RULES, 11)
    assert states() == ["firing", "closed"]
    end(set(), {}, 12, "hot")  # set aside: nothing is known
    assert states() == ["firing", "closed"]
    end(set(), {}, 13)
    assert states() == ["resolved", "closed"]
    assert flips(conn)[-2:] == [("cancelled", "pending", "closed"), ("cleared", "firing", "resolved")]


def test_judged_anew_by_a_changed_rule(conn: psycopg.Connection) -> None:
    """What is firing is raised once more by the new version without a word, or ends when it did not hold."""
    say(conn, at("fired", 0), at("pending", 60, since=60), at("fired", 90, since=60))
    assert [w for w, _, _ in flips(conn)] == ["fired"]
    say(conn, at("pending", 120, since=120), at("cancelled", 130, 39.0))
    assert flips(conn)[-1] == ("cleared", "firing", "resolved")
