"""Devices on a real broker: what they may, how their credentials end, and what is seen of what they try."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from city.sensors import Sensor
from infra import mqtt, sensors
from infra.access.who import SERVICE
from infra.devices import credentials, events, keeper
from infra.devices.authority import Authority, Signed
from infra.devices.watch import Fact
from infra.errors import ConfigError
from infra.servers import Devices, Installation, Mosquitto
from infra.settings import Settings
from tests.devices import WAIT_S, Place, device, known, let_in, publish, telemetry
from tests.fix_servers import folder
from tests.service import until

pytestmark = pytest.mark.servers


@pytest.fixture
def place(installed: Installation, database: str) -> Iterator[Place]:
    with folder() as at, psycopg.connect(database, autocommit=True) as conn:
        authority = Authority(at / "authority")
        broker = Mosquitto(
            installed, at / "mosquitto", password="of-the-services", log=at / "log", devices=Devices(authority)
        )
        sensors.save(conn, [Sensor(i, "bac_giang", "traffic") for i in ("A", "B", "C")])
        broker.start()
        settings = Settings(
            database_url=database, mqtt_url=broker.url, broker_dir=broker.folder, broker_log=broker.log,
            authority_dir=authority.folder,
        )  # fmt: skip
        kept = keeper.Keeper(settings)
        kept.settle_s = 0.0  # tests/integration/test_broker_sessions.py has it
        thread = threading.Thread(target=_run, args=(kept,))
        thread.start()
        try:
            until(lambda: credentials.applied(conn)[1], "the keeper has begun")
            yield Place(broker, authority, conn)
        finally:
            kept.stop()
            thread.join(60)
            broker.stop()


def _run(kept: keeper.Keeper) -> None:
    with psycopg.connect(kept.settings.database_url, autocommit=True) as conn:
        while not kept.stopping:
            kept.look(conn)
            for _ in conn.notifies(timeout=0.05, stop_after=1):
                pass


def test_twenty_spoofed_topics_are_refused_and_seen(place: Place) -> None:
    (made,) = credentials.add(place.conn, ["A"], SERVICE)
    known(place, made)
    heard: list[str] = []
    collector, where = mqtt.client(place.broker.url, "ingest-1")
    collector.on_message = lambda *a: heard.append(a[2].topic)
    subscribed = threading.Event()
    collector.on_subscribe = lambda *_: subscribed.set()
    collector.connect(where.host, where.port)
    collector.subscribe("ioc/#", 1)
    collector.loop_start()
    try:
        assert subscribed.wait(WAIT_S)
        spoofed = [telemetry(f"B{n}") for n in range(17)]
        spoofed += ["ioc/bus/v1/batch/ingest-1", "ioc/v1/bac_giang/traffic/A/command", "$SYS/broker/x"]
        with device(place, made.user_name, made.password, client_id="ingest-1") as (client, said):
            assert said.get(timeout=WAIT_S) == ("connect", 0)
            assert publish(client, said, telemetry("A")) == 0
            assert all(publish(client, said, topic) == 0x87 for topic in spoofed[:-1])
            publish(client, said, spoofed[-1])
        until(lambda: telemetry("A") in heard, "its own arrives")
        assert heard == [telemetry("A")]
        assert collector.is_connected(), "the collector's client id was not taken"
    finally:
        collector.disconnect()
        collector.loop_stop()

    def seen() -> set[str]:
        return {e.topic for e in events.since(place.conn, 0) if (e.kind, e.sensor_id) == ("denied_topic", "A")}

    until(lambda: seen() >= set(spoofed[:-1]), "what it tried is seen")


def test_who_subscribes_to_everything_receives_nothing_and_is_seen(place: Place) -> None:
    (made,) = credentials.add(place.conn, ["A"], SERVICE)
    known(place, made)
    with device(place, made.user_name, made.password) as (client, said):
        assert said.get(timeout=WAIT_S) == ("connect", 0)
        client.on_subscribe = lambda *a: said.put(("subscribed", a[2]))
        for topic in ("#", "$SYS/#", "ioc/bus/#"):
            client.subscribe(topic, 1)
            assert said.get(timeout=WAIT_S)[0] == "subscribed"
        services, where = mqtt.client(place.broker.url, "services")
        services.connect(where.host, where.port)
        services.loop_start()
        for topic in (telemetry("B"), "ioc/bus/v1/batch/x", "ioc/v1/bac_giang/traffic/B/command"):
            services.publish(topic, b"secret", 1).wait_for_publish(WAIT_S)
        services.publish("ioc/v1/bac_giang/traffic/A/command", b"for A", 1).wait_for_publish(WAIT_S)
        services.disconnect()
        services.loop_stop()
        assert said.get(timeout=WAIT_S) == ("message", b"for A")
        assert said.empty()
    until(lambda: any(e.kind == "denied_subscription" and e.topic == "#" for e in events.since(place.conn, 0)), "seen")

    # On the services' listener it may do no more, and is seen whatever it calls itself (decision 11).
    door = place.broker.url.partition("@")[2]
    client, where = mqtt.client(f"mqtt://{made.user_name}:{made.password}@{door}", "api-of-somebody")
    said = queue.Queue()
    client.on_connect = lambda *a: said.put(("connect", a[3].value))
    client.on_publish = lambda *a: said.put(("publish", a[3].value))
    client.connect(where.host, where.port)
    client.loop_start()
    assert said.get(timeout=WAIT_S) == ("connect", 0)
    assert [publish(client, said, t) for t in (telemetry("B"), "ioc/bus/v1/batch/x")] == [0x87, 0x87]
    client.disconnect()
    client.loop_stop()
    until(
        lambda: ("taken_over", "A") in {(e.kind, e.sensor_id) for e in events.since(place.conn, 0)},
        "it is seen",
    )


def test_after_the_brokers_start_an_absent_collectors_messages_stay_whatever_is_reloaded(place: Place) -> None:
    made, _ = credentials.add(place.conn, ["A", "B"], SERVICE)
    known(place, made)

    def collect(wanted: int) -> list[bytes]:
        collector, where = mqtt.client(place.broker.url, "ingest-1")
        heard: queue.Queue[bytes] = queue.Queue()
        subscribed = threading.Event()
        collector.on_message = lambda *a: heard.put(a[2].payload)
        collector.on_connect = lambda *_: collector.subscribe("ioc/v1/#", 1)
        collector.on_subscribe = lambda *_: subscribed.set()
        collector.connect(where.host, where.port, clean_start=False, properties=mqtt.session(expiry_s=600))
        collector.loop_start()
        assert subscribed.wait(WAIT_S)
        found = [heard.get(timeout=WAIT_S) for _ in range(wanted)]
        collector.disconnect()
        collector.loop_stop()
        return found

    def say(body: bytes) -> None:
        with device(place, made.user_name, made.password) as (client, said):
            assert said.get(timeout=WAIT_S) == ("connect", 0)
            assert publish(client, said, telemetry("A"), body) == 0

    collect(0)
    say(b"1")
    place.broker.stop()
    place.broker.start()
    say(b"2")
    credentials.revoke(place.conn, ["B"], SERVICE)
    assert keeper.wait(place.conn, WAIT_S), "it has let the broker read its files again"
    say(b"3")
    assert collect(3) == [b"1", b"2", b"3"]


def test_revoked_is_gone_at_once_and_others_stay(place: Place) -> None:
    a, b = credentials.add(place.conn, ["A", "B"], SERVICE)
    known(place, a, b)
    with device(place, a.user_name, a.password) as (_, said), device(place, b.user_name, b.password) as (other, heard):
        assert said.get(timeout=WAIT_S) == ("connect", 0)
        assert heard.get(timeout=WAIT_S) == ("connect", 0)
        assert credentials.revoke(place.conn, ["A"], SERVICE) == 1
        assert said.get(timeout=WAIT_S)[0] == "gone"
        assert publish(other, heard, telemetry("B")) == 0
    assert not let_in(place, a.user_name, a.password)
    with pytest.raises(ConfigError, match="holds no credential"):
        credentials.revoke(place.conn, ["A"], SERVICE)


def test_rotation_has_no_gap_and_the_old_one_ends_when_the_new_one_is_used(place: Place) -> None:
    (old,) = credentials.add(place.conn, ["A"], SERVICE)
    known(place, old)
    with device(place, old.user_name, old.password) as (client, said):
        assert said.get(timeout=WAIT_S) == ("connect", 0)
        (unused,) = credentials.rotate(place.conn, ["A"], SERVICE)
        (new,) = credentials.rotate(place.conn, ["A"], SERVICE)
        assert keeper.wait(place.conn, WAIT_S)
        assert publish(client, said, telemetry("A")) == 0, "nothing has ended for who has the old one"
        known(place, new)
        assert not let_in(place, unused.user_name, unused.password)
        with device(place, new.user_name, new.password) as (newer, heard):
            assert heard.get(timeout=WAIT_S) == ("connect", 0)
            assert publish(newer, heard, telemetry("A")) == 0
            assert publish(newer, heard, telemetry("B")) == 0x87
            assert said.get(timeout=WAIT_S)[0] == "gone", "the new one is in use: the old one ends"
            assert publish(newer, heard, telemetry("A")) == 0
    assert not let_in(place, old.user_name, old.password)
    (third,) = credentials.rotate(place.conn, ["A"], SERVICE, timedelta(0))
    assert third.user_name == old.user_name
    known(place, third)
    assert not let_in(place, new.user_name, new.password), "without a grace the old one ends at once"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_certificate_is_its_device_until_it_is_revoked(place: Place, host: str) -> None:
    ((_, own),) = credentials.certify(place.conn, place.authority, ["C"], SERVICE)
    with device(place, own=own, client_id="ingest-1", host=host) as (client, said):
        assert said.get(timeout=WAIT_S) == ("connect", 0)
        assert publish(client, said, telemetry("C")) == 0
        assert publish(client, said, telemetry("A")) == 0x87
        credentials.revoke(place.conn, ["C"], SERVICE)
        assert said.get(timeout=WAIT_S)[0] == "gone"
    with device(place, own=own, host=host) as (_, said):
        assert said.get(timeout=WAIT_S)[0] == "gone"


def test_certificates_that_do_not_hold_are_refused(place: Place, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    stranger.make()
    ours = place.authority
    bad = (ours.device("C", timedelta(minutes=-5)), stranger.device("C"), ours.server(["C"]), self_signed("C"))
    for one in bad:
        with device(place, own=one) as (_, said):
            assert said.get(timeout=WAIT_S)[0] == "gone"
    with device(place, own=ours.device("B")) as (client, said):
        assert said.get(timeout=WAIT_S) == ("connect", 0)
        assert publish(client, said, telemetry("C")) == 0x87, "another's name"
    with pytest.raises(ConfigError, match="no such sensor"):
        credentials.certify(place.conn, ours, ["nobody"], SERVICE)
    until(lambda: sum(e.times for e in events.since(place.conn, 0) if e.kind == "refused_certificate") >= 4, "seen")


def self_signed(name: str) -> Signed:
    """A certificate that nobody vouches for."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Signed(made.public_bytes(serialization.Encoding.PEM), pem, "1", made.not_valid_after_utc)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_weak_ciphers_and_a_broker_of_another_name_are_refused(place: Place, tmp_path: Path) -> None:
    doors, own, pem = place.broker.devices, place.authority.device("B"), tmp_path / "b.pem"
    assert doors
    pem.write_bytes(own.certificate + own.key)

    def greet(
        name: str,
        version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
        port: int = doors.port,
        ciphers: str = "DEFAULT",
    ) -> str | None:
        context = ssl.create_default_context(cafile=str(place.authority.certificate_file))
        context.load_cert_chain(pem)
        context.minimum_version = context.maximum_version = version
        context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname=name) as safe,
        ):
            return safe.version()

    for port in (doors.port, doors.certificate_port):
        assert greet("localhost", port=port) == "TLSv1.2"
        assert greet("localhost", ssl.TLSVersion.TLSv1_3, port) == "TLSv1.3"
        for good in ("ECDHE+AESGCM", "ECDHE+CHACHA20"):
            assert greet("localhost", port=port, ciphers=good) == "TLSv1.2"
        with pytest.raises(ssl.SSLError):  # CBC
            greet("localhost", port=port, ciphers="ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA")
    with pytest.raises(ssl.SSLCertVerificationError):
        greet("elsewhere.example")
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        for port in (doors.port, doors.certificate_port):
            with pytest.raises(ssl.SSLError):
                greet("localhost", old, port)


def test_all_are_those_for_whom_it_makes_sense(place: Place) -> None:
    credentials.add(place.conn, ["A"], SERVICE)
    credentials.certify(place.conn, place.authority, ["C"], SERVICE)
    assert credentials.everyone(place.conn, without=True) == ["B"]
    assert credentials.everyone(place.conn, without=False) == ["A"]
    with pytest.raises(ConfigError, match="already"):
        credentials.add(place.conn, ["A"], SERVICE)
    sensors.save(place.conn, [Sensor(i, "bac_giang", "traffic") for i in ("ioc", "a:b")])
    for odd in ("ioc", "a:b"):
        with pytest.raises(ConfigError):
            credentials.add(place.conn, [odd], SERVICE)
    with pytest.raises(ConfigError, match="services"):
        credentials.certify(place.conn, place.authority, ["ioc"], SERVICE)


def test_events_and_their_audit_have_an_end(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "ROWS", 8)
    monkeypatch.setattr(events, "AUDITED", 3)
    at = datetime(2026, 11, 23, 7, 59, 30, tzinfo=UTC)

    def facts(when: datetime, addresses: int) -> list[Fact]:
        return [Fact("refused", when, None, "guess", f"198.51.100.{n}") for n in range(addresses)]

    def audited() -> list[tuple[Any, ...]]:
        return conn.execute("SELECT address, after FROM audit WHERE action = 'device.refused' ORDER BY id").fetchall()

    book = events.Book()
    with psycopg.connect(database, autocommit=True) as conn:
        book.write(conn, facts(at, 2))
        book.write(conn, facts(at, 2))
        assert [row[0] for row in audited()] == ["198.51.100.0", "198.51.100.1"], "once an hour"
        book.write(conn, facts(at + timedelta(seconds=10), 30))
        found = events.since(conn, 0)
        assert len(found) == 9
        assert sum(e.times for e in found) == 34, "each is counted"
        assert [e.times for e in found if not e.address] == [22]
        assert len(audited()) == 3
        book.write(conn, facts(at + timedelta(minutes=1), 1))
        assert len(audited()) == 4, "the next hour begins anew"
