"""What is kept of backups and drills: a JSON file each, beside the model file.

In: a folder. Out: records. A backup's record has the counts and digests of what was stored when it
was taken, so that a restore can be compared with them; a drill's has how long a recovery takes and
how old what it recovers is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Any

from tablewright.core.errors import DataError, UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.doors import BackupCopy
from tablewright.operate.exports.manifest import ContentTally
from tablewright.operate.files import write_text

BACKUP_SCHEMA, DRILL_SCHEMA = "tablewright.backup-record/1", "tablewright.drill-record/1"


@frozen
class BackupRecord:
    """One backup of all tables of a design."""

    name: str
    app: str
    design: str
    engine: str
    place: str
    """Which database."""
    method: str
    """CreateBackup, pg_dump, bson-dump or export."""
    taken: str
    copies: tuple[BackupCopy, ...]
    containers: Mapping[str, ContentTally] = field(default_factory=dict)
    """What was stored when it was taken; empty where that was not read."""


@frozen
class DrillRecord:
    """What one drill has shown."""

    design: str
    place: str
    backup: str
    method: str
    when: str
    recovery_point: str
    """The moment whose content came back."""
    recovery_seconds: str
    """From the beginning of the restore until the last pattern was answered."""
    records: int
    is_passed: bool


def write_backup(folder: Path, record: BackupRecord) -> Path:
    """Keep the record of a backup; return its file."""
    path = folder / f"{record.name}.json"
    _write(path, {"schema": BACKUP_SCHEMA, **asdict(record)})
    return path


def write_drill(path: Path, record: DrillRecord) -> None:
    """Keep the record of the latest drill."""
    _write(path, {"schema": DRILL_SCHEMA, **asdict(record)})


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_backups(folder: Path) -> tuple[BackupRecord, ...]:
    """Return the records of backups, the latest first.

    Raises:
        DataError: a record is damaged.
    """
    records = [_backup(path) for path in sorted(folder.glob("*.json"))]
    return tuple(sorted(records, key=lambda record: (record.taken, record.name), reverse=True))


def _backup(path: Path) -> BackupRecord:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("schema") != BACKUP_SCHEMA:
            raise ValueError("of another kind")
        copies = tuple(BackupCopy(**copy) for copy in content.pop("copies"))
        tallies = {n: ContentTally(**t) for n, t in content.pop("containers").items()}
        return BackupRecord(**content, copies=copies, containers=tallies)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise DataError(
            f"{path} is no record of a backup: {problem!r}", remedy="move it away"
        ) from problem


def backup_named(records: tuple[BackupRecord, ...], name: str) -> BackupRecord:
    """Return the backup of a name; "" for the latest.

    Raises:
        UsageError: there is none.
    """
    for record in records:
        if name in ("", record.name):
            return record
    known = ", ".join(record.name for record in records[:5])
    raise UsageError(
        f"there is no backup `{name}`" if name else "there is no backup yet",
        remedy=f"known: {known}" if known else "make one: `tablewright backup`",
    )


def read_drill(path: Path) -> DrillRecord | None:
    """Return the record of the latest drill; None if there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content.pop("schema")
        return DrillRecord(**content)
    except (OSError, ValueError, KeyError, TypeError):
        return None
