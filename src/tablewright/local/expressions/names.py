"""Names and values of a request: what they stand for, and whether each is used."""

from __future__ import annotations

from collections.abc import Mapping

from tablewright.local.expressions.bound import (
    Condition,
    KeyCondition,
    Projection,
    Update,
    WireValue,
)


def check_all_used(
    names: Mapping[str, str] | None,
    values: Mapping[str, WireValue] | None,
    *bound: Condition | Update | Projection | KeyCondition | None,
) -> None:
    """Refuse a request whose names or values are used by none of its expressions."""
    raise NotImplementedError
