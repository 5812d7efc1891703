"""Expressions of the DynamoDB API: conditions, filters, updates, projections, key conditions.

In: expression text (or the legacy parameters), names and values of the request, items in wire form
with canonical number text. Out: bound expressions, and what they yield on an item. Syntax is parsed
once per text and cached. It does not know tables, storage or requests; whoever calls says what the
parameter is called (`ConditionExpression`, `FilterExpression`), for the wording of errors.

Names and values of one request are shared by all its expressions, so that nothing here complains
about unused ones until `check_all_used` is called with everything that was bound.
"""

from tablewright.local.expressions.bound import (
    AttributePath,
    BoundCondition,
    BoundProjection,
    BoundUpdate,
    Item,
    KeyCondition,
    UpdateResult,
    WireValue,
)
from tablewright.local.expressions.evaluator import evaluate, parse_condition
from tablewright.local.expressions.key_condition import (
    KeyParts,
    bind_key_condition,
    match_key_parts,
    parse_key_condition,
)
from tablewright.local.expressions.legacy import (
    condition_from_expected,
    condition_from_filter,
    key_condition_from_legacy,
    projection_from_attributes_to_get,
    update_from_attribute_updates,
)
from tablewright.local.expressions.names import check_all_used
from tablewright.local.expressions.projection import parse_projection, project
from tablewright.local.expressions.update import apply_update, parse_update

__all__ = [
    "AttributePath",
    "BoundCondition",
    "BoundProjection",
    "BoundUpdate",
    "Item",
    "KeyCondition",
    "KeyParts",
    "UpdateResult",
    "WireValue",
    "apply_update",
    "bind_key_condition",
    "check_all_used",
    "condition_from_expected",
    "condition_from_filter",
    "evaluate",
    "key_condition_from_legacy",
    "match_key_parts",
    "parse_condition",
    "parse_key_condition",
    "parse_projection",
    "parse_update",
    "project",
    "projection_from_attributes_to_get",
    "update_from_attribute_updates",
]
