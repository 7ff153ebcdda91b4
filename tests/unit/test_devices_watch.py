"""The broker's log as facts, by lines that mosquitto 2.0.21 has written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from infra.devices.authority import Authority
from infra.devices.watch import Watch, sensor_of
from infra.errors import ConfigError

AT = "2026-11-23T09:46:15Z: "


def come(client: str, address: str, user: str = "") -> list[str]:
    said = f"New client connected from {address}:53097 as {client} (p5, c1, k20, u'{user or client}')."
    return [f"{AT}New connection from {address}:53097 on port 8883.", AT + said]


def again(client: str) -> str:
    return f"{AT}Client {client} already connected, closing old connection."


def test_who_is_let_in_is_a_login_and_services_are_none() -> None:
    seen = Watch().read([*come("x/y/A", "::1"), *come("ingest-1", "127.0.0.1", "ioc")])
    assert [(i.user_name, i.address) for i in seen.logins] == [("x/y/A", "::1")]
    assert not seen.facts


def test_a_device_on_the_services_listener_is_seen_whatever_it_calls_itself() -> None:
    watch = Watch()
    watch.read(come("ingest-1", "127.0.0.1", "ioc"))
    (fact,) = watch.read([again("ingest-1"), *come("ingest-1", "127.0.0.1", "x/y/A")]).facts
    assert (fact.kind, fact.sensor_id, fact.client, fact.address) == ("taken_over", "A", "ingest-1", "127.0.0.1")


def test_a_denied_topic_is_its_users() -> None:
    watch = Watch()
    watch.read(come("x/y/A", "10.0.0.7"))
    (fact,) = watch.read(
        [
            f"{AT}Received PUBLISH from x/y/A (d0, q1, r0, m2, 'ioc/v1/x/y/A/telemetry', ... (1 bytes))",
            f"{AT}Denied PUBLISH from x/y/A (d0, q1, r0, m3, 'it's, ... (x/B', ... (1 bytes))",
        ]
    ).facts
    assert (fact.kind, fact.sensor_id, fact.address, fact.topic) == (
        "denied_topic", "A", "10.0.0.7", "it's, ... (x/B",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "denied"),
    [("#", True), ("$SYS/#", True), ("ioc/v1/+/+/B/command", True), ("ioc/v1/+/+/A/command", False)],
)
def test_a_subscription_to_what_is_not_its_own(topic: str, denied: bool) -> None:
    seen = Watch().read([*come("A", "10.0.0.7"), f"{AT}A 1 {topic}"])
    assert [f.kind for f in seen.facts] == ["denied_subscription"] * denied


def test_one_credential_on_two_addresses() -> None:
    lines = [*come("A", "10.0.0.7"), again("A"), *come("A", "10.0.0.8")]
    (fact,) = Watch().read(lines).facts
    assert (fact.kind, fact.detail) == ("two_addresses", "10.0.0.7 and 10.0.0.8")


def test_a_line_that_broke_is_nothing_and_five_within_a_minute_are_something() -> None:
    watch = Watch()
    watch.read(come("A", "10.0.0.7"))
    found = [watch.read([again("A"), *come("A", "10.0.0.7")]).facts for _ in range(5)]
    assert [len(f) for f in found] == [0, 0, 0, 0, 1]
    assert found[-1][0].kind == "taken_over"


def test_a_refused_credential_has_the_address_of_the_only_one_that_was_not_let_in() -> None:
    watch = Watch()
    refused = [f"{AT}New connection from 10.0.0.9:49091 on port 8883.", f"{AT}Client A disconnected, not authorised."]
    (fact,) = watch.read([*come("B", "10.0.0.7"), *refused]).facts
    assert (fact.kind, fact.sensor_id, fact.client, fact.address) == ("refused", None, "A", "10.0.0.9")


def test_names_of_users() -> None:
    assert [sensor_of(u) for u in ("A", "bac_giang/traffic/A", "ioc", "no name")] == ["A", "A", None, None]


# Keys of devices' signing requests


def request_of(key: Any, signs: Any = hashes.SHA256) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "whatever")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, signs() if signs else None)
    return made.public_bytes(serialization.Encoding.PEM)


def test_only_strong_keys_of_devices_are_certified(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    authority.make()
    good = (ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1()),
            rsa.generate_private_key(65537, 3072))  # fmt: skip
    for key in good:
        made = x509.load_pem_x509_certificate(authority.device_of_request("C", request_of(key)).certificate)
        assert made.public_key() == key.public_key()
    weak: tuple[tuple[Any, Any], ...] = (
        (rsa.generate_private_key(65537, 2048), hashes.SHA256),
        (ec.generate_private_key(ec.SECP256K1()), hashes.SHA256),
        (ec.generate_private_key(ec.SECP224R1()), hashes.SHA256),
        (ed25519.Ed25519PrivateKey.generate(), None),
    )
    for key, signs in weak:
        with pytest.raises(ConfigError, match=r"EC P-256, EC P-384, hoặc RSA từ 3072 bit / .*RSA of 3072"):
            authority.device_of_request("C", request_of(key, signs))
