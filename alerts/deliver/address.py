"""Where webhooks may lead: out of the house. Looked up once, checked, and connected to as checked.

Refused: loopback, private, link-local (metadata services), shared, multicast, unspecified and reserved addresses, and
such ones wrapped into IPv6; unless IOC_WEBHOOK_ALLOW names the host or the network. What the name says later does not
matter (rebinding): the connection goes to the address that was checked. Redirects are not followed (http.py).
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from infra.errors import ConfigError

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: Addresses of a host, as text.
Resolve = Callable[[str, int], list[str]]

_LONGEST = 2_000
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
#: For protocols and tests, never hosts of the internet; not all versions of Python know them as such (RFC 6890).
_SPECIAL = tuple(
    ipaddress.ip_network(n)
    for n in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "100::/64", "3fff::/20", "5f00::/16")
)
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")


class Refused(Exception):
    """The address must not be called; both sentences say why and what to do."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(f"{vi} / {en}")
        self.vi = vi
        self.en = en


class Unresolved(Exception):
    """The name cannot be looked up now."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What IOC_WEBHOOK_ALLOW lets through."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def address(self, host: str, ip: Ip) -> bool:
        """Whether this address of this host is named."""
        return host in self.hosts or any(ip in n for n in self.networks if n.version == ip.version)

    def may_name(self, host: str) -> bool:
        """Whether the host is named, or its addresses may turn out to be: what is known before it is looked up."""
        try:
            ip = ipaddress.ip_address(host)
        except ValueError:
            return host in self.hosts or bool(self.networks)
        return self.address(host, ip) or self.address(host, _wrapped(ip))


def allowed(setting: str) -> Allowed:
    """Read the setting; ConfigError names what is neither a host nor a network."""
    hosts, networks = set(), []
    for part in (p.strip().lower() for p in setting.split(",")):
        if not part:
            continue
        try:
            networks.append(ipaddress.ip_network(part, strict=False))
            continue
        except ValueError:
            pass
        if "/" in part or ":" in part or not part.isascii() or any(c.isspace() for c in part):
            raise ConfigError(
                f"IOC_WEBHOOK_ALLOW: {part!r} is neither a host's name nor a network such as 10.20.0.0/16"
            )
        hosts.add(part.rstrip("."))
    return Allowed(frozenset(hosts), tuple(networks))


@dataclass(frozen=True, slots=True)
class Vetted:
    """A URL and the addresses that it may be connected to."""

    url: str
    host: str
    port: int
    tls: bool
    addresses: tuple[str, ...] = field(repr=False)


def _wrapped(ip: Ip) -> Ip:
    """The IPv4 address that an IPv6 one stands for, else itself."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip.sixtofour is not None:
            return ip.sixtofour
        if ip.teredo is not None:
            return ip.teredo[1]
        if ip in _NAT64 or int(ip) < 1 << 32:
            return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip


def inside(ip: Ip) -> bool:
    """Whether an address is not one of the public internet."""
    if isinstance(ip, ipaddress.IPv6Address) and (ip in _LOCAL_NAT64 or ip.is_site_local):
        return True
    real = _wrapped(ip)
    return (
        not real.is_global
        or real.is_multicast
        or real.is_reserved
        or real.is_unspecified
        or any(one in n for n in _SPECIAL for one in (ip, real) if one.version == n.version)
        or (isinstance(ip, ipaddress.IPv6Address) and (ip.is_loopback or ip.is_unspecified))
    )


def look_up(host: str, port: int, within_s: float = 5.0) -> list[str]:
    """The addresses of a host as the system finds them; Unresolved after a time (a name server that hangs)."""
    found: list[str] = []
    failed: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found.extend(str(a[4][0]) for a in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as e:
            failed.append(e)

    asking = threading.Thread(target=ask, daemon=True, name="look-up")
    asking.start()
    asking.join(within_s)
    if not found:
        raise Unresolved(f"{host}: {failed[0] if failed else 'no answer'}")
    return list(dict.fromkeys(found))


def check(url: str) -> tuple[str, int, bool]:
    """Host, port and whether TLS of a URL; Refused where it is none that a webhook may have. Asks no name server."""
    if len(url) > _LONGEST or not url.isascii() or any(c.isspace() or not c.isprintable() or c == "\\" for c in url):
        raise Refused(
            "Địa chỉ webhook quá dài hoặc có ký tự ngoài ASCII; hãy nhập lại dạng https://ten-mien/duong-dan.",
            "The address is too long or has characters beyond ASCII; give it as https://host/path.",
        )
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in ("https", "http") or not host or port == 0 or "%" in host:
        raise Refused(
            "Địa chỉ webhook phải có dạng https://ten-mien/duong-dan.",
            "The address must look like https://host/path.",
        )
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused(
            "Địa chỉ webhook không được chứa tên đăng nhập, mật khẩu hay dấu #; hãy dùng khóa ký.",
            "The address must not hold a user, a password or a #fragment; use the signing secret.",
        )
    return host, port or (443 if parts.scheme == "https" else 80), parts.scheme == "https"


def plain_http() -> Refused:
    """What is said of http to a host that is not named."""
    return Refused(
        "Webhook phải dùng https; http chỉ dùng được với máy có trong IOC_WEBHOOK_ALLOW.",
        "A webhook must use https; http is only for hosts in IOC_WEBHOOK_ALLOW.",
    )


def vet(url: str, allow: Allowed, resolve: Resolve = look_up) -> Vetted:
    """The URL with the addresses it may be connected to; Refused, or Unresolved."""
    host, port, tls = check(url)
    if not tls and not allow.may_name(host):
        raise plain_http()
    addresses = resolve(host, port)
    ips = []
    for text in addresses:
        try:
            ips.append(ipaddress.ip_address(text.partition("%")[0]))
        except ValueError as e:
            raise Unresolved(f"{host}: {e}") from None
    if not ips:
        raise Unresolved(f"{host}: no address")
    named = all(allow.address(host, ip) or allow.address(host, _wrapped(ip)) for ip in ips)
    if not named and any(inside(ip) and not allow.address(host, ip) for ip in ips):
        raise Refused(
            "Địa chỉ này nằm trong mạng nội bộ nên không được gọi; nếu đúng là cần, hãy thêm vào IOC_WEBHOOK_ALLOW.",
            "This address lies inside the network and is not called; if it must be, add it to IOC_WEBHOOK_ALLOW.",
        )
    if not tls and not named:
        raise plain_http()
    return Vetted(url, host, port, tls, tuple(str(ip) for ip in ips))
