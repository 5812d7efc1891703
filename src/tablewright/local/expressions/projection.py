"""Projections: bind to names, and take the paths they name out of an item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tablewright.local.expressions.bound import AttributePath, Item, Projection


def parse_projection(text: str, names: Mapping[str, str] | None = None) -> Projection:
    """Return a projection bound to the names of its request."""
    raise NotImplementedError


def project(projection: Projection | Iterable[AttributePath], item: Item) -> dict[str, Any]:
    """Return what the paths name of the item, in its shape; what is absent is left out."""
    raise NotImplementedError
