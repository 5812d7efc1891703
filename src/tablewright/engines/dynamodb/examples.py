"""The requests of a route filled with the values of one call, as boto3 takes them.

In: an evaluated design, a route, a call. Out: requests with parameters that could be sent. Nothing
is sent: a request whose keys come from an earlier answer takes them from whoever calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.items import in_buckets
from tablewright.engines.dynamodb.requests import Values
from tablewright.engines.dynamodb.running import RouteRunner
from tablewright.engines.dynamodb.steps import (
    ObjectStep,
    ReadStep,
    Step,
    TransactionStep,
    WriteStep,
)
from tablewright.engines.dynamodb.transport import Reply, RetryingTransport
from tablewright.evaluation.doors import Matching
from tablewright.evaluation.values import Evaluation, Request, Route
from tablewright.sample.calls import Call, Row

SHOWN_OF_BATCH = 2
"""Keys or items shown of a batch."""


class _Nowhere:
    """The runner only lends the values it would fill a step with: there is nowhere to send to."""

    description = "nowhere"
    is_local = True

    def send(self, operation: str, parameters: Any, *, label: str = "") -> Reply:
        """Refuse: nothing is sent to explain a pattern."""
        raise AssertionError(f"{operation} would be sent")

    def failed_units(self) -> tuple[Any, ...]:
        """Return nothing: nothing was sent."""
        return ()


def example_requests(
    evaluation: Evaluation, route: Route, call: Call, matching: Matching
) -> tuple[Request, ...]:
    """Return the requests of a route with the parameters of one call.

    A batch is cut to its first two instances.
    """
    assert isinstance(evaluation.design, DynamoDesign)
    if route.parts:
        each = zip(route.parts, call.parts, strict=True)
        filled_parts = [example_requests(evaluation, own, part, matching) for own, part in each]
        return tuple(request for requests in filled_parts for request in requests)
    if len(route.steps) != len(route.requests):
        return route.requests
    runner = RouteRunner(evaluation.model, evaluation.design, RetryingTransport(_Nowhere()))
    filled = []
    keys = _keyed_by(evaluation.design)
    for request, step in zip(route.requests, route.steps, strict=True):
        operation, parameters = _build(runner, step, call, matching)
        filled.append(replace(request, operation=operation, template=parameters, keys=keys))
    return tuple(filled)


def _keyed_by(design: DynamoDesign) -> tuple[str, ...]:
    """Return the attributes that a table or an index of a design is keyed by."""
    keys = {key for table in design.tables for key in table.keys}
    keys |= {key for table in design.tables for index in table.indexes for key in index.keys}
    return tuple(sorted(keys))


def _build(
    runner: RouteRunner, step: Step, call: Call, matching: Matching
) -> tuple[str, dict[str, Any]]:
    builder = runner.builder
    calls = (call, *call.more)[:SHOWN_OF_BATCH]
    if isinstance(step, ObjectStep):
        part = next((each for each in call.parts if each.pattern.entity == step.entity), call)
        return builder.build(step, Values(row=part.row, after=part.after))
    if isinstance(step, TransactionStep):
        return _transaction(runner, step, call)
    if isinstance(step, WriteStep):
        if call.parts:  # a transaction whose instances are all in one item
            return builder.build(step, runner.values(step, call.parts[step.part], call))
        built = [builder.build(step, runner.values(step, each)) for each in calls]
        if len(built) == 1:
            return built[0]
        kind, field = ("PutRequest", "Item"), ("DeleteRequest", "Key")
        name, content = kind if step.operation == "PutItem" else field
        writes = [{name: {content: parameters[content]}} for _, parameters in built]
        return "BatchWriteItem", {"RequestItems": {step.table: writes}}
    if step.from_previous or step.operation in ("BatchGetItem", "TransactGetItems"):
        shards = range(min(step.shards, SHOWN_OF_BATCH)) if step.shards > 1 else (None,)
        many = [
            Values(row=row, shard=shard) for row in _keys(step, calls, matching) for shard in shards
        ][: max(SHOWN_OF_BATCH, len(calls))]
        if step.operation == "GetItem":
            return builder.build(step, many[0])
        return builder.build_batch(step, many)
    shard = 0 if step.shards > 1 else None
    if step.bucket:
        call = replace(call, row=in_buckets(step, call)[0])
    if step.operation == "SearchVectors":  # thousands of numbers would show nothing
        row = {name: value for name, value in call.row.items() if name != call.pattern.to}
        return builder.build(step, Values(row=row))
    return builder.build(step, Values(row=call.row, bounds=call.bounds, shard=shard))


def _keys(step: ReadStep, calls: Sequence[Call], matching: Matching) -> list[Row]:
    """Return what the keys of a get are made of: what the caller knows, or what was met before."""
    if not step.from_previous:
        return [each.row for each in calls]
    return list(islice(matching(step.entity), SHOWN_OF_BATCH)) or [calls[0].row]


def _transaction(
    runner: RouteRunner, step: TransactionStep, call: Call
) -> tuple[str, dict[str, Any]]:
    return "TransactWriteItems", {"TransactItems": runner.transact_items(step, call)}
