"""Node.js for tests: from the machine, or the one that PyPI carries (see the Makefile)."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path


def environment() -> dict[str, str]:
    """Ours, with the programs beside our Python found first."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def node() -> str:
    """Where it is."""
    found = shutil.which("node", path=environment()["PATH"])
    assert found, "Node.js is missing: make test installs it"
    return found


def installed(folder: Path, package: str) -> None:
    """A folder's packages as its lock has them. `make test` has done it; this is for who asks for one test."""
    with (folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "node_modules" / package).is_dir():
            subprocess.run(
                ["npm", "install", "--no-save", "--no-update-notifier", "--loglevel=error"],
                cwd=folder, env=environment(), check=True, capture_output=True,
            )  # fmt: skip
