"""Fixtures for all tests."""

pytest_plugins = ("tests.fix_servers", "tests.fix_api")
