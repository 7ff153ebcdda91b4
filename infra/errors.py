"""The errors that a person can meet.

    IocError
    ├── ConfigError        a setting, an option or a URL is wrong           exit 2
    ├── Unavailable        a server, a port or a folder cannot be used      exit 1
    └── AlreadyRunning     another `ioc up` holds the data folder           exit 1

Each message is one sentence that says what is wrong and what to do. ``infra.cli`` prints it without a traceback.
"""

from __future__ import annotations


class IocError(Exception):
    """Base of all; ``exit_code`` is what the command ends with."""

    exit_code = 1


class ConfigError(IocError):
    """A setting, an option or a URL is wrong: the person must change it."""

    exit_code = 2


class Unavailable(IocError):
    """Something outside cannot be reached or used now."""


class AlreadyRunning(IocError):
    """Another process already serves this data folder."""
