"""Find the servers' programs: the system's own, or an unpacked set in the user's cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from infra.errors import Unavailable
from infra.servers import debian, relocate
from infra.servers.owner import SYSTEM_HOME, Owner, other_user

POSTGRES_MAJOR = 17
TIMESCALE_LEAST = (2, 19)
MOSQUITTO_LEAST = (2, 0, 21)
#: Changes whenever the layout of the unpacked tree does, so that an old one is not taken for a new one.
LAYOUT = 1

Say = Callable[[str], None]


@dataclass(frozen=True)
class Installation:
    """The programs of both servers; ``env`` is what they need in their environment."""

    bin: Path  # folder of postgres, initdb, psql, pg_dump
    share: Path  # PostgreSQL's share folder, for initdb -L
    mosquitto: Path
    timescaledb: str  # version, as in 2.19.3
    from_system: bool
    community: bool = False  # TimescaleDB's Community edition, with policies and compression
    env: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """The environment that the servers start with; ours is not passed on, it holds secrets."""
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TZ", "TMPDIR")}
        return {**kept, "LC_ALL": "C.UTF-8", **self.env}


def cache_home() -> Path:
    """``$XDG_CACHE_HOME/ioc``, or ``~/.cache/ioc``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "ioc"


def to_stderr(line: str) -> None:
    """Say one plain line of progress."""
    sys.stderr.write(f"ioc: {line}\n")
    sys.stderr.flush()


def find(say: Say = to_stderr, *, install: bool = True) -> Installation:
    """The servers' programs, unpacked first where the system has none (about 42 MB, once).

    Raises Unavailable with the remedy where neither works, or where nothing is there and ``install`` is false.
    """
    system = _in_tree(Path("/"), from_system=True)
    if system and _new_enough(system):
        return system
    key = f"{debian.SUITE}-{debian.architecture()}-pg{POSTGRES_MAJOR}-{LAYOUT}"
    tree = cache_home() / "servers" / key
    if not _complete(tree):
        if not install:
            raise Unavailable("the servers are not installed: run `ioc servers install` (or `make setup`)")
        _unpack(tree, say)
    owner = other_user()
    if owner and not owner.reaches(tree):
        tree = _within_reach(tree, owner)
    found = _in_tree(tree, from_system=False)
    if found is None:
        raise Unavailable(f"the unpacked servers in {tree} are damaged: remove that folder and try again")
    return found


def _complete(tree: Path) -> bool:
    return (tree / "packages.json").is_file()


def _unpack(tree: Path, say: Say) -> None:
    with debian.locked(tree.parent):
        if _complete(tree):  # Another process was faster.
            return
        for left in tree.parent.glob(".new-*"):
            shutil.rmtree(left, ignore_errors=True)
        shutil.rmtree(tree, ignore_errors=True)
        new = tree.parent / f".new-{os.getpid()}"
        try:
            debian.unpack(new, say)
            relocate.fit(new, tree)
            new.rename(tree)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        say(f"servers are ready in {tree}")


def _within_reach(tree: Path, owner: Owner) -> Path:
    """A copy of the tree below /var/lib/ioc, for a cache (such as /root/.cache) that the owner cannot enter."""
    copy = SYSTEM_HOME / "servers" / tree.name
    if _complete(copy) and (copy / "packages.json").read_bytes() == (tree / "packages.json").read_bytes():
        return copy
    if not owner.reaches(copy):
        raise Unavailable(
            f"the user {owner.name} cannot enter {SYSTEM_HOME}: set XDG_CACHE_HOME to a folder it can enter"
        )
    try:
        with debian.locked(copy.parent):
            new = copy.parent / f".new-{os.getpid()}"
            shutil.rmtree(new, ignore_errors=True)
            shutil.copytree(tree, new, symlinks=True)
            relocate.fit(new, copy)
            shutil.rmtree(copy, ignore_errors=True)
            new.rename(copy)
    except OSError as e:
        remedy = f"set XDG_CACHE_HOME to a folder that the user {owner.name} can enter"
        raise Unavailable(f"{copy} cannot be written ({e.strerror}): {remedy}") from e
    return copy


def _in_tree(root: Path, *, from_system: bool) -> Installation | None:
    """What is installed below ``root`` in Debian's layout, or None where a part is missing."""
    programs = root / f"usr/lib/postgresql/{POSTGRES_MAJOR}/bin"
    share = root / f"usr/share/postgresql/{POSTGRES_MAJOR}"
    broker = root / "usr/sbin/mosquitto"
    control = share / "extension/timescaledb.control"
    needed = [programs / "postgres", programs / "initdb", broker, control]
    if not all(p.is_file() for p in needed):
        return None
    version = re.search(r"default_version *= *'([^']+)'", control.read_text(encoding="utf-8"))
    community = any((programs.parent / "lib").glob("timescaledb-tsl-*.so"))
    env = {} if from_system else {"LOCPATH": str(root / "usr/lib/locale")}
    return Installation(programs, share, broker, version[1] if version else "", from_system, community, env)


def _new_enough(found: Installation) -> bool:
    if _numbers(found.timescaledb) < TIMESCALE_LEAST:
        return False
    shown = subprocess.run([found.mosquitto, "-h"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"mosquitto version ([\d.]+)", shown)
    return version is not None and _numbers(version[1]) >= MOSQUITTO_LEAST


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version.split("-")[0])[:3])
