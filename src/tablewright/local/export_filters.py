"""Which items of a table a filtered export writes, and what of them.

In: a table and the FilterSpecification of an export. Out: a range of keys, and for each stored item
its content in the export. The key condition limits what is read, and so what is billed; the filter
only what is written.

Source: API reference, ExportTableToPointInTime, "FilterSpecification" (at most 4 KB), 2026-10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.core.quantities import KB
from tablewright.local.expressions import (
    BoundCondition,
    BoundProjection,
    bind_key_condition,
    check_all_used,
    evaluate,
    match_key_parts,
    parse_condition,
    parse_projection,
    project,
)
from tablewright.local.faults import ValidationException
from tablewright.local.operations.query import key_range
from tablewright.local.validation import check_expression_parameters

if TYPE_CHECKING:
    from tablewright.local.tables import Table

MAX_BYTES = 4 * KB
_EXPRESSIONS = ("KeyConditionExpression", "FilterExpression", "ProjectionExpression")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What an export reads and writes; by default everything."""

    low: bytes = b""
    high: bytes | None = None
    filter: BoundCondition | None = None
    projection: BoundProjection | None = None

    def content(self, raw: bytes) -> bytes | None:
        """Return what an export writes of a stored item, None if it is filtered."""
        if self.filter is None and self.projection is None:
            return raw
        item = orjson.loads(raw)
        if self.filter is not None and not evaluate(self.filter, item):
            return None
        return raw if self.projection is None else orjson.dumps(project(self.projection, item))


def read_selection(table: Table, specification: Mapping[str, Any]) -> Selection:
    """Return the selection that a FilterSpecification states.

    Raises:
        ValidationException: it is too long or empty, or an expression is wrong.
    """
    if len(orjson.dumps(specification)) > MAX_BYTES:
        raise ValidationException(f"FilterSpecification is longer than {MAX_BYTES} bytes")
    texts = [specification.get(name) for name in _EXPRESSIONS]
    if not any(texts):
        raise ValidationException("FilterSpecification needs an expression")
    check_expression_parameters(dict(specification), _EXPRESSIONS, ())
    names = specification.get("ExpressionAttributeNames")
    values = specification.get("ExpressionAttributeValues")
    keys, filter_text, projection_text = texts
    parts = None if keys is None else bind_key_condition(keys, names, values)
    filter_ = None
    if filter_text is not None:
        filter_ = parse_condition(filter_text, names, values, parameter="FilterExpression")
    projection = None if projection_text is None else parse_projection(projection_text, names)
    check_all_used(names, values, parts, filter_, projection)
    low, high = b"", None
    if parts is not None:
        condition = match_key_parts(
            parts,
            partition_keys=[name for name, _ in table.keys.partition],
            sort_keys=[name for name, _ in table.keys.sort],
            key_types=table.keys.types,
        )
        low, high = key_range(table.keys, condition)
    return Selection(low=low, high=high, filter=filter_, projection=projection)
