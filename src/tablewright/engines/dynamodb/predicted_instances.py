"""What is kept of one instance that a call asks for or writes, to predict the call's units.

In: a call that is about to be made, the world it is made in. Out: which instance it is about, what
earlier calls have made of it, which children are in its item. It knows neither sizes nor units.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import field
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.model.values import Entity, Pattern, Verb
from tablewright.sample.calls import Call, typed
from tablewright.sample.world import World


@frozen
class PredictedInstance:
    """What is kept of one instance that a call asked for or wrote, to predict its units."""

    pattern: Pattern
    number: int | None
    fresh: int | None
    changed: frozenset[str]
    must_fail: bool
    is_missed: bool
    given: Mapping[str, Any] = field(default_factory=dict)
    bounds: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    parts: tuple[PredictedInstance, ...] = ()
    appended: Mapping[str, int] = field(default_factory=dict)
    """How many elements were appended before to lists of the instance."""
    written: Mapping[str, int] = field(default_factory=dict)
    """Bytes of the values that earlier calls have set on the instance, or on its owner."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Of these the values on which it depends whether the item is in an index, and where."""
    owner: int | None = None
    """Of an instance in its parent's item: the parent."""
    families: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The children that are in the item, or in the parent's item, before the call."""

    @classmethod
    def of(
        cls,
        call: Call,
        world: World,
        embedded: Container[str],
        in_keys: Mapping[str, frozenset[str]],
    ) -> tuple[PredictedInstance, ...]:
        """Return what is kept of a call that is about to be made: one for each of a batch.

        Args:
            call: the call.
            world: what there is.
            embedded: the entities whose instances are in their parents' items.
            in_keys: of each entity the attributes that keys of its items are made of or hang on.
        """
        return tuple(cls._one(each, world, embedded, in_keys) for each in (call, *call.more))

    @classmethod
    def _one(
        cls,
        call: Call,
        world: World,
        embedded: Container[str],
        in_keys: Mapping[str, frozenset[str]],
    ) -> PredictedInstance:
        entity = world.model.entity(call.pattern.entity)
        owner: int | None = None
        holder, number = entity, call.number
        if entity.name in embedded and entity.parent is not None:
            holder = world.model.entity(entity.parent)
            number = owner = world.numbered(holder, call.row)
        families = {
            child.name: _there(world, child.name, holder.name, number)
            for child in world.model.entities
            if child.parent == holder.name
            and child.name in embedded
            and (number is not None or call.pattern.verb is Verb.PUT)
        }
        names = [c.attribute for c in call.pattern.where if c.operator == "eq"]
        written = (
            _written(world, entity, call)
            if owner is None
            else dict(world.written.get((holder.name, owner), {}))
        )
        since = in_keys.get(holder.name, frozenset()).intersection(written)
        row = (world.row(holder.name, number) if since and number is not None else None) or {}
        return cls(
            pattern=call.pattern,
            number=call.like if call.number is None else call.number,
            fresh=call.fresh,
            changed=call.changed,
            must_fail=call.must_fail,
            is_missed=call.is_missed,
            given={name: call.row.get(name) for name in names},
            bounds=dict(call.bounds),
            parts=tuple(
                cls._one(each, world, embedded, in_keys) for part in call.parts for each in part.all
            ),
            appended=_appended(world, entity, call.number),
            written=written,
            values={name: row.get(name) for name in since},
            owner=owner,
            families=families,
        )


def _there(world: World, child: str, parent: str, number: int | None) -> tuple[int, ...]:
    """Return the children of an instance that were not removed; a new instance has none."""
    if number is None:
        return ()
    return tuple(
        each for each in world.children(child, parent, number) if world.row(child, each) is not None
    )


def _appended(world: World, entity: Entity, number: int | None) -> dict[str, int]:
    return {} if number is None else dict(world.appended.get((entity.name, number), {}))


def _written(world: World, entity: Entity, call: Call) -> dict[str, int]:
    """Return the bytes of what earlier calls have set, as the call meets it.

    A value that goes there and back costs the same either way, as the larger of both counts: that
    is left as it was drawn. One that the model states, on its way there, may replace any.
    """
    if call.number is None:
        return {}
    there = (
        n for n, text in call.pattern.set_values if call.after.get(n) == typed(entity, n, text)
    )
    told = {*there, *call.pattern.removes}
    drawn = set(call.pattern.touched) - told
    result = world.written.get((entity.name, call.number), {})
    return {name: size for name, size in result.items() if name not in drawn}


def number_of(instance: PredictedInstance) -> int:
    """Return the number under which the values of an instance are drawn."""
    number = instance.fresh if instance.number is None else instance.number
    assert number is not None
    return number
