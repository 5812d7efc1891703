"""A MongoDB database with the collections of one design.

In: the doors of `evaluation.doors`. Out: the same. Operations come from `statements`, what exists
is compared in `provisioning`, what an operation took is read from explain by `explaining`.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from tablewright.bill.rates import Rates
from tablewright.core.backoff import Backoff
from tablewright.core.errors import EngineError, UnsupportedError, UsageError
from tablewright.engines.mongodb import explaining, provisioning, streams
from tablewright.engines.mongodb.bson_values import from_bson, to_bson
from tablewright.engines.mongodb.codec import MongoCodec
from tablewright.engines.mongodb.design import MongoDesign
from tablewright.engines.mongodb.dumps import MOMENTS, CollectionDumps
from tablewright.engines.mongodb.examination import DeploymentExamination
from tablewright.engines.mongodb.positions import id_range, position_text
from tablewright.engines.mongodb.statements import Operation, OperationBuilder, identifying
from tablewright.engines.mongodb.targets import ReachedMongo
from tablewright.engines.servers.parts import run_parts
from tablewright.evaluation.doors import (
    CallFailedError,
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
from tablewright.model.values import Model, Pattern, Verb
from tablewright.sample.calls import Call, Row

if TYPE_CHECKING:
    from pymongo.client_session import ClientSession

CHUNK = 500
"""Instances of a kind that are inserted at once."""
EXPLAINED = 25
"""Calls of a pattern whose plan is asked for."""
PAGE = 1_000
MOST_DATABASE = 63
"""Bytes of a database's name: MongoDB manual, "MongoDB Limits and Thresholds"."""
DUPLICATE_KEY = 11000
UNAUTHORIZED = 13
OUT_OF_DISK_SPACE = 14031
ROLES = ("readWrite", "dbAdmin")
"""What `up` needs: MongoDB manual, "Built-In Roles"; collMod is of the second."""
NOT_OFFERED = (
    "not supported",
    "not implemented",
    "unsupported",
    "unknown index",
    "cannot create index",
)

T = TypeVar("T")


class NoDocumentMatchedError(Exception):
    """A write found no document that meets its condition: its transaction is aborted."""


class MongoAdapter:
    """The collections of a design in a MongoDB database."""

    chunk = CHUNK
    recovery_commands: tuple[tuple[str, str], ...] = MOMENTS

    def __init__(self, model: Model, design: MongoDesign, reached: ReachedMongo) -> None:
        self.model, self.design = model, design
        self.codec = MongoCodec(model, design)
        self.units_per_second: Decimal | None = None
        self._reached = reached
        self.throttled = 0
        self.is_local, self.stands_in = reached.is_local, reached.is_embedded
        name = reached.database or design.database_for(model.app)
        self.description = f"{reached.description}, database {name}"
        self.announcement = "" if self.is_local else self.description
        self._client = reached.client
        self._database = reached.client[name]
        self._is_embedded = reached.is_embedded
        self._keeps_expired = reached.keeps_expired
        self._close = reached.close
        self._builder = OperationBuilder(model, design, self.codec)
        self._explained: Counter[str] = Counter()

    # ------------------------------------------------------------ collections

    def _observed(self) -> dict[str, provisioning.ObservedCollection]:
        names = {collection.name for collection in self.design.collections}
        return _asked(partial(provisioning.observe, self._database, names))

    def describe(self) -> Mapping[str, Observed]:
        """Return the collections of the design that exist."""
        return {
            name: Observed(
                name=name,
                records=_asked(partial(self._database[name].count_documents, {})),
                indexes=dict.fromkeys(collection.indexes, "active"),
                definition={
                    "validator": collection.validator,
                    "indexes": list(collection.indexes.values()),
                },
                is_foreign=collection.is_foreign(self.model.app),
            )
            for name, collection in self._observed().items()
        }

    def plan_provision(self, *, adopt: bool = False) -> ProvisionPlan:
        """Return the commands from the collections that exist to those of the design."""
        return provisioning.plan(self.model, self.design, self._observed(), adopt=adopt)

    def provision(self, step: ProvisionStep, say: Progress) -> str:
        """Run one command; an index that the embedded server does not know is passed by."""
        command = to_bson(step.statement)
        if self._keeps_expired:
            for index in command.get("indexes", ()):
                index.pop("expireAfterSeconds", None)
        try:
            _asked(partial(self._command, command))
        except EngineError as problem:
            is_index = "createIndexes" in step.statement
            text = problem.message.lower()
            if self._is_embedded and is_index and any(mark in text for mark in NOT_OFFERED):
                return f"{step.text}: the embedded server does not offer it"
            raise
        return ""

    def _command(self, command: dict[str, Any]) -> Any:
        """Run a command with the client's own way to write UUIDs, which is not the default."""
        options = self._database.codec_options
        return self._database.command(command, codec_options=options)

    def destroy(self, names: Sequence[str], say: Progress) -> None:
        """Drop collections."""
        for name in names:
            say(f"drop {name}")
            _asked(partial(self._database.drop_collection, name))

    # ------------------------------------------------------------ documents

    def bulk_write(self, records: Iterable[Record]) -> int:
        """Insert documents; those of the same `_id` are replaced.

        Raises:
            EngineError: the server refused or went away; what was acknowledged is kept.
        """
        written = 0
        started = time.monotonic()
        for container, group in groupby(records, key=lambda record: record.container):
            documents = [to_bson(record.content) for record in group]
            _asked(partial(self._insert, container, documents))
            written += len(documents)
        if self.units_per_second:
            due = written / float(self.units_per_second) - (time.monotonic() - started)
            time.sleep(max(0.0, due))
        return written

    def _insert(self, container: str, documents: Sequence[Mapping[str, Any]]) -> None:
        from pymongo import ReplaceOne
        from pymongo.errors import BulkWriteError

        collection = self._database[container]
        try:
            collection.insert_many(list(documents), ordered=False)
        except BulkWriteError as failed:
            problems = failed.details.get("writeErrors", ())
            other_problems = [p for p in problems if p.get("code") != DUPLICATE_KEY]
            if other_problems:
                raise RecordRefusedError(
                    f"{container} refuses a document: "
                    f"{other_problems[0].get('errmsg', 'no reason given')}"
                ) from failed
            # they were written before an interruption: put what came in their place
            again = [documents[problem["index"]] for problem in problems]
            try:
                collection.bulk_write(
                    [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in again]
                )
            except BulkWriteError as repeated:
                errors = repeated.details.get("writeErrors", ())
                reason = errors[0].get("errmsg", "no reason given") if errors else str(repeated)
                raise RecordRefusedError(f"{container} refuses a document: {reason}") from repeated

    def remove(self, records: Iterable[Record]) -> int:
        """Delete the documents under the `_id` of records; return how many keys these were.

        Raises:
            EngineError: the server refused or went away.
        """
        removed = 0
        for container, group in groupby(records, key=lambda record: record.container):
            keys = [to_bson(record.content["_id"]) for record in group]
            collection = self._database[container]
            _asked(partial(collection.delete_many, {"_id": {"$in": keys}}))
            removed += len(keys)
        return removed

    def read_capacity(self, container: str) -> Decimal | None:
        """Return None: a server counts no units."""
        return None

    def stored(self, record: Record) -> Mapping[str, Any] | None:
        """Return the document under the `_id` of a record."""
        key = to_bson({"_id": record.content["_id"]})
        document = _asked(partial(self._database[record.container].find_one, key))
        return None if document is None else from_bson(document)

    def splits(self, container: str, most: int) -> Sequence[Any]:
        """Return ranges of `_id` of about equal size: the first, and the first after the last."""
        documents = _asked(partial(self._database[container].count_documents, {}))
        steps = sorted({documents * number // most for number in range(1, most)} - {0})
        ends = [
            None,
            *(position_text(each) for step in steps for each in self._id_at(container, step)),
        ]
        return [list(pair) for pair in zip(ends, [*ends[1:], None], strict=True)]

    def _id_at(self, container: str, place: int) -> list[Any]:
        """Return the `_id` at a place of their order, if there is one: walks their index only."""
        cursor = self._database[container].find({}, {"_id": 1}, sort=[("_id", 1)], skip=place)
        return [document["_id"] for document in _asked(partial(_page, cursor.limit(1)))]

    def scan(
        self, container: str, *, split: Any = None, after: Any = None
    ) -> Iterator[tuple[Any, Sequence[Mapping[str, Any]]]]:
        """Yield pages of documents in the order of their `_id`, by one cursor."""
        first, end = split or (None, None)
        condition = id_range(after, first, end)
        cursor = self._database[container].find(condition, sort=[("_id", 1)], batch_size=PAGE)
        while page := _asked(partial(_page, cursor)):
            yield position_text(page[-1]["_id"]), [from_bson(document) for document in page]
        yield None, []

    def follow_from(self, containers: Sequence[str]) -> str:
        """Return the token of the change stream as it is now.

        Raises:
            UnsupportedError: the server is no replica set.
        """
        return _asked(partial(streams.position_of_now, self._database))

    def changes(self, containers: Sequence[str], after: str) -> Iterator[ChangeRecord]:
        """Yield the changes since a token, until none is left."""
        yield from streams.changes(self._database, containers, after)

    def stop_following(self, position: str) -> None:
        """Do nothing: a server keeps its log of operations whoever reads it."""

    # ------------------------------------------------------------ calls

    def run(self, route: Route, call: Call, *, is_metered: bool = True) -> Outcome:
        """Run the operations of a call; of the first metered ones the plan is asked for too."""
        if route.parts:
            return run_parts(route, call, partial(self.run, is_metered=is_metered))
        try:
            operations = self._builder.build(call)
        except UnsupportedError as problem:
            raise CallFailedError(str(problem), Outcome()) from problem
        name = call.pattern.name
        consumed: tuple[Consumption, ...] | None = None
        access = ""
        if is_metered and self._explained[name] < EXPLAINED:
            self._explained[name] += 1
            consumed, access = self._explain(operations)
        backoff, requests = Backoff(), 0
        started = time.perf_counter()
        while True:
            requests += len(operations)
            outcome = self._try(operations, requests, backoff.attempt)
            if outcome is not None or not backoff.wait():
                break
        if outcome is not None and not outcome.is_condition_met:
            outcome = replace(outcome, is_missing=self._is_missing(call))
        if outcome is None:
            raise CallFailedError(f"{name} met other transactions again and again", Outcome())
        rows, position = _page_of(outcome.rows, call)
        return Outcome(
            rows=rows,
            position=position,
            is_missing=outcome.is_missing,
            is_condition_met=outcome.is_condition_met,
            message=outcome.message,
            consumed=consumed,
            requests=requests,
            retries=backoff.attempt,
            seconds=time.perf_counter() - started,
            access=access,
        )

    def _is_missing(self, call: Call) -> bool:
        """Whether an instance that a refused write speaks of is not there."""
        for each in call.parts or call.all:
            if each.must_exist and each.pattern.verb is not Verb.PUT:
                operation = self._builder.existence(each)
                if operation is None:
                    continue
                find = self._database[operation.collection].find_one
                if _asked(partial(find, to_bson(operation.arguments[0]))) is None:
                    return True
        return False

    def cannot_run(self, pattern: Pattern) -> str:
        """Say why this server does not run a pattern that the design serves; "" where it does."""
        if self._is_embedded and pattern.verb is Verb.SIMILAR:
            return "the embedded MongoDB has no vector search; MongoDB Atlas has"
        return ""

    def lacks(self, route: Route, pattern: Pattern, known: frozenset[str]) -> frozenset[str]:
        """Return what names the document of a write and its caller does not know."""
        if not (pattern.verb.is_write or pattern.verb is Verb.CHECK):
            return frozenset()
        entity = self.model.entity(pattern.entity)
        names = identifying(entity, pattern)
        if entity.name in self.codec.embedded:
            names = entity.key
        return frozenset(names) - known

    def plan_of(self, call: Call) -> str:
        """Return the winning plan of each operation of a call that finds documents."""
        lines: list[str] = []
        for operation in self._builder.build(call):
            command = _command(operation)
            if command is not None:
                explain = {"explain": to_bson(command), "verbosity": "queryPlanner"}
                reply = from_bson(_asked(partial(self._command, explain)))
                lines += explaining.plan_lines(reply)
        return "\n".join(lines)

    def limit_throughput(self) -> str:
        """Return nothing: a server takes what it can."""
        return ""

    def fork(self) -> MongoAdapter:
        """Return an adapter with the same client, which threads share."""
        return MongoAdapter(self.model, self.design, replace(self._reached, close=_nothing))

    def _try(self, operations: Sequence[Operation], requests: int, retries: int) -> Outcome | None:
        """Run operations, several in one transaction; None where another one was in the way."""
        from pymongo import errors

        try:
            if len(operations) == 1:
                return Outcome(rows=self._run(operations[0], None))
            with self._client.start_session() as session, session.start_transaction():
                for operation in operations:
                    self._run(operation, session)
            return Outcome()
        except NoDocumentMatchedError as failed:
            message = f"no document met the condition of {failed}"
            return Outcome(is_condition_met=False, message=message)
        except errors.DuplicateKeyError as failed:
            return Outcome(is_condition_met=False, message=_reason(failed))
        except (errors.AutoReconnect, errors.ServerSelectionTimeoutError) as problem:
            raise _unreachable(problem) from problem
        except errors.PyMongoError as problem:
            if problem.has_error_label("TransientTransactionError"):
                return None
            outcome = Outcome(requests=requests, retries=retries)
            raise CallFailedError(_reason(problem), outcome) from problem

    def _run(self, operation: Operation, session: ClientSession | None) -> tuple[Row, ...]:
        collection = self._database[operation.collection]
        method = getattr(collection, operation.method)
        arguments = [to_bson(argument) for argument in operation.arguments]
        options = dict(operation.options)
        if self._is_embedded and operation.method == "find" and _has_upper_bound(arguments[0]):
            options["hint"] = [("$natural", 1)]
        reply = method(*arguments, **options, session=session)
        if operation.is_read:
            return self._rows(operation, reply)
        if operation.needs_match:
            matched = getattr(reply, "matched_count", None)
            matched = getattr(reply, "deleted_count", None) if matched is None else matched
            if operation.method == "find_one":
                matched = reply is not None
            if operation.method != "insert_one" and not matched:
                raise NoDocumentMatchedError(operation.text[:200])
        return ()

    def _rows(self, operation: Operation, documents: Iterable[Any]) -> tuple[Row, ...]:
        collection = self.design.collection(operation.collection)
        entity = self.model.entity(collection.entity)
        rows: list[Row] = []
        for raw in documents:
            document = from_bson(raw)
            row = self.codec.row(entity, document)
            if operation.embed is not None:
                child = self.model.entity(operation.embed.entity)
                element = document[operation.embed.attribute]
                if operation.embed.as_map:
                    element = element["v"]
                key = {name: row[name] for name in entity.key if name in row}
                row = {**key, **self.codec.row(child, element)}
            rows.append(row)
        return tuple(rows)

    def _explain(
        self, operations: Sequence[Operation]
    ) -> tuple[tuple[Consumption, ...] | None, str]:
        """Ask for the plans of operations; (None, "") where the server does not say."""
        from pymongo import errors

        uses: list[Consumption] = []
        access = ""
        for operation in operations:
            command = _command(operation)
            if command is None:
                continue
            explain = {"explain": to_bson(command), "verbosity": "executionStats"}
            try:
                reply = from_bson(self._command(explain))
            except errors.PyMongoError:
                return None, ""
            more = explaining.consumption(reply, operation.collection)
            if more is None:
                return None, ""
            uses += more
            access = access or explaining.access_path(reply, operation.collection)
        return tuple(uses), access

    def examine(
        self, evaluation: Evaluation, observations: Observations, rates: Rates
    ) -> Examination:
        """Return what is wrong with the server and the collections, by its statistics."""
        examination = DeploymentExamination(
            self._database,
            self.design,
            evaluation,
            is_embedded=self._is_embedded,
            is_encrypted=self._reached.is_encrypted,
        )
        return _asked(examination.run)

    def backups(self) -> CollectionDumps:
        """Return dumps of BSON, as mongodump writes them."""
        names = [collection.name for collection in self.design.collections]
        return CollectionDumps(self._database, names)

    def scratch(self, label: str) -> Scratch:
        """Return another database of the server; it exists once something is written.

        Raises:
            UsageError: the server has a database of that name: removing it would remove more.
        """
        name = label.replace(".", "_").replace(" ", "_")[:MOST_DATABASE]
        if _asked(self._client[name].list_collection_names):
            raise UsageError(
                f"the database {name} exists already: nothing is overwritten",
                remedy="choose another place with --into",
            )
        reached = ReachedMongo(
            client=self._client,
            database=name,
            description=self.description.rpartition(", database ")[0],
            is_local=self.is_local,
            is_embedded=self._is_embedded,
            keeps_expired=True,
            close=lambda: None,
        )
        adapter = MongoAdapter(self.model, self.design, reached)

        def remove(say: Progress) -> None:
            say(f"drop the database {name}")
            _asked(partial(self._client.drop_database, name))

        return Scratch(
            design=self.design,
            adapter=adapter,
            names={"": name},
            place=adapter.description,
            remove=remove,
        )

    def consumed(self) -> tuple[Consumption, ...]:
        """Return nothing: requests are not charged."""
        return ()

    def close(self) -> None:
        """Close the client, and end the embedded server."""
        self._close()


def _nothing() -> None:
    """Close nothing: the client belongs to another adapter."""


def _page_of(rows: tuple[Row, ...], call: Call) -> tuple[tuple[Row, ...], int | None]:
    """Return the rows of a page, and where the next begins if one more came than asked for."""
    limit = call.pattern.limit
    if not call.is_page or limit is None or len(rows) <= limit:
        return rows, None
    return rows[:limit], int(call.resume or 0) + limit


def _page(cursor: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the next documents: as many as have, with what is embedded in them, `PAGE` parts."""
    page: list[dict[str, Any]] = []
    parts = 0
    for document in cursor:
        page.append(document)
        parts += 1 + sum(len(v) for v in document.values() if isinstance(v, list | dict))
        if parts >= PAGE:
            break
    return page


def _has_upper_bound(condition: Mapping[str, Any]) -> bool:
    """Whether a filter has an inclusive upper bound.

    SecantusDB 0.7.0b3 loses the entries that are equal to it where more keys follow in the index:
    such a list is read by a scan there. A MongoDB server needs no such thing.
    """
    return any(isinstance(value, dict) and "$lte" in value for value in condition.values())


def _command(operation: Operation) -> dict[str, Any] | None:
    """Return the command whose plan says how an operation finds its documents."""
    if operation.method == "aggregate":
        return {
            "aggregate": operation.collection,
            "pipeline": operation.arguments[0],
            "cursor": {},
        }
    condition = operation.filter
    if condition is None:
        return None
    command: dict[str, Any] = {"find": operation.collection, "filter": condition}
    for name in ("projection", "limit", "collation"):
        if name in operation.options:
            command[name] = operation.options[name]
    if "sort" in operation.options:
        command["sort"] = dict(operation.options["sort"])
    return command


def _asked(ask: Callable[[], T]) -> T:
    """Return an answer of the server.

    Raises:
        EngineError: it refused or went away; the message names the cause and the way out.
    """
    from pymongo import errors

    try:
        return ask()
    except (errors.AutoReconnect, errors.ServerSelectionTimeoutError) as problem:
        raise _unreachable(problem) from problem
    except errors.OperationFailure as problem:
        if problem.code == UNAUTHORIZED:
            raise missing_right(_reason(problem)) from problem
        if problem.code == OUT_OF_DISK_SPACE:
            raise EngineError(
                f"the server's disk is full: {_reason(problem)}",
                remedy="make room, then repeat: what was acknowledged is there",
            ) from problem
        raise EngineError(f"MongoDB refused: {_reason(problem)}") from problem
    except errors.PyMongoError as problem:
        raise EngineError(f"MongoDB refused: {_reason(problem)}") from problem


def missing_right(reason: str) -> EngineError:
    """Return the error that names the right that is missing, and the command that grants it.

    Example:
        >>> missing_right("not authorized on shop to execute command { collMod: 1 }").remedy[:57]
        'have an administrator run: db.grantRolesToUser(…, [{role:'
    """
    remedy = "have it granted to this user, or connect as another one"
    denied = re.match(r"not authorized on (\S+) to execute", reason)
    if denied is not None:
        roles = ", ".join(f'{{role: "{role}", db: "{denied[1]}"}}' for role in ROLES)
        remedy = f"have an administrator run: db.grantRolesToUser(…, [{roles}])"
    return EngineError(f"a right is missing: {reason}", remedy=remedy)


def _unreachable(problem: Exception) -> EngineError:
    return EngineError(
        f"the connection to MongoDB is gone: {_reason(problem)}",
        remedy="check that the server runs, then repeat: what was acknowledged is kept",
    )


def _reason(problem: Exception) -> str:
    text = str(problem).partition(", full error:")[0].strip()
    return text.splitlines()[0] if text else type(problem).__name__
