"""Every kind of channel."""

from __future__ import annotations

from datetime import datetime

from alerts.deliver.channels import apprise, cap, email, webhook
from alerts.deliver.outcome import Channel, Doubts, Message, Outcome
from alerts.deliver.ways import Ways

_SEND = {"email": email.send, "webhook": webhook.send, "cap": cap.send, "apprise": apprise.send}
_CHECK = {"email": email.check, "webhook": webhook.check, "cap": cap.check, "apprise": apprise.check}


def send(ways: Ways, channel: Channel, message: Message, now: datetime) -> Outcome:
    """Send one message to one channel, once."""
    return _SEND[channel.kind](ways, channel, message, now)


def check(ways: Ways, channel: Channel) -> Doubts:
    """Look at a channel before it is saved: ConfigError or address.Refused says what is wrong with it, in vi and en;
    what is doubtful, and may be kept, is returned."""
    return _CHECK[channel.kind](ways, channel)
