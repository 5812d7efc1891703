"""BatchExecuteStatement: up to 25 PartiQL statements, each on one item, each on its own.

A batch reads or writes; what goes wrong with one statement is in its place of the reply and does
not touch the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.faults import (
    ConditionalCheckFailedException,
    DuplicateItemException,
    Fault,
    ValidationException,
)
from tablewright.local.partiql import Select, Statement, parse_statement
from tablewright.local.partiql.reads import check_single_attribute_keys, plan_select, read_plan
from tablewright.local.partiql.running import run_write
from tablewright.local.partiql.writes import checked_values, names_item
from tablewright.local.validation import check_item, check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

_CODES = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
    "ValidationException": "ValidationError",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "TransactionConflictException": "TransactionConflict",
    "ThrottlingException": "ThrottlingError",
    "ResourceNotFoundException": "ResourceNotFound",
    "AccessDeniedException": "AccessDenied",
    "DuplicateItemException": "DuplicateItem",
}
"""Error codes of a batch (API reference, BatchStatementError), by error type."""


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a BatchExecuteStatement request."""
    request = check_request("batch_execute_statement", request)
    batch = request["Statements"]
    parsed = [_parsed(entry) for entry in batch]
    reads = [isinstance(each, Select) for each in parsed if not isinstance(each, Fault)]
    if any(reads) and not all(reads):
        raise ValidationException(
            "Batch requests must contain either all reads or all writes: mixing is not supported"
        )
    responses = [
        _response(engine, statement, entry, meter)
        for statement, entry in zip(parsed, batch, strict=True)
    ]
    reply: dict[str, Any] = {"Responses": responses}
    consumed = meter.all_consumed(request.get("ReturnConsumedCapacity"))
    if consumed is not None:
        reply["ConsumedCapacity"] = consumed
    return reply


def _parsed(entry: dict[str, Any]) -> Statement | Fault:
    try:
        return parse_statement(entry["Statement"])
    except Fault as fault:
        return fault


def _response(
    engine: LocalEngine, statement: Statement | Fault, entry: dict[str, Any], meter: Meter
) -> dict[str, Any]:
    """Return what a batch says of one statement; the table only if the statement ran."""
    if isinstance(statement, Fault):
        return {"Error": _error(statement)}
    try:
        items = _items(engine, statement, entry, meter)
    except (ConditionalCheckFailedException, DuplicateItemException) as fault:
        return {"TableName": statement.target.table, "Error": _error(fault)}
    except Fault as fault:
        return {"Error": _error(fault)}
    response: dict[str, Any] = {"TableName": statement.target.table}
    if items:
        response["Item"] = items[0]
    return response


def _items(
    engine: LocalEngine, statement: Statement, entry: dict[str, Any], meter: Meter
) -> list[Any]:
    parameters = entry.get("Parameters", [])
    check_item(dict(enumerate(parameters)))  # type: ignore[arg-type]
    if not isinstance(statement, Select) or statement.must_exist:
        return run_write(engine, statement, parameters, entry, meter)
    values = checked_values(statement, parameters)
    table = engine.table(statement.target.table)
    check_single_attribute_keys(table, statement)
    if not names_item(statement, table.keys, values):
        raise ValidationException(
            "Select statements within BatchExecuteStatement must specify the primary key in the "
            "where clause."
        )
    plan = plan_select(engine, statement, parameters, entry)
    items, _, _ = read_plan(engine, plan, entry, meter.table(table.name))
    return items


def _error(fault: Fault) -> dict[str, Any]:
    return {"Code": _CODES.get(fault.code, "InternalServerError"), "Message": fault.message}
