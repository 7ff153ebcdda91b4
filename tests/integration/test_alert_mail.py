"""Mail as it is sent: its headers and texts, TLS and certificates, and mail servers that refuse, hang or trickle."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.messages import NOW, content, told
from tests.outbox import NASTY, channel, message, send
from tests.receivers import Authority, Certificate, Mail, certificate, running


@pytest.fixture(scope="module")
def cert(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def mail() -> Iterator[Mail]:
    with running(Mail()) as one:
        yield one


def test_mail_is_text_and_html_with_its_headers(mail: Mail) -> None:
    outcome = send(channel("email", "Trực ban <truc@example.vn>, b@example.vn"), smtp_url=mail.url)
    assert outcome.what == "sent"
    assert mail.recipients == [["truc@example.vn", "b@example.vn"]]
    (one,) = mail.messages
    assert one["Subject"].startswith("[Nghiêm trọng] Bụi mịn PM2.5 cao")
    assert one["From"].addresses[0].display_name == "IOC Bắc Giang"
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["List-Id"] == "<alerts.nnmt.ioc.example.vn>"
    assert one["Date"].datetime == NOW.replace(microsecond=0)
    text, html = one.get_body(("plain",)), one.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "ngưỡng 150 µg/m³" in text.get_content()
    assert "https://ioc.example.vn/a/TOKEN" in html.get_content()
    mail.raw[0].decode("ascii")


def test_a_repetition_has_the_same_id_and_a_thread_hangs_together(mail: Mail) -> None:
    to = channel("email", "a@example.vn")
    for what in (message(), message(), message(content("resolved"), "alert/12/resolved/2/ch3")):
        assert send(to, what, smtp_url=mail.url).what == "sent"
    first, again, resolved = mail.messages
    assert first["Message-ID"] == again["Message-ID"] != resolved["Message-ID"]
    assert first["References"] == resolved["References"]


def test_no_header_can_be_put_into_a_mail(mail: Mail) -> None:
    nasty = content("firing", told(vi=NASTY, en=NASTY, place_vi=NASTY), department="x\r\nBcc: y", department_vi=NASTY)
    assert send(channel("email", "a@example.vn"), message(nasty), smtp_url=mail.url).what == "sent"
    (one,) = mail.messages
    assert one["Bcc"] is None
    assert mail.recipients == [["a@example.vn"]]
    assert "\n" not in one["Subject"]
    body = one.get_body(("html",))
    assert body is not None
    assert "<script" not in body.get_content()


def test_mail_over_tls_wants_a_certificate_that_is_known(cert: Certificate) -> None:
    with running(Mail(cert.context)) as server:
        to = channel("email", "a@example.vn")
        refused = send(to, smtp_url=server.url)
        assert refused.what == "retry"
        assert "CERTIFICATE_VERIFY_FAILED" in refused.detail
        assert send(to, smtp_url=server.url, deliver_ca_file=cert.file).what == "sent"
        assert len(server.messages) == 1


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "implicit"])
@pytest.mark.parametrize(
    ("name", "expired", "says"),
    [("localhost", False, ""), ("mail.example.vn", False, "Hostname mismatch"), ("localhost", True, "has expired")],
)
def test_mail_goes_to_who_can_show_that_it_is_the_server(
    tmp_path: Path, implicit: bool, name: str, expired: bool, says: str
) -> None:
    authority = Authority(tmp_path)
    with running(Mail(authority.issue(name, expired=expired), implicit=implicit)) as server:
        outcome = send(channel("email", "a@example.vn"), smtp_url=server.url, deliver_ca_file=authority.file)
        assert outcome.what == ("retry" if says else "sent"), "a certificate can be renewed: it is tried again"
        assert says in outcome.detail
        assert len(server.messages) == (0 if says else 1), "not a word of the mail was said"
        if not says:
            assert send(channel("email", "a@example.vn"), smtp_url=server.url).what == "retry", "an unknown authority"


def test_a_greeting_that_trickles_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            with contextlib.suppress(OSError):
                client, _ = server.accept()
                with client:
                    for _ in range(400):
                        client.sendall(b"2")
                        time.sleep(0.05)

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        begun = time.monotonic()
        url = f"smtp://127.0.0.1:{server.getsockname()[1]}?tls=no"
        outcome = send(channel("email", "a@example.vn"), smtp_url=url, deliver_timeout_s=0.5)
        assert outcome.what == "retry"
        assert time.monotonic() - begun < 10, "not as long as it trickles"
        thread.join(10)


def test_a_server_without_starttls_gets_no_mail(mail: Mail) -> None:
    outcome = send(channel("email", "a@example.vn"), smtp_url=mail.url.replace("?tls=no", ""))
    assert outcome.what == "retry"
    assert "STARTTLS" in outcome.detail
    assert mail.messages == []


@pytest.mark.parametrize(
    ("answer", "what", "status"),
    [("451 later", "retry", 451), ("550 no", "given_up", 550), ("421 bye", "retry", 421), ("552 big", "given_up", 552)],
)
def test_what_a_mail_server_says_to_the_message(mail: Mail, answer: str, what: str, status: int) -> None:
    mail.answer = answer
    outcome = send(channel("email", "a@example.vn"), smtp_url=mail.url)
    assert (outcome.what, outcome.status) == (what, status)


def test_a_mail_server_that_hangs_is_left_in_time(mail: Mail) -> None:
    mail.answer = "hang"
    begun = time.monotonic()
    assert send(channel("email", "a@example.vn"), smtp_url=mail.url, deliver_timeout_s=1.0).what == "retry"
    assert time.monotonic() - begun < 10


def test_addresses_that_are_refused(mail: Mail) -> None:
    to = channel("email", "a@example.vn, b@example.vn")
    mail.refuse = {"a@example.vn": "550 gone"}
    outcome = send(to, smtp_url=mail.url)
    assert outcome.what == "sent"
    assert "550" in outcome.detail
    mail.refuse = {"a@example.vn": "450 later"}
    assert send(to, smtp_url=mail.url).what == "retry"
    mail.refuse = {"a@example.vn": "550 gone", "b@example.vn": "550 gone"}
    assert send(to, smtp_url=mail.url).what == "given_up"


def test_settings_that_are_missing_wait() -> None:
    assert "IOC_SMTP_URL" in send(channel("email", "a@example.vn")).detail
    outcome = send(channel("email", "a@example.vn"), smtp_url="smtp://127.0.0.1:1?tls=no", mail_from="")
    assert (outcome.what, "IOC_MAIL_FROM" in outcome.detail) == ("retry", True)
