"""Structured log lines on stderr: one event with its facts, and no secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from infra.settings import Settings

#: A password inside a URL, wherever it stands in a value.
_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]+@")


def hide(text: str) -> str:
    """The text with the passwords of URLs blotted out."""
    return _PASSWORD.sub(r"\1***@", text)


def _hide_all(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = hide(value)
        elif isinstance(value, BaseException):
            event[key] = hide(f"{type(value).__name__}: {value}".strip())
    return event


def setup(settings: Settings, service: str) -> None:
    """Send the log of this process to stderr, in the form and from the level that the settings ask for."""
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _hide_all,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
