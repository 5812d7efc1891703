"""The legacy parameters, translated into the same bound values as expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tablewright.local.expressions.bound import (
    Condition,
    KeyCondition,
    Projection,
    Update,
)


def condition_from_expected(
    expected: Mapping[str, Mapping[str, Any]], operator: str | None = None
) -> Condition:
    """Return the condition that `Expected` with `ConditionalOperator` states."""
    raise NotImplementedError


def condition_from_filter(
    conditions: Mapping[str, Mapping[str, Any]], operator: str | None = None
) -> Condition:
    """Return the condition that `QueryFilter` or `ScanFilter` states."""
    raise NotImplementedError


def update_from_attribute_updates(updates: Mapping[str, Mapping[str, Any]]) -> Update:
    """Return the update that `AttributeUpdates` states."""
    raise NotImplementedError


def projection_from_attributes_to_get(attributes: Sequence[str]) -> Projection:
    """Return the projection that `AttributesToGet` states."""
    raise NotImplementedError


def key_condition_from_legacy(
    conditions: Mapping[str, Mapping[str, Any]],
    *,
    partition_keys: Sequence[str],
    sort_keys: Sequence[str] = (),
    key_types: Mapping[str, str] | None = None,
) -> KeyCondition:
    """Return the key condition that `KeyConditions` states."""
    raise NotImplementedError
