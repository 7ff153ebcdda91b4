"""Batches on the bus: each is either given out whole or called missing, whatever is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from infra.bus import Frame, Head
from infra.feed.sequence import Sequence


def frame(seq: int, part: int = 0, parts: int = 1, epoch: str = "a") -> Frame:
    return Frame(Head("c", epoch, seq, part, parts, 100 + seq, 0, 0, False, "", 0, ()), None)


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=4), min_size=1, max_size=30))
def test_every_batch_once(batches: list[list[bool]]) -> None:
    """``batches``: which parts of each batch arrive. The last batch always does: until then nobody can know."""
    batches.append([True])
    sequence = Sequence(0)
    whole: list[int] = []
    missing: list[int] = []
    for seq, parts in enumerate(batches, start=1):
        for part, arrives in enumerate(parts):
            if arrives:
                arrived = sequence.take(frame(seq, part, len(parts)))
                missing += arrived.missing
                if arrived.complete:
                    assert [f.head.part for f in arrived.complete] == list(range(len(parts)))
                    whole.append(seq)
    assert whole == [i for i, parts in enumerate(batches, start=1) if all(parts)]
    assert missing == [i for i, parts in enumerate(batches, start=1) if not all(parts)]


def test_what_history_holds_already_is_not_folded_again() -> None:
    sequence = Sequence(10, "a")
    assert not sequence.take(frame(9)).complete
    assert not sequence.take(frame(10)).complete
    assert sequence.take(frame(11)).complete
    assert list(sequence.take(frame(14)).missing) == [12, 13]


def test_a_new_process_goes_on_with_the_count() -> None:
    sequence = Sequence(10, "a")
    arrived = sequence.take(frame(11, epoch="b"))
    assert arrived.complete
    assert not arrived.restarted
    assert sequence.epoch == "b"


def test_a_count_that_begins_anew_is_noticed() -> None:
    sequence = Sequence(10, "a")
    arrived = sequence.take(frame(1, epoch="b"))
    assert arrived.restarted
    assert arrived.complete
    assert not sequence.take(frame(1, epoch="b")).complete
