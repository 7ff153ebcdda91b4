"""Secrets are made once and belong to their readers; a container's health is that of its service."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.deploy import probe, secrets
from infra.mqtt import parse_url
from infra.settings import Settings


class Installation:
    """Three volumes, and to whom each file was given."""

    def __init__(self, folder: Path) -> None:
        self.secrets, self.users, self.authority = (folder / name for name in ("secrets", "users", "authority"))
        for volume in (self.secrets, self.users, self.authority):
            volume.mkdir()
        self.owners: dict[str, int] = {}

    def make(self) -> dict[str, str]:
        secrets.make(self.secrets, self.users, self.authority, self._give)
        return {p.name: p.read_text(encoding="utf-8") for p in self.files()}

    def files(self) -> list[Path]:
        found = [p for f in (self.secrets, self.users) for p in f.iterdir()]
        return [p for p in [*found, self.authority / "ca.key"] if p.is_file()]

    def _give(self, path: Path, uid: int) -> None:
        self.owners[path.name.removeprefix(".").removesuffix(".new")] = uid


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def test_secrets_are_made_once(installation: Installation) -> None:
    first = installation.make()
    assert set(first) == {
        "database_password", "database_url", "mqtt_url", "api_token", "keeper_database_url", "keeper_mqtt_url",
        "passwords", "acl", "ca.crt", "server.crt", "server.key", "revoked.pem", "ca.key",
    }  # fmt: skip
    again = installation.make()
    assert {k: v for k, v in again.items() if k != "passwords"} == {k: v for k, v in first.items() if k != "passwords"}
    assert first["database_password"].strip() in first["database_url"]
    assert first["keeper_database_url"] == first["database_url"]
    assert first["keeper_mqtt_url"] == first["mqtt_url"]
    assert len(set(first.values())) == len(first) - 2


def test_secrets_belong_to_their_readers_and_to_nobody_else(installation: Installation) -> None:
    installation.make()
    for file in installation.files():
        assert file.stat().st_mode & 0o777 == 0o600
    for folder in (installation.users, installation.users / "added", installation.authority):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert installation.owners == {
        "database_password": secrets.ROOT, "database_url": secrets.SERVICES, "mqtt_url": secrets.SERVICES,
        "api_token": secrets.SERVICES,
        **dict.fromkeys(("keeper_database_url", "keeper_mqtt_url"), secrets.BROKER),
        **dict.fromkeys(("users", "added", "authority", "passwords", "acl", "ca.key", "revoked.pem"), secrets.BROKER),
        **dict.fromkeys(("ca.crt", "server.crt", "server.key"), secrets.BROKER),
    }  # fmt: skip


def test_devices_keep_their_passwords_and_the_services_line_follows_its_url(installation: Installation) -> None:
    installation.make()
    passwords = installation.users / "passwords"
    with passwords.open("a", encoding="utf-8") as f:
        f.write("BG-1:$7$hash\n")
    (installation.secrets / "mqtt_url").write_text("mqtt://ioc:chosen@mosquitto:1883\n", encoding="utf-8")
    lines = installation.make()["passwords"].splitlines()
    assert [line.split(":")[0] for line in lines] == ["ioc", "BG-1"]
    assert "chosen" not in lines[0]


def test_urls_are_taken_by_the_settings(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    installation.make()
    monkeypatch.delenv("IOC_MQTT_URL", raising=False)
    monkeypatch.setenv("IOC_MQTT_URL_FILE", str(installation.secrets / "mqtt_url"))
    monkeypatch.setenv("IOC_PLAIN_HOSTS", "timescaledb,mosquitto")  # as docker-compose.yml has it
    broker = parse_url(Settings().mqtt_url)
    assert (broker.host, broker.port, broker.user) == ("mosquitto", 1883, "ioc")


@pytest.fixture
def serve() -> Iterator[object]:
    """serve(status, body) -> port of a server that answers so to everything."""
    servers = []

    def start(status: int, body: str) -> int:
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("age", "said"),
    [("0.4", ""), ("-1.0", "no canary has come back yet"), ("31.2", "the newest canary is 31 s old")],
)
def test_the_collector_is_as_healthy_as_its_canary_is_young(age: str, said: str, serve) -> None:
    body = f'# TYPE x gauge\nioc_ingest_canary_age_seconds{{collector="ingest-1"}} {age}\n'
    assert probe.trouble("ingest", Settings(ingest_metrics_port=serve(200, body))) == said


def test_the_api_is_healthy_when_it_answers(serve) -> None:
    assert probe.trouble("api", Settings(http_port=serve(200, "{}"))) == ""
    assert "500" in probe.trouble("api", Settings(http_port=serve(500, "")))
    assert "no answer" in probe.trouble("ingest", Settings(ingest_metrics_port=1))
