"""TagResource: add tags to a table, or give them other values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.tagging import merged, tagged_table
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a TagResource request."""
    request = check_request("tag_resource", request)
    with engine.store.writing:
        table = tagged_table(engine, request["ResourceArn"])
        tags = merged(table.definition.get("Tags", []), request["Tags"])
        engine.save({**table.definition, "Tags": tags})
    return {}
