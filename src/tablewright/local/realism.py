"""What the cloud does and a laptop does not, on request: lag, throttling, latency, errors.

In: options, the requests of a database and what they consumed. Out: an engine to read from (the
database, or a copy that lags), a Fault instead of an answer, a time to wait. Everything is off by
default, and the same seed and the same requests give the same faults and times.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Mapping
from dataclasses import asdict, field, fields
from typing import TYPE_CHECKING, Any, Protocol

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.local import faults, operations
from tablewright.local.replica import Replica
from tablewright.local.throttling import Throttling

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Metered

_P99 = 2.3263478740408408  # standard deviations from the median to the 99th percentile

_ERRORS = (
    "InternalServerError",
    "ItemCollectionSizeLimitExceededException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
)


@frozen
class Latency:
    """How long answers take, in milliseconds: the median and what one in a hundred exceeds."""

    p50_ms: float
    p99_ms: float


@frozen
class RealismOptions:
    """What to imitate.

    Attributes:
        seed: of everything drawn by chance.
        lag_ms: how far eventually consistent reads of tables and all reads of global indexes lag.
        throughput: enforce provisioned capacity with burst credit, and the growth of on-demand.
        partitions: enforce 1,000 write and 3,000 read units a second on each partition.
        latency: by operation, "*" for all others.
        errors: by operation, "*" for all others: error names with their rates, 0 to 1.
        replica_lag_ms: how long changes of global tables are under way to other regions.
        vector_recall: search vectors approximately, with at least this share of the nearest.
        vector_index_seconds: how long the creation of a vector index takes at the least.
    """

    seed: int = 0
    lag_ms: float = 0
    replica_lag_ms: float = 0
    throughput: bool = False
    partitions: bool = False
    latency: Mapping[str, Latency] = field(default_factory=dict)
    errors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    vector_recall: float | None = None
    vector_index_seconds: float = 0


class RealismState:
    """Slows down and refuses the requests of one database as the options say.

    Args:
        engine: the database's engine.
        options: what to imitate.

    Attributes:
        options: as given.
        is_patient: whether requests wait here; a server waits itself and sets it to False.
    """

    def __init__(self, engine: LocalEngine, options: RealismOptions) -> None:
        self.options = options
        self.is_patient = True
        self._random = random.Random(options.seed)
        self._engine = engine
        engine.vector_recall = options.vector_recall
        engine.vector_index_seconds = options.vector_index_seconds
        self._throttling = (
            Throttling(throughput=options.throughput, partitions=options.partitions)
            if options.throughput or options.partitions
            else None
        )
        self._replica = Replica(engine, options.lag_ms / 1000) if options.lag_ms else None

    def before(self, engine: LocalEngine, operation: str, request: dict[str, Any]) -> LocalEngine:
        """Return the engine that answers a request.

        Raises:
            Fault: the request is throttled, or drawn to fail.
        """
        if self.is_patient and (wait := self.delay_seconds(operation)):
            time.sleep(wait)
        self._draw_error(operation)
        if self._throttling is not None:
            self._throttling.check(engine, operation, request, engine.clock())
        if self._replica is not None and _is_eventual(engine, operation, request):
            copy = self._replica.engine()
            copy.vector_recall = engine.vector_recall
            return copy
        return engine

    def after(self, record: Metered) -> None:
        """Be told what a request consumed."""
        if self._throttling is not None:
            self._throttling.charge(record, self._engine.clock())

    def done(self, operation: str, body: bytes) -> None:
        """Be told of a request that was carried out."""
        if self._replica is not None:
            self._replica.note(operation, body)

    def delay_seconds(self, operation: str) -> float:
        """Draw how long the answer takes: log-normal through the two percentiles."""
        latency = self.options.latency.get(operation) or self.options.latency.get("*")
        if latency is None:
            return 0.0
        spread = math.log(latency.p99_ms / latency.p50_ms) / _P99
        return latency.p50_ms / 1000 * math.exp(self._random.gauss(0, spread))

    def close(self) -> None:
        """Drop the copy that lags."""
        if self._replica is not None:
            self._replica.close()

    def _draw_error(self, operation: str) -> None:
        rates = self.options.errors.get(operation, self.options.errors.get("*"))
        if not rates:
            return
        drawn = self._random.random()
        for name, rate in rates.items():
            if drawn < rate:
                kind: type[faults.Fault] = getattr(faults, name)
                raise kind(f"{name}, injected by the local engine's realism")
            drawn -= rate


def _is_eventual(engine: LocalEngine, operation: str, request: dict[str, Any]) -> bool:
    """Whether the service might answer a read from a copy that lags."""
    if operation == "BatchGetItem":
        requested = request.get("RequestItems")
        parts = requested.values() if isinstance(requested, dict) else ()
        return not any(isinstance(part, dict) and part.get("ConsistentRead") for part in parts)
    return operation in ("GetItem", "Query", "Scan", "SearchVectors") and not request.get(
        "ConsistentRead"
    )


def parse_options(options: Any) -> RealismOptions:
    """Return the options that a JSON object stands for.

    Raises:
        UsageError: an unknown member, or a value that makes no sense.

    Example:
        >>> parse_options({"lag_ms": 50, "errors": {"*": {"InternalServerError": 0.1}}}).lag_ms
        50
    """
    if not isinstance(options, dict):
        raise UsageError("realism is given as a JSON object", remedy='such as {"lag_ms": 100}')
    known = {each.name for each in fields(RealismOptions)}
    for name in options:
        _check_known(name, known, "realism option")
    for name in ("throughput", "partitions"):
        if not isinstance(options.get(name, False), bool):
            raise UsageError(f"`{name}` is true or false")
    if type(options.get("seed", 0)) is not int:
        raise UsageError("`seed` is a whole number")
    for name in ("lag_ms", "replica_lag_ms"):
        if not _is_number(options.get(name, 0)) or not 0 <= options.get(name, 0) <= 600_000:
            raise UsageError(f"`{name}` is a number of milliseconds, at most 600,000")
    recall = options.get("vector_recall")
    if recall is not None and not (_is_number(recall) and 0 < recall <= 1):
        raise UsageError("`vector_recall` is a share above 0 and up to 1")
    seconds = options.get("vector_index_seconds", 0)
    if not _is_number(seconds) or not 0 <= seconds <= 86_400:
        raise UsageError("`vector_index_seconds` is a number of seconds, at most 86,400")
    return RealismOptions(
        **{
            **options,
            "latency": {n: _latency(n, v) for n, v in _by_operation(options, "latency")},
            "errors": {n: _rates(n, v) for n, v in _by_operation(options, "errors")},
        }
    )


def _by_operation(options: dict[str, Any], member: str) -> list[tuple[str, Any]]:
    entries = options.get(member, {})
    if not isinstance(entries, dict):
        raise UsageError(f"`{member}` is an object by operation")
    for name in entries:
        _check_known(name, {"*", *operations.names()}, "operation")
    return list(entries.items())


def _latency(operation: str, entry: Any) -> Latency:
    if not isinstance(entry, dict) or set(entry) != {"p50_ms", "p99_ms"}:
        raise UsageError(f"`latency.{operation}` has p50_ms and p99_ms")
    if not all(map(_is_number, entry.values())) or not 0 < entry["p50_ms"] <= entry["p99_ms"]:
        raise UsageError(f"`latency.{operation}`: 0 < p50_ms <= p99_ms does not hold")
    return Latency(**entry)


def _rates(operation: str, entry: Any) -> dict[str, float]:
    if not isinstance(entry, dict):
        raise UsageError(f"`errors.{operation}` is an object of error names and rates")
    for name, rate in entry.items():
        _check_known(name, _ERRORS, "error")
        if not _is_number(rate) or not 0 <= rate <= 1:
            raise UsageError(f"`errors.{operation}.{name}` is a rate between 0 and 1")
    if sum(entry.values()) > 1:
        raise UsageError(f"the rates of `errors.{operation}` add up to more than 1")
    return dict(entry)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_known(name: str, known: Any, what: str) -> None:
    if name not in known:
        meant = nearest(name, known)
        hint = f"did you mean `{meant}`?" if meant else f"known: {', '.join(sorted(known))}"
        raise UsageError(f"`{name}` is not a known {what}", remedy=hint)


class Realistic(Protocol):
    """The part of a Database that realism changes."""

    engine: Any
    realism: Any


def change_realism(database: Realistic, content: Any) -> None:
    """Put other options into force; an empty object switches realism off.

    Raises:
        UsageError: the options make no sense; nothing is changed.
    """
    options = parse_options(content)
    old = database.realism
    new = RealismState(database.engine, options) if content else None
    if new is not None and old is not None:
        new.is_patient = old.is_patient
    database.realism = new
    database.engine.replica_lag_seconds = options.replica_lag_ms / 1000
    database.engine.vector_recall = options.vector_recall
    database.engine.vector_index_seconds = options.vector_index_seconds
    if isinstance(old, RealismState):
        old.close()


def describe_realism(database: Realistic) -> dict[str, Any]:
    """Return the options in force as a JSON object; empty when realism is off."""
    return asdict(database.realism.options) if isinstance(database.realism, RealismState) else {}
