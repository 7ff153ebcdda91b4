"""What cannot be done about people as it was asked."""

from __future__ import annotations

from infra.errors import ConfigError


class Refused(ConfigError):
    """It cannot be done as asked; the message says why and what to do, in both languages."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(f"{vi} / {en}")
        self.vi, self.en = vi, en


class Unknown(Refused):
    """There is no such account, grant, session or token."""


class Needed(Refused):
    """Nobody would be left who can administer."""


class Conflict(Exception):
    """Somebody was faster; ``current`` is how it stands now."""

    def __init__(self, current: object) -> None:
        super().__init__("somebody was faster: look at it again")
        self.current = current
