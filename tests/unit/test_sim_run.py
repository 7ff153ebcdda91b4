"""The clock of a run, who reports when, the publisher's books, and the command's bad input."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTErrorCode
from typer.testing import CliRunner

from infra.errors import ConfigError, Unavailable
from simulators.cli import app
from simulators.clock import DAY_US, plan
from simulators.ledger import Entry, Ledger, read
from simulators.publish import Publisher
from simulators.schedule import Schedule

NOW = 1_795_400_000_000_000


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.us = NOW

    def __call__(self) -> int:
        return self.us


# Clock


def test_real_time() -> None:
    hands = Hands()
    clock = plan(1, 10, None, hands)
    hands.us += 5_000_000
    assert clock.event_us() == hands.us
    assert clock.wait_s(hands.us + 250_000) == 0.25


def test_accelerated_run_catches_up_at_its_end() -> None:
    hands = Hands()
    clock = plan(60, 10, None, hands)
    assert clock.start_us == NOW - 590_000_000
    hands.us += 5_000_000
    assert clock.event_us() == NOW - 290_000_000
    hands.us += 5_000_000
    assert clock.event_us() == hands.us
    hands.us += 5_000_000
    assert clock.event_us() == hands.us


@given(st.floats(1, 1e7), st.one_of(st.none(), st.floats(0.1, 1e6)), st.floats(0, 2e6))
def test_never_in_the_future_and_never_too_old(speed: float, duration_s: float | None, elapsed_s: float) -> None:
    hands = Hands()
    clock = plan(speed, duration_s, None, hands)
    assert NOW - 29 * DAY_US <= clock.start_us <= NOW
    hands.us += int(elapsed_s * 1e6)
    assert clock.start_us <= clock.event_us() <= hands.us


def test_wait_is_for_the_moment_that_was_asked_for() -> None:
    hands = Hands()
    clock = plan(10, 100, None, hands)
    later = clock.start_us + 30_000_000
    assert clock.wait_s(later) == pytest.approx(3)
    hands.us += 3_000_000
    assert clock.wait_s(later) == 0
    assert clock.event_us() == later


def test_start_is_taken_with_its_offset() -> None:
    hands = Hands()
    assert plan(1, None, "2026-11-20T06:00+07:00", hands).start_us == plan(1, None, "2026-11-19T23:00", hands).start_us


@pytest.mark.parametrize("start", ["yesterday", "2030-01-01T00:00Z", "2026-01-01T00:00Z"])
def test_bad_start(start: str) -> None:
    with pytest.raises(ConfigError, match="--start"):
        plan(1, None, start, Hands())


# Schedule


@given(
    st.lists(st.sampled_from([1_000_000, 2_500_000, 10_000_000]), min_size=1, max_size=30),
    st.integers(0, 10**15),
    st.integers(1, 30_000_000),
)
def test_everyone_reports_once_an_interval(intervals: list[int], start: int, span: int) -> None:
    who, when = Schedule(np.array(intervals)).due(start, start + span)
    assert ((when > start) & (when <= start + span)).all()
    assert (np.diff(when) >= 0).all()
    for i, interval in enumerate(intervals):
        mine = when[who == i]
        assert (np.diff(mine) == interval).all()
        assert abs(len(mine) - span / interval) < 1


# Publisher


class Broker:
    """Stands in for paho's client: numbers messages, answers when told to."""

    def __init__(self) -> None:
        self.mid, self.under_way, self.taken = 0, [], []
        self.refuse: list[MQTTErrorCode] = []

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> Any:
        if "#" in topic:
            raise ValueError("wildcard")
        self.mid += 1
        rc = self.refuse.pop(0) if self.refuse else MQTTErrorCode.MQTT_ERR_SUCCESS
        if rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.under_way.append(self.mid)
            self.taken.append((topic, payload))
        return SimpleNamespace(rc=rc, mid=self.mid)


@pytest.fixture
def broker() -> Broker:
    return Broker()


def publisher(broker: Broker, **more: Any) -> Publisher:
    made = Publisher("mqtt://127.0.0.1:1", "test", **more)
    made._client = broker
    return made


def test_books_of_the_publisher(broker: Broker) -> None:
    notes: list[tuple[Any, int, int]] = []
    p = publisher(broker, on_settled=lambda *note: notes.append(note))
    for i in range(4):
        assert p.send("a", b"x", tag=i)
    p._answer(2, 0)
    p._answer(1, 0x10)
    p._answer(3, 0x87)
    assert (p.counts.sent, p.counts.acknowledged, p.counts.unheard, p.counts.refused) == (4, 2, 1, 1)
    assert notes == [(1, 2, 0), (0, 1, 0x10), (2, 3, 0x87)]
    assert p.under_way == 1
    assert not p.drain(0.01)
    p._answer(4, 0)
    assert p.drain(0)


def test_an_answer_may_come_before_publish_returns(broker: Broker) -> None:
    p = publisher(broker)
    whole = broker.publish

    def quick(*args: Any) -> Any:
        info = whole(*args)
        p._answer(info.mid, 0)
        return info

    broker.publish = quick
    p.send("a", b"x")
    assert p.counts.acknowledged == 1
    assert p.under_way == 0


def test_window_holds_back_until_there_is_room(broker: Broker) -> None:
    p = publisher(broker, window=8)
    for _ in range(8):
        p.send("a", b"x")
    done = threading.Event()
    thread = threading.Thread(target=lambda: (p.send("a", b"ninth"), done.set()))
    thread.start()
    assert not done.wait(0.05)
    assert len(broker.taken) == 8
    p._answer(1, 0)
    p._answer(2, 0)
    assert done.wait(60)
    thread.join()
    assert broker.taken[-1] == ("a", b"ninth")


def test_stop_ends_the_waiting_for_room(broker: Broker) -> None:
    stop = threading.Event()
    p = publisher(broker, window=1, stop=stop)
    p.send("a", b"x")
    stop.set()
    assert not p.send("a", b"y")
    assert p.counts.sent == 1


def test_packet_id_in_use_is_passed_over(broker: Broker) -> None:
    broker.refuse = [MQTTErrorCode.MQTT_ERR_QUEUE_SIZE] * 3
    p = publisher(broker)
    assert p.send("a", b"x")
    assert broker.under_way == [4]


def test_bad_topic_leaves_the_books_as_they_were(broker: Broker) -> None:
    p = publisher(broker)
    with pytest.raises(ValueError, match="wildcard"):
        p.send("a/#", b"x")
    assert (p.counts.sent, p.under_way) == (0, 0)


def test_qos_0_is_lost_with_its_connection(broker: Broker) -> None:
    p = publisher(broker)
    p.send("a", b"x", qos=0)
    p.send("a", b"y", qos=1)
    p._down(None, None, None, None, None)
    assert (p.counts.lost, p.under_way) == (1, 1)


# Ledger


def test_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    book = Ledger(path, ["A", "B"])
    book.note((1, 1_000), 5, 0)
    book.note((0, 2_000), 6, 0x10)
    book.close()
    assert read(path) == [Entry("B", 1_000, 5, 0), Entry("A", 2_000, 6, 16)]


def test_ledger_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="--ledger"):
        Ledger(tmp_path / "no" / "ledger.csv", [])


# Command


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["run", "--duration", "soon"], "--duration soon"),
        (["run", "--duration", "0"], "--duration 0"),
        (["run", "--area", "hanoi"], "--area hanoi"),
        (["run", "--domain", "traffic,parking"], "--domain parking"),
        (["run", "--start", "2030-01-01"], "--start"),
        (["run", "--mqtt", "http://x"], "mqtt://"),
        (["run", "--register"], "IOC_DATABASE_URL"),
        (["run"], "IOC_MQTT_URL is not set"),
    ],
)
def test_bad_input_is_one_sentence(args: list[str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IOC_MQTT_URL", "IOC_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(app, args)
    assert isinstance(result.exception, ConfigError)
    assert says in str(result.exception)


def test_broker_that_cannot_be_reached() -> None:
    result = CliRunner().invoke(app, ["run", "--mqtt", "mqtt://127.0.0.1:1", "--duration", "1"])
    assert isinstance(result.exception, Unavailable)
    assert "127.0.0.1:1" in str(result.exception)


@pytest.mark.parametrize("args", [["run", "--sensors", "0"], ["run", "--speed", "0.5"], ["run", "--rte", "5"]])
def test_usage_errors(args: list[str]) -> None:
    assert CliRunner().invoke(app, args).exit_code == 2


def test_sensors_are_printed_as_csv() -> None:
    result = CliRunner().invoke(app, ["sensors", "--sensors", "12", "--seed", "3"])
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 13
