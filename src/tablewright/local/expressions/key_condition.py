"""Key conditions: which keys of a table or index a query reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tablewright.local.expressions.bound import KeyCondition, WireValue


def parse_key_condition(
    text: str,
    names: Mapping[str, str] | None,
    values: Mapping[str, WireValue] | None,
    *,
    partition_keys: Sequence[str],
    sort_keys: Sequence[str] = (),
    key_types: Mapping[str, str] | None = None,
) -> KeyCondition:
    """Return the key condition for these key attributes; `key_types` maps each to S, N or B."""
    raise NotImplementedError
