"""Check that keys have enough values for the instances they tell apart.

In: a model, the spans of its keys and the `Reading`. Out: an error for every key, identity or
unique attribute whose values are fewer than the instances that need different ones. It does not
know how samples draw the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tablewright.core.diagnostics import Span
from tablewright.core.quantities import ONE, ZERO, format_number
from tablewright.model.nodes import Reading
from tablewright.model.statistics import Selectivity
from tablewright.model.values import Entity, Kind, Model


def check_key_domains(
    model: Model, spans: Mapping[tuple[str, str], Span], reading: Reading
) -> None:
    """Note keys, identities and unique attributes with fewer values than instances.

    Args:
        model: the model as read.
        spans: where `key` or `identity` of an entity, or a unique attribute, stands.
        reading: collects the diagnostics.
    """
    if reading.is_moved:  # counts were changed on purpose
        return
    for entity in model.entities:
        if not entity.attributes:
            continue
        for field, names in (("key", entity.key), ("identity", entity.identity)):
            if field == "key" or names != entity.key:
                _check(model, entity, field, names, spans, reading)
        for attribute in entity.attributes:
            if attribute.unique and (attribute.name,) != entity.key:
                _check(model, entity, attribute.name, (attribute.name,), spans, reading)


def own_names(model: Model, entity: Entity, names: Iterable[str]) -> tuple[str, ...]:
    """Return which of the names are not the key of an ancestor."""
    above = model.entity(entity.parent).key if entity.parent is not None else ()
    return tuple(name for name in names if name not in above)


def _check(
    model: Model,
    entity: Entity,
    field: str,
    names: tuple[str, ...],
    spans: Mapping[tuple[str, str], Span],
    reading: Reading,
) -> None:
    span = spans.get((entity.name, field))
    own_key = own_names(model, entity, names)
    if span is None or not own_key:
        return
    for users in model.scales:
        domain = _domain(Selectivity(model, users), entity, own_key)
        if domain is None:
            return
        refers = any(entity.attribute(name).kind is Kind.REF for name in own_key)
        is_relative = len(own_key) < len(names)
        needed = _needed(model, entity, users, is_relative=is_relative, at_most=not refers)
        if needed <= domain:
            continue
        shown = " and ".join(f"`{name}`" for name in own_key)
        whose = f" of each `{entity.parent}`" if len(own_key) < len(names) else ""
        reading.error(
            "too-few-values",
            f"{format_number(needed)} instances of `{entity.name}`{whose} need different values "
            f"of {shown}, which can have {format_number(domain)} at {users:,} users",
            span,
            "widen its range, add an attribute that tells them apart, or lower the count",
        )
        return


def _needed(
    model: Model, entity: Entity, users: int, *, is_relative: bool, at_most: bool
) -> Decimal:
    """Return how many instances must differ: all, or the children of one parent.

    With `at_most` the largest family counts, else the mean one: a family of links cannot be larger
    than what there is to link to.
    """
    total = model.instances(entity.name, users)
    if not is_relative or entity.parent is None:
        return total.to_integral_value(rounding="ROUND_FLOOR")
    parents = model.instances(entity.parent, users)
    mean = total / parents if parents else ZERO
    spread = entity.count.spread
    if at_most and spread is not None and spread.high is not None:
        mean = max(mean, spread.high)
    return mean.to_integral_value(rounding="ROUND_CEILING" if mean < 1 else "ROUND_FLOOR")


def _domain(statistics: Selectivity, entity: Entity, names: Iterable[str]) -> Decimal | None:
    """Return how many combinations of values there are, None where they are not bounded."""
    product = ONE
    for name in names:
        attribute = entity.attribute(name)
        values = statistics.possible(entity, name)
        if values is None:
            return None
        is_stated = attribute.distinct is not None
        if attribute.kind is Kind.REF and attribute.to == entity.parent and not is_stated:
            values -= 1  # another one than the parent itself
        product *= values
    return product
