"""Kinesis destinations: changes of a table, handed to a function of the application or a file.

In: requests to switch destinations; then changes as they are written. Out: replies; records as the
service puts them into a Kinesis data stream, handed to `engine.deliver` once their write is done.
There is no Kinesis here: the name of the stream only says where records are for.

Source: API reference, EnableKinesisStreamingDestination and its kin; Developer Guide, "Using
Kinesis Data Streams to capture changes to DynamoDB" (at most two destinations, record format).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from tablewright.capacity.items import item_bytes
from tablewright.local.faults import (
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)
from tablewright.local.operations.describe_table import existing

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

MAX_DESTINATIONS = 2
_MEMBER = "KinesisDestinations"
_PRECISION = "ApproximateCreationDateTimePrecision"
_PER_SECOND = {"MILLISECOND": 1_000, "MICROSECOND": 1_000_000}

Deliver = Callable[[str, dict[str, Any]], None]
"""Takes the ARN of a Kinesis stream and a record for it."""
Item = dict[str, Any]


def enable(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Add a destination. Inside a write.

    Raises:
        ValidationException: it is not the ARN of a Kinesis stream.
        ResourceInUseException: the table sends its changes there already.
        LimitExceededException: the table has two destinations.
    """
    table = existing(engine, request["TableName"])
    arn = request["StreamArn"]
    if not arn.startswith("arn:aws") or ":kinesis:" not in arn or ":stream/" not in arn:
        raise ValidationException(f"Invalid StreamArn: {arn} is not the ARN of a Kinesis stream")
    known = _destinations(table)
    if known.get(arn, {}).get("Status") == "ACTIVE":
        raise ResourceInUseException(
            f"Table is not in a valid state to enable Kinesis Streaming Destination: {table.name} "
            f"already streams to {arn}"
        )
    active = [each for each in known.values() if each["Status"] == "ACTIVE"]
    if len(active) >= MAX_DESTINATIONS:
        raise LimitExceededException(
            f"A table has at most {MAX_DESTINATIONS} Kinesis streaming destinations"
        )
    configuration = request.get("EnableKinesisStreamingConfiguration") or {}
    precision = configuration.get(_PRECISION, "MILLISECOND")
    _save(engine, table, {**known, arn: {"Status": "ACTIVE", "Precision": precision}})
    return {
        "TableName": table.name,
        "StreamArn": arn,
        "DestinationStatus": "ENABLING",
        "EnableKinesisStreamingConfiguration": {_PRECISION: precision},
    }


def disable(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Switch a destination off. Inside a write."""
    table, arn, stored = _active(engine, request)
    _save(engine, table, {**_destinations(table), arn: {**stored, "Status": "DISABLED"}})
    return {"TableName": table.name, "StreamArn": arn, "DestinationStatus": "DISABLING"}


def change(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Change the precision of a destination's moments. Inside a write."""
    table, arn, stored = _active(engine, request)
    configuration = request.get("UpdateKinesisStreamingConfiguration") or {}
    precision = configuration.get(_PRECISION)
    if precision is None or precision == stored["Precision"]:
        raise ValidationException(
            f"{_PRECISION} must be given, and differ from {stored['Precision']}"
        )
    _save(engine, table, {**_destinations(table), arn: {**stored, "Precision": precision}})
    return {
        "TableName": table.name,
        "StreamArn": arn,
        "DestinationStatus": "UPDATING",
        "UpdateKinesisStreamingConfiguration": {_PRECISION: precision},
    }


def describe(engine: LocalEngine, request: dict[str, Any]) -> dict[str, Any]:
    """Return the destinations of a table. Inside a read."""
    table = existing(engine, request["TableName"])
    return {
        "TableName": table.name,
        "KinesisDataStreamDestinations": [
            {"StreamArn": arn, "DestinationStatus": each["Status"], _PRECISION: each["Precision"]}
            for arn, each in _destinations(table).items()
        ],
    }


def _destinations(table: Table) -> dict[str, dict[str, str]]:
    stored: dict[str, dict[str, str]] = table.definition.get(_MEMBER, {})
    return stored


def _save(engine: LocalEngine, table: Table, destinations: dict[str, dict[str, str]]) -> None:
    engine.save({**table.definition, _MEMBER: destinations})


def _active(engine: LocalEngine, request: dict[str, Any]) -> tuple[Table, str, dict[str, str]]:
    table = existing(engine, request["TableName"])
    arn = request["StreamArn"]
    stored = _destinations(table).get(arn)
    if stored is None or stored["Status"] != "ACTIVE":
        raise ResourceNotFoundException(
            f"Table: {table.name} has no active Kinesis streaming destination {arn}"
        )
    return table, arn, stored


def send(
    engine: LocalEngine, table: Table, old: Item | None, new: Item | None, *, by_service: bool
) -> None:
    """Note the record of a change for every destination of a table. Inside the write."""
    image = new if new is not None else old
    assert image is not None
    images: dict[str, Item] = {"Keys": {name: image[name] for name in table.keys.names}}
    if new is not None:
        images["NewImage"] = new
    if old is not None:
        images["OldImage"] = old
    for arn, stored in _destinations(table).items():
        if stored["Status"] != "ACTIVE":
            continue
        moment = int(engine.clock() * _PER_SECOND[stored["Precision"]])
        event = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        record = {
            "awsRegion": engine.region,
            "eventID": str(uuid.uuid4()),
            "eventName": event,
            "userIdentity": {"principalId": "dynamodb.amazonaws.com", "type": "Service"}
            if by_service
            else None,
            "recordFormat": "application/json",
            "tableName": table.name,
            "dynamodb": {
                "ApproximateCreationDateTime": moment,
                _PRECISION: stored["Precision"],
                **images,
                "SizeBytes": sum(map(item_bytes, images.values())),
            },
            "eventSource": "aws:dynamodb",
        }
        engine.undelivered.append((arn, record))


def to_folder(folder: Path) -> Deliver:
    """Return a function that appends records, one a line, to a file for each Kinesis stream."""

    def deliver(arn: str, record: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = arn.rpartition(":stream/")[2].replace("/", "_")
        with (folder / f"{name}.jsonl").open("ab") as file:
            file.write(orjson.dumps(record) + b"\n")

    return deliver
