"""A device's backlog of 100,000 old readings: nobody is woken, one summary is sent; also where the engine is killed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import psycopg
import pytest

from tests.fix_alerts import COUNT, HOT, Alarms, changed
from tests.service import until

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(400)]

EACH = 1_700
#: Of so many readings the last two are hot: one breach that would have fired.
BLOCK = 100


def test_a_backlog_of_100_000_old_readings(database: str, make_alarms: Callable[..., Alarms]) -> None:
    alarms = make_alarms(database, rules=[changed(HOT, department="thu")])
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("INSERT INTO department (code, vi, en) VALUES ('thu', 'Thử', 'Test')")
        conn.execute(
            "INSERT INTO notice_channel (department, kind, name, address)"
            " VALUES ('thu', 'webhook', 'none', 'https://127.0.0.1:9/refused')"
        )
    begin = int(time.time() * 1000) - 30 * 3_600_000
    for n in range(1, COUNT + 1):
        for first in range(0, EACH, BLOCK):
            body = [
                {"ts": begin + (first + i) * 60_000, "values": {"temperature": 45.0 if i >= BLOCK - 2 else 20.0}}
                for i in range(BLOCK)
            ]
            alarms.publisher.send(f"ioc/v1/bac_giang/environment/E{n}/telemetry", json.dumps(body))
        if n == COUNT // 2:
            alarms.engine.kill()
            alarms.engine.start()
    alarms.publisher.drain()
    alarms.stored(COUNT * EACH, 120)
    # A breach whose end is in the backlog, too; the last one of each sensor is not over in it.
    blocks = COUNT * EACH // BLOCK
    count = "SELECT count(*) FROM alert WHERE rule = %s"
    until(lambda: alarms.ask(count, HOT.code)[0][0] >= blocks, "there is a record of each", 120, 0.5)
    told = "SELECT kind, department FROM notification WHERE kind NOT IN ('drill', 'digest')"  # told by the clock
    until(lambda: alarms.ask(told), "a summary", 150, 1)
    assert alarms.ask(count, HOT.code) == [(blocks,)]
    states = alarms.ask("SELECT DISTINCT state, retroactive, peak FROM alert WHERE rule = %s", HOT.code)
    assert states == [("closed", True, 45.0)]
    distinct = "SELECT count(DISTINCT (subject, started_at)) FROM alert WHERE rule = %s"
    assert alarms.ask(distinct, HOT.code) == [(blocks,)]
    assert alarms.ask(told) == [("retro", "thu")]
    assert alarms.ask("SELECT count(*) FROM flip WHERE told_at IS NULL") == [(0,)]
    alarms.send("E1", 46.0)  # and the present is still an alarm
    until(lambda: alarms.states()["sensor/E1"] == "firing", "it fires")
    until(lambda: alarms.ask("SELECT count(*) FROM notification WHERE kind = 'firing'") == [(1,)], "it is told")
