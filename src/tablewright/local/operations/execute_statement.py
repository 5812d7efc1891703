"""ExecuteStatement: one PartiQL statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.faults import ValidationException
from tablewright.local.partiql import Select, parse_statement
from tablewright.local.partiql.reads import plan_select, read_plan
from tablewright.local.partiql.running import run_write
from tablewright.local.validation import check_item, check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an ExecuteStatement request."""
    request = check_request("execute_statement", request)
    statement = parse_statement(request["Statement"])
    parameters = request.get("Parameters", [])
    check_item(dict(enumerate(parameters)))  # type: ignore[arg-type]
    reply: dict[str, Any] = {}
    if isinstance(statement, Select) and not statement.must_exist:
        plan = plan_select(engine, statement, parameters, request)
        items, token, last = read_plan(engine, plan, request, meter.table(plan.table.name))
        reply["Items"] = items
        if token is not None:
            reply["NextToken"] = token
        if last is not None:
            reply["LastEvaluatedKey"] = last
    else:
        if "NextToken" in request:
            raise ValidationException("NextToken can only be used with SELECT statements")
        reply["Items"] = run_write(engine, statement, parameters, request, meter)
    table = engine.table(statement.target.table)
    consumed = meter.consumed(request.get("ReturnConsumedCapacity"), table.name)
    if consumed is not None:
        reply["ConsumedCapacity"] = consumed
    return reply
