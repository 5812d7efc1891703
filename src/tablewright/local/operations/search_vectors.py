"""SearchVectors: find the items whose vectors are nearest to a given one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.vectors.searching import search_vectors

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a SearchVectors request."""
    return search_vectors(engine, request, meter)
