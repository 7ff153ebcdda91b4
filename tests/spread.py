"""How the tests spread over workers (pytest-xdist, ``-n``): the longest first, and together what shares servers.

A worker has servers of its own, so that none stands in another's way. Tests of faults mostly wait, therefore there are
two workers more than processors. The load tests are one piece: no two of them at once, and begun first, because
they take as long as a third of all others.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

#: Whole folders for one worker, which has one product and one browser for all of it, or the disk for itself.
FOLDERS = ("tests/load/", "tests/browser/city/")
#: Where each test has servers of its own, or takes those of its worker: pieces of one test.
ALONE = ("tests/e2e/", "tests/contract/test_openapi.py", "tests/integration/test_api_faults.py")


def workers(asked: Sequence[str]) -> int:
    """For ``-n auto``: two more than processors that we may use, and none for what one alone does as soon.

    ``asked`` are the paths that were asked for: the unit tests, or a single piece.
    """
    unit = all(path.startswith("tests/unit") for path in asked)
    single = len({piece(path) for path in asked}) == 1 and all(_within_a_piece(path) for path in asked)
    return 0 if unit or single else len(os.sched_getaffinity(0)) + 2


def _within_a_piece(path: str) -> bool:
    """Whether a path that was asked for holds no more than one piece."""
    return path.startswith(FOLDERS) or "::" in path or (path.endswith(".py") and not path.startswith(ALONE))


def piece(nodeid: str) -> str:
    """What goes to one worker together with this test: a folder, a file, or nothing else."""
    for folder in FOLDERS:
        if nodeid.startswith(folder):
            return folder
    return nodeid if nodeid.startswith(ALONE) else nodeid.split("::", 1)[0]


class Spread(LoadScopeScheduling):
    """Hands out pieces in the order of the collection."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return piece(nodeid)

    def remove_node(self, node: WorkerController) -> str | None:
        """What a worker has not done goes to others, but for the test that it ended in: that one has failed."""
        for unit in self.assigned_work[node].values():
            for nodeid, done in unit.items():
                if not done:
                    unit[nodeid] = True
                    super().remove_node(node)
                    return nodeid
        return super().remove_node(node)
