"""All replays of one process: who has one, what each needs, and how many there may be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from infra.catalog import Catalog
from infra.roster import Roster, groups_of, roster
from infra.settings import Settings
from ioc_api.alerts.whom import Routes, Whom
from ioc_api.asking import Asking
from ioc_api.database import Database
from ioc_api.gate import Gate
from ioc_api.live.frames import Close
from ioc_api.live.hub import Hub
from ioc_api.past.client import PastClient
from ioc_api.past.hands import Hands, threads
from ioc_api.past.loader import Loader
from ioc_api.scopes import Scopes

#: Replays at a time: each holds up to some 200 MB, and a good part of a processor while it plays.
MOST = 4
#: Whoever has stood still for longer makes room when somebody else comes.
STILL_S = 300.0
#: What is said with a farewell; 123 bytes at most.
ANOTHER = "bạn đã mở lượt phát lại khác / another replay of yours has begun"
OTHERS_WAIT = "người khác đang chờ; bấm phát để trở lại / others wait; press play to come back"
FULL = f"đã có {MOST} lượt phát lại: hãy thử lại sau / {MOST} replays are under way: try again later"
_CITY_TIME = timezone(timedelta(hours=7))


class Replays:
    """Where connections to the time machine find what they need. ``live`` is the hub of the present."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        database: Database,
        gate: Gate,
        scopes: Scopes,
        routes: Routes,
        live: Hub,
        sensors: Callable[[], Roster],
    ) -> None:
        self.settings, self.catalog, self.database = settings, catalog, database
        self.gate, self.scopes, self.live = gate, scopes, live
        self.sensors = sensors
        self.clients: set[PastClient] = set()
        self._pool = threads()
        self._ending: list[Hands] = []  # of those who have left, where threads still work for them
        self._routes = routes

    def whom(self) -> Whom | None:
        """Which departments alerts concern."""
        return self._routes.now

    def nobody(self) -> Roster:
        """A city without sensors: what there is to see before anything is played."""
        groups = groups_of(self.catalog.areas, self.catalog.zones, datetime.now(_CITY_TIME).date())
        return roster([], self.catalog.registry, groups, channels={"": 0}, version=-1)

    def loader(self, reads: Asking, alerts: Asking | None) -> Loader:
        """A reader for somebody's replay."""
        return Loader(self.database, self.catalog, self.settings, reads, alerts, Hands(self._pool))

    def crowded(self, asks: str) -> str:
        """Why there is no room for one more of theirs; empty: there is. Their last one makes room for the next, and
        where all places are taken the one that has stood still for longest, if it has for long."""
        for other in list(self.clients):
            if asks and other.asks == asks:
                self._part(other, Close.TOO_MANY, ANOTHER)
        if self._taken() >= MOST:
            now_s = asyncio.get_running_loop().time()
            longest = max(self.clients, key=lambda c: c.stood_s(now_s), default=None)
            if longest is not None and longest.stood_s(now_s) > STILL_S:
                self._part(longest, Close.MADE_ROOM, OTHERS_WAIT)
        return FULL if self._taken() >= MOST else ""

    def _taken(self) -> int:
        """Places that are taken: by whoever is there, and by threads of those who have left."""
        self._ending = [hands for hands in self._ending if hands.busy]
        return len(self.clients) + len(self._ending)

    def _part(self, client: PastClient, code: Close, reason: str) -> None:
        client.close(code, reason)
        self.left(client)

    def left(self, client: PastClient) -> None:
        """A client has gone, or will have in a moment: its place is free when its threads have ended."""
        if client in self.clients:
            self.clients.discard(client)
            if client.hands is not None and client.hands.busy:
                self._ending.append(client.hands)

    def look_after(self, now_s: float) -> None:
        """Once a second: ping, and let go of those who do not answer."""
        for client in list(self.clients):
            client.look(now_s)

    async def look_again(self) -> bool:
        """What people may do has changed: part from those whom it concerns. False where it could not be found out."""
        return all([await client.look_again() for client in list(self.clients)])

    def close(self) -> None:
        """Tell every client to come back later."""
        for client in list(self.clients):
            client.close(Close.SHUTDOWN, "the service restarts")
