"""The broker's files for Compose, on a real Mosquitto with its keeper, as docker-compose.yml starts them."""

from __future__ import annotations

import contextlib
import queue
import re
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from paho.mqtt.client import Client

from city.sensors import Sensor
from infra import mqtt, sensors
from infra.access.who import SERVICE
from infra.deploy import probe, secrets
from infra.devices import authority, credentials, events, keeper
from infra.devices.authority import Authority
from infra.servers import Installation, Postgres, ports, process
from infra.servers.owner import give, other_user
from infra.settings import Settings
from tests.fix_servers import folder as servers_folder
from tests.fix_servers import fresh_database, services
from tests.service import until

pytestmark = pytest.mark.servers

CONF = Path(__file__).parents[2] / "infra/deploy/mosquitto.conf"
DEVICE = "BG-KE-TR-01"
WAIT_S = 30.0


class Deployed(NamedTuple):
    """A broker as Compose would run it: URLs of its services' listener and of the devices', ports by their number."""

    services: str
    devices: str
    ports: dict[int, int]
    users: Path
    authority: Authority
    conn: psycopg.Connection
    settings: Settings


@pytest.fixture(scope="module")
def broker(installed: Installation, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with (
        servers_folder() as folder,
        fresh_database(postgres) as url,
        psycopg.connect(url, autocommit=True) as conn,
        services(tmp_path_factory.mktemp("logs")) as start,
    ):
        owner = other_user()
        data, users, kept, signing = (folder / name for name in ("data", "users", "secrets", "authority"))
        for path in (data, users, kept, signing):
            path.mkdir()
            path.chmod(0o755)
        secrets.make(kept, users, signing, lambda path, _: give(path, owner), ["mqtt.example.vn"])
        give(data, owner)
        at = {usual: ports.choose(0, what="the test", option="") for usual in (1883, 8883, 8884)}
        text = CONF.read_text(encoding="utf-8").replace("/mosquitto/", f"{folder}/")
        text = re.sub(r"^listener (\d+)$", lambda m: f"listener {at[int(m[1])]} 127.0.0.1", text, flags=re.MULTILINE)
        conf = folder / "mosquitto.conf"
        conf.write_text(text, encoding="utf-8")
        broker_url = re.sub(r"@.*", f"@127.0.0.1:{at[1883]}", (kept / "keeper_mqtt_url").read_text(encoding="utf-8"))
        child = process.spawn(
            [installed.mosquitto, "-c", conf], log=folder / "stderr", env=installed.environment(), owner=owner,
            cwd=folder,
        )  # fmt: skip
        try:
            until(lambda: all(ports.accepts(port) for port in at.values()), "all listeners are open", 90)
            assert "Warning" not in (folder / "stderr").read_text(encoding="utf-8")
            sensors.save(conn, [Sensor(i, "bac_giang", "traffic") for i in (DEVICE, "BG-2", "BG-3")])
            env = {
                "IOC_DATABASE_URL": url, "IOC_MQTT_URL": broker_url, "IOC_BROKER_DIR": str(users),
                "IOC_BROKER_LOG": str(users / "log"), "IOC_AUTHORITY_DIR": str(signing),
                "IOC_BROKER_NAMES": "mqtt.example.vn, 203.0.113.7",
            }  # fmt: skip
            start("devices", "run", env=env)
            (made,) = credentials.add(conn, [DEVICE], SERVICE)
            until(lambda: keeper.wait(conn, 0.2), "the keeper has given it to the broker", 90)
            device = f"mqtts://{made.user_name}:{made.password}@127.0.0.1:{at[8883]}?ca={users / 'ca.crt'}"
            until(lambda: _let_in(device), "the broker, which reads it a moment later, knows it")
            yield Deployed(broker_url, device, at, users, Authority(signing), conn, Settings(database_url=url))
        finally:
            process.end(child, signal.SIGTERM, 5)


class Said(NamedTuple):
    """What the broker answered."""

    to: str
    code: int
    session_present: bool = False


@contextmanager
def session(url: str, client_id: str, *, clean: bool, expiry_s: int = 0) -> Iterator[tuple[Client, queue.Queue[Any]]]:
    """A connected client and what the broker says to it, in order."""
    client, where = mqtt.client(url, client_id)
    said: queue.Queue[Any] = queue.Queue()
    client.on_connect = lambda _, __, flags, code, ___: said.put(Said("connect", code.value, flags.session_present))
    client.on_publish = lambda _, __, ___, code, ____: said.put(Said("publish", code.value))
    client.on_subscribe = lambda _, __, ___, codes, ____: said.put(Said("subscribe", codes[0].value))
    client.on_message = lambda _, __, message: said.put(message.payload)
    client.connect(where.host, where.port, 20, clean_start=clean, properties=mqtt.session(expiry_s=expiry_s))
    client.loop_start()
    try:
        yield client, said
    finally:
        client.disconnect()
        client.loop_stop()


def _let_in(url: str) -> bool:
    with session(url, "", clean=True) as (_, said):
        return bool(said.get(timeout=WAIT_S).code == 0)


def test_a_device_writes_its_own_topic_and_cannot_take_the_collectors_session(broker: Deployed) -> None:
    with session(broker.services, "ingest-1", clean=False, expiry_s=3600) as (collector, said):
        assert said.get(timeout=WAIT_S).code == 0
        collector.subscribe("ioc/v1/#", 1)
        assert said.get(timeout=WAIT_S) == Said("subscribe", 1)

    with session(broker.devices, "ingest-1", clean=True) as (device, said):
        assert said.get(timeout=WAIT_S).code == 0
        device.publish(f"ioc/v1/bac_giang/traffic/{DEVICE}/telemetry", b"mine", qos=1)
        assert said.get(timeout=WAIT_S) == Said("publish", 0)
        device.publish("ioc/v1/bac_giang/traffic/ANOTHER/telemetry", b"not mine", qos=1)
        assert said.get(timeout=WAIT_S) == Said("publish", 0x87)
        device.publish("ioc/bus/v1/batch/ingest-1", b"not mine", qos=1)
        assert said.get(timeout=WAIT_S) == Said("publish", 0x87)

    with session(broker.services, "ingest-1", clean=False) as (_, said):
        assert said.get(timeout=WAIT_S) == Said("connect", 0, session_present=True)
        assert said.get(timeout=WAIT_S) == b"mine"
    until(
        lambda: {"ioc/bus/v1/batch/ingest-1"} <= {e.topic for e in events.since(broker.conn, 0)},
        "the keeper reads the log that the broker writes",
    )


def test_a_device_hears_nothing_of_others(broker: Deployed) -> None:
    with session(broker.devices, "any", clean=True) as (device, said):
        assert said.get(timeout=WAIT_S).code == 0
        device.subscribe("ioc/#", 1)
        said.get(timeout=WAIT_S)
        with session(broker.services, "someone", clean=True) as (other, answer):
            assert answer.get(timeout=WAIT_S).code == 0
            other.publish("ioc/v1/bac_giang/traffic/ANOTHER/telemetry", b"secret", qos=1)
            assert answer.get(timeout=WAIT_S).to == "publish"
        device.publish(f"ioc/v1/bac_giang/traffic/{DEVICE}/telemetry", b"mine", qos=1)
        # The broker answers in order: a message of another would have come before this.
        assert said.get(timeout=WAIT_S).to == "publish"


def test_a_wrong_password_and_nobody_are_refused(broker: Deployed) -> None:
    for url in (re.sub(r":[^:]*@", ":guessed@", broker.devices), re.sub(r"//.*@", "//", broker.services)):
        with session(url, "stranger", clean=True) as (_, said):
            assert said.get(timeout=WAIT_S).code in (0x86, 0x87)


def test_revoked_is_gone_at_once(broker: Deployed) -> None:
    (made,) = credentials.add(broker.conn, ["BG-2"], SERVICE)
    until(lambda: keeper.wait(broker.conn, WAIT_S), "the keeper has given it to the broker")
    url = re.sub(r"//.*@", f"//BG-2:{made.password}@", broker.devices)
    until(lambda: _let_in(url), "the broker knows it")
    with session(url, "", clean=True) as (client, said):
        client.on_disconnect = lambda *_: said.put("gone")
        assert said.get(timeout=WAIT_S).code == 0
        credentials.revoke(broker.conn, ["BG-2"], SERVICE)
        assert said.get(timeout=WAIT_S) == "gone"


def test_the_brokers_certificate_has_every_name_and_devices_may_have_one(broker: Deployed, tmp_path: Path) -> None:
    ((_, own),) = credentials.certify(broker.conn, broker.authority, ["BG-3"], SERVICE)
    # And it has looked at the names, of which the first start knew one.
    until(lambda: keeper.wait(broker.conn, WAIT_S), "the keeper has given it to the broker")
    (tmp_path / "own.pem").write_bytes(own.certificate + own.key)
    for name in ("localhost", "mqtt.example.vn", "203.0.113.7"):
        context = ssl.create_default_context(cafile=str(broker.users / "ca.crt"))
        context.load_cert_chain(tmp_path / "own.pem")
        assert until(lambda c=context, n=name: _greets(c, broker.ports[8884], n), f"it is {name}") >= "TLSv1.2"


def _greets(context: ssl.SSLContext, port: int, name: str) -> str:
    """The version of TLS; "" while the broker has another certificate, for it reads its files a moment later."""
    with (
        contextlib.suppress(ssl.SSLCertVerificationError),
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname=name) as safe,
    ):
        return safe.version() or ""
    return ""


def test_the_keepers_health_is_seen(broker: Deployed) -> None:
    until(lambda: probe.trouble("devices", broker.settings) == "", "it is at work")
    assert authority.names(" a, b ,") == ["a", "b"]
