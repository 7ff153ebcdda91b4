"""Everything one API process holds, and the loops that keep it going."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
import structlog

from alerts.deliver.ways import Ways
from infra import telemetry
from infra.access import sessions
from infra.catalog import Catalog
from infra.errors import IocError
from infra.roster import groups_of, roster
from infra.settings import Settings
from infra.times import now_us
from ioc_api.alerts.whom import Routes
from ioc_api.database import Away, Database, why
from ioc_api.feed.bus import Listener
from ioc_api.feed.intake import Intake
from ioc_api.gate import Gate
from ioc_api.health import Health
from ioc_api.live.alert_feed import AlertFeed
from ioc_api.live.alerts import Alerts
from ioc_api.live.counts import Counts
from ioc_api.live.hub import Hub
from ioc_api.live.map import MapTopic
from ioc_api.live.refresh import Refresher
from ioc_api.live.sight import LiveSight
from ioc_api.live.state import Live
from ioc_api.past.replays import Replays
from ioc_api.refusals import Book
from ioc_api.scopes import Scopes
from ioc_api.signin.provider import Provider
from ioc_api.streams import Streams
from ioc_api.syslog import Forward
from ioc_api.upkeep import Upkeep
from ioc_api.watch import Watch

CITY_TIME = timezone(timedelta(hours=7))
TICK_S = 0.2

log = structlog.get_logger()


class Service:
    """The API's parts, wired together. Made inside the event loop that serves it."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.settings = settings
        self.catalog = catalog
        self.groups = groups_of(catalog.areas, catalog.zones, datetime.now(CITY_TIME).date())
        empty = roster([], catalog.registry, self.groups, channels={"": 0}, version=-1)
        self.database = Database(settings.database_url)
        self.refusals = Book(self.database)
        self.syslog = Forward(settings, self.database)
        self.routes = Routes()
        self.scopes = Scopes(catalog, self.routes, self.database)
        self._ways: Ways | None = None
        self.streams = Streams(settings.database_url, settings.export_limit_s)
        self.gate = Gate(
            settings.api_token, self.database, settings.http_origins, settings.public_url,
            idle_min=settings.idle_lock_min, needs_factor=settings.administrators_need_factor,
        )  # fmt: skip
        self.provider = Provider(settings, catalog) if settings.oidc_issuer else None
        self.live = Live(empty, now_us())
        self.alerts = Alerts()
        self.flips = AlertFeed(self.database, self.routes, self.alerts)
        sight = LiveSight(self.live, self.alerts)
        self.map, self.counts = MapTopic(sight), Counts(sight)
        self.hub = Hub([*self.live.topics, self.alerts, self.map, self.counts])
        self.replays = Replays(
            settings, catalog, self.database, self.gate, self.scopes, self.routes, self.hub, lambda: self.live.roster
        )
        leave_out = settings.untrusted == "leave_out"
        self.intake = Intake(self.live, self.database, catalog, leave_out=leave_out)
        self.listener = Listener(
            settings.mqtt_url, asyncio.get_running_loop(), self._frame, lambda facts: self.health.status(facts)
        )
        self.watch = Watch(self.database)
        self.health = Health(settings, self.database, self.listener, self.intake, self.watch.state)
        self.upkeep = Upkeep(settings, self.database)
        self.indices = Refresher(self.database, catalog, settings, self.live.indices, lambda: self.live.roster)
        self.intake.on_warm = self._warm
        self.hub.summary = self.health.summary
        self._access: object = None
        self._version = -1
        self._tasks: list[asyncio.Task[None]] = []

    def ways(self) -> Ways:
        """What channels are checked by, as the sender has it. ConfigError where a setting cannot be used."""
        if self._ways is None:
            self._ways = Ways(self.settings)
        return self._ways

    async def start(self) -> None:
        """Begin all work. Neither the database nor the broker need be there."""
        await self.database.open()
        self.listener.start()
        for name, work in (
            ("intake", self.intake.run),
            ("silent", self.intake.run_silent),
            ("database", self._watch),
            ("tick", self._tick),
            ("beat", self._beat),
            ("indices", self._work_out_indices),
            ("alerts", self.flips.run),
            ("refusals", self.refusals.run),
            ("syslog", self.syslog.run),
        ):
            self._tasks.append(asyncio.create_task(self._keep(name, work), name=name))

    async def stop(self) -> None:
        """End all work. Clients have been told before."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.streams.close()
        await self.refusals.end()
        await self.syslog.end()
        await self.database.close()
        await asyncio.to_thread(self.listener.stop)

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        # A loop that fails by a fault of ours is begun again: the others and the clients depend on it.
        while True:
            try:
                await work()
            except Exception:
                log.exception("service.loop_failed", loop=name)
            await asyncio.sleep(1)

    def _warm(self) -> None:
        self.live.tick(now_us())
        self._look(now_us())
        self.hub.ready.set()

    def _look(self, now: int) -> None:
        """Who is late or back, and what has changed on the map."""
        self.live.sensors.update(now)
        self.map.tick()
        self.counts.tick()

    def _frame(self, frame: Any) -> None:
        self.intake.frame(frame)
        self.intake.strangers()

    def services(self) -> dict[str, dict[str, Any]]:
        """What each service says of itself, by its key."""
        walls = self.hub.walls.items(asyncio.get_running_loop().time())
        return {**self.health.items(), "maintain": self.upkeep.item(), "alerts": self.watch.item(), **walls}

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            # On a grid: clients of one rate are then served from one text.
            await asyncio.sleep(TICK_S - loop.time() % TICK_S)
            if self.intake.warm.is_set():
                self.live.tick(now_us())

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(1)
            now = now_us()
            if self.intake.warm.is_set():
                self._look(now)
            self.live.system.update(self.services())
            self.hub.tell()
            self.hub.look_after()
            self.replays.look_after(asyncio.get_running_loop().time())

    async def _work_out_indices(self) -> None:
        await self.intake.warm.wait()
        await self.indices.run()

    async def _watch(self) -> None:
        """Look at the registry's version once a second, which tells as well whether the database answers."""
        while True:
            version = await self.health.look_at_database()
            if version is not None:
                await self._look_at_access()
                await self.upkeep.look()
                await self.watch.look()
            if version is not None and self.intake.warm.is_set() and version != self.live.roster.version:
                try:
                    await self.intake.refresh()
                except (Away, IocError, psycopg.Error) as e:
                    log.warning("service.roster_waits", error=why(e))
            await asyncio.sleep(1)

    async def _look_at_access(self) -> None:
        """Whether what somebody may do has changed, by grants or by the routes of alerts: then all who are connected
        are looked at again."""
        idle = {"idle": self.settings.idle_lock_min}
        try:
            async with self.database.connection() as conn:
                row = await (await conn.execute(sessions.IDLE, idle)).fetchone()
            if row is not None and row[1]:
                await self.database.act(lambda conn: sessions.lock_idle(conn, idle["idle"]))
        except (Away, psycopg.Error):
            return  # health says what is wrong
        version = row[0] if row else 0
        if version != self._version:
            self.gate.forget()
            self._version = version
        known = (version, self.routes.now and self.routes.now.mark)
        if known != self._access and all([await self.hub.look_again(), await self.replays.look_again()]):
            self._access = known

    def expose(self) -> None:
        """Bring the metrics up to date."""
        self.health.expose()
        self.upkeep.expose()
        self.watch.expose()
        telemetry.API_READY.set(not self.health.reasons())
        telemetry.API_GAPS.set(self.intake.gaps)
        for collector, age_s in self.health.ages().items():
            telemetry.API_LAG.labels(collector).set(age_s)
        telemetry.LIVE_CLIENTS.set(len(self.hub.clients))
        for topic, count in self.hub.count().items():
            telemetry.LIVE_SUBSCRIPTIONS.labels(topic).set(count)
        self.hub.walls.expose(asyncio.get_running_loop().time())
        for liveness, count in self.live.sensors.tally().items():
            telemetry.SENSORS.labels(liveness).set(count)
