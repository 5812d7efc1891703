"""The condition of a vector search: equality on attributes of the search schema.

In: the text, names and values of a request and the index that is searched. Out: the values that
results must have, or the service's refusal.

Measured on AWS (paritysuite, floci, and a public comparison of 21 August 2026): only `=` and AND
are accepted, on the partition key of the index and on inline filters alike, whatever the API
reference says of ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tablewright.core.frozen import frozen
from tablewright.local.expressions.checks import check_leaf, leaves, resolve
from tablewright.local.expressions.nodes import And, ComparisonNode, DocumentPath, ValuePlaceholder
from tablewright.local.expressions.syntax import condition_syntax
from tablewright.local.faults import ValidationException

if TYPE_CHECKING:
    from tablewright.local.vectors.index import VectorIndex

_PARAMETER = "SearchConditionExpression"
_COMPARATOR = f"Invalid {_PARAMETER}: Invalid comparator used in {_PARAMETER}"
_OPERATOR = f"Invalid {_PARAMETER}: Invalid operator used in {_PARAMETER}"


@frozen
class SearchCondition:
    """What results must have."""

    values: tuple[tuple[str, Mapping[str, Any]], ...]
    """Attribute and value of each part, in the order of the text."""
    used_names: frozenset[str]
    used_values: frozenset[str]


def parse_search_condition(
    text: str, names: Mapping[str, str] | None, values: Mapping[str, Any] | None
) -> SearchCondition:
    """Return a condition that is a chain of equalities.

    Raises:
        ValidationException: it is not, or a placeholder is not defined.

    Example:
        >>> parse_search_condition("a = :x AND #b = :y", {"#b": "b"},
        ...     {":x": {"S": "1"}, ":y": {"N": "2"}}).values
        (('a', {'S': '1'}), ('b', {'N': '2'}))
    """
    syntax = condition_syntax(text, _PARAMETER)
    known_names, known_values = names or {}, values or {}
    parts = []
    waiting: list[Any] = [syntax.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, And):
            waiting.extend((node.right, node.left))
        else:
            parts.append(_sides(node))
    for leaf in leaves(syntax.tree):
        check_leaf(leaf, known_names, known_values, _PARAMETER)
    return SearchCondition(
        values=tuple(
            (_attribute(path, known_names), known_values[value.name]) for path, value in parts
        ),
        used_names=frozenset(syntax.names),
        used_values=frozenset(syntax.values),
    )


def _sides(node: Any) -> tuple[DocumentPath, ValuePlaceholder]:
    if not isinstance(node, ComparisonNode):
        raise ValidationException(_OPERATOR)
    if node.operator != "=":
        raise ValidationException(_COMPARATOR)
    first, second = node.left, node.right
    if isinstance(first, ValuePlaceholder):
        first, second = second, first
    if not isinstance(first, DocumentPath) or not isinstance(second, ValuePlaceholder):
        raise ValidationException(_COMPARATOR)
    return first, second


def _attribute(path: DocumentPath, names: Mapping[str, str]) -> str:
    elements = resolve(path, names, _PARAMETER)
    if len(elements) > 1:
        raise ValidationException(
            f"Invalid {_PARAMETER}: {_PARAMETER} supports top-level attributes only"
        )
    return str(elements[0])


def split_condition(
    index: VectorIndex, condition: SearchCondition | None
) -> tuple[Mapping[str, Any] | None, dict[str, str] | None]:
    """Return the value of the index's partition key, and the values of inline filters.

    The filters are None if no item can meet them: two values of one attribute, or a value of a type
    that the attribute does not have.

    Raises:
        ValidationException: the partition key is missing, or an attribute is not in the search
            schema.
    """
    if condition is None:
        if index.hash_key is not None:
            raise ValidationException(
                f"{_PARAMETER} must be provided when SearchSchema has a HASH key"
            )
        return None, {}
    for name, _ in condition.values:
        if name not in index.search_attributes:
            raise ValidationException(
                f"{_PARAMETER} must not contain any attributes that is not in SearchSchema. "
                f"Invalid attribute: {name}"
            )
    types = dict(index.filters)
    if index.hash_key is not None:
        types[index.hash_key[0]] = index.hash_key[1]
        if all(name != index.hash_key[0] for name, _ in condition.values):
            raise ValidationException(
                f"{_PARAMETER} must have all HASH attributes in configured SearchSchema"
            )
    filters: dict[str, str] | None = {}
    chosen: dict[str, Mapping[str, Any]] = {}
    for name, value in condition.values:
        kind = types[name]
        if kind not in value or chosen.setdefault(name, value) != value:
            filters = None
        elif filters is not None:
            filters[name] = kind + value[kind]
    partition = chosen.get(index.hash_key[0]) if index.hash_key is not None else None
    if filters is not None and index.hash_key is not None:
        del filters[index.hash_key[0]]
    return partition, filters
