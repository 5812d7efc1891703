"""What is wrong with a PostgreSQL as it runs: settings, statistics of tables and indexes.

In: an open connection, the tables of a design. Out: findings with evidence and the statement that
fixes them. Only the catalogue and the statistics views are read, no row. Sources: PostgreSQL
manual, chapters "The Cumulative Statistics System" and "Routine Vacuuming", read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tablewright.core.quantities import GB
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.engines.postgresql.observed_rates import ObservedRates
from tablewright.evaluation.health import (
    NOTE,
    SEVERE,
    WARNING,
    Examination,
    HealthFinding,
)
from tablewright.evaluation.values import Evaluation

if TYPE_CHECKING:
    import psycopg

DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
"""Settings that, when off, lose acknowledged writes or the whole database in a crash."""
UNUSED_DAYS = 7
DEAD_SHARE, FEWEST_DEAD = 0.2, 10_000
WRAPAROUND_AGE, WRAPAROUND_LIMIT = 500_000_000, 1_500_000_000
"""Transactions since the oldest row was frozen: autovacuum forces itself from 200 million on, and
writes stop short of 2.1 thousand million."""
CONNECTION_SHARE = 0.8
FEWEST_ROWS = 10_000
"""Rows of a table from which on reading all of it matters."""
SCAN_SHARE = 0.5
KEPT_BYTES = GB
"""Of log that an idle slot keeps: below it a migration may only pause."""
LONG_MINUTES = 10
"""A transaction that is open so long keeps dead rows of every table from being removed."""

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
_SINCE = """
SELECT EXTRACT(EPOCH FROM now() - greatest(coalesce(stats_reset, pg_postmaster_start_time()),
       pg_postmaster_start_time())) / 86400
FROM pg_stat_database WHERE datname = current_database()
"""
_LONG_TRANSACTIONS = """
SELECT pid, state, EXTRACT(EPOCH FROM now() - xact_start) / 60 FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
  AND EXTRACT(EPOCH FROM now() - xact_start) > %s * 60 ORDER BY xact_start
"""
_SLOTS = """
SELECT slot_name, coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint
FROM pg_replication_slots
WHERE NOT active AND (database IS NULL OR database = current_database()) ORDER BY 1
"""
_UNLOGGED = """
SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace
  AND relpersistence = 'u' AND relkind = 'r' AND relname = ANY(%s) ORDER BY 1
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
        design: PostgresDesign,
        evaluation: Evaluation,
        *,
        is_local: bool,
    ) -> None:
        self._connection, self._is_local = connection, is_local
        self._tables = [table.name for table in design.tables]
        self._rates = ObservedRates(connection, design, evaluation)
        self.unchecked: list[tuple[str, str]] = []

    def run(self) -> Examination:
        """Return everything that is wrong."""
        days = float(self._value(_SINCE) or 0)
        findings = [*self._settings(), *self._indexes(days), *self._content(), *self._limits()]
        findings += [*self._held_back(), *self._unlogged()]
        facts = [("statistics since", f"{days:.1f} days")]
        calls = self._rates.calls(Decimal(str(round(days, 4))))
        if self._rates.source:
            facts.append(("rates from", self._rates.source))
        return Examination(
            findings=tuple(findings),
            unchecked=(*self.unchecked, *self._rates.unchecked),
            calls=calls,
            facts=tuple(facts),
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

    def _held_back(self) -> Iterator[HealthFinding]:
        for pid, state, minutes in self._rows(_LONG_TRANSACTIONS, LONG_MINUTES):
            yield HealthFinding(
                check="long-transaction",
                urgency=WARNING,
                place="server",
                says="a transaction stays open: dead rows of every table cannot be removed, and "
                "what it locked stays locked",
                evidence=f"pg_stat_activity: pid {pid}, {state}, open for {minutes:.0f} minutes",
                fix=f"SELECT pg_terminate_backend({pid}); and set "
                "idle_in_transaction_session_timeout",
            )
        for name, kept in self._rows(_SLOTS):
            yield HealthFinding(
                check="replication-slot",
                urgency=SEVERE if kept > KEPT_BYTES else WARNING,
                place=name,
                says="a replication slot that nobody reads keeps the log until the disk is full",
                evidence=f"pg_replication_slots: active is false, {kept:,} bytes of log kept",
                fix=f"SELECT pg_drop_replication_slot('{name}'); where no reader (a migration, a "
                "replica) will come back to it",
            )

    def _unlogged(self) -> Iterator[HealthFinding]:
        for (name,) in self._rows(_UNLOGGED, self._tables):
            yield HealthFinding(
                check="durability",
                urgency=SEVERE,
                place=name,
                says="the table is emptied by a crash: it is not written to the log",
                evidence="pg_class: relpersistence is u",
                fix=f'ALTER TABLE "{name}" SET LOGGED;',
            )
