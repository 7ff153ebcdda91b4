"""Receivers of notifications on loopback: a web server and a mail server that can misbehave in every way there is."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from infra.servers.ports import choose


@dataclass
class Post:
    """A request that has come, with its body."""

    path: str
    headers: dict[str, str]
    body: bytes


#: What a web server does with a request; see the branches of `_answer`.
HANG, ENDLESS, EARLY, TRICKLE, REDIRECT = "hang", "endless", "early", "trickle", "redirect"


class Web:
    """A web server. ``mode``: a status, (status, headers), or one of the words above. ``posts`` are those that it has
    answered with 2xx; ``seen`` all. ``before`` is called with each request before it is answered."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.mode: Any = 200
        self.seen: list[Post] = []
        self.posts: list[Post] = []
        self.before: Callable[[Post], None] = lambda post: None
        self._over = threading.Event()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                post = Post(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                web.seen.append(post)
                web.before(post)
                with contextlib.suppress(OSError):
                    web._answer(self, post)

            do_GET = do_POST

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://{'127.0.0.1' if tls is None else 'localhost'}:{self.port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def _answer(self, to: BaseHTTPRequestHandler, post: Post) -> None:
        mode, headers = self.mode if isinstance(self.mode, tuple) else (self.mode, {})
        if mode == HANG:
            self._over.wait(30)
            return
        if mode == EARLY:
            return
        if mode == TRICKLE:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000:
                to.wfile.write(bytes([byte]))
                if self._over.wait(0.1):
                    return
        if mode == REDIRECT:
            mode, headers = 302, {"Location": f"http://127.0.0.1:{self.port}/elsewhere"}
        status = 200 if mode == ENDLESS else mode
        if 200 <= status < 300:
            self.posts.append(post)
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name, value)
        if mode == ENDLESS:
            to.end_headers()
            while not self._over.is_set():
                to.wfile.write(b"x" * 65_536)
            return
        to.send_header("Content-Length", "2")
        to.end_headers()
        to.wfile.write(b"ok")

    def ids(self) -> list[str]:
        """The keys of what has been taken, in order."""
        return [p.headers["webhook-id"] for p in self.posts]

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Handler:
    def __init__(self, mail: Mail) -> None:
        self.mail = mail

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        answer = self.mail.refuse.get(address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        if self.mail.answer == "hang":
            await asyncio.sleep(30)
        if self.mail.answer.startswith("2"):
            content = envelope.content
            assert isinstance(content, bytes)
            parsed = email.message_from_bytes(content, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            self.mail.raw.append(content)
            self.mail.messages.append(parsed)
            self.mail.recipients.append(list(envelope.rcpt_tos))
        return self.mail.answer


class _Controller(Controller):
    """One that hangs up when it stops: aiosmtpd's leaves open what is connected just then."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._sessions: list[SMTP] = []
        super().__init__(*args, **kwargs)

    def factory(self) -> SMTP:
        self._sessions.append(SMTP(self.handler, **self.SMTP_kwargs))
        return self._sessions[-1]

    def stop(self, no_assert: bool = False) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(60)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        # Not by closing it yet: what is accepted already would lose its transport, and its socket stay open.
        assert self.server is not None
        for listening in self.server.sockets:
            self.loop.remove_reader(listening.fileno())
        await asyncio.sleep(0.05)
        for session in self._sessions:
            # Of one in the midst of its STARTTLS only the connection beneath is there.
            for transport in (session.transport, session._original_transport):
                if transport is not None:
                    transport.abort()
        while any(session.transport is not None for session in self._sessions):
            await asyncio.sleep(0.01)


class Mail:
    """A mail server. ``answer`` is what it says to DATA ("hang": nothing for long); ``refuse`` answers by address.

    ``tls``: by STARTTLS, or from the first byte where it is ``implicit``.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> None:
        self.answer = "250 OK"
        self.refuse: dict[str, str] = {}
        self.messages: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipients: list[list[str]] = []
        self._tls, self._implicit = tls, implicit
        self._controller: Controller | None = None
        self.port = 0
        self.start()

    def start(self) -> None:
        """Listen; on the port of before where there was one."""
        facts: dict[str, Any] = {"tls_context": self._tls, "require_starttls": True} if self._tls else {}
        if self._implicit:
            facts = {"ssl_context": self._tls}
        self._controller = _Controller(
            _Handler(self),
            hostname="127.0.0.1",
            port=self.port or choose(0, what="mail", option=""),
            ready_timeout=60,
            **facts,
        )
        self._controller.start()
        self.port = self._controller.port

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def url(self) -> str:
        if self._implicit:
            return f"smtps://localhost:{self.port}"
        return f"smtp://localhost:{self.port}" if self._tls else f"smtp://127.0.0.1:{self.port}?tls=no"

    def ids(self) -> list[str]:
        return [str(m["Message-ID"]) for m in self.messages]


@dataclass
class Certificate:
    """One for localhost that signs itself, and what servers need of it."""

    file: Path
    context: ssl.SSLContext


def certificate(folder: Path) -> Certificate:
    """Made by openssl, good for a day."""
    key, file = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(file)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return Certificate(file, context)


_CONFIG = """[ca]
default_ca = own
[own]
dir = {folder}
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
"""


class Authority:
    """A certificate authority of the test's own; ``file`` is what must be trusted."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.file = folder, folder / "ca.pem"
        (folder / "index").touch()
        (folder / "ca.conf").write_text(_CONFIG.format(folder=folder), encoding="utf-8")
        self._openssl("req", "-x509", *_NEW, "-days", "2", "-subj", "/CN=test authority", "-keyout", "ca.key",
                      "-addext", "keyUsage=critical,keyCertSign", "-out", "ca.pem")  # fmt: skip

    def issue(self, name: str, *, expired: bool = False) -> ssl.SSLContext:
        """What a server of that name needs. ``expired``: it was good for one day in 2020."""
        key, asked, cert = (f"{name}.{end}" for end in ("key", "csr", "pem"))
        self._openssl("req", *_NEW, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key,
                      "-out", asked)  # fmt: skip
        days = ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"] if expired else ["-days", "2"]
        self._openssl("ca", "-batch", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "ca.key", *days,
                      "-in", asked, "-out", cert, "-notext")  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / cert, self._folder / key)
        return context

    def _openssl(self, *args: str) -> None:
        subprocess.run(["openssl", *args], cwd=self._folder, check=True, capture_output=True)


_NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@contextlib.contextmanager
def running(server: Web | Mail) -> Iterator[Any]:
    try:
        yield server
    finally:
        server.close() if isinstance(server, Web) else server.stop()


class Clock:
    """Aware time that runs ``speed`` times as fast as the wall's."""

    def __init__(self, speed: float) -> None:
        from datetime import UTC, datetime

        self.begun, self.real, self.speed = datetime.now(UTC), time.monotonic(), speed

    def __call__(self) -> Any:
        from datetime import timedelta

        return self.begun + timedelta(seconds=(time.monotonic() - self.real) * self.speed)
