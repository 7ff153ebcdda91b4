"""The ledger: one line for each message that the broker answered, to be held against what was stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from infra.errors import Unavailable

HEADER = "sensor_id,ts_ms,mid,reason\n"


class Entry(NamedTuple):
    """A line of the ledger. ``reason`` as in the PUBACK: 0 success, 16 nobody subscribed, 128 and above refused."""

    sensor_id: str
    ts_ms: int
    mid: int
    reason: int


class Ledger:
    """Notes answers on the network thread, writes them from the thread that calls ``flush``."""

    def __init__(self, path: Path, sensor_ids: Sequence[str]) -> None:
        self._path, self._ids = path, sensor_ids
        self._notes: deque[tuple[tuple[int, int], int, int]] = deque()
        try:
            self._file: TextIO = path.open("w", encoding="ascii", newline="")
            self._file.write(HEADER)
        except OSError as e:
            raise self._unwritable(e) from e

    def note(self, tag: tuple[int, int], mid: int, reason: int) -> None:
        """Take an answer; ``tag`` is (number of the sensor, time in ms). Never blocks."""
        self._notes.append((tag, mid, reason))

    def flush(self) -> None:
        """Write what has been noted; Unavailable when the disk refuses it."""
        lines = []
        while self._notes:
            (sensor, ts_ms), mid, reason = self._notes.popleft()
            lines.append(f"{self._ids[sensor]},{ts_ms},{mid},{reason}\n")
        try:
            self._file.writelines(lines)
            self._file.flush()
        except OSError as e:
            raise self._unwritable(e) from e

    def close(self) -> None:
        """Write the rest."""
        self.flush()
        self._file.close()

    def _unwritable(self, e: OSError) -> Unavailable:
        return Unavailable(f"the ledger {self._path} cannot be written ({e.strerror}): give another --ledger")


def read(path: Path) -> list[Entry]:
    """The lines of a ledger."""
    lines = path.read_text(encoding="ascii").splitlines()[1:]
    return [Entry(s, int(t), int(m), int(r)) for s, t, m, r in (line.split(",") for line in lines)]
