"""A DynamoDB with the tables of one design: the engine in process, an endpoint, Amazon's own.

In: the doors of `evaluation.doors`. Out: the same. What is sent goes through one transport that
repeats what was throttled; provisioning, routes and items each have a module of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import Any

from tablewright.bill.rates import Rates
from tablewright.capacity.limits import MAX_BATCH_WRITE_ITEMS, NEW_TABLE_READ_UNITS
from tablewright.core.backoff import Backoff
from tablewright.core.errors import EngineError
from tablewright.core.quantities import ZERO
from tablewright.engines.dynamodb import streams
from tablewright.engines.dynamodb.auto_scaling import (
    ONLY_AMAZON,
    ScalingTarget,
    apply_scaling,
    scaling_targets,
)
from tablewright.engines.dynamodb.backups import TableBackups
from tablewright.engines.dynamodb.codec import DynamoCodec
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.health.examination import TableExamination, quotas_of
from tablewright.engines.dynamodb.lacking import lacking
from tablewright.engines.dynamodb.observation import answer_of, foreign, observe
from tablewright.engines.dynamodb.provisioning import (
    TableAction,
    apply_action,
    apply_down,
    plan_up,
    removal,
)
from tablewright.engines.dynamodb.running import RouteRunner
from tablewright.engines.dynamodb.transport import (
    CountingTransport,
    LocalTransport,
    RequestFailedError,
    RetryingTransport,
    Transport,
)
from tablewright.evaluation.doors import (
    ChangeRecord,
    Consumption,
    Observed,
    Outcome,
    Progress,
    ProvisionPlan,
    ProvisionStep,
    Record,
    RecordRefusedError,
    Scratch,
)
from tablewright.evaluation.health import Examination, Observations
from tablewright.evaluation.values import Evaluation, Route
from tablewright.local.realism import change_realism
from tablewright.model.values import Model, Pattern
from tablewright.sample.calls import Call

SLOW = frozenset({"GlobalSecondaryIndexUpdates", "ReplicaUpdates"})
"""Parameters of UpdateTable that make it read all that a table holds."""

MOST_NAME = 255
"""Characters of a table's name: API reference, CreateTable."""


class DynamoAdapter:
    """The tables of a design on a DynamoDB."""

    recovery_commands: tuple[tuple[str, str], ...] = ()

    def __init__(
        self,
        model: Model,
        design: DynamoDesign,
        transport: Transport,
        *,
        codec: DynamoCodec | None = None,
        units_per_second: Decimal | None = None,
        announcement: str = "",
        is_amazon: bool = False,
        scaling: Callable[[], Any] | None = None,
        removes: Callable[[], None] | None = None,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Work through a transport.

        Args:
            model: the model.
            design: the design.
            transport: reaches the database.
            codec: how instances are stored, other than plainly.
            units_per_second: a limit on the write units that bulk writes consume.
            announcement: whose account it is; "" where nobody says.
            is_amazon: whether it is Amazon DynamoDB itself.
            scaling: opens the client of auto-scaling; None where there is no such service.
            removes: removes the engine's files, called on closing once no table is left.
            sleep: pauses.
            clock: seconds.
        """
        self.model, self.design = model, design
        self.codec = codec or DynamoCodec(model, design)
        self._counting = CountingTransport(transport)
        self.transport = RetryingTransport(self._counting, sleep)
        self.units_per_second = units_per_second
        self.announcement, self._is_amazon = announcement, is_amazon
        self._scaling, self._removes = scaling, removes
        self._has_destroyed = False
        keeps_values = self.codec.keeps_values
        self._runner = RouteRunner(model, design, self.transport, keeps_values=keeps_values)
        self._unprocessed = 0
        self._sleep = sleep or time.sleep
        self._clock = clock
        self._is_fork = False
        self._started: float | None = None
        self._written_units = ZERO

    @property
    def description(self) -> str:
        """Where requests go."""
        return self.transport.description

    @property
    def is_local(self) -> bool:
        """Whether it is the engine in this process."""
        return self.transport.is_local

    @property
    def stands_in(self) -> bool:
        """Whether it is another program than Amazon's: no account is charged."""
        return not self._is_amazon

    @property
    def chunk(self) -> int:
        """Instances of one kind of item that fill a batch."""
        return MAX_BATCH_WRITE_ITEMS

    @property
    def throttled(self) -> int:
        """How often requests, or items of a batch, were refused for want of capacity."""
        return self.transport.throttled + self._unprocessed

    # ------------------------------------------------------------ tables

    def describe(self) -> Mapping[str, Observed]:
        """Return the tables of the design that exist."""
        tables = observe(self.transport, [table.name for table in self.design.tables])
        strange = foreign(self.model, tables)
        return {
            name: Observed(
                name=name,
                state=table.status.lower(),
                records=table.items,
                bytes=table.bytes,
                indexes={
                    index: str(described.get("IndexStatus", "ACTIVE")).lower()
                    for index, described in table.indexes.items()
                },
                definition=table.description,
                is_foreign=name in strange,
                mode=table.mode,
                ttl=table.ttl or "",
                pitr=table.pitr,
                settings=table.settings,
            )
            for name, table in tables.items()
        }

    def plan_provision(self, *, adopt: bool = False) -> ProvisionPlan:
        """Return the operations from the tables that exist to those of the design."""
        observed = observe(self.transport, [table.name for table in self.design.tables])
        plan = plan_up(self.model, self.design, observed, adopt=adopt)
        targets = scaling_targets(self.design)
        has_scaling = self._scaling is not None
        return ProvisionPlan(
            steps=tuple(map(_step, plan.actions)),
            refused=plan.refused,
            beyond=plan.beyond,
            repeated=tuple(map(_scaling_step, targets)) if has_scaling else (),
            not_offered=()
            if has_scaling
            else tuple(f"auto-scaling of {target}: {ONLY_AMAZON}" for target in targets),
        )

    def provision(self, step: ProvisionStep, say: Progress) -> str:
        """Send one operation, and wait until the table is ready."""
        action = step.statement
        if isinstance(action, ScalingTarget):
            assert self._scaling is not None
            apply_scaling((action,), self._scaling(), say)
            return ""
        assert isinstance(action, TableAction)
        return apply_action(action, self.transport, say, sleep=self._sleep)

    def destroy(self, names: Sequence[str], say: Progress) -> None:
        """Delete tables, and wait until they are gone."""
        observed = observe(self.transport, names)
        actions = [action for table in observed.values() for action in removal(table)]
        apply_down(actions, self.transport, say, sleep=self._sleep)
        self._has_destroyed = True

    # ------------------------------------------------------------ items

    def bulk_write(self, records: Iterable[Record]) -> int:
        """Put items in batches of 25; return how many.

        Raises:
            RecordRefusedError: one of the items cannot be stored.
            EngineError: the database refused, or kept throttling.
        """
        return self._batches((r.container, {"PutRequest": {"Item": r.content}}) for r in records)

    def remove(self, records: Iterable[Record]) -> int:
        """Delete the items under the keys of records in batches of 25; return how many keys.

        Raises:
            EngineError: the database refused, or kept throttling.
        """
        return self._batches(
            (r.container, {"DeleteRequest": {"Key": self._key_of(r)}}) for r in records
        )

    def _key_of(self, record: Record) -> dict[str, Any]:
        return {name: record.content[name] for name in self.design.table(record.container).keys}

    def _batches(self, writes: Iterable[tuple[str, dict[str, Any]]]) -> int:
        written = 0
        remaining = iter(writes)
        while batch := list(islice(remaining, MAX_BATCH_WRITE_ITEMS)):
            requests: dict[str, Any] = {}
            for container, write in batch:
                requests.setdefault(container, []).append(write)
            self._put(requests)
            written += len(batch)
        return written

    def _put(self, requests: dict[str, Any]) -> None:
        if self._started is None:
            self._started = self._clock()
        backoff = self.transport.backoff()
        while requests:
            self.transport.begin()
            try:
                reply = self.transport.send("BatchWriteItem", {"RequestItems": requests})
            except RequestFailedError as failed:
                if failed.is_retryable:
                    raise _no_capacity(requests) from failed
                missing = failed.code == "ResourceNotFoundException"
                if failed.is_of_all or failed.is_forbidden or missing:
                    raise
                raise RecordRefusedError(failed.message, remedy=failed.remedy) from failed
            self._written_units += sum((c.units for c in reply.consumed), ZERO)
            unprocessed = reply.body.get("UnprocessedItems") or {}
            if unprocessed:
                self._pause(requests, unprocessed, backoff)
            requests = unprocessed
        self._respect_limit()

    def _pause(self, sent: dict[str, Any], unprocessed: dict[str, Any], backoff: Backoff) -> None:
        self._unprocessed += 1
        if sum(map(len, unprocessed.values())) < sum(map(len, sent.values())):
            backoff.reset()
        if not backoff.wait():
            raise _no_capacity(unprocessed)

    def _respect_limit(self) -> None:
        """Wait until what was written is within the limit of units a second."""
        if not self.units_per_second or self._started is None:
            return
        seconds = float(self._written_units / self.units_per_second)
        due = seconds - (self._clock() - self._started)
        if due > 0:
            self._sleep(due)

    def stored(self, record: Record) -> Mapping[str, Any] | None:
        """Return the item under the key of a record, read consistently."""
        table = self.design.table(record.container)
        key = self._key_of(record)
        reply = self.transport.send(
            "GetItem", {"TableName": table.name, "Key": key, "ConsistentRead": True}
        )
        item: Mapping[str, Any] | None = reply.body.get("Item")
        return item

    def run(self, route: Route, call: Call, *, is_metered: bool = True) -> Outcome:
        """Run one access pattern once; what it consumed comes with every reply."""
        return self._runner.run(route, call)

    def cannot_run(self, pattern: Pattern) -> str:
        """Return nothing: what a design serves is run."""
        return ""

    def lacks(self, route: Route, pattern: Pattern, known: frozenset[str]) -> frozenset[str]:
        """Return what the keys, index keys, guards and pointers of a write are made of."""
        return lacking(self.model, self.design, route, pattern, known)

    def plan_of(self, call: Call) -> str:
        """Return nothing: a request names its index itself."""
        return ""

    def limit_throughput(self) -> str:
        """Let the local engine throttle as DynamoDB does, from now on; its time begins to move."""
        transport = self._counting.inner
        if not isinstance(transport, LocalTransport):
            return ""
        database, started = transport.database, time.monotonic()
        stopped = database.engine.clock()
        database.engine.clock = lambda: stopped + time.monotonic() - started
        change_realism(database, {"throughput": True, "partitions": True})
        return (
            "the local engine throttles as DynamoDB documents it: provisioned capacity with "
            "burst, new on-demand tables at 4,000 write and 12,000 read units a second, partitions "
            "at 1,000 and 3,000"
        )

    def fork(self) -> DynamoAdapter:
        """Return an adapter with counters of its own; a boto3 client may be shared."""
        inner = self._counting.inner
        transport = inner.fork() if isinstance(inner, LocalTransport) else inner
        forked = DynamoAdapter(self.model, self.design, transport, codec=self.codec)
        forked._is_fork = True
        return forked

    def splits(self, container: str, most: int) -> Sequence[Any]:
        """Return the segments of a parallel scan: number, and of how many."""
        return [[number, most] for number in range(most)]

    def scan(
        self, container: str, *, split: Any = None, after: Any = None
    ) -> Iterator[tuple[Any, Sequence[Mapping[str, Any]]]]:
        """Yield pages of items, each with the key to resume after it."""
        parameters: dict[str, Any] = {"TableName": container}
        if split is not None:
            parameters |= {"Segment": split[0], "TotalSegments": split[1]}
        while True:
            if after is not None:
                parameters["ExclusiveStartKey"] = after
            body = self.transport.send("Scan", parameters).body
            after = body.get("LastEvaluatedKey")
            yield after, body.get("Items", [])
            if after is None:
                return

    def read_capacity(self, container: str) -> Decimal | None:
        """Return the read units a second of a table: provisioned, or of a new on-demand one."""
        body = self.transport.send("DescribeTable", {"TableName": container}).body
        units = body["Table"].get("ProvisionedThroughput", {}).get("ReadCapacityUnits", 0)
        return Decimal(units or NEW_TABLE_READ_UNITS)

    def follow_from(self, containers: Sequence[str]) -> str:
        """Return the position of now in the streams of tables.

        Raises:
            UnsupportedError: a table has no stream, or one without old images.
        """
        return streams.position_of_now(self.transport, containers)

    def changes(self, containers: Sequence[str], after: str) -> Iterator[ChangeRecord]:
        """Yield what the streams of tables hold since a position.

        Raises:
            EngineError: it is more than a day ago.
        """
        return streams.changes(self.transport, containers, after)

    def stop_following(self, position: str) -> None:
        """Do nothing: a stream keeps its records for a day whoever reads them."""

    def examine(
        self, evaluation: Evaluation, observations: Observations, rates: Rates
    ) -> Examination:
        """Return what is wrong with the tables, by their settings and CloudWatch."""
        denied: list[str] = []
        tables = observe(self.transport, [table.name for table in self.design.tables], denied)
        quotas = quotas_of(answer_of(self.transport, "DescribeLimits", {}, denied))
        examination = TableExamination(evaluation, tables, observations, rates).run(quotas)
        refused = tuple((right, "the right is missing") for right in dict.fromkeys(denied))
        facts = (("account", self.announcement),) if self.announcement else ()
        return replace(
            examination,
            unchecked=(*examination.unchecked, *observations.refused, *refused),
            facts=(*facts, *examination.facts),
        )

    def backups(self) -> TableBackups:
        """Return the service's own backups of the tables."""
        tables = [table.name for table in self.design.tables]
        return TableBackups(self.transport, tables, self._sleep)

    def scratch(self, label: str) -> Scratch:
        """Return tables of other names, none of which exists yet."""
        names = {table.name: f"{label}-{table.name}"[:MOST_NAME] for table in self.design.tables}
        tables = tuple(replace(table, name=names[table.name]) for table in self.design.tables)
        design = replace(self.design, tables=tables)
        adapter = DynamoAdapter(self.model, design, self._counting.inner, sleep=self._sleep)
        return Scratch(
            design=design,
            adapter=adapter,
            names=names,
            place=f"{self.description}, tables {label}-…",
            remove=lambda say: adapter.destroy(list(names.values()), say),
        )

    def consumed(self) -> tuple[Consumption, ...]:
        """Return the units consumed since it was opened, by table and index."""
        return self._counting.consumed()

    def close(self) -> None:
        """Close the engine in this process, and remove its files where no table is left."""
        if self._is_fork:
            return
        inner = self.transport.inner
        while not isinstance(inner, LocalTransport):
            if not hasattr(inner, "inner"):
                return
            inner = inner.inner
        is_empty = self._has_destroyed and not inner.database.call("ListTables", {})["TableNames"]
        inner.database.close()
        if is_empty and self._removes is not None:
            self._removes()


def _step(action: TableAction) -> ProvisionStep:
    return ProvisionStep(
        text=action.text,
        container=action.table,
        operation=action.operation,
        parameters=action.parameters,
        statement=action,
        destroys=action.destroys,
        is_slow=bool(SLOW & action.parameters.keys()),
        marks=action.marks,
    )


def _scaling_step(target: ScalingTarget) -> ProvisionStep:
    return ProvisionStep(
        text=str(target),
        container=target.resource_id.split("/")[1],
        operation="PutScalingPolicy",
        parameters=target.policy,
        statement=target,
    )


def _no_capacity(requests: Mapping[str, Any]) -> EngineError:
    return EngineError(
        f"{', '.join(requests)} keeps refusing writes for want of capacity",
        remedy="raise its capacity or seed more slowly (--units-per-second), then repeat: seeding "
        "goes on where it stopped",
    )
