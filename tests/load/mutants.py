"""A test of the tests: the collector is broken on purpose, and at least one test must turn red for each way.

    python -m tests.load.mutants            all of them, in about four minutes
    python -m tests.load.mutants epochs     those whose name contains the word

Each mutant is a copy of the tree in a temporary folder with a few lines changed; the tests named with it run there.
Not part of `make test`. Ends with 1 when a mutant survives.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FOLDERS = ("city", "infra", "ingest", "simulators", "tests")
DEVICES = "tests/integration/test_devices_promises.py"
KILL = "tests/load/test_kill.py::test_kill_9_of_the_collector"


class Change(NamedTuple):
    """In that file this text, which must be there, becomes that."""

    path: str
    old: str
    new: str


class Mutant(NamedTuple):
    """A way to break the product, and the tests that must notice."""

    name: str
    changes: tuple[Change, ...]
    tests: tuple[str, ...]


MUTANTS = (
    Mutant(
        "automatic acknowledgement",
        (
            Change(
                "ingest/receive.py",
                "            self._sink(found)\n",
                "            self._sink(found)\n"
                "            self.acknowledge(self.epoch, np.array([m.mid for m in found if m.mid], np.uint16))\n",
            ),
        ),
        (KILL,),
    ),
    Mutant(
        "no epochs",
        (Change("ingest/receive.py", "if epoch != self.epoch:", "if False:"),),
        ("tests/load/test_stale.py",),
    ),
    Mutant(
        "no conflict handling",
        (
            Change("ingest/store.py", "suspect = self.newest.suspects(cols) | again", "suspect = again & False"),
            Change("ingest/store.py", "        if careful:\n            suspect[:] = True\n", ""),
        ),
        (KILL, "tests/integration/test_ingest.py::test_what_was_stored_before_is_a_duplicate"),
    ),
    Mutant(
        "a queue of 1,000",
        (Change("infra/servers/mosquitto.py", "max_queued_messages 5000000", "max_queued_messages 1000"),),
        (KILL,),
    ),
    Mutant(
        "no receipts",
        (Change("ingest/receipts.py", "        return known[2]\n", "        return None\n"),),
        ("tests/integration/test_poison.py", KILL),
    ),
    Mutant(
        "devices choose their client ids",
        (Change("infra/servers/mosquitto.py", "use_username_as_clientid true\n", ""),),
        (f"{DEVICES}::test_who_claims_the_collectors_client_id_costs_no_message",),
    ),
    Mutant(
        "devices write anywhere",
        (Change("infra/deploy/mosquitto.acl", "pattern write ioc/v1/+/+/%u/telemetry", "pattern write ioc/#"),),
        (f"{DEVICES}::test_twenty_spoofed_topics_are_not_stored_and_audited",),
    ),
    Mutant(
        "noisy devices are not limited",
        (Change("ingest/flood.py", "            if count > has:\n", "            if False:\n"),),
        ("tests/integration/test_flood.py",),
    ),
    Mutant(
        "a backlog is a flood",
        (
            Change(
                "ingest/flood.py",
                "        most = self.burst + self.rate * max(0, now - canary_us) / 1e6\n",
                "        most = self.burst\n",
            ),
        ),
        ("tests/unit/test_ingest_flood.py",),
    ),
    Mutant(
        "acknowledgement before the commit",
        (
            Change(
                "ingest/writer.py",
                "            self._commit(taken, over, received_us=messages[0].received_us)\n"
                "            self._acknowledge(messages)\n",
                "            self._acknowledge(messages)\n"
                "            self._commit(taken, over, received_us=messages[0].received_us)\n",
            ),
        ),
        ("tests/unit/test_ingest_acknowledge.py", KILL),
    ),
)


def run(mutant: Mutant, folder: Path) -> str:
    """The first test that notices and what it says; empty when none does."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for change in mutant.changes:
        path = folder / change.path
        text = path.read_text(encoding="utf-8")
        if text.count(change.old) != 1:
            sys.exit(f"{change.path} has changed: {change.old.strip()!r} stands there {text.count(change.old)} times")
        path.write_text(text.replace(change.old, change.new), encoding="utf-8")
    for test in mutant.tests:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly",
             "--hypothesis-profile=thorough", test],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode == 1:
            said = re.search(r"^E +(.*)$", done.stdout, re.MULTILINE)
            return f"{test}: {said[1] if said else 'failed'}"
        if done.returncode:
            sys.exit(f"{test} could not be run:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    return ""


def main(words: list[str]) -> int:
    chosen = [m for m in MUTANTS if not words or any(w in m.name for w in words)]
    survived = 0
    for mutant in chosen:
        with tempfile.TemporaryDirectory(prefix="ioc-mutant-") as folder:
            noticed = run(mutant, Path(folder))
        survived += not noticed
        print(f"{'red  ' if noticed else 'ALIVE'} {mutant.name}: {noticed[:200] or 'no test noticed'}", flush=True)
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
