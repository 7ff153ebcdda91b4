"""Structured log lines on stderr: one event with its facts, and no secrets.

Secrets of the settings are blotted out wherever they stand, as are passwords in URLs and the rows that the database
shows when it refuses them. That is the second line: the first is not to log them.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog

from infra.settings import Settings

#: A password inside a URL, wherever it stands in a value.
_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]+@")
#: A row that the database refuses is shown whole, with whatever is in it.
_ROW = re.compile(r"(Failing row contains )\(.*", re.DOTALL)
#: What is shorter is no secret, and may be in any word.
_LEAST = 8
_secrets: set[str] = set()


def keep_secret(settings: Settings) -> None:
    """From now on `hide` blots out the secrets of these settings wherever they stand."""
    for name in settings.secret():
        value = str(getattr(settings, name) or "")
        try:
            password = urlsplit(value).password if "://" in value else value
        except ValueError:
            password = value
        _secrets.update(s for s in (password or "", unquote(password or "")) if len(s) >= _LEAST)


def hide(text: str) -> str:
    """The text without secrets: known ones, passwords in URLs, rows of the database."""
    for secret in _secrets:
        text = text.replace(secret, "***")
    return _ROW.sub(r"\1(***)", _PASSWORD.sub(r"\1***@", text))


def one_line(text: str) -> str:
    """The text with what could make another line of it, move the cursor or turn it round written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _told(text: str) -> str:
    """A traceback, of which no line looks like one of the log's own."""
    return "\n".join(f"  | {one_line(line)}" for line in text.split("\n"))


class _Hiding(logging.Formatter):
    """For the lines of libraries, with their tracebacks."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- logging calls it so
        return one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 -- logging calls it so
        return _told(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 -- logging calls it so
        return _told(stack_info)

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # as another handler may have written it
        return hide(super().format(record))


def _lines(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For lines that are no JSON, whose values are written as they are."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _told(value) if key == "exception" else one_line(value)
    return event


def _hide_all(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        event[key] = _hidden(value)
    return event


def _hidden(value: Any) -> Any:
    match value:
        case str():
            return hide(value)
        case BaseException():
            return hide(f"{type(value).__name__}: {value}".strip())
        case dict():
            return {key: _hidden(held) for key, held in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_hidden(held) for held in value]
        case _:
            return value


def setup(settings: Settings, service: str) -> None:
    """Send the log of this process to stderr, in the form and from the level that the settings ask for."""
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    keep_secret(settings)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _hide_all,
            *([] if settings.log_format == "json" else [_lines]),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Hiding("%(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
