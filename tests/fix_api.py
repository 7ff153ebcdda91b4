"""Fixtures of the API as a process.

api          api(database_url, broker_url, **env) -> Api, listening                                     test
city         an Api, a collector and a publisher on one database and broker, with registered sensors    test
shared_city  such a city for tests that leave nothing in it that another would look at                  module
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import psycopg
import pytest
from websockets.sync.client import ClientConnection, connect

from city.sensors import Sensor
from infra import sensors
from infra.access import accounts
from infra.servers import Installation, Mosquitto, Postgres, ports
from tests.fix_servers import fresh_database, running_mosquitto, services
from tests.publisher import Publisher
from tests.service import Service, until

TOKEN = "a-token-for-tests"
#: Whoever has built the screen somewhere else has that one tried.
BUILT = {name: os.environ[name] for name in ("IOC_DASHBOARD_DIR",) if name in os.environ}


class Live:
    """A live websocket. Pings are answered; frames of other kinds than those asked for are kept in ``frames``."""

    def __init__(self, url: str, token: str | None = TOKEN, path: str = "live", **options: Any) -> None:
        self._stack = ExitStack()
        self.socket: ClientConnection = self._stack.enter_context(
            connect(
                url.replace("http", "ws", 1) + f"/api/v1/{path}",
                open_timeout=30,
                close_timeout=1,
                compression=None,
                **options,
            )
        )
        self.frames: list[dict[str, Any]] = []
        self.items: dict[int, dict[str, Any]] = {}
        self.seq: dict[int, int] = {}
        self._id = 1
        if token is not None:
            try:
                self.send({"id": 1, "type": "auth", "token": token})
                self.welcome = self.read()
                assert self.welcome["type"] == "welcome", self.welcome
            except BaseException:
                self.close()  # nobody else has it yet
                raise

    def send(self, frame: Any) -> None:
        self.socket.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))

    def read(self, within_s: float = 60) -> dict[str, Any]:
        """The next frame; items and the chain of deltas are followed."""
        frame: dict[str, Any] = json.loads(self.socket.recv(within_s), parse_constant=pytest.fail)
        self.frames.append(frame)
        sub = frame.get("sub")
        match frame["type"]:
            case "ping":
                self.send({"type": "pong", "t": frame["t"]})
            case "reset":
                self.items[sub] = {}
            case "snapshot":
                if frame["part"] == 1:
                    self.items[sub] = {}
                self.seq[sub] = frame["seq"]
            case "delta":
                assert frame["prev"] == self.seq[sub], "a link of the chain is missing"
                self.seq[sub] = frame["seq"]
                for key in frame["removed"]:
                    self.items[sub].pop(key, None)
        for item in frame.get("items", ()):
            self.items[sub][item["key"]] = item
        return frame

    def until(self, check: Callable[[dict[str, Any]], Any], what: str, within_s: float = 60) -> dict[str, Any]:
        """Read until a frame passes ``check``, and return that."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                frame = self.read(max(0.01, deadline - time.monotonic()))
            except TimeoutError:
                raise AssertionError(f"not within {within_s:g} s: {what}; last {self.frames[-3:]}") from None
            if check(frame):
                return frame

    def ask(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Send a request and return its answer."""
        self._id += 1
        self.send({"id": self._id, **frame})
        return self.until(lambda f: f.get("id") == self._id, "an answer")

    def subscribe(self, topic: str, **more: Any) -> int:
        """Subscribe and return the number of the subscription."""
        answer = self.ask({"type": "subscribe", "topic": topic, **more})
        assert answer["type"] == "subscribed", answer
        sub: int = answer["sub"]
        self.items[sub] = {}
        self.seq[sub] = answer["seq"]
        return sub

    def close(self) -> None:
        self._stack.close()


class Api:
    """`ioc api run`, and a client of it."""

    def __init__(self, start: Callable[..., Service], database: str, broker: str, **env: str) -> None:
        self.service = start(
            "api",
            "run",
            env={
                "IOC_DATABASE_URL": database, "IOC_MQTT_URL": broker, "IOC_API_TOKEN": TOKEN,
                "IOC_HTTP_PORT": str(ports.choose(0, what="the API", option="")), **BUILT, **env,
            },
        )  # fmt: skip
        found = until(
            lambda: re.search(r"api.listening.*url=(\S+)\s", self.service.text) or not self.service.alive(),
            "it listens",
            90,
        )
        assert isinstance(found, re.Match), self.service.text
        self.url = found[1]
        self.http = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
        self._open: list[Live] = []

    def get(self, path: str, **query: Any) -> Any:
        """The body of a good answer."""
        answer = self.http.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ready(self) -> bool:
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def live(self, token: str | None = TOKEN, **options: Any) -> Live:
        made = Live(self.url, token, **options)
        self._open.append(made)
        return made

    def restart(self) -> None:
        """SIGKILL, and start again on the same port."""
        self.service.kill()
        self.service.start()
        until(lambda: self.http_answers(), "it answers again", 90)

    def http_answers(self) -> bool:
        try:
            return self.http.get("/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        for one in self._open:
            one.close()
        self.http.close()


@dataclass
class City:
    """Everything a reading passes on its way to a screen."""

    api: Api
    collector: Service
    publisher: Publisher
    database: str
    mosquitto: Mosquitto
    _last: int = 0

    def send(self, sensor: str, values: dict[str, Any], *, domain: str = "traffic", ago_s: float = 0.0) -> int:
        """Publish one message; returns its time in milliseconds."""
        ts = int((time.time() - ago_s) * 1000)
        # Two readings of one sensor at one instant would be one.
        self._last = ts = max(ts, self._last + 1) if not ago_s else ts
        self.publisher.send(f"ioc/v1/bac_giang/{domain}/{sensor}/telemetry", json.dumps({"ts": ts, "values": values}))
        return ts

    def one_time_code(self, code: str, valid_s: int = 60) -> None:
        """A code as `ioc up` puts it into its link."""
        with psycopg.connect(self.database, autocommit=True) as conn:
            conn.execute(
                "INSERT INTO one_time_code (code_hash, account, purpose, expires_at)"
                " VALUES (%s, %s, 'sign_in', now() + %s * interval '1 second')",
                [hashlib.sha256(code.encode()).digest(), accounts.first(conn).id, valid_s],
            )

    def aggregate(self, key: str) -> dict[str, Any] | None:
        items = self.api.get("aggregates", limit=5000)["items"]
        return next((i for i in items if i["key"] == key), None)


SENSORS = [
    *(
        Sensor(f"T{i}", "bac_giang", "traffic", zone="07210", name=f"Nút {i}", metrics=("speed", "flow"))
        for i in (1, 2)
    ),
    Sensor("T3", "bac_giang", "traffic", zone="07228"),
    Sensor("L1", "bac_giang", "lighting", zone="07210"),
    Sensor("E1", "bac_giang", "environment", zone="07210", lat=21.28, lon=106.2),
]


@contextmanager
def apis(service: Callable[..., Service]) -> Iterator[Callable[..., Api]]:
    """Starts the API by such a service; its connections are closed afterwards."""
    made: list[Api] = []

    def make(database: str, broker: str, **env: str) -> Api:
        made.append(Api(service, database, broker, **env))
        return made[-1]

    try:
        yield make
    finally:
        for one in made:
            one.close()


@contextmanager
def running_city(
    database: str, mosquitto: Mosquitto, service: Callable[..., Service], api: Callable[..., Api]
) -> Iterator[City]:
    """A running city of five sensors."""
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, SENSORS)
    env = {"IOC_DATABASE_URL": database, "IOC_MQTT_URL": mosquitto.url, "IOC_INGEST_CANARY_S": "0.5"}
    collector = service("ingest", "run", env=env)
    one = api(database, mosquitto.url, IOC_OPEN_RATE="1000000")
    publisher = Publisher(mosquitto.url)
    try:
        until(one.ready, "the way is open", 90)
        yield City(one, collector, publisher, database, mosquitto)
    finally:
        publisher.close()


@pytest.fixture
def api(service: Callable[..., Service]) -> Iterator[Callable[..., Api]]:
    """Start the API: ``api(database_url, broker_url, IOC_…="…")``."""
    with apis(service) as make:
        yield make


@pytest.fixture
def city(
    database: str, mosquitto: Mosquitto, service: Callable[..., Service], api: Callable[..., Api]
) -> Iterator[City]:
    """A city of the test's own."""
    with running_city(database, mosquitto, service, api) as city:
        yield city


@pytest.fixture(scope="module")
def shared_city(
    postgres: Postgres, installed: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    """A city for tests that leave nothing in it that another would look at."""
    with (
        fresh_database(postgres) as database,
        running_mosquitto(installed) as mosquitto,
        services(tmp_path_factory.mktemp("city")) as service,
        apis(service) as api,
        running_city(database, mosquitto, service, api) as city,
    ):
        yield city
