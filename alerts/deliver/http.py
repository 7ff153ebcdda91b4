"""One POST to a vetted address: no redirects, no proxy, bounded in time and in what is read."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpcore2
import msgspec

from alerts.deliver.address import Vetted
from infra.errors import ConfigError

_CONNECT_S = 5.0
_MOST_BYTES = 4_096
_CHUNK = 65_536


class Answer(msgspec.Struct, frozen=True):
    """Status, the headers by lower-case name, and the first bytes of the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class NoAnswer(Exception):
    """It could not be sent, or no status came back; the message says in which way."""


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates are checked against the system's authorities and those of the file; ConfigError where it is none."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except (OSError, ssl.SSLError) as e:
            raise ConfigError(f"IOC_DELIVER_CA_FILE: {ca_file} cannot be read as PEM: {e.strerror or e}") from None
    return context


class _Timed(httpcore2.NetworkStream):
    """A stream whose every step ends by one deadline: a server that sends a byte now and then does not hold us."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def _left(self, timeout: float | None) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the time for the whole request is over")
        return left if timeout is None else min(left, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _CHUNK):
            self._inner.write(buffer[start : start + _CHUNK], self._left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _Timed(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Pinned(httpcore2.NetworkBackend):
    """Connects to the addresses that were vetted, whatever the host's name says by now."""

    def __init__(self, to: Vetted, deadline: float) -> None:
        self._to = to
        self._deadline = deadline
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        last: Exception = httpcore2.ConnectError("no address")
        for address in self._to.addresses:
            left = min(_CONNECT_S, self._deadline - time.monotonic())
            if left <= 0:
                break
            try:
                stream = self._inner.connect_tcp(address, self._to.port, left, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as e:
                last = e
                continue
            return _Timed(stream, self._deadline)
        raise last


def post(to: Vetted, body: bytes, headers: Mapping[str, str], *, within_s: float, context: ssl.SSLContext) -> Answer:
    """POST ``body``; NoAnswer where no status came within the time. Of the answer's body only the start is read."""
    deadline = time.monotonic() + within_s
    sent = [(k.encode("ascii"), v.encode("ascii")) for k, v in headers.items()]
    timeouts = {"connect": _CONNECT_S, "read": within_s, "write": within_s, "pool": within_s}
    backend = _Pinned(to, deadline)
    try:
        with (
            httpcore2.ConnectionPool(ssl_context=context, network_backend=backend, max_connections=1) as pool,
            pool.stream("POST", to.url, headers=sent, content=body, extensions={"timeout": timeouts}) as response,
        ):
            found = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
            return Answer(response.status, found, _start(response))
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError) as e:
        raise NoAnswer(_reason(e)) from None


def _start(response: httpcore2.Response) -> bytes:
    """The first bytes of a body. The status has come, so a body that is endless or breaks off changes nothing."""
    kept = b""
    try:
        for chunk in response.iter_stream():
            kept += chunk[: _MOST_BYTES - len(kept)]
            if len(kept) >= _MOST_BYTES:
                break
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError):
        pass
    return kept


def _reason(error: Exception) -> str:
    if isinstance(error, httpcore2.TimeoutException | socket.timeout):
        return f"timed out ({type(error).__name__})"
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
