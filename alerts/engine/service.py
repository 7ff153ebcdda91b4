"""The alert engine as a process: judgement, dispatcher, sender and indices, each on a thread of its own."""

from __future__ import annotations

import os
import signal
import time
from types import FrameType
from typing import Any

import psycopg
import structlog
from prometheus_client import start_http_server

from alerts.deliver.sender import Sender
from alerts.engine.dispatcher import Dispatcher
from alerts.engine.engine import Engine
from alerts.engine.figures import Figures
from alerts.engine.listener import Listener
from alerts.engine.place import Fenced
from alerts.messages import links
from alerts.notice.telling import City
from alerts.rules import shipped
from infra import db, mqtt, schema
from infra.catalog import Catalog
from infra.catalog import load as load_catalog
from infra.errors import IocError, Unavailable
from infra.link import Link, Lost, Watchdog
from infra.settings import Settings

FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 10.0
STANDBY_S = 1.0
#: A sender that has not gone round for so long hangs on the database.
SENDER_HANGS_S = 20.0


class Service:
    """Judges until it is told to stop. Beside another engine it waits, and takes over when that one is gone."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log: Any = structlog.get_logger()
        self.catalog: Catalog = load_catalog(settings)
        self.listener = Listener(settings.mqtt_url)
        self.engine = Engine(settings, self.catalog, self._link("alerts"), self.listener, self.log)
        self.sender = Sender(settings)
        base_url = links.base(settings.public_url, settings.http_host, settings.http_port)
        city = City(self.catalog, base_url, settings.map_link)
        self.dispatcher = Dispatcher(self._link("alerts dispatcher"), city, self.sender.wake, self.log)
        self.figures = Figures(
            settings, self.catalog, self._link("alerts figures"), lambda: self.engine.book,
            self.engine.figures.append, self.log,
        )  # fmt: skip
        self.engine.wake = self.dispatcher.wake
        self.engine.telling = lambda: self.dispatcher.trouble
        self._watchdog = Watchdog(self._look, self.log)
        self._stopping = self._standing_by = False

    def run(self) -> None:
        """Work until SIGTERM or SIGINT. IocError when it cannot begin."""
        self._check()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        if self.settings.alerts_metrics_port:
            start_http_server(self.settings.alerts_metrics_port, self.settings.http_host or "::")
        self.listener.start()
        for thread in (self.figures, self.dispatcher, self.sender, self._watchdog):  # last who looks at the others
            thread.start()
        delay = FIRST_DELAY_S
        try:
            while not self._stopping:
                if self._live():
                    delay = FIRST_DELAY_S
                elif not self._stopping:
                    time.sleep(delay)
                    delay = min(delay * 2, LONGEST_DELAY_S)
        finally:
            self._end()

    def _live(self) -> bool:
        """One life of the engine, to its end; whether it had begun."""
        begun = False
        try:
            while not self._stopping and not self.engine.begin():
                self._stand_by()
            self._standing_by = False
            while not self._stopping:
                self.engine.turn()
                begun = True
            self.engine.end()
        except Lost:
            self.log.debug("the database was lost: beginning anew")
        except Fenced:
            self.log.warning("another engine has taken over: standing by")
        except psycopg.Error as e:
            self.log.error("the database does not let us go on; beginning anew", error=db.reason(e))
        except IocError as e:
            self.log.error("cannot go on; beginning anew", error=str(e))
        except Exception:
            # A fault of ours must not end judgement; what was committed is where it begins again.
            self.log.exception("judgement has stumbled; beginning anew")
        finally:
            self.engine.link.drop()
        return begun

    def _stand_by(self) -> None:
        if not self._standing_by:
            self.log.info("another engine judges: standing by")
        self._standing_by = True
        time.sleep(STANDBY_S)

    def _check(self) -> None:
        """Refuse to begin where a person must act; a server that is merely away now is waited for."""
        with db.connect(self.settings.database_url, application="alerts check", autocommit=True) as conn:
            lacks = schema.missing(conn, self.catalog.registry)
            if lacks:
                raise Unavailable(f"the database lacks {lacks[0]}: run `ioc db migrate` first")
            try:
                count = shipped.seed(conn)
            except psycopg.errors.UndefinedTable:
                raise Unavailable("the database is of an older version: run `ioc db migrate` first") from None
        if count:
            self.log.info("rules, departments and routes that ship with the product are there", new=count)
        mqtt.probe(self.settings.mqtt_url)

    def _stop(self, _: int, __: FrameType | None) -> None:
        self._stopping = True
        self.listener.arrived.set()

    def _end(self) -> None:
        self._watchdog.stop()
        self.figures.stop()
        self.dispatcher.stop()
        self.sender.stop(2.0)
        self.dispatcher.join(1.0)
        self.listener.stop()
        self.log.info("stopped", **self.engine.counts)

    def _look(self) -> None:
        """The watchdog's look: statements that hang, threads that have died."""
        for link in (self.engine.link, self.dispatcher.link, self.figures.link):
            link.watch()
        if self.sender.silent_s() > SENDER_HANGS_S:
            self.sender.cut()
        threads = {
            "network": self.listener.alive(), "dispatcher": self.dispatcher.is_alive(),
            "figures": self.figures.is_alive(), "sender": self.sender.alive(),
        }  # fmt: skip
        dead = [name for name, alive in threads.items() if not alive]
        if dead and not self._stopping:
            self.log.error("a thread has died: ending, to be started anew", threads=dead)
            os._exit(1)

    def _link(self, application: str) -> Link:
        return Link(db.check_url(self.settings.database_url), application, self.settings.database_hang_s, self.log)


def run(settings: Settings) -> None:
    """Run the alert engine in this process."""
    Service(settings).run()
