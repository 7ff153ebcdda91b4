"""The alert engine is killed again and again, its database frozen: no alert is missing, and none is there twice; nor is
any message missing at the department's own server."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from infra.servers import Mosquitto, Postgres
from tests.fix_alerts import COUNT, HOT, Alarms
from tests.fix_servers import freeze, thaw
from tests.receivers import Post, Web, running
from tests.service import until

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(400)]

KILLS = 10
FIRING = 50


class Flow:
    """Readings that go on: of the first FIRING sensors hot ones, of the others a swing that each time is an alert."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._halt = threading.Event()
        self.raised = dict.fromkeys(range(FIRING + 1, COUNT + 1), 0)
        self.cleared = dict(self.raised)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        chance, high = random.Random(4), dict.fromkeys(self.raised, False)
        while not self._halt.is_set():
            for n in range(1, FIRING + 1):
                self._alarms.send(f"E{n}", 41.0 + chance.random())
            for n in self.raised:
                if chance.random() < 0.2:
                    high[n] = not high[n]
                    (self.raised if high[n] else self.cleared)[n] += 1
                self._alarms.send(f"E{n}", 45.0 if high[n] else 20.0)
            self._halt.wait(0.1)

    def stop(self) -> None:
        self._halt.set()
        self._thread.join(20)
        self._alarms.publisher.drain()


def check(alarms: Alarms, flow: Flow, started: dict[str, object]) -> None:
    """Every alert there, once, as it began; every swing of the others told, in turn."""
    alarms.stored(alarms.publisher.sent)
    alarms.caught_up(60)
    rows = alarms.ask("SELECT subject, state, started_at FROM alert WHERE rule = %s ORDER BY id", HOT.code)
    hot = {f"sensor/E{n}" for n in range(1, FIRING + 1)}
    firing = [(subject, state, at) for subject, state, at in rows if subject in hot]
    assert len(firing) == FIRING, "missing or doubled"
    assert {subject: at for subject, _, at in firing} == started
    assert {state for _, state, _ in firing} == {"firing"}
    told: dict[str, list[str]] = {}
    for subject, what in alarms.flips():
        told.setdefault(subject, []).append(what)
    assert all(told[subject] == ["fired"] for subject in hot)
    for n, raised in flow.raised.items():
        ups = [w for w in told.get(f"sensor/E{n}", []) if w in ("fired", "reopened", "cleared")]
        assert ups[::2] == ["fired", *["reopened"] * (raised - 1)][:raised], (n, raised, ups)
        assert ups[1::2] == ["cleared"] * flow.cleared[n], (n, flow.cleared[n], ups)


def fire(alarms: Alarms) -> dict[str, object]:
    """Let the first sensors fire; when each began."""
    for n in range(1, FIRING + 1):
        alarms.send(f"E{n}", 41.0)
    until(lambda: list(alarms.states().values()) == ["firing"] * FIRING, "all of them fire")
    return {subject: a[2] for subject, a in alarms.alerts().items()}


def department(database: str, web: Web) -> None:
    """One that handles all of it, is told at once and of each alert, and has a server of its own."""
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(
            """INSERT INTO department (code, vi, en, settings) VALUES ('truc', 'Trực ban', 'Watch',
               '{"wait_s": 0, "interval_s": 10, "storm": 1000}')"""
        )
        conn.execute("INSERT INTO route (department, role) VALUES ('truc', 'handles')")
        conn.execute(
            """INSERT INTO notice_channel (department, kind, name, address, secret)
               VALUES ('truc', 'webhook', 'máy chủ', %s, 'khoá')""",
            [web.url],
        )


def told(alarms: Alarms, web: Web) -> None:
    """Every message of the outbox has come: none is missing, few came twice under their key, and each in its place."""
    until(lambda: alarms.ask("SELECT 1 FROM notification WHERE state <> 'sent'") == [], "all is sent", 60)
    rows = alarms.ask("SELECT id, key, thread, kind FROM notification ORDER BY id")
    came = web.ids()
    assert {key for _, key, _, _ in rows} == set(came), "missing, or nobody's"
    assert len(came) - len(set(came)) <= KILLS, "at most one was under way at each kill"
    for thread in {thread for _, _, thread, _ in rows}:
        wanted = [key for _, key, t, _ in rows if t == thread]
        assert list(dict.fromkeys(key for key in came if key in set(wanted))) == wanted, "firing before resolved"
    twice = alarms.ask(
        """SELECT na.alert, n.kind, na.flip FROM notification_alert na JOIN notification n ON n.id = na.notification
           GROUP BY 1, 2, 3 HAVING count(*) > 1"""
    )
    assert twice == [], "a flip was told twice"


def test_kill_9_of_the_alert_engine(database: str, make_alarms: Callable[..., Alarms]) -> None:
    with running(Web()) as web:
        web.before = _slowly
        department(database, web)
        _killed(database, make_alarms, web)


def _slowly(post: Post) -> None:
    time.sleep(0.1)  # kills come while messages are under way


def _killed(database: str, make_alarms: Callable[..., Alarms], web: Web) -> None:
    quiet = HOT.flapping.__class__(raises=0)  # a swing is told as often as it is
    rule = HOT.__class__(**{**_fields(), "flapping": quiet, "reopen_s": 86_400.0})
    alarms = make_alarms(database, rules=[rule], env={"IOC_WEBHOOK_ALLOW": "127.0.0.1"})
    started = fire(alarms)
    flow = Flow(alarms)
    moments = random.Random(10)
    try:
        for kill in range(KILLS):
            time.sleep(moments.uniform(0, 1.5))  # somewhere in taking, judging, writing, dispatching
            alarms.engine.kill()
            alarms.engine.start()
            if kill % 3:  # else it is killed again while it begins
                until(lambda: alarms.judges(times=1) and alarms.engine.alive(), "it judges", 30)
                before = alarms.ask("SELECT judged_to FROM alert_engine")
                until(lambda: alarms.ask("SELECT judged_to FROM alert_engine") != before, "it goes on", 30)  # noqa: B023
    finally:
        flow.stop()
    check(alarms, flow, started)
    for n in range(1, 11):
        alarms.send(f"E{n}", 20.0)
    said = """SELECT count(*), count(DISTINCT na.alert) FROM notification n JOIN notification_alert na
              ON na.notification = n.id JOIN alert a ON a.id = na.alert WHERE n.kind = %s AND a.subject = ANY(%s)"""
    hot = [f"sensor/E{n}" for n in range(1, FIRING + 1)]
    until(lambda: alarms.ask(said, "resolved", hot) == [(10, 10)], "ten of them are told to be over", 40)
    told(alarms, web)
    assert alarms.ask(said, "firing", hot) == [(FIRING, FIRING)], "each of them was told to fire once"


def _fields() -> dict[str, object]:
    return {f: getattr(HOT, f) for f in HOT.__struct_fields__}


def test_a_database_that_freezes_and_dies(
    own_postgres: Postgres, own_database: str, mosquitto: Mosquitto, make_alarms: Callable[..., Alarms]
) -> None:
    quiet = HOT.flapping.__class__(raises=0)
    rule = HOT.__class__(**{**_fields(), "flapping": quiet, "reopen_s": 86_400.0})
    alarms = make_alarms(own_database, rules=[rule], env={"IOC_DATABASE_HANG_S": "3"})
    pid = alarms.engine.pid
    started = fire(alarms)
    flow = Flow(alarms)
    try:
        freeze(own_postgres)
        until(lambda: "cutting the connection" in alarms.engine.text, "the watchdog cuts the connection", 20)
        time.sleep(3)
        thaw(own_postgres)
        until(lambda: alarms.judges(times=2), "it judges again", 40)
        own_postgres.kill()
        own_postgres.start()
        until(lambda: alarms.judges(times=3), "and again", 40)
        time.sleep(1)
    finally:
        flow.stop()
    assert alarms.engine.pid == pid
    check(alarms, flow, started)
