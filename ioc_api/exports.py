"""Who takes data out as a file is in the audit before the file begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from infra import audit
from ioc_api import asking

if TYPE_CHECKING:
    from ioc_api.service import Service


def asked(request: Request) -> dict[str, Any]:
    """What was asked for, as it stands in the address."""
    query = request.query_params
    return {name: values if len(values := query.getlist(name)) > 1 else values[0] for name in query}


async def tell(service: Service, filename: str, wanted: Mapping[str, Any]) -> None:
    """Record that whoever is asking takes a file. Away where it cannot be: then it is not given."""
    who = asking.now().who
    await service.database.act(
        lambda conn: audit.record(conn, who, "export.download", f"file {filename}", after=dict(wanted))
    )
