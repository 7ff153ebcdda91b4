"""Noisy devices: whose messages are taken and whose are counted, on a clock of the test's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from ingest import flood
from ingest.decode import Decoded
from ingest.flood import Flood, Over
from ingest.receive import DUP, Received

SECOND = 1_000_000
CANARY = "ioc/bus/v1/canary/ingest-1"


def message(name: str, at_us: int, flags: int = 0, *, area: str = "bac_giang") -> Received:
    return Received(f"ioc/v1/{area}/traffic/{name}/telemetry".encode(), b"{}", 1, flags, at_us, 1)


def admit(buckets: Flood, names: Iterable[str], at_s: float, canary_s: float) -> tuple[int, dict[str, int]]:
    """How many are taken, and how many of each sensor are too much."""
    taken, over = buckets.admit([message(n, int(at_s * SECOND)) for n in names], int(canary_s * SECOND))
    return len(taken), {o.sensor_id: o.messages for o in over}


def test_a_burst_is_taken_then_the_rate() -> None:
    buckets = Flood(10, 50, CANARY)
    assert admit(buckets, ["A"] * 50, 100, 100) == (50, {})
    assert admit(buckets, ["A"] * 5 + ["B"] * 5, 100, 100) == (5, {"A": 5})
    assert admit(buckets, ["A"] * 30, 102, 102) == (20, {"A": 10})
    assert admit(buckets, ["A"] * 60, 200, 200) == (50, {"A": 10}), "a rest fills it, and no more than that"


def test_the_first_ones_are_taken_and_the_order_stays() -> None:
    sent = [message("A" if n % 2 else "B", 100 * SECOND + n) for n in range(20)]
    taken, (over,) = Flood(1, 10, CANARY).admit([*sent, message("A", 100 * SECOND + 20)], 100 * SECOND)
    assert taken == sent
    assert (over.sensor_id, over.messages) == ("A", 1)


def test_the_limit_is_the_sensors_under_whatever_area_it_claims() -> None:
    sent = [message("A", 100 * SECOND, area=f"made-up-{n}") for n in range(30)]
    taken, over = Flood(1, 10, CANARY).admit(sent, 100 * SECOND)
    assert len(taken) == 10
    assert [o.messages for o in over] == [20]


def test_one_sample_of_a_flood_and_one_an_hour_while_it_lasts() -> None:
    buckets = Flood(1, 1, CANARY)

    def samples(at_s: int) -> int:
        _, over = buckets.admit([message("A", at_s * SECOND)] * 5, at_s * SECOND)
        return sum(o.sample is not None for o in over)

    assert [samples(t) for t in (100, 101, 200, 3_699, 3_700, 3_701)] == [1, 0, 0, 0, 1, 0]


def test_what_the_broker_sends_again_is_not_counted_twice() -> None:
    buckets = Flood(1, 10, CANARY)
    again = [message("A", 100 * SECOND, DUP)] * 500
    assert buckets.admit(again, 100 * SECOND) == (again, [])
    assert admit(buckets, ["A"] * 10, 100, 100) == (10, {})


def test_before_a_canary_has_come_back_and_without_a_rate_all_are_taken() -> None:
    assert admit(Flood(1, 1, CANARY), ["A"] * 1_000, 100, 0) == (1_000, {})
    assert admit(Flood(0, 1, CANARY), ["A"] * 1_000, 100, 100) == (1_000, {})


def test_canaries_are_nobodys() -> None:
    sent = [Received(CANARY.encode(), b"{}", 1, 0, 100 * SECOND, 1)] * 100
    assert Flood(0.1, 1, CANARY).admit(sent, 100 * SECOND) == (sent, [])


@given(
    outage_s=st.integers(0, 5_000),
    rate=st.integers(1, 20),
    steps=st.lists(st.integers(1, 400), min_size=1, max_size=30),
    fresh=st.booleans(),
)
def test_a_backlog_of_who_keeps_to_the_rate_is_never_limited(
    outage_s: int, rate: int, steps: Sequence[int], fresh: bool
) -> None:
    """All of it comes at once, in pieces of any size, with the canaries where they were sent: every two seconds."""
    buckets, burst, begin = Flood(rate, 20, CANARY), 20, 10_000
    canary = float(begin)
    if not fresh:  # it is the collector that has seen the time before; else it has just been started
        assert admit(buckets, ["A"] * burst, begin, canary)[1] == {}
    else:
        canary = 0.0
    now = begin + outage_s
    queue: list[float | None] = []
    for second in range(outage_s):
        queue += [None] * rate
        if second % 2:
            queue.append(float(begin + second + 1))
    at = 0
    while at < len(queue):
        size = steps[at % len(steps)]
        piece, at = queue[at : at + size], at + size
        _, over = admit(buckets, ["A"] * piece.count(None), now, canary)
        assert not over
        canary = max([canary, *(c for c in piece if c is not None)])


def test_memory_has_an_end(monkeypatch) -> None:
    monkeypatch.setattr(flood, "BUCKETS", 100)
    buckets = Flood(1, 10, CANARY)
    for n in range(50):
        admit(buckets, [f"{n}-{i}" for i in range(30)], 100 + n, 100 + n)
    assert len(buckets._buckets) <= 130


def test_the_batch_says_what_was_too_much() -> None:
    batch = Decoded(messages=3, decoded=3)
    sample = message("A", 1)
    flood.count(batch, [Over("A", 7, sample), Over("B", 2, None)], 20)
    assert (batch.messages, batch.decoded, batch.limited) == (12, 4, {"A": 7, "B": 2})
    assert [(i.reason, i.sensor_id, i.readings) for i in batch.items] == [("flood", "A", 1)]
