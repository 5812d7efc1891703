"""DescribeImport: how an import went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.imports import find_import
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a DescribeImport request."""
    request = check_request("describe_import", request)
    with engine.store.reading:
        return {"ImportTableDescription": find_import(engine, request["ImportArn"])}
