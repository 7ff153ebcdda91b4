"""The HTTP server: sockets of our own making, and an end that clients are told of."""

from __future__ import annotations

import asyncio
import errno
import resource
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from infra.errors import ConfigError, Unavailable
from ioc_api.certificate import Certificate
from ioc_api.live.frames import FRAME_BYTES
from ioc_api.proxies import Untrusted, among
from ioc_api.redirect import HEAD_BYTES as REDIRECT_BYTES
from ioc_api.redirect import Redirect
from ioc_api.service import Service
from ioc_api.wire import HEAD_BYTES, Protocol

#: A client that takes nothing for so long loses its connection; without it the kernel would keep trying for minutes.
#: A download may pause; who watches live data and does not read is gone much sooner (`ioc_api.wire`).
USER_TIMEOUT_MS = 60_000
#: What the kernel holds for a client: enough for a fast one, and a slow one gets newer figures sooner.
SEND_BYTES = 128 * 1024
#: Looks at the certificate's files: each so many of uvicorn's ticks of 0.1 s.
LOOK_TICKS = 20

log = structlog.get_logger()


def listen(host: str, port: int, setting: str = "IOC_HTTP_PORT") -> list[socket.socket]:
    """Sockets for every address of the host. ConfigError for a bad one, Unavailable where the port is taken.

    ``::`` means every address, as an empty one does: a socket of each family, so that nobody's IPv4 address comes
    in the dress of an IPv6 one.
    """
    try:
        every = host in ("", "::")
        found = socket.getaddrinfo(None if every else host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError):
        raise ConfigError(f"IOC_HTTP_HOST: {host!r} is no address of this machine; 127.0.0.1 is always one") from None
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            # With port 0 all addresses share the port that the first one got.
            actual = sockets[0].getsockname()[1] if sockets and not port else port
            try:
                sockets.append(_socket(family, kind, protocol, (address[0], actual, *address[2:])))
            except OSError as e:
                # Of all addresses those count that there are: a machine may have IPv6 switched off.
                if not every or e.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                    raise
        if not sockets:
            raise OSError(errno.EADDRNOTAVAIL, "there is no address")
    except OSError as e:
        for s in sockets:
            s.close()
        if e.errno == errno.EADDRINUSE:
            raise Unavailable(
                f"port {port} is in use: stop what listens there, or choose another by {setting}"
            ) from None
        if e.errno == errno.EACCES:
            raise Unavailable(f"port {port} is not ours to use: choose one above 1023 by {setting}") from None
        raise ConfigError(
            f"IOC_HTTP_HOST: cannot listen on {host!r}: {e.strerror}; 127.0.0.1 is always possible"
        ) from None
    return sockets


def _socket(family: int, kind: int, protocol: int, address: tuple[object, ...]) -> socket.socket:
    s = socket.socket(family, kind, protocol)
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # Accepted connections inherit these.
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
        s.bind(address)
        s.listen(1024)
        s.setblocking(False)
    except OSError:
        s.close()
        raise
    return s


class _Server(uvicorn.Server):
    """Tells websocket clients to come back before connections are closed."""

    def __init__(
        self,
        config: uvicorn.Config,
        app: FastAPI,
        certificate: Certificate | None,
        plain: Sequence[socket.socket],
        redirect: Redirect | None,
    ) -> None:
        super().__init__(config)
        self._app = app
        self._certificate, self._plain, self._redirect = certificate, plain, redirect

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and beside it what sends plain HTTP on."""
        await super().startup(sockets)
        if self._redirect and self.started:
            for s in self._plain:
                self.servers.append(await asyncio.start_server(self._redirect.serve, sock=s, limit=REDIRECT_BYTES))

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second."""
        if self._certificate and counter % LOOK_TICKS == 0:
            self._certificate.look()
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends us in good order, with exit code 0; uvicorn would raise it again in the end."""
        before = {s: signal.signal(s, self.handle_exit) for s in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        service: Service | None = getattr(self._app.state, "service", None)
        if service is not None:
            for server in self.servers:
                server.close()
            service.replays.close()
            await service.hub.close()
        await super().shutdown(sockets)


def _allow_descriptors() -> None:
    """Take as many file descriptors as we may: each client is one, and the usual limit is 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def serve(
    app: FastAPI,
    sockets: Sequence[socket.socket],
    *,
    certificate: Certificate | None = None,
    proxies: Sequence[str] = (),
    plain: Sequence[socket.socket] = (),
    redirect: Redirect | None = None,
    hsts: str = "",
) -> None:
    """Serve until SIGTERM or SIGINT: with a certificate by HTTPS only. ``plain``: sockets on which ``redirect`` sends
    plain HTTP on. ``proxies``: those whose word on who asks counts. ``hsts``: the header where it is said by HTTPS."""
    tls = certificate.context if certificate else None
    config = uvicorn.Config(
        app if proxies else Untrusted(app),
        loop="asyncio", http=Protocol, h11_max_incomplete_event_size=HEAD_BYTES,
        ws="websockets-sansio", ws_max_size=FRAME_BYTES, ws_per_message_deflate=False,
        # Whoever has stopped reading does not answer these; browsers and libraries do it by themselves.
        ws_ping_interval=5, ws_ping_timeout=10,
        # Never uvicorn's own default, nor its variable: it would believe every program of this machine.
        proxy_headers=bool(proxies), forwarded_allow_ips=list(proxies),
        lifespan="on", log_config=None, access_log=False, server_header=False, date_header=True,
        timeout_graceful_shutdown=5, timeout_keep_alive=30,
        ssl_context_factory=(lambda *_: tls) if tls else None,
    )  # fmt: skip
    Protocol.free = staticmethod(among(proxies))
    Protocol.hsts = hsts
    _allow_descriptors()
    server = _Server(config, app, certificate, plain, redirect)
    asyncio.run(server.serve(list(sockets)))
    if not server.started:
        raise Unavailable("the API could not start; the lines above say why")
