"""TLS read in bulk, against Python's own TLS on the other side."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.devices.authority import Authority
from ingest.secure import SecureSocket


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.make()
    signed = made.server(["localhost"])
    (made.folder / "server.pem").write_bytes(signed.certificate + signed.key)
    return made


@contextmanager
def pair(authority: Authority, name: str = "localhost") -> Iterator[tuple[SecureSocket, ssl.SSLSocket]]:
    """Ours, and the other side."""
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(authority.folder / "server.pem")
    one, other = socket.socketpair()
    found: list[ssl.SSLSocket] = []

    def greet() -> None:
        try:
            found.append(theirs.wrap_socket(other, server_side=True))
        except OSError:
            other.close()

    thread = threading.Thread(target=greet)
    thread.start()
    try:
        ours = SecureSocket(one, _trusting(authority.certificate_file), name, 60)
        thread.join()
        yield ours, found[0]
    finally:
        one.close()
        thread.join()
        for sock in found:
            sock.close()


def _trusting(file: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(file))


def test_many_records_are_read_at_once(authority: Authority) -> None:
    with pair(authority) as (ours, theirs):
        ours.setblocking(False)
        with pytest.raises(BlockingIOError):
            ours.recv(1)
        for n in range(100):
            theirs.sendall(b"%d," % n)
        assert ours.recv(1) == b"".join(b"%d," % n for n in range(100))
        assert ours.pending() == 0


def test_a_record_that_has_not_arrived_whole_is_waited_for(authority: Authority) -> None:
    with pair(authority) as (ours, theirs):
        ours.setblocking(False)
        sent = bytes(range(256)) * 4_000  # more than a socket takes at once
        thread = threading.Thread(target=theirs.sendall, args=(sent,))
        thread.start()
        got = b""
        while len(got) < len(sent):
            try:
                got += ours.recv(1)
            except BlockingIOError:
                continue
        thread.join()
        assert got == sent


def test_all_is_sent_though_the_other_side_takes_its_time(authority: Authority) -> None:
    with pair(authority) as (ours, theirs):
        ours.setblocking(False)
        sent = bytes(range(256)) * 4_000
        got = bytearray()

        def read() -> None:
            while len(got) < len(sent):
                got.extend(theirs.recv(10_000))

        thread = threading.Thread(target=read)
        thread.start()
        assert ours.send(sent) == len(sent)
        thread.join()
        assert bytes(got) == sent


@pytest.mark.parametrize("politely", [True, False])
def test_the_end_is_seen_after_what_came_before_it(authority: Authority, politely: bool) -> None:
    with pair(authority) as (ours, theirs):
        theirs.sendall(b"last words")
        with contextlib.suppress(OSError):
            if politely:
                theirs.settimeout(0)
                theirs.unwrap()  # says goodbye, and does not wait for an answer
        theirs.close()
        assert ours.recv(1) == b"last words"
        with contextlib.suppress(ConnectionError):
            assert ours.recv(1) == b""


def test_another_name_is_refused(authority: Authority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError), pair(authority, "elsewhere.example"):
        pass
