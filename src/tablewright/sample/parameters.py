"""Who is asked for: which values the calls of a pattern carry, alike in prediction and proof.

In: a model, an entity, the attributes whose values a caller gives. Out: domains, each a set of
values that calls take in turn, every one as often as any other. A model that says "20 of a user's
requests" speaks of a user taken evenly among users, not of one met as often as he has requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.model.values import Attribute, Condition, Entity, Kind, Model, Pattern


class ValueSource(Enum):
    """Where the values of a domain come from."""

    INSTANCE = "instance"
    """From an instance of the entity itself: the attributes name exactly one."""
    OWNER = "owner"
    """From an instance of the parent, or of the entity a `ref` points to."""
    VALUE = "value"
    """The distinct values that instances have."""


@frozen
class Domain:
    """Attributes whose values come together, and from where."""

    source: ValueSource
    names: tuple[str, ...]
    entity: str
    """Whose instances are taken in turn."""
    keys: tuple[str, ...]
    """The attributes of that entity, in the order of `names`."""


def domains(model: Model, entity: Entity, names: Iterable[str]) -> tuple[Domain, ...]:
    """Return where the values of these attributes come from, each domain independent of the rest.

    Args:
        model: the model.
        entity: whose instances are looked for.
        names: the attributes whose values the caller gives.
    """
    remaining = list(dict.fromkeys(names))
    if not remaining:
        return ()
    if names_one(entity, remaining):
        total = tuple(remaining)
        return (Domain(source=ValueSource.INSTANCE, names=total, entity=entity.name, keys=total),)
    domains: list[Domain] = []
    parent = entity.parent
    while parent is not None:
        above = model.entity(parent)
        shared = tuple(name for name in above.key if name in remaining)
        if shared and set(above.key) == set(shared):
            domains.append(
                Domain(source=ValueSource.OWNER, names=shared, entity=above.name, keys=shared)
            )
            remaining = [name for name in remaining if name not in shared]
            break
        parent = above.parent
    for name in remaining:
        domains.append(_alone(model, entity, name))
    return tuple(domains)


def _alone(model: Model, entity: Entity, name: str) -> Domain:
    attribute = entity.find(name)
    if attribute is not None and attribute.kind is Kind.REF and attribute.distinct is None:
        target, key = ref_target(model, entity, attribute)
        return Domain(source=ValueSource.OWNER, names=(name,), entity=target.name, keys=(key,))
    return Domain(source=ValueSource.VALUE, names=(name,), entity=entity.name, keys=(name,))


def ref_target(model: Model, entity: Entity, attribute: Attribute) -> tuple[Entity, str]:
    """Return the entity a `ref` points to, and which of its attributes the value is."""
    name, _, required = (attribute.to or "").partition(".")
    target = model.entity(name)
    if not required:
        required = attribute.name if attribute.name in target.key else target.key[-1]
    return target, required


def most_telling(pattern: Pattern) -> Pattern:
    """Return the part of a `read` whose values are chosen first: that with most of them."""
    return max(
        pattern.parts,
        key=lambda part: len([c for c in part.where if c.operator == "eq" and not is_fixed(c)]),
    )


def names_one(entity: Entity, names: Iterable[str]) -> bool:
    """Whether values of these attributes name one instance."""
    known = set(names)
    return set(entity.key) <= known or any(
        entity.has(name) and entity.attribute(name).unique for name in known
    )


def in_range(share: Decimal, count: int) -> int:
    """Return how many of `count` entries a range holds that is said to hold a share of them.

    At least one, where there is any.

    Example:
        >>> in_range(Decimal("0.05"), 200), in_range(Decimal("0.05"), 3), in_range(Decimal(1), 0)
        (10, 1, 0)
    """
    return max(1, min(count, int((share * count).to_integral_value()))) if count else 0


def another(attribute: Attribute, old: Any, new: Any) -> Any:
    """Return the value an update writes: `new`, or where that is the old one, a different value.

    Example:
        >>> from tablewright.model.values import Attribute, Kind
        >>> another(Attribute(name="read", kind=Kind.BOOL), True, True)
        False
    """
    if new is not None and new != old:
        return new
    if attribute.kind is Kind.ENUM:
        listed = [value for value, _ in attribute.values]
        if old in listed and len(listed) > 1:
            return listed[(listed.index(old) + 1) % len(listed)]
    if attribute.kind is Kind.BOOL and old is not None:
        return not old
    if attribute.kind.is_number and isinstance(new, int | Decimal):
        high = attribute.high
        return new - 1 if high is not None and new >= high else new + 1
    return new if new is not None else old


def is_fixed(condition: Condition) -> bool:
    """Whether the model states the value of a condition."""
    return condition.operator == "eq" and condition.value is not None


def spread_evenly(ordered: Sequence[int], start: float) -> list[int]:
    """Return the same numbers in an order in which any few in a row are spread over all of them.

    Steps of the golden section, the least regular of all.

    Example:
        >>> spread_evenly([10, 20, 30, 40, 50], 0.0)
        [10, 40, 20, 50, 30]
    """
    count = len(ordered)
    if count < 3:
        return list(ordered)
    step = round(count * 0.6180339887498949)
    while _common(step, count) != 1:
        step += 1
    first = int(start * count)
    return [ordered[(first + turn * step) % count] for turn in range(count)]


def _common(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a
