"""Webhooks: CloudEvents 1.0 as structured JSON, signed as Standard Webhooks say.

id is the notification's key: a receiver that has seen it has the message already.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote

import msgspec

from alerts.deliver import address, http
from alerts.deliver.outcome import Channel, Doubts, Message, Outcome, of_status
from alerts.deliver.ways import Ways
from alerts.messages import render
from alerts.messages.content import freeze
from alerts.messages.forms import plain
from infra.errors import ConfigError
from infra.times import text as rfc3339

_PREFIX = "whsec_"


def new_secret() -> str:
    """A signing secret of 32 random bytes, as receivers' libraries take it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, key: str, timestamp: int, body: bytes) -> str:
    """v1 signature over id, time of the try and body. A secret without the prefix is taken as it stands."""
    try:
        raw = base64.b64decode(secret[len(_PREFIX) :], validate=True) if secret.startswith(_PREFIX) else secret.encode()
    except binascii.Error:
        raise ConfigError(
            "khoá ký bắt đầu bằng whsec_ nhưng không phải base64: hãy tạo khoá mới"
            " / the signing secret begins with whsec_ and is no base64: make a new one"
        ) from None
    digest = hmac.new(raw, f"{key}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def event(ways: Ways, message: Message) -> bytes:
    """The CloudEvent. The same bytes at each try."""
    content = message.content
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": message.key,
            "source": f"{ways.base_url}/api/v1/alerts",
            "type": f"vn.ioc.alert.{content.kind}",
            "subject": message.thread,
            "time": rfc3339(message.created_at),
            "datacontenttype": "application/json",
            "severity": message.severity,
            "data": {
                "title": render.subject(content),
                "text": render.text(content),
                "short": render.short(content),
                **freeze(content),
            },
        }
    )


def deliver(
    ways: Ways, channel: Channel, body: bytes, content_type: str, key: str, now: datetime, url: str | None = None
) -> Outcome:
    """POST a signed body to the channel's address. Address and secret never get into the outcome."""
    try:
        to = address.vet(url or channel.address, ways.allowed, ways.resolve)
    except address.Refused as e:
        return Outcome("given_up", str(e))
    except address.Unresolved as e:
        return Outcome("retry", f"không tra được tên máy / the host cannot be looked up: {plain(str(e), 200)}")
    timestamp = int(now.timestamp())
    ident = quote(key, safe="/:@-_~!$&'()*+,;=")
    headers = {
        "host": _host(to),
        "content-type": content_type,
        "content-length": str(len(body)),
        "user-agent": "ioc-alerts/1",
        "accept": "*/*",
        "webhook-id": ident,
        "webhook-timestamp": str(timestamp),
    }
    try:
        if channel.secret:
            headers["webhook-signature"] = signature(channel.secret, ident, timestamp, body)
        answer = http.post(to, body, headers, within_s=ways.settings.deliver_timeout_s, context=ways.tls)
    except ConfigError as e:
        return Outcome("given_up", str(e))
    except http.NoAnswer as e:
        return Outcome("retry", f"không có trả lời / no answer: {plain(str(e), 200)}")
    said = plain(answer.body.decode("utf-8", "replace"), 200)
    detail = f"HTTP {answer.status}"
    if 300 <= answer.status < 400:
        detail += ": chuyển hướng, không đi theo / a redirect, which is not followed"
    elif not 200 <= answer.status < 300 and said:
        detail += f": {said}"
    return of_status(answer.status, detail, answer.headers.get("retry-after"), now)


def _host(to: address.Vetted) -> str:
    name = f"[{to.host}]" if ":" in to.host else to.host
    return name if to.port == (443 if to.tls else 80) else f"{name}:{to.port}"


def send(ways: Ways, channel: Channel, message: Message, now: datetime) -> Outcome:
    """One try."""
    return deliver(ways, channel, event(ways, message), "application/cloudevents+json", message.key, now)


def check(ways: Ways, channel: Channel) -> Doubts:
    """The address leads out of the house, and the secret can sign. A name that cannot be looked up now is doubtful,
    and refused with http where only its addresses could allow that."""
    doubts: list[tuple[str, str]] = []
    try:
        address.vet(channel.address, ways.allowed, ways.resolve)
    except address.Unresolved:  # each try looks again
        host, _, tls = address.check(channel.address)
        if not tls and host not in ways.allowed.hosts:
            raise address.plain_http() from None
        doubts.append(
            (
                f"hiện không tra được tên máy {host}: kênh đã được lưu, nhưng tin chưa gửi được cho đến khi tên này có"
                " địa chỉ; hãy xem lại tên, rồi gửi tin thử",
                f"the name {host} cannot be looked up now: the channel is kept, but nothing can be sent until that name"
                " has an address; look at it again, then send a test message",
            )
        )
    if channel.secret:
        signature(channel.secret, "check", 0, b"")
    else:
        doubts.append(
            (
                "chưa có khoá ký (secret): nơi nhận không biết chắc tin là của hệ thống này",
                "there is no signing secret: the receiver cannot be sure that messages are ours",
            )
        )
    return tuple(doubts)
