"""TLS read in bulk: a broker sends every message as a record of its own.

Python's TLS socket asks the system twice for each record and hands over one at a time, which took three times what the
rest of a message takes. Here the socket is read in bulk and the records are opened from memory.
"""

from __future__ import annotations

import select
import socket
import ssl

RECORD = 16_384
RECV_BYTES = 256 * 1024
#: A broker that takes nothing for so long is gone.
PATIENCE_S = 10.0


class SecureSocket:
    """A connection with TLS, handshake done; what paho needs of a socket, for one thread. OSError where it breaks.

    ``recv`` gives all that has arrived, so that nothing is ever pending; ``send`` waits until all of it is on its way.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host: str, timeout_s: float) -> None:
        self._sock = sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host)
        sock.settimeout(timeout_s)
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            except ssl.SSLError:
                self._flush()  # the other side is told why
                raise
        self._flush()

    def recv(self, _: int) -> bytes:
        """All that has arrived; empty: the other side has ended it. BlockingIOError: nothing has arrived."""
        parts: list[bytes] = []
        add, read = parts.append, self._tls.read
        while not parts:
            self._fill()
            try:
                while part := read(RECORD):
                    add(part)
                return b"".join(parts)  # and it has said goodbye: the next call finds the end
            except ssl.SSLWantReadError:
                if self._out.pending:
                    self._flush()
        return b"".join(parts)

    def send(self, data: bytes | bytearray) -> int:
        """Send all of it."""
        self._tls.write(data)
        self._flush()
        return len(data)

    def _fill(self) -> None:
        data = self._sock.recv(RECV_BYTES)
        if data:
            self._in.write(data)
        else:
            raise ConnectionResetError("the connection was closed")

    def _flush(self) -> None:
        left = memoryview(self._out.read())
        while left:
            try:
                left = left[self._sock.send(left) :]
            except BlockingIOError:
                if not select.select([], [self._sock], [], PATIENCE_S)[1]:
                    raise TimeoutError("the other side takes nothing") from None

    def pending(self) -> int:
        """Bytes that could be read without asking the system."""
        return 0

    def fileno(self) -> int:
        """For select."""
        return self._sock.fileno()

    def setblocking(self, wanted: bool) -> None:
        """As of a socket."""
        self._sock.setblocking(wanted)

    def shutdown(self, how: int) -> None:
        """Break the connection off; may be called on any thread."""
        self._sock.shutdown(how)

    def close(self) -> None:
        """As of a socket."""
        self._sock.close()
