"""Style, types and the screen's translations hold, so that `make test` says what `make lint` would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("city", "infra", "ingest", "alerts", "ioc_api", "simulators", "benchmarks")


@pytest.mark.timeout(900)  # mypy begins with nothing known, beside other tests
@pytest.mark.parametrize(
    "check",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["bandit", "-q", "-ll", "-r", *ROOMS, "-x", "./ioc_api/dashboard"],
    ],
    ids=lambda c: " ".join(c[:2]),
)
def test_passes(check: list[str]) -> None:
    program = Path(sys.executable).with_name(check[0])
    done = subprocess.run([program, *check[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
