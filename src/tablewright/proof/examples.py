"""The requests of one call of a pattern, with real values: what `explain` prints.

In: an evaluated design, a pattern, the engine's connector. Out: the requests of its route, filled
from the sample as `prove` would send them. Nothing is sent: a request whose keys come from an
earlier answer takes them from the sample.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from tablewright.core.memo import Memo
from tablewright.evaluation.connector import Connector
from tablewright.evaluation.values import Evaluation, Request
from tablewright.model.values import Model
from tablewright.proof.runner import children_of
from tablewright.proof.workload import Workload
from tablewright.sample.calls import Call, Row
from tablewright.sample.sample import Sample, sample_of
from tablewright.sample.world import World

USERS = 20
"""How many users the sample has that values are taken from, if each entity has an instance then."""


def example_requests(
    connector: Connector, evaluation: Evaluation, pattern: str
) -> tuple[Request, ...]:
    """Return the requests of a pattern's route, each with parameters that could be sent.

    The same evaluation gives the same values.
    """
    route = evaluation.route(pattern)
    world = example_world(evaluation.model) if route.is_served else None
    if world is None:
        return route.requests
    call = example_call(world, pattern)
    return connector.example_requests(evaluation, route, call, partial(_matching, world, call))


def example_world(model: Model) -> World | None:
    """Return the instances that values are taken from; None if no scale has one of everything.

    They are drawn once for all patterns of a model.
    """
    world = _WORLDS.get((model,), (USERS,), lambda: _example_world(model))
    return None if world is None else world.untouched()


_WORLDS: Memo[World | None] = Memo(1)


def _example_world(model: Model) -> World | None:
    sample = sample_of(model)
    users = _enough_users(model, sample)
    return None if users is None else World(model, sample, users)


def _enough_users(model: Model, sample: Sample) -> int | None:
    """Return how many users it takes for an instance of everything; None if no scale has one."""
    users, most = USERS, max(USERS, *model.scales)
    while not all(sample.count(entity.name, users) for entity in model.entities):
        if users >= most:
            return None
        users = min(users * 4, most)
    return users


def example_call(world: World, pattern: str) -> Call:
    """Return one call of a pattern, with the children, parent and place of its instance."""
    model = world.model
    call = Workload(model, world, model.seed).call(model.pattern(pattern))
    return _with_family(world, call)


def _with_family(world: World, call: Call) -> Call:
    entity = world.model.entity(call.pattern.entity)
    parent, owner = entity.parent, None
    if parent is not None:
        owner = world.numbered(world.model.entity(parent), call.row)
    siblings = world.children(entity.name, parent, owner) if parent and owner is not None else []
    place = siblings.index(call.number) if call.number in siblings else 0
    row: Row = {}
    if parent is not None and owner is not None:
        row = world.row(parent, owner) or {}
    return replace(
        call,
        children=children_of(world, entity.name, call.number),
        parent=lambda: row,
        place=lambda: place,
        parts=tuple(_with_family(world, part) for part in call.parts),
        more=tuple(_with_family(world, each) for each in call.more),
    )


def _matching(world: World, call: Call, entity: str) -> list[Row]:
    """Return the instances of an entity that meet the conditions of a call."""
    rows = (world.row(entity, number) for number in world.find(entity, call.tests))
    return [row for row in rows if row is not None]
