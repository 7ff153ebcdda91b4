"""A TCP proxy that misbehaves on demand: it cuts, stalls, refuses, or cuts between a COMMIT and its reply."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from urllib.parse import urlsplit

from infra.servers import ports

_CHUNK = 65536


class _Link:
    """One client's connection and its counterpart to the server."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.doomed = threading.Event()  # Cut at the server's next reply.

    def cut(self) -> None:
        """Reset both sides: what was under way is gone, as when a cable is pulled and a router says so."""
        for s in (self.client, self.server):
            with contextlib.suppress(OSError):
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)  # Wakes the pump that reads from it.

    def close(self) -> None:
        self.client.close()
        self.server.close()


class Proxy:
    """Listens on a free port (``port``) and forwards to ``host:port`` of the URL it was made for.

    ``url`` is that URL with the proxy's address in it.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self._target = (parts.hostname, parts.port)
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._links: list[_Link] = []
        self._threads: list[threading.Thread] = []
        self._needle = b""
        self._needle_forward = True
        self.accepted = 0  # connections so far
        self.cuts_at_needle = 0
        self._listener: socket.socket | None = None
        # Not any that the kernel has: after refuse() an outgoing connection could have taken it.
        self.port = ports.choose(0, what="the proxy", option="")
        self.accept()
        self.url = url.replace(f"{parts.hostname}:{parts.port}", f"127.0.0.1:{self.port}")

    def cut(self) -> None:
        """Reset every connection there is now; new ones are welcome."""
        with self._lock:
            links, self._links = self._links, []
        for link in links:
            link.cut()
        self._flowing_pulse()

    def stall(self) -> None:
        """Forward nothing more in either direction; connections stay open and new ones are accepted."""
        self._flowing.clear()

    def resume(self) -> None:
        """Forward again what was held back."""
        self._flowing.set()

    def refuse(self) -> None:
        """Refuse new connections (connection refused); those there are stay: see cut()."""
        listener, self._listener = self._listener, None
        if listener:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def accept(self) -> None:
        """Take connections again, on the same port."""
        if self._listener:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(100)
        self._listener = listener
        self._start(self._take, listener)

    def cut_at(self, needle: bytes, *, forward: bool = True) -> None:
        """Cut the connection, once, on which the client next sends ``needle``.

        With ``forward`` the server gets it and its reply is awaited and withheld: a COMMIT that happened and that
        the client never hears of. Without, the server never gets it.
        """
        self._needle_forward = forward
        self._needle = needle

    def close(self) -> None:
        """Cut everything and end the threads."""
        self.refuse()
        self.resume()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def _flowing_pulse(self) -> None:
        # Pumps of cut connections that wait in a stall shall end.
        if not self._flowing.is_set():
            self._flowing.set()
            self._flowing.clear()

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _take(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for s in (client, server):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = _Link(client, server)
            with self._lock:
                late = self._listener is not listener  # refused meanwhile: no cut() would find it
                if not late:
                    self._links.append(link)
                    self.accepted += 1
            if late:
                link.close()
                return
            self._start(self._serve, link)

    def _serve(self, link: _Link) -> None:
        down = threading.Thread(target=self._pump_down, args=(link,), daemon=True)
        down.start()
        self._pump_up(link)
        down.join()
        with self._lock, contextlib.suppress(ValueError):
            self._links.remove(link)
        link.close()

    def _pump_up(self, link: _Link) -> None:
        """Client to server."""
        while data := self._read(link, link.client):
            if self._needle and self._needle in data:
                self._needle = b""
                self.cuts_at_needle += 1
                if not self._needle_forward:
                    link.cut()
                    return
                link.doomed.set()
            if not self._write(link.server, data):
                return
        with contextlib.suppress(OSError):
            link.server.shutdown(socket.SHUT_WR)

    def _pump_down(self, link: _Link) -> None:
        """Server to client."""
        while data := self._read(link, link.server):
            if link.doomed.is_set():
                link.cut()
                return
            if not self._write(link.client, data):
                return
        with contextlib.suppress(OSError):
            link.client.shutdown(socket.SHUT_WR)

    def _read(self, link: _Link, source: socket.socket) -> bytes:
        try:
            data = source.recv(_CHUNK)
        except OSError:
            return b""
        while data and not self._flowing.wait(0.5):
            with self._lock:
                if link not in self._links:
                    return b""
        return data

    @staticmethod
    def _write(target: socket.socket, data: bytes) -> bool:
        try:
            target.sendall(data)
        except OSError:
            return False
        return True
