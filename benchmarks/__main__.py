"""All benchmarks, one after the other; names as arguments choose some."""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "ingest",
    "devices",
    "latency",
    "sockets",
    "disk",
    "footprint",
    "rollup",
    "history",
    "judge",
    "replay",
    "alerts",
    "access",
    "map",
    "past",
    "screen",
)


def main(wanted: list[str]) -> int:
    """Run them; the exit code is 1 when one of them failed."""
    unknown = [w for w in wanted if w not in NAMES]
    if unknown:
        print(f"there is no benchmark {unknown[0]!r}: choose among {', '.join(NAMES)}", file=sys.stderr)
        return 2
    failed = 0
    for name in wanted or NAMES:
        print(f"\n## {name}\n", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
