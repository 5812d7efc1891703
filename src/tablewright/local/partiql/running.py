"""Statements carried out one at a time, on the item operations.

In: an engine, a statement and its parameters. Out: the items it returns. ExecuteStatement and
BatchExecuteStatement share this; ExecuteTransaction hands the same requests to the transactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tablewright.local.faults import (
    ConditionalCheckFailedException,
    DuplicateItemException,
    ValidationException,
)
from tablewright.local.operations import delete_item, put_item, update_item
from tablewright.local.partiql.statements import Delete, Insert, Select, Statement, UpdateStatement
from tablewright.local.partiql.writes import checked_values, write_request
from tablewright.local.validation import OLDER

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter
    from tablewright.local.partiql.statements import WireValue

DUPLICATE = "Duplicate primary key exists in table"

_PREFIXES = ("Invalid UpdateExpression: ", "Invalid ConditionExpression: ")


def run_write(
    engine: LocalEngine,
    statement: Statement,
    parameters: Sequence[WireValue],
    entry: dict[str, Any],
    meter: Meter,
) -> list[Any]:
    """Carry out an INSERT, UPDATE or DELETE and return what its RETURNING clause asks for.

    Raises:
        DuplicateItemException: an INSERT finds its key taken.
        ConditionalCheckFailedException: the WHERE clause does not hold.
        ValidationException: the statement does not fit the table or the item.
    """
    if isinstance(statement, Select):
        raise ValidationException("EXISTS can only be used in ExecuteTransaction write requests.")
    checked_values(statement, parameters)
    table = engine.table(statement.target.table)
    _, request = write_request(statement, parameters, table)
    request["ReturnValues"] = getattr(statement, "returning", None) or "NONE"
    on_failure = entry.get("ReturnValuesOnConditionCheckFailure")
    if on_failure is not None:
        request["ReturnValuesOnConditionCheckFailure"] = on_failure
    try:
        reply = _operation(statement)(engine, request, meter, OLDER)
    except ConditionalCheckFailedException:
        if isinstance(statement, Insert):
            raise DuplicateItemException(DUPLICATE) from None
        raise
    except ValidationException as fault:
        raise ValidationException(without_prefix(fault.message)) from None
    return [reply["Attributes"]] if "Attributes" in reply else []


def _operation(statement: Statement) -> Any:
    if isinstance(statement, Insert):
        return put_item.put
    if isinstance(statement, UpdateStatement):
        return update_item.update
    assert isinstance(statement, Delete)
    return delete_item.delete


def without_prefix(message: str) -> str:
    """Return a message without the name of an expression that nobody wrote.

    Example:
        >>> without_prefix("Invalid UpdateExpression: Two document paths overlap")
        'Two document paths overlap'
    """
    for prefix in _PREFIXES:
        message = message.removeprefix(prefix)
    return message
