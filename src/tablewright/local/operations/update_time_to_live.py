"""UpdateTimeToLive: say which attribute tells when an item expires, or that none does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tablewright.local.background import fill_expiry
from tablewright.local.faults import ValidationException
from tablewright.local.operations.describe_table import existing
from tablewright.local.replicas import peers_of
from tablewright.local.validation import check_request

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter


def run(engine: LocalEngine, request: dict[str, Any], meter: Meter) -> dict[str, Any]:
    """Carry out an UpdateTimeToLive request."""
    request = check_request("update_time_to_live", request)
    specification = request["TimeToLiveSpecification"]
    set_expiry(engine, request["TableName"], specification)
    with engine.store.reading:
        table = existing(engine, request["TableName"])
    for peer in peers_of(engine, table):
        set_expiry(peer, table.name, specification)
    return {"TimeToLiveSpecification": specification}


def set_expiry(engine: LocalEngine, name: str, specification: Mapping[str, Any]) -> None:
    """Say which attribute tells when an item expires, in one region."""
    attribute = specification["AttributeName"]
    with engine.store.writing:
        table = existing(engine, name)
        if specification["Enabled"]:
            if table.expiry is not None:
                if table.expiry.attribute != attribute:
                    raise ValidationException(
                        "TimeToLive is active on a different AttributeName: current "
                        f"AttributeName is {table.expiry.attribute}"
                    )
                raise ValidationException("TimeToLive is already enabled")
            table.definition["Expiry"] = {"AttributeName": attribute, "Space": engine.new_space()}
            fill_expiry(engine, engine.save(table.definition))
            engine.sweeper.start()
        else:
            if table.expiry is None:
                raise ValidationException("TimeToLive is already disabled")
            if table.expiry.attribute != attribute:
                raise ValidationException(
                    "TimeToLive is active on a different AttributeName: current "
                    f"AttributeName is {table.expiry.attribute}"
                )
            engine.store.drop(table.definition.pop("Expiry")["Space"])
            engine.save(table.definition)
