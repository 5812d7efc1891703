"""Database: an embedded DynamoDB in one file or in memory. The one public class of the engine.

In: the name of an operation and its request, as the DynamoDB API defines them. Out: the reply, or a
`Fault` with the service's error type and message. It does not know HTTP or boto3 (see `server`,
`client`), prices or models.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from tablewright.local import operations
from tablewright.local.contributors import accesses, count, count_throttled
from tablewright.local.engine import REGION, LocalEngine
from tablewright.local.faults import (
    ConditionalCheckFailedException,
    Fault,
    InternalServerError,
    ResourceNotFoundException,
    SerializationException,
)
from tablewright.local.metering import Meter, Metered

if TYPE_CHECKING:
    from tablewright.local.policy import Policy


class Realism(Protocol):
    """What may slow down or refuse requests, as the service does; see `realism`."""

    def before(self, engine: LocalEngine, operation: str, request: dict[str, Any]) -> LocalEngine:
        """Return the engine that answers a request; may wait, or raise a Fault to refuse it."""
        ...

    def after(self, record: Metered) -> None:
        """Be told what a request consumed."""

    def done(self, operation: str, body: bytes) -> None:
        """Be told of a request that was carried out."""


class Database:
    """A DynamoDB-compatible database in this process.

    Args:
        path: the file that holds it, created if missing; None keeps everything in memory.
        durable: whether an acknowledged write also survives a power cut (slower).
        clock: seconds since the epoch; tests pass their own.
        realism: throttling, lag and injected errors; None means none.
        region: the region it stands for: ARNs name it, and error messages are worded as there.
        buckets: the folder whose folders stand for S3 buckets in exports and imports; by default
            beside the file, and none in memory.

    Raises:
        EngineError: the file is in use, damaged or of another version.

    Attributes:
        policies: the identity policies of the caller, which every request must pass; None (the
            default) may do what no policy of a table or stream denies.
        on_metered: called after every request with what it consumed, once per table.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        durable: bool = False,
        clock: Callable[[], float] = time.time,
        realism: Realism | None = None,
        buckets: str | Path | None = None,
        region: str = REGION,
    ) -> None:
        self.engine = LocalEngine(
            Path(path) if path is not None else None, durable=durable, clock=clock, region=region
        )
        if buckets is not None:
            self.engine.buckets = Path(buckets)
        self.realism = realism
        self.on_metered: Callable[[Metered], None] | None = None
        self.policies: tuple[Policy, ...] | None = None
        self.engine.on_background = self._report_background
        self.catch_up: Callable[[], None] | None = None
        """Called before and after a request where changes may be under way to other regions."""

    def call(
        self, operation: str, request: dict[str, Any], *, label: str | None = None
    ) -> dict[str, Any]:
        """Carry out one request given as a wire-form dict; return the reply as a dict.

        Args:
            operation: the name of the API operation, such as "PutItem".
            request: its parameters in wire form; not changed, not kept.
            label: whom the running bill charges (an access pattern, a test).

        Raises:
            Fault: the service would refuse the request.
        """
        reply: dict[str, Any] = orjson.loads(
            self.call_raw(operation, orjson.dumps(request), label=label)
        )
        return reply

    def call_raw(self, operation: str, body: bytes, *, label: str | None = None) -> bytes:
        """Carry out one request given as JSON bytes; return the JSON bytes of the reply.

        Raises:
            Fault: the service would refuse the request.
        """
        run = operations.find(operation)
        try:
            request = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise SerializationException() from None
        if not isinstance(request, dict):
            raise SerializationException("Start of structure or map found where not expected.")
        if self.catch_up is not None:
            self.catch_up()
        engine = self.engine
        realism = self.realism
        counted = accesses(engine, operation, request) if engine.contributors else ()
        if realism is not None:
            try:
                engine = realism.before(engine, operation, request)
            except Fault as fault:
                count_throttled(engine, counted, fault)
                raise
        if self.policies is not None or self.engine.carries_policies:
            self._authorize(operation, request)
        meter = Meter(operation, label, body)
        try:
            reply = orjson.dumps(run(engine, request, meter))
            if self.engine.undelivered:
                self.engine.hand_over()
            if counted:
                count(self.engine, counted)
            if realism is not None and operation != "StartBulkPutItems":  # done later
                realism.done(operation, body)
            return reply
        except Fault as fault:
            if counted and isinstance(fault, ConditionalCheckFailedException):
                count(self.engine, counted)
            raise
        except sqlite3.OperationalError as problem:
            if "no such table" in str(problem):  # dropped while the request waited for its turn
                raise ResourceNotFoundException("Requested resource not found") from None
            raise InternalServerError(f"the file cannot be used: {problem}") from problem
        except sqlite3.DatabaseError as problem:
            raise InternalServerError(f"the file is damaged: {problem}") from problem
        except Exception as problem:
            raise InternalServerError(f"{type(problem).__name__}: {problem}") from problem
        finally:
            if meter.tables:
                self.report(meter)
            if self.catch_up is not None:
                self.catch_up()

    def _authorize(self, operation: str, request: dict[str, Any]) -> None:
        """Refuse a request that the caller's policies and those of the tables do not allow."""
        from tablewright.local.access import ANYTHING, authorize

        policies = (ANYTHING,) if self.policies is None else self.policies
        authorize(self.engine, policies, operation, request)

    def group(self) -> contextlib.AbstractContextManager[None]:
        """Commit all writes of the block together, at its end: none is acknowledged before.

        A server runs all requests that wait in one group, and answers them after it.
        """
        return self.engine.store.group()

    def report(self, meter: Meter) -> None:
        """Tell the bill, and realism, what a request or a replicated write consumed."""
        if self.realism is None and self.on_metered is None:
            return
        for record in meter.records():
            if self.realism is not None:
                self.realism.after(record)
            if self.on_metered is not None:
                self.on_metered(record)

    def _report_background(self, meter: Meter) -> None:
        for record in meter.records():
            if self.on_metered is not None:
                self.on_metered(record)
        if self.realism is not None:
            self.realism.done(meter.operation, b"")

    def client(self, **options: Any) -> Any:
        """Return a boto3 DynamoDB client that talks to this database without a socket."""
        return import_module("tablewright.local.client").make_client(self, **options)

    def resource(self, **options: Any) -> Any:
        """Return a boto3 DynamoDB resource that talks to this database without a socket."""
        return import_module("tablewright.local.client").make_resource(self, **options)

    def aio_client(self, **options: Any) -> Any:
        """Return an asynchronous context manager of an aiobotocore client of this database."""
        return import_module("tablewright.local.client").make_aio_client(self, **options)

    def copy_to(self, path: str | Path) -> None:
        """Write everything there is, as of one moment, to a new file of the same kind."""
        self.engine.store.copy_to(Path(path))

    def close(self) -> None:
        """Stop the background work and close the file; the database cannot be used afterwards."""
        self.engine.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
