"""ExecuteTransaction: up to a hundred PartiQL statements, all or none.

All of them read (each one item), or all of them write; EXISTS counts as a write, because it is the
condition check of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from tablewright.local.expressions import project
from tablewright.local.faults import TransactionCanceledException, ValidationException
from tablewright.local.operations import transact_get_items, transact_write_items
from tablewright.local.operations.transact_write_items import cancelled
from tablewright.local.partiql import Insert, Select, Statement, parse_statement
from tablewright.local.partiql.reads import check_single_attribute_keys, projection_of
from tablewright.local.partiql.running import DUPLICATE
from tablewright.local.partiql.writes import (
    checked_values,
    names_item,
    split_key,
    write_request,
)
from tablewright.local.validation import check_item, check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter
    from tablewright.local.partiql.statements import WireValue
    from tablewright.local.tables import Table

_T = TypeVar("_T")


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an ExecuteTransaction request."""
    request = check_request("execute_transaction", request)
    batch = request["TransactStatements"]
    statements = [
        _in_place(place, parse_statement, entry["Statement"]) for place, entry in enumerate(batch)
    ]
    if any(getattr(statement, "returning", None) for statement in statements):
        raise ValidationException("RETURNING clause is not supported in ExecuteTransaction")
    for place, entry in enumerate(batch):
        _in_place(place, check_item, dict(enumerate(entry.get("Parameters", []))))
    for place, (statement, entry) in enumerate(zip(statements, batch, strict=True)):
        _in_place(place, checked_values, statement, entry.get("Parameters", []))
    reads = [isinstance(each, Select) and not each.must_exist for each in statements]
    if any(reads) and not all(reads):
        raise ValidationException(
            "Transaction requests must contain either all reads or all writes: mixing is not "
            "supported"
        )
    inner = _passed_on(request)
    if all(reads):
        return _read(engine, statements, batch, inner, meter)
    if "ClientRequestToken" in request:
        inner["ClientRequestToken"] = request["ClientRequestToken"]
    inner["TransactItems"] = [
        _in_place(place, _write, engine, statement, entry)
        for place, (statement, entry) in enumerate(zip(statements, batch, strict=True))
    ]
    try:
        reply = transact_write_items.run(engine, inner, meter)
    except TransactionCanceledException as fault:
        raise _reworded(fault, statements) from None
    return {"Responses": [], **reply}


def _in_place(place: int, step: Callable[..., _T], *arguments: Any) -> _T:
    """Do a step for a statement; a refusal says which statement it is about."""
    try:
        return step(*arguments)
    except ValidationException as fault:
        raise ValidationException(
            f"Validation failed in TransactStatements[{place}]: {fault.message}"
        ) from None


def _passed_on(request: dict[str, Any]) -> dict[str, Any]:
    consumed = request.get("ReturnConsumedCapacity")
    return {} if consumed is None else {"ReturnConsumedCapacity": consumed}


def _read(
    engine: LocalEngine,
    statements: list[Statement],
    batch: list[dict[str, Any]],
    inner: dict[str, Any],
    meter: Meter,
) -> dict[str, Any]:
    inner["TransactItems"] = [
        {"Get": _in_place(place, _get, engine, statement, entry.get("Parameters", []))}
        for place, (statement, entry) in enumerate(zip(statements, batch, strict=True))
    ]
    reply = transact_get_items.run(engine, inner, meter)
    for statement, response in zip(statements, reply["Responses"], strict=True):
        _label(statement, response)
    return reply


def _get(engine: LocalEngine, statement: Select, parameters: Sequence[WireValue]) -> dict[str, Any]:
    table = engine.table(statement.target.table)
    check_single_attribute_keys(table, statement)
    if statement.target.index is not None:
        raise ValidationException("Reads on indices are not supported within transactions.")
    values = statement.bound_values(parameters)
    if not names_item(statement, table.keys, values):
        raise ValidationException(
            "Select statements within ExecuteTransaction must specify the primary key in the "
            "where clause."
        )
    key, _ = split_key(statement, table.keys, values)
    return {"TableName": table.name, "Key": key}


def _label(statement: Statement, response: dict[str, Any]) -> None:
    """Reduce a response to the columns of its statement, called as SELECT calls them."""
    assert isinstance(statement, Select)
    projection = projection_of(statement)
    if projection is not None and "Item" in response:
        item = project(projection, orjson.loads(orjson.dumps(response["Item"])))
        if item:
            response["Item"] = item
        else:
            del response["Item"]


def _write(engine: LocalEngine, statement: Statement, entry: dict[str, Any]) -> dict[str, Any]:
    table = engine.table(statement.target.table)
    parameters = entry.get("Parameters", [])
    if isinstance(statement, Select) and not _has_further_condition(statement, table, parameters):
        raise ValidationException(
            "EXISTS() must contain a single item read with additional condition"
        )
    kind, request = write_request(statement, parameters, table)
    on_failure = entry.get("ReturnValuesOnConditionCheckFailure")
    if on_failure is not None:
        request["ReturnValuesOnConditionCheckFailure"] = on_failure
    return {kind: request}


def _has_further_condition(
    statement: Select, table: Table, parameters: Sequence[WireValue]
) -> bool:
    try:
        _, rest = split_key(statement, table.keys, statement.bound_values(parameters))
    except ValidationException:
        return False
    return rest is not None


def _reworded(
    fault: TransactionCanceledException, statements: list[Statement]
) -> TransactionCanceledException:
    """Return the refusal with the reasons of INSERTs as PartiQL calls them."""
    reasons = fault.extra["CancellationReasons"]
    for statement, reason in zip(statements, reasons, strict=True):
        if isinstance(statement, Insert) and reason["Code"] == "ConditionalCheckFailed":
            reason.update(Code="DuplicateItem", Message=DUPLICATE)
    return cancelled(reasons)
