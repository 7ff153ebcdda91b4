"""Servers on other machines are spoken to by TLS with their certificate checked, or not at all.

A URL whose host is this machine is used as it is given. One that leads elsewhere gets what is missing for TLS (a
database), or is refused in a sentence where it asks for less. A network that is nobody else's (the containers' of one
machine) is named in IOC_PLAIN_HOSTS.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote, urlsplit

from infra.errors import ConfigError

Exempt = Callable[[str], bool]
#: Where a system that we do not know otherwise keeps whom it trusts.
_SYSTEM = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def plain_hosts(listed: str) -> Exempt:
    """Whether a host may be spoken to without TLS, by a list of names, addresses and networks (CIDR). ConfigError."""
    names: set[str] = set()
    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
    for one in (part.strip().lower() for part in listed.split(",")):
        if "/" in one:
            try:
                networks.append(ipaddress.ip_network(one))
            except ValueError:
                raise ConfigError(f"IOC_PLAIN_HOSTS: {one!r} is no network: write it as in 10.0.0.0/24") from None
        elif one:
            names.add(one.strip("[]"))

    def exempt(host: str) -> bool:
        if host.lower() in names:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in networks)

    return exempt


def is_here(host: str) -> bool:
    """Whether a host is this machine: the loopback, its names, a socket in the file system."""
    host = host.strip("[]").lower().rstrip(".")
    if not host or host.startswith(("/", "@")) or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def listens_beyond(host: str) -> bool:
    """Whether a server that listens there can be reached from other machines; an empty host means every address."""
    return not host or not is_here(host)


def database_url(url: str, exempt: Exempt, authorities: Path | None) -> str:
    """The URL of the database with all that TLS needs; ConfigError where it leads elsewhere and asks for less.

    One that cannot be read is returned as it is: whoever connects says what is wrong with it.
    """
    if not url or (_evidently_here(url) and authorities is None):
        return url
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        said = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return url
    where = str(
        said.get("hostaddr") or said.get("host") or os.environ.get("PGHOSTADDR") or os.environ.get("PGHOST", "")
    )
    mode = str(said.get("sslmode") or os.environ.get("PGSSLMODE", ""))
    far = [host for host in where.split(",") if not is_here(host) and not exempt(host)]
    if far and mode not in ("", "verify-full"):
        raise ConfigError(
            f"IOC_DATABASE_URL: {far[0]} is another machine, and sslmode={mode} would let others on the way read or"
            " pretend to be it: use sslmode=verify-full, or name the host in IOC_PLAIN_HOSTS if its network is yours"
        )
    more = []
    if not mode and (far or authorities):
        more.append("sslmode=verify-full")
    if (far or authorities) and not said.get("sslrootcert") and "PGSSLROOTCERT" not in os.environ:
        more.append(f"sslrootcert={quote(str(authorities or _system()))}")
    return url + ("&" if "?" in url else "?") + "&".join(more) if more else url


def _evidently_here(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and is_here(parts.hostname or "") and "host" not in parts.query
    except ValueError:
        return False


def _system() -> str:
    """The file of authorities that this system trusts: libpq that comes as a wheel does not know where it is."""
    own = ssl.get_default_verify_paths().cafile
    return next((path for path in (own, *_SYSTEM) if path and Path(path).is_file()), "system")


def mqtt_url(url: str, exempt: Exempt, authorities: Path | None) -> str:
    """The URL of the broker, with the file of its authorities; ConfigError where it leads elsewhere without TLS."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return url  # whoever connects says what is wrong with it
    if parts.scheme == "mqtt" and not is_here(host) and not exempt(host):
        raise ConfigError(
            f"IOC_MQTT_URL: {host} is another machine, and mqtt:// sends passwords and readings for all to see: use"
            " mqtts://, or name the host in IOC_PLAIN_HOSTS if its network is yours"
        )
    if parts.scheme == "mqtts" and authorities is not None and "ca=" not in parts.query:
        return url + ("&" if parts.query else "?") + f"ca={quote(str(authorities))}"
    return url


def check_files(files: Iterable[tuple[str, Path | None]]) -> None:
    """ConfigError where a file of authorities cannot be read, by the name of its setting."""
    for name, path in files:
        if path is not None:
            try:
                ssl.create_default_context(cafile=str(path))
            except OSError as e:  # also an SSLError
                raise ConfigError(f"{name}: {path} is no file of certificate authorities (PEM): {e}") from None


def unchecked() -> ssl.SSLContext:
    """TLS to a service of ours on this machine, to ask whether it answers: its certificate is for its public name, and
    nothing is told to it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
