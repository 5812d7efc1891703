"""How an engine of ordered indexes names things and what its planner and its writes do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import format_number
from tablewright.model.values import Pattern


@frozen(slots=False)
class SimilarSearch:
    """How an engine searches an index of vectors."""

    visited: Callable[[int, Decimal], Decimal] | None = None
    """Entries visited for so many results, with the share of rows that meet the conditions; None
    where only an index finds them, on nodes beside the server: conditions are met there, by filters
    of the index, and the server looks up what was found."""
    why_not: Callable[[int, Decimal], str]
    assumptions: tuple[str, ...]


@frozen(slots=False)
class Words:
    """How an engine calls things, and what its writes do."""

    engine: str
    table: str
    row: str
    scan: str
    reads: Mapping[str, str]
    rewrites_indexes: bool = False
    """An update of an indexed column writes an entry in every index (a new row version)."""
    scans_last: bool = False
    """Its planner scans only where no index serves a condition or the order."""
    near_by_index: bool = False
    """A search for the nearest goes through a geospatial index, or is refused."""
    plans_by_pages: bool = False
    """Its planner weighs pages read in order against pages anywhere."""
    counts_pages: bool = False
    """It tells how many pages a statement went through."""
    bytes_only: bool = False
    """An index that serves the beginnings of texts does not give their order."""
    similar: SimilarSearch | None = None
    """How it searches for similar rows; None where it does not."""


def short_count(value: Decimal) -> str:
    """Return a count as people read it.

    Example:
        >>> short_count(Decimal("1234.5")), short_count(Decimal("0.25"))
        ('1,234', '0.25')
    """
    return format_number(value, 0 if value >= 100 or value == value.to_integral_value() else 2)


def kept_nowhere(pattern: Pattern, container: str) -> str:
    """Say why an update writes nothing: what it changes is kept nowhere.

    Args:
        pattern: the update.
        container: a table or a collection, in the engine's word.
    """
    return f"no {container} keeps {', '.join(pattern.touched)}"
