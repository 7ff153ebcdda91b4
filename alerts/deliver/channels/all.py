"""Every kind of channel."""

from __future__ import annotations

from datetime import datetime

from alerts.deliver.channels import apprise, cap, email, webhook
from alerts.deliver.outcome import Channel, Message, Outcome
from alerts.deliver.ways import Ways
from alerts.messages.forms import plain

_SEND = {"email": email.send, "webhook": webhook.send, "cap": cap.send, "apprise": apprise.send}
_CHECK = {"email": email.check, "webhook": webhook.check, "cap": cap.check, "apprise": apprise.check}


def send(ways: Ways, channel: Channel, message: Message, now: datetime) -> Outcome:
    """Send one message to one channel, once."""
    return _SEND[channel.kind](ways, channel, message, now)


def check(ways: Ways, channel: Channel) -> None:
    """Look at a channel before it is saved: ConfigError or address.Refused says what is wrong with it, in vi and en."""
    _CHECK[channel.kind](ways, channel)


def shown(kind: str, address: str) -> str:
    """An address as people may see it: enough to know which it is, not enough to use it."""
    if kind == "email":
        parts = [p.strip().rpartition("@") for p in address.split(",") if p.strip()]
        return ", ".join(f"{name.rpartition('<')[2][:1]}***@{domain.rstrip('>')}" for name, _, domain in parts)
    if kind == "cap" and address == cap.FEED:
        return address
    scheme, separator, rest = address.partition("://")
    if not separator:
        return "***"
    host = rest.partition("/")[0].rpartition("@")[2] if kind in ("webhook", "cap") else ""
    return plain(f"{scheme}://{host}{'/' if host else ''}***", 200)
