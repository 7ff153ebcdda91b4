"""HTTPS, proxies, both families of addresses: what is on the wire, seen from outside."""

from __future__ import annotations

import os
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2 as httpx
import pytest

from infra.devices.authority import Authority
from infra.servers import Postgres, ports
from tests.fix_api import TOKEN, Api, Live, apis
from tests.fix_servers import fresh_database, services
from tests.service import until

#: Nothing listens there: none of this needs a broker.
NO_BROKER = "mqtt://127.0.0.1:9"
AUTH = {"Authorization": f"Bearer {TOKEN}"}


def write(signed: object, folder: Path) -> tuple[Path, Path]:
    """A certificate and its key as files, each renamed into its place."""
    paths = folder / "api.crt", folder / "api.key"
    for path, data in zip(paths, (signed.certificate, signed.key), strict=True):  # type: ignore[attr-defined]
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
            socket.create_connection((host, self.port), timeout=10) as plain,
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
        IOC_TLS_CERT=str(certificate), IOC_TLS_KEY=str(key),
    )  # fmt: skip
    return Https(api, port, plain, authority, folder)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_https_for_api_and_socket_by_both_families(https: Https, host: str) -> None:
    url = f"https://{f'[{host}]' if ':' in host else host}:{https.port}"
    with httpx.Client(base_url=url, verify=https.context(), headers=AUTH) as http:
        answer = http.get("/api/v1/zones", params={"limit": 1})
        assert answer.status_code == 200
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
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
    with httpx.Client(base_url=f"http://127.0.0.1:{https.plain}") as plain:
        page = plain.get("/alerts?sort=age")
        assert page.status_code == 308
        assert page.headers["location"] == f"https://127.0.0.1:{https.port}/alerts?sort=age"
        # A token that was sent in plain text is not helped along.
        assert plain.get("/api/v1/zones", headers=AUTH).status_code == 403
        assert plain.post("/api/v1/session", json={"code": "x"}).status_code == 403
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{https.port}/healthz")
    assert httpx.get(f"http://[::1]:{https.plain}/").status_code == 308


def test_a_renewed_certificate_is_taken_while_it_runs(https: Https) -> None:
    def shown() -> bytes:
        return https.shake("127.0.0.1")[1]

    before = shown()
    renewed = https.authority.server(["localhost", "127.0.0.1", "::1"], timedelta(days=200))
    (https.folder / "api.crt").write_bytes(b"half a certificate")
    until(lambda: "certificate_not_taken" in https.api.service.text, "what is wrong is said")
    assert shown() == before
    write(renewed, https.folder)
    until(lambda: shown() != before, "the renewed one is shown")


@dataclass
class Relayed:
    """An API behind a proxy of this machine that it trusts, and that passes requests on for whoever it says."""

    api: Api

    def client(self, address: str, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.api.url, headers={"X-Forwarded-For": address, **headers}, timeout=15)


@pytest.fixture(scope="module")
def relayed(start: Callable[..., Api], database: str) -> Relayed:
    return Relayed(start(database, NO_BROKER, IOC_TRUSTED_PROXIES="127.0.0.1,::1", IOC_ADDRESS_RATE="2"))


def test_a_trusted_proxy_says_who_asks_and_by_what(relayed: Relayed) -> None:
    with relayed.client("203.0.113.5") as http:
        assert http.get("/metrics").status_code == 401
        assert "strict-transport-security" not in http.get("/healthz").headers
        assert "strict-transport-security" in http.get("/healthz", headers={"X-Forwarded-Proto": "https"}).headers
    # The last one that is not trusted counts, whatever somebody has put before it.
    with relayed.client("127.0.0.1, 203.0.113.6, 127.0.0.1") as http:
        assert http.get("/metrics").status_code == 401


def test_without_trust_nobodys_word_counts(https: Https) -> None:
    url = f"https://127.0.0.1:{https.port}"
    with httpx.Client(base_url=url, verify=https.context()) as http:
        assert http.get("/metrics").status_code == 200
        # It would be anybody's question behind a proxy that nobody has told us of.
        assert http.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401
        until(lambda: "proxy_not_trusted" in https.api.service.text, "it is said")


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
