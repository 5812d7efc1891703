"""ListTagsOfResource: the tags of a table, ten at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.faults import ValidationException
from tablewright.local.tagging import tagged_table
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

PAGE = 10


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a ListTagsOfResource request."""
    request = check_request("list_tags_of_resource", request)
    with engine.store.reading:
        tags = tagged_table(engine, request["ResourceArn"]).definition.get("Tags", [])
    token = request.get("NextToken", "0")
    if not (token.isascii() and token.isdigit() and len(token) < 10):
        raise ValidationException("Invalid NextToken")
    start = int(token)
    reply: dict[str, Any] = {"Tags": tags[start : start + PAGE]}
    if start + PAGE < len(tags):
        reply["NextToken"] = str(start + PAGE)
    return reply
