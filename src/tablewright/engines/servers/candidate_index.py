"""Which index a pattern would like: equality, then sort, then range.

In: an entity and a pattern. Out: keys in that order. It does not know engines.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from tablewright.model.values import Entity, Model, Pattern, Verb

K = TypeVar("K")


def index_keys(entity: Entity, pattern: Pattern, key: str = "") -> tuple[tuple[str, bool], ...]:
    """Return the keys with True where they sort downwards; none where the key suffices.

    Args:
        entity: what is asked for.
        pattern: the access pattern.
        key: the attribute that is the primary key, where it is one.
    """
    if pattern.verb in (Verb.PUT, Verb.TRANSACT, Verb.NEAR, Verb.SEARCH, Verb.SIMILAR):
        return ()
    conditions = [entry for entry in pattern.where if entity.has(entry.attribute.partition(".")[0])]
    equal = [condition.attribute for condition in conditions if condition.operator == "eq"]
    if key in equal or set(entity.key) <= set(equal):
        return ()
    if any(entity.has(name) and entity.attribute(name).unique for name in equal):
        return ()
    if not conditions and not (pattern.sort and pattern.limit is not None):
        return ()
    ranges = [condition.attribute for condition in conditions if condition.operator not in ("eq",)]
    # A truth value or a state tells little: the more telling attribute goes first.
    keys = [(name, False) for name in sorted(equal, key=lambda name: _is_coarse(entity, name))]
    keys += [(name, down) for name, down in pattern.sort if name not in equal]
    keys += [(name, False) for name in ranges if name not in dict(keys)]
    return tuple(keys)


def is_served_by_key(entity: Entity, pattern: Pattern, keys: Iterable[tuple[str, bool]]) -> bool:
    """Return whether the index of the key serves the wanted keys, forwards or backwards."""
    required = list(keys)
    sorted_by = dict(pattern.sort)
    ways = {down for name, down in required if name in sorted_by}
    return [name for name, _ in required] == list(entity.key[: len(required)]) and len(ways) <= 1


def asked_ignoring_case(model: Model, entity: Entity, attribute: str) -> bool:
    """Return whether some pattern compares an attribute case-insensitively."""
    return any(
        part.entity == entity.name and attribute in part.ignore_case
        for pattern in model.patterns
        for part in (pattern, *pattern.parts)
    )


def asked_by_beginning(model: Model, entity: Entity, keys: Iterable[str]) -> bool:
    """Return whether some pattern asks for the beginning of one of these attributes."""
    names = set(keys)
    return any(
        part.entity == entity.name and condition.operator == "begins_with"
        for pattern in model.patterns
        for part in (pattern, *pattern.parts)
        for condition in part.where
        if condition.attribute in names
    )


def _is_coarse(entity: Entity, name: str) -> bool:
    attribute = entity.find(name)
    return attribute is not None and (bool(attribute.values) or attribute.kind.value == "bool")


def without_prefixes(indexes: Iterable[tuple[tuple[K, ...], bool]]) -> list[tuple[K, ...]]:
    """Return keys without those that only begin another index; True marks what must stay.

    Example:
        >>> without_prefixes([(("a",), False), (("a", "b"), False), (("b",), True)])
        [('a', 'b'), ('b',)]
    """
    listed = list(dict.fromkeys(indexes))
    return [
        keys
        for keys, must_stay in listed
        if must_stay or not any(other != keys and other[: len(keys)] == keys for other, _ in listed)
    ]
