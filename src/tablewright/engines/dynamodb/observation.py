"""What tables exist, as the service describes them.

In: a transport and names. Out: an `ObservedTable` each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from tablewright.core.frozen import frozen
from tablewright.engines.dynamodb.transport import RequestFailedError, Transport
from tablewright.model.values import Model

APP_TAG = "tablewright:app"


DESIGN_TAG = "tablewright:design"


@frozen
class ObservedTable:
    """A table as the database describes it."""

    name: str
    status: str
    description: Mapping[str, Any] = field(default_factory=dict)
    ttl: str | None = ""
    """The attribute items expire by, "" where they do not, None where the engine does not say."""
    pitr: bool | None = None
    """None where the engine does not say."""
    tags: tuple[tuple[str, str], ...] | None = None
    """None where the engine does not say."""

    def is_foreign(self, app: str) -> bool:
        """Whether it is known to be made by somebody else, or for another application."""
        return self.tags is not None and dict(self.tags).get(APP_TAG) != app

    @property
    def indexes(self) -> dict[str, Mapping[str, Any]]:
        """Its global indexes by name."""
        listed = self.description.get("GlobalSecondaryIndexes") or ()
        return {index["IndexName"]: index for index in listed}

    @property
    def items(self) -> int:
        """Items, as the database last counted them."""
        return int(self.description.get("ItemCount", 0))

    @property
    def bytes(self) -> int:
        """Bytes, as the database last counted them."""
        return int(self.description.get("TableSizeBytes", 0))

    @property
    def settings(self) -> tuple[str, ...]:
        """Capacity, encryption at rest, recovery, expiry and protection, in words.

        A table whose description has no SSEDescription is encrypted with a key that AWS owns:
        Developer Guide, "DynamoDB encryption at rest", read 2026-11.
        """
        words: list[str] = []
        units = self.description.get("ProvisionedThroughput") or {}
        if self.mode == "PROVISIONED":
            words.append(
                f"{units.get('ReadCapacityUnits', 0):,} read and "
                f"{units.get('WriteCapacityUnits', 0):,} write units a second"
            )
        sse = self.description.get("SSEDescription") or {}
        if sse.get("SSEType") == "KMS":
            words.append("encrypted with a key of KMS")
        else:
            words.append("default encryption (on Amazon: a key that AWS owns)")
        if self.pitr is not None:
            words.append(f"point-in-time recovery {'on' if self.pitr else 'off'}")
        if self.ttl:
            words.append(f"expires by {self.ttl}")
        protection = self.description.get("DeletionProtectionEnabled")
        if protection is not None:
            words.append(f"deletion protection {'on' if protection else 'off'}")
        return tuple(words)

    @property
    def mode(self) -> str:
        """PAY_PER_REQUEST or PROVISIONED."""
        summary = self.description.get("BillingModeSummary") or {}
        return str(summary.get("BillingMode", "PROVISIONED"))


def observe(
    transport: Transport, names: Iterable[str], denied: list[str] | None = None
) -> dict[str, ObservedTable]:
    """Return the tables of these names that exist."""
    observed_tables: dict[str, ObservedTable] = {}
    for name in names:
        try:
            body = transport.send("DescribeTable", {"TableName": name}).body
        except RequestFailedError as failed:
            if failed.code == "ResourceNotFoundException":
                continue
            raise
        described = body["Table"]
        observed_tables[name] = ObservedTable(
            name=name,
            status=described.get("TableStatus", "ACTIVE"),
            description=described,
            ttl=_observed_ttl(transport, name, denied),
            pitr=_observed_pitr(transport, name, denied),
            tags=_observed_tags(transport, described.get("TableArn", "")),
        )
    return observed_tables


def _observed_ttl(transport: Transport, name: str, denied: list[str] | None) -> str | None:
    body = answer_of(transport, "DescribeTimeToLive", {"TableName": name}, denied)
    if body is None:
        return None
    described = body.get("TimeToLiveDescription", {})
    if described.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        return str(described.get("AttributeName", ""))
    return ""


def _observed_pitr(transport: Transport, name: str, denied: list[str] | None) -> bool | None:
    body = answer_of(transport, "DescribeContinuousBackups", {"TableName": name}, denied)
    if body is None:
        return None
    described = body.get("ContinuousBackupsDescription", {})
    recovery = described.get("PointInTimeRecoveryDescription", {})
    return bool(recovery.get("PointInTimeRecoveryStatus") == "ENABLED")


def _observed_tags(transport: Transport, arn: str) -> tuple[tuple[str, str], ...] | None:
    body = answer_of(transport, "ListTagsOfResource", {"ResourceArn": arn}) if arn else None
    if body is None:
        return None
    return tuple((tag["Key"], tag["Value"]) for tag in body.get("Tags", ()))


UNKNOWN = frozenset({"UnknownOperationException", "UnsupportedOperationException"})


def answer_of(
    transport: Transport,
    operation: str,
    parameters: Mapping[str, Any],
    denied: list[str] | None = None,
) -> dict[str, Any] | None:
    """Ask something that not every engine can answer, nor every caller may ask.

    Args:
        transport: reaches the database.
        operation: what is asked.
        parameters: of the operation.
        denied: takes the right that the caller lacks, such as "dynamodb:DescribeLimits".
    """
    try:
        return transport.send(operation, parameters).body
    except RequestFailedError as failed:
        if failed.code == "AccessDeniedException" and denied is not None:
            denied.append(f"dynamodb:{operation}")
        if failed.code in UNKNOWN or failed.code == "AccessDeniedException":
            return None
        raise


def key_schema_of(keys: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Return the key attributes with their kinds, HASH or RANGE, from the service's `KeySchema`."""
    return [(key["AttributeName"], key["KeyType"]) for key in keys]


def index_schema_of(index: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what two indexes of one name must share: keys and projection."""
    projection = index.get("Projection", {})
    return (
        key_schema_of(index.get("KeySchema", ())),
        projection.get("ProjectionType"),
        sorted(projection.get("NonKeyAttributes") or ()),
    )


def foreign(model: Model, observed: Mapping[str, ObservedTable]) -> tuple[str, ...]:
    """Return the tables that are known not to be made here for the model."""
    return tuple(name for name, table in observed.items() if table.is_foreign(model.app))


def observe_status(transport: Transport, name: str) -> str:
    """Return the status of a table, "" if there is none."""
    try:
        body = transport.send("DescribeTable", {"TableName": name}).body
    except RequestFailedError as failed:
        if failed.code == "ResourceNotFoundException":
            return ""
        raise
    return str(body["Table"].get("TableStatus", "ACTIVE"))
