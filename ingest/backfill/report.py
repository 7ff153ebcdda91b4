"""What a person hears of a backfill: a sum, the first bad lines, and all of them in a file."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from infra.copyout import safe_cell
from infra.errors import ConfigError
from ingest.backfill.parts import Bad

#: Bad lines that are shown; all are in quarantine, and in the file of --report.
SHOWN = 20
TEXT_CHARACTERS = 500


class Report:
    """Takes the bad lines as they come."""

    def __init__(self, file: Path | None) -> None:
        self.lines = 0
        self.readings = 0
        self.reasons: Counter[str] = Counter()
        self._first: list[Bad] = []
        self._path = file
        self._file: TextIO | None = None
        self._writer: Any = None

    def __enter__(self) -> Report:
        if self._path is not None:
            try:
                self._file = self._path.open("w", encoding="utf-8", newline="")
            except OSError as e:
                raise ConfigError(f"--report: {self._path} cannot be written: {e.strerror}") from None
            self._writer = csv.writer(self._file, lineterminator="\n")
            self._writer.writerow(("line", "reason", "detail", "text"))
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, bad: Sequence[Bad]) -> None:
        """Note bad lines."""
        self.lines += len(bad)
        for b in bad:
            self.readings += b.readings
            self.reasons[b.reason] += 1
            if len(self._first) < SHOWN:
                self._first.append(b)
            if self._writer is not None:
                text = b.raw.decode("utf-8", "backslashreplace")[:TEXT_CHARACTERS]
                self._writer.writerow((b.line, b.reason, safe_cell(b.detail), safe_cell(text)))

    def tell(self, *, quarantined: bool) -> None:
        """Write the first bad lines to stderr, and where the others are."""
        for b in self._first:
            sys.stderr.write(f"line {b.line}: {b.reason}: {b.detail}\n")
        if self.lines > SHOWN:
            where = self._path if self._path else "quarantine, or --report FILE" if quarantined else "--report FILE"
            sys.stderr.write(f"… {self.lines - SHOWN:,} more bad lines: see {where}\n")

    def sentence(self) -> str:
        """How many bad lines there are, by their reasons."""
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in self.reasons.most_common())
        return f"{self.lines:,} dòng hỏng / bad lines: {reasons}" if self.lines else ""
