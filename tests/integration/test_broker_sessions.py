"""A broker that has started again and reads its files anew: nobody's connection ends for that.

Mosquitto 2.0.21 puts sessions that it has read from its file a second time on its list of those that will end, when it
is signalled while they are away; once they are back, that entry ends connections of others, again and again: decision
24, docs/decisions.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from paho.mqtt.client import Client

from infra import mqtt
from infra.devices import keeper
from infra.servers import Mosquitto
from infra.servers.mosquitto import ADDED
from infra.settings import Settings
from tests.service import until

pytestmark = pytest.mark.servers
#: Mosquitto looks at its list once a second.
LOOKS_S = 3.0
Connect = Callable[..., Client]


@pytest.fixture
def connect(mosquitto: Mosquitto) -> Iterator[Connect]:
    """Connect as ``name``, and be told in ``ended`` when the broker ends that."""
    clients: list[Client] = []

    def make(name: str, ended: list[str], **how: Any) -> Client:
        client, broker = mqtt.client(mosquitto.url, name)
        clients.append(client)
        client.on_disconnect = lambda *_: ended.append(name)
        client.connect(broker.host, broker.port, 20, **how)
        client.loop_start()
        until(client.is_connected, f"{name} is connected")
        return client

    try:
        yield make
    finally:
        for client in clients:
            client.disconnect()
            client.loop_stop()


def passing(connect: Connect, prefix: str, ended: list[str]) -> None:
    """Some clients come, as ours do; what has become of them is known a few seconds later."""
    for n in range(6):
        connect(f"{prefix}-{n}", ended, clean_start=True, properties=mqtt.session(expiry_s=0))
        time.sleep(0.5)
    time.sleep(LOOKS_S)


def test_the_collectors_session_outlives_a_restart_and_a_signal(mosquitto: Mosquitto, connect: Connect) -> None:
    ours = {"clean_start": False, "properties": mqtt.session(expiry_s=mqtt.NEVER_S)}
    for n in range(3):
        connect(f"ingest-{n}", [], **ours).disconnect()
    mosquitto.stop()
    mosquitto.start()
    for _ in range(2):
        assert mosquitto.pid
        os.kill(mosquitto.pid, signal.SIGHUP)
        time.sleep(0.5)
    ended: list[str] = []
    for n in range(3):
        connect(f"ingest-{n}", ended, **ours)
    passing(connect, "other", ended)
    assert ended == []
    assert "Expiring client" not in mosquitto.log.read_text(encoding="utf-8")


def test_the_keeper_waits_until_what_has_ended_is_gone(
    mosquitto: Mosquitto, connect: Connect, database: str, tmp_path: Path
) -> None:
    """A device that connects as paho does by itself: kept sessions, which end with the connection."""
    for n in range(3):
        connect(f"device-{n}", [], clean_start=False, properties=mqtt.session(expiry_s=0))
    mosquitto.stop()
    mosquitto.start()
    settings = Settings(
        database_url=database, mqtt_url=mosquitto.url, broker_dir=mosquitto.folder, broker_log=mosquitto.log
    )
    kept = keeper.Keeper(settings)
    with psycopg.connect(database, autocommit=True) as conn:

        def looked() -> bool:
            kept.look(conn)
            return any((mosquitto.folder / ADDED).iterdir())

        until(looked, "it has signalled the broker")
        ended: list[str] = []
        passing(connect, "other", ended)
        assert ended == []
    kept._closely(False)
