"""A disk of a few megabytes to fill up: a tmpfs, mounted by whatever right we have."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.servers import process


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A folder on a disk of that size. As root by mount; else inside a mount namespace of our own, seen by /proc.

    Skips the test where the kernel allows neither.
    """
    point = Path(tempfile.mkdtemp(prefix="ioc-disk-"))
    point.chmod(0o755)
    try:
        with (_mounted if os.geteuid() == 0 else _in_a_namespace)(point, megabytes) as folder:
            yield folder
    finally:
        point.rmdir()


@contextmanager
def _mounted(point: Path, megabytes: int) -> Iterator[Path]:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "ioc-test", point],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", point], check=True)


@contextmanager
def _in_a_namespace(point: Path, megabytes: int) -> Iterator[Path]:
    script = f"mount -t tmpfs -o size={megabytes}m,mode=755 ioc-test '{point}' && echo ready && exec sleep 600"
    with subprocess.Popen(
        ["unshare", "-rm", "sh", "-c", script],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout
        assert holder.stderr
        try:
            if holder.stdout.readline().strip() != "ready":
                pytest.skip(f"no small disk can be mounted here: {holder.stderr.read().strip()}")
            yield Path(f"/proc/{holder.pid}/root") / point.relative_to("/")
        finally:
            process.kill(holder)


def fill(folder: Path, *, leave: int) -> Path:
    """Fill the disk that ``folder`` is on but for ``leave`` bytes; returns the file that does it."""
    ballast = folder / "ballast"
    room = os.statvfs(folder)
    size = room.f_bavail * room.f_frsize - leave
    with ballast.open("wb") as out:
        os.posix_fallocate(out.fileno(), 0, max(0, size))
    return ballast
