"""Ask a share of the operations of an API as schemathesis makes them up; a process of its own, for both processors.

    python -m tests.contract.described URL TOKEN SHARE OF EXAMPLES

Prints what was wrong, and ends with 1 when something was.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
#: Cases made at once: half of what one costs is beginning.
TOGETHER = 5
#: Making a case costs as much as asking it, so the next ones are made while others are asked.
ASKING = 2


def make(cases: Any, examples: int, take: Callable[[Any], object]) -> None:
    """Make the examples of an operation."""

    @settings(
        max_examples=-(-examples // TOGETHER), deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.tuples(*[cases] * TOGETHER))
    def some(found: Any) -> None:
        for case in found:
            take(case)

    some()


def main(url: str, token: str, share: int, of: int, examples: int) -> int:
    """Ask them all; the exit code."""
    headers = {"Authorization": f"Bearer {token}"}
    described = schemathesis.openapi.from_url(f"{url}/openapi.json", headers=headers)
    own = threading.local()

    def ask(case: Any) -> None:
        if not hasattr(own, "session"):
            own.session = requests.Session()
        case.call_and_validate(session=own.session, headers=headers, checks=CHECKS)

    wrong = 0
    with ThreadPoolExecutor(ASKING) as pool:
        for number, found in enumerate(described.get_all_operations()):
            if number % of != share:
                continue
            operation, asked = found.ok(), list[Future[None]]()
            make(operation.as_strategy(), examples, lambda case, asked=asked: asked.append(pool.submit(ask, case)))  # type: ignore[misc]
            failed = [e for e in (one.exception() for one in asked) if e is not None]
            wrong += len(failed)
            if failed:
                print(f"{operation.label}: {len(failed)} of {len(asked)} are wrong, the first: {failed[0]}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
