"""What is wrong with a PostgreSQL as it runs: settings, statistics of tables and indexes.

In: an open connection, the tables of a design. Out: findings with evidence and the statement that
fixes them. Only the catalogue and the statistics views are read, no row. Sources: PostgreSQL
manual, chapters "The Cumulative Statistics System" and "Routine Vacuuming", read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tablewright.core.quantities import ZERO
from tablewright.evaluation.expected import expected_requests
from tablewright.evaluation.health import (
    NOTE,
    SEVERE,
    WARNING,
    Examination,
    HealthFinding,
    ObservedCalls,
)
from tablewright.evaluation.values import Evaluation

if TYPE_CHECKING:
    import psycopg

DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
"""Settings that, when off, lose acknowledged writes or the whole database in a crash."""
UNUSED_DAYS = 7
FEWEST_DAYS = 1
"""Days of statistics from which on a rate is told."""
DEAD_SHARE, FEWEST_DEAD = 0.2, 10_000
WRAPAROUND_AGE, WRAPAROUND_LIMIT = 500_000_000, 1_500_000_000
"""Transactions since the oldest row was frozen: autovacuum forces itself from 200 million on, and
writes stop short of 2.1 thousand million."""
CONNECTION_SHARE = 0.8
FEWEST_ROWS = 10_000
"""Rows of a table from which on reading all of it matters."""
SCAN_SHARE = 0.5

_INDEXES = """
SELECT s.relname, s.indexrelname, s.idx_scan, pg_relation_size(s.indexrelid), i.indisvalid,
       i.indisunique, coalesce(t.seq_scan, 0) + coalesce(t.idx_scan, 0)
FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid
JOIN pg_stat_user_tables t ON t.relid = s.relid
WHERE s.schemaname = current_schema() AND s.relname = ANY(%s) ORDER BY 1, 2
"""
_TABLES = """
SELECT relname, n_live_tup, n_dead_tup, seq_scan, coalesce(idx_scan, 0), last_analyze,
       last_autoanalyze
FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname = ANY(%s) ORDER BY 1
"""
_WRITTEN = """
SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables
WHERE schemaname = current_schema() AND relname = ANY(%s) ORDER BY 1
"""
_SINCE = """
SELECT EXTRACT(EPOCH FROM now() - greatest(coalesce(stats_reset, pg_postmaster_start_time()),
       pg_postmaster_start_time())) / 86400
FROM pg_stat_database WHERE datname = current_database()
"""
_CONNECTIONS = """
SELECT count(*), current_setting('max_connections')::int
FROM pg_stat_activity WHERE backend_type = 'client backend'
"""


class ServerExamination:
    """The examination of one database."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        tables: Sequence[str],
        evaluation: Evaluation,
        *,
        is_local: bool,
    ) -> None:
        self._connection, self._tables, self._is_local = connection, list(tables), is_local
        self._evaluation = evaluation
        self.unchecked: list[tuple[str, str]] = []

    def run(self) -> Examination:
        """Return everything that is wrong."""
        days = float(self._value(_SINCE) or 0)
        findings = [*self._settings(), *self._indexes(days), *self._content(), *self._limits()]
        facts = (("statistics since", f"{days:.1f} days"),)
        calls = tuple(self._calls(Decimal(str(round(days, 4)))))
        return Examination(
            findings=tuple(findings), unchecked=tuple(self.unchecked), calls=calls, facts=facts
        )

    def _calls(self, days: Decimal) -> Iterator[ObservedCalls]:
        """Yield rows written a day by table, beside what the model expects."""
        if days < FEWEST_DAYS:
            self.unchecked.append(("rates", f"{days:.1f} days of statistics, not {FEWEST_DAYS}"))
            return
        self.unchecked.append(("rates of reads", "import them: init --from postgresql://"))
        expected = expected_requests(self._evaluation)
        for table, *counts in self._rows(_WRITTEN, self._tables):
            for operation, count in zip(("insert", "update", "delete"), counts, strict=True):
                patterns = expected.get((table, operation), {})
                if count or patterns:
                    yield ObservedCalls(
                        place=table,
                        operation=operation,
                        observed_per_day=Decimal(count) / days,
                        expected_per_day=sum(patterns.values(), ZERO),
                        patterns=tuple(sorted(patterns)),
                    )

    def _rows(self, query: str, *values: Any) -> list[Any]:
        return self._connection.execute(query, values or None).fetchall()

    def _value(self, query: str, *values: Any) -> Any:
        rows = self._rows(query, *values)
        return rows[0][0] if rows else None

    def _setting(self, name: str) -> str:
        return str(self._value("SELECT current_setting(%s)", name))

    def _settings(self) -> Iterator[HealthFinding]:
        for name in DURABLE:
            if self._setting(name) == "off":
                yield HealthFinding(
                    check="durability",
                    urgency=SEVERE,
                    place="server",
                    says=f"acknowledged writes can be lost in a crash: {name} is off",
                    evidence=f"SHOW {name}: off",
                    fix=f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();",
                )
        if self._setting("autovacuum") == "off":
            yield HealthFinding(
                check="vacuum",
                urgency=SEVERE,
                place="server",
                says="nothing removes dead rows or freezes old ones: autovacuum is off",
                evidence="SHOW autovacuum: off",
                fix="ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf();",
            )
        if self._is_local:
            return
        if self._setting("ssl") == "off":
            yield HealthFinding(
                check="encryption",
                urgency=SEVERE,
                place="server",
                says="connections are not encrypted",
                evidence="SHOW ssl: off",
                fix="set ssl = on with a certificate, and sslmode=verify-full in the address",
            )
        if self._setting("archive_mode") == "off":
            yield HealthFinding(
                check="recovery",
                urgency=WARNING,
                place="server",
                says="it cannot be restored to a moment: no WAL is archived",
                evidence="SHOW archive_mode: off (a managed service may keep its own backups)",
                fix="set archive_mode = on with an archive_command, or use a managed service",
            )

    def _indexes(self, days: float) -> Iterator[HealthFinding]:
        is_short = days < UNUSED_DAYS
        for table, index, scans, size, is_valid, is_unique, reads in self._rows(
            _INDEXES, self._tables
        ):
            if not is_valid:
                yield HealthFinding(
                    check="invalid-index",
                    urgency=SEVERE,
                    place=f"{table}/{index}",
                    says="the index was not finished: it is written and never used",
                    evidence="pg_index: indisvalid is false",
                    fix=f'DROP INDEX CONCURRENTLY "{index}"; then tablewright up',
                )
            elif not scans and not is_unique:
                if is_short or not reads:
                    why = f"{days:.1f} days of statistics" if is_short else "the table was not read"
                    self.unchecked.append((f"{table}/{index}: unused index", why))
                    continue
                yield HealthFinding(
                    check="unused-index",
                    urgency=WARNING,
                    place=f"{table}/{index}",
                    says=f"the index is written and never read: {size:,} bytes",
                    evidence=f"pg_stat_user_indexes: idx_scan 0 in {days:.1f} days, {reads:,} "
                    "reads of the table by other ways",
                    fix="remove it from the design, then tablewright up --allow-destroy",
                )

    def _content(self) -> Iterator[HealthFinding]:
        for table, live, dead, scans, by_index, analyzed, by_itself in self._rows(
            _TABLES, self._tables
        ):
            if dead > FEWEST_DEAD and dead > live * DEAD_SHARE:
                yield HealthFinding(
                    check="dead-rows",
                    urgency=WARNING,
                    place=table,
                    says="a good part of the table is dead rows: reads go over them",
                    evidence=f"pg_stat_user_tables: {dead:,} dead of {live + dead:,} rows",
                    fix=f'VACUUM (ANALYZE) "{table}"; lower autovacuum_vacuum_scale_factor for it',
                )
            if live > FEWEST_ROWS and scans > (scans + by_index) * SCAN_SHARE:
                yield HealthFinding(
                    check="full-scans",
                    urgency=WARNING,
                    place=table,
                    says="more than half of the reads go through the whole table",
                    evidence=f"pg_stat_user_tables: {scans:,} sequential scans, {by_index:,} by an "
                    f"index, {live:,} rows",
                    fix="tablewright prove: which pattern scans; then an index for it",
                )
            if live > FEWEST_ROWS and analyzed is None and by_itself is None:
                yield HealthFinding(
                    check="statistics",
                    urgency=WARNING,
                    place=table,
                    says="the planner guesses: the table was never analyzed",
                    evidence="pg_stat_user_tables: last_analyze and last_autoanalyze are null",
                    fix=f'ANALYZE "{table}";',
                )

    def _limits(self) -> Iterator[HealthFinding]:
        ((used, most),) = self._rows(_CONNECTIONS)
        if used > most * CONNECTION_SHARE:
            yield HealthFinding(
                check="connections",
                urgency=SEVERE,
                place="server",
                says="connections are nearly used up",
                evidence=f"pg_stat_activity: {used} of max_connections {most}",
                fix="put a pooler (PgBouncer, RDS Proxy) in front, or raise max_connections",
            )
        age = self._value(
            "SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()"
        )
        if age > WRAPAROUND_AGE:
            yield HealthFinding(
                check="wraparound",
                urgency=SEVERE if age > WRAPAROUND_LIMIT else WARNING,
                place="server",
                says="transaction numbers run out: the server stops writes when they do",
                evidence=f"pg_database: age(datfrozenxid) {age:,}",
                fix="VACUUM (FREEZE) the oldest tables; look for what holds autovacuum back",
            )
        prepared = self._value("SELECT count(*) FROM pg_prepared_xacts")
        if prepared:
            yield HealthFinding(
                check="prepared-transactions",
                urgency=NOTE,
                place="server",
                says="prepared transactions are open: they hold back vacuum",
                evidence=f"pg_prepared_xacts: {prepared}",
                fix="COMMIT PREPARED or ROLLBACK PREPARED those nobody owns",
            )
