"""SQL, markup and line ends in every text that the description takes: no fault of ours, no effect, nothing split."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree as ET

import psycopg
import pytest
from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.testclient import TestClient

from city.sensors import Sensor
from infra import sensors, settings
from infra.catalog import Catalog
from infra.servers import Postgres
from ioc_api import app as application
from ioc_api.rest.doors import anybody
from ioc_api.rest.parts import Text
from tests.fix_servers import fresh_database
from tests.notices import RULES, Office

pytestmark = pytest.mark.servers

TOKEN = "a-token-for-tests"
SECRET = "the-canary-sings"
TAG = "<b onmouseover=alert(1)>"
PAYLOADS = (
    "x'; DROP TABLE canary; --",
    "x') UNION SELECT song FROM canary --",
    f"=H(\"'>{TAG}<script>alert(1)</script>",
    '"; DELETE FROM canary; $$ \\\r\nX-Injected: yes\r\n\r\n<html>',
)
#: What a value of that name may be, so that the question gets to the database.
GOOD: dict[str, Any] = {
    "sensor_id": "T1", "sensor": "T1", "zone": "07210", "area": "bac_giang", "domain": "traffic", "metric": "speed",
    "number": 1, "day": "2025-01-01", "month": "2025-01", "form": "csv", "from": "2025-01-01T00:00:00Z",
    "to": "2025-01-02T00:00:00Z", "revision": 1, "rule": "dust", "department": "tnmt", "format": "json",
    "ends_at": "2099-01-01T00:00:00Z", "name": "x", "token": "x",
}  # fmt: skip
DEEP = 6


class Case(NamedTuple):
    """A request with a payload in one place."""

    method: str
    path: str
    query: dict[str, Any]
    headers: dict[str, str]
    body: Any
    payload: str


class Reader:
    """Cases of a description."""

    def __init__(self, api: dict[str, Any]) -> None:
        self._schemas = api.get("components", {}).get("schemas", {})
        self._paths = api["paths"]

    def cases(self) -> Iterator[Case]:
        for path, methods in self._paths.items():
            for method, op in methods.items():
                yield from self._of(method.upper(), path, op)

    def _of(self, method: str, path: str, op: dict[str, Any]) -> Iterator[Case]:
        parameters = op.get("parameters", [])
        content = op.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        body = None if content is None else self.good(content)
        given = {p["name"]: GOOD.get(p["name"], self.good(p["schema"])) for p in parameters}

        def case(payload: str, name: str = "", body: Any = body) -> Case:
            here, query, headers = path, {}, {}
            for p in parameters:
                value = payload if p["name"] == name else given[p["name"]]
                if p["in"] == "path":
                    here = here.replace(f"{{{p['name']}}}", quote(str(value), safe=""))
                elif p["in"] == "query" and (p["name"] == name or p.get("required")):
                    query[p["name"]] = value
                elif p["in"] == "header" and p["name"] == name:
                    headers[p["name"]] = re.sub(r"[\r\n]", " ", value)
            return Case(method, here, query, headers, body, payload)

        for payload in PAYLOADS:
            for p in parameters:
                if self._is_text(p["schema"]):
                    yield case(payload, p["name"])
            for spoilt in self.spoilt(content, payload) if content is not None else ():
                yield case(payload, body=spoilt)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            return self._resolved(self._schemas[schema["$ref"].rsplit("/", 1)[1]])
        parts = [s for key in ("anyOf", "oneOf", "allOf") for s in schema.get(key, ()) if s.get("type") != "null"]
        return self._resolved(parts[0]) if parts else schema

    def _is_text(self, schema: dict[str, Any]) -> bool:
        found = self._resolved(schema)
        return found.get("type") == "string" or (found.get("type") == "array" and self._is_text(found.get("items", {})))

    def good(self, schema: dict[str, Any], name: str = "", depth: int = 0) -> Any:
        """A value of that shape, with what is required only."""
        found = self._resolved(schema)
        if name in GOOD and found.get("type") not in ("array", "object"):
            return GOOD[name]
        if "enum" in found or "const" in found:
            return found["enum"][0] if "enum" in found else found["const"]
        match found.get("type"):
            case "object" if depth < DEEP:
                fields, needed = found.get("properties", {}), found.get("required", ())
                return {n: self.good(s, n, depth + 1) for n, s in fields.items() if n in needed}
            case "array":
                return [self.good(found.get("items", {}), name, depth + 1)] if depth < DEEP else []
            case "integer" | "number":
                return found.get("minimum", 1)
            case "boolean":
                return True
            case "object":
                return {}
            case _:
                return "x"

    def spoilt(self, schema: dict[str, Any], payload: str, depth: int = 0) -> Iterator[Any]:
        """Good values of that shape, each with the payload in another text."""
        found = self._resolved(schema)
        match found.get("type"):
            case "string":
                yield payload
            case "array" if depth < DEEP:
                yield from ([one] for one in self.spoilt(found.get("items", {}), payload, depth + 1))
            case "object" if depth < DEEP:
                good = self.good(found)
                for name, inner in found.get("properties", {}).items():
                    yield from ({**good, name: one} for one in self.spoilt(inner, payload, depth + 1))
                if found.get("additionalProperties"):
                    yield {**good, payload: payload}


def wrong(client: TestClient, case: Case) -> str:
    """What an answer should not be."""
    answer = client.request(case.method, case.path, params=case.query, json=case.body, headers=case.headers)
    said = []
    if answer.status_code >= 500 and "application/problem+json" not in answer.headers["content-type"]:
        said.append("a fault that is no problem")
    if answer.status_code == 500 or answer.status_code > 503:
        said.append("a fault")
    if SECRET in answer.text:
        said.append("it sings")
    if any("\r" in v or "\n" in v or k.lower() == "x-injected" for k, v in answer.headers.multi_items()):
        said.append("a header was split")
    kind = answer.headers.get("content-type", "")
    if TAG in answer.text and not kind.startswith(("application/json", "application/problem+json", "text/csv")):
        said.append(f"markup in {kind}")
    if "xml" in kind:
        ET.fromstring(answer.text)
    if kind.startswith("text/csv") and re.search(r"(^|,)\"?=H\(", answer.text, re.MULTILINE):
        said.append("a formula")
    return f"{case}: {answer.status_code} {', '.join(said)}: {answer.text[:300]}" if said else ""


@pytest.fixture(scope="module")
def url(postgres: Postgres, catalog: Catalog) -> Iterator[str]:
    with fresh_database(postgres) as url:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("CREATE TABLE canary AS SELECT %s AS song", [SECRET])
            conn.execute("GRANT SELECT, DELETE ON canary TO ioc_scoped")
            office = Office(conn, catalog)
            office.know(*RULES)
            office.department("tnmt", channels=1)
            office.route("tnmt", kind="air_quality")
            office.happens("fired", "S1")
            sensors.save(conn, [Sensor("T1", "bac_giang", "traffic", zone="07210", name="Nút 1")])
        yield url


@pytest.fixture(scope="module")
def app(url: str, catalog: Catalog) -> FastAPI:
    known = settings.load(
        database_url=url, mqtt_url="mqtt://127.0.0.1:1", api_token=TOKEN, address_rate=0, open_rate=1_000_000
    )
    return application.make(known, catalog)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        assert client.portal
        client.portal.call(app.state.service.intake.refresh)
        yield client


def standing(url: str) -> tuple[Any, ...]:
    """Which tables there are, and that the canary sits in its own."""
    with psycopg.connect(url) as conn:
        tables = conn.execute(
            "SELECT array_agg(relname::text ORDER BY relname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE relkind IN ('r', 'v') AND nspname IN ('public', 'scoped')"
        ).fetchone()
        return tables, conn.execute("SELECT song FROM canary").fetchall()


@pytest.mark.timeout(600)
def test_no_text_does_anything(client: TestClient, url: str) -> None:
    api = client.get("/openapi.json").json()
    before, found, asked = standing(url), [], 0
    for case in Reader(api).cases():
        asked += 1
        if said := wrong(client, case):
            found.append(said)
    assert not found, f"{len(found)} of {asked}, the first ones:\n" + "\n".join(found[:5])
    assert asked > 1_500
    assert standing(url) == before
    # Some of it was kept, as what it is; and what shows it again shows it as text.
    kept = [d["vi"] for d in client.get("/api/v1/departments").json()["items"]]
    assert set(kept) & set(PAYLOADS), kept
    for path in (p for p, methods in api["paths"].items() if "get" in methods and "{" not in p):
        for query in ({}, {"format": "csv"}):
            assert not wrong(client, Case("GET", path, query, {}, None, ""))
    with client.websocket_connect("/api/v1/live") as socket:
        socket.send_json({"id": 1, "type": "auth", "token": TOKEN})
        for n, payload in enumerate(PAYLOADS, 2):
            for topic in ("latest", "alerts", "aggregates", payload):
                socket.send_json({"id": n, "type": "subscribe", "topic": topic, "filter": {"zone": [payload]}})
        socket.send_json({"type": "ping", "t": 1})
        frames = []
        while not frames or '"pong"' not in frames[-1]:
            frames.append(socket.receive_text())
    assert SECRET not in "".join(frames)
    assert standing(url) == before


def test_a_hole_would_be_found(client: TestClient, app: FastAPI, url: str) -> None:
    """The same questions find what is wrong with operations that are."""

    async def sings(request: Request, q: Text) -> str:
        async with request.app.state.service.database.connection() as conn:
            return str(await (await conn.execute(f"SELECT song FROM canary WHERE song = ('{q}')")).fetchall())

    async def splits(q: Text) -> Response:
        return Response(f"<p>{q}", media_type="text/html", headers={"X-Q": q})

    holes = FastAPI()
    for path, hole in (("/sings", sings), ("/splits", splits)):
        app.add_api_route(path, hole, dependencies=[anybody()], include_in_schema=False)
        holes.add_api_route(path, hole)
    found = "\n".join(wrong(client, case) for case in Reader(holes.openapi()).cases())
    assert "it sings" in found
    assert "a fault" in found
    assert "markup in text/html" in found
    assert "a header was split" in found
