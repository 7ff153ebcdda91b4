"""Receipts: a repeated message is known by packet id, content and session, and by nothing less."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest import receipts
from ingest.receipts import Ledger, Receipt, digest

A, B = digest(b"t", b"a"), digest(b"t", b"b")


def test_a_digest_is_of_topic_and_payload() -> None:
    assert len({digest(b"t", b"ab"), digest(b"ta", b"b"), digest(b"t", b"a"), A, B}) == 4
    assert len(A) == 8


@given(
    st.lists(
        st.builds(
            Receipt,
            st.integers(0, 65_535),
            st.binary(min_size=8, max_size=8),
            st.integers(0, 2**62),
            st.integers(0, 2**31),
            st.just(0),
        )
    )
)
def test_what_is_packed_comes_back(many: list[Receipt]) -> None:
    assert receipts.unpack(receipts.pack(many)) == many


def test_a_receipt_is_found_by_all_it_says() -> None:
    ledger = Ledger(10)
    ledger.add(1, 3, [Receipt(7, A, 111, 0)])
    assert ledger.find(0, 7, A) == 111
    assert ledger.find(0, 7, B) is None
    assert ledger.find(0, 8, A) is None
    assert ledger.find(1, 7, A) is None


def test_receipts_reach_back_by_messages_whether_these_had_receipts_or_not() -> None:
    ledger = Ledger(10)
    assert ledger.add(1, 4, [Receipt(7, A, 111, 3)]) == 1
    assert ledger.add(2, 8, []) == 1
    assert ledger.find(0, 7, A) == 111
    assert ledger.add(3, 2, []) == 2  # the first batch is out of reach
    assert ledger.find(0, 7, A) is None


def test_the_later_of_two_with_one_packet_id_counts_in_whatever_order_they_were_decoded() -> None:
    ledger = Ledger(10)
    ledger.lose(5)
    ledger.add(1, 2, [Receipt(7, B, 222, 1, 1), Receipt(7, A, 111, 0, 0)])
    assert ledger.find(1, 7, B) == 222
    assert ledger.find(0, 7, A) is None


def test_sessions_begin_with_the_connection_that_found_none() -> None:
    ledger = Ledger(10)
    assert (ledger.newest, ledger.session(1)) == (0, 0)
    ledger.lose(4)
    ledger.lose(9)
    assert ledger.newest == 2
    assert [ledger.session(epoch) for epoch in (1, 3, 4, 8, 9, 10)] == [0, 0, 1, 1, 2, 2]


def test_an_old_batch_that_is_committed_late_says_nothing_of_the_new_session() -> None:
    ledger = Ledger(10)
    ledger.lose(2)
    ledger.add(1, 1, [Receipt(7, A, 111, 0, ledger.session(1))])
    assert ledger.find(ledger.session(2), 7, A) is None


@given(st.integers(1, 65_535))
def test_receipts_last_for_the_inbox_and_end_before_packet_ids_come_round(window: int) -> None:
    assert receipts.reach(window) <= 65_535
    assert receipts.reach(window) >= min(window * 5 // 2, 60_000)
