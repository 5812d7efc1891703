"""ImportTable: create a table and fill it from a bucket's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local import imports
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import Engine
    from tablewright.local.metering import Meter


def run(engine: Engine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an ImportTable request."""
    request = check_request("import_table", request)
    return {"ImportTableDescription": imports.import_table(engine, request)}
