"""What is promised of devices, from the device to the database: broker, keeper and collector as they are run."""

from __future__ import annotations

import csv
import io
import random
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg
import pytest
from paho.mqtt.client import Client, MQTTv5, MQTTv311
from typer.testing import CliRunner

from city.sensors import Sensor
from infra import cli, mqtt, sensors
from infra.access.who import SERVICE
from infra.devices import credentials, events
from infra.devices.authority import Authority
from infra.servers import Devices, Installation, Mosquitto, Postgres
from tests import packets
from tests.devices import WAIT_S, Place, device, known, publish, telemetry
from tests.fix_servers import folder, fresh_database, services
from tests.load import common
from tests.publisher import Publisher
from tests.service import Service, until

pytestmark = pytest.mark.servers

OTHERS = [f"OTHER-{n}" for n in range(12)]
MUTANTS = 10_000
#: A handshake of TLS takes a hundred times what a packet does: so many of them come that way.
BY_TLS = 100


class City(NamedTuple):
    """All that runs: shared by the tests of this file, each of which has sensors of its own."""

    place: Place
    database: str
    env: dict[str, str]
    keeper: Service
    collector: Service

    def ask(self, query: str, *args: object) -> list[tuple[Any, ...]]:
        return self.place.conn.execute(query, args).fetchall()

    def values(self, sensor_id: str) -> list[float]:
        return [v for (v,) in self.ask("SELECT value FROM observation WHERE sensor_id = %s ORDER BY 1", sensor_id)]


@pytest.fixture(scope="module")
def city(installed: Installation, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with (
        folder() as at,
        fresh_database(postgres) as url,
        psycopg.connect(url, autocommit=True) as conn,
        services(tmp_path_factory.mktemp("logs")) as start,
    ):
        ids = [*OTHERS, "SPOOFER", "KEPT", "THIEF", "THIEF-2", "GOOD", "MUTANT", "COMMANDED", "BESIDE", "RENEWED"]
        ids += ["TWICE", "BEFORE", "AFTER"]
        sensors.save(conn, [Sensor(i, "bac_giang", "traffic") for i in ids])
        authority = Authority(at / "authority")
        broker = Mosquitto(
            installed, at / "mosquitto", password="of-the-services", log=at / "log", devices=Devices(authority)
        )
        broker.start()
        try:
            env = {
                "IOC_DATABASE_URL": url, "IOC_MQTT_URL": broker.url, "IOC_BROKER_DIR": str(broker.folder),
                "IOC_BROKER_LOG": str(broker.log), "IOC_AUTHORITY_DIR": str(authority.folder),
            }  # fmt: skip
            kept = start("devices", "run", env=env)
            collector = start("ingest", "run", env=env)
            until(lambda: common.collects(collector) and credentials.applied(conn)[1], "they work", 90)
            yield City(Place(broker, authority, conn), url, env, kept, collector)
        finally:
            broker.stop()


def add(city: City, *names: str) -> list[credentials.Issued]:
    made = credentials.add(city.place.conn, names, SERVICE)
    known(city.place, *made)
    return made


def test_twenty_spoofed_topics_are_not_stored_and_audited(city: City) -> None:
    (made,) = add(city, "SPOOFER")
    spoofed = [telemetry(name) for name in OTHERS] + [
        "ioc/v1/viet_yen/traffic/OTHER-0/telemetry",
        "ioc/v1/bac_giang/traffic/SPOOFER/telemetry/more",
        "ioc/v1/bac_giang/SPOOFER/telemetry",
        "ioc/v1/bac_giang/traffic/SPOOFER/command",
        "ioc/bus/v1/batch/ingest-1",
        "ioc/bus/v1/canary/ingest-1",
        "ioc/bus/v1/status/ingest-1",
        "ioc/v1/bac_giang/traffic/spoofer/telemetry",
    ]
    assert len(set(spoofed)) == 20
    with device(city.place, made.user_name, made.password) as (client, said):
        assert said.get(timeout=WAIT_S) == ("connect", 0)
        for topic in spoofed:
            assert publish(client, said, topic, b'{"speed": 66.5}') == 0x87, topic
        assert publish(client, said, telemetry("SPOOFER"), b'{"speed": 12.5}') == 0
    until(lambda: city.values("SPOOFER") == [12.5], "its own, which came after them, is stored")
    assert not city.ask("SELECT FROM observation WHERE value = 66.5")
    assert not city.ask("SELECT FROM quarantine WHERE payload = %s", b'{"speed": 66.5}')

    def audited() -> set[str]:
        rows = city.ask(
            "SELECT after -> 'topics' FROM audit WHERE action = 'device.refused' AND subject = 'sensor SPOOFER'"
        )
        return {topic for (topics,) in rows for topic in topics}

    until(lambda: audited() == set(spoofed), "all are audited")
    found = [e for e in events.since(city.place.conn, 0) if e.kind == "denied_topic" and e.sensor_id == "SPOOFER"]
    assert {e.topic for e in found} == set(spoofed)
    assert {e.address for e in found} == {"127.0.0.1"}


def test_who_claims_the_collectors_client_id_costs_no_message(city: City) -> None:
    kept, thief = add(city, "KEPT", "THIEF")
    ((_, certificate),) = credentials.certify(city.place.conn, city.place.authority, ["THIEF-2"], SERVICE)
    before = city.collector.text.count("lost the broker")

    def steal() -> None:
        with device(city.place, thief.user_name, thief.password, client_id="ingest-1") as (_, said):
            assert said.get(timeout=WAIT_S) == ("connect", 0)
        with device(city.place, own=certificate, client_id="ingest-1") as (_, said):
            assert said.get(timeout=WAIT_S) == ("connect", 0)
        for version in (MQTTv5, MQTTv311):  # at the services' door nobody comes in
            client = Client(mqtt.CallbackAPIVersion.VERSION2, "ingest-1", protocol=version)
            client.username_pw_set(thief.user_name, "guessed")
            codes: list[bool] = []
            client.on_connect = lambda *a, codes=codes: codes.append(a[3].is_failure)
            client.connect("127.0.0.1", city.place.broker.port)
            while not codes:
                client.loop(0.1)
            assert codes[0]
            client.disconnect()

    steal()
    assert city.collector.text.count("lost the broker") == before, "it was not thrown out"
    assert city.collector.stop() == 0
    with device(city.place, kept.user_name, kept.password) as (client, said):
        assert said.get(timeout=WAIT_S) == ("connect", 0)
        for n in range(100):
            assert publish(client, said, telemetry("KEPT"), b'{"speed": %d}' % n) == 0
            if n in (10, 90):
                steal()
    city.collector.start()
    until(lambda: city.values("KEPT") == list(range(100)), "all 100 are stored, each once", 90)


def test_ten_thousand_mutated_packets_leave_all_standing_and_no_good_message_is_lost(city: City) -> None:
    (made,) = add(city, "MUTANT")
    broker = city.place.broker
    pids = broker.pid, city.collector.pid, city.keeper.pid
    rng, known = random.Random(20261123), packets.seeds(telemetry("MUTANT"))
    context = ssl.create_default_context(cafile=str(city.place.authority.certificate_file))
    good = Publisher(broker.url, "good-device")
    assert broker.devices
    try:
        for n in range(MUTANTS):
            mutant = packets.mutated(known, rng)
            if n % (MUTANTS // BY_TLS):
                _send(broker.port, packets.connect(f"mutant-{n % 50}", "ioc", broker.password) + mutant)
            else:
                _send(broker.devices.port, packets.connect("", made.user_name, made.password) + mutant, context)
            if n % 20 == 0:
                good.send(telemetry("GOOD"), b'{"speed": %g}' % (n / 200))
        good.drain()
    finally:
        good.close()
    assert not good.refused
    until(lambda: len(city.values("GOOD")) == MUTANTS // 20, "each good message is stored, once", 90)
    assert sorted(city.values("GOOD")) == pytest.approx([n / 10 for n in range(MUTANTS // 20)], abs=1e-3)
    assert (broker.pid, city.collector.pid, city.keeper.pid) == pids
    assert broker.alive()
    assert city.collector.alive()
    assert city.keeper.alive()
    assert city.ask("SELECT FROM quarantine LIMIT 1"), "some of them went as far as to the collector"
    common.check_books(city.database)


def _send(port: int, data: bytes, context: ssl.SSLContext | None = None) -> None:
    """Connect, say that, and wait until the broker has closed; TimeoutError: it does not."""
    sock = socket.create_connection(("127.0.0.1", port), WAIT_S)
    if context:
        sock = context.wrap_socket(sock, server_hostname="localhost")
    with sock:
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
        except TimeoutError:
            raise
        except OSError:
            return  # it closed first


def test_the_commands_revoke_at_once(city: City) -> None:
    def ioc(*args: str) -> str:
        done = CliRunner().invoke(cli.app, ["sensors", "credentials", *args], env=city.env)
        assert done.exit_code == 0, done.output
        assert "the broker has it" in done.stderr
        return done.stdout

    issued = [credentials.Issued(**row) for row in csv.DictReader(io.StringIO(ioc("add", "COMMANDED", "BESIDE")))]
    known(city.place, *issued)
    with (
        device(city.place, *issued[0][1:]) as (_, said),
        device(city.place, *issued[1][1:]) as (beside, heard),
    ):
        assert said.get(timeout=WAIT_S) == ("connect", 0)
        assert heard.get(timeout=WAIT_S) == ("connect", 0)
        ioc("revoke", "COMMANDED")
        assert said.get(timeout=WAIT_S)[0] == "gone"
        assert publish(beside, heard, telemetry("BESIDE")) == 0
        (new,) = csv.DictReader(io.StringIO(ioc("rotate", "BESIDE")))
        assert publish(beside, heard, telemetry("BESIDE")) == 0, "a rotation interrupts nobody"
        known(city.place, credentials.Issued(**new))
        with device(city.place, new["user_name"], new["password"]) as (_, newer):
            assert newer.get(timeout=WAIT_S) == ("connect", 0)
            assert heard.get(timeout=WAIT_S)[0] == "gone", "the old password ends with the first use of the new one"
    with device(city.place, *issued[0][1:]) as (_, said):
        assert said.get(timeout=WAIT_S) in (("connect", 0x86), ("connect", 0x87))
    done = city.ask("SELECT action FROM audit WHERE subject IN ('sensor COMMANDED', 'sensor BESIDE') ORDER BY id")
    assert ("device.credential_revoke",) in done
    assert ("device.credential_rotate",) in done


def test_the_brokers_certificate_is_renewed_while_it_runs(city: City) -> None:
    doors, files = city.place.broker.devices, city.place.broker.folder
    assert doors

    def shown() -> bytes:
        context = ssl.create_default_context(cafile=str(city.place.authority.certificate_file))
        with (
            socket.create_connection(("127.0.0.1", doors.port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as safe,
        ):
            return safe.getpeercert(binary_form=True) or b""

    old = city.place.authority.server(doors.all_names(), timedelta(days=29))
    for name, data in (("server.key", old.key), ("server.crt", old.certificate)):
        (files / name).write_bytes(data)
    (made,) = add(city, "RENEWED")  # a change, at which the keeper looks at everything
    with device(city.place, made.user_name, made.password) as (client, said):
        assert said.get(timeout=WAIT_S) == ("connect", 0)
        kept = (files / "server.crt").read_bytes()
        assert kept != old.certificate
        until(lambda: ssl.DER_cert_to_PEM_cert(shown()).split() == kept.decode().split(), "the new one is shown")
        assert publish(client, said, telemetry("RENEWED")) == 0


def test_a_keeper_that_starts_again_tells_nothing_twice(city: City) -> None:
    (made,) = add(city, "TWICE")

    def told() -> list[tuple[str, int]]:
        return [(e.topic, e.times) for e in events.since(city.place.conn, 0) if e.sensor_id == "TWICE"]

    def deny(topic: str) -> None:
        with device(city.place, made.user_name, made.password) as (client, said):
            assert said.get(timeout=WAIT_S) == ("connect", 0)
            assert publish(client, said, topic) == 0x87

    deny("ioc/bus/v1/first")
    until(lambda: told() == [("ioc/bus/v1/first", 1)], "it is seen")
    # The log says whole seconds: only what is older than the second of the last sign of life was surely read.
    passed = "SELECT now() > max(last_at) + interval '2 s' FROM device_event"
    until(lambda: city.ask(passed) == [(True,)], "time goes by")
    add(city, "BEFORE")
    assert city.keeper.stop() == 0
    city.keeper.start()
    add(city, "AFTER")
    deny("ioc/bus/v1/second")
    until(lambda: ("ioc/bus/v1/second", 1) in told(), "it reads on")
    assert sorted(told()) == [("ioc/bus/v1/first", 1), ("ioc/bus/v1/second", 1)]
