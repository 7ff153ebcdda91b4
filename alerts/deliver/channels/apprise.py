"""Telegram, Zalo and others through Apprise: only the transport, one target a call, in a process that can be killed.

Order, repetition and their limits are the outbox's. Apprise says yes or no and logs why; of the log nothing is kept
that stands in the address. Some services answer 200 with an error in the body, which Apprise takes for success.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from alerts.deliver.outcome import Channel, Doubts, Message, Outcome
from alerts.deliver.ways import Ways
from alerts.messages import render
from alerts.messages.forms import plain
from alerts.messages.sheet import headline
from alerts.rules.model import Severity
from infra.errors import ConfigError

#: Services that only ever call servers of their own. Others take a host from the address, as workflows:// does, and
#: could lead inside the network: IOC_APPRISE_SERVICES names them.
SERVICES = frozenset(
    {"tgram", "zalo", "viber", "line", "whatsapp", "slack", "discord", "gchat", "signl4", "pover", "pbul", "twilio",
     "vonage", "clickatell"}
)  # fmt: skip
_KIND: dict[Severity, str] = {"info": "info", "warning": "warning", "major": "warning", "critical": "failure"}
#: Answers that stay what they are: the token, the receiver or the text is wrong.
_FINAL = frozenset({400, 401, 403, 404, 410, 413, 422})
_STATUS = re.compile(r"error=(\d{3})\b")
#: Beside the call itself: the start of an interpreter with Apprise in it.
_START_S = 15.0


def mask(text: str, address: str) -> str:
    """The text without any part of the address, as it is or decoded: tokens, names, chats."""
    parts = {p for p in re.split(r"[/:?&=@,#]+", address.partition("://")[2]) if len(p) >= 4}
    for part in sorted(parts | {unquote(p) for p in parts}, key=len, reverse=True):
        text = text.replace(part, "***")
    return text


def _scheme(ways: Ways, address: str) -> None:
    scheme, separator, _ = address.partition("://")
    further = {s.strip().lower() for s in ways.settings.apprise_services.split(",")} - {""}
    if not separator or any(not c.isprintable() or c.isspace() for c in address) or len(address) > 2_000:
        raise ConfigError(
            "địa chỉ phải theo dạng của Apprise, ví dụ tgram://TOKEN/CHAT hoặc zalo://TOKEN/CHAT"
            " / the address must be one of Apprise, such as tgram://TOKEN/CHAT or zalo://TOKEN/CHAT"
        )
    if scheme.lower() not in SERVICES | further:
        name = plain(scheme, 40)
        raise ConfigError(
            f"{name}:// không có trong các dịch vụ được dùng: nếu nó không dẫn vào mạng nội bộ, hãy thêm vào"
            " IOC_APPRISE_SERVICES, hoặc dùng webhook"
            f" / {name}:// is not among the services that may be used: name it in IOC_APPRISE_SERVICES if it does not"
            " lead inside the network, or use a webhook"
        )


def _run(ways: Ways, address: str, message: Message | None) -> dict[str, Any]:
    """One call in a process of its own; TimeoutExpired after the time, with the process killed."""
    seconds = ways.settings.deliver_timeout_s + _START_S
    job = {
        "url": address,
        "title": headline(message.content, "vi") if message else "",
        "body": render.short(message.content) if message else "",
        "kind": _KIND[message.severity] if message else "info",
        "within_s": seconds,
        "only_check": message is None,
    }
    done = subprocess.run(
        [sys.executable, "-m", "alerts.deliver.channels.apprise_child"],
        input=json.dumps(job).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=seconds,
        check=False,
        start_new_session=True,
    )
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return {"outcome": "failed", "log": [f"exit {done.returncode}"]}
    return said if isinstance(said, dict) else {"outcome": "failed", "log": []}


def send(ways: Ways, channel: Channel, message: Message, now: datetime) -> Outcome:
    """One try."""
    try:
        _scheme(ways, channel.address)
        said = _run(ways, channel.address, message)
    except ConfigError as e:
        return Outcome("given_up", str(e))
    except subprocess.TimeoutExpired:
        return Outcome("retry", "dịch vụ không trả lời kịp, đã dừng / the service did not answer in time")
    log = " ".join(str(line) for line in said["log"])
    found = _STATUS.search(log)
    status = int(found[1]) if found else None
    detail = plain(mask(log, channel.address), 300)
    if said["outcome"] == "ok":
        return Outcome("sent", "dịch vụ đã nhận / accepted by the service")
    if said["outcome"] == "bad":
        return Outcome("given_up", f"địa chỉ kênh sai / the channel's address is wrong: {detail}")
    gone = status in _FINAL
    return Outcome("given_up" if gone else "retry", f"dịch vụ từ chối / the service refused: {detail}", status)


def check(ways: Ways, channel: Channel) -> Doubts:
    """The service may be used, and the address names exactly one target."""
    _scheme(ways, channel.address)
    try:
        said = _run(ways, channel.address, None)
    except subprocess.TimeoutExpired:
        raise ConfigError(
            "chưa kiểm tra kịp địa chỉ: hãy thử lại / the address could not be checked in time: try again"
        ) from None
    if said["outcome"] != "ok":
        raise ConfigError(
            "Apprise không hiểu địa chỉ này, hoặc địa chỉ nêu nhiều nơi nhận: hãy tạo mỗi nơi nhận một kênh"
            " / Apprise does not understand the address, or it names more than one target: make one channel for each"
        )
    return ()
