"""ExecuteTransaction: up to a hundred PartiQL statements, all or none.

All of them read (each one item), or all of them write; EXISTS counts as a write, because it is the
condition check of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.local.expressions import project
from tablewright.local.faults import TransactionCanceledException, ValidationException
from tablewright.local.operations import transact_get_items, transact_write_items
from tablewright.local.operations.transact_write_items import cancelled
from tablewright.local.partiql import Insert, Select, Statement, parse_statement
from tablewright.local.partiql.reads import projection_of
from tablewright.local.partiql.running import DUPLICATE
from tablewright.local.partiql.writes import split_key, write_request
from tablewright.local.validation import check_item, check_request

if TYPE_CHECKING:
    from tablewright.local.engine import Engine
    from tablewright.local.metering import Meter
    from tablewright.local.partiql.statements import WireValue


def run(engine: Engine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an ExecuteTransaction request."""
    request = check_request("execute_transaction", request)
    batch = request["TransactStatements"]
    statements = [parse_statement(given["Statement"]) for given in batch]
    for given in batch:
        check_item(dict(enumerate(given.get("Parameters", []))))  # type: ignore[arg-type]
    reads = [isinstance(one, Select) and not one.must_exist for one in statements]
    if any(reads) and not all(reads):
        raise ValidationException(
            "Transaction requests must contain either all reads or all writes: mixing is not "
            "supported"
        )
    inner = _passed_on(request)
    if all(reads):
        inner["TransactItems"] = [
            {"Get": _get(engine, statement, given.get("Parameters", []))}
            for statement, given in zip(statements, batch, strict=True)
            if isinstance(statement, Select)
        ]
        reply = transact_get_items.run(engine, inner, meter)
        for statement, response in zip(statements, reply["Responses"], strict=True):
            _label(statement, response)
        return reply
    if "ClientRequestToken" in request:
        inner["ClientRequestToken"] = request["ClientRequestToken"]
    inner["TransactItems"] = [
        _write(engine, statement, given) for statement, given in zip(statements, batch, strict=True)
    ]
    try:
        reply = transact_write_items.run(engine, inner, meter)
    except TransactionCanceledException as fault:
        raise _reworded(fault, statements) from None
    return {"Responses": [{} for _ in statements], **reply}


def _passed_on(request: dict[str, Any]) -> dict[str, Any]:
    wanted = request.get("ReturnConsumedCapacity")
    return {} if wanted is None else {"ReturnConsumedCapacity": wanted}


def _get(engine: Engine, statement: Select, parameters: Sequence[WireValue]) -> dict[str, Any]:
    table = engine.table(statement.target.table)
    values = statement.bound_values(parameters)
    key, rest = split_key(statement, table.keys, values)
    if rest is not None or statement.target.index is not None:
        raise ValidationException(
            "Select statements within ExecuteTransaction must specify the primary key, and only "
            "it, in the where clause."
        )
    return {"TableName": table.name, "Key": key}


def _label(statement: Statement, response: dict[str, Any]) -> None:
    """Reduce a response to the columns of its statement, called as SELECT calls them."""
    assert isinstance(statement, Select)
    projection = projection_of(statement)
    if projection is not None and "Item" in response:
        item = orjson.loads(orjson.dumps(response["Item"]))
        response["Item"] = project(projection, item)


def _write(engine: Engine, statement: Statement, given: dict[str, Any]) -> dict[str, Any]:
    table = engine.table(statement.target.table)
    kind, parameters = write_request(statement, given.get("Parameters", []), table)
    on_failure = given.get("ReturnValuesOnConditionCheckFailure")
    if on_failure is not None:
        parameters["ReturnValuesOnConditionCheckFailure"] = on_failure
    return {kind: parameters}


def _reworded(
    fault: TransactionCanceledException, statements: list[Statement]
) -> TransactionCanceledException:
    """Return the refusal with the reasons of INSERTs as PartiQL calls them."""
    reasons = fault.extra["CancellationReasons"]
    for statement, reason in zip(statements, reasons, strict=True):
        if isinstance(statement, Insert) and reason["Code"] == "ConditionalCheckFailed":
            reason.update(Code="DuplicateItem", Message=DUPLICATE)
    return cancelled(reasons)
