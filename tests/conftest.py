"""Fixtures for all tests, and their order: the quick ones first, at random within a folder.

Property tests try few examples, so that the unit tests stay below ten seconds; other ones each time. `make test` tries
many more of them beside the servers' tests (tests/contract/test_properties.py), and
`pytest --hypothesis-profile=deep -m hypothesis tests/unit` still more.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

pytest_plugins = (
    "tests.fix_servers",
    "tests.fix_api",
    "tests.fix_opendata",
    "tests.fix_files",
    "tests.fix_alerts",
    "tests.fix_oidc",
    "tests.fix_people",
    "tests.fix_street",
)

#: How many examples. None is timed: a machine may be busy with other tests.
for _name, _examples in (("quick", 12), ("thorough", 150), ("deep", 2_000)):
    settings.register_profile(
        _name, max_examples=_examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
settings.load_profile("quick")

# Shells have what they start in the background ignore SIGINT, and nohup SIGHUP; so would all that tests start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# What is imported stays: looking through it again and again for garbage is a sixth of the unit tests' time.
gc.disable()

ORDER = ("unit", "contract", "integration", "e2e", "browser", "city", "load")


@pytest.fixture(autouse=True)
def _log_ends_with_its_test() -> Iterator[None]:
    """A command that runs in our process sends its log to the test's stderr, which is closed afterwards."""
    yield
    structlog.reset_defaults()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort by folder; the sort is stable, so the random order within each stays. Several workers begin at the end."""
    ranks = {folder: rank for rank, folder in enumerate(ORDER)}
    way = -1 if hasattr(config, "workerinput") else 1
    items.sort(key=lambda item: way * ranks.get(item.path.parent.name, len(ORDER)))


def pytest_collection_finish() -> None:
    """All is imported."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many ``-n auto`` are."""
    from tests import spread

    return spread.workers(config.args)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Ours, unless another is asked for by ``--dist``."""
    from tests import spread

    return spread.Spread(config, log) if config.getoption("dist") == "load" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Where something failed: how to have this order again."""
    seed = config.getoption("randomly_seed", None)
    if seed is not None and (terminalreporter.stats.get("failed") or terminalreporter.stats.get("error")):
        terminalreporter.write_line(f"This order again: --randomly-seed={seed}")
