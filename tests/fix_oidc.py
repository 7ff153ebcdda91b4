"""An identity provider, run for real: npm's certified oidc-provider, by tests/oidc/provider.mjs.

identity_provider   identity_provider(redirect_uri) -> Idp, listening; started on demand   module
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx2 as httpx
import pytest

from infra.servers import ports, process
from tests.service import until

FOLDER = Path(__file__).with_name("oidc")
CLIENT, SECRET = "ioc", "a secret for tests: +/%"


def _environment() -> dict[str, str]:
    # Node from the machine, or the one that PyPI carries (see the Makefile).
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _install() -> None:
    """The provider's packages as the lock has them. `make test` has done it; this is for who asks for one test."""
    with (FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
            subprocess.run(
                ["npm", "install", "--no-save", "--no-update-notifier", "--loglevel=error"],
                cwd=FOLDER, env=_environment(), check=True, capture_output=True,
            )  # fmt: skip


class Idp:
    """The provider, and somebody's browser that signs in there.."""

    def __init__(self, back: str, log: Path) -> None:
        self._back, self._log = back, log
        self.port = ports.choose(0, what="the provider", option="")
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start it (again), with new keys."""
        node = shutil.which("node", path=_environment()["PATH"])
        assert node, "Node.js is missing: make test installs it"
        self.child = process.spawn(
            [node, str(FOLDER / "provider.mjs"), str(self.port), self._back],
            log=self._log, env=_environment(), cwd=FOLDER,
        )  # fmt: skip
        until(lambda: self._answers() or self.child.poll() is not None, "the provider listens", 30)
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


@pytest.fixture(scope="module")
def identity_provider() -> Iterator[Callable[[str], Idp]]:
    """identity_provider(redirect_uri) -> Idp"""
    _install()
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
