"""What a PartiQL statement says: values that hold expression nodes and templates of values.

In: nothing. Out: classes. Conditions, updates and paths are the nodes of `local.expressions`, with
placeholders (`#0`, `:0`) whose meaning the statement keeps: names are known when it is parsed,
values when its parameters are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any, TypeAlias

from tablewright.core.frozen import frozen
from tablewright.local.expressions.nodes import ConditionNode, DocumentPath, UpdateNode
from tablewright.local.faults import ValidationException

WireValue: TypeAlias = dict[str, Any]


@frozen(kw_only=False)
class ParameterMark:
    """A question mark: the parameter at this place, counted from 0."""

    place: int


@frozen(kw_only=False)
class ListTemplate:
    """`[…]` with a parameter somewhere in it."""

    elements: tuple[Template, ...]


@frozen(kw_only=False)
class MapTemplate:
    """`{…}` with a parameter somewhere in it."""

    entries: tuple[tuple[str, Template], ...]


Template: TypeAlias = ParameterMark | ListTemplate | MapTemplate | WireValue
"""A value as the statement writes it: a literal in wire form, or what parameters complete."""


@frozen
class StatementTarget:
    """The table, and the index of it, that a statement is about."""

    table: str
    index: str | None = None


@frozen
class _Placed:
    """What all statements have: their target, and the meaning of their placeholders."""

    target: StatementTarget
    names: dict[str, str]
    values: dict[str, Template]
    parameter_count: int

    def bound_values(self, parameters: Sequence[WireValue]) -> dict[str, WireValue]:
        """Return the values of all placeholders.

        Raises:
            ValidationException: the statement has more question marks than there are parameters.
        """
        if len(parameters) < self.parameter_count:
            raise ValidationException("Number of parameters in request and statement don't match.")
        return {name: filled(template, parameters) for name, template in self.values.items()}


@frozen
class Order:
    """One attribute of ORDER BY."""

    name: str
    is_descending: bool


@frozen
class Select(_Placed):
    """SELECT."""

    columns: tuple[DocumentPath, ...] | None
    """None for `*`."""
    condition: ConditionNode | None
    order: tuple[Order, ...] = ()
    must_exist: bool = False
    """Whether it is the argument of EXISTS: a condition of a transaction."""
    refusal: str | None = None
    """What is said of it when it runs, if it has a column that no SELECT can have."""


@frozen
class Insert(_Placed):
    """INSERT INTO … VALUE."""

    item: MapTemplate


@frozen
class UpdateStatement(_Placed):
    """UPDATE … SET … REMOVE … WHERE …."""

    update: UpdateNode
    condition: ConditionNode | None
    returning: str | None = None
    """As ReturnValues calls it."""
    set_arguments: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Placeholders that must be sets: the function they are passed to, and what is said if not."""

    def bound_values(self, parameters: Sequence[WireValue]) -> dict[str, WireValue]:
        """Return the values of all placeholders.

        Raises:
            ValidationException: a parameter is missing, or is no set where one must be.
        """
        values = _Placed.bound_values(self, parameters)
        for name, (_, refusal) in self.set_arguments.items():
            if not values[name].keys() & {"SS", "NS", "BS"}:
                raise ValidationException(refusal)
        return values


@frozen
class Delete(_Placed):
    """DELETE FROM … WHERE …."""

    condition: ConditionNode | None
    returning: str | None = None


Statement: TypeAlias = Select | Insert | UpdateStatement | Delete


def filled(template: Template, parameters: Sequence[WireValue]) -> WireValue:
    """Return a value with its parameters in place.

    Example:
        >>> filled(ListTemplate((ParameterMark(1), {"N": "1"})), [{"S": "a"}, {"S": "b"}])
        {'L': [{'S': 'b'}, {'N': '1'}]}
    """
    if isinstance(template, ParameterMark):
        return parameters[template.place]
    if isinstance(template, ListTemplate):
        return {"L": [filled(each, parameters) for each in template.elements]}
    if isinstance(template, MapTemplate):
        return {"M": {name: filled(each, parameters) for name, each in template.entries}}
    return template
