"""The API of a small town, for everybody against everything.

street     Street: the application in this process over tests/town.py, and how each operation is asked     module
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import pytest
from starlette.testclient import TestClient

from infra import settings
from infra.access.roles import Permission
from infra.catalog import Catalog
from infra.servers import Postgres
from ioc_api import app as application
from ioc_api.rest.doors import PUBLIC, PUBLIC_BELOW
from tests.fix_servers import fresh_database
from tests.service import until
from tests.town import METRIC, Person, Place, Town

#: Things that are asked for one by one: each of those who see a part sees some of them, and some not.
ONE_BY_ONE = (("AAA", "lighting"), ("BBB", "traffic"), ("CCC", "traffic"))


class Operation(NamedTuple):
    method: str
    path: str
    permission: Permission
    name: str
    takes: dict[str, Any]
    required: frozenset[str]
    answers: frozenset[int]


class Street:
    """The town's API in this process, and the numbers of what is in it."""

    def __init__(self, http: TestClient, town: Town, people: dict[str, Person]) -> None:
        self.http, self.town, self.people = http, town, people
        self.operations = list(self._described())
        self.since = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
        with psycopg.connect(town.url) as conn:
            self.numbers = {
                thing: {
                    "alerts": one(conn, "SELECT id FROM alert WHERE sensor_id = %s", sensor),
                    "silences": one(conn, "SELECT id FROM silence WHERE reason LIKE %s", f"{thing[0]}:{thing[1]}%"),
                    "notifications": one(conn, "SELECT na.notification FROM notification_alert na JOIN alert a"
                                                " ON a.id = na.alert WHERE a.sensor_id = %s", sensor),
                    "channels": one(conn, "SELECT id FROM notice_channel WHERE name LIKE %s", f"{thing[0]}:%"),
                    "quarantine": one(conn, "SELECT id FROM quarantine_item WHERE sensor_id = %s", sensor),
                    "routes": one(conn, "SELECT id FROM route WHERE zone = %s", self.place(thing[0]).zone),
                }
                for thing in town.everything
                for sensor in [f"{thing[0]}-{thing[1][:2]}"]
            }  # fmt: skip

    def place(self, mark: str) -> Place:
        return next(p for p in self.town.places if p.mark == mark)

    def _described(self) -> Iterator[Operation]:
        api = self.ask("administrator", "GET", "/openapi.json").json()
        for path, methods in api["paths"].items():
            for method, op in methods.items():
                if (method.upper(), path) in PUBLIC or path.startswith(PUBLIC_BELOW):
                    continue
                takes = {p["name"]: p for p in op.get("parameters", []) if p["in"] == "query"}
                required = frozenset(n for n, p in takes.items() if p.get("required"))
                answers = frozenset(map(int, op["responses"]))
                yield Operation(method.upper(), path, op["x-permission"], op["operationId"], takes, required, answers)

    def ask(self, who: str, method: str, path: str, **more: Any) -> Any:
        return self.http.request(method, path, headers=self.people[who].headers, **more)

    def filled(self, path: str, thing: tuple[str, str]) -> str:
        """The address of that operation for what is of a place and domain."""
        kind = path.split("/")[3]
        place, codes = self.place(thing[0]), {"zones": self.place(thing[0]).zone, "departments": ""}
        codes |= {"rules": f"rule-{thing[1]}", "departments": place.department}
        known = {"sensor_id": place.sensor(thing[1]), "code": codes.get(kind, "1"), "domain": thing[1],
                 "metric": METRIC[thing[1]], "name": "viewer",
                 "number": str(self.numbers[thing].get(kind, 1))}  # fmt: skip
        return re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], "1"), path)

    def questions(self, op: Operation, *, briefly: bool) -> Iterator[tuple[str, dict[str, Any]]]:
        """Ways to ask an operation: plainly, and if not briefly also of places by each filter that it declares."""
        need: dict[str, Any] = {"metric": list(METRIC.values())} if "metric" in op.required else {}
        need |= {"index": "los"} if "index" in op.required else {}
        need |= {"domain": "traffic", "metric": METRIC["traffic"]} if "domain" in op.required else {}
        if "{" in op.path:
            yield from ((self.filled(op.path, thing), need) for thing in (() if briefly else ONE_BY_ONE))
            return
        if briefly:
            yield op.path, {**need, "area": "bac_giang"} if need else {}
            return
        asked: list[dict[str, Any]] = [need]
        if "from" in op.takes:
            asked.append({**need, "from": self.since})
        if "format" in op.takes:
            asked.append({**need, "format": "csv"})
        for place in (self.town.places[0], self.town.places[2]):
            named = {"area": place.area, "zone": place.zone, "sensor": place.sensor("traffic"),
                     "station": place.sensor("environment"), "department": place.department,
                     "channel": str(self.numbers[place.mark, "traffic"]["channels"])}  # fmt: skip
            asked += [{**need, key: value} for key, value in named.items() if key in op.takes]
            if op.name == "list_observations":
                for further in ({"step": "1m"}, {"step": "1h", "layout": "series"}, {"of": "whole", "step": "1m"},
                                {"of": "whole", "step": "1d", "from": self.since}, {"format": "csv"}):  # fmt: skip
                    asked.append({**need, **further, "area": place.area})
        yield from ((op.path, one) for one in asked)


def one(conn: psycopg.Connection, query: str, *values: object) -> int:
    row = conn.execute(query + " ORDER BY 1 LIMIT 1", values).fetchone()
    assert row is not None, query
    return int(row[0])


@pytest.fixture(scope="module")
def street(postgres: Postgres, catalog: Catalog) -> Iterator[Street]:
    with fresh_database(postgres) as url:
        town = Town(url, catalog)
        town.seed(datetime.now(UTC))
        people = town.people()
        known = settings.load(database_url=url, mqtt_url="mqtt://127.0.0.1:1")
        app = application.make(known, catalog)
        with TestClient(app, raise_server_exceptions=False) as http:
            service = app.state.service
            until(lambda: service.intake.complete and service.indices.done_us, "everything has been read", 90)
            yield Street(http, town, people)
