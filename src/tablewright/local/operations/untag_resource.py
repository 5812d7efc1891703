"""UntagResource: remove tags from a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.faults import ValidationException
from tablewright.local.tagging import tagged_table
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an UntagResource request."""
    request = check_request("untag_resource", request)
    keys = request["TagKeys"]
    if not keys:
        raise ValidationException("Atleast one Tag Key needs to be provided as Input.")
    with engine.store.writing:
        table = tagged_table(engine, request["ResourceArn"])
        tags = [tag for tag in table.definition.get("Tags", []) if tag["Key"] not in keys]
        engine.save({**table.definition, "Tags": tags})
    return {}
