"""Backups of DynamoDB tables, and tables restored from them or from a moment.

In: a transport, the tables of a design. Out: backups as the service lists them; new tables.
Sources: API reference, CreateBackup, ListBackups, RestoreTableFromBackup,
RestoreTableToPointInTime, DescribeContinuousBackups, read 2026-11.
A restore never writes into a table that exists.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tablewright.core.errors import EngineError, UsageError
from tablewright.engines.dynamodb.provisioning import wait_active
from tablewright.engines.dynamodb.transport import RequestFailedError, Transport
from tablewright.evaluation.doors import BackupCopy, Progress

METHOD = "CreateBackup"
LONGEST_NAME = 255
"""Characters of a backup's name: API reference, CreateBackup."""


class TableBackups:
    """On-demand backups and point-in-time recovery of the tables of one design."""

    method = METHOD

    def __init__(
        self, transport: Transport, tables: Sequence[str], sleep: Callable[[float], None]
    ) -> None:
        self._transport, self._tables, self._sleep = transport, tuple(tables), sleep

    def create(self, name: str, folder: str, say: Progress) -> tuple[BackupCopy, ...]:
        """Back up every table under its own name and the backup's.

        Raises:
            EngineError: the service refused; what was backed up before stays.
        """
        copies = []
        for table in self._tables:
            say(f"back up {table}")
            named = f"{table}-{name}"[-LONGEST_NAME:]
            reply = self._send("CreateBackup", {"TableName": table, "BackupName": named})
            copies.append(_copy(table, reply["BackupDetails"]))
        return tuple(copies)

    def listed(self) -> tuple[BackupCopy, ...]:
        """Return the backups of the tables that are available, the latest first."""
        copies: list[BackupCopy] = []
        for table in self._tables:
            start: dict[str, Any] = {}
            while True:
                reply = self._send("ListBackups", {"TableName": table, **start})
                copies += [
                    _copy(table, summary)
                    for summary in reply.get("BackupSummaries", ())
                    if summary.get("BackupStatus") == "AVAILABLE"
                ]
                if not reply.get("LastEvaluatedBackupArn"):
                    break
                start = {"ExclusiveStartBackupArn": reply["LastEvaluatedBackupArn"]}
        return tuple(sorted(copies, key=lambda copy: copy.taken, reverse=True))

    def window(self) -> Mapping[str, tuple[str, str]]:
        """Return, by table, the earliest and latest moment it can be restored to."""
        moments: dict[str, tuple[str, str]] = {}
        for table in self._tables:
            reply = self._send("DescribeContinuousBackups", {"TableName": table})
            described = reply["ContinuousBackupsDescription"].get(
                "PointInTimeRecoveryDescription", {}
            )
            if described.get("PointInTimeRecoveryStatus") == "ENABLED":
                moments[table] = (
                    _moment(described.get("EarliestRestorableDateTime")),
                    _moment(described.get("LatestRestorableDateTime")),
                )
        return moments

    def restore(
        self, copies: Sequence[BackupCopy], names: Mapping[str, str], say: Progress
    ) -> None:
        """Make new tables from backups.

        Args:
            copies: the backups, one of each table.
            names: what each table's new one is called.
            say: told what is being done.

        Raises:
            EngineError: the service refused, or a table of that name exists.
        """
        for copy in copies:
            target = names[copy.container]
            say(f"restore {copy.container} as {target}")
            request = {"TargetTableName": target, "BackupArn": copy.reference}
            self._send("RestoreTableFromBackup", request)
        self._wait([names[copy.container] for copy in copies], say)

    def restore_to(self, moment: str, names: Mapping[str, str], say: Progress) -> None:
        """Make new tables as they were at a moment; "" for the latest there is.

        Raises:
            UsageError: a table cannot be restored to that moment.
            EngineError: the service refused.
        """
        windows = self.window()
        lacking = [table for table in names if table not in windows]
        if lacking:
            raise UsageError(
                f"{', '.join(lacking)}: point-in-time recovery is off",
                remedy="switch it on in the design (`pitr: 35d`), then `tablewright up`",
            )
        for table, target in names.items():
            say(f"restore {table} as {target}")
            when: dict[str, Any] = {"UseLatestRestorableTime": True}
            if moment:
                seconds = datetime.datetime.fromisoformat(moment).timestamp()
                when = {"RestoreDateTime": seconds}
            self._send(
                "RestoreTableToPointInTime",
                {"SourceTableName": table, "TargetTableName": target, **when},
            )
        self._wait(list(names.values()), say)

    def _wait(self, tables: Sequence[str], say: Progress) -> None:
        for table in tables:
            wait_active(self._transport, table, say, sleep=self._sleep)

    def _send(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._transport.send(operation, parameters).body
        except RequestFailedError as failed:
            if failed.code in ("UnknownOperationException", "InvalidAction"):
                raise EngineError(
                    f"{self._transport.description} does not offer {operation}",
                    remedy="back up with --method export",
                ) from failed
            raise


def _copy(table: str, details: Mapping[str, Any]) -> BackupCopy:
    return BackupCopy(
        container=table,
        name=str(details["BackupName"]),
        reference=str(details["BackupArn"]),
        method=METHOD,
        taken=_moment(details.get("BackupCreationDateTime")),
        bytes=details.get("BackupSizeBytes"),
    )


def _moment(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat(timespec="seconds")
    if value is None:
        return ""
    moment = datetime.datetime.fromtimestamp(float(value), datetime.UTC)
    return moment.isoformat(timespec="seconds")
