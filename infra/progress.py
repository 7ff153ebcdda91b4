"""A progress bar on a terminal, and nothing elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """How far a work has come, ``at`` of ``total``, on stderr; with the time that is left."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._progress: Progress | None = None

    def __enter__(self) -> Bar:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            self._progress = Progress(
                BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn("{task.description}"),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._task = self._progress.add_task("", total=self._total)
            self._progress.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def at(self, done: int, says: str = "") -> None:
        """So much is done; ``says`` stands beside the bar."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done, description=says)
