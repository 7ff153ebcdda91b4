"""HTTPS, proxies, both families of addresses: what is on the wire, seen from outside."""

from __future__ import annotations

import gc
import os
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2 as httpx
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from infra import db, mqtt, settings
from infra.devices.authority import Authority, write_private
from infra.errors import Unavailable
from infra.servers import Devices, Installation, Mosquitto, Postgres, ports
from infra.servers.owner import give, other_user
from tests.fix_api import TOKEN, Api, Live, apis
from tests.fix_servers import folder, fresh_database, running_mosquitto, services
from tests.service import until

#: Nothing listens there: none of this needs a broker.
NO_BROKER = "mqtt://127.0.0.1:9"
AUTH = {"Authorization": f"Bearer {TOKEN}"}


def write(signed: object, folder: Path) -> tuple[Path, Path]:
    """A certificate and its key as files, each renamed into its place."""
    paths = folder / "api.crt", folder / "api.key"
    for path, data in zip(paths, (signed.certificate, signed.key), strict=True):
        beside = path.with_suffix(".new")
        beside.write_bytes(data)
        beside.rename(path)
    return paths


@dataclass
class Https:
    """An API with a certificate, listening on every address of both families."""

    api: Api
    port: int
    plain: int
    authority: Authority
    folder: Path

    def context(self, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=str(self.authority.certificate_file))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = ssl.TLSVersion.TLSv1
            made.maximum_version = newest
        # What OpenSSL itself would refuse shall not be what refuses.
        made.set_ciphers("DEFAULT:@SECLEVEL=0")
        return made

    def shake(self, host: str, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> tuple[str, bytes]:
        """The version that was agreed upon, and the certificate that was shown (DER)."""
        with (
            socket.create_connection((host, self.port), timeout=60) as plain,
            self.context(newest).wrap_socket(plain, server_hostname=host) as s,
        ):
            return s.version() or "", s.getpeercert(binary_form=True) or b""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Api]]:
    with services(tmp_path_factory.mktemp("wire")) as service, apis(service) as make:
        yield make


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[str]:
    with fresh_database(postgres) as url:
        yield url


@pytest.fixture(scope="module")
def https(start: Callable[..., Api], database: str, tmp_path_factory: pytest.TempPathFactory) -> Https:
    folder = tmp_path_factory.mktemp("certificate")
    authority = Authority(folder / "authority")
    authority.make()
    certificate, key = write(authority.server(["localhost", "127.0.0.1", "::1"]), folder)
    port, plain = (ports.choose(0, what="the API", option="", host="::") for _ in range(2))
    api = start(
        database, NO_BROKER, IOC_HTTP_HOST="::", IOC_HTTP_PORT=str(port), IOC_HTTP_REDIRECT_PORT=str(plain),
        IOC_TLS_CERT=str(certificate), IOC_TLS_KEY=str(key), IOC_HSTS="max-age=60; includeSubDomains",
    )  # fmt: skip
    return Https(api, port, plain, authority, folder)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_https_for_api_and_socket_by_both_families(https: Https, host: str) -> None:
    url = f"https://{f'[{host}]' if ':' in host else host}:{https.port}"
    with httpx.Client(base_url=url, verify=https.context(), headers=AUTH, timeout=60) as http:
        answer = http.get("/api/v1/zones", params={"limit": 1})
        assert answer.status_code == 200
        assert answer.headers["strict-transport-security"] == "max-age=60; includeSubDomains"
    live = Live(url, ssl=https.context())
    try:
        assert live.welcome["type"] == "welcome"
    finally:
        live.close()


def test_tls_1_2_is_the_oldest(https: Https) -> None:
    assert https.shake("127.0.0.1")[0] == "TLSv1.3"
    assert https.shake("::1", ssl.TLSVersion.TLSv1_2)[0] == "TLSv1.2"
    for old in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            https.shake("127.0.0.1", old)


def test_plain_http_is_sent_on_or_refused(https: Https) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{https.plain}", timeout=60) as plain:
        page = plain.get("/alerts?sort=age")
        assert page.status_code == 308
        assert page.headers["location"] == f"https://127.0.0.1:{https.port}/alerts?sort=age"
        # A token that was sent in plain text is not helped along.
        assert plain.get("/api/v1/zones", headers=AUTH).status_code == 403
        assert plain.post("/api/v1/session", json={"code": "x"}).status_code == 403
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{https.port}/healthz", timeout=60)
    assert httpx.get(f"http://[::1]:{https.plain}/", timeout=60).status_code == 308


def test_a_renewed_certificate_is_taken_while_it_runs(https: Https) -> None:
    def shown() -> bytes:
        return https.shake("127.0.0.1")[1]

    before = shown()
    renewed = https.authority.server(["localhost", "127.0.0.1", "::1"], timedelta(days=200))
    (https.folder / "api.crt").write_bytes(b"half a certificate")
    until(lambda: "certificate_not_taken" in https.api.service.text, "what is wrong is said", 60)
    assert shown() == before
    write(renewed, https.folder)
    until(lambda: shown() != before, "the renewed one is shown", 60)


@dataclass
class Relayed:
    """An API behind a proxy of this machine that it trusts, and that passes requests on for whoever it says."""

    api: Api

    def client(self, address: str, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.api.url, headers={"X-Forwarded-For": address, **headers}, timeout=60)


@pytest.fixture(scope="module")
def relayed(start: Callable[..., Api], database: str) -> Relayed:
    return Relayed(start(database, NO_BROKER, IOC_TRUSTED_PROXIES="127.0.0.1,::1", IOC_ADDRESS_RATE="2"))


def test_a_trusted_proxy_says_who_asks_and_by_what(relayed: Relayed) -> None:
    with relayed.client("203.0.113.5") as http:
        assert http.get("/metrics").status_code == 401
        assert "strict-transport-security" not in http.get("/healthz").headers
        said = http.get("/healthz", headers={"X-Forwarded-Proto": "https"}).headers
        assert said["strict-transport-security"] == "max-age=31536000"
    # The last one that is not trusted counts, whatever somebody has put before it.
    with relayed.client("127.0.0.1, 203.0.113.6, 127.0.0.1") as http:
        assert http.get("/metrics").status_code == 401


def test_without_trust_nobodys_word_counts(https: Https) -> None:
    url = f"https://127.0.0.1:{https.port}"
    with httpx.Client(base_url=url, verify=https.context(), timeout=60) as http:
        assert http.get("/metrics").status_code == 200
        # It would be anybody's question behind a proxy that nobody has told us of.
        assert http.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401
        until(lambda: "proxy_not_trusted" in https.api.service.text, "it is said", 60)


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"IOC_TLS_CERT": "/nowhere.pem"}, "IOC_TLS_KEY is not set"),
        ({"IOC_TLS_CERT": "/nowhere.pem", "IOC_TLS_KEY": "/nowhere.pem"}, "IOC_TLS_CERT: /nowhere.pem cannot be read"),
        ({"IOC_HTTP_REDIRECT_PORT": "80"}, "IOC_HTTP_REDIRECT_PORT needs IOC_TLS_CERT"),
        ({"IOC_TRUSTED_PROXIES": "*"}, "IOC_TRUSTED_PROXIES: '\\*' is no address"),
        ({"IOC_TRUSTED_PROXIES": "::/0"}, "is everybody"),
    ],
)
def test_a_bad_setting_is_said(env: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from infra.errors import ConfigError
    from ioc_api.cli import run

    for name in [n for n in os.environ if n.startswith("IOC_")]:
        monkeypatch.delenv(name)
    given = {"IOC_DATABASE_URL": "postgresql://127.0.0.1/x", "IOC_MQTT_URL": NO_BROKER, "IOC_API_TOKEN": "t", **env}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=words):
        run()


# The database and the broker


@pytest.fixture
def tls_database(postgres: Postgres, tmp_path: Path) -> Iterator[tuple[Postgres, Authority]]:
    """The database with a certificate for this machine, for the time of a test."""
    authority = Authority(tmp_path / "authority")
    authority.make()
    signed = authority.server(["localhost", "127.0.0.1", "::1"])
    files = {"ssl_cert_file": signed.certificate, "ssl_key_file": signed.key}
    with psycopg.connect(postgres.url, autocommit=True) as conn:
        for name, data in files.items():
            path = postgres.folder / f"wire_{name}"
            write_private(path, data)
            give(path, other_user())
            conn.execute(f"ALTER SYSTEM SET {name} = '{path}'")
        conn.execute("ALTER SYSTEM SET ssl = on")
        conn.execute("SELECT pg_reload_conf()")
        until(lambda: conn.execute("SHOW ssl").fetchone() == ("on",), "it speaks TLS")
        yield postgres, authority
        for name in ("ssl", *files):
            conn.execute(f"ALTER SYSTEM RESET {name}")
        conn.execute("SELECT pg_reload_conf()")
        until(lambda: conn.execute("SHOW ssl").fetchone() == ("off",), "it is as it was")


def test_the_database_by_tls(
    tls_database: tuple[Postgres, Authority], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, authority = tls_database
    for host in ("127.0.0.1", "[::1]", "localhost"):
        # What the settings make of a URL with a file of authorities.
        monkeypatch.setenv("IOC_DATABASE_URL", server.url.replace("127.0.0.1", host))
        monkeypatch.setenv("IOC_DATABASE_CA_FILE", str(authority.certificate_file))
        with db.connect(settings.load().database_url, application="test") as conn:
            row = conn.execute("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
            assert row == (True, "TLSv1.3")
    stranger = Authority(tmp_path / "stranger")
    stranger.make()
    url = settings.load().database_url.replace(str(authority.certificate_file), str(stranger.certificate_file))
    with pytest.raises(Unavailable, match="certificate verify failed"):
        db.connect(url, application="test")
    old = settings.load().database_url + "&ssl_min_protocol_version=TLSv1&ssl_max_protocol_version=TLSv1.1"
    with pytest.raises(Unavailable, match=r"protocol|no protocols"):
        db.connect(old, application="test")
    # A name that the certificate is not for.
    elsewhere = settings.load().database_url.replace("localhost", "db.example.vn") + "&hostaddr=127.0.0.1"
    with pytest.raises(Unavailable, match="does not match host name"):
        db.connect(elsewhere, application="test")


def test_database_and_broker_by_ipv6(database: str, installed: Installation) -> None:
    with db.connect(database.replace("127.0.0.1", "[::1]"), application="test") as conn:
        assert conn.execute("SELECT host(inet_client_addr())").fetchone() == ("::1",)
    with running_mosquitto(installed) as broker:
        mqtt.probe(broker.url.replace("127.0.0.1", "[::1]"))
        mqtt.probe(broker.url)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves the refused socket
def test_the_broker_by_tls(installed: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path / "authority")
    with folder() as place:
        broker = Mosquitto(
            installed, place / "mosquitto", password="p", log=place / "log", devices=Devices(authority)
        )  # fmt: skip
        broker.start()
        try:
            assert broker.devices
            for host in ("127.0.0.1", "[::1]", "localhost"):
                monkeypatch.setenv("IOC_MQTT_URL", f"mqtts://ioc:p@{host}:{broker.devices.port}")
                monkeypatch.setenv("IOC_MQTT_CA_FILE", str(authority.certificate_file))
                mqtt.probe(settings.load().mqtt_url)
            monkeypatch.delenv("IOC_MQTT_CA_FILE")
            with pytest.raises(Unavailable, match="certificate verify failed"):
                mqtt.probe(settings.load().mqtt_url)
        finally:
            broker.stop()
    gc.collect()  # here, where it is expected, and not in some later test


# Limits


def test_limits_are_told_and_others_lose_nothing(relayed: Relayed) -> None:
    flooder, neighbour = relayed.client("203.0.113.9"), relayed.client("203.0.113.10")
    with flooder, neighbour:
        # There is room for two more each second: a slow machine takes some more to be refused.
        asked = (flooder.get("/readyz") for _ in range(2_000))
        refused = next(answer for answer in asked if answer.status_code == 429)
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.headers["content-type"] == "application/problem+json"
        assert flooder.get("/healthz").status_code == 200
        assert neighbour.get("/api/v1/zones", headers=AUTH).status_code == 200
    mine = {**AUTH, "X-Forwarded-For": "203.0.113.9"}

    def refused_again() -> bool:
        # On a slow machine there is room again by the time the socket comes.
        with relayed.client("203.0.113.9") as again:
            while again.get("/readyz").status_code != 429:
                pass
        with (
            pytest.raises(ConnectionClosed) as end,
            connect(
                relayed.api.url.replace("http", "ws", 1) + "/api/v1/live", additional_headers=mine, open_timeout=60
            ) as live,
        ):
            live.recv(60)
        return end.value.rcvd is not None and end.value.rcvd.code == 4013

    until(refused_again, "the flooder's socket is refused", 60)


def test_what_is_too_large(relayed: Relayed) -> None:
    url = "/api/v1/observations/query"
    with httpx.Client(base_url=relayed.api.url, headers=AUTH, timeout=60) as http:
        for large in (b" " * 3_000_000, iter([b" " * 100_000] * 30)):
            answer = http.post(url, content=large, headers={"content-type": "application/json"})
            assert answer.status_code == 413
            assert "1,048,576" in answer.json()["detail"]
        deep = http.post(url, content=b"[" * 100_000, headers={"content-type": "application/json"})
        assert deep.status_code == 422
        for many in ({"x-long": "x" * 70_000}, {f"x-{i}": "x" for i in range(120)}):
            answer = http.get("/api/v1/zones", headers=many)
            assert answer.status_code == 431
            assert "are possible" in answer.json()["detail"]
        assert http.get("/api/v1/zones", params={"token": TOKEN}).status_code == 400
        assert http.get("/healthz").status_code == 200


def test_frames_are_bounded_and_addresses_of_sockets_hold_no_token(relayed: Relayed) -> None:
    large = relayed.api.live()
    large.send({"id": 2, "type": "ping", "t": "x" * 70_000})
    deep = relayed.api.live()
    deep.send('{"id": 2, "type": ' + "[" * 60_000)
    assert deep.read()["type"] == "error"
    deep.send({"type": "ping", "t": 1})
    assert deep.until(lambda f: f["type"] == "pong", "it answers")
    with pytest.raises(ConnectionClosed) as end:
        large.until(lambda _: False, "it is closed")
    assert end.value.rcvd
    assert end.value.rcvd.code == 1009
    with (
        pytest.raises(ConnectionClosed) as end,
        connect(relayed.api.url.replace("http", "ws", 1) + f"/api/v1/live?token={TOKEN}", open_timeout=60) as live,
    ):
        live.recv(60)
    assert end.value.rcvd
    assert end.value.rcvd.code == 4400
