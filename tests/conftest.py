"""Fixtures for all tests, and their order: the quick ones first, at random within a folder."""

from __future__ import annotations

import pytest

pytest_plugins = ("tests.fix_servers", "tests.fix_api")

ORDER = ("unit", "contract", "integration", "e2e", "browser", "load")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by folder; the sort is stable, so the random order within each stays."""
    ranks = {folder: rank for rank, folder in enumerate(ORDER)}
    items.sort(key=lambda item: ranks.get(item.path.parent.name, len(ORDER)))
