"""What channels really put on the wire: CloudEvents with a signature, CAP and its feed, Apprise. Mail is beside it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from alerts.deliver.address import Refused, Unresolved
from alerts.deliver.channels import all as channels
from alerts.deliver.channels import cap as cap_channel
from alerts.deliver.channels import webhook
from alerts.deliver.channels.apprise import SERVICES
from alerts.deliver.outcome import Earlier
from alerts.deliver.ways import Ways
from alerts.messages import cap, links
from infra.errors import ConfigError
from tests.messages import NOW, content
from tests.outbox import Outbox, channel, message, send, settings
from tests.receivers import EARLY, ENDLESS, REDIRECT, TRICKLE, Certificate, Web, certificate, running
from tests.service import until

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cert(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def web() -> Iterator[Web]:
    with running(Web()) as one:
        yield one


# Webhook


def test_a_webhook_is_a_signed_cloudevent(web: Web) -> None:
    secret = webhook.new_secret()
    assert send(channel("webhook", web.url, secret)).what == "sent"
    (post,) = web.posts
    event = json.loads(post.body)
    assert post.headers["content-type"] == "application/cloudevents+json"
    assert event["specversion"] == "1.0"
    assert event["id"] == post.headers["webhook-id"] == "alert/12/firing/1/ch3"
    assert event["type"] == "vn.ioc.alert.firing"
    assert event["source"] == "https://ioc.example.vn/api/v1/alerts"
    assert event["time"] == "2026-11-23T07:05:30.123456Z"
    assert event["data"]["alerts"][0]["value"] == 1162.4
    signed = f"{post.headers['webhook-id']}.{post.headers['webhook-timestamp']}.".encode() + post.body
    wanted = hmac.new(base64.b64decode(secret[6:]), signed, hashlib.sha256).digest()
    assert post.headers["webhook-signature"] == "v1," + base64.b64encode(wanted).decode()
    assert abs(int(post.headers["webhook-timestamp"]) - time.time()) < 60


def test_a_webhook_over_tls_wants_a_certificate_for_its_name(cert: Certificate) -> None:
    with running(Web(cert.context)) as server:
        refused = send(channel("webhook", server.url))
        assert (refused.what, "CERTIFICATE_VERIFY_FAILED" in refused.detail) == ("retry", True)
        assert send(channel("webhook", server.url), deliver_ca_file=cert.file).what == "sent"


@pytest.mark.parametrize(
    ("mode", "what"),
    [(REDIRECT, "retry"), (ENDLESS, "sent"), (EARLY, "retry"), (TRICKLE, "retry"), (500, "retry"), (410, "given_up")],
)
def test_a_webhook_that_misbehaves(web: Web, mode: Any, what: str) -> None:
    web.mode = mode
    begun = time.monotonic()
    within = {"deliver_timeout_s": 2.0} if mode == TRICKLE else {}
    assert send(channel("webhook", web.url), **within).what == what
    assert time.monotonic() - begun < 10
    assert [p.path for p in web.seen] == ["/hook"]


def test_retry_after_is_taken_from_the_answer(web: Web) -> None:
    web.mode = (503, {"Retry-After": "77"})
    assert send(channel("webhook", web.url)).wait_s == 77


def test_the_house_is_not_called_unless_it_is_named(web: Web) -> None:
    outcome = send(channel("webhook", web.url), webhook_allow="")
    assert (outcome.what, web.seen) == ("given_up", [])
    with pytest.raises(Refused):
        channels.check(Ways(settings("", webhook_allow="")), channel("webhook", web.url))


def test_the_connection_goes_to_what_was_checked_whatever_the_name_says(web: Web) -> None:
    """Rebinding: the name's first answer is checked and used; nobody asks a second time."""
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.255.255.1"]

    ways = Ways(settings("", webhook_allow="rebind.invalid"), resolve)
    to = channel("webhook", f"http://rebind.invalid:{web.port}/hook")
    assert channels.send(ways, to, message(), datetime.now(UTC)).what == "sent"
    assert asked == ["rebind.invalid"]
    assert web.posts[0].headers["host"] == f"rebind.invalid:{web.port}"


def test_no_proxy_of_the_environment_is_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert send(channel("webhook", web.url)).what == "sent"


# CAP


def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(ROOT / "tests/data/CAP-v1.2.xsd"))


def test_cap_goes_out_as_a_signed_webhook_and_refers_to_what_went_before(web: Web) -> None:
    to = channel("cap", web.url, "secret", scope="Public")
    assert send(to).what == "sent"
    earlier = Earlier("alert/12/firing/1/ch3", NOW, content())
    assert send(to, message(content("resolved"), "alert/12/resolved/2/ch3", earlier)).what == "sent"
    docs = [ET.fromstring(p.body) for p in web.posts]
    for post in web.posts:
        schema().validate(io.BytesIO(post.body))
        assert post.headers["content-type"] == "application/cap+xml"
        assert post.headers["webhook-signature"].startswith("v1,")
    ns = f"{{{cap.NAMESPACE}}}"
    assert [d.findtext(f"{ns}msgType") for d in docs] == ["Alert", "Cancel"]
    assert [d.findtext(f"{ns}scope") for d in docs] == ["Public", "Public"]
    assert (docs[1].findtext(f"{ns}references") or "").split(",")[1] == docs[0].findtext(f"{ns}identifier")


@pytest.mark.servers
def test_the_cap_feed_names_what_went_out(database: str) -> None:
    from alerts.deliver.sender import Sender

    box = Outbox(database)
    number = box.channel("cap", "feed")
    one = Sender(settings(database))
    one.start()
    try:
        keys = [box.put(number, "alert/12", "firing"), box.put(number, "alert/12", "resolved")]
        until(lambda: box.states() == {"sent": 2}, "both are published")
        ways = Ways(settings(database))
        raw = cap_channel.feed(box.conn, ways, number, "https://x.vn/cap.atom", lambda n: f"https://x.vn/cap/{n}.xml")
        assert raw is not None
        feed = ET.fromstring(raw)
        atom = "{http://www.w3.org/2005/Atom}"
        entries = feed.findall(f"{atom}entry")
        assert [e.findtext(f"{atom}id", "").rpartition(":")[2] for e in entries] == [
            cap.identifier(k) for k in reversed(keys)
        ]
        refs = [e.find(f"{atom}link") for e in entries]
        documents = []
        for ref in refs:
            assert ref is not None
            raw = cap_channel.document(box.conn, ways, int(ref.attrib["href"].rpartition("/")[2].removesuffix(".xml")))
            assert raw is not None
            schema().validate(io.BytesIO(raw))
            documents.append(ET.fromstring(raw).findtext(f"{{{cap.NAMESPACE}}}msgType"))
        assert documents == ["Cancel", "Alert"]
        assert cap_channel.feed(box.conn, ways, 999, "", str) is None
        assert cap_channel.document(box.conn, ways, 999_999) is None
    finally:
        one.stop(3)
        box.close()


# Apprise


def test_apprise_carries_the_short_form(web: Web) -> None:
    to = channel("apprise", f"json://127.0.0.1:{web.port}/secret-path")
    assert send(to, apprise_services="json").what == "sent"
    (post,) = web.posts
    said = json.loads(post.body)
    assert "ngưỡng 150 µg/m³" in said["message"]
    assert "[Nghiêm trọng]" in said["title"]


def test_an_apprise_service_that_fails_is_tried_once_and_named_without_secrets(web: Web) -> None:
    web.mode = 500
    to = channel("apprise", f"json://user:hunter2pw@127.0.0.1:{web.port}/secret-path?retry=3")
    outcome = send(to, apprise_services="json")
    assert (outcome.what, outcome.status) == ("retry", 500)
    assert len(web.seen) == 1
    assert not any(part in outcome.detail for part in ("hunter2pw", "secret-path"))


def test_an_apprise_service_that_hangs_is_killed(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.deliver.channels import apprise

    web.mode = "hang"
    monkeypatch.setattr(apprise, "_START_S", 3.0)
    begun = time.monotonic()
    to = channel("apprise", f"json://127.0.0.1:{web.port}/")
    outcome = send(to, apprise_services="json", deliver_timeout_s=1.0)
    assert outcome.what == "retry"
    assert time.monotonic() - begun < 20
    left = subprocess.run(["pgrep", "-P", str(__import__("os").getpid()), "-f", "apprise_child"], capture_output=True)
    assert left.stdout == b""


@pytest.mark.parametrize(
    "bad",
    [
        "json://127.0.0.1/", "file:///etc", "tgram", "mailto://a:b@c.vn", "tgram://a\nb/c",
        "workflows://127.0.0.1:8080/WorkflowID/Signature/", "msteams://127.0.0.1/x",
    ],
)  # fmt: skip
def test_apprise_is_no_way_into_the_house(bad: str) -> None:
    assert send(channel("apprise", bad)).what == "given_up"
    with pytest.raises(ConfigError, match=r"(địa chỉ phải|không có trong các dịch vụ).* / "):
        channels.check(Ways(settings("")), channel("apprise", bad))


def test_no_service_of_apprise_takes_its_host_from_the_address() -> None:
    """By Apprise's own word: a later version could bring one that does, as workflows:// did."""
    ask = """import json; from apprise import Apprise
found = Apprise().details()["schemas"]
print(json.dumps([[p["protocols"], p["secure_protocols"], p["details"]["templates"]] for p in found], default=list))"""
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", ask], capture_output=True, check=True, timeout=60)
    known = {p: templates for *protocols, templates in json.loads(said.stdout) for ps in protocols for p in ps or ()}
    assert set(known) >= SERVICES
    assert [s for s in SERVICES if any("{host}" in t for t in known[s])] == []
    assert any("{host}" in t for t in known["workflows"])


def test_what_is_doubtful_about_a_channel_is_said_in_both_languages() -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise Unresolved(f"{host}: no answer")

    ways = Ways(settings(""), nothing)
    ((vi, en),) = channels.check(ways, channel("webhook", "https://chua-co.example.vn/x", "s"))
    assert "chua-co.example.vn" in vi
    assert "không tra được tên máy" in vi
    assert "cannot be looked up now" in en
    assert len(channels.check(ways, channel("webhook", "https://chua-co.example.vn/x"))) == 2, "and nothing is signed"
    assert "IOC_SMTP_URL" in channels.check(ways, channel("email", "a@example.vn"))[0][0]
    assert channels.check(ways, channel("cap", "feed")) == ()
    known = Ways(settings(""), lambda host, port: ["93.184.216.34"])
    assert channels.check(known, channel("webhook", "https://co.example.vn/x", "s")) == ()


@pytest.mark.parametrize("bad", ["", "nobody", "a@b.vn\nBcc: x@y.vn", "a b@c.vn", ", ".join(["a@b.vn"] * 51)])
def test_what_is_wrong_with_a_mail_address_is_said_in_vietnamese_first(bad: str) -> None:
    with pytest.raises(ConfigError, match=r"(không phải địa chỉ thư|ký tự điều khiển|nêu từ 1).* / "):
        channels.check(Ways(settings("")), channel("email", bad))


def test_an_apprise_channel_has_one_target() -> None:
    ways, token = Ways(settings("")), "123456789:abcdefg_hijklmnop"
    channels.check(ways, channel("apprise", f"tgram://{token}/-100200300"))
    with pytest.raises(ConfigError, match="one target"):
        channels.check(ways, channel("apprise", f"tgram://{token}/-100200300/-100200301"))


# Links


@pytest.mark.servers
def test_a_link_works_for_its_time_and_its_first_use_is_kept(database: str) -> None:
    from datetime import timedelta

    box = Outbox(database)
    try:
        url = links.confirming(box.conn, "https://ioc.example.vn", "nnmt", "drill/2026-W48/ch3", NOW)
        token = url.rpartition("/")[2]
        found = links.look_up(box.conn, token, NOW)
        assert found is not None
        assert (found.purpose, found.department, found.about) == ("confirm", "nnmt", "drill/2026-W48/ch3")
        assert links.use(box.conn, token, NOW)
        assert not links.use(box.conn, token, NOW + timedelta(hours=1))
        again = links.look_up(box.conn, token, NOW)
        assert again is not None
        assert again.used_at == NOW
        assert links.look_up(box.conn, token, NOW + timedelta(days=8)) is None
        for wrong in ("", "x", token[:-1], token + "x", "á" * 43, "a" * 100_000, "\x00"):
            assert links.look_up(box.conn, wrong, NOW) is None
        stored = box.conn.execute("SELECT token_hash::text FROM ack_link").fetchall()
        assert token not in str(stored)
        assert links.drop_old(box.conn, NOW + timedelta(days=40)) == 1
    finally:
        box.close()
