"""What comes of one try, and the message that a channel is given."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import msgspec

from alerts.messages.content import Content
from alerts.rules.model import Severity
from infra.settings import Settings

#: A receiver may ask us to wait; not for ever.
LONGEST_WAIT = timedelta(hours=1)
#: However often a notification is tried, be it that each try ends the process.
MOST_ATTEMPTS = 400
#: Answers of HTTP that may be otherwise next time, though they are 4xx: timeout, too early, too many.
_PASSING = frozenset({408, 425, 429})


class Channel(msgspec.Struct, frozen=True):
    """A row of notice_channel. ``address`` and ``secret`` are never shown or logged."""

    id: int
    department: str
    kind: Literal["email", "webhook", "cap", "apprise"]
    name: str
    address: str
    secret: str
    config: dict[str, Any]


class Earlier(msgspec.Struct, frozen=True):
    """A message of the same thread and channel that went out before."""

    key: str
    created_at: datetime
    content: Content


#: What is told of a channel that is kept all the same, as (vi, en).
Doubts = tuple[tuple[str, str], ...]


class Message(msgspec.Struct, frozen=True):
    """What is to be sent. ``created_at`` and ``key`` are the same at each try; ``earlier`` only where CAP needs it."""

    key: str
    thread: str
    severity: Severity
    created_at: datetime
    content: Content
    earlier: Sequence[Earlier] = ()


class Outcome(msgspec.Struct, frozen=True):
    """sent; retry (perhaps not before ``wait_s``); given_up: no further try would change it.

    ``detail`` is shown to people: one line without secrets. ``status`` is that of HTTP or SMTP.
    """

    what: Literal["sent", "retry", "given_up"]
    detail: str
    status: int | None = None
    wait_s: float | None = None


def of_status(status: int, detail: str, retry_after: str | None, now: datetime) -> Outcome:
    """What an answer of HTTP means. A redirect is not followed: it may be corrected there, so it is tried again."""
    if 200 <= status < 300:
        return Outcome("sent", detail, status)
    if 400 <= status < 500 and status not in _PASSING:
        return Outcome("given_up", detail, status)
    return Outcome("retry", detail, status, wait_s(retry_after, now))


def wait_s(retry_after: str | None, now: datetime) -> float | None:
    """Retry-After as seconds from now: a number or a date (RFC 9110), between 0 and an hour. None: says nothing."""
    if not retry_after:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:10])
    else:
        try:
            at = parsedate_to_datetime(text)
        except (TypeError, ValueError, IndexError):
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        try:
            seconds = (at - now).total_seconds()
        except OverflowError:
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT.total_seconds())


def backoff(settings: Settings, attempts: int, wait: float | None, chance: random.Random) -> timedelta:
    """How long to wait after try number ``attempts`` (1 and up): doubled each time, bounded, between half and all of
    it by chance; never sooner than the receiver asked."""
    doubled = settings.deliver_retry_s * math.ldexp(1.0, min(attempts, 40) - 1)
    seconds = min(doubled, settings.deliver_retry_max_s) * chance.uniform(0.5, 1.0)
    if wait is not None:
        seconds = max(seconds, wait * chance.uniform(1.0, 1.1))
    return timedelta(seconds=seconds)
