"""Mail by SMTP with TLS: text and HTML, one message for all addresses of a channel.

Message-ID comes from the notification's key, so that a repetition is recognised; those of a thread refer to the same
first message, so that programs show them together.
"""

from __future__ import annotations

import contextlib
import email.policy
import email.utils
import hashlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from alerts.deliver.outcome import Channel, Doubts, Message, Outcome
from alerts.deliver.ways import Ways
from alerts.messages import render
from alerts.messages.forms import plain
from infra import remote
from infra.errors import ConfigError

_MOST_ADDRESSES = 50
#: The server wants a login or encryption (RFC 4954): settings, not this message.
_LOGIN = frozenset({530, 534, 535, 538})
_POLICY = email.policy.SMTP.clone(max_line_length=78)


class Server(msgspec.Struct, frozen=True):
    """What IOC_SMTP_URL says."""

    host: str
    port: int
    user: str
    password: str
    tls: str  # "implicit", "starttls" or "no"


def server(url: str, exempt: remote.Exempt) -> Server:
    """Read IOC_SMTP_URL; ConfigError says what it must look like. In the clear (?tls=no) mail goes to this machine and
    to who is ``exempt`` only."""
    try:
        parts = urlsplit(url)
        port, options = parts.port, parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError:
        parts, port, options = urlsplit(""), None, {}
    tls = {"smtps": "implicit", "smtp": "starttls"}.get(parts.scheme)
    if tls is None or not parts.hostname or port == 0 or set(options) - {"tls"} or options.get("tls", ["no"]) != ["no"]:
        raise ConfigError(
            "IOC_SMTP_URL phải có dạng smtp://USER:PASSWORD@HOST:587 hoặc smtps://USER:PASSWORD@HOST:465"
            " / IOC_SMTP_URL must look like smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465"
            " (?tls=no only for a server on this machine or of IOC_PLAIN_HOSTS)"
        )
    if options:
        tls = "no"
        if not remote.is_here(parts.hostname) and not exempt(parts.hostname):
            raise ConfigError(
                f"IOC_SMTP_URL: {parts.hostname} là máy khác, và ?tls=no gửi mật khẩu và thư ở dạng đọc được: hãy bỏ"
                " ?tls=no, hoặc nêu máy đó trong IOC_PLAIN_HOSTS nếu mạng là của riêng bạn"
                f" / IOC_SMTP_URL: {parts.hostname} is another machine, and ?tls=no sends passwords and mail for all to"
                " read: leave ?tls=no out, or name the host in IOC_PLAIN_HOSTS if its network is yours"
            )
    return Server(
        parts.hostname,
        port or (465 if tls == "implicit" else 587),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        tls,
    )


def addresses(text: str) -> list[Address]:
    """The addresses of a channel, separated by commas; ConfigError names the one that is none."""
    if any(not c.isprintable() for c in text):
        raise ConfigError(
            "địa chỉ thư có ký tự điều khiển: hãy viết trên một dòng, cách nhau bằng dấu phẩy"
            " / mail addresses must not hold control characters: write them on one line, with commas"
        )
    found = []
    for name, spec in email.utils.getaddresses([text.removeprefix("mailto:")]):
        local, at, domain = spec.rpartition("@")
        if not (local and at and domain and spec.isascii()) or any(c.isspace() for c in spec) or len(spec) > 254:
            raise _no_address(spec or text)
        try:
            found.append(Address(display_name=plain(name, 100), addr_spec=spec))
        except (ValueError, email.errors.MessageError):
            raise _no_address(spec) from None
    if not 0 < len(found) <= _MOST_ADDRESSES:
        raise ConfigError(
            f"nêu từ 1 đến {_MOST_ADDRESSES} địa chỉ thư, cách nhau bằng dấu phẩy"
            f" / give 1 to {_MOST_ADDRESSES} mail addresses, separated by commas"
        )
    return found


def _no_address(text: str) -> ConfigError:
    shown = repr(plain(text, 100))
    return ConfigError(
        f"{shown} không phải địa chỉ thư: hãy viết dạng ten@example.vn"
        f" / {shown} is no mail address: write it as name@example.vn"
    )


def _ident(text: str, host: str) -> str:
    return f"<{hashlib.sha256(text.encode()).hexdigest()[:40]}@{host}>"


def compose(ways: Ways, channel: Channel, message: Message) -> EmailMessage:
    """The mail. The same at each try, but for the boundary between its parts."""
    content = message.content
    mail = EmailMessage(policy=_POLICY)
    sender = addresses(ways.settings.mail_from or "")[:1] if ways.settings.mail_from else []
    if not sender:
        raise ConfigError(
            "chưa đặt IOC_MAIL_FROM: hãy nêu người gửi, ví dụ IOC <ioc@example.vn>"
            " / IOC_MAIL_FROM is not set: give the sender of mail, as IOC <ioc@example.vn>"
        )
    mail["Subject"] = plain(render.subject(content), 250)
    mail["From"] = sender[0]
    mail["To"] = addresses(channel.address)
    if ways.settings.mail_reply_to:
        mail["Reply-To"] = addresses(ways.settings.mail_reply_to)
    mail["Date"] = email.utils.format_datetime(message.created_at)
    mail["Message-ID"] = _ident(message.key, ways.host)
    root = _ident(f"{channel.id} {message.thread}", ways.host)
    mail["In-Reply-To"] = root
    mail["References"] = root
    label = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in content.department)
    mail["List-Id"] = f"<alerts.{label}.{ways.host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if message.severity in ("critical", "major") and content.kind in ("firing", "escalation", "reminder"):
        mail["Importance"] = "high"
    mail.set_content(render.text(content), cte="quoted-printable")
    mail.add_alternative(render.html(content), subtype="html", cte="quoted-printable")
    return mail


@contextlib.contextmanager
def _ended_after(smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Shut the connection after the time, whatever trickles in: timeouts of smtplib are for each step alone."""
    over = threading.Event()

    def shut() -> None:
        wait = seconds
        while not over.wait(wait):  # again: it may only now have connected
            wait = 0.5
            with contextlib.suppress(OSError, AttributeError):
                if smtp.sock is not None:
                    smtp.sock.shutdown(socket.SHUT_RDWR)

    threading.Thread(target=shut, daemon=True, name="mail-end").start()
    try:
        yield
    finally:
        over.set()


def _closed(where: Server, context: ssl.SSLContext, seconds: float, me: str) -> smtplib.SMTP:
    """A client that is not connected yet: its greeting, too, must come in time."""
    if where.tls == "implicit":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(local_hostname=me, timeout=seconds, context=context)
    else:
        smtp = smtplib.SMTP(local_hostname=me, timeout=seconds)
    smtp._host = where.host  # type: ignore[attr-defined]  # whose certificate it must be; connect() does not set it
    return smtp


def _transmit(ways: Ways, mail: EmailMessage) -> Outcome:
    where, seconds = server(ways.settings.smtp_url, ways.plain), ways.settings.deliver_timeout_s
    smtp = _closed(where, ways.tls, seconds, ways.host)
    with _ended_after(smtp, seconds):
        try:
            code, said = smtp.connect(where.host, where.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, said)
            if where.tls == "starttls":
                smtp.starttls(context=ways.tls)
            if where.user:
                smtp.login(where.user, where.password)
            refused = smtp.send_message(mail)
        finally:
            # Not quit(): it waits for an answer, and what happens after DATA was accepted no longer matters.
            smtp.close()
    if not refused:
        return Outcome("sent", "máy chủ thư đã nhận / accepted by the mail server", 250)
    codes = sorted({code for code, _ in refused.values()})
    detail = f"{len(refused)} địa chỉ bị từ chối / addresses refused: {', '.join(map(str, codes))}"
    # The others have it. Refused for ever: said, and done. Refused for now: all get it again, under the same id.
    return Outcome("retry" if any(c < 500 for c in codes) else "sent", detail, codes[0])


def send(ways: Ways, channel: Channel, message: Message, now: datetime) -> Outcome:
    """One try. What settings lack, and a wrong password, is tried again: it can be corrected; a 5xx is given up."""
    if not ways.settings.smtp_url:
        return Outcome("retry", "chưa đặt IOC_SMTP_URL / IOC_SMTP_URL is not set")
    try:
        return _transmit(ways, compose(ways, channel, message))
    except ConfigError as e:
        return Outcome("retry", str(e))
    except smtplib.SMTPAuthenticationError as e:
        return Outcome("retry", f"máy chủ thư không nhận mật khẩu / the mail server refuses the login: {e.smtp_code}")
    except smtplib.SMTPRecipientsRefused as e:
        codes = sorted({code for code, _ in e.recipients.values()})
        gone = all(c >= 500 for c in codes)
        detail = f"mọi địa chỉ bị từ chối / all addresses refused: {', '.join(map(str, codes))}"
        return Outcome("given_up" if gone else "retry", detail, codes[0])
    except smtplib.SMTPResponseException as e:
        said = e.smtp_error.decode("utf-8", "replace") if isinstance(e.smtp_error, bytes) else str(e.smtp_error)
        # Before MAIL, a 5xx is about the server or our connection and not about this message.
        about_us = isinstance(e, smtplib.SMTPConnectError | smtplib.SMTPHeloError)
        gone = e.smtp_code >= 500 and not about_us and e.smtp_code not in _LOGIN
        return Outcome("given_up" if gone else "retry", f"SMTP {e.smtp_code}: {plain(said, 200)}", e.smtp_code)
    except (smtplib.SMTPException, OSError) as e:
        return Outcome("retry", f"không gửi được / could not be sent: {type(e).__name__}: {plain(str(e), 200)}")


def check(ways: Ways, channel: Channel) -> Doubts:
    """The addresses are ones; doubtful where there is no mail server."""
    addresses(channel.address)
    if ways.settings.smtp_url:
        return ()
    return (
        (
            "chưa đặt IOC_SMTP_URL: kênh đã được lưu, nhưng chưa gửi được thư",
            "IOC_SMTP_URL is not set: the channel is kept, but no mail can be sent",
        ),
    )
