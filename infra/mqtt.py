"""How we speak to the broker: MQTT 5 by paho, with the settings that keep messages."""

from __future__ import annotations

import ssl
import threading
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from infra.errors import ConfigError, Unavailable

KEEPALIVE_S = 20
#: The interval of a session that never ends. One that does, that the broker has read from its file, and that is away
#: when its files are reloaded, ends others' connections in Mosquitto 2.0.21 (decision 24).
NEVER_S = 0xFFFF_FFFF


class Broker(NamedTuple):
    """A broker's address. ``where`` is for messages: it has no password. ``ca``: the file of its authorities."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    ca: str | None = None

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"


def parse_url(url: str) -> Broker:
    """The broker in a mqtt:// or mqtts:// URL, or ConfigError. ``?ca=FILE``: who has signed its certificate."""
    if not url:
        raise ConfigError("IOC_MQTT_URL is not set: give a mqtt:// URL, or start everything by `ioc up`")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as e:
        raise ConfigError(f"IOC_MQTT_URL is no URL ({e}): it looks like mqtt://USER:PASSWORD@HOST:1883") from None
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or port == 0:
        raise ConfigError("IOC_MQTT_URL must begin with mqtt:// or mqtts://, as in mqtt://USER:PASSWORD@HOST:1883")
    tls = parts.scheme == "mqtts"
    user, password = (unquote(p) if p is not None else None for p in (parts.username, parts.password))
    ca = parse_qs(parts.query).get("ca", [None])[0]
    return Broker(parts.hostname, port or (8883 if tls else 1883), user, password, tls, ca)


def session(*, expiry_s: int, receive_maximum: int | None = None) -> Properties:
    """CONNECT properties: how long the broker keeps the session, how many messages may be under way to us.

    With ``expiry_s`` 0 connect with ``clean_start=True``: paho's own choice is that for the first connection alone, and
    the broker writes sessions of later ones into its file.
    """
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = expiry_s
    if receive_maximum is not None:
        properties.ReceiveMaximum = receive_maximum
    return properties


def prepare(client: Client, broker: Broker) -> Client:
    """Give a client its credentials, TLS and a quick reconnect; callbacks that raise do not end its thread."""
    if broker.user is not None:
        client.username_pw_set(broker.user, broker.password)
    if broker.tls:
        try:
            context = ssl.create_default_context(cafile=broker.ca)
        except OSError as e:
            raise ConfigError(f"IOC_MQTT_URL: {broker.ca} is no file of certificate authorities: {e}") from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        client.tls_set_context(context)
    client.suppress_exceptions = True
    client.reconnect_delay_set(1, 5)
    return client


def client(url: str, client_id: str) -> tuple[Client, Broker]:
    """A client for a session that ends with its connection: services' own traffic, simulators, checks."""
    broker = parse_url(url)
    return prepare(Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTv5), broker), broker


def probe(url: str, timeout_s: float = 5.0) -> None:
    """Connect once and leave again; Unavailable says why it cannot be done."""
    mqtt, broker = client(url, "")
    answered = threading.Event()
    said: list[ReasonCode] = []

    def on_connect(_: Client, __: Any, ___: ConnectFlags, code: ReasonCode, ____: Properties | None) -> None:
        said.append(code)
        answered.set()

    def on_disconnect(_: Client, __: Any, ___: DisconnectFlags, code: ReasonCode, ____: Properties | None) -> None:
        answered.set()

    mqtt.on_connect = on_connect
    mqtt.on_disconnect = on_disconnect
    mqtt.connect_timeout = timeout_s
    try:
        mqtt.connect(broker.host, broker.port, KEEPALIVE_S, clean_start=True, properties=session(expiry_s=0))
    except (OSError, ValueError) as e:
        raise Unavailable(_unreachable(broker, str(e))) from None
    mqtt.loop_start()
    try:
        if not answered.wait(timeout_s):
            raise Unavailable(_unreachable(broker, f"no answer in {timeout_s:g} s"))
        if not said:
            raise Unavailable(_unreachable(broker, "it closed the connection: is it MQTT 5?"))
        if said[0].is_failure:
            raise Unavailable(_unreachable(broker, f"it refused us: {said[0]}"))
    finally:
        mqtt.disconnect()
        mqtt.loop_stop()


def _unreachable(broker: Broker, why: str) -> str:
    return f"the broker at {broker.where} cannot be reached: {why}; check that it runs and IOC_MQTT_URL"
