"""The broker's log, read for what does not belong. Pure: lines in, facts out.

    lines ─▶ connections (who is let in, from where) ─▶ logins: they end an old password
                                                    └─▶ facts: denied topic or subscription, two addresses, a client
                                                        id taken over, refused credentials and certificates

What the broker says of a client before it has let it in is that client's own claim. User names of devices are ids of
sensors, or end with one (`infra.devices.credentials`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from city.sensors import SENSOR_ID
from infra.servers.mosquitto import USER

Kind = Literal[
    "denied_topic",  # a credential published where it may not
    "denied_subscription",  # it asked for what it may not read; it gets nothing
    "two_addresses",  # one credential, connected from two addresses at once
    # its connection was replaced by another from the same address, more often than a bad line would; or it came by the
    # services' listener, under a client id of its choice
    "taken_over",
    "refused",  # a wrong user name or password
    "refused_certificate",  # no certificate, or one that does not hold; TLS that is too old
]

#: Replacements of a connection from the same address within this time; one is a line that broke.
OFTEN, OFTEN_S = 5, 60.0
#: Connections that are remembered as not yet let in; beyond, the oldest are forgotten.
PENDING = 64
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\d{10}): (.*)\Z", re.DOTALL)
_NEW = re.compile(r"New connection from (\S+):(\d+) on port \d+\.\Z")
_IN = re.compile(r"New client connected from (\S+):(\d+) as (.*) \(p\d, c\d, k\d+(?:, u'(.*)')?\)\.\Z")
_AGAIN = re.compile(r"Client (.*) already connected, closing old connection\.\Z")
_REFUSED = re.compile(r"Client (.*) disconnected, not authorised\.\Z")
_DENIED = re.compile(r"Denied PUBLISH from (.*) \(d\d, q\d, r\d, m\d+, '(.*)', \.\.\. \(\d+ bytes\)\)\Z")
_SUBSCRIBED = re.compile(r"(\S+) [012] (\S.*)\Z")
_TLS = re.compile(r"(?:OpenSSL Error\[\d+\]|Client connection from (\S+) failed): error:\w+:SSL routines::(.*?)\.?\Z")
_GONE = re.compile(r"Client (\S+) (?:disconnected|closed its connection|has exceeded timeout)")
#: TLS that ends so is a line that broke, or a mere look whether the port is open.
_HARMLESS = ("unexpected eof", "shutdown while in init", "http request", "wrong version number")


class Fact(NamedTuple):
    """Something that does not belong. ``sensor_id``: whose credential it was; None: nobody was let in."""

    kind: Kind
    at: datetime
    sensor_id: str | None = None
    client: str = ""
    address: str = ""
    topic: str = ""
    detail: str = ""


class Login(NamedTuple):
    """A device that was let in."""

    user_name: str
    at: datetime
    address: str


@dataclass
class Seen:
    """What some lines have said."""

    logins: list[Login] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


class _Open(NamedTuple):
    user: str
    address: str


def sensor_of(user: str) -> str | None:
    """The sensor of a user name; None: it is none of a device."""
    last = user.rsplit("/", 1)[-1]
    return last if user != USER and SENSOR_ID.match(last) else None


class Watch:
    """Reads the log of one broker, from the lines of its start on or from anywhere."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._pending: dict[tuple[str, str], None] = {}
        self._replaced: dict[str, list[datetime]] = {}
        self._again: str | None = None
        self._out = Seen()

    def read(self, lines: Iterable[str]) -> Seen:
        """What these lines say; they are whole, without their ends."""
        self._out = Seen()
        for line in lines:
            if match := _TIME.match(line):
                self._line(_moment(match[1]), match[2])
        return self._out

    def _line(self, at: datetime, text: str) -> None:
        # The most frequent ones first.
        if text.startswith(("Received ", "Sending ", "\t")):
            return
        if text.startswith("Denied PUBLISH"):
            self._denied(at, text)
        elif text.startswith("New "):
            self._new(at, text)
        elif text.startswith("Client "):
            self._client(at, text)
        elif match := _TLS.match(text):
            self._tls(at, match[1] or self._whose(), match[2])
        elif match := _SUBSCRIBED.match(text):
            self._subscribed(at, match[1], match[2])

    def _fact(self, kind: Kind, at: datetime, client: str, *, topic: str = "", detail: str = "") -> None:
        known = self._open.get(client)
        # A client id that nobody has (any more): it was let in before we began to read, and is its own user name.
        user = known.user if known else client
        address = known.address if known else ""
        self._out.facts.append(Fact(kind, at, sensor_of(user), client, address, topic, detail))

    def _denied(self, at: datetime, text: str) -> None:
        if match := _DENIED.match(text):
            self._fact("denied_topic", at, match[1], topic=match[2])

    def _subscribed(self, at: datetime, client: str, topic: str) -> None:
        known = self._open.get(client)
        if known is None or known.user == USER or sensor_of(known.user) is None:
            return
        parts = topic.split("/")
        own = parts[-1:] == ["command"] and parts[:2] == ["ioc", "v1"] and sensor_of(known.user) in parts[4:5]
        if not own:
            self._fact("denied_subscription", at, client, topic=topic)

    def _new(self, at: datetime, text: str) -> None:
        if match := _NEW.match(text):
            self._pending[match[1], match[2]] = None
            if len(self._pending) > PENDING:
                del self._pending[next(iter(self._pending))]
        elif match := _IN.match(text):
            address, port, client, user = match[1], match[2], match[3], match[4] or ""
            self._pending.pop((address, port), None)
            if self._again == client:
                self._taken_over(at, client, user, address)
            self._again = None
            self._open[client] = _Open(user, address)
            if sensor_of(user) is not None:
                if client != user:  # on the devices' listeners it could not choose
                    detail = f"{user} on the services' listener"
                    self._out.facts.append(Fact("taken_over", at, sensor_of(user), client, address, detail=detail))
                self._out.logins.append(Login(user, at, address))

    def _taken_over(self, at: datetime, client: str, user: str, address: str) -> None:
        before = self._open.get(client)
        if user == USER or sensor_of(user) is None or before is None or before.user == USER:
            return  # Services come back as themselves; and it is we who end the connections of who is revoked.
        if before.address != address:
            detail = f"{before.address} and {address}"
            self._out.facts.append(Fact("two_addresses", at, sensor_of(user), client, address, detail=detail))
            return
        times = [t for t in self._replaced.get(client, ()) if (at - t).total_seconds() < OFTEN_S] + [at]
        self._replaced[client] = times[-OFTEN:]
        if len(times) >= OFTEN:
            detail = f"{len(times)} times within {OFTEN_S:.0f} s"
            self._out.facts.append(Fact("taken_over", at, sensor_of(user), client, address, detail=detail))

    def _client(self, at: datetime, text: str) -> None:
        if match := _AGAIN.match(text):
            self._again = match[1]
        elif match := _REFUSED.match(text):
            self._out.facts.append(Fact("refused", at, None, match[1][:200], self._whose()))
        elif match := _TLS.match(text):
            self._tls(at, match[1] or "", match[2])
        elif match := _GONE.match(text):
            if match[1] == "<unknown>":
                self._forget_one()
            else:
                self._open.pop(match[1], None)

    def _tls(self, at: datetime, address: str, why: str) -> None:
        if not why.startswith(_HARMLESS):
            self._out.facts.append(Fact("refused_certificate", at, None, "", address, detail=why))

    def _whose(self) -> str:
        """The address of the one connection that was not let in yet; empty where there are several."""
        addresses = {address for address, _ in self._pending}
        return addresses.pop() if len(addresses) == 1 else ""

    def _forget_one(self) -> None:
        if self._pending:
            del self._pending[next(iter(self._pending))]


def _moment(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    return datetime.fromisoformat(text)
