"""The requests of one call of a pattern, with real values: what `explain` prints.

In: an evaluated design and a pattern. Out: the requests of its route with their parameters filled
from the sample, as `prove` would send them. Nothing is sent: a request whose keys come from an
earlier answer takes them from the sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tablewright.engines.dynamodb.adapter import Consumed, Reply
from tablewright.engines.dynamodb.requests import Values
from tablewright.engines.dynamodb.steps import (
    ObjectStep,
    ReadStep,
    Step,
    TransactionStep,
    WriteStep,
)
from tablewright.evaluation.values import Evaluation, Request
from tablewright.proof.oracle import World
from tablewright.proof.runner import Runner
from tablewright.proof.workload import Call, Workload
from tablewright.sample.sample import Sample

USERS = 20
"""How many users the sample has that values are taken from."""
SHOWN_OF_BATCH = 2
"""Keys or items shown of a batch."""


class _Nowhere:
    """The runner only lends the values it would fill a step with: there is nowhere to send to."""

    description = "nowhere"
    is_local = True

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        """Refuse: nothing is sent to explain a pattern."""
        raise AssertionError(f"{operation} would be sent")

    def failed_units(self) -> tuple[Consumed, ...]:
        """Return nothing: nothing was sent."""
        return ()


def example_requests(evaluation: Evaluation, pattern: str) -> tuple[Request, ...]:
    """Return the requests of a pattern's route, each with parameters that could be sent.

    A batch is cut to its first two instances. The same evaluation gives the same values.
    """
    route = evaluation.route(pattern)
    requests = route.requests
    if not route.is_served or len(route.steps) != len(requests):
        return requests
    model = evaluation.model
    world = World(model, Sample(model), USERS)
    call = Workload(model, world, model.seed).call(model.pattern(pattern))
    runner = Runner(evaluation, world, _Nowhere())
    filled = []
    for request, step in zip(requests, route.steps, strict=True):
        operation, parameters = _build(runner, step, call)
        filled.append(replace(request, operation=operation, template=parameters))
    return tuple(filled)


def _build(runner: Runner, step: Step, call: Call) -> tuple[str, dict[str, Any]]:
    builder = runner.builder
    calls = (call, *call.more)[:SHOWN_OF_BATCH]
    if isinstance(step, ObjectStep):
        own = next((one for one in call.parts if one.pattern.entity == step.entity), call)
        return builder.build(step, Values(row=own.row, after=own.after))
    if isinstance(step, TransactionStep):
        return _transaction(runner, step, call)
    if isinstance(step, WriteStep):
        built = [builder.build(step, runner._values(step, one)) for one in calls]
        if len(built) == 1:
            return built[0]
        kind, field = ("PutRequest", "Item"), ("DeleteRequest", "Key")
        name, part = kind if step.operation == "PutItem" else field
        writes = [{name: {part: parameters[part]}} for _, parameters in built]
        return "BatchWriteItem", {"RequestItems": {step.table: writes}}
    if step.from_previous or step.operation in ("BatchGetItem", "TransactGetItems"):
        shards = range(min(step.shards, SHOWN_OF_BATCH)) if step.shards > 1 else (None,)
        many = [
            Values(row=row, shard=shard)
            for row in _found(runner, step, call, calls)
            for shard in shards
        ][: max(SHOWN_OF_BATCH, len(calls))]
        if step.operation == "GetItem":
            return builder.build(step, many[0])
        return builder.build_batch(step, many)
    shard = 0 if step.shards > 1 else None
    return builder.build(step, Values(row=call.row, bounds=call.bounds, shard=shard))


def _found(
    runner: Runner, step: ReadStep, call: Call, calls: tuple[Call, ...]
) -> list[dict[str, Any]]:
    """Return what the keys of a get are made of: what the caller holds, or what was found."""
    if not step.from_previous:
        return [dict(one.row) for one in calls]
    numbers = runner.world.find(step.entity, call.tests)[:SHOWN_OF_BATCH]
    rows = [runner.world.row(step.entity, number) or {} for number in numbers]
    return [dict(row) for row in rows] or [dict(call.row)]


def _transaction(runner: Runner, step: TransactionStep, call: Call) -> tuple[str, dict[str, Any]]:
    by_entity = {part.pattern.entity: part for part in call.parts} or {call.pattern.entity: call}
    items: list[Any] = []
    for part in step.parts:
        values = runner._values(part, by_entity[part.entity])
        _, parameters = runner.builder.build(TransactionStep(parts=(part,)), values)
        items += parameters["TransactItems"]
    return "TransactWriteItems", {"TransactItems": items}
