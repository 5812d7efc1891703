"""How often the tables of a PostgreSQL are asked and written, by the server's own statistics.

In: an open connection, an evaluation. Out: calls a day beside what the model expects of them. Where
pg_stat_statements counts statements, they are matched with the access patterns by their shape; else
rows written and scans of tables are what there is. Source: PostgreSQL manual, "pg_stat_statements"
and "The Cumulative Statistics System", read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tablewright.core.quantities import SECONDS_PER_DAY, ZERO
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.engines.postgresql.statement_shapes import shape_of
from tablewright.evaluation.expected import expected_requests
from tablewright.evaluation.health import ObservedCalls
from tablewright.evaluation.observed_accesses import AccessShape, ContainerHome, observed_calls
from tablewright.evaluation.values import Evaluation

if TYPE_CHECKING:
    import psycopg

FEWEST_DAYS = 1
"""Days of statistics from which on a rate is told."""
MOST_STATEMENTS = 5_000
TURN_ON = (
    "pg_stat_statements is off or may not be read: shared_preload_libraries = "
    "'pg_stat_statements', a restart, CREATE EXTENSION pg_stat_statements"
)
_STATEMENTS_SINCE = "SELECT EXTRACT(EPOCH FROM now() - stats_reset) FROM pg_stat_statements_info"
_STATEMENTS = """
SELECT query, calls FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY calls DESC LIMIT %s
"""
_COUNTED = """
SELECT relname, n_tup_ins, n_tup_upd, n_tup_del, coalesce(seq_scan, 0) + coalesce(idx_scan, 0)
FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname = ANY(%s) ORDER BY 1
"""
WRITTEN = ("insert", "update", "delete")


class ObservedRates:
    """The rates of the tables of one design."""

    def __init__(
        self, connection: psycopg.Connection[Any], design: PostgresDesign, evaluation: Evaluation
    ) -> None:
        self._connection, self._design, self._evaluation = connection, design, evaluation
        self.unchecked: list[tuple[str, str]] = []
        self.source = ""
        """What was counted, in words; "" where nothing was."""

    def calls(self, days: Decimal) -> tuple[ObservedCalls, ...]:
        """Return calls a day; none where too short a time is known.

        Args:
            days: how long the statistics of tables cover.
        """
        import psycopg

        try:
            since = self._connection.execute(_STATEMENTS_SINCE).fetchone()
            rows = self._connection.execute(_STATEMENTS, (MOST_STATEMENTS,)).fetchall()
        except psycopg.Error:
            self.unchecked.append(("rates of single access patterns", TURN_ON))
            return tuple(self._by_table(days))
        known = Decimal(str(round((since and since[0]) or 0, 2))) / SECONDS_PER_DAY
        if known < FEWEST_DAYS:
            self._too_short("pg_stat_statements", known)
            return ()
        self.source = f"pg_stat_statements of {known:.1f} days"
        if len(rows) == MOST_STATEMENTS:
            self.unchecked.append(
                ("rare statements", f"only the {MOST_STATEMENTS:,} most frequent were read")
            )
        return tuple(observed_calls(self._evaluation, self._homes(), self._shapes(rows, known)))

    def _too_short(self, what: str, known: Decimal) -> None:
        reason = f"{what} covers {known:.1f} days, not {FEWEST_DAYS}"
        self.unchecked.append(("rates", reason))

    def _shapes(self, rows: list[Any], days: Decimal) -> Iterator[tuple[AccessShape, Decimal]]:
        for query, calls in rows:
            shape = shape_of(query, self._design)
            if shape is not None:
                yield shape, Decimal(calls) / days

    def _homes(self) -> dict[str, list[ContainerHome]]:
        homes: dict[str, list[ContainerHome]] = {}
        for table in self._design.tables:
            homes.setdefault(table.entity, []).append(ContainerHome(container=table.name))
        return homes

    def _by_table(self, days: Decimal) -> Iterator[ObservedCalls]:
        """Yield rows written, and the scans that are left when each written row had its own.

        An UPDATE or DELETE by key scans an index once, an INSERT once for each foreign key.
        """
        if days < FEWEST_DAYS:
            self._too_short("pg_stat_user_tables", days)
            return
        self.source = f"pg_stat_user_tables of {days:.1f} days"
        names = [table.name for table in self._design.tables]
        rows = self._connection.execute(_COUNTED, (names,)).fetchall()
        inserted = {name: counts[0] for name, *counts in rows}
        expected = _by_container(self._evaluation)
        for name, *counts in rows:
            scans = counts.pop()
            checks = sum(
                inserted.get(table.name, 0)
                for table in self._design.tables
                for key in table.foreign_keys
                if key.table == name
            )
            reads = max(0, scans - counts[1] - counts[2] - checks)
            for operation, count in zip((*WRITTEN, "SELECT"), (*counts, reads), strict=True):
                patterns = expected.get((name, operation), {})
                if count or patterns:
                    yield ObservedCalls(
                        place=name,
                        operation=operation,
                        observed_per_day=Decimal(count) / days,
                        expected_per_day=sum(patterns.values(), ZERO),
                        patterns=tuple(sorted(patterns)),
                    )


def _by_container(evaluation: Evaluation) -> dict[tuple[str, str], dict[str, Decimal]]:
    """Return what is expected of each table, whichever index serves it."""
    merged: dict[tuple[str, str], dict[str, Decimal]] = {}
    for (target, operation), patterns in expected_requests(evaluation).items():
        by_pattern = merged.setdefault((target.partition("/")[0], operation), {})
        for name, calls in patterns.items():
            by_pattern[name] = by_pattern.get(name, ZERO) + calls
    return merged
