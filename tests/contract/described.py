"""Ask an operation of an API as schemathesis makes cases up, and check every answer against the description."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import requests
import schemathesis

# It imports these when the first case is asked.
import schemathesis.transport.asgi
import schemathesis.transport.requests
import schemathesis.transport.wsgi
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


class Described:
    """An API and its own description."""

    def __init__(self, url: str, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}
        self._schema = schemathesis.openapi.from_url(f"{url}/openapi.json", headers=self._headers)
        self._own = threading.local()
        self._begun = False

    def wrong(self, operation_id: str, examples: int) -> list[BaseException]:
        """Ask an operation at least so many times; what was wrong with the answers."""
        (found,) = self._schema.include(operation_id=operation_id).get_all_operations()
        operation = found.ok()
        asked: list[Future[None]] = []
        with ExitStack() as sessions, ThreadPoolExecutor(ASKING) as pool:

            def take(case: Any) -> None:
                asked.append(pool.submit(self._ask, case, sessions))
                if not self._begun:
                    # More is imported by the first case. While one thread compiles that and others parse cases, CPython
                    # 3.11 now and then ends in a SystemError: the depth that its parser counts is that of all threads.
                    self._begun = True
                    asked[0].exception()

            _make(operation.as_strategy(), examples, take)
        if operation.path_parameters or operation.query or operation.body:
            assert len(asked) >= examples
        else:
            assert asked, "there is one way to ask, and it was not tried"
        return [e for e in (one.exception() for one in asked) if e is not None]

    def _ask(self, case: Any, sessions: ExitStack) -> None:
        if not hasattr(self._own, "session"):
            self._own.session = sessions.enter_context(requests.Session())
        case.call_and_validate(session=self._own.session, headers=self._headers, checks=CHECKS)


def _make(cases: Any, examples: int, take: Any) -> None:
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
