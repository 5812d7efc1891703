"""Updates: bind to names and values, and carry out on a copy of an item."""

from __future__ import annotations

from collections.abc import Mapping

from tablewright.local.expressions.bound import Item, Update, UpdateResult, WireValue


def parse_update(
    text: str,
    names: Mapping[str, str] | None = None,
    values: Mapping[str, WireValue] | None = None,
) -> Update:
    """Return an update bound to the names and values of its request."""
    raise NotImplementedError


def apply_update(update: Update, item: Item) -> UpdateResult:
    """Return the item after the update; the item given stays as it is."""
    raise NotImplementedError
