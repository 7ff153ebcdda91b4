"""Two people change the same thing: the second one is told how it stands now."""

from __future__ import annotations

from typing import Any


class Changed(Exception):
    """Somebody was faster; ``current`` is the record as it is now, with its revision."""

    def __init__(self, current: Any) -> None:
        super().__init__(f"it has changed: it is at revision {current.revision}")
        self.current = current
