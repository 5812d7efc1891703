"""`backup` and `restore`: a copy of what a database stores, and the proof that it comes back.

In: a session, a design, a target. Out: a BackupView or a RestoreView. A drill leaves a record that
`status` and the runbook cite: how long a recovery takes, and how old what it recovers is.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.answers import PatternAnswers
from tablewright.evaluation.doors import Adapter, BackupCopy, Target
from tablewright.operate.exports.loading import content_tally
from tablewright.operate.exports.manifest import ContentTally
from tablewright.operate.exports.writing import ExportPlan, utc_now, write_export
from tablewright.operate.provision import require_containers
from tablewright.operate.recovery.records import (
    BackupRecord,
    DrillRecord,
    backup_named,
    read_backups,
    write_backup,
    write_drill,
)
from tablewright.operate.recovery.restoring import (
    EXPORT,
    POINT_IN_TIME,
    Restoration,
    Restore,
)
from tablewright.proof.answers import check_answers
from tablewright.session import Session
from tablewright.verbs.database import Say, opened, silent, workspace_of

AUTO = "auto"
NATIVE = "native"
METHODS = (AUTO, NATIVE, EXPORT)
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,62}")

Status = Callable[[], AbstractContextManager[Say]]


@frozen
class BackupView:
    """A backup that was made, or those there are."""

    app: str
    design: str
    where: str
    made: BackupRecord | None
    """None where backups are only listed."""
    reason: str
    """Why this method."""
    known: tuple[BackupRecord, ...]
    """Those with a record here, the latest first."""
    listed: tuple[BackupCopy, ...]
    """Those the database itself knows, the latest first."""
    windows: tuple[tuple[str, str, str], ...]
    """Of each table that can be restored to a moment: name, earliest, latest."""
    moments: tuple[tuple[str, str], ...]
    """Who else restores to a moment, and the command."""


@frozen
class ComparedContent:
    """A table or collection that came back, beside what was stored."""

    container: str
    name: str
    """What it is called where it came back."""
    records: int
    expected_records: int | None
    """None where it was not read when the backup was taken."""
    is_same: bool
    """Count and digest are those of what was stored, as far as these are known."""


@frozen
class RestoreView:
    """What came of a restore."""

    app: str
    design: str
    where: str
    backup: str
    method: str
    recovery_point: str
    place: str
    is_drill: bool
    is_removed: bool
    restore_seconds: Decimal
    recovery_seconds: Decimal
    """Until the last pattern was answered."""
    containers: tuple[ComparedContent, ...]
    answers: tuple[PatternAnswers, ...]
    is_passed: bool
    record: str
    """The file that keeps what a drill has shown."""


def _quiet() -> AbstractContextManager[Say]:
    return nullcontext(silent)


def backup(
    session: Session,
    design: str,
    target: Target,
    *,
    name: str = "",
    method: str = AUTO,
    out: Path | None = None,
    is_list: bool = False,
    reads_content: bool = True,
    announce: Callable[[Any], None] | None = None,
    status: Status = _quiet,
) -> BackupView:
    """Back up the tables or collections of a design, or list the backups there are.

    Args:
        session: the model file.
        design: whose tables.
        target: which database.
        name: of the backup; "backup-YYYYMMDD" and a letter where that is taken.
        method: native (what the engine offers), export, or auto: the first that is there.
        out: where files go; beside the model file unless given.
        is_list: only list.
        reads_content: whether everything is read for counts and digests to compare a restore with.
        announce: is told which server it is.
        status: shows what is being done.

    Raises:
        UsageError: the name is taken, or the method is not there.
        EngineError: the database refused.
    """
    chosen = session.design(design)
    records = workspace_of(session).backups(chosen.name)
    with opened(session, chosen, target, announce=announce) as adapter, status() as say:
        require_containers(adapter, session.model.app)
        created, reason = None, ""
        if not is_list:
            used, reason = _method(adapter, method)
            created = BackupRecord(
                name=_free_name(name, records),
                app=session.model.app,
                design=chosen.name,
                engine=chosen.engine,
                place=adapter.description,
                method=used,
                taken="",
                copies=(),
            )
            created = _make(adapter, created, out or records, say, reads_content=reads_content)
            write_backup(records, created)
        native = adapter.backups()
        windows = native.window() if native is not None else {}
        return BackupView(
            app=session.model.app,
            design=chosen.name,
            where=adapter.description,
            made=created,
            reason=reason,
            known=read_backups(records),
            listed=native.listed() if native is not None else (),
            windows=tuple((table, *moments) for table, moments in sorted(windows.items())),
            moments=adapter.recovery_commands,
        )


def _method(adapter: Adapter, method: str) -> tuple[str, str]:
    """Return the method of a backup and why it is this one."""
    native = adapter.backups()
    if method == EXPORT:
        return EXPORT, "as asked for"
    if native is not None:
        return native.method, "what the database offers"
    if method == NATIVE:
        raise UsageError(
            f"{adapter.description} offers no backups of its own, and no program for them is here",
            remedy="take --method export, or install the program (pg_dump)",
        )
    return EXPORT, "neither the database nor a program of its vendor makes backups here"


def _free_name(name: str, records: Path) -> str:
    used_names = {record.name for record in read_backups(records)}
    if name:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"`{name}` is no name of a backup",
                remedy="take letters, digits, dots, hyphens and underscores, 100 at the most",
            )
        if name in used_names:
            raise UsageError(f"there is a backup `{name}` already", remedy="choose another name")
        return name
    day = f"backup-{datetime.datetime.now(datetime.UTC):%Y%m%d}"
    endings = ("", *(f"-{number}" for number in range(2, len(used_names) + 3)))
    return next(f"{day}{ending}" for ending in endings if f"{day}{ending}" not in used_names)


def _make(
    adapter: Adapter, record: BackupRecord, folder: Path, say: Say, *, reads_content: bool
) -> BackupRecord:
    if record.method == EXPORT:
        place = folder / record.name
        plan = ExportPlan(
            app=record.app,
            design=record.design,
            engine=record.engine,
            form="ndjson",
            folder=place,
        )
        manifest = write_export(
            plan, adapter, show=lambda done, _, name: say(f"{name}: {done:,}"), now=utc_now
        )
        copy = BackupCopy(
            container="",
            name=record.name,
            reference=str(place.resolve()),
            method=EXPORT,
            taken=manifest.started,
            bytes=manifest.bytes,
        )
        return replace(
            record, taken=manifest.started, copies=(copy,), containers=manifest.containers
        )
    native = adapter.backups()
    assert native is not None
    copies = native.create(record.name, str(folder.resolve()), say)
    taken = min((copy.taken for copy in copies if copy.taken), default=utc_now())
    containers = _content(adapter, say) if reads_content else {}
    return replace(record, taken=taken, copies=copies, containers=containers)


def _content(adapter: Adapter, say: Say) -> Mapping[str, ContentTally]:
    tallies = {}
    for container in sorted({kind.container for kind in adapter.codec.kinds}):
        say(f"read {container}")
        tallies[container] = content_tally(adapter, container)
    return tallies


def restore(
    session: Session,
    design: str,
    target: Target,
    *,
    name: str = "",
    moment: str | None = None,
    into: str = "",
    is_drill: bool = False,
    announce: Callable[[Any], None] | None = None,
    status: Status = _quiet,
) -> RestoreView:
    """Restore a backup or a moment into a place of its own, verify it, and answer the patterns.

    Args:
        session: the model file.
        design: whose tables.
        target: the database they are on.
        name: of the backup; "" for the latest.
        moment: instead of a backup: a moment in ISO 8601, "" for the latest there is.
        into: the prefix of the new tables, or the new database.
        is_drill: whether the place is removed again and a record is left.
        announce: is told which server it is.
        status: shows what is being done.

    Raises:
        UsageError: there is no such backup or moment, or the place exists.
        EngineError: the database refused.
    """
    chosen = session.design(design)
    workspace = workspace_of(session)
    when = _when(moment)
    record = (
        None
        if when is not None
        else backup_named(read_backups(workspace.backups(chosen.name)), name)
    )
    with opened(session, chosen, target, announce=announce) as adapter, status() as say:
        work = Restore(
            model=session.model,
            adapter=adapter,
            label=_label(into, session.model.app, is_drill=is_drill),
            ask=lambda place, built: check_answers(place, session.evaluate(built)),
            say=say,
            is_drill=is_drill,
        )
        if record is not None:
            outcome = work.from_backup(record)
            source, method, point = record.name, record.method, record.taken
        else:
            require_containers(adapter, session.model.app)
            expected = _content(adapter, say) if not when else {}
            outcome = work.from_moment(when or "", expected)
            source, method, point = "", POINT_IN_TIME, when or _latest(adapter)
        view = _view(session, chosen.name, adapter.description, outcome, is_drill)
    kept = workspace.drill(chosen.name)
    view = replace(
        view,
        backup=source,
        method=method,
        recovery_point=point,
        record=str(kept) if is_drill else "",
    )
    if is_drill:
        write_drill(kept, _drill(view))
    return view


def _latest(adapter: Adapter) -> str:
    """Return the latest moment that every table can be restored to."""
    native = adapter.backups()
    windows = native.window() if native is not None else {}
    return min((latest for _, latest in windows.values()), default=utc_now())


def _when(moment: str | None) -> str | None:
    """Return a moment in UTC; "" for the latest, None where a backup is meant."""
    if moment is None or moment in ("", "latest"):
        return None if moment is None else ""
    try:
        parsed = datetime.datetime.fromisoformat(moment)
    except ValueError:
        raise UsageError(
            f"`{moment}` is no moment",
            remedy="write --at latest, or --at 2026-11-30T12:00:00+00:00",
        ) from None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=datetime.UTC)
    return parsed.astimezone(datetime.UTC).isoformat()


def _label(into: str, app: str, *, is_drill: bool) -> str:
    if into:
        if not _LABEL.fullmatch(into):
            raise UsageError(
                f"`{into}` is no name of a place",
                remedy="begin with a letter, go on with letters, digits, dots, hyphens, "
                "underscores; 63 at the most",
            )
        return into
    now = f"{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}"
    return f"{app[:20]}-{'drill' if is_drill else 'restored'}-{now}"


def _view(
    session: Session, design: str, where: str, outcome: Restoration, is_drill: bool
) -> RestoreView:
    return RestoreView(
        app=session.model.app,
        design=design,
        where=where,
        backup="",
        method="",
        recovery_point="",
        place=outcome.place,
        is_drill=is_drill,
        is_removed=outcome.is_removed,
        restore_seconds=_seconds(outcome.restore_seconds),
        recovery_seconds=_seconds(outcome.total_seconds),
        containers=tuple(
            ComparedContent(
                container=each.container,
                name=each.name,
                records=each.restored.count,
                expected_records=None if each.expected is None else each.expected.count,
                is_same=each.is_same,
            )
            for each in outcome.containers
        ),
        answers=outcome.answers,
        is_passed=outcome.is_passed,
        record="",
    )


def _seconds(seconds: float) -> Decimal:
    return Decimal(str(seconds)).quantize(Decimal("0.01"))


def _drill(view: RestoreView) -> DrillRecord:
    return DrillRecord(
        design=view.design,
        place=view.where,
        backup=view.backup,
        method=view.method,
        when=utc_now(),
        recovery_point=view.recovery_point,
        recovery_seconds=str(view.recovery_seconds),
        records=sum(container.records for container in view.containers),
        is_passed=view.is_passed,
    )
