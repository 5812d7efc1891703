"""The one place that talks to a DynamoDB: the engine in process, an endpoint, or Amazon's own.

In: an operation and its parameters in wire form (binaries as base64 text). Out: the reply in wire
form and what it consumed by table and index. Only `RetryingTransport` repeats and waits.
"""

from __future__ import annotations

import base64
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from tablewright.core.backoff import Backoff
from tablewright.core.errors import EngineError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import format_usd
from tablewright.evaluation.doors import Consumption, SpendingCap
from tablewright.evaluation.values import VECTOR_SEARCH, VECTOR_WRITE

if TYPE_CHECKING:
    from tablewright.local.database import Database
    from tablewright.local.metering import Metered

READS = frozenset({"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan", "SearchVectors"})
RETRYABLE = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "TransactionInProgressException",
        "InternalServerError",
        "ServiceUnavailable",
    }
)
THROTTLES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
    }
)
STREAM_OPERATIONS = frozenset({"DescribeStream", "GetShardIterator", "GetRecords"})
"""Operations of the streams' own endpoint."""
CREDENTIALS = frozenset(
    {
        "ExpiredTokenException",
        "ExpiredToken",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
    }
)
FORBIDDEN = "AccessDeniedException"


class RequestFailedError(EngineError):
    """The database answered a request with an error.

    Attributes:
        operation: what was asked.
        code: the error type, such as "ConditionalCheckFailedException".
        reasons: codes of a cancelled transaction, part by part.
        is_missing: a condition did not hold, and no item came back with the refusal, of which it
            was asked for.
    """

    def __init__(
        self,
        operation: str,
        code: str,
        message: str,
        reasons: tuple[str, ...] = (),
        *,
        is_missing: bool = False,
    ) -> None:
        remedy = ""
        if code in CREDENTIALS:
            remedy = "sign in again (the credentials are missing, wrong or expired), then repeat"
        elif code == FORBIDDEN:
            remedy = "allow that action on that resource in the caller's role, then repeat"
        elif code in RETRYABLE:
            remedy = "it was repeated in vain: raise the capacity, or wait, then repeat"
        super().__init__(f"{operation} failed: {code}: {message}", remedy=remedy)
        self.operation = operation
        self.code = code
        self.reasons = reasons
        self.is_missing = is_missing

    @property
    def is_retryable(self) -> bool:
        """Whether the same request may succeed later."""
        conflicts = any(reason == "TransactionConflict" for reason in self.reasons)
        return self.code in RETRYABLE or conflicts

    @property
    def is_of_all(self) -> bool:
        """Whether other requests would fail in the same way, once repeating did not help."""
        return self.code in CREDENTIALS or self.code in RETRYABLE

    @property
    def is_forbidden(self) -> bool:
        """Whether the caller's role is too narrow: for this operation here, not for every one."""
        return self.code == FORBIDDEN

    @property
    def is_of_values(self) -> bool:
        """Whether a value is refused: an empty key, a text too long for one, a number too big."""
        return self.code == "ValidationException" or "ValidationError" in self.reasons

    @property
    def is_condition(self) -> bool:
        """Whether a condition of the request did not hold."""
        return self.code == "ConditionalCheckFailedException" or (
            "ConditionalCheckFailed" in self.reasons
        )


class EndpointError(EngineError):
    """The endpoint could not be reached, or went away."""


@frozen(kw_only=False)
class Reply:
    """What came back, and what it consumed."""

    body: dict[str, Any]
    consumed: tuple[Consumption, ...] = ()


class Transport(Protocol):
    """A way to a DynamoDB."""

    @property
    def description(self) -> str:
        """Where requests go, as people read it."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether it is the engine in this process: then failed requests report their units too."""
        ...

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        """Send one request.

        Raises:
            RequestFailedError: the database refused it.
            EndpointError: the database could not be reached.
        """
        ...

    def failed_units(self) -> tuple[Consumption, ...]:
        """Return what the last refused request consumed, where that is known."""
        ...


BIG_PAGE = 64 * 1024
"""Bytes of a reply from which on it pays to look whether it came before."""
PAGES_KEPT = 8

METERED = frozenset(
    {
        *READS,
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "TransactWriteItems",
    }
)


@dataclass
class CountingTransport:
    """Another transport, with a sum of what everything sent through it consumed."""

    inner: Transport
    sums: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    @property
    def description(self) -> str:
        """Where requests go."""
        return self.inner.description

    @property
    def is_local(self) -> bool:
        """Whether it is the engine in this process."""
        return self.inner.is_local

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        """Send one request, and add up what it consumed."""
        try:
            reply = self.inner.send(operation, parameters, label=label)
        except RequestFailedError:
            self._add(self.inner.failed_units())
            raise
        self._add(reply.consumed)
        return reply

    def failed_units(self) -> tuple[Consumption, ...]:
        """Return what the last refused request consumed, where that is known."""
        return self.inner.failed_units()

    def consumed(self) -> tuple[Consumption, ...]:
        """Return the sums by table and index."""
        return tuple(
            Consumption(resource=key[0], dimension=key[1], units=units)
            for key, units in sorted(self.sums.items())
        )

    def _add(self, consumed: tuple[Consumption, ...]) -> None:
        for entry in consumed:
            key = (entry.resource, entry.dimension)
            self.sums[key] = self.sums.get(key, Decimal(0)) + entry.units


@dataclass(kw_only=True)
class CappedTransport(CountingTransport):
    """A transport that refuses to go on once what was consumed through it costs too much."""

    cap: SpendingCap

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        """Send one request.

        Raises:
            EngineError: what was consumed before costs more than allowed.
        """
        usd = self.cap.usd
        spent = sum((use.units * usd[use.dimension] for use in self.consumed()), Decimal(0))
        if spent > self.cap.max_usd:
            raise EngineError(
                f"stopped: {format_usd(spent)} USD were spent, more than "
                f"{format_usd(self.cap.max_usd)}",
                remedy="take fewer --users or --requests, or raise --max-usd; remove the tables "
                "with `tablewright down`",
            )
        return super().send(operation, parameters, label=label)


@dataclass
class RetryingTransport:
    """Another transport; what was throttled, or met another transaction, is sent again."""

    inner: Transport
    sleep: Callable[[float], None] | None = None
    requests: int = 0
    retries: int = 0
    throttled: int = 0
    """Requests that were refused for want of capacity since it was made."""
    seconds: float = 0.0
    """That requests took, without the pauses between them."""
    consumed: list[Consumption] = field(default_factory=list)

    @property
    def description(self) -> str:
        """Where requests go."""
        return self.inner.description

    @property
    def is_local(self) -> bool:
        """Whether it is the engine in this process."""
        return self.inner.is_local

    def backoff(self) -> Backoff:
        """Return the pauses of one request."""
        return Backoff() if self.sleep is None else Backoff(sleep=self.sleep)

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        """Send one request until it is answered, or refused for good.

        Raises:
            RequestFailedError: the database refused it, or kept throttling.
            EndpointError: the database could not be reached.
        """
        backoff = self.backoff()
        while True:
            self.requests += 1
            started = time.perf_counter()
            try:
                reply = self.inner.send(operation, parameters, label=label)
            except RequestFailedError as failed:
                self.seconds += time.perf_counter() - started
                self.consumed += self.inner.failed_units()
                self.throttled += failed.code in THROTTLES
                if not failed.is_retryable or not backoff.wait():
                    raise
                self.retries += 1
                continue
            self.seconds += time.perf_counter() - started
            self.consumed += reply.consumed
            return reply

    def failed_units(self) -> tuple[Consumption, ...]:
        """Return what the last refused request consumed, where that is known."""
        return self.inner.failed_units()

    def begin(self) -> None:
        """Forget what was counted so far."""
        self.requests = self.retries = 0
        self.seconds = 0.0
        self.consumed = []


@dataclass
class LocalTransport:
    """The local engine in this process. Replies are not to be changed by who gets them."""

    database: Database
    description: str = "the local engine"
    is_local: bool = True
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Shared by all transports of one database: what was metered is of one request."""
    _last: list[Metered] = field(default_factory=list)
    _pages: deque[tuple[bytes, dict[str, Any]]] = field(
        default_factory=lambda: deque(maxlen=PAGES_KEPT)
    )

    def fork(self) -> LocalTransport:
        """Return a transport to the same database, for another thread."""
        return LocalTransport(self.database, self.description, lock=self.lock)

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        """Send one request to the engine."""
        from tablewright.local.faults import Fault

        request = dict(parameters)
        if operation in METERED:
            request["ReturnConsumedCapacity"] = "INDEXES"
        try:
            with self.lock:
                self._last.clear()
                self.database.on_metered = self._last.append
                raw = self.database.call_raw(operation, orjson.dumps(request), label=label or None)
        except Fault as fault:
            raise failure_of(operation, fault.code, fault.message, fault.extra) from fault
        body = self._body(raw)
        return Reply(body, consumed_of(operation, body, parameters))

    def _body(self, raw: bytes) -> dict[str, Any]:
        """Return a reply as data; a big page that comes again byte for byte is the same object."""
        if len(raw) < BIG_PAGE:
            small: dict[str, Any] = orjson.loads(raw)
            return small
        for known, body in self._pages:
            if known == raw:
                return body
        page: dict[str, Any] = orjson.loads(raw)
        self._pages.append((raw, page))
        return page

    def failed_units(self) -> tuple[Consumption, ...]:
        """Return what the last request consumed, refused or not."""
        return tuple(
            Consumption(
                resource=record.table
                if arm.index_name is None
                else f"{record.table}/{arm.index_name}",
                dimension=dimension,
                units=units,
            )
            for record in self._last
            for arm in record.arms
            for dimension, units in (("read", arm.reads), ("write", arm.writes))
            if units
        )


@dataclass
class SdkTransport:
    """A boto3 client: Amazon DynamoDB, or any server of its API."""

    client: Any
    description: str
    is_local: bool = False
    streams: Any = None
    """The client of DynamoDB Streams."""

    def send(self, operation: str, parameters: Mapping[str, Any], *, label: str = "") -> Reply:
        """Send one request through boto3."""
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        request = with_raw_binaries(dict(parameters))
        if operation in METERED:
            request["ReturnConsumedCapacity"] = "INDEXES"
        client = self.streams if operation in STREAM_OPERATIONS else self.client
        method = getattr(client, xform_name(operation))
        try:
            body = method(**request)
        except ClientError as problem:
            error = problem.response.get("Error", {})
            code = str(error.get("Code", "Unknown"))
            message = str(error.get("Message", problem))
            raise failure_of(operation, code, message, problem.response) from problem
        except BotoCoreError as problem:
            raise self.unreachable(problem) from problem
        return Reply(without_raw_binaries(body), consumed_of(operation, body, parameters))

    def unreachable(self, problem: Exception) -> EndpointError:
        """Return that the endpoint did not answer, and what to do."""
        return EndpointError(
            f"{self.description} did not answer: {problem}",
            remedy="check the endpoint, the network and the credentials, then repeat: "
            "work that was acknowledged is kept",
        )

    def failed_units(self) -> tuple[Consumption, ...]:
        """Return nothing: the service does not report the units of refused requests."""
        return ()


def failure_of(
    operation: str, code: str, message: str, extra: Mapping[str, Any]
) -> RequestFailedError:
    """Return a refusal.

    Args:
        operation: what was asked.
        code: the type of the error, without its namespace.
        message: what the database says.
        extra: the rest of the answer: reasons of a cancelled transaction, the item as it was.
    """
    return RequestFailedError(
        operation, code, message, _reasons(extra), is_missing=_is_missing(code, extra)
    )


def _reasons(extra: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(reason.get("Code", "")) for reason in extra.get("CancellationReasons", ()))


def _is_missing(code: str, extra: Mapping[str, Any]) -> bool:
    """Whether a condition failed, and no item is said to have been there."""
    if code == "ConditionalCheckFailedException":
        return not extra.get("Item")
    return any(
        reason.get("Code") == "ConditionalCheckFailed" and not reason.get("Item")
        for reason in extra.get("CancellationReasons", ())
    )


def consumed_of(
    operation: str, body: Mapping[str, Any], parameters: Mapping[str, Any] | None = None
) -> tuple[Consumption, ...]:
    """Return the units a reply reports, by table and index; of vector indexes, bytes.

    Args:
        operation: what was sent.
        body: the reply.
        parameters: what was sent with it: a search's reply does not say of which index it is.

    Example:
        >>> consumed_of("Query", {"ConsumedCapacity": {
        ...     "TableName": "t", "CapacityUnits": 0.5, "Table": {"CapacityUnits": 0.0},
        ...     "GlobalSecondaryIndexes": {"i": {"CapacityUnits": 0.5}}}})
        (Consumption(resource='t/i', dimension='read', units=Decimal('0.5')),)
    """
    reported = body.get("ConsumedCapacity")
    if not reported:
        return ()
    if operation == "SearchVectors":
        assert parameters is not None, "the reply does not name the index"
        searched = Consumption(
            resource=f"{parameters['TableName']}/{parameters['IndexName']}",
            dimension=VECTOR_SEARCH,
            units=Decimal(str(reported.get("VectorSearchRequestBytes", 0))),
        )
        return (searched,)
    dimension = "read" if operation in READS else "write"
    consumptions: list[Consumption] = []
    for entry in reported if isinstance(reported, list) else [reported]:
        table = entry["TableName"]
        arms = [(table, entry.get("Table", {}))]
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            arms += [(f"{table}/{name}", arm) for name, arm in (entry.get(kind) or {}).items()]
        for resource, arm in arms:
            units = Decimal(str(arm.get("CapacityUnits", 0)))
            if units:
                consumptions.append(
                    Consumption(resource=resource, dimension=dimension, units=units)
                )
        for name, arm in (entry.get("VectorIndexes") or {}).items():
            written = Decimal(str(arm.get("VectorWriteRequestBytes", 0)))
            resource = f"{table}/{name}"
            consumptions.append(
                Consumption(resource=resource, dimension=VECTOR_WRITE, units=written)
            )
    return tuple(consumptions)


def with_raw_binaries(value: Any) -> Any:
    """Return wire-form parameters as boto3 takes them: binaries as bytes."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((kind, inner),) = value.items()
            if kind == "B" and isinstance(inner, str):
                return {"B": base64.b64decode(inner)}
            if kind == "BS" and isinstance(inner, list):
                return {"BS": [base64.b64decode(each) for each in inner]}
        return {name: with_raw_binaries(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [with_raw_binaries(inner) for inner in value]
    return value


def without_raw_binaries(value: Any) -> Any:
    """Return a boto3 reply in wire form: binaries as base64 text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: without_raw_binaries(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_raw_binaries(inner) for inner in value]
    return value
