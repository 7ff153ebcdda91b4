"""Servers elsewhere: TLS with a checked certificate is added or demanded, and this machine is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import mqtt, remote, settings
from infra.devices.authority import Authority
from infra.errors import ConfigError

NOBODY = remote.plain_hosts("")


@pytest.fixture(autouse=True)
def _no_settings_of_libpq(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGSSLROOTCERT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST.", "db.localhost", "", "/run/postgresql"]
)
def test_this_machine(host: str) -> None:
    assert remote.is_here(host)


@pytest.mark.parametrize(
    "host",
    ["10.0.0.5", "2001:db8::1", "fe80::1%eth0", "db.example.vn", "localhost.example.vn", "127.0.0.1.nip.io", "0x7f.1"],
)
def test_another_machine(host: str) -> None:
    assert not remote.is_here(host)


@pytest.mark.parametrize(
    "url",
    [
        "", "nonsense", "postgresql://u:p@127.0.0.1:5432/ioc", "postgresql://u:p@[::1]:5432/ioc",
        "postgresql:///ioc?host=/run/postgresql", "postgresql://u:p@localhost/ioc?sslmode=disable",
    ],
)  # fmt: skip
def test_a_database_here_is_left_alone(url: str) -> None:
    assert remote.database_url(url, NOBODY, None) == url


def test_a_database_elsewhere_is_asked_for_a_certificate() -> None:
    made = remote.database_url("postgresql://u:p@db.example.vn/ioc", NOBODY, None)
    assert made.startswith("postgresql://u:p@db.example.vn/ioc?sslmode=verify-full&sslrootcert=")
    own = remote.database_url("postgresql://db.example.vn/ioc?connect_timeout=3", NOBODY, Path("/etc/my ca.pem"))
    assert own.endswith("?connect_timeout=3&sslmode=verify-full&sslrootcert=/etc/my%20ca.pem")
    given = "postgresql://db.example.vn/ioc?sslmode=verify-full&sslrootcert=/etc/ca.pem"
    assert remote.database_url(given, NOBODY, None) == given


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:secret@db.example.vn/ioc?sslmode=", "postgresql://u:secret@127.0.0.1/ioc?host=db.example.vn&sslmode=",
        "postgresql://u:secret@localhost/ioc?hostaddr=10.0.0.5&sslmode=",
    ],
)  # fmt: skip
def test_less_is_refused_elsewhere(url: str, mode: str) -> None:
    with pytest.raises(ConfigError, match="verify-full") as refused:
        remote.database_url(url + mode, NOBODY, None)
    assert "secret" not in str(refused.value)


def test_the_environment_of_libpq_is_no_way_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example.vn")
    monkeypatch.setenv("PGSSLMODE", "disable")
    with pytest.raises(ConfigError):
        remote.database_url("postgresql:///ioc", NOBODY, None)


def test_a_network_of_ones_own() -> None:
    own = remote.plain_hosts("timescaledb, 10.1.0.0/16,2001:db8::/32")
    for host in ("timescaledb", "TIMESCALEDB", "10.1.2.3", "2001:db8::7"):
        assert own(host)
    for host in ("timescaledb.example", "10.2.0.1", "2001:db9::1"):
        assert not own(host)
    url = "postgresql://u:p@timescaledb/ioc"
    assert remote.database_url(url, own, None) == url
    assert remote.mqtt_url("mqtt://u:p@10.1.2.3", own, None) == "mqtt://u:p@10.1.2.3"
    with pytest.raises(ConfigError, match="IOC_PLAIN_HOSTS"):
        remote.plain_hosts("10.1.0.0/99")


def test_a_broker_elsewhere_needs_tls() -> None:
    for url in ("mqtt://u:p@[::1]:1883", "mqtts://u:p@broker.example.vn", "", "nonsense", "mqtts://[::1"):
        assert remote.mqtt_url(url, NOBODY, None) == url
    with pytest.raises(ConfigError, match="mqtts://") as refused:
        remote.mqtt_url("mqtt://u:secret@broker.example.vn", NOBODY, None)
    assert "secret" not in str(refused.value)
    with_own = remote.mqtt_url("mqtts://broker.example.vn", NOBODY, Path("/etc/ca.pem"))
    assert mqtt.parse_url(with_own)[:2] == ("broker.example.vn", 8883)
    assert mqtt.parse_url(with_own).ca == "/etc/ca.pem"


def test_settings_say_it_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IOC_DATABASE_URL", "postgresql://u:p@db.example.vn/ioc")
    monkeypatch.setenv("IOC_MQTT_URL", "mqtts://broker.example.vn")
    assert "sslmode=verify-full" in settings.load().database_url
    monkeypatch.setenv("IOC_MQTT_URL", "mqtt://broker.example.vn")
    with pytest.raises(ConfigError, match="IOC_MQTT_URL"):
        settings.load()
    monkeypatch.setenv("IOC_PLAIN_HOSTS", "broker.example.vn")
    ours = Authority(tmp_path / "ca")
    ours.make()
    monkeypatch.setenv("IOC_DATABASE_CA_FILE", str(ours.certificate_file))
    assert str(ours.certificate_file) in settings.load().database_url
    monkeypatch.setenv("IOC_DATABASE_CA_FILE", __file__)
    with pytest.raises(ConfigError, match="IOC_DATABASE_CA_FILE"):
        settings.load()
