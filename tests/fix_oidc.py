"""An identity provider, run for real: npm's certified oidc-provider, by tests/oidc/provider.mjs.

identity_provider   identity_provider(redirect_uri) -> Idp, listening; started on demand                      module
town                Town: an API whose people sign in there, in a browser or not                              module
"""

from __future__ import annotations

import re
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2 as httpx
import psycopg
import pytest

from infra.servers import Postgres, ports, process
from tests.fix_api import apis
from tests.fix_servers import fresh_database, services
from tests.node import environment, installed, node
from tests.service import until

FOLDER = Path(__file__).with_name("oidc")
CLIENT, SECRET = "ioc", "a secret for tests: +/%"


class Idp:
    """The provider, and somebody's browser that signs in there.."""

    def __init__(self, back: str, log: Path) -> None:
        self._back, self._log = back, log
        self.port = ports.choose(0, what="the provider", option="")
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start it (again), with new keys."""
        self.child = process.spawn(
            [node(), str(FOLDER / "provider.mjs"), str(self.port), self._back],
            log=self._log, env=environment(), cwd=FOLDER,
        )  # fmt: skip
        until(lambda: self._answers() or self.child.poll() is not None, "the provider listens", 90)
        assert self.child.poll() is None, self._log.read_text()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.issuer}/.well-known/openid-configuration", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """End it."""
        process.end(self.child, signal.SIGTERM, 10)

    def sign_in(self, browser: httpx.Client, where: str, name: str) -> str:
        """Go to the provider, sign in as somebody; returns the address it sends the browser back to."""
        answer = browser.get(where)
        for _ in range(10):
            if answer.is_redirect:
                where = urljoin(str(answer.url), answer.headers["location"])
                if where.startswith(self._back):
                    return where
                answer = browser.get(where)
                continue
            form = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
            assert form, (answer.status_code, answer.text[:1000])
            prompt = {"prompt": "login", "login": name, "password": "anything"}
            answer = browser.post(urljoin(str(answer.url), form[1]), data=prompt)
        raise AssertionError(f"the provider goes round in circles: {answer.url}")


ROLES = """
[[grant]]
claim = "groups"
value = "truc-ban"
role = "operator"
areas = ["viet_yen"]
"""


@dataclass
class Town:
    """An API whose people sign in at a provider. ``syslog``: where its audit goes."""

    idp: Idp
    url: str
    database: str
    syslog: socket.socket

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60)

    def begin(self, browser: httpx.Client) -> str:
        """Where the browser is sent to."""
        answer = browser.get("/api/v1/session/oidc")
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def come_back(self, browser: httpx.Client, name: str) -> str:
        """Sign in at the provider; the address that it sends the browser back to."""
        return self.idp.sign_in(browser, self.begin(browser), name)

    def audited(self) -> list[tuple[Any, ...]]:
        """What was recorded, the last first; without what the service counts by itself and writes a while later."""
        with psycopg.connect(self.database) as conn:
            return conn.execute(
                "SELECT action, actor, way, outcome, detail FROM audit WHERE action <> 'request.refused'"
                " ORDER BY id DESC"
            ).fetchall()


@pytest.fixture(scope="module")
def identity_provider() -> Iterator[Callable[[str], Idp]]:
    """identity_provider(redirect_uri) -> Idp"""
    installed(FOLDER, "oidc-provider")
    made: list[Idp] = []
    with tempfile.TemporaryDirectory() as folder:

        def make(back: str) -> Idp:
            made.append(Idp(back, Path(folder) / "provider.log"))
            return made[-1]

        try:
            yield make
        finally:
            for one in made:
                one.stop()


@pytest.fixture(scope="module")
def town(
    postgres: Postgres, identity_provider: Callable[[str], Idp], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("oidc")
    (folder / "roles.toml").write_text(ROLES)
    (folder / "secret").write_text(f"{SECRET}\n")
    port = ports.choose(0, what="the API", option="")
    idp = identity_provider(f"http://127.0.0.1:{port}/api/v1/session/oidc/return")
    with (
        fresh_database(postgres) as database,
        services(folder) as service,
        apis(service) as api,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog,
    ):
        syslog.bind(str(folder / "log"))
        syslog.settimeout(60)
        one = api(
            database, "mqtt://127.0.0.1:1", IOC_HTTP_PORT=str(port), IOC_OIDC_ISSUER=idp.issuer,
            IOC_OIDC_CLIENT_ID=CLIENT, IOC_OIDC_CLIENT_SECRET_FILE=str(folder / "secret"),
            IOC_OIDC_SCOPES="openid profile email groups", IOC_OIDC_ROLES_FILE=str(folder / "roles.toml"),
            IOC_OIDC_NAME="cổng của tỉnh / the province's door", IOC_SYSLOG=f"unix:{folder / 'log'}",
        )  # fmt: skip
        yield Town(idp, one.url, database, syslog)
