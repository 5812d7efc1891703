"""How large an update statement counts, whatever the item is: names, values and a cost for each.

In: an update's tree and its names. Out: fixed bytes, and the placeholders whose values are added.

The service refuses an UpdateItem whose statement alone would not fit an item. Costs, as measured on
AWS in us-east-1 and 21 more regions in 2026: 3 for the update; 19 for each SET and ADD with the
name of its target, 1 for each REMOVE and DELETE; 4 for each further element of a target; for
operands, 1 for a path and 14 for each of its elements, 34 for `+`, 37 for `-`, 39 for
`if_not_exists`, 37 for `list_append`, each beside its operands; and the bytes of values.
"""

from __future__ import annotations

from collections.abc import Mapping

from tablewright.capacity.items import string_bytes
from tablewright.local.expressions.nodes import (
    Arithmetic,
    DocumentPath,
    Function,
    Operand,
    UpdateNode,
)
from tablewright.local.expressions.nodes import ValuePlaceholder as ValueNode

_UPDATE = 3
_WRITE = 19
_REMOVE = 1
_FURTHER_ELEMENT = 4
_PATH = 1
_PATH_ELEMENT = 14
_OPERATORS = {"+": 34, "-": 37}
_FUNCTIONS = {"if_not_exists": 39, "list_append": 37}


def statement_size(tree: UpdateNode, names: Mapping[str, str]) -> tuple[int, tuple[str, ...]]:
    """Return the fixed bytes of an update statement, and the values that come on top.

    Example:
        >>> from tablewright.local.expressions.nodes import SetAction
        >>> to_v = SetAction(DocumentPath(("ab",)), ValueNode(":v"))
        >>> statement_size(UpdateNode(sets=(to_v,)), {})
        (24, (':v',))
    """
    total = _UPDATE
    values: list[str] = []
    for set_ in tree.sets:
        total += _WRITE + _target(set_.path, names) + _operand(set_.operand, names, values)
    for add in tree.adds:
        total += _WRITE + _target(add.path, names)
        values.append(add.value.name)
    for path in (*(each.path for each in tree.removes), *(each.path for each in tree.deletes)):
        total += _REMOVE + _target(path, names)
    return total, tuple(values)


def _target(path: DocumentPath, names: Mapping[str, str]) -> int:
    sizes = _element_sizes(path, names)
    return sum(sizes) + _FURTHER_ELEMENT * (len(sizes) - 1)


def _element_sizes(path: DocumentPath, names: Mapping[str, str]) -> list[int]:
    return [
        string_bytes(names.get(element, element) if isinstance(element, str) else str(element))
        for element in path.elements
    ]


def _operand(node: Operand, names: Mapping[str, str], values: list[str]) -> int:
    if isinstance(node, ValueNode):
        values.append(node.name)
        return 0
    if isinstance(node, DocumentPath):
        sizes = _element_sizes(node, names)
        return _PATH + sum(sizes) + _PATH_ELEMENT * len(sizes)
    if isinstance(node, Arithmetic):
        inner = (node.left, node.right)
        return _OPERATORS[node.operator] + sum(_operand(each, names, values) for each in inner)
    assert isinstance(node, Function)
    return _FUNCTIONS[node.name] + sum(_operand(each, names, values) for each in node.arguments)
