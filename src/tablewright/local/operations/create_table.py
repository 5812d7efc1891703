"""CreateTable: add a table with its indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tablewright.local.definitions import (
    add_table,
    check_has_table_name,
    check_new_table,
    describe,
)
from tablewright.local.engine import table_name
from tablewright.local.faults import ResourceInUseException
from tablewright.local.resource_policies import check_policy, put_policy
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out a CreateTable request."""
    check_has_table_name(request)
    request = check_request("create_table", request)
    request["TableName"] = table_name(request["TableName"])
    check_new_table(request)
    if "ResourcePolicy" in request:
        check_policy(request["ResourcePolicy"])
    name = request["TableName"]
    with engine.store.writing:
        if name in engine.tables:
            raise ResourceInUseException(f"Table already exists: {name}")
        table = add_table(engine, request)
        if "ResourcePolicy" in request:
            put_policy(engine, engine.arn(name), request["ResourcePolicy"], None)
        return {"TableDescription": describe(engine, table, status="CREATING")}
