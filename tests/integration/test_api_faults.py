"""The API when something it needs is away: it says so, survives, and is right again afterwards."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable

import psycopg
import pytest

from infra import sensors
from infra.servers import Mosquitto, Postgres
from ioc_api.live.client import STALL_S
from tests.fix_api import SENSORS, TOKEN, Api, City, Live
from tests.fix_servers import freeze, thaw
from tests.proxy import Proxy
from tests.publisher import Publisher
from tests.service import Service, until

pytestmark = pytest.mark.servers

Start = Callable[..., Service]
StartApi = Callable[..., Api]


def reasons(api: Api) -> str:
    answer = api.http.get("/readyz")
    return "" if answer.status_code == 200 else str(answer.json()["detail"])


def count(city: City, key: str = "07210/speed/5m") -> int:
    return int((city.aggregate(key) or {}).get("count", 0))


def heard(live: Live) -> str:
    """Read what has come, for a client that answers no ping is let go; what it says last of the city's health."""
    with contextlib.suppress(TimeoutError):
        while True:
            live.read(0.01)
    return next((str(f["source"]) for f in reversed(live.frames) if f["type"] == "health"), "")


def test_a_stopped_database_is_noticed_and_forgotten_again(
    own_postgres: Postgres, own_database: str, mosquitto: Mosquitto, service: Start, api: StartApi
) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn:
        sensors.save(conn, SENSORS)
    service("ingest", "run", env={"IOC_DATABASE_URL": own_database, "IOC_MQTT_URL": mosquitto.url})
    one = api(own_database, mosquitto.url)
    until(one.ready, "the way is open", 90)
    live = one.live()
    live.subscribe("aggregates")
    freeze(own_postgres)
    try:
        begun = time.monotonic()
        until(lambda: "database" in reasons(one), "readiness says so", 15)

        def asked() -> float:
            begun = time.monotonic()
            assert one.http.get("/healthz").status_code == 200
            assert one.get("zones")["items"]
            return time.monotonic() - begun

        # Asking does not wait for the database, nor does what needs none: not at any time, were it so.
        assert min(asked() for _ in range(3)) < 2
        assert one.http.get("/api/v1/balance").status_code == 503
        assert time.monotonic() - begun < 30
        until(lambda: heard(live) not in ("", "ok"), "the screen is told")
    finally:
        thaw(own_postgres)
    until(lambda: heard(live) and one.ready(), "it is ready again")
    until(lambda: heard(live) and one.http.get("/api/v1/balance").status_code == 200, "and answers")
    until(lambda: heard(live) == "ok", "the screen is told")


def test_a_killed_database_comes_back(
    own_postgres: Postgres, own_database: str, mosquitto: Mosquitto, service: Start, api: StartApi
) -> None:
    service("ingest", "run", env={"IOC_DATABASE_URL": own_database, "IOC_MQTT_URL": mosquitto.url})
    one = api(own_database, mosquitto.url)
    until(one.ready, "the way is open", 90)
    own_postgres.kill()
    until(lambda: "database" in reasons(one), "readiness says so")
    own_postgres.start()
    until(one.ready, "it is ready again", 90)
    assert one.service.alive()


def test_batches_missed_on_the_bus_are_read_from_the_database(
    database: str, mosquitto: Mosquitto, service: Start, api: StartApi, proxy: Callable[[str], Proxy]
) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, SENSORS)
    env = {"IOC_DATABASE_URL": database, "IOC_MQTT_URL": mosquitto.url, "IOC_INGEST_CANARY_S": "0.5"}
    collector = service("ingest", "run", env=env)
    cable = proxy(mosquitto.url)
    one = api(database, cable.url)
    until(one.ready, "the way is open", 90)
    publisher = Publisher(mosquitto.url)
    city = City(one, collector, publisher, database, mosquitto)
    live = one.live()
    sub = live.subscribe("latest", filter={"sensor": ["T1"]})
    try:
        city.send("T1", {"speed": 10})
        until(lambda: count(city) == 1, "the first is counted")
        cable.refuse()
        cable.cut()
        until(lambda: (heard(live), "broker" in reasons(one))[1], "readiness says so")
        for speed in (20, 30, 40):
            city.send("T1", {"speed": speed})
        until(lambda: len(one.get("observations", sensor="T1", metric="speed")["items"]) == 4, "they are stored")
        assert count(city) == 1
        cable.accept()
        until(lambda: (heard(live), count(city))[1] == 4, "what was missed is counted")
        item = city.aggregate("07210/speed/5m")
        assert item is not None
        assert (item["mean"], item["min"], item["max"]) == (25.0, 10.0, 40.0)

        def shown() -> object:
            heard(live)
            return live.items[sub].get("T1/speed/", {}).get("value")

        until(lambda: shown() == 40, "the screen has the newest")
        assert "ioc_api_bus_gap_batches 0.0" not in one.http.get("/metrics").text
    finally:
        publisher.close()


def test_it_starts_before_the_others_and_waits(
    own_postgres: Postgres, own_database: str, mosquitto: Mosquitto, service: Start, api: StartApi
) -> None:
    own_postgres.stop()
    mosquitto.stop()
    one = api(own_database, mosquitto.url)
    until(lambda: all(word in reasons(one) for word in ("database", "broker", "history")), "it says what is missing")
    assert one.http.get("/api/v1/sensors").status_code == 503
    assert one.http.get("/api/v1/aggregates").status_code == 503
    own_postgres.start()
    mosquitto.start()
    service("ingest", "run", env={"IOC_DATABASE_URL": own_database, "IOC_MQTT_URL": mosquitto.url})
    until(one.ready, "it is ready", 90)


def test_kill_and_restart_lose_nothing_of_the_windows(city: City) -> None:
    city.send("T1", {"speed": 10}, ago_s=600)
    city.send("T1", {"speed": 20})
    until(lambda: count(city, "07210/speed/15m") == 2, "both are counted")
    city.api.service.kill()
    city.send("T2", {"speed": 30})
    city.api.service.start()
    until(city.api.ready, "it is ready again", 90)
    until(lambda: count(city, "07210/speed/15m") == 3, "all three are counted")
    item = city.aggregate("07210/speed/15m")
    assert item is not None
    assert (item["mean"], item["sensors"]) == (20.0, {"reporting": 2, "expected": 2})


def test_the_last_reading_of_a_silent_sensor_is_found_again(city: City) -> None:
    ts = city.send("E1", {"pm2_5": 12.5}, domain="environment", ago_s=5 * 86_400)
    until(lambda: city.api.get("sensors/E1")["last_seen"], "it is seen")
    city.api.service.kill()
    city.api.service.start()
    until(city.api.ready, "it is ready again", 90)
    until(lambda: city.api.get("sensors/E1")["last_seen"], "it is remembered")
    assert city.api.get("sensors/E1")["liveness"] == "offline"
    live = city.api.live()
    sub = live.subscribe("latest", filter={"sensor": ["E1"]})
    live.until(lambda f: f["type"] == "snapshot", "a snapshot")
    item = live.items[sub]["E1/pm2_5/"]
    assert (item["value"], item["time"].endswith(f".{ts % 1000:03d}Z") or ts % 1000 == 0) == (12.5, True)

    def counted() -> object:
        return (city.aggregate("07210/pm2_5/15m") or {}).get("sensors")

    until(lambda: counted() == {"reporting": 0, "expected": 1}, "it is expected to report")


def test_a_sensor_that_registers_itself_is_counted_from_its_first_reading(
    database: str, mosquitto: Mosquitto, service: Start, api: StartApi
) -> None:
    env = {"IOC_DATABASE_URL": database, "IOC_MQTT_URL": mosquitto.url, "IOC_UNKNOWN_SENSORS": "register"}
    collector = service("ingest", "run", env=env)
    one = api(database, mosquitto.url)
    until(one.ready, "the way is open", 90)
    publisher = Publisher(mosquitto.url)
    try:
        city = City(one, collector, publisher, database, mosquitto)
        city.send("STRANGER", {"speed": 10})
        until(lambda: count(city, "bac_giang/speed/5m") == 1, "it is counted")
    finally:
        publisher.close()


def test_a_stalled_client_is_let_go_and_disturbs_nobody(city: City) -> None:
    stalled, good = city.api.live(), city.api.live()
    stalled.subscribe("aggregates")  # nobody reads what comes from here on
    sub = good.subscribe("aggregates", filter={"metric": ["speed"]})
    begun = time.monotonic()
    gaps, last = [], begun
    while "ioc_api_live_clients 1.0" not in city.api.http.get("/metrics").text:
        assert time.monotonic() - begun < 60, "it is still there"
        city.send("T1", {"speed": 30 + time.monotonic() % 10})
        good.until(lambda f: f.get("sub") == sub, "the other one is served")
        gaps.append(time.monotonic() - last)
        last = time.monotonic()
    assert max(gaps) < STALL_S, "nobody waits until it is let go"


@pytest.mark.parametrize(
    ("env", "code", "words"),
    [
        ({"IOC_API_TOKEN": ""}, 2, "IOC_API_TOKEN"),
        ({"IOC_HTTP_PORT": "70000"}, 2, "IOC_HTTP_PORT"),
        ({"IOC_HTTP_HOST": "no such host"}, 2, "IOC_HTTP_HOST"),
        ({"IOC_HTTP_HOST": "203.0.113.7"}, 2, "IOC_HTTP_HOST"),
        ({"IOC_DATABASE_URL": "mysql://x"}, 2, "IOC_DATABASE_URL"),
        ({"IOC_MQTT_URL": "http://x"}, 2, "IOC_MQTT_URL"),
        ({"IOC_HTTP_PORT": "busy"}, 1, "in use"),
    ],
)
def test_a_bad_setting_is_said_in_one_sentence(service: Start, env: dict[str, str], code: int, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        if env.get("IOC_HTTP_PORT") == "busy":
            env = {"IOC_HTTP_PORT": str(taken.getsockname()[1])}
        good = {
            "IOC_DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/d", "IOC_MQTT_URL": "mqtt://127.0.0.1:1",
            "IOC_API_TOKEN": TOKEN, "IOC_HTTP_PORT": "0",
        }  # fmt: skip
        one = service("api", "run", env={**good, **env})
        until(lambda: not one.alive(), "it ends", 90)
        assert one.child.returncode == code, one.text
    lines = one.text.strip().splitlines()
    assert len(lines) == 1, one.text
    assert lines[0].startswith("ioc: ")
    assert words in lines[0]
    assert "secret" not in one.text
