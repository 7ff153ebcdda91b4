"""What somebody may no longer do ends, wherever they are in: sockets, sessions, tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import httpx2 as httpx
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from infra.access import accounts, granting, sessions, tokens
from infra.access.who import Grant
from infra.catalog import Catalog
from tests.fix_api import Api, Live
from tests.service import until

pytestmark = pytest.mark.servers

AREA = Grant("viewer", areas=("bac_giang",))
NOWHERE = "mqtt://127.0.0.1:1"


class Inside(NamedTuple):
    """Somebody who is in: a socket with a subscription, and what they ask by."""

    live: Live
    url: str
    headers: dict[str, str]

    def closed(self) -> int:
        """The code with which the socket is closed."""
        try:
            while self.live.read(30):
                pass
        except ConnectionClosed as e:
            return e.rcvd.code if e.rcvd is not None else 0
        return 0

    def answered(self) -> int:
        return self.ask("areas").status_code

    def ask(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}/api/v1/{path}", headers=self.headers, timeout=60)


class Office:
    """A running API, and people to let in."""

    def __init__(self, conn: psycopg.Connection, api: Api, catalog: Catalog) -> None:
        self.conn, self.api, self.catalog = conn, api, catalog

    def person(self, name: str, *grants: Grant) -> int:
        account = accounts.create(self.conn, name, name, by="test").id
        for grant in grants:
            granting.give(self.conn, account, grant, self.catalog, by="test")
        return account

    def session(self, account: int) -> tuple[str, Inside]:
        cookie, name = sessions.start(self.conn, account, "password", address="", agent="", hours=1)
        headers = {"Cookie": f"ioc_session={cookie}", "Origin": self.api.url}
        return name, self._inside(headers, None)

    def token(self, account: int, *grants: Grant) -> tuple[int, Inside]:
        ends = datetime.now(UTC) + timedelta(hours=1)
        text, made = tokens.create(self.conn, account, "t", grants or (AREA,), self.catalog, expires_at=ends, by="test")
        return made.id, self._inside({"Authorization": f"Bearer {text}"}, text)

    def wallboard(self) -> tuple[int, Inside]:
        text, made = tokens.wallboard(self.conn, "w", Grant("wallboard"), self.catalog, expires_at=None, by="test")
        return made.id, self._inside({"Authorization": f"Bearer {text}"}, text)

    def _inside(self, headers: dict[str, str], token: str | None) -> Inside:
        if token is None:
            live = self.api.live(None, additional_headers={"Cookie": headers["Cookie"]}, origin=self.api.url)
            live.send({"id": 1, "type": "auth"})
            assert live.read()["type"] == "welcome"
        else:
            live = self.api.live(token)
        live.subscribe("latest")
        return Inside(live, self.api.url, headers)


def test_what_ends_ends_everywhere(database: str, catalog: Catalog, api: Callable[..., Api]) -> None:
    one = api(database, NOWHERE)
    until(lambda: one.http.get("/api/v1/sensors").status_code == 200, "history has been read", 60)
    with psycopg.connect(database, autocommit=True) as conn:
        office = Office(conn, one, catalog)
        accounts.first(conn)
        an, lan, mai, hoa, tu, binh = (
            office.person(n, Grant("operator")) for n in ("an", "lan", "mai", "hoa", "tu", "binh")
        )
        _, stays = office.session(an)
        ended, gone = office.session(an)
        _, locked = office.session(lan)
        _, disabled = office.session(mai)
        _, disabled_token = office.token(mai)
        number, revoked = office.token(an)
        extra = granting.give(conn, hoa, AREA, catalog, by="test")
        whole = next(g.id for g in granting.listed(conn, hoa)[hoa] if g.id != extra.id)
        _, lessened = office.session(hoa)
        _, lessened_token = office.token(hoa, Grant("viewer"))
        _, roleless = office.session(tu)
        board, hung = office.wallboard()
        soon = datetime.now(UTC) + timedelta(seconds=12)  # until then their socket stands, on a busy machine too
        short = office.person("short", AREA, Grant("operator", zones=("07210",), ends_at=soon))
        _, passing = office.session(short)

        # By an administrator's request, from the command line's functions, and by the clock.
        assert one.http.post("/api/v1/people/mai/disable", json={}).status_code in (200, 204)
        sessions.end(conn, an, ended)
        conn.execute("UPDATE session SET locked_at = now() WHERE account = %s", [lan])
        tokens.revoke(conn, number, by="test")
        granting.take(conn, hoa, whole)
        granting.take(conn, tu, granting.listed(conn, tu)[tu][0].id)
        tokens.revoke(conn, board, by="test")

        # 4401: it is over; 4005: come back, with what is left.
        for who in (gone, locked, disabled, disabled_token, revoked, roleless, hung):
            assert who.closed() == 4401
            assert who.answered() == 401
        for who in (lessened, lessened_token, passing):
            assert who.closed() == 4005
            assert who.answered() == 200
        assert locked.ask("areas").json()["locked"] is True
        assert lessened.ask("areas").json()["items"][0]["code"] == "bac_giang"
        assert len(lessened_token.ask("areas").json()["items"]) == 1
        assert lessened.ask("system").status_code == 403

        assert stays.answered() == 200
        stays.live.send({"type": "ping", "t": 1})
        stays.live.until(lambda f: f["type"] == "pong", "whom it does not concern stays in")
        assert office.token(binh)[1].answered() == 200
