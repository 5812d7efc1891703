"""What is wrong with an answer: the instances that came back beside those of a plain search.

In: the world, a pattern with its conditions, the instances that a database returned. Out: a
sentence, or "" where the answer is right. It knows nothing of tables, keys or indexes.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tablewright.model.values import Pattern
from tablewright.sample.world import Instances, Test, distance_km


def wrong(
    world: Instances, pattern: Pattern, tests: Sequence[Test], returned: Sequence[int | None]
) -> str:
    """Say what is wrong with an answer; "" when it is right.

    An answer is right when it has as many instances as there are (or the limit), each meets the
    conditions, none comes twice, and the values it is sorted by are those of the true order.
    """
    true = world.answer(pattern, tests).numbers
    count = len(true) if pattern.limit is None else min(len(true), pattern.limit)
    if pattern.verb.value == "get":
        count = min(count, 1)
    if None in returned:
        return "an item came back that no instance accounts for"
    if len(set(returned)) != len(returned):
        return "an instance came back twice"
    if len(returned) != count:
        return f"{len(returned)} instances came back instead of {count}"
    strangers = set(returned) - set(true)
    if strangers:
        return f"{len(strangers)} instances came back that do not meet the conditions"
    near = next((test for test in tests if test.operator == "near"), None)
    if near is not None:
        return _wrong_distances(world, pattern.entity, near, returned, true, count)
    if not pattern.sort:
        return ""
    names = [name for name, _ in pattern.sort]
    returned_values = [
        [world.value(pattern.entity, number or 0, name) for name in names] for number in returned
    ]
    want = [
        [world.value(pattern.entity, number, name) for name in names] for number in true[:count]
    ]
    return "" if returned_values == want else f"the order by {', '.join(names)} is wrong"


def _wrong_distances(
    world: Instances,
    entity: str,
    near: Test,
    returned: Sequence[int | None],
    true: Sequence[int],
    count: int,
) -> str:
    """Say whether the nearest came, nearest first."""

    def away(number: int) -> float:
        return distance_km(world.value(entity, number, near.attribute), near.operands[0])

    distances = [away(number or 0) for number in returned]
    want = sorted(away(number) for number in true)[:count]
    return "" if distances == want else "these are not the nearest, nearest first"


def is_as_written(written: Any, read: Any) -> bool:
    """Whether a value came back as it was written; vectors to the precision of 4-byte floats.

    pgvector, "Vector type": elements are single-precision floating-point numbers.

    Example:
        >>> is_as_written([0.123456789], [0.12345679]), is_as_written([0.5], [0.25])
        (True, False)
    """
    if written == read:
        return True
    if not (isinstance(written, list) and isinstance(read, list)):
        return False
    if not all(isinstance(each, float | Decimal) for each in (*written, *read)):
        return False
    return array("f", map(float, written)) == array("f", map(float, read))
