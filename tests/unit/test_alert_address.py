"""Where webhooks may lead: nothing inside the network, however it is written."""

from __future__ import annotations

import contextlib
import socket
from types import SimpleNamespace

import pytest

from alerts.deliver import address
from alerts.deliver.address import Refused, Unresolved, allowed, look_up, vet
from alerts.deliver.channels import webhook
from infra.errors import ConfigError

NOBODY = allowed("")
PUBLIC = "93.184.216.34"


def says(*addresses: str) -> address.Resolve:
    return lambda host, port: list(addresses)


def numeric(host: str, port: int) -> list[str]:
    """As the system reads an address that is written as numbers; never asks a name server."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=0)
    return [str(a[4][0]) for a in found]


@pytest.mark.parametrize(
    "inner",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::", "2001:0:0:0:0:0:80ff:fffe",
        "2001:db8::1",
    ],
)  # fmt: skip
def test_nothing_inside_is_called(inner: str) -> None:
    with pytest.raises(Refused):
        vet("https://hook.example.vn/x", NOBODY, says(inner))


def test_one_address_inside_is_enough_to_refuse() -> None:
    with pytest.raises(Refused):
        vet("https://hook.example.vn/x", NOBODY, says(PUBLIC, "10.0.0.1"))


@pytest.mark.parametrize("outer", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_the_internet_is_called(outer: str) -> None:
    assert vet("https://hook.example.vn/x", NOBODY, says(outer)).addresses == (outer,)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.1", "0", "[::ffff:7f00:1]", "[::1]", "[::]"]
)
def test_numbers_written_otherwise_are_seen_through(host: str) -> None:
    with pytest.raises((Refused, Unresolved, OSError)):
        vet(f"https://{host}/x", NOBODY, numeric)


@pytest.mark.parametrize(
    "url",
    [
        "", "hook", "ftp://e.vn/", "file:///etc/passwd", "https://", "https:///x", "//e.vn/x", "gopher://e.vn/",
        "https://user:pw@e.vn/", "https://e.vn/#x", "https://e.vn:0/", "https://e.vn:99999/", "https://e.vn/a b",
        "https://e.vn/\r\nHost: x", "https://e.vn\\@10.0.0.1/", "https://[fe80::1%25eth0]/", "https://[::1/",
        "https://tên.vn/", "https://e.vn/" + "a" * 3000,
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_webhook(url: str) -> None:
    with pytest.raises(Refused) as refused:
        vet(url, NOBODY, says(PUBLIC))
    assert refused.value.vi
    assert refused.value.en


def test_http_only_for_those_that_are_named() -> None:
    with pytest.raises(Refused, match="https"):
        vet("http://hook.example.vn/x", NOBODY, says(PUBLIC))
    vet("http://hook.example.vn/x", allowed("hook.example.vn"), says("10.0.0.1"))


def nobody_knows(host: str, port: int) -> list[str]:
    raise Unresolved(host)


@pytest.mark.parametrize(
    ("url", "setting", "refused"),
    [
        ("http://gone.example.vn/x", "", True), ("http://gone.example.vn/x", "other.example.vn", True),
        ("http://gone.example.vn/x", "10.20.0.0/16", True), ("http://10.21.0.1/x", "10.20.0.0/16", True),
        ("http://gone.example.vn/x", "gone.example.vn", False), ("https://gone.example.vn/x", "", False),
    ],
)  # fmt: skip
def test_http_to_a_name_that_cannot_be_looked_up_is_not_kept(url: str, setting: str, refused: bool) -> None:
    ways = SimpleNamespace(allowed=allowed(setting), resolve=nobody_knows)
    channel = SimpleNamespace(address=url, secret="")
    with pytest.raises(Refused, match="https") if refused else contextlib.nullcontext():
        webhook.check(ways, channel)


def test_http_to_a_host_that_is_not_named_is_refused_before_it_is_looked_up() -> None:
    with pytest.raises(Refused, match="https"):
        vet("http://gone.example.vn/x", allowed("other.example.vn"), nobody_knows)
    assert vet("http://a.vn/", allowed("10.20.0.0/16"), says("10.20.3.4")).addresses == ("10.20.3.4",)


def test_the_allow_list_names_hosts_and_networks() -> None:
    allow = allowed(" 10.20.0.0/16, Intern.Example.vn ,fd00:1::/64,")
    vet("https://a.vn/", allow, says("10.20.3.4"))
    vet("https://a.vn/", allow, says("::ffff:10.20.3.4"))
    vet("https://a.vn/", allow, says("fd00:1::5"))
    vet("https://INTERN.example.vn./", allow, says("192.168.0.9"))
    for other in ("10.21.0.1", "fd00:2::5", "127.0.0.1"):
        with pytest.raises(Refused):
            vet("https://a.vn/", allow, says(other))
    with pytest.raises(Refused):
        vet("https://a.vn/", allow, says("10.20.3.4", "10.21.0.1"))


@pytest.mark.parametrize("bad", ["10.0.0.0/99", "http://e.vn", "a b", "máy.vn", "e.vn:443"])
def test_an_allow_list_that_is_none(bad: str) -> None:
    with pytest.raises(ConfigError, match="IOC_WEBHOOK_ALLOW"):
        allowed(bad)


def test_a_name_that_says_something_else_later_is_connected_to_as_checked() -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    vetted = vet("https://rebind.example.vn/", NOBODY, lambda host, port: next(answers))
    assert vetted.addresses == (PUBLIC,)


def test_a_name_without_addresses() -> None:
    with pytest.raises(Unresolved):
        vet("https://a.vn/", NOBODY, says())
    with pytest.raises(Unresolved):
        look_up("name.invalid", 443)
