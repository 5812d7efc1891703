"""Which parts of a transaction put children inside the record of a parent that it puts as well.

In: a writing pattern, and inside which entities' records a design keeps an entity. Out: the places
of such parts with that of the parent's. It does not know how an engine stores anything.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from tablewright.model.values import Pattern, Verb


def put_inside(pattern: Pattern, inside: Callable[[str], Container[str]]) -> dict[int, int]:
    """Return for each part that puts children inside a new parent the place of the parent's part.

    Where several parents are put, nothing says which of them a child belongs to: then none is.

    Args:
        pattern: any pattern; of one that is no transaction nothing is returned.
        inside: gives the entities inside whose records instances of an entity are kept.

    Example:
        >>> from decimal import Decimal
        >>> from tablewright.model.values import Rate
        >>> rate = Rate(per_day=Decimal(1))
        >>> parts = [Pattern(name=n, verb=Verb.PUT, entity=n, rate=rate) for n in ("Order", "Line")]
        >>> whole = Pattern(
        ...     name="place", verb=Verb.TRANSACT, entity="Order", rate=rate, parts=tuple(parts)
        ... )
        >>> put_inside(whole, {"Line": ["Order"], "Order": []}.__getitem__)
        {1: 0}
    """
    if pattern.verb is not Verb.TRANSACT:
        return {}
    puts = [(place, part) for place, part in enumerate(pattern.parts) if part.verb is Verb.PUT]
    result: dict[int, int] = {}
    for place, parent in puts:
        same = [part for _, part in puts if part.entity == parent.entity]
        if len(same) > 1 or parent.batch > 1:
            continue
        result |= {other: place for other, part in puts if parent.entity in inside(part.entity)}
    return result
