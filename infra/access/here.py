"""Whoever works at this machine's command line: they have shown who they are to its operating system."""

from __future__ import annotations

import getpass

from infra.access.who import Grant, Who


def operator() -> Who:
    """The user of this machine who has called a command. The database's address is all that it asks for."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        name = "?"
    return Who(f"{name} (ioc)", "command", ((Grant("administrator"),),))
