"""The sender against receivers that fail: all is delivered after recovery, in order, and what cannot be is shown."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from alerts.deliver import outbox as rows
from alerts.deliver.outcome import Outcome
from alerts.deliver.sender import Sender
from tests.outbox import Outbox, settings
from tests.receivers import EARLY, ENDLESS, HANG, REDIRECT, TRICKLE, Clock, Mail, Post, Web
from tests.service import clean_environment, until

pytestmark = pytest.mark.servers
ROOT = Path(__file__).parents[2]


@pytest.fixture
def outbox(database: str) -> Iterator[Outbox]:
    one = Outbox(database)
    yield one
    one.close()


@pytest.fixture
def web() -> Iterator[Web]:
    one = Web()
    yield one
    one.close()


@pytest.fixture
def mail() -> Iterator[Mail]:
    one = Mail()
    yield one
    one.stop()


@pytest.fixture
def sender(database: str) -> Iterator[Callable[..., Sender]]:
    """Start senders; they end with the test."""
    made: list[Sender] = []

    def make(*, clock: Any = None, **changes: Any) -> Sender:
        made.append(Sender(settings(database, **changes), clock=clock))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.stop(15)


def threads_in_order(keys: list[str]) -> bool:
    """Whether in each thread and channel the first delivery of a firing came before that of its resolved."""
    first: dict[tuple[str, str, str], int] = {}
    for place, key in enumerate(keys):
        _, alert, kind, _, channel = key.split("/")
        first.setdefault((alert, channel, kind), place)
    return all(place < first[a, c, "resolved"] for (a, c, kind), place in first.items() if kind == "firing")


@pytest.mark.parametrize("fault", [500, (429, {"Retry-After": "60"}), 302, EARLY, HANG, TRICKLE, REDIRECT, "refused"])
def test_ten_minutes_of_a_broken_webhook_lose_nothing(
    fault: Any, outbox: Outbox, web: Web, sender: Callable[..., Sender], database: str
) -> None:
    clock = Clock(200)
    address = web.url if fault != "refused" else "http://127.0.0.1:1/"
    web.mode = fault if fault != "refused" else 200
    channel = outbox.channel("webhook", address, secret="s")
    keys = [outbox.put(channel, f"alert/{i}", "firing", at=clock()) for i in range(6)]
    sender(clock=clock, deliver_timeout_s=0.3)
    until(lambda: outbox.attempts(keys[0]), "the first try")
    keys += [outbox.put(channel, f"alert/{i}", "resolved", at=clock()) for i in range(6)]
    down = clock() + timedelta(minutes=10)
    until(lambda: clock() >= down, "ten minutes of the clock")
    found = outbox.states()
    assert (sum(found.values()), found.keys() - {"waiting", "sending"}) == (12, set())
    assert web.posts == []
    web.mode = 200
    if fault == "refused":
        outbox.conn.execute("UPDATE notice_channel SET address = %s", (web.url,))
    until(lambda: outbox.states() == {"sent": 12}, "everything delivered", 90)
    assert sorted(set(web.ids())) == sorted(keys)
    assert threads_in_order(web.ids())
    assert not any(p.path == "/elsewhere" for p in web.seen)
    tried = outbox.attempts(keys[0])
    assert 2 <= len(tried) < 40
    assert [t[0] for t in tried] == ["retry"] * (len(tried) - 1) + ["sent"]


def test_ten_minutes_without_the_mail_server_lose_nothing(
    outbox: Outbox, mail: Mail, sender: Callable[..., Sender]
) -> None:
    clock = Clock(200)
    channel = outbox.channel("email", "truc@example.vn")
    mail.answer = "451 later"
    keys = [outbox.put(channel, f"alert/{i}", kind, at=clock()) for i in range(4) for kind in ("firing", "resolved")]
    sender(clock=clock, smtp_url=mail.url)
    until(lambda: any(a[1] == 451 for a in outbox.attempts(keys[0])), "a 4xx of the mail server")
    mail.stop()
    down = clock() + timedelta(minutes=10)
    until(lambda: clock() >= down, "ten minutes of the clock")
    mail.answer = "250 OK"
    mail.start()
    until(lambda: outbox.states() == {"sent": 8}, "everything delivered", 90)
    assert len(set(mail.ids())) == 8
    subjects = [str(m["Subject"]) for m in mail.messages]
    assert sum("Đã hết" in s for s in subjects) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
def test_a_4xx_is_given_up_at_once_and_shown(
    status: int, outbox: Outbox, web: Web, sender: Callable[..., Sender]
) -> None:
    web.mode = status
    channel = outbox.channel("webhook", web.url)
    key = outbox.put(channel, "alert/1")
    sender()
    until(lambda: outbox.state(key) == "given_up", "it is given up")
    ((outcome, shown, detail),) = outbox.attempts(key)
    assert (outcome, shown) == ("given_up", status)
    assert f"HTTP {status}" in detail
    assert len(web.seen) == 1


def test_what_was_given_up_can_be_sent_again(outbox: Outbox, web: Web, sender: Callable[..., Sender]) -> None:
    web.mode = 404
    key = outbox.put(outbox.channel("webhook", web.url), "alert/1")
    sender()
    until(lambda: outbox.state(key) == "given_up", "it is given up")
    web.mode = 200
    row = outbox.conn.execute("SELECT id FROM notification").fetchone()
    assert row
    assert rows.again(outbox.conn, row[0], datetime.now(UTC))
    until(lambda: outbox.state(key) == "sent", "it is sent")
    assert web.ids() == [key]


def test_what_was_given_up_is_not_sent_after_what_came_later(
    outbox: Outbox, web: Web, sender: Callable[..., Sender]
) -> None:
    web.mode = 404
    channel = outbox.channel("webhook", web.url)
    firing = outbox.put(channel, "alert/1", "firing")
    sender()
    until(lambda: outbox.state(firing) == "given_up", "it is given up")
    web.mode = 200
    resolved = outbox.put(channel, "alert/1", "resolved")
    until(lambda: outbox.state(resolved) == "sent", "its end is told")
    number = outbox.conn.execute("SELECT id FROM notification WHERE key = %s", (firing,)).fetchone()
    assert number
    assert not rows.again(outbox.conn, number[0], datetime.now(UTC))
    assert web.ids() == [resolved]


def test_who_has_the_database_again_lets_go_of_all_but_its_own(outbox: Outbox) -> None:
    mine, lost = outbox.channel("cap", "feed"), outbox.channel("email", "a@example.vn")
    now = datetime.now(UTC)
    for channel in (mine, lost):
        outbox.put(channel, "alert/1")
        assert rows.claim(outbox.conn, now + timedelta(seconds=1)) is not None
    assert rows.release(outbox.conn, now + timedelta(seconds=2), [mine]) == 1
    again = rows.claim(outbox.conn, now + timedelta(seconds=2))
    assert again is not None
    assert again.channel.id == lost
    assert rows.claim(outbox.conn, now + timedelta(seconds=2)) is None


def test_whatever_a_receiver_has_said_can_be_stored(outbox: Outbox) -> None:
    key = outbox.put(outbox.channel("cap", "feed"), "alert/1")
    now = datetime.now(UTC)
    claimed = rows.claim(outbox.conn, now)
    assert claimed is not None
    said = Outcome("retry", "bad \x00 and \ud800 and " + "x" * 5000)
    assert rows.finish(outbox.conn, claimed, said, now, now, 1, settings(""))
    ((_, _, detail),) = outbox.attempts(key)
    assert detail.startswith("bad and and xxx")
    assert len(detail) == 500


def test_after_a_day_it_is_given_up(outbox: Outbox, web: Web, sender: Callable[..., Sender]) -> None:
    clock = Clock(15_000)
    web.mode = 500
    key = outbox.put(outbox.channel("webhook", web.url), "alert/1", at=clock())
    sender(clock=clock)
    until(lambda: outbox.state(key) == "given_up", "it is given up", 90)
    tried = outbox.attempts(key)
    assert tried[-1][0] == "given_up"
    assert {t[0] for t in tried[:-1]} == {"retry"}


def test_an_endless_body_is_taken_for_its_status(outbox: Outbox, web: Web, sender: Callable[..., Sender]) -> None:
    web.mode = ENDLESS
    key = outbox.put(outbox.channel("webhook", web.url), "alert/1")
    sender()
    until(lambda: outbox.state(key) == "sent", "it is sent")


def test_retry_after_rests_the_whole_channel(outbox: Outbox, web: Web, sender: Callable[..., Sender]) -> None:
    web.mode = (429, {"Retry-After": "3600"})
    channel = outbox.channel("webhook", web.url)
    first = outbox.put(channel, "alert/1")
    sender()
    until(lambda: outbox.attempts(first), "the first try")
    second = outbox.put(channel, "alert/2")
    other = outbox.put(outbox.channel("cap", "feed"), "alert/2")
    until(lambda: outbox.state(other) == "sent", "another channel is served")
    assert outbox.attempts(second) == []
    waits = outbox.conn.execute("SELECT due_at - now() FROM notification WHERE key = %s", (first,)).fetchone()
    assert waits
    assert timedelta(minutes=59) < waits[0] < timedelta(minutes=70)


def test_receivers_that_hang_hold_up_nobody_else(outbox: Outbox, web: Web, sender: Callable[..., Sender]) -> None:
    web.mode = HANG
    sick = [outbox.channel("webhook", f"{web.url}/{i}") for i in range(8)]
    for channel in sick:
        for i in range(3):
            outbox.put(channel, f"alert/{i}", severity="critical")
    healthy = Web()
    try:
        sender(deliver_workers=4, deliver_timeout_s=2)
        until(lambda: outbox.conn.execute("SELECT FROM attempt").fetchone() is not None, "a receiver has hung")
        good = outbox.channel("webhook", healthy.url)
        keys = [outbox.put(good, f"alert/{i}", severity="info") for i in range(3)]
        until(lambda: all(outbox.state(k) == "sent" for k in keys), "the healthy one has all")
        assert "sent" in outbox.states()
        assert outbox.states()["sent"] == 3
    finally:
        healthy.close()


def test_a_channel_that_is_off_is_withdrawn(outbox: Outbox, web: Web, sender: Callable[..., Sender]) -> None:
    key = outbox.put(outbox.channel("webhook", web.url, enabled=False), "alert/1")
    sender()
    until(lambda: outbox.state(key) == "withdrawn", "it is withdrawn")
    assert "tắt" in outbox.attempts(key)[0][2]
    assert web.seen == []


def test_content_that_is_none_stops_nothing(outbox: Outbox, web: Web, sender: Callable[..., Sender]) -> None:
    channel = outbox.channel("webhook", web.url)
    bad, good = outbox.put(channel, "alert/1"), outbox.put(channel, "alert/2")
    outbox.conn.execute("UPDATE notification SET content = '{}' WHERE key = %s", (bad,))
    sender()
    until(lambda: outbox.state(good) == "sent", "the other is sent")
    assert outbox.state(bad) == "given_up"


def test_a_test_message_is_tried_once_and_carries_its_link(
    outbox: Outbox, web: Web, sender: Callable[..., Sender]
) -> None:
    web.mode = 500
    channel = outbox.channel("webhook", web.url)
    number = rows.put_test(outbox.conn, channel, "https://ioc.example.vn", datetime.now(UTC))
    row = outbox.conn.execute("SELECT key FROM notification WHERE id = %s", (number,)).fetchone()
    assert row
    sender()
    until(lambda: outbox.state(row[0]) == "given_up", "it is tried")
    assert [a[1] for a in outbox.attempts(row[0])] == [500]
    assert b"https://ioc.example.vn/a/" in web.seen[0].body
    assert rows.put_test(outbox.conn, 999_999, "https://ioc.example.vn", datetime.now(UTC)) is None


CHILD = """
import sys, time
from alerts.deliver.sender import Sender
from tests.outbox import settings
Sender(settings(sys.argv[1], deliver_timeout_s=30)).start()
time.sleep(600)
"""


def test_kill_9_between_send_and_commit_repeats_once_a_kill_under_the_same_key(
    outbox: Outbox, web: Web, database: str, tmp_path: Path
) -> None:
    channels = [outbox.channel("webhook", f"{web.url}/{i}", secret="whsec_c2VjcmV0") for i in range(3)]
    keys = [
        outbox.put(channel, f"alert/{i}", kind)
        for channel in channels
        for i in range(8)
        for kind in ("firing", "resolved")
    ]
    kills, child, mutex = 5, None, threading.Lock()
    killed: list[str] = []

    def before(post: Post) -> None:
        """The message has arrived, the answer has not: now the sender dies."""
        with mutex:
            due = len(killed) < kills and len(web.seen) >= 7 * (len(killed) + 1)
            if due and child is not None and child.poll() is None:
                killed.append(post.headers["webhook-id"])
                os.kill(child.pid, signal.SIGKILL)
                child.wait()

    web.before = before
    log = (tmp_path / "sender.log").open("ab")
    try:
        while outbox.states() != {"sent": len(keys)}:
            child = subprocess.Popen(
                [sys.executable, "-c", CHILD, database], cwd=ROOT, env=clean_environment(), stdout=log, stderr=log
            )
            running = child
            until(
                lambda r=running: r.poll() is not None or outbox.states() == {"sent": len(keys)}, "killed or done", 90
            )
            running.kill()
            running.wait()
    finally:
        log.close()
        if child is not None and child.poll() is None:
            child.kill()
            child.wait()
    assert len(killed) == kills
    seen = [p.headers["webhook-id"] for p in web.seen]
    assert set(seen) == set(keys)
    # Others may be under way when it dies: at most one a channel.
    assert all(seen.count(key) <= 1 + kills for key in keys)
    assert len(seen) - len(keys) <= kills * len(channels)
    assert threads_in_order(seen)
    lost = outbox.conn.execute("SELECT count(*) FROM attempt WHERE detail LIKE '%%ended before it knew'").fetchone()
    assert lost
    assert kills <= lost[0] <= kills * len(channels)


def test_two_senders_never_both(outbox: Outbox, web: Web, sender: Callable[..., Sender]) -> None:
    keys = [outbox.put(outbox.channel("webhook", f"{web.url}/{i}"), f"alert/{i}") for i in range(20)]
    sender()
    sender()
    until(lambda: outbox.states() == {"sent": 20}, "all are sent")
    assert sorted(web.ids()) == sorted(keys)


def test_two_that_claim_at_once_get_different_ones(outbox: Outbox, web: Web, database: str) -> None:
    keys = [outbox.put(outbox.channel("webhook", f"{web.url}/{i}"), "alert/1") for i in range(30)]
    now = datetime.now(UTC)
    taken: list[str] = []

    def take() -> None:
        with psycopg.connect(database, autocommit=True) as conn:
            while claimed := rows.claim(conn, now):
                taken.append(claimed.key)

    workers = [threading.Thread(target=take) for _ in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join(60)
    assert sorted(taken) == sorted(keys)


def test_the_database_goes_away_and_comes_back(own_postgres: Any, own_database: str, web: Web) -> None:
    box = Outbox(own_database)
    channel = box.channel("webhook", web.url)
    box.put(channel, "alert/1")
    one = Sender(settings(own_database))
    one.start()
    try:
        until(lambda: len(web.posts) == 1, "the first")
        box.close()
        own_postgres.kill()
        time.sleep(0.5)
        own_postgres.start()
        box.conn = psycopg.connect(own_database, autocommit=True)
        key = box.put(channel, "alert/2")
        until(lambda: box.state(key) == "sent", "the second", 60)
        assert one.alive()
    finally:
        one.stop(15)
        box.close()


def test_how_the_outbox_stands(outbox: Outbox, web: Web, sender: Callable[..., Sender]) -> None:
    web.mode = 404
    gone = outbox.put(outbox.channel("webhook", web.url), "alert/1")
    sender()
    until(lambda: outbox.state(gone) == "given_up", "it is given up")
    now = datetime.now(UTC)
    outbox.put(outbox.channel("webhook", f"{web.url}/2", enabled=True), "alert/2", at=now + timedelta(hours=1))
    standing = rows.standing(outbox.conn, now)
    assert (standing["due"], standing["retrying"], standing["given_up_24h"]) == (0, 0, 1)
    late = rows.standing(outbox.conn, now + timedelta(hours=2))
    assert late["due"] == 1
    assert late["oldest_s"] == pytest.approx(3600, abs=1)
