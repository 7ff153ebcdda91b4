"""Models of a broker and a database, and a collector between them without a network.

Real: `Receiver` (epochs, acknowledgements, paho's queue of what is to be written), `Writer` (commit until it is
done, then acknowledge), `Decoding`, `Ledger`. Models: a broker that numbers messages, redelivers, loses its session
or goes back in time; and a database whose commits may fail before, or after they have happened.
"""

from __future__ import annotations

import copy
import socket
import threading
from dataclasses import dataclass, field
from typing import Any

from city.payload import Limits
from city.routes import Routes
from city.sensors import Sensor
from infra import catalog as catalogs
from infra.link import Lost
from infra.mqtt import Broker
from infra.settings import load
from ingest import receipts
from ingest.decode import Decoded
from ingest.inbox import Inbox
from ingest.receipts import Ledger
from ingest.receive import DUP, PUBACK, Received, Receiver
from ingest.store import Committed
from ingest.writer import Writer

WINDOW = 4
BASE_US = 1_795_305_600_000_000
TOPIC = b"ioc/v1/bac_giang/traffic/S1/telemetry"
CATALOG = catalogs.load(load())
ROUTES = Routes(
    CATALOG.registry, CATALOG.area_codes, [Sensor("S1", "bac_giang", "traffic", id=1)], {"": 0}, "ioc/bus/v1/canary/t"
)
SETTINGS = load(ingest_window=WINDOW, ingest_batch=3, ingest_linger_ms=0)


@dataclass
class Sent:
    """A message as its sender made it: told from all others by its number, never by its bytes."""

    number: int
    payload: bytes
    kind: str  # timed, untimed, poison


@dataclass
class Session:
    """What a broker knows of the collector; this is what it saves and, after a crash, goes back to."""

    last_mid: int = 0
    queue: list[Sent] = field(default_factory=list)
    flight: dict[int, Sent] = field(default_factory=dict)


class ModelBroker:
    """One persistent session. Packet ids are given in a ring that is short enough to come round."""

    RING = 17

    def __init__(self) -> None:
        self.session: Session | None = None
        self.saved = Session()
        self.delivered: list[tuple[int, Sent, int]] = []  # handed to the socket, not read yet
        self.handed: dict[int, int] = {}  # on this connection: mid to the number of the message
        self.crossed: list[Sent] = []
        self.foreign: list[int] = []
        self.lost: set[int] = set()
        self.again: set[int] = set()  # numbers that may rightly be stored twice: the broker forgot that they were
        self.unsure: set[int] = set()

    def publish(self, sent: Sent) -> None:
        if self.session is None:
            self.lost.add(sent.number)
        else:
            self.session.queue.append(sent)

    def connect(self) -> bool:
        """A connection begins: what is in flight is sent again. Returns session_present."""
        present = self.session is not None
        self.session = self.session or Session()
        self.delivered = [(mid, sent, DUP) for mid, sent in self.session.flight.items()]
        self.handed = {mid: sent.number for mid, sent in self.session.flight.items()}
        return present

    def drop(self) -> None:
        self.delivered = []
        self.handed = {}

    def fill_window(self) -> None:
        assert self.session
        while self.session.queue and len(self.session.flight) < WINDOW:
            mid = self.session.last_mid % self.RING + 1
            if mid in self.session.flight:
                return
            sent = self.session.queue.pop(0)
            self.session.last_mid = mid
            self.session.flight[mid] = sent
            self.handed[mid] = sent.number
            self.delivered.append((mid, sent, 0))

    def puback(self, mid: int) -> None:
        assert self.session
        if mid not in self.handed:
            self.foreign.append(mid)
        sent = self.session.flight.pop(mid, None)
        if sent is not None:
            self.crossed.append(sent)

    def known(self) -> set[int]:
        return {s.number for s in (*self.session.queue, *self.session.flight.values())} if self.session else set()

    def forget(self) -> None:
        """Crash, and the file is gone."""
        self.lost |= self.known()
        self.session = None
        self.drop()

    def go_back(self) -> None:
        """Crash, and the file is an older one."""
        before = self.known()
        self.session = copy.deepcopy(self.saved)
        self.lost |= before - self.known()
        self.again |= self.known()
        self.drop()


class ModelDatabase:
    """What is committed."""

    def __init__(self) -> None:
        self.seq = 0
        self.epoch = ""
        self.rows: dict[int, float] = {}  # time to value, of one sensor and metric
        self.quarantine: list[bytes] = []
        self.receipts: list[tuple[int, int, bytes]] = []
        self.session_of_receipts: int | None = None
        self.trouble: list[str] = []  # what becomes of the next commits


class ModelStore:
    """`ingest.store.Store` on the model: the same protocol, without SQL."""

    def __init__(self, conn: Any, name: str, epoch: str, ledger: Ledger, newest: object) -> None:
        self.db: ModelDatabase = conn
        self.epoch = epoch
        self.ledger = ledger

    def write(self, batch: Decoded, seq: int, received_us: int, **_: Any) -> Committed | None:
        db, session = self.db, self.ledger.newest
        trouble = db.trouble.pop(0) if db.trouble else "none"
        if trouble == "before":
            raise Lost("before the commit")
        done = None
        if db.seq == seq - 1:
            db.seq = seq
            done = self._commit(db, batch, seq, session)
        else:
            assert db.seq == seq
            assert db.epoch == self.epoch
        if trouble == "after":
            raise Lost("after the commit")
        self.ledger.add(seq, batch.messages, batch.receipts)
        if done is not None:
            self.ledger.packed = session
        return done

    def _commit(self, db: ModelDatabase, batch: Decoded, seq: int, session: int) -> Committed:
        done = Committed(seq, seq)
        for part in batch.tables:
            place = part.columns.metrics.index("flow")
            for at, value in zip(part.columns.time_us.tolist(), part.columns.values[:, place].tolist(), strict=True):
                done.stored += at not in db.rows
                db.rows.setdefault(at, value)
        for item in batch.items:
            db.quarantine.append(item.message.payload)
        done.quarantined = len(batch.items)
        done.duplicate = batch.decoded - done.stored - done.quarantined
        assert done.duplicate >= 0
        if self.ledger.packed != session:
            db.receipts = []
        mine = [r for r in batch.receipts if r.session == session]
        db.receipts.append((seq, batch.messages, receipts.pack(mine)))
        return done


class ModelLink:
    """`infra.link.Link`: always there; the store says when it breaks."""

    trouble = ""

    def __init__(self, db: ModelDatabase) -> None:
        self.db = db

    def at_work(self) -> Any:
        return self

    def __enter__(self) -> ModelDatabase:
        return self.db

    def __exit__(self, *_: object) -> None:
        pass


class Silent:
    """A log and an announcer that say nothing."""

    def __getattr__(self, _: str) -> Any:
        return lambda *a, **k: None


class Collector:
    """One process: dies with all it has in memory."""

    def __init__(self, broker: ModelBroker, db: ModelDatabase, number: int) -> None:
        self.broker = broker
        self.db = db
        self.inbox = Inbox(WINDOW)
        self.clock_us = BASE_US + number * 10_000_000
        self.epochs: set[int] = set()
        epoch = f"process-{number}"
        self.writer = Writer(
            SETTINGS,
            CATALOG,
            ModelLink(db),
            self.inbox,
            Silent(),
            epoch,
            "canary",
            Silent(),
        )
        db.epoch = epoch
        ledger = Ledger(receipts.reach(WINDOW))
        for seq, messages, data in db.receipts[-10:]:
            ledger.add(seq, messages, receipts.unpack(data))
        self.writer._ledger, self.writer._routes, self.writer.seq = ledger, ROUTES, db.seq
        self.writer.limits = lambda received_us=None: Limits(0, 1 << 62)
        self.receiver = Receiver(
            "t", Broker("broker", 1883, None, None, False), ["#"], self.inbox.put, self.writer.forget_session, Silent()
        )
        self.receiver._host, self.receiver._port = "broker", 1883
        self.receiver._thread = threading.current_thread()  # paho shall queue, and leave the writing to us
        self.writer.receiver = self.receiver
        self.ends: list[socket.socket] = []
        self.receiver._create_socket = self._socket

    def _socket(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        self.ends = [ours, theirs]
        return ours

    def connect(self) -> None:
        for end in self.ends:
            end.close()
        self.receiver.reconnect()
        self.receiver._out_packet.clear()  # the CONNECT itself
        if not self.broker.connect():
            self.writer.forget_session()
        self.receiver.connected = True

    def read(self, count: int) -> None:
        """The network thread reads what has arrived."""
        count = 0 if self.inbox.full() else count
        taken, self.broker.delivered = self.broker.delivered[:count], self.broker.delivered[count:]
        for mid, sent, flags in taken:
            self.clock_us += 1
            self.inbox.put([Received(TOPIC, sent.payload, mid, flags, self.clock_us, self.receiver.epoch)])

    def flush(self) -> None:
        """The network thread writes what is queued, on the connection that there is."""
        while self.receiver._out_packet:
            packet = self.receiver._out_packet.popleft()["packet"]
            for at in range(0, len(packet), 4):
                assert packet[at] == PUBACK
                assert packet[at + 1] == 2
                self.broker.puback(packet[at + 2] << 8 | packet[at + 3])

    def write(self) -> None:
        if len(self.inbox):
            self.writer.see_through(self.writer.take())

    def close(self) -> None:
        self.receiver._sock = None
        for end in self.ends:
            end.close()
        self.receiver._reset_sockets()
