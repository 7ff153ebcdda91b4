"""When a try is repeated, and how a webhook is signed."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.deliver.channels import apprise, email, webhook
from alerts.deliver.http import tls_context
from alerts.deliver.outcome import backoff, of_status, wait_s
from alerts.notice.channels import masked
from infra import remote
from infra.errors import ConfigError
from infra.settings import Settings
from tests.messages import NOW

SETTINGS = Settings(deliver_retry_s=2, deliver_retry_max_s=600)


@pytest.mark.parametrize(
    ("status", "what"),
    [
        (200, "sent"), (202, "sent"), (204, "sent"), (301, "retry"), (307, "retry"), (400, "given_up"),
        (401, "given_up"), (404, "given_up"), (410, "given_up"), (408, "retry"), (425, "retry"), (429, "retry"),
        (500, "retry"), (503, "retry"),
    ],
)  # fmt: skip
def test_what_an_answer_means(status: int, what: str) -> None:
    assert of_status(status, "", None, NOW).what == what


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None), ("", None), ("120", 120), (" 5 ", 5), ("-5", None), ("soon", None), ("1e9", None),
        ("99999999999999", 3600), ("0", 0), ("Mon, 23 Nov 2026 07:06:30 GMT", 59.876544),
        ("Mon, 23 Nov 2020 07:06:30 GMT", 0), ("Mon, 23 Nov 9999 07:06:30 GMT", 3600), ("٣", None),
    ],
)  # fmt: skip
def test_retry_after_in_seconds_and_dates_bounded(header: str | None, seconds: float | None) -> None:
    assert wait_s(header, NOW) == (None if seconds is None else pytest.approx(seconds))


@given(st.integers(1, 10_000), st.none() | st.floats(0, 3600), st.integers())
def test_waits_grow_within_bounds_and_honour_the_receiver(attempts: int, asked: float | None, seed: int) -> None:
    wait = backoff(SETTINGS, attempts, asked, random.Random(seed))
    whole = min(2.0 * 2 ** min(attempts - 1, 30), 600.0)
    assert wait >= timedelta(seconds=max(whole / 2, asked or 0)) - timedelta(milliseconds=1)
    assert wait <= timedelta(seconds=max(whole, (asked or 0) * 1.1)) + timedelta(milliseconds=1)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    made = webhook.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert webhook.signature(webhook.new_secret(), "a", 1, b"x") != webhook.signature(
        webhook.new_secret(), "a", 1, b"x"
    )
    with pytest.raises(ConfigError):
        webhook.signature("whsec_no base64", "a", 1, b"")


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "nobody",
        "a@",
        "@b.vn",
        "a@b.vn\r\nBcc: c@d.vn",
        "a b@c.vn",
        "á@b.vn",
        ", ".join(f"a{i}@b.vn" for i in range(51)),
    ],
)
def test_what_is_no_mail_address(bad: str) -> None:
    with pytest.raises(ConfigError):
        email.addresses(bad)


def test_mail_addresses() -> None:
    found = email.addresses("mailto:Trực ban <a@b.vn>, c@d.vn")
    assert [a.addr_spec for a in found] == ["a@b.vn", "c@d.vn"]


@pytest.mark.parametrize(
    "bad", ["", "mail.vn", "http://mail.vn", "smtp://", "smtp://h:0", "smtp://h?tls=yes", "smtp://h?x=1"]
)
def test_what_is_no_mail_server(bad: str) -> None:
    with pytest.raises(ConfigError, match="IOC_SMTP_URL"):
        email.server(bad, remote.plain_hosts(""))


def test_mail_servers() -> None:
    nobody = remote.plain_hosts("")
    found = email.server("smtps://u%40v.vn:p%3Aw@h.vn", nobody)
    assert found == email.Server("h.vn", 465, "u@v.vn", "p:w", "implicit")
    assert email.server("smtp://h.vn", nobody).tls == "starttls"
    assert email.server("smtp://127.0.0.1:25?tls=no", nobody).tls == "no"


def test_mail_goes_in_the_clear_to_this_machine_and_to_hosts_that_are_named() -> None:
    url = "smtp://u:p@mail.example.vn:25?tls=no"
    with pytest.raises(ConfigError, match=r"IOC_PLAIN_HOSTS.* / .*IOC_PLAIN_HOSTS"):
        email.server(url, remote.plain_hosts("other.example.vn"))
    assert email.server(url, remote.plain_hosts("mail.example.vn")).tls == "no"
    assert email.server("smtp://u:p@10.1.2.3?tls=no", remote.plain_hosts("10.1.0.0/16")).tls == "no"
    assert email.server("smtp://u:p@[::1]?tls=no", remote.plain_hosts("")).tls == "no"


def test_of_an_apprise_log_nothing_is_kept_that_is_in_the_address() -> None:
    address = "tgram://123456:AAbbCC-secret%40x/-100200300?silent=yes"
    said = apprise.mask("Failed https://api/bot123456:AAbbCC-secret@x chat -100200300 error=401", address)
    assert not any(part in said for part in ("123456", "AAbbCC", "-100200300"))
    assert "error=401" in said


@pytest.mark.parametrize(
    ("kind", "address", "shown"),
    [
        ("email", "Trực ban <truc@example.vn>, b@c.vn", "t…@example.vn, b…@c.vn"),
        ("email", '"Ban, Trực" <truc@example.vn>', "t…@example.vn"),
        ("webhook", "https://hook.example.vn/secret/path?token=x", "https://hook.example.vn/…"),
        ("cap", "feed", "feed"),
        ("cap", "https://user:pw@cap.example.vn/x", "https://cap.example.vn/…"),
        ("apprise", "tgram://123456:TOKEN/-100", "tgram://…"),
        ("apprise", "nonsense", "…"),
    ],
)
def test_an_address_is_never_shown_whole(kind: str, address: str, shown: str) -> None:
    assert masked(kind, address) == shown


def test_a_file_of_authorities_that_is_none(tmp_path: Path) -> None:
    bad = tmp_path / "ca.pem"
    with pytest.raises(ConfigError, match="IOC_DELIVER_CA_FILE"):
        tls_context(bad)
    bad.write_text("nothing", encoding="utf-8")
    with pytest.raises(ConfigError, match="IOC_DELIVER_CA_FILE"):
        tls_context(bad)
