"""What the kernel says of processes: processor time and memory, from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from benchmarks.rig import Rig

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all that descend from it now."""
    found = [pid]
    for one in found:
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(c) for c in (task / "children").read_text(encoding="ascii").split()]
        except OSError:
            continue
    return found


def cpu_s(pid: int, *, children: bool = False) -> float:
    """Processor seconds of a process so far; ``children``: with those it has waited for. 0.0 when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return 0.0
    fields = stat.rpartition(")")[2].split()
    return sum(int(f) for f in fields[11 : 15 if children else 13]) * _TICK_S


def servers_cpu_s(rig: Rig) -> tuple[float, float]:
    """Processor seconds of PostgreSQL (with its ended children) and of mosquitto."""
    postgres, mosquitto = rig.postgres.pid or 0, rig.mosquitto.pid or 0
    return sum(cpu_s(p, children=p == postgres) for p in family(postgres)), cpu_s(mosquitto)


def rss_mb(pid: int) -> float:
    """Resident memory, MB (1024 * 1024 bytes)."""
    return _kb(Path(f"/proc/{pid}/status"), "VmRSS:") / 1024


def pss_mb(pids: Iterable[int]) -> float:
    """Proportional memory of processes together, MB: what they share counts once."""
    return sum(_kb(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") for pid in pids) / 1024


def _kb(path: Path, name: str) -> int:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
