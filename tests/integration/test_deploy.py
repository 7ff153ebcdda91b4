"""The broker's files for Compose, on a real Mosquitto: devices write their own topic and cannot take a session."""

from __future__ import annotations

import os
import queue
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from paho.mqtt.client import Client

from infra import mqtt
from infra.deploy import secrets
from infra.servers import Installation, ports, process
from infra.servers.mosquitto import hashed
from infra.servers.owner import other_user
from tests.fix_servers import folder as servers_folder
from tests.service import until

pytestmark = pytest.mark.servers

CONF = Path(__file__).parents[2] / "infra/deploy/mosquitto.conf"
DEVICE, PASSWORD = "BG-KE-TR-01", "of-this-device"
WAIT_S = 10.0


class Deployed(NamedTuple):
    """A broker as Compose would run it: its services' URL, and that of its devices' listener for one user."""

    services: str
    devices: str


@pytest.fixture
def broker(installed: Installation) -> Iterator[Deployed]:
    with servers_folder() as folder:
        owner = other_user()
        data, users, kept = folder / "data", folder / "users", folder / "secrets"
        for path in (data, users, kept):
            path.mkdir()

        def give(path: Path, _: int) -> None:
            if owner:
                os.chown(path, owner.uid, owner.gid)

        secrets.make(kept, users, give)
        with (users / "passwords").open("a", encoding="utf-8") as f:
            f.write(f"{DEVICE}:{hashed(PASSWORD)}\n")
        give(data, 0)
        services, devices = (ports.choose(0, what="the test", option="") for _ in range(2))
        text = CONF.read_text(encoding="utf-8").replace("/mosquitto/", f"{folder}/")
        text = text.replace("listener 1883", f"listener {services} 127.0.0.1")
        text = text.replace("listener 1884", f"listener {devices} 127.0.0.1")
        conf = folder / "mosquitto.conf"
        conf.write_text(text, encoding="utf-8")
        log = folder / "mosquitto.log"
        child = process.spawn(
            [installed.mosquitto, "-c", conf], log=log, env=installed.environment(), owner=owner, cwd=folder
        )
        try:
            until(lambda: ports.accepts(services) and ports.accepts(devices), "both listeners are open")
            assert "Warning" not in log.read_text(encoding="utf-8")
            url = (kept / "mqtt_url").read_text(encoding="utf-8").strip()
            yield Deployed(
                re.sub(r"@.*", f"@127.0.0.1:{services}", url), f"mqtt://{DEVICE}:{PASSWORD}@127.0.0.1:{devices}"
            )
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
        assert said.get(timeout=WAIT_S) == Said("publish", 0)


def test_a_wrong_password_and_nobody_are_refused(broker: Deployed) -> None:
    for url in (broker.devices.replace(PASSWORD, "guessed"), re.sub(r"//.*@", "//", broker.services)):
        with session(url, "stranger", clean=True) as (_, said):
            assert said.get(timeout=WAIT_S).code in (0x86, 0x87)
