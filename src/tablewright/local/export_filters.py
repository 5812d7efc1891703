"""Which items of a table a filtered export writes, and what of them.

In: a table and the FilterSpecification of an export. Out: a range of keys, and for each stored item
its content in the export. The key condition limits what is read, and so what is billed; the filter
only what is written.

Sources: API reference, "FilterSpecification", 2026-10; Developer Guide, "Filtering a table export":
each expression has at most 4 KB; in an incremental export the filter looks at the latest image of a
changed item, at the old one of an item that is gone; beside a key condition it names no key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.core.frozen import frozen
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
from tablewright.local.operations.query import check_filter_names_no_key, key_range
from tablewright.local.validation import check_expression_parameters

if TYPE_CHECKING:
    from tablewright.local.tables import Table

MAX_BYTES = 4 * KB
_EXPRESSIONS = ("KeyConditionExpression", "FilterExpression", "ProjectionExpression")


@frozen
class Selection:
    """What an export reads and writes; by default everything."""

    low: bytes = b""
    high: bytes | None = None
    filter: BoundCondition | None = None
    projection: BoundProjection | None = None

    def reads(self, key: bytes) -> bool:
        """Whether an item of these key bytes is read at all."""
        return self.low <= key and (self.high is None or key < self.high)

    def keeps(self, item: Mapping[str, Any]) -> bool:
        """Whether an item is written."""
        return self.filter is None or evaluate(self.filter, item)

    def projected(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return what is written of an item."""
        return item if self.projection is None else project(self.projection, item)

    def content(self, raw: bytes) -> bytes | None:
        """Return what an export writes of a stored item, None if it is filtered."""
        if self.filter is None and self.projection is None:
            return raw
        item = orjson.loads(raw)
        if not self.keeps(item):
            return None
        return raw if self.projection is None else orjson.dumps(self.projected(item))


def read_selection(table: Table, specification: Mapping[str, Any]) -> Selection:
    """Return the selection that a FilterSpecification states.

    Raises:
        ValidationException: it is too long or empty, or an expression is wrong.
    """
    texts = [specification.get(name) for name in _EXPRESSIONS]
    for name, text in zip(_EXPRESSIONS, texts, strict=True):
        if text is not None and len(text.encode()) > MAX_BYTES:
            raise ValidationException(f"{name} is longer than {MAX_BYTES} bytes")
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
        if filter_ is not None:
            check_filter_names_no_key(filter_, table.keys, "Filter Expression")
        condition = match_key_parts(
            parts,
            partition_keys=[name for name, _ in table.keys.partition],
            sort_keys=[name for name, _ in table.keys.sort],
            key_types=table.keys.types,
        )
        low, high = key_range(table.keys, condition)
    return Selection(low=low, high=high, filter=filter_, projection=projection)
