"""Names and values of a request: whether each is used by one of its expressions.

In: names, values and everything that was bound with them. Out: nothing, or a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from tablewright.local.expressions.bound import WireValue
from tablewright.local.expressions.refusals import refused


class UsesPlaceholders(Protocol):
    """A bound expression."""

    @property
    def used_names(self) -> frozenset[str]:
        """The placeholders for names it uses."""

    @property
    def used_values(self) -> frozenset[str]:
        """The placeholders for values it uses."""


def check_all_used(
    names: Mapping[str, str] | None,
    values: Mapping[str, WireValue] | None,
    *bound: UsesPlaceholders | None,
) -> None:
    """Refuse a request whose names or values are used by none of its expressions.

    Raises:
        ValidationException: it lists the unused placeholders, names before values.
    """
    if names:
        used = [key for each in bound if each is not None for key in each.used_names]
        unused = [key for key in names if key not in used]
        _refuse_unused("ExpressionAttributeNames", unused)
    if values:
        used = [key for each in bound if each is not None for key in each.used_values]
        unused = [key for key in values if key not in used]
        _refuse_unused("ExpressionAttributeValues", unused)


def _refuse_unused(parameter: str, unused: list[str]) -> None:
    if unused:
        keys = ", ".join(unused)
        raise refused(f"Value provided in {parameter} unused in expressions: keys: {{{keys}}}")
