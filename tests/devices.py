"""Devices of a test: connected over TLS by password or certificate, with what the broker says to them."""

from __future__ import annotations

import queue
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from paho.mqtt.client import Client, MQTTv5

from infra import mqtt
from infra.devices import keeper
from infra.devices.authority import Authority, Signed
from infra.devices.credentials import Issued
from infra.servers import Mosquitto
from tests.service import until

WAIT_S = 30.0


class Place(NamedTuple):
    """A broker with devices' listeners, its keeper, and the database of its credentials."""

    broker: Mosquitto
    authority: Authority
    conn: psycopg.Connection


@contextmanager
def device(
    place: Place,
    user: str = "",
    password: str = "",
    *,
    own: Signed | None = None,
    client_id: str = "",
    host: str = "127.0.0.1",
) -> Iterator[tuple[Client, queue.Queue[tuple[str, Any]]]]:
    """A device with what the broker says to it; with a certificate of its ``own`` on that listener."""
    doors = place.broker.devices
    assert doors
    client = Client(mqtt.CallbackAPIVersion.VERSION2, client_id, protocol=MQTTv5)
    context = ssl.create_default_context(cafile=str(place.authority.certificate_file))
    if own:
        file = place.authority.folder.parent / f"{own.serial}.pem"
        file.write_bytes(own.certificate + own.key)
        context.load_cert_chain(file)
    else:
        client.username_pw_set(user, password)
    client.tls_set_context(context)
    said: queue.Queue[tuple[str, Any]] = queue.Queue()
    client.on_connect = lambda *a: said.put(("connect", a[3].value))
    client.on_disconnect = lambda *a: said.put(("gone", a[3].value))
    client.on_publish = lambda *a: said.put(("publish", a[3].value))
    client.on_message = lambda *a: said.put(("message", a[2].payload))
    client.reconnect_delay_set(60, 60)
    client.connect(host, doors.certificate_port if own else doors.port, 20)
    client.loop_start()
    try:
        yield client, said
    finally:
        client.disconnect()
        client.loop_stop()


def let_in(place: Place, user: str, password: str) -> bool:
    """Whether the broker lets it in now."""
    with device(place, user, password) as (_, said):
        what, code = said.get(timeout=WAIT_S)
        return what == "connect" and code == 0


def known(place: Place, *issued: Issued) -> None:
    """Wait until the broker lets in who has these: it reads its files a moment after the keeper has asked it to."""
    until(lambda: keeper.wait(place.conn, WAIT_S), "the keeper has given them to the broker", 90)
    for one in issued:
        until(lambda one=one: let_in(place, one.user_name, one.password), f"the broker knows {one.user_name}")


def publish(client: Client, said: queue.Queue[tuple[str, Any]], topic: str, body: bytes = b"{}") -> int:
    """Publish at QoS 1; the reason code of the broker's answer, 0 where it has taken it."""
    client.publish(topic, body, 1)
    what, code = said.get(timeout=WAIT_S)
    assert what == "publish"
    return 0 if code == 0x10 else int(code)  # taken, though nobody has subscribed


def telemetry(name: str) -> str:
    return f"ioc/v1/bac_giang/traffic/{name}/telemetry"
