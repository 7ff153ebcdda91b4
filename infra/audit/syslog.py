"""Rows of the audit as syslog lines (RFC 5424), and the ways by which they go out.

    unix:/dev/log            this machine's syslog
    udp://HOST[:514]         a datagram a line
    tcp://HOST[:601]         octet counting (RFC 6587)
    tls://HOST[:6514]        the same in TLS (RFC 5425)

A line names the row's number and hash: whoever keeps the lines elsewhere can prove what the chain was.
"""

from __future__ import annotations

import fcntl
import re
import select
import socket
import ssl
import struct
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from infra import remote
from infra.audit.read import Row
from infra.errors import ConfigError

#: Facility "log audit"; severities notice, warning, error.
_FACILITY = 13
_SEVERITY = {"done": 5, "refused": 4, "failed": 3}
#: The number for documentation (RFC 5612): an own one belongs to whoever has one.
_ID = "audit@32473"
#: Receivers must take 480 bytes and should take 2,048 (RFC 5424, 6.1).
MOST_BYTES = 2_048
#: How long connecting, sending, and the receiver's answer that it has it may take.
WAIT_S = 5.0
#: A machine where nobody listens says so within this, of datagrams.
_SAYS_NO_S = 0.02
PORTS = {"udp": 514, "tcp": 601, "tls": 6514}

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]+")


class Target(NamedTuple):
    """Where lines go. ``host`` is a path for ``unix``."""

    way: str
    host: str
    port: int


def parse(url: str, exempt: remote.Exempt) -> Target:
    """What IOC_SYSLOG says; ConfigError where it cannot be, or would send to another machine what anybody can read."""
    wrong = ConfigError("IOC_SYSLOG is one of unix:/dev/log, udp://HOST:514, tcp://HOST:601, tls://HOST:6514")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc:
        return Target("unix", parts.path, 0)
    if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/") or parts.username or port == 0:
        raise wrong
    if parts.scheme != "tls" and not remote.is_here(parts.hostname) and not exempt(parts.hostname):
        raise ConfigError(
            f"IOC_SYSLOG: {parts.scheme}:// to {parts.hostname} could be read on its way: take tls://, or name the host"
            " in IOC_PLAIN_HOSTS if the network is nobody else's"
        )
    return Target(parts.scheme, parts.hostname, port or PORTS[parts.scheme])


def trust(authorities: Path | None) -> ssl.SSLContext:
    """Receivers' certificates are checked against the system's authorities and those of the file."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities is not None:
        try:
            context.load_verify_locations(cafile=str(authorities))
        except (OSError, ssl.SSLError) as e:
            raise ConfigError(f"IOC_SYSLOG_CA_FILE: {authorities} cannot be read as PEM: {e}") from None
    return context


def line(row: Row, host: str) -> bytes:
    """The row as a line, without its end; too long a message is cut, never the facts before it."""
    e = row.entry
    at = e.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    facts = {
        "id": (str(e.id), 20), "actor": (e.actor, 250), "way": (e.way, 20), "key": (e.key, 120),
        "address": (e.address, 120), "subject": (e.subject, 500), "outcome": (e.outcome, 20),
        "hash": (row.hash.hex(), 64),
    }  # fmt: skip
    data = " ".join(f'{name}="{_value(*value)}"' for name, value in facts.items() if value[0])
    head = f"<{_FACILITY * 8 + _SEVERITY[e.outcome]}>1 {at} {_name(host, 255)} ioc - {_name(e.action, 32)}"
    said = f"{e.action} {e.subject}: {e.outcome}" + (f" ({e.detail})" if e.detail else "")
    whole = f"{head} [{_ID} {data}] ".encode() + b"\xef\xbb\xbf" + _plain(said).encode()
    return whole if len(whole) <= MOST_BYTES else whole[:MOST_BYTES].decode(errors="ignore").encode()


def _plain(text: str) -> str:
    """Text without anything that could end a line or begin another."""
    return _CONTROL.sub(" ", text)


def _value(text: str, most: int) -> str:
    """A value of structured data (6.3.3) of at most so many bytes."""
    found, size = "", 0
    for letter in _plain(text):
        part = f"\\{letter}" if letter in '"\\]' else letter
        size += len(part.encode())
        if size > most:
            break
        found += part
    return found


def _name(text: str, most: int) -> str:
    return re.sub(r"[^!-~]", "_", text)[:most] or "-"


class Sender:
    """Lines to one target. Connects when there is something to send; OSError where it cannot be sent now."""

    def __init__(self, target: Target, tls: ssl.SSLContext) -> None:
        self.target = target
        self.host = socket.gethostname()
        self._tls = tls
        self._socket: socket.socket | None = None
        self._counted = target.way in ("tcp", "tls")

    def send(self, rows: Sequence[Row]) -> None:
        """Hand lines over, and wait until the other machine has them, as far as the way can tell. OSError: some of them
        may have arrived."""
        if self._socket is not None and _left(self._socket):
            self.close()
        if self._socket is None:
            self._socket = self._connect()
        try:
            for row in rows:
                text = line(row, self.host)
                self._socket.sendall(f"{len(text)} ".encode() + text if self._counted else text)
            self._settle(self._socket)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None

    def _settle(self, s: socket.socket) -> None:
        if self.target.way == "udp":
            # Where nobody listens the answer comes a moment later.
            waiting = select.poll()
            waiting.register(s.fileno(), 0)
            if waiting.poll(_SAYS_NO_S * 1000):
                raise OSError(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), "nobody listens there")
        if not self._counted:
            return
        # A connection that breaks takes with it what only our own kernel has: wait until theirs has acknowledged it.
        until = time.monotonic() + WAIT_S
        while struct.unpack("i", fcntl.ioctl(s.fileno(), termios.TIOCOUTQ, b"\0\0\0\0"))[0]:
            if time.monotonic() > until:
                raise TimeoutError("the receiver takes nothing")
            time.sleep(0.002)
        if _left(s):
            raise ConnectionResetError("the receiver has closed the connection")

    def _connect(self) -> socket.socket:
        way, host, port = self.target
        if way == "unix":
            return _unix(host)
        if way == "udp":
            family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            return _opened(lambda: socket.socket(family, kind, proto), address)
        plain = socket.create_connection((host, port), WAIT_S)
        if way == "tcp":
            return plain
        try:
            return self._tls.wrap_socket(plain, server_hostname=host)
        except OSError:
            plain.close()
            raise


def _left(s: socket.socket) -> bool:
    """Whether the other side has closed a connection."""
    if s.type != socket.SOCK_STREAM:
        return False
    waiting = select.poll()
    waiting.register(s.fileno(), select.POLLRDHUP)
    return bool(waiting.poll(0))


def _unix(path: str) -> socket.socket:
    """The socket of this machine's syslog, which is one of datagrams or, rarely, a stream."""
    try:
        return _opened(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), path)
    except OSError as e:
        if isinstance(e, FileNotFoundError | PermissionError | ConnectionRefusedError):
            raise
        return _opened(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), path)


def _opened(make: Callable[[], socket.socket], address: object) -> socket.socket:
    s = make()
    try:
        s.settimeout(WAIT_S)
        s.connect(address)  # type: ignore[arg-type]  # a path, or an address as getaddrinfo gives it
    except OSError:
        s.close()
        raise
    return s
