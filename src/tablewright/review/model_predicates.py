"""Predicates that the rules of several engines share: what the model alone decides.

In: facts about a model at one scale. Out: verdicts. They know no engine and no design.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol

from tablewright.core.quantities import ONE, SECONDS_PER_DAY, SECONDS_PER_MONTH, ZERO, decimals
from tablewright.design.changes import AddCondition
from tablewright.evaluation.values import Action
from tablewright.model.values import Attribute, Entity, Model, Pattern, Verb
from tablewright.review.verdicts import CLEAR, FixOption, Hit, Verdict

_GUARDED = ("stock", "quota", "balance", "seat")
_EXACT = ("counter", "money", *_GUARDED)


class ModelFacts(Protocol):
    """What these predicates ask of an engine's facts."""

    @property
    def model(self) -> Model:
        """The model."""
        ...

    @property
    def k(self) -> Mapping[str, Decimal]:
        """The thresholds of the rules."""
        ...

    def rate(self, pattern: Pattern) -> Decimal:
        """Return calls per second, the mean."""
        ...

    def count(self, entity: str) -> Decimal:
        """Return how many instances of an entity there are."""
        ...

    def distinct_values(self, entity: Entity, name: str) -> Decimal | None:
        """Return how many values an attribute has, if that is known."""
        ...

    def attribute_of(self, entity: Entity, name: str) -> Attribute | None:
        """Return an attribute by name, None if there is none."""
        ...

    def actions_on(self, entity: str) -> list[Action]:
        """Return what is done to an entity, transactions opened."""
        ...


Copy = tuple[str, Entity, frozenset[str]]
"""Where it is kept twice, the entity it belongs to, and the attributes."""


def copied_from_parent(f: ModelFacts, entity: Entity) -> Iterable[Copy]:
    """Yield attributes of the parent that every child repeats."""
    if entity.parent is None:
        return
    parent = f.model.entity(entity.parent)
    for attribute in entity.attributes:
        source = f.attribute_of(parent, attribute.name)
        if source is None or attribute.name in (*parent.key, *entity.key) or attribute.generated:
            continue
        if _is_same_fact(attribute, source):
            yield (
                f"{attribute.name} of {parent.name} is repeated in every {entity.name}",
                parent,
                frozenset({attribute.name}),
            )


def _is_same_fact(copy: Attribute, source: Attribute) -> bool:
    """Whether two attributes of one name are one fact: a login or a reference, not a date."""
    kinds = ("email", "username", "phone", "name", "ref", "url")
    return copy.kind is source.kind and copy.kind.value in kinds


def alters(part: Pattern, names: frozenset[str]) -> bool:
    """Return whether a write changes one of these attributes."""
    if part.verb is Verb.UPDATE:
        return bool(set(part.touched) & names)
    return part.verb is Verb.DELETE


def changes_per_second(f: ModelFacts, entity: Entity, names: frozenset[str]) -> Decimal:
    """Return how often attributes of an entity change."""
    return sum((f.rate(a.root) for a in f.actions_on(entity.name) if alters(a.part, names)), ZERO)


def lost_updates(f: ModelFacts, pattern: Pattern) -> Verdict:
    """Read, changed in memory, written back over what somebody else wrote."""
    if not pattern.verb.is_write:
        return None
    parts = [p for p in (pattern.parts or (pattern,)) if p.verb is Verb.UPDATE]
    if not parts:
        return None
    loose = [p for p in parts if not p.atomic and not p.condition and not p.condition_on]
    if not loose:
        return CLEAR
    part = loose[0]
    entity = f.model.entity(part.entity)
    keys = f.count(entity.name)
    for name in part.equalities:
        values = f.distinct_values(entity, name)
        keys = min(keys, values) if values is not None else keys
    window = part.window_s if part.window_s is not None else f.k["rmw_window_s"]
    rate = f.rate(pattern)
    meets = 1 - math.exp(-float(rate / max(ONE, keys) * window))
    lost = rate * SECONDS_PER_MONTH * Decimal(repr(round(meets, 15)))
    if lost < f.k["loss_month"]:
        return CLEAR
    roles = {a.role for a in entity.attributes if a.name in part.touched}
    change = AddCondition(
        pattern=pattern.name, condition="the version read is still the one stored", on=part.touched
    )
    default = "" if part.window_s is not None else " by default"
    return Hit(
        evidence=(
            f"{pattern.name} reads {', '.join(part.touched)}, changes it and writes it back within "
            f"{decimals(window * 1000)} ms{default}: about {decimals(lost)} updates are lost a "
            "month"
        ),
        values={"exact": bool(roles & set(_EXACT)), "lost": lost},
        options=lambda: [] if pattern.parts else [FixOption(changes=(change,))],
    )


def unchecked_limit(f: ModelFacts, pattern: Pattern) -> Verdict:
    """A limit that the application checks and the database does not."""
    if not pattern.verb.is_write:
        return None
    for part in pattern.parts or (pattern,):
        if part.verb is not Verb.UPDATE:
            continue
        entity = f.model.entity(part.entity)
        attributes = [a for a in entity.attributes if a.name in part.touched and a.role in _GUARDED]
        if not attributes:
            continue
        if part.condition or part.condition_on:
            return CLEAR
        return Hit(
            evidence=(
                f"{pattern.name} changes {attributes[0].name} of {entity.name} "
                f"({attributes[0].role}) without "
                "a "
                f"condition, {decimals(f.rate(pattern) * SECONDS_PER_DAY)} times a day"
            ),
            values={"returned": _is_taken_with_a_condition(f, pattern, attributes[0].name)},
            options=lambda: _conditional(f, pattern),
        )
    return None


def _is_taken_with_a_condition(f: ModelFacts, pattern: Pattern, name: str) -> bool:
    """Whether this gives back at one stroke what another pattern takes under a condition."""
    return pattern.atomic and any(
        name in a.part.touched and bool(a.part.condition or a.part.condition_on)
        for a in f.actions_on(pattern.entity)
        if a.root.name != pattern.name
    )


def _conditional(f: ModelFacts, pattern: Pattern) -> Iterable[FixOption]:
    entity = f.model.entity(pattern.entity)
    attributes = [a for a in entity.attributes if a.name in pattern.touched and a.role in _GUARDED]
    if attributes and not pattern.parts:
        name = attributes[0].name
        change = AddCondition(
            pattern=pattern.name, condition=f"{name} stays within its limit", on=(name,)
        )
        yield FixOption(changes=(change,))
