"""The inbox keeps order, waits for company, and is bounded."""

from __future__ import annotations

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from ingest.inbox import Inbox
from ingest.receive import Received


def message(n: int, mid: int = 1) -> Received:
    return Received(b"t", b"%d" % n, mid, 0, n, 1)


def numbers(messages: list[Received]) -> list[int]:
    return [int(m.payload) for m in messages]


@given(st.lists(st.integers(0, 7), max_size=10), st.integers(1, 9))
def test_messages_come_out_in_their_order_and_in_batches(chunks: list[int], most: int) -> None:
    inbox, n = Inbox(1000), 0
    for size in chunks:
        inbox.put([message(n + i) for i in range(size)])
        n += size
    assert len(inbox) == n
    taken: list[int] = []
    while len(inbox):
        batch = inbox.take(most, 0, 0)
        assert 0 < len(batch) <= most
        assert len(batch) == most or not len(inbox)
        taken += numbers(batch)
    assert taken == list(range(n))


def test_an_empty_inbox_is_waited_for_only_so_long() -> None:
    assert Inbox(10).take(5, 10, 0.01) == []


def test_a_first_message_waits_for_company() -> None:
    inbox = Inbox(10)
    inbox.put([message(0)])
    later = threading.Timer(0.05, lambda: inbox.put([message(1), message(2)]))
    later.start()
    try:
        assert numbers(inbox.take(3, 20, 0)) == [0, 1, 2]
    finally:
        later.join()


def test_what_was_left_has_waited_already() -> None:
    inbox = Inbox(10)
    inbox.put([message(n) for n in range(5)])
    assert len(inbox.take(3, 30, 0)) == 3
    begun = time.monotonic()
    assert numbers(inbox.take(3, 30, 0)) == [3, 4]
    assert time.monotonic() - begun < 30


def test_only_qos_0_is_dropped() -> None:
    inbox = Inbox(4)
    inbox.put([message(n) for n in range(8)])
    assert inbox.full()
    inbox.put([message(8), message(9, mid=0)])
    assert inbox.dropped == 1
    inbox.put([message(10, mid=0)])
    assert inbox.dropped == 2
    assert numbers(inbox.take(100, 0, 0)) == list(range(9))


def test_it_is_full_when_it_holds_more_than_one_connection_brings() -> None:
    inbox = Inbox(4)
    inbox.put([message(n) for n in range(5)])
    assert not inbox.full()
    inbox.put([message(5)])
    assert inbox.full()
    inbox.take(1, 0, 0)
    assert not inbox.full()


def test_somebody_who_waits_can_be_woken() -> None:
    inbox, woken = Inbox(4), threading.Event()

    def wake() -> None:
        while not woken.wait(0.05):  # once might be before it waits
            inbox.wake()

    waker = threading.Thread(target=wake)
    waker.start()
    try:
        begun = time.monotonic()
        assert inbox.take(1, 0, 30) == []
        assert time.monotonic() - begun < 30
    finally:
        woken.set()
        waker.join()
