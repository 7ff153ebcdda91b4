"""Who the servers run as. PostgreSQL refuses root, so a root process starts them as another user."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from infra.errors import Unavailable

#: Where a root process keeps what its servers cannot reach elsewhere (below /root, say).
SYSTEM_HOME = Path("/var/lib/ioc")


@dataclass(frozen=True)
class Owner:
    """A user that is not root, by name and numbers."""

    name: str
    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Whether this user may enter every folder above ``path``, symlinks followed (by the mode bits)."""
        path = path.resolve()
        return all(self._enters(parent) for parent in path.parents)

    def _enters(self, folder: Path) -> bool:
        try:
            s = folder.stat()
        except FileNotFoundError:
            return True  # We shall make it ourselves.
        if s.st_uid == self.uid:
            return bool(s.st_mode & 0o100)
        if s.st_gid == self.gid:
            return bool(s.st_mode & 0o010)
        return bool(s.st_mode & 0o001)


def other_user() -> Owner | None:
    """The user for the servers: ``postgres`` or ``nobody`` when we are root, None (ourselves) when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid:
            return Owner(name, entry.pw_uid, entry.pw_gid)
    raise Unavailable(
        "PostgreSQL cannot run as root and there is no user postgres or nobody: run this as an ordinary user"
    )


def give(path: Path, owner: Owner | None) -> None:
    """Make ``path`` the owner's; nothing to do where the servers run as ourselves."""
    if owner:
        os.chown(path, owner.uid, owner.gid)


def home_of(data: Path, owner: Owner | None) -> Path:
    """The folder for the servers' own files: ``data/servers``, made if need be, without symlinks in its path.

    Where the owner cannot pass a parent of ``data``, it is a symlink to a folder of ours below /var/lib/ioc:
    the modes of folders that are not ours are left alone.
    """
    home = data / "servers"
    if home.is_dir():
        return home.resolve()
    if owner is None or owner.reaches(home):
        home.mkdir(mode=0o755)
        return home.resolve()
    real = SYSTEM_HOME / "clusters" / secrets.token_hex(8)
    real.mkdir(parents=True, mode=0o755)
    home.unlink(missing_ok=True)  # A symlink whose target is gone.
    home.symlink_to(real)
    return real


def forget(data: Path) -> None:
    """Remove the servers' files of a data folder, wherever they lie (for tests and `make clean`)."""
    home = data / "servers"
    if home.is_symlink():
        shutil.rmtree(home.resolve(), ignore_errors=True)
        home.unlink()
    else:
        shutil.rmtree(home, ignore_errors=True)
