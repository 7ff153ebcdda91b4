"""The collector's promise as a state machine, without a network: what the broker is told is stored.

Checked after every step: a message that the broker has crossed out is stored; no acknowledgement crosses out a
message on another connection than the one that delivered it. At the end everything the broker has not lost is
stored, and stored once. See `model_collector` for what is real in it.
"""

from __future__ import annotations

import copy
from collections import Counter
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ingest import writer
from tests.unit.model_collector import BASE_US, WINDOW, Collector, ModelBroker, ModelDatabase, ModelStore, Sent

KINDS = st.sampled_from(["timed", "untimed", "untimed", "poison"])
TROUBLES = st.lists(st.sampled_from(["none", "before", "after"]), max_size=3)
#: What may happen to the connection while a batch waits for its commit.
MEANWHILE = st.sampled_from(["nothing", "nothing", "drop", "back", "forget", "go_back"])


class Promise(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.broker = ModelBroker()
        self.db = ModelDatabase()
        self.sent: list[Sent] = []
        self.processes = 0
        self.connected = False
        self.start()
        self.connect()

    def start(self) -> None:
        self.processes += 1
        self.collector = Collector(self.broker, self.db, self.processes)

    @rule(what=st.lists(st.tuples(KINDS, st.booleans()), min_size=1, max_size=4), read=st.integers(0, WINDOW))
    def publish(self, what: list[tuple[str, bool]], read: int) -> None:
        for kind, twin in what:
            self.send(kind, twin)
        if self.connected:
            self.deliver(read)

    def send(self, kind: str, twin: bool) -> None:
        n = len(self.sent)
        payload = {
            "timed": b'{"ts":%d,"values":{"flow":%d}}' % (BASE_US // 1000 - 1000 + n, n),
            "untimed": b'{"flow":7}' if twin else b'{"flow":%d}' % (100 + n),
            "poison": b"{oops" if twin else b"{oops %d" % n,
        }[kind]
        self.sent.append(Sent(n, payload, kind))
        self.broker.publish(self.sent[-1])

    @precondition(lambda self: self.connected)
    @rule(count=st.integers(1, WINDOW))
    def deliver(self, count: int) -> None:
        self.broker.fill_window()
        self.collector.read(count)

    @rule(troubles=TROUBLES, meanwhile=MEANWHILE)
    def commit(self, troubles: list[str], meanwhile: str) -> None:
        """Commit a batch, and perhaps fail at it, while the connection goes its own way."""
        self.db.trouble = list(troubles)
        happened = False

        def pause(_: float) -> None:  # what happens while persist() waits before it tries again
            nonlocal happened
            if self.connected:
                self.collector.flush()
            self.what_is_crossed_out_is_stored()
            if not happened:
                happened = True
                self.happen(meanwhile)

        with patch.object(writer, "Store", ModelStore), patch.object(writer.time, "sleep", pause):
            self.collector.write()

    @rule(what=st.sampled_from(["drop", "back", "back", "forget", "go_back"]))
    def happen(self, what: str) -> None:
        """Something becomes of the connection; but for a mere drop the collector is back at once, and reads."""
        if what == "nothing":
            return
        self.drop()
        if what == "forget":
            self.broker.forget()
        if what == "go_back":
            self.broker.go_back()
            self.twins_are_unsure()
        if what != "drop":
            self.connect()
            self.deliver(2)

    @precondition(lambda self: self.connected)
    @rule()
    def acknowledge(self) -> None:
        self.collector.flush()

    def drop(self) -> None:
        """The connection ends; what was handed to the socket and not read is gone."""
        self.connected = self.collector.receiver.connected = False
        self.broker.drop()

    @precondition(lambda self: not self.connected)
    @rule()
    def connect(self) -> None:
        self.collector.connect()
        self.connected = True

    @rule()
    def save(self) -> None:
        """The broker writes its file."""
        if self.broker.session is not None:
            self.broker.saved = copy.deepcopy(self.broker.session)

    @rule(back=st.booleans())
    def crash(self, back: bool) -> None:
        """kill -9 of the collector."""
        self.drop()
        self.collector.close()
        if self.collector.writer.ledger.packed != self.collector.writer.ledger.newest:
            self.twins_are_unsure()
        self.start()
        if back:
            self.connect()

    def twins_are_unsure(self) -> None:
        """Packet ids have begun anew, and nobody may know that: equal bytes under an equal id are one message.

        After a rollback nothing tells; after a loss it is the collector that died before it could write it down.
        """
        self.broker.unsure |= {s.number for s in self.sent if s.payload in (b'{"flow":7}', b"{oops")}

    def is_stored(self, sent: Sent) -> bool:
        if sent.kind == "timed":
            return sent.number in {v for at, v in self.db.rows.items() if at < BASE_US}
        return self.copies(sent.payload) > 0

    def copies(self, payload: bytes) -> int:
        if payload.startswith(b"{oops"):
            return self.db.quarantine.count(payload)
        value = float(payload.removeprefix(b'{"flow":').removesuffix(b"}"))
        return sum(v == value for at, v in self.db.rows.items() if at >= BASE_US)

    @invariant()
    def what_is_crossed_out_is_stored(self) -> None:
        broker = self.broker
        assert not broker.foreign, "acknowledged a packet id that this connection did not deliver"
        assert all(self.is_stored(s) for s in broker.crossed)
        # Twins: as many as were crossed out.
        distinct = {s.number: s for s in broker.crossed if s.kind != "timed" and s.number not in broker.unsure}
        for payload, count in Counter(s.payload for s in distinct.values()).items():
            assert self.copies(payload) >= count

    def teardown(self) -> None:
        if not hasattr(self, "collector"):
            return
        try:
            self.settle()
        finally:
            self.collector.close()

    def settle(self) -> None:
        """Everything works again: nothing may be missing, nothing be there twice."""
        if not self.connected:
            self.connect()
        for _ in range(len(self.sent) + 10):
            self.deliver(WINDOW)
            self.commit([], "nothing")
            self.acknowledge()
            if not self.broker.known() and not len(self.collector.inbox):
                break
        self.what_is_crossed_out_is_stored()
        assert not self.broker.known()
        kept = [s for s in self.sent if s.number not in self.broker.lost]
        assert all(self.is_stored(s) for s in kept)
        maybe = Counter(s.payload for s in self.sent if s.number in self.broker.again)
        for payload, count in Counter(s.payload for s in self.sent if s.kind != "timed").items():
            # A message that the broker went back to may be taken for new: once more each time.
            if not maybe[payload]:
                assert self.copies(payload) <= count, f"stored {self.copies(payload)} times: {payload!r}"


#: Without shrinking: what fails prints its steps, and a shorter story takes minutes to find.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)

TestPromise = Promise.TestCase
TestPromise.settings = settings(stateful_step_count=30, suppress_health_check=list(HealthCheck), phases=PHASES)


def test_acknowledgements_of_an_older_connection_are_refused() -> None:
    collector = Collector(ModelBroker(), ModelDatabase(), 1)
    try:
        collector.connect()
        first = collector.receiver.epoch
        mids = np.array([1, 2, 500], np.uint16)
        assert collector.receiver.acknowledge(first, mids)
        (packet,) = collector.receiver._out_packet
        assert packet["packet"] == b"\x40\x02\x00\x01\x40\x02\x00\x02\x40\x02\x01\xf4"
        collector.connect()
        assert not collector.receiver._out_packet, "paho would write it on the new connection"
        assert not collector.receiver.acknowledge(first, mids)
        assert collector.receiver.acknowledge(first + 1, mids)
    finally:
        collector.close()


@pytest.mark.parametrize("troubles", [["before"], ["after"], ["before", "after", "after"]])
def test_a_batch_whose_commit_is_unsure_happens_once(troubles: list[str]) -> None:
    machine = Promise()
    machine.begin()
    for kind in ("timed", "untimed", "poison"):
        machine.send(kind, False)
    machine.deliver(3)
    machine.commit(troubles, "back")
    machine.teardown()
    assert len(machine.db.rows) == 2
    assert len(machine.db.quarantine) == 1
