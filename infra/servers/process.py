"""One child process: in a session of its own, as another user if need be, never outliving its parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.servers.owner import Owner

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    owner: Owner | None = None,
    cwd: Path | None = None,
    dies_by: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a child whose output is appended to ``log`` (which we open, so that the owner need not reach it).

    The kernel sends it ``dies_by`` when the thread that called us ends: call this from a thread that lives as
    long as the child should. The child has its own session, so that Ctrl-C on a terminal reaches the parent
    alone, which then stops its children in order.
    """
    parent = os.getpid()

    def in_child() -> None:
        # After the change of user, which clears the setting.
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(dies_by), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as out:
        return subprocess.Popen(
            [str(a) for a in argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=dict(env) if env is not None else None,
            cwd=cwd or "/",
            start_new_session=True,
            user=owner.uid if owner else None,
            group=owner.gid if owner else None,
            extra_groups=[] if owner else None,
            preexec_fn=in_child,  # Only prctl; those who call us fork from their main thread.
        )


def end(child: subprocess.Popen[bytes], how: signal.Signals, patience_s: float) -> bool:
    """Ask the child to end by a signal; kill it when it has not after ``patience_s``. True: it ended by itself."""
    if child.poll() is not None:
        return True
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(how)
        child.send_signal(signal.SIGCONT)
    try:
        child.wait(patience_s)
        return True
    except subprocess.TimeoutExpired:
        kill(child)
        return False


def kill(child: subprocess.Popen[bytes]) -> None:
    """SIGKILL the child and whatever runs in its session's process group, and wait for it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(5)


def children(pid: int) -> list[int]:
    """The direct children of a process now."""
    try:
        return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def tail(log: Path, lines: int = 3) -> str:
    """The last lines of a log in one line, for an error's message."""
    try:
        text = log.read_bytes()[-4000:].decode("utf-8", "replace")
    except OSError:
        return ""
    return " | ".join(part.strip() for part in text.strip().splitlines()[-lines:])


def gone(pid: int, within_s: float) -> bool:
    """Wait until no process has this number; False when one still has it after ``within_s``."""
    deadline = time.monotonic() + within_s
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def working_in(folder: Path) -> list[int]:
    """The processes whose working folder is this one: what a server left of an earlier start looks like."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink() == folder:
                    found.append(int(entry.name))
    return found


def left(folder: Path, within_s: float) -> list[int]:
    """Wait until nobody works in the folder any more; who still does after ``within_s``.

    The servers of a killed `ioc up` end by themselves, but not in the same instant.
    """
    deadline = time.monotonic() + within_s
    folder = folder.resolve()
    while (found := working_in(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found
