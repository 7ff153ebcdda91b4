"""What maintenance says of itself reaches those who look, and readiness does not hang on it."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg
import pytest

from infra import settings
from infra.deploy import probe
from infra.servers import Postgres
from tests.fix_api import City
from tests.service import Service, until

pytestmark = pytest.mark.servers


def metric(city: City, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", city.api.http.get("/metrics").text, re.MULTILINE)
    assert found, name
    return float(found[1])


def test_it_shows_on_the_websocket_and_in_the_metrics(
    city: City, service: Callable[..., Service], database: str
) -> None:
    live = city.api.live()
    system = live.subscribe("system")
    live.until(lambda f: live.items[system].get("maintain", {}).get("state") == "degraded", "no round yet")
    assert "no round of maintenance" in live.items[system]["maintain"]["reasons"][0]
    assert metric(city, "ioc_maintain_age_seconds") == -1
    until(city.api.ready, "it is ready without")
    assert "no round" in probe.trouble("maintain", settings.load(database_url=database))

    keeper = service("db", "maintain", "--every", "60", env={"IOC_DATABASE_URL": database})
    live.until(lambda f: live.items[system]["maintain"]["state"] == "ok", "a round", 90)
    assert 0 <= metric(city, "ioc_maintain_age_seconds") < 60
    assert metric(city, "ioc_maintain_round_seconds") > 0
    assert metric(city, "ioc_maintain_compression") == 0
    assert probe.trouble("maintain", settings.load(database_url=database)) == ""
    keeper.stop()

    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("INSERT INTO rollup_due (domain, hour, batch, sensors) VALUES ('traffic', now(), 1, '{1}')")
        conn.execute("UPDATE maintenance SET at = at - interval '6 minutes'")
        live.until(lambda f: live.items[system]["maintain"]["state"] == "degraded", "it is missed")
        assert live.items[system]["maintain"]["due"] == 1
        assert metric(city, "ioc_maintain_due_rows") == 1
        assert "ended" in probe.trouble("maintain", settings.load(database_url=database))

        conn.execute(
            "UPDATE maintenance SET at = now(), facts = jsonb_build_object('errors', '[\"expired: no\"]'::jsonb)"
        )
        live.until(lambda f: live.items[system]["maintain"]["reasons"] == ["expired: no"], "what failed")
        conn.execute("UPDATE maintenance SET facts = '{}'")
        conn.execute("UPDATE rollup_state SET done_until = date_trunc('hour', now()) - interval '2 hours'")
        live.until(lambda f: "minutes behind" in str(live.items[system]["maintain"]["reasons"]), "rollups are behind")
        assert metric(city, "ioc_maintain_behind_seconds") > 3000
    until(city.api.ready, "live figures do not wait for history")


def test_a_database_without_its_table_is_survived(city: City, database: str) -> None:
    with psycopg.connect(database) as conn:
        conn.execute("DROP TABLE maintenance")
    live = city.api.live()
    system = live.subscribe("system")
    live.until(lambda f: live.items[system].get("maintain"), "an item all the same")
    assert city.api.http.get("/metrics").status_code == 200


def test_the_probe_says_that_there_is_no_database(postgres: Postgres) -> None:
    assert "no answer" in probe.trouble("maintain", settings.load(database_url="postgresql://127.0.0.1:1/x"))
    assert "no answer" in probe.trouble("maintain", settings.load(database_url=postgres.url_of("postgres")))
