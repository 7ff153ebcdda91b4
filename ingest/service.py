"""One collector, from its connections to its end."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from typing import Any

import structlog
from prometheus_client import start_http_server

from infra import bus, db, mqtt, schema, telemetry
from infra.catalog import load as load_catalog
from infra.errors import ConfigError, Unavailable
from infra.link import Link, Lost, Watchdog
from infra.mqtt import KEEPALIVE_S, NEVER_S
from infra.settings import Settings
from ingest.announce import Announcer
from ingest.inbox import Inbox
from ingest.receive import Receiver
from ingest.replay import replay
from ingest.store import Fenced
from ingest.writer import Stopped, Writer


class Collector:
    """Receives, stores, acknowledges and announces until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log: Any = structlog.get_logger().bind(collector=settings.ingest_name)
        name, self.epoch = settings.ingest_name, uuid.uuid4().hex[:12]
        broker = mqtt.parse_url(settings.mqtt_url)
        canary_topic = f"{bus.CANARY_TOPIC}/{name}"
        filters = [f.strip() for f in settings.ingest_filters.split(",") if f.strip()]
        if not filters:
            raise ConfigError("IOC_INGEST_FILTERS is empty: name at least one topic filter, as in ioc/v1/#")
        self.inbox = Inbox(settings.ingest_window)
        self.announcer = Announcer(settings.mqtt_url, name, self.epoch, self.log)
        self.link = Link(db.check_url(settings.database_url), f"ingest {name}", settings.database_hang_s, self.log)
        self.writer = Writer(
            settings, load_catalog(settings), self.link, self.inbox, self.announcer, self.epoch, canary_topic, self.log
        )
        self.receiver = Receiver(
            name,
            broker,
            [*filters, canary_topic],
            self.inbox.put,
            self.writer.forget_session,
            self.log,
            self.inbox.full,
        )
        self.writer.receiver = self.receiver
        self._broker = broker
        self._watchdog = Watchdog(self._look, self.log)
        self._started = time.monotonic()
        self._told = self._sang = 0.0
        self._announcer_reconnects = 0

    def run(self) -> None:
        """Work until SIGTERM or SIGINT. Raises IocError when it cannot begin or must not go on."""
        self._check()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        if self.settings.ingest_metrics_port:
            start_http_server(self.settings.ingest_metrics_port, self.settings.http_host or "::")
        # The ledger of receipts must be there before the first redelivered message is.
        self._begin()
        self.announcer.start()
        self.receiver.connect_async(
            self._broker.host,
            self._broker.port,
            KEEPALIVE_S,
            clean_start=False,
            properties=mqtt.session(expiry_s=NEVER_S, receive_maximum=self.settings.ingest_window),
        )
        self.receiver.loop_start()
        self._watchdog.start()
        self.log.info("collecting", filters=self.settings.ingest_filters, broker=self._broker.where)
        try:
            while not self.writer.stopping:
                self._turn()
        except Stopped:
            self.log.info("stopping with a batch under way: the broker will send it again")
        except Fenced as e:
            raise Unavailable(str(e)) from None
        finally:
            self._end()

    def stop(self) -> None:
        """Finish the batch under way, then end."""
        self.writer.stopping = True
        self.inbox.wake()

    def _turn(self) -> None:
        messages = self.writer.take()
        if messages:
            self.writer.see_through(messages)
        self.writer.look_around()
        if self.writer.replay_asked:
            self.writer.replay_asked = replay(self.writer) > 0

    def _check(self) -> None:
        """Refuse to begin where a person must act; a server that is merely away now is waited for."""
        with db.connect(self.settings.database_url, application="ingest check") as conn:
            lacks = schema.missing(conn, self.writer.catalog.registry)
        if lacks:
            raise Unavailable(f"the database lacks {lacks[0]}: run `ioc db migrate` first")
        mqtt.probe(self.settings.mqtt_url)

    def _begin(self) -> None:
        while not self.writer.stopping:
            try:
                self.writer.begin()
                return
            except Lost:
                time.sleep(0.5)

    def _end(self) -> None:
        self._watchdog.stop()
        # Acknowledgements are written by paho's thread: give it a moment before the connection closes.
        deadline = time.monotonic() + 2.0
        while self.receiver.want_write() and self.receiver.connected and time.monotonic() < deadline:
            time.sleep(0.01)
        self.receiver.disconnect()
        self.receiver.loop_stop()
        self.announcer.stop()
        self.link.drop()
        self.log.info("stopped", **self.writer.counts)

    def _look(self) -> None:
        """The watchdog's look: database, network thread, silence; then canary and status when they are due."""
        self.link.watch()
        now = time.monotonic()
        thread: threading.Thread | None = self.receiver._thread
        if thread is None or not thread.is_alive():
            self.log.error("the network thread has died: ending, to be started anew")
            os._exit(1)
        if self._silent(now):
            self.log.error(
                "connected, but nothing arrives: restarting the session", after_s=self.settings.ingest_silent_s
            )
            self.receiver.received_at = now
            self.receiver.cut()
        if now - self._sang >= self.settings.ingest_canary_s:
            self._sang = now
            self.announcer.canary()
        if now - self._told >= 1.0:
            self._told = now
            facts = self.facts()
            self.announcer.status(facts)
            telemetry.expose_collector(facts)

    def _silent(self, now: float) -> bool:
        """Whether canaries were sent and could have come, and nothing has."""
        could = self.receiver.connected and self.announcer.connected and not len(self.inbox) and not self.writer.writing
        return could and now - self.receiver.received_at > self.settings.ingest_silent_s

    def facts(self) -> dict[str, Any]:
        """How the collector is: what it publishes once a second."""
        age = (time.time_ns() // 1000 - self.writer.canary_us) / 1e6 if self.writer.canary_us else None
        return {
            "collector": self.settings.ingest_name,
            "epoch": self.epoch,
            "at": time.time(),
            "up_s": round(time.monotonic() - self._started, 1),
            "seq": self.writer.seq,
            "broker": self.receiver.connected,
            "broker_reason": self.receiver.refused,
            "database": not self.link.trouble and self.link.busy_s < 5,
            "database_reason": self.link.trouble or ("it does not answer" if self.link.busy_s >= 5 else ""),
            "canary_age_s": None if age is None else round(age, 3),
            "queued": len(self.inbox) + self.writer.writing,
            "qos0_dropped": self.inbox.dropped,
            "broker_dropped": self.announcer.broker_dropped,
            "connections": {"broker": self.receiver.connections, "database": self.link.connections},
            **{k: self.writer.counts[k] for k in ("messages", "decoded", "stored", "duplicate", "quarantined")},
        }


def run(settings: Settings) -> None:
    """Run one collector in this process."""
    try:
        collector = Collector(settings)
    except ValueError as e:
        raise ConfigError(str(e)) from None
    collector.run()
