"""Take the servers' packages from the machine's own Debian mirror and unpack them into a private folder.

apt does the fetching with a configuration of our own on top of the machine's: its proxies, certificates and
keys hold, its package lists and its system stay untouched, and apt's signed index pins versions and checksums.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.errors import Unavailable
from infra.servers import sources

SUITE = "trixie"
ROOTS = ("postgresql-17", "postgresql-client-17", "postgresql-17-timescaledb", "mosquitto", "libc-bin")
#: Dependencies that are followed: libraries. LLVM is only for PostgreSQL's jit, which is off.
_LIBRARY = re.compile(r"(?!libllvm)(lib|zlib)")
#: Unpacked but of no use to a server.
_DROPPED = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/lintian",
    "usr/lib/postgresql/*/lib/bitcode",
)
_INSTEAD = "use `docker compose up`, or give IOC_DATABASE_URL and IOC_MQTT_URL"

_CONF = """\
Dir::State "{work}/state";
Dir::State::Lists "{work}/state/lists";
Dir::State::status "{work}/state/status";
Dir::State::extended_states "{work}/state/extended";
Dir::Cache "{work}/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Log "{work}/log";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{work}/sources.list.d";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "{work}/none";
APT::Sandbox::User "{user}";
APT::Default-Release "";
APT::Get::AllowUnauthenticated "false";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""


def architecture() -> str:
    """Debian's name of this machine's architecture, such as amd64; Unavailable where dpkg is not there."""
    try:
        asked = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise Unavailable(f"TimescaleDB and Mosquitto are not installed and this is not a Debian: {_INSTEAD}") from None
    return asked.stdout.strip()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: one process unpacks, others wait and find it done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w", encoding="utf-8")
    except OSError as e:
        raise Unavailable(f"{folder} cannot be written ({e.strerror}): set XDG_CACHE_HOME to a folder that can") from e
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def unpack(tree: Path, say: Callable[[str], None]) -> None:
    """Fetch the packages and unpack them into ``tree``, with the list of what they are in packages.json."""
    mirrors = sources.configured()
    if not mirrors:
        raise Unavailable(f"TimescaleDB and Mosquitto are not installed and apt has no Debian mirror here: {_INSTEAD}")
    tree.mkdir(parents=True)
    work = tree / "apt"
    for number, mirror in enumerate(mirrors, 1):
        try:
            packages = _fetch(work, mirror, say)
            break
        except Unavailable:
            if number == len(mirrors):
                raise
            shutil.rmtree(work)
    say(f"unpacking {len(packages)} packages")
    for deb in sorted((work / "debs").glob("*.deb")):
        _run(["dpkg", "-x", deb, tree], "unpack the servers' packages")
    shutil.rmtree(work)
    for pattern in _DROPPED:
        for path in tree.glob(pattern):
            shutil.rmtree(path)
    (tree / "packages.json").write_text(json.dumps(packages, indent=1, sort_keys=True), encoding="utf-8")


def _fetch(work: Path, mirror: sources.Source, say: Callable[[str], None]) -> dict[str, str]:
    """Download into ``work/debs``; package -> version."""
    for folder in ("state/lists/partial", "cache/archives/partial", "log", "sources.list.d", "none", "debs"):
        (work / folder).mkdir(parents=True)
    (work / "state/status").touch()
    (work / "sources.list.d/mirror.sources").write_text(mirror.stanza(SUITE), encoding="utf-8")
    conf = work / "apt.conf"
    # apt as root would fetch as its user _apt, which may not enter the cache folder.
    conf.write_text(_CONF.format(work=work, user="root"), encoding="utf-8")
    say(f"reading the package index of {SUITE} from this machine's Debian mirror")
    _run(["apt-get", "-c", conf, "-q", "update", "--error-on=any"], f"read the index of {SUITE} from {mirror.uri}")
    packages = _closure(conf)
    total = sum(size for _, size in packages.values())
    say(
        f"downloading {len(packages)} packages, {total / 1e6:.0f} MB (TimescaleDB, Mosquitto and their libraries; once)"
    )
    wanted = [f"{name}={version}" for name, (version, _) in packages.items()]
    _run(
        ["apt-get", "-c", conf, "-q", "download", *wanted], f"download the servers from {mirror.uri}", cwd=work / "debs"
    )
    return {name: version for name, (version, _) in packages.items()}


def _closure(conf: Path) -> dict[str, tuple[str, int]]:
    """The packages that the roots need, by their dependencies on libraries: name -> (version, bytes)."""
    found: dict[str, tuple[str, int]] = {}
    asked: set[str] = set()
    todo = set(ROOTS)
    while todo:
        asked |= todo
        shown = _run(["apt-cache", "-c", conf, "show", "--no-all-versions", *sorted(todo)], "read the package index")
        todo = set()
        for stanza in shown.split("\n\n"):
            fields = dict(re.findall(r"^([A-Z][\w-]*): (.*)$", stanza, re.M))
            if "Package" not in fields:
                continue
            found[fields["Package"]] = (fields["Version"], int(fields["Size"]))
            for wish in f"{fields.get('Depends', '')},{fields.get('Pre-Depends', '')}".split(","):
                name = re.split(r"[ (|:]", wish.strip(), maxsplit=1)[0]
                if _LIBRARY.match(name) and name not in asked:
                    todo.add(name)
    missing = sorted(set(ROOTS) - set(found))
    if missing:
        raise Unavailable(f"this machine's Debian mirror lacks {', '.join(missing)} in {SUITE}: {_INSTEAD}")
    return found


def _run(argv: Sequence[str | Path], what: str, cwd: Path | None = None) -> str:
    argv = [str(a) for a in argv]
    env = {**os.environ, "LC_ALL": "C.UTF-8"}  # We read what apt says.
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, cwd=cwd, env=env, check=False, stdin=subprocess.DEVNULL
        )
    except OSError as e:
        raise Unavailable(f"could not {what} ({argv[0]}: {e.strerror}): {_INSTEAD}") from e
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith(("E:", "W:", "dpkg"))]
        why = said[0].strip() if said else f"{argv[0]} ended with {done.returncode}"
        raise Unavailable(f"could not {what} ({why}): {_INSTEAD}")
    return done.stdout
