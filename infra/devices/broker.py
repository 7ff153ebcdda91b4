"""The broker's files of devices, and how it takes them over.

FOLDER/passwords     the services' line, then one a device                    `Broker.write`
FOLDER/revoked.pem   certificates that no longer hold                         `Broker.write`
FOLDER/server.crt    its own certificate, with server.key                     `Broker.renew`
FOLDER/added/        options that are added while it runs (mosquitto.conf)    `Broker.listen_closely`
FOLDER/pid           its process

Mosquitto reads all of them again at SIGHUP. It then checks the password of everybody who is connected, and ends the
connections of those who are not in the file any more; a certificate is only looked at when its owner connects, so its
connection is ended by taking over its client id, on the services' listener.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from infra import mqtt
from infra.devices import authority
from infra.devices.authority import Authority
from infra.errors import Unavailable
from infra.servers.mosquitto import ADDED, USER

#: Options by which it says what it refuses. With them it writes four lines a message.
_CLOSELY = "closely.conf"
_CAUGHT = re.compile(r"^SigCgt:\s*([0-9a-f]+)$", re.MULTILINE)


class Broker:
    """A Mosquitto whose files lie in ``folder``; we are its owner, or root. ``url``: of its services' listener."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url

    @property
    def pid(self) -> int | None:
        """Its process, once it can be signalled: while it starts (and loads its queues) SIGHUP would end it."""
        try:
            pid = int((self.folder / "pid").read_text(encoding="ascii"))
            name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
        except (OSError, ValueError):
            return None
        caught = _CAUGHT.search(status)
        hears = caught is not None and int(caught[1], 16) >> (signal.SIGHUP - 1) & 1
        return pid if name == "mosquitto" and hears else None

    def reload(self) -> bool:
        """Let it read its files again; False where it does not run (at its start it reads them anyway)."""
        pid = self.pid
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGHUP)
        except ProcessLookupError:
            return False
        except PermissionError as e:
            raise Unavailable(f"the broker (process {pid}) is not ours to signal: run this as its user") from e
        return True

    def write(self, lines: Sequence[str], ours: Authority | None, revoked: Iterable[str]) -> bool:
        """Make the files say this; True: they did not before. ``ours`` None: there are no certificates."""
        passwords = self.folder / "passwords"
        try:
            known = passwords.read_text(encoding="utf-8")
            first = next((x for x in known.splitlines() if x.startswith(f"{USER}:")), None)
            if first is None:
                raise Unavailable(f"{passwords} has no line of the services: restart the broker")
            wanted = "\n".join([first, *lines]) + "\n"
            changed = wanted != known
            if changed:
                self._put(passwords, wanted.encode())
            return self._put_list(ours, sorted(revoked)) or changed if ours else changed
        except OSError as e:
            raise Unavailable(f"{e.filename} cannot be used ({e.strerror}): is IOC_BROKER_DIR the broker's?") from e

    def _put_list(self, ours: Authority, revoked: Sequence[str]) -> bool:
        path = self.folder / "revoked.pem"
        known = authority.serials_of(path.read_bytes()) if path.exists() else None
        if known == set(revoked):
            return False
        self._put(path, ours.revoked(revoked))
        return True

    def renew(self, ours: Authority, wanted: Iterable[str] = ()) -> bool:
        """Make the broker's own certificate anew where it ends soon or lacks a name; True: it must be reloaded."""
        path = self.folder / "server.crt"
        try:
            names = authority.names_to_renew(path.read_bytes(), ours.certificate, wanted) if path.exists() else []
            if not names:
                return False
            signed = ours.server(names)
            self._put(self.folder / "server.key", signed.key)
            self._put(path, signed.certificate)
        except OSError as e:
            raise Unavailable(f"{e.filename} cannot be used ({e.strerror}): is IOC_BROKER_DIR the broker's?") from e
        return True

    def listen_closely(self, wanted: bool) -> bool:
        """Let it say what it refuses, or not; True: it did otherwise before, and must be reloaded."""
        path = self.folder / ADDED / _CLOSELY
        if path.exists() == wanted:
            return False
        if wanted:
            self._put(path, b"log_type debug\n")
        else:
            path.unlink()
        return True

    def _put(self, path: Path, data: bytes) -> None:
        authority.write_private(path, data)
        owner = self.folder.stat()
        if owner.st_uid != os.geteuid():
            os.chown(path, owner.st_uid, owner.st_gid)

    def cut(self, client_ids: Iterable[str], within_s: float = 5.0) -> int:
        """End the connections of these client ids; returns how many were ended or not there."""
        return sum(self._take_over(i, within_s) for i in client_ids)

    def _take_over(self, client_id: str, within_s: float) -> bool:
        client, where = mqtt.client(self.url, client_id)
        answered = threading.Event()
        said: list[bool] = []

        def on_connect(*args: Any) -> None:
            said.append(not args[3].is_failure)
            answered.set()

        client.on_connect = on_connect
        try:
            client.connect(where.host, where.port, 10, clean_start=True, properties=mqtt.session(expiry_s=0))
        except OSError:
            return False
        client.loop_start()
        try:
            answered.wait(within_s)
        finally:
            client.disconnect()
            client.loop_stop()
        return any(said)
