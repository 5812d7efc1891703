"""A PostgreSQL database with the tables of one design.

In: the doors of `evaluation.doors`. Out: the same. Statements come from `statements`, what exists
is compared in `provisioning`, what a statement took is read from EXPLAIN by `explaining`.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from tablewright.bill.rates import Rates
from tablewright.core.backoff import Backoff
from tablewright.core.errors import EngineError, UnsupportedError, UsageError
from tablewright.engines.postgresql import explaining, provisioning, streams
from tablewright.engines.postgresql.codec import PgCodec
from tablewright.engines.postgresql.ddl import primary_columns, quoted
from tablewright.engines.postgresql.design import PgTable, PostgresDesign
from tablewright.engines.postgresql.dumps import MOMENTS, DatabaseDumps, programs, scratch_database
from tablewright.engines.postgresql.examination import ServerExamination
from tablewright.engines.postgresql.statements import SqlBuilder, SqlStatement, identifying
from tablewright.engines.postgresql.targets import ReachedPostgres, connect
from tablewright.engines.postgresql.values import plain_value, sql_value
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
    import psycopg

CHUNK = 1_000
"""Instances of a kind that are copied at once."""
BLOCKS = 64
"""Blocks of 8 KB that are read at once of a range."""
EXPLAINED = 25
"""Calls of a pattern whose plan is asked for: a statement runs once more for it."""
STAGING = "tablewright_staging"
MOST_IDENTIFIER = 63
"""Bytes of a name: PostgreSQL manual, 4.1.1."""


class NoRowMatchedError(Exception):
    """A write found no row that meets its condition: its transaction is rolled back."""


class PgAdapter:
    """The tables of a design in a PostgreSQL database."""

    chunk = CHUNK
    stands_in = False
    recovery_commands: tuple[tuple[str, str], ...] = MOMENTS

    def __init__(self, model: Model, design: PostgresDesign, reached: ReachedPostgres) -> None:
        self.model, self.design = model, design
        self.codec = PgCodec(model, design)
        self.units_per_second: Decimal | None = None
        self.throttled = 0
        self.description, self.is_local = reached.description, reached.is_local
        self._reached = reached
        self.announcement = "" if self.is_local else self.description
        self._connection = reached.connection
        self._close = reached.close
        self._builder = SqlBuilder(model, design)
        self._explained: Counter[str] = Counter()
        self._is_analyzed = False

    # ------------------------------------------------------------ tables

    def _observed(self) -> dict[str, provisioning.ObservedPgTable]:
        tables = _asked(lambda: provisioning.observe(self._connection, self._schema()))
        names = {table.name for table in self.design.tables}
        return {name: table for name, table in tables.items() if name in names}

    def _schema(self) -> str:
        row = self._connection.execute("SELECT current_schema()").fetchone()
        if row is None or row[0] is None:
            raise EngineError(
                f"{self.description} has no schema to create tables in",
                remedy="set search_path for the user, or create the schema public",
            )
        return str(row[0])

    def describe(self) -> Mapping[str, Observed]:
        """Return the tables of the design that exist, with their rows counted."""
        return {
            name: Observed(
                name=name,
                records=self._count(name),
                bytes=table.bytes,
                indexes={
                    index: "unfinished" if index in table.invalid else "active"
                    for index in table.indexes
                },
                definition={"columns": dict(table.columns), "primary_key": table.primary_key},
                is_foreign=table.is_foreign(self.model.app),
            )
            for name, table in self._observed().items()
        }

    def _count(self, table: str) -> int:
        row = self._connection.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()
        return int(row[0]) if row is not None else 0

    def plan_provision(self, *, adopt: bool = False) -> ProvisionPlan:
        """Return the statements from the tables that exist to those of the design."""
        schema = self._schema()
        query = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace"
        relations = [name for (name,) in self._connection.execute(query, (quoted(schema),))]
        return provisioning.plan(
            self.design,
            self.model.app,
            self._observed(),
            _asked(lambda: provisioning.desired(self._connection, self.design)),
            adopt=adopt,
            relations=relations,
        )

    def provision(self, step: ProvisionStep, say: Progress) -> str:
        """Run one statement; an index of an existing table is built while others go on writing."""
        _asked(lambda: self._connection.execute(step.statement))
        return ""

    def destroy(self, names: Sequence[str], say: Progress) -> None:
        """Drop tables, whichever of them refer to each other."""
        if names:
            say(f"drop {', '.join(names)}")
            _asked(lambda: self._connection.execute(provisioning.drop_sql(names)))

    # ------------------------------------------------------------ rows

    def bulk_write(self, records: Iterable[Record]) -> int:
        """Copy rows into their tables; rows of the same key are replaced.

        Raises:
            EngineError: the server refused or went away; a chunk is written as a whole or not.
        """
        written = 0
        started = time.monotonic()
        for container, group in groupby(records, key=lambda record: record.container):
            table, rows = self.design.table(container), [record.content for record in group]
            _asked(partial(self._copy, table, rows))
            written += len(rows)
        self._is_analyzed = False
        if self.units_per_second:
            due = written / float(self.units_per_second) - (time.monotonic() - started)
            time.sleep(max(0.0, due))
        return written

    def _copy(self, table: PgTable, rows: Sequence[Mapping[str, Any]]) -> None:
        from psycopg import errors

        columns = [column for column in table.columns if column.attribute]
        names = ", ".join(quoted(column.name) for column in columns)

        def pour(target: str) -> None:
            with (
                self._connection.cursor() as cursor,
                cursor.copy(f"COPY {target} ({names}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row([sql_value(column, row[column.name]) for column in columns])

        try:
            pour(quoted(table.name))
        except errors.UniqueViolation:
            # some were written before an interruption: put what came in the place of what is there
            with self._connection.transaction():
                self._connection.execute(
                    f"CREATE TEMPORARY TABLE {STAGING} (LIKE {quoted(table.name)}) ON COMMIT DROP"
                )
                pour(STAGING)
                key = primary_columns(table)
                changed = [c.name for c in columns if c.name not in key]
                assigned = ", ".join(f"{quoted(n)} = EXCLUDED.{quoted(n)}" for n in changed)
                self._connection.execute(
                    f"INSERT INTO {quoted(table.name)} ({names}) SELECT {names} FROM {STAGING} "
                    f"ON CONFLICT ({', '.join(map(quoted, key))}) DO "
                    + (f"UPDATE SET {assigned}" if changed else "NOTHING")
                )

    def remove(self, records: Iterable[Record]) -> int:
        """Delete the rows under the primary keys of records; return how many keys these were.

        Raises:
            EngineError: the server refused or went away.
        """
        removed = 0
        for container, group in groupby(records, key=lambda record: record.container):
            table = self.design.table(container)
            key = [table.column(name) for name in primary_columns(table)]
            where = " AND ".join(f"{quoted(column.name)} = %s" for column in key)
            statement = f"DELETE FROM {quoted(container)} WHERE {where}"
            values = [[sql_value(c, r.content[c.name]) for c in key] for r in group]
            _asked(partial(self._delete, statement, values))
            removed += len(values)
        return removed

    def _delete(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(statement, values)

    def read_capacity(self, container: str) -> Decimal | None:
        """Return None: a server counts no units."""
        return None

    def stored(self, record: Record) -> Mapping[str, Any] | None:
        """Return the row under the primary key of a record."""
        table = self.design.table(record.container)
        key = [table.column(name) for name in primary_columns(table)]
        where = " AND ".join(f"{quoted(column.name)} = %s" for column in key)
        values = [sql_value(column, record.content[column.name]) for column in key]
        columns = [column for column in table.columns if column.attribute]
        names = ", ".join(quoted(column.name) for column in columns)
        query = f"SELECT {names} FROM {quoted(table.name)} WHERE {where}"
        row = _asked(lambda: self._connection.execute(query, values).fetchone())
        return None if row is None else self._by_column(table, row)

    def _by_column(self, table: PgTable, row: Sequence[Any]) -> dict[str, Any]:
        entity = self.model.entity(table.entity)
        columns = [column for column in table.columns if column.attribute]
        return {
            column.name: plain_value(entity.find(column.attribute), value)
            for column, value in zip(columns, row, strict=True)
        }

    def splits(self, container: str, most: int) -> Sequence[Any]:
        """Return ranges of blocks of the table's file; of a table with partitions the whole."""
        query = (
            "SELECT relkind::text, pg_relation_size(oid) / current_setting('block_size')::bigint "
            "FROM pg_class WHERE oid = %s::regclass"
        )
        kind, blocks = _asked(partial(self._fetch, query, [quoted(container)]))[0]
        if kind != "r":
            return [None]
        ends = sorted({blocks * number // most for number in range(1, most)} | {0})
        return [list(pair) for pair in zip(ends, [*ends[1:], None], strict=True)]

    def _scan_blocks(
        self, table: PgTable, first: int, end: int | None
    ) -> Iterator[tuple[Any, Sequence[Mapping[str, Any]]]]:
        """Yield the rows of blocks of the table's file; the position is the next block.

        What is appended while it is read belongs to the last range, which has no end.
        """
        names = ", ".join(quoted(c.name) for c in table.columns if c.attribute)
        query = f"SELECT {names} FROM {quoted(table.name)} WHERE ctid >= %s::tid AND ctid < %s::tid"
        size = "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::bigint"
        while True:
            last = end
            if last is None:
                last = _asked(partial(self._fetch, size, [quoted(table.name)]))[0][0]
            until = min(first + BLOCKS, last)
            bounds = [f"({first},0)", f"({until},0)"]
            rows = _asked(partial(self._fetch, query, bounds)) if until > first else []
            first = until
            is_end = first >= last
            yield None if is_end else first, [self._by_column(table, row) for row in rows]
            if is_end:
                return

    def scan(
        self, container: str, *, split: Any = None, after: Any = None
    ) -> Iterator[tuple[Any, Sequence[Mapping[str, Any]]]]:
        """Yield pages of rows in the order of their primary key, or of a range of blocks."""
        table = self.design.table(container)
        if split is not None:
            yield from self._scan_blocks(table, split[0] if after is None else after, split[1])
            return
        columns = [column for column in table.columns if column.attribute]
        key = [table.column(name) for name in primary_columns(table)]
        order = ", ".join(quoted(column.name) for column in key)
        names = ", ".join(quoted(column.name) for column in columns)
        marks = ", ".join("%s" for _ in key)
        while True:
            where = f" WHERE ({order}) > ({marks})" if after is not None else ""
            values = [sql_value(c, v) for c, v in zip(key, after or (), strict=False)]
            query = f"SELECT {names} FROM {quoted(container)}{where} ORDER BY {order} LIMIT {CHUNK}"
            rows = _asked(partial(self._fetch, query, values))
            page = [self._by_column(table, row) for row in rows]
            after = [page[-1][column.name] for column in key] if len(page) == CHUNK else None
            yield after, page
            if after is None:
                return

    def _fetch(self, query: str, values: Sequence[Any]) -> list[Any]:
        return self._connection.execute(query, values).fetchall()

    def follow_from(self, containers: Sequence[str]) -> str:
        """Return the name of a new replication slot, which keeps changes from now on.

        Raises:
            UnsupportedError: the server does not decode its log, or this user may not.
        """
        return streams.new_slot(self._connection, self.design.name)

    def changes(self, containers: Sequence[str], after: str) -> Iterator[ChangeRecord]:
        """Yield the changes that a slot keeps, each row as it is now, until none is left."""
        tables = [self.design.table(name) for name in containers]
        for change in _asked(partial(streams.touched, self._connection, tables, after)):
            record = Record(container=change.table, kind=change.table, content=change.key)
            row = self.stored(record)
            yield ChangeRecord(
                container=change.table,
                before=None if change.is_new else self._plain_key(change),
                after=row,
                position=change.position,
            )

    def _plain_key(self, change: streams.Touched) -> dict[str, Any]:
        table = self.design.table(change.table)
        entity = self.model.entity(table.entity)
        return {
            name: plain_value(entity.find(table.column(name).attribute), value)
            for name, value in change.key.items()
        }

    def stop_following(self, position: str) -> None:
        """Drop the slot: the server keeps its log for it as long as it exists."""
        _asked(partial(streams.drop_slot, self._connection, position))

    # ------------------------------------------------------------ calls

    def run(self, route: Route, call: Call, *, is_metered: bool = True) -> Outcome:
        """Run the statements of a call; of the first metered ones the plan is asked for too."""
        if route.parts:
            return run_parts(route, call, partial(self.run, is_metered=is_metered))
        try:
            statements = self._builder.build(call)
        except UnsupportedError as problem:
            raise CallFailedError(str(problem), Outcome()) from problem
        pattern = call.pattern
        consumed: tuple[Consumption, ...] | None = None
        access = ""
        if is_metered and self._explained[pattern.name] < EXPLAINED:
            self._analyze()
            self._explained[pattern.name] += 1
            consumed, access = self._explain(statements, pattern.name)
        backoff, requests = Backoff(), 0
        started = time.perf_counter()
        while True:
            requests += len(statements)
            outcome = self._try(statements, requests, backoff.attempt)
            if outcome is not None or not backoff.wait():
                break
        if outcome is not None and not outcome.is_condition_met:
            outcome = replace(outcome, is_missing=self._is_missing(call))
        if outcome is None:
            raise CallFailedError(
                f"{pattern.name} met other transactions again and again", Outcome()
            )
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
                statement = self._builder.existence(each)
                if not self._fetch(statement.sql, statement.parameters):
                    return True
        return False

    def cannot_run(self, pattern: Pattern) -> str:
        """Return nothing: what a design serves is run."""
        return ""

    def lacks(self, route: Route, pattern: Pattern, known: frozenset[str]) -> frozenset[str]:
        """Return what names the row of a write and its caller does not know."""
        if not (pattern.verb.is_write or pattern.verb is Verb.CHECK):
            return frozenset()
        return frozenset(identifying(self.model.entity(pattern.entity), pattern)) - known

    def plan_of(self, call: Call) -> str:
        """Return what EXPLAIN says of each statement of a call; none of them is run."""
        plans = []
        for statement in self._builder.build(call):
            rows = _asked(partial(self._fetch, f"EXPLAIN {statement.sql}", statement.parameters))
            plans.append("\n".join(row[0] for row in rows))
        return "\n".join(plans)

    def limit_throughput(self) -> str:
        """Return nothing: a server takes what it can."""
        return ""

    def fork(self) -> PgAdapter:
        """Return an adapter with a connection of its own."""
        connection = connect(self._reached.address)
        reached = replace(self._reached, connection=connection, close=connection.close)
        return PgAdapter(self.model, self.design, reached)

    def _try(
        self, statements: Sequence[SqlStatement], requests: int, retries: int
    ) -> Outcome | None:
        """Run statements in one transaction; None where another transaction was in the way."""
        import psycopg
        from psycopg import errors

        rows: tuple[Row, ...] = ()
        is_several = len(statements) > 1
        try:
            with self._connection.transaction() if is_several else nullcontext():
                for statement in statements:
                    cursor = self._connection.execute(statement.sql, statement.parameters)
                    if statement.needs_row and not cursor.rowcount:
                        raise NoRowMatchedError(statement.sql)
                    if statement.returns_rows:
                        rows = self._rows(statement.table, cursor)
        except NoRowMatchedError as failed:
            return Outcome(is_condition_met=False, message=f"no row met the condition of {failed}")
        except (errors.UniqueViolation, errors.ForeignKeyViolation) as failed:
            return Outcome(is_condition_met=False, message=_reason(failed))
        except (errors.SerializationFailure, errors.DeadlockDetected):
            return None
        except (psycopg.OperationalError, psycopg.InterfaceError) as problem:
            raise _unreachable(problem) from problem
        except psycopg.Error as problem:
            outcome = Outcome(requests=requests, retries=retries)
            is_of_values = isinstance(problem, psycopg.DataError)
            raise CallFailedError(_reason(problem), outcome, is_of_values=is_of_values) from problem
        return Outcome(rows=rows)

    def _rows(self, table_name: str, cursor: psycopg.Cursor[Any]) -> tuple[Row, ...]:
        table = self.design.table(table_name)
        entity = self.model.entity(table.entity)
        names = [table.column(column.name).attribute for column in cursor.description or ()]
        attributes = [(name, entity.find(name)) for name in names]
        return tuple(
            {
                name: plain
                for (name, attribute), value in zip(attributes, row, strict=True)
                if (plain := plain_value(attribute, value)) is not None
            }
            for row in cursor
        )

    def _analyze(self) -> None:
        """Bring the planner's statistics up to date after rows were loaded."""
        if not self._is_analyzed:
            for table in self.design.tables:
                self._connection.execute(f"VACUUM ANALYZE {quoted(table.name)}")
            self._is_analyzed = True

    def _explain(
        self, statements: Sequence[SqlStatement], label: str
    ) -> tuple[tuple[Consumption, ...] | None, str]:
        """Run statements under EXPLAIN and take back what they write; say what they took."""
        import psycopg

        uses: list[Consumption] = []
        access = ""
        try:
            with self._connection.transaction(force_rollback=True):
                for statement in statements:
                    prefix = explaining.prefix(self._connection.info.server_version)
                    cursor = self._connection.execute(prefix + statement.sql, statement.parameters)
                    ((document,),) = cursor.fetchall()
                    uses += explaining.consumption(document[0], statement.table)
                    access = access or explaining.access_path(document[0]["Plan"])
        except psycopg.Error:
            return None, ""  # the call itself says what is wrong
        return tuple(uses), access

    def examine(
        self, evaluation: Evaluation, observations: Observations, rates: Rates
    ) -> Examination:
        """Return what is wrong with the server and the tables, by its statistics."""
        examination = ServerExamination(
            self._connection, self.design, evaluation, is_local=self.is_local
        )
        return _asked(examination.run)

    def backups(self) -> DatabaseDumps | None:
        """Return dumps by pg_dump; None where there is none as new as the server."""
        pair = programs(self._connection.info.server_version)
        tables = [table.name for table in self.design.tables]
        return None if pair is None else DatabaseDumps(self._connection, tables, *pair)

    def scratch(self, label: str) -> Scratch:
        """Return another database of the server, made empty."""
        name = label.replace("-", "_").lower()[:MOST_IDENTIFIER]
        address, drop = scratch_database(self._connection, name)
        try:
            connection = connect(address)
        except EngineError:
            drop()
            raise
        reached = ReachedPostgres(
            connection=connection,
            address=address,
            description=f"{self.description}, scratch database {name}",
            is_local=self.is_local,
            close=connection.close,
        )

        def remove(say: Progress) -> None:
            say(f"drop the database {name}")
            connection.close()
            drop()

        return Scratch(
            design=self.design,
            adapter=PgAdapter(self.model, self.design, reached),
            names={"": name},
            place=reached.description,
            remove=remove,
            close=connection.close,
        )

    def consumed(self) -> tuple[Consumption, ...]:
        """Return nothing: requests are not charged."""
        return ()

    def close(self) -> None:
        """Close the connection, and stop the embedded server with its last user."""
        self._close()


def _page_of(rows: tuple[Row, ...], call: Call) -> tuple[tuple[Row, ...], int | None]:
    """Return the rows of a page, and where the next begins if one more row came than asked for."""
    limit = call.pattern.limit
    if not call.is_page or limit is None or len(rows) <= limit:
        return rows, None
    return rows[:limit], int(call.resume or 0) + limit


T = TypeVar("T")


def _asked(ask: Callable[[], T]) -> T:
    """Return an answer of the server.

    Raises:
        EngineError: it refused or went away; the message names the cause and the way out.
    """
    import psycopg
    from psycopg import errors

    try:
        return ask()
    except errors.InsufficientPrivilege as problem:
        raise missing_right(_reason(problem)) from problem
    except errors.DiskFull as problem:
        raise EngineError(
            f"the server's disk is full: {_reason(problem)}",
            remedy="make room, then repeat: what was acknowledged is there",
        ) from problem
    except errors.UndefinedTable as problem:
        raise EngineError(
            f"PostgreSQL refused: {_reason(problem)}",
            remedy="create the tables of the design first: tablewright up",
        ) from problem
    except errors.DependentObjectsStillExist as problem:
        raise UsageError(
            f"something else refers to the tables: {_reason(problem)}",
            remedy="remove that first",
        ) from problem
    except (psycopg.OperationalError, psycopg.InterfaceError) as problem:
        raise _unreachable(problem) from problem
    except (psycopg.DataError, psycopg.IntegrityError) as problem:
        raise RecordRefusedError(f"PostgreSQL refused: {_reason(problem)}") from problem
    except psycopg.Error as problem:
        raise EngineError(f"PostgreSQL refused: {_reason(problem)}") from problem


RIGHTS = {
    "schema": "GRANT USAGE, CREATE ON SCHEMA {0} TO …",
    "database": "GRANT CREATE ON DATABASE {0} TO …; `up` compares in a schema that it rolls back",
    "table": "GRANT SELECT, INSERT, UPDATE, DELETE ON {0} TO …",
    "sequence": "GRANT USAGE ON SEQUENCE {0} TO …",
}


def missing_right(reason: str) -> EngineError:
    """Return the error that names the right that is missing, and the statement that grants it.

    Example:
        >>> missing_right("permission denied for schema public").remedy
        'have its owner run: GRANT USAGE, CREATE ON SCHEMA public TO …'
    """
    remedy = "have it granted to this user, or connect as another one"
    denied = re.match(r"permission denied for (\w+) (\S+)", reason)
    extension = re.match(r'permission denied to create extension "(\w+)"', reason)
    owner = re.match(r"must be owner of (\w+) (\S+)", reason)
    if denied is not None and denied[1] in RIGHTS:
        remedy = f"have its owner run: {RIGHTS[denied[1]].format(denied[2])}"
    elif extension is not None:
        remedy = f"have an administrator run: CREATE EXTENSION {extension[1]}"
    elif owner is not None:
        change = f"ALTER {owner[1].upper()} {owner[2]} OWNER TO …"
        remedy = f"connect as the owner of {owner[2]}, or: {change}"
    return EngineError(f"a right is missing: {reason}", remedy=remedy)


def _unreachable(problem: Exception) -> EngineError:
    return EngineError(
        f"the connection to PostgreSQL is gone: {_reason(problem)}",
        remedy="check that the server runs, then repeat: what was acknowledged is kept",
    )


def _reason(problem: Exception) -> str:
    return str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
