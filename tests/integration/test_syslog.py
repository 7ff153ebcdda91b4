"""The audit goes out as syslog lines: each once, in its order, whatever happens to the receiver or to us."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra import audit
from infra.access.who import SERVICE
from infra.audit import forward
from infra.audit.syslog import Sender, Target, trust
from infra.servers import ports
from infra.settings import Settings
from ioc_api.database import Database
from ioc_api.syslog import Forward
from tests.service import until

pytestmark = pytest.mark.servers


class Receiver:
    """Takes octet-counted lines; may be stopped and begun again on its port. ``tls``: with that certificate."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.lines: list[bytes] = []
        self._tls = tls
        # Not any that the kernel has: while it is stopped an outgoing connection could take it, or come back to itself.
        self.port = ports.choose(0, what="the receiver", option="")
        self.start()

    def start(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                conn, _ = self._listening.accept()
                with (
                    suppress(OSError),
                    conn if self._tls is None else self._tls.wrap_socket(conn, server_side=True) as s,
                ):
                    s.settimeout(0.05)
                    self._read(s)

    def _read(self, s: socket.socket) -> None:
        rest = b""
        while self._listening.fileno() >= 0:
            try:
                part = s.recv(65_536)
            except TimeoutError:
                continue
            if not part:
                return
            rest += part
            while found := re.match(rb"(\d+) ", rest):
                end = found.end() + int(found[1])
                if len(rest) < end:
                    break
                self.lines.append(rest[found.end() : end])
                rest = rest[end:]

    @property
    def ids(self) -> list[int]:
        return [int(re.search(rb' id="(\d+)"', one)[1]) for one in self.lines]


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as conn:
        yield conn


def write(conn: psycopg.Connection, count: int) -> None:
    for _ in range(count):
        with conn.transaction():
            audit.record(conn, SERVICE, "rule.write", "rule x")


def drain(conn: psycopg.Connection, sender: Sender) -> int:
    count = 0
    while True:
        with conn.transaction():
            sent = forward.step(conn, sender)
        count += sent
        if not sent:
            return count


def behind(conn: psycopg.Connection) -> int:
    row = conn.execute(forward.BEHIND).fetchone()
    return int(row[0] or 0) if row else 0


def test_each_line_once_through_restarts_of_both(conn: psycopg.Connection, database: str) -> None:
    receiver = Receiver()
    target = Target("tcp", "127.0.0.1", receiver.port)
    try:
        sender = Sender(target, trust(None))
        write(conn, 250)
        with suppress(ZeroDivisionError), conn.transaction():
            audit.record(conn, SERVICE, "rule.write", "rule never")
            raise ZeroDivisionError
        assert drain(conn, sender) == 250
        until(lambda: len(receiver.lines) >= 250, "they are read: a receiver that ends reads no further", 60)
        # The receiver goes away and comes back.
        receiver.stop()
        write(conn, 3)
        with pytest.raises(OSError, match=r"refused|reset|closed"):
            drain(conn, sender)
        assert behind(conn) == 3
        receiver.start()
        assert drain(conn, sender) == 3
        # We are another process.
        sender.close()
        write(conn, 2)
        again = Sender(target, trust(None))
        # Two at it: one waits until the other has noted what it sent.
        with psycopg.connect(database) as other:
            assert forward.step(other, again) == 2
            assert drain(conn, Sender(target, trust(None))) == 0
        assert drain(conn, again) == 0
        until(lambda: len(receiver.lines) >= 255, "all lines have come", 60)
        again.close()
        assert receiver.ids == list(range(1, 256))
        assert not any(b"never" in one for one in receiver.lines)
        assert behind(conn) == 0
    finally:
        receiver.stop()


def test_the_service_ends_in_the_midst_and_begins_again(
    conn: psycopg.Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Receiver()
    really, sent = forward.step, [0]

    def step(by: psycopg.Connection, sender: Sender) -> int:
        """Not before the receiver has read what it has: on a busy machine all would be sent by then."""
        until(lambda: len(receiver.lines) >= sent[0], "what was sent is read", 15, 0.005)
        count = really(by, sender)
        sent[0] += count
        return count

    monkeypatch.setattr(forward, "step", step)
    settings = Settings(database_url=database, syslog=f"tcp://127.0.0.1:{receiver.port}")
    count = 4 * forward.BLOCK
    conn.execute("SET synchronous_commit = off")
    write(conn, count)

    async def serve(enough: int) -> None:
        held = Database(database)
        await held.open()
        one = Forward(settings, held)
        work = asyncio.create_task(one.run())
        while len(receiver.lines) < enough:
            await asyncio.sleep(0.001)
        work.cancel()
        await one.end()
        await held.close()

    try:
        asyncio.run(serve(1))
        first = len(receiver.lines)
        assert first < count, "it was to end before it had sent all"
        asyncio.run(serve(count))
        assert receiver.ids == list(range(1, count + 1))
    finally:
        receiver.stop()


def test_by_tls_to_who_shows_the_right_certificate(conn: psycopg.Connection, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "log")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    receiver = Receiver(context)
    try:
        write(conn, 2)
        for host, known in (("127.0.0.1", trust(tmp_path / "cert.pem")), ("localhost", trust(None))):
            with pytest.raises(ssl.SSLCertVerificationError):
                drain(conn, Sender(Target("tls", host, receiver.port), known))
        sender = Sender(Target("tls", "localhost", receiver.port), trust(tmp_path / "cert.pem"))
        assert drain(conn, sender) == 2
        until(lambda: len(receiver.lines) == 2, "both lines have come", 60)
        sender.close()
    finally:
        receiver.stop()


def test_datagrams_to_a_machine_and_to_this_one(conn: psycopg.Connection, tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as near,
    ):
        far.bind(("127.0.0.1", 0))
        near.bind(str(tmp_path / "log"))
        for taking, target in (
            (far, Target("udp", *far.getsockname())), (near, Target("unix", str(tmp_path / "log"), 0)),
        ):  # fmt: skip
            taking.settimeout(60)
            write(conn, 1)
            sender = Sender(target, trust(None))
            assert drain(conn, sender) == 1
            assert taking.recv(4096).startswith(b"<109>1 ")
            sender.close()
    assert behind(conn) == 0
