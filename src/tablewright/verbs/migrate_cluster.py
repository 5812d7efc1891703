"""`migrate --engine spark`: the same migration on a cluster, or on all processors of a machine.

In: a session, two designs, two databases that many processes reach, an action. Out: a MigrateView,
as of one process. What was begun stays in a folder or a bucket, so that the next run goes on there.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.design.migrations import MigrationRate
from tablewright.evaluation.doors import Adapter, Target
from tablewright.operate.migration import quarantine
from tablewright.operate.migration_run import (
    ABORT,
    COPY,
    DRY_RUN,
    FINISH,
    FOLLOW,
    JOURNAL_LINES,
    QUARANTINE,
    REPAIR,
    STATUS,
    VERIFY,
    require_target,
)
from tablewright.operate.shares.share import Sides
from tablewright.operate.shares.spark import SHARES_PER_CORE, SparkMigration, spark_context
from tablewright.operate.shares.store import FolderStore, ShareStore, store_at
from tablewright.session import Session, read_model
from tablewright.verbs.migrate import (
    SHARES,
    MigrateView,
    copied_files,
    pair_of,
    refuse_same_place,
    transform_between,
    working_folder,
)

BEGUN, JOURNAL, WRITING = "migration.json", "journal.txt", "writing"


@frozen(kw_only=False, slots=False)
class SidesOfFile:
    """Opens the databases of two designs of a model file, on any machine."""

    text: str
    path: str
    source: str
    target: str
    source_at: Target
    target_at: Target

    def __call__(self) -> Sides:
        """Return both adapters and the transform; opened once in each process."""
        return _sides(self)

    def forget(self) -> None:
        """Let the next call open them again."""
        _sides.cache_clear()


@lru_cache(maxsize=1)
def _sides(which: SidesOfFile) -> Sides:
    session = Session(file=read_model(which.text, which.path))
    designs = pair_of(session, which.source, which.target)
    adapters: list[Adapter] = [
        session.engine_of(design).connector.connect(
            session.model, design, target, Path(), creates=False, keeps_values=True
        )
        for design, target in zip(designs, (which.source_at, which.target_at), strict=True)
    ]
    transform = transform_between(
        session, designs, session.file.choices(which.source, which.target)
    )
    return adapters[0], adapters[1], transform


def migrate_on_cluster(
    session: Session,
    source: str,
    target: str,
    *,
    source_at: Target,
    target_at: Target,
    action: str = COPY,
    work_dir: str = "",
    rate: MigrationRate | None = None,
    shares: int | None = None,
    announce: Callable[[str], None] = lambda text: None,
) -> MigrateView:
    """Move the data, or a part of that, on a Spark cluster: what `action` says.

    Args:
        session: the model file.
        source: the design that is left.
        target: the design that is moved to.
        source_at: the database of the source.
        target_at: the database of the target.
        action: copy, dry-run, verify, repair, status or abort.
        work_dir: a folder that every machine sees, or s3://BUCKET/PREFIX; beside the model file
            unless given.
        rate: of the whole migration; that of the model file unless given.
        shares: into how many the data is divided; as many as were begun with, else four for each
            processor.
        announce: told which databases are meant, and what is being done.

    Raises:
        UnsupportedError: Spark is not installed, or what is asked for needs one process.
        UsageError: a database is an embedded one, or what was begun is something else.
        EngineError: a database refused or went away; the next run goes on there.
    """
    _require_cluster_action(action)
    _require_servers(session, source, target, (source_at, target_at))
    refuse_same_place(session, pair_of(session, source, target), (source_at, target_at))
    is_bucket = "://" in work_dir
    folder = Path(work_dir) if work_dir and not is_bucket else None
    folder = working_folder(session, source, target, folder)
    if not is_bucket:
        _refuse_one_process(folder)
    store = store_at(work_dir if is_bucket else folder / SHARES)
    view: dict[str, Any] = {"source_place": "", "target_place": ""} | {
        "app": session.model.app,
        "source": source,
        "target": target,
        "action": action,
        "work_dir": work_dir if is_bucket else str(folder),
    }
    if action == ABORT:
        store.clear()
        return MigrateView(**view)
    begun = _begun(store)
    if action == STATUS and not begun:
        return MigrateView(**view)
    opener = SidesOfFile(
        session.file.source, str(session.file.path), source, target, source_at, target_at
    )
    context = spark_context(session.model.app)
    try:
        work = SparkMigration(
            context,
            opener,
            store,
            shares=_share_count(begun, shares, context.defaultParallelism * SHARES_PER_CORE),
            rate=rate or session.file.choices(source, target).rate,
            say=announce,
        )
        announce(f"from {work.source.description} to {work.target.description}")
        if action != STATUS:
            _same_migration(store, session, (source, target), work, begun)
        view |= _Run(work, store, folder).carry_out(action)
        view["engine"] = f"Spark on {context.master}, {work.shares} shares in {store.place}"
        view["source_place"] = work.source.description
        view["target_place"] = work.target.description
    finally:
        context.stop()
    return _with_choices(session, view, folder)


def _with_choices(session: Session, view: dict[str, Any], folder: Path) -> MigrateView:
    """Return the view, once the files were copied that the model file says move too."""
    choices = session.file.choices(view["source"], view["target"])
    if choices.files is not None and view["action"] == COPY and view["check"].is_clear:
        view["files"] = copied_files(session, choices.files, folder)
    decisions = tuple(answer.text for answer in choices.answers)
    return MigrateView(**view, holds=choices.holds, decisions=decisions)


@dataclass
class _Run:
    """One run of a migration on a cluster."""

    work: SparkMigration
    store: ShareStore
    folder: Path

    def carry_out(self, action: str) -> dict[str, Any]:
        """Do what was asked for; return the fields of the view."""
        if action == STATUS:
            return self._status()
        if action in (VERIFY, REPAIR):
            self.work.check(again=True)
            return self._compare(repairs=action == REPAIR)
        check = self.work.check()
        problems = sum(group.count for group in check.problems)
        self._note(
            f"read source: {check.records_read:,} records; {problems:,} problems without an answer"
        )
        if action == DRY_RUN or not check.is_clear:
            return {"check": check}
        require_target(self.work.target)
        self.store.put(WRITING, b"yes")
        written = self.work.write()
        self._note(f"wrote {written:,} records")
        left_out = self._quarantine()
        return {"check": check, "written": written, "quarantined": left_out, **self._compare()}

    def _compare(self, *, repairs: bool = False) -> dict[str, Any]:
        verification, repaired = self.work.verify(), 0
        if repairs and not verification.is_clean:
            repaired = self.work.repair()
            self._note(f"repaired: {repaired:,} records written again")
            verification = self.work.verify()
        self._note(f"verified: {verification.differing:,} differences")
        return {"verification": verification, "repaired": repaired}

    def _quarantine(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / QUARANTINE
        count = quarantine(self.work.quarantined(), path)
        if count and not isinstance(self.store, FolderStore):
            self.store.put(QUARANTINE, path.read_bytes())
        return count

    def _status(self) -> dict[str, Any]:
        lines = (self.store.get(JOURNAL) or b"").decode().splitlines()
        is_writing = bool(self.store.get(WRITING))
        return {
            "phases": self.work.progress(),
            "state": "copied, or being copied" if is_writing else "not copied yet",
            "journal": tuple(lines[-JOURNAL_LINES:]),
        }

    def _note(self, text: str) -> None:
        """Add a line to the journal that a person can read."""
        moment = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        before = self.store.get(JOURNAL) or b""
        self.store.put(JOURNAL, before + f"{moment}  {text}\n".encode())


def _require_cluster_action(action: str) -> None:
    """Refuse what only one process does.

    Raises:
        UnsupportedError: it follows a source.
    """
    if action in (FOLLOW, FINISH):
        raise UnsupportedError(
            f"--{action} runs in one process: changes are applied in order, one after another",
            remedy="stop writing to the source while Spark copies, or follow in one process",
        )


def _refuse_one_process(folder: Path) -> None:
    """Refuse to go on with what one process has begun.

    Raises:
        UsageError: it has begun.
    """
    if (folder / "staging.db").exists():
        raise UsageError(
            f"the migration in {folder} was begun in one process",
            remedy="go on without --engine spark, or forget it with --abort",
        )


def _require_servers(
    session: Session, source: str, target: str, targets: tuple[Target, Target]
) -> None:
    """Refuse embedded databases, which one process opens.

    Raises:
        UsageError: one is embedded.
    """
    for name, place, option in zip(
        (source, target), targets, ("--source-endpoint", "--endpoint"), strict=True
    ):
        session.design(name)
        if place.is_local:
            raise UsageError(
                f"the database of `{name}` is the embedded one, which one process opens",
                remedy=f"give {option}; of DynamoDB's local engine that of `tablewright local "
                "--data FILE`",
            )


def _begun(store: ShareStore) -> dict[str, Any]:
    content = store.get(BEGUN)
    return dict(json.loads(content)) if content else {}


def _share_count(begun: dict[str, Any], shares: int | None, usual: int) -> int:
    """Return into how many shares the data is divided.

    Raises:
        UsageError: it was begun with another number.
    """
    if not begun:
        return shares or usual
    before = int(begun["shares"])
    if shares not in (None, before):
        raise UsageError(
            f"the migration was begun with {before} shares",
            remedy=f"write --shares {before}, or forget it with --abort",
        )
    return before


def _same_migration(
    store: ShareStore,
    session: Session,
    names: tuple[str, str],
    work: SparkMigration,
    begun: dict[str, Any],
) -> None:
    """Refuse to go on with what another model, design or database has begun.

    Raises:
        UsageError: it is another.
    """
    from tablewright.proof.values import digest_of

    facts = {
        "designs": f"{names[0]} to {names[1]}",
        "source": work.source.description,
        "target": work.target.description,
        "model": digest_of(session.file.source),
    }
    changed = [name for name, value in facts.items() if begun and begun[name] != value]
    if changed == ["model"] and not store.get(WRITING):
        store.clear()  # it was only tried: answers and designs may change until then
    elif changed:
        raise UsageError(
            f"a migration with another {changed[0]} was begun in {store.place}",
            remedy="finish it with the same options, or forget it with --abort",
        )
    store.put(BEGUN, json.dumps({**facts, "shares": work.shares}).encode())
