"""CSV in blocks of whole lines, and records out of bytes that may be anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from city.payload import MAX_BYTES
from infra.errors import ConfigError

BLOCK_BYTES = 4 << 20
_QUOTE, _NEWLINE, _RETURN = b'"\n\r'
_DELIMITERS = ",;\t|"


class Record(NamedTuple):
    """One line of a table: the number of its first line in the file, its bytes, and its cells or what is wrong."""

    line: int
    raw: bytes
    cells: Sequence[str | None] | None
    wrong: str = ""


class Blocks:
    """A file in blocks of whole lines, each with the number of its first. What `back` gets comes again."""

    def __init__(self, file: BinaryIO, first: int = 1, block_bytes: int = BLOCK_BYTES) -> None:
        self._file = file
        self._size = block_bytes
        self._rest = b""
        self._line = first
        self._ended = False
        self.read = 0

    def __iter__(self) -> Iterator[tuple[int, bytes, bool]]:
        """(number of the first line, bytes, whether it is the last block)."""
        while not self._ended or self._rest:
            data = self._rest + self._file.read(self._size)
            self._ended = len(data) - len(self._rest) < self._size
            self.read += len(data) - len(self._rest)
            end = len(data) if self._ended else data.rfind(b"\n") + 1
            if not end and len(data) > MAX_BYTES + self._size:
                end = len(data)  # nobody writes such a line: it is judged by halves, and bad in any case
            block, self._rest = data[:end], data[end:]
            if block:
                line, self._line = self._line, self._line + block.count(b"\n")
                yield line, block, self._ended and not self._rest

    def back(self, data: bytes) -> None:
        """Give back the end of the block that came last: it is the beginning of the next."""
        self._rest = data + self._rest
        self._line -= data.count(b"\n")


def header(line: bytes, said: str) -> tuple[list[str], str]:
    """The names of the columns, and the delimiter: as said, or the one that makes the most columns."""
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("the file is not UTF-8 text: save it as CSV UTF-8") from None
    if not text.strip() or "\0" in text:
        raise ConfigError("the file does not begin with a line that names its columns")
    found = [(len(_cells(text, sign) or ()), sign) for sign in (said or _DELIMITERS)]
    best = max(found, key=lambda f: f[0])  # the first of equals
    cells = _cells(text, best[1])
    if cells is None:
        raise ConfigError("line 1: a quote is never closed")
    return cells, best[1]


def _cells(text: str, delimiter: str) -> list[str] | None:
    try:
        rows = list(csv.reader([text.rstrip("\r\n")], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if rows else []


def starts(block: bytes) -> NDArray[np.int64]:
    """Where the lines of a block begin, and in the end where it ends. Shape (lines + 1,)."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == _NEWLINE) + 1
    if not len(ends) or ends[-1] != len(block):
        ends = np.append(ends, len(block))
    return np.concatenate([[0], ends]).astype(np.int64)


def plain(block: bytes, delimiter: str) -> bool:
    """Whether every line is a record: no quotes, or those that stand around whole cells and hold no others."""
    if _QUOTE not in block:
        return True
    data = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(data == _QUOTE)
    line = np.searchsorted(starts(block), quotes, side="right")
    first = np.searchsorted(line, line, side="left")
    if (np.bincount(line) % 2).any():
        return False
    opening = (np.arange(len(quotes)) - first) % 2 == 0
    around = np.concatenate([[_NEWLINE], data, [_NEWLINE]])
    before, after = around[quotes], around[quotes + 2]
    sign = ord(delimiter)
    begins = (before == sign) | (before == _NEWLINE)
    ends = (after == sign) | (after == _NEWLINE) | (after == _RETURN)
    return bool(np.where(opening, begins, ends).all())


def records(block: bytes, first: int, delimiter: str, width: int, last: bool) -> Iterator[Record | bytes]:
    """The records of a block, with newlines in quotes; empty lines are none.

    A quote that is not closed within MAX_BYTES, or whose record has another number of cells, makes its first line a
    bad one, and the lines after it are read for themselves. Where the block ends in the midst of a record, its bytes
    come last: they are the beginning of the next block.
    """
    bounds = starts(block).tolist()
    count = len(bounds) - 1
    i = 0
    while i < count:
        record, used = _record(block, bounds, i, first, delimiter, width)
        if used == 0 and not last and len(block) - bounds[i] <= MAX_BYTES:
            yield block[bounds[i] :]
            return
        if record is not None:
            yield record
        i += max(1, used)


def _record(
    block: bytes, bounds: list[int], i: int, first: int, delimiter: str, width: int
) -> tuple[Record | None, int]:
    """The record that begins with line i of a block, and its lines; 0 of them where it does not end in the block."""
    j, quotes = i, 0
    while True:
        raw = block[bounds[i] : bounds[j + 1]]
        quotes += block.count(b'"', bounds[j], bounds[j + 1])
        if quotes % 2 == 0 or len(raw) > MAX_BYTES:
            found = _parse(raw, first + i, delimiter)
            if j == i or (found is not None and found.cells is not None and len(found.cells) == width):
                return found, j - i + 1
            break
        j += 1
        if j + 1 >= len(bounds):
            break
    line = block[bounds[i] : bounds[i + 1]]
    alone = _parse(line, first + i, delimiter)
    if alone is not None and alone.cells is not None:
        return alone, 1  # a quote in the midst of a cell
    wrong = Record(first + i, line.rstrip(b"\r\n"), None, "a quote is not closed")
    return wrong, 0 if j + 1 >= len(bounds) else 1


def _parse(raw: bytes, line: int, delimiter: str) -> Record | None:
    raw = raw.rstrip(b"\r\n")
    if not raw:
        return None
    if len(raw) > MAX_BYTES:
        return Record(line, raw[:MAX_BYTES], None, f"{len(raw):,} bytes; a line has at most {MAX_BYTES:,}")
    try:
        # In one piece: the reader puts a cell together again that has newlines in it.
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), delimiter=delimiter, strict=True))
    except UnicodeDecodeError as e:
        return Record(line, raw, None, f"not UTF-8 at byte {e.start}")
    except csv.Error as e:
        return Record(line, raw, None, f"not CSV: {e}")
    if len(rows) != 1:
        return Record(line, raw, None, "not CSV: a line break within the line")
    return Record(line, raw, rows[0])
