"""The screen's types of the API are what the API says of itself, and the screen's own are checked against them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.node import environment, installed, node

SCREEN = Path(__file__).parents[2] / "ioc_api" / "dashboard"
WRITTEN = SCREEN / "src" / "api" / "schema.d.ts"


@pytest.mark.timeout(600)
def test_the_types_are_those_of_the_api() -> None:
    installed(SCREEN / "types", "openapi-typescript")
    told = subprocess.run(
        [sys.executable, "-m", "infra.cli", "api", "openapi"], capture_output=True, check=True, timeout=180
    ).stdout
    write = [node(), str(SCREEN / "types" / "write.mjs")]
    made = subprocess.run(write, input=told, capture_output=True, check=True, timeout=300, env=environment()).stdout
    assert WRITTEN.read_bytes() == made, "the API has changed: run `make types`"
