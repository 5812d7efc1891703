"""`migrate`: move the data from one design to another, and prove that it arrived.

In: a session, two designs, two databases, an action. Out: a MigratePlanView before anything
is read, a MigrateView of what was done. Each run goes on where the last one stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.bill.rates import Rates
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.design.migrations import FilesChoice, MigrationChoices, MigrationRate
from tablewright.design.values import Design
from tablewright.evaluation.doors import Adapter, Target
from tablewright.evaluation.values import Evaluation
from tablewright.migrate.files import FileReferences
from tablewright.migrate.planning import MigrationPlan, plan_migration
from tablewright.migrate.transform import Transform
from tablewright.migrate.verification import Verification
from tablewright.operate.cutover import Cutover
from tablewright.operate.file_copy import MANIFEST, FileCopy, copy_files
from tablewright.operate.following import Followed
from tablewright.operate.migration import DryRun, Migration
from tablewright.operate.migration_run import (
    ABORT,
    COPY,
    FOLLOW,
    MOST_LAG_SECONDS,
    STATUS,
    MigrationRun,
)
from tablewright.operate.reading import Progress
from tablewright.operate.staging import SOURCE, Staging
from tablewright.proof.both_sides import AnswersOfBoth, answers_of_both
from tablewright.sample.sample import Sample
from tablewright.session import Session
from tablewright.verbs.database import workspace_of

RECORDS_A_SECOND = Decimal(1_000)
OVERLAP_DAYS = Decimal(14)
SHARES = "shares"
"""The folder of what a cluster has begun."""


@frozen
class MigratePlanView:
    """What a migration takes, before it begins."""

    app: str
    region: str
    plan: MigrationPlan


@frozen
class MigrateView:
    """What a run of a migration did."""

    app: str
    source: str
    target: str
    source_place: str
    target_place: str
    action: str
    check: DryRun | None = None
    written: int = 0
    verification: Verification | None = None
    repaired: int = 0
    quarantined: int = 0
    work_dir: str = ""
    phases: tuple[tuple[str, int, bool], ...] = ()
    """Of `status`: phase and place, how much is done, whether it is all."""
    holds: tuple[tuple[str, int], ...] = ()
    """What the model file says that the source holds: entities, and how many instances of each."""
    decisions: tuple[str, ...] = ()
    """What the model file answers for this migration."""
    followed: Followed | None = None
    is_reverse: bool = False
    """Changes went from the target to the source: the switch was made before."""
    cutover: Cutover | None = None
    answers: tuple[AnswersOfBoth, ...] = ()
    """Of verify, repair and finish: how both sides answer the read patterns."""
    files: FileCopy | None = None
    """What was copied to object storage."""
    engine: str = ""
    """Of a cluster: what it is, into how many shares the data is divided, and where they are."""
    state: str = ""
    """Of `status`: where it is, in words."""
    journal: tuple[str, ...] = ()
    """Of `status`: the last lines of the journal."""

    @property
    def miscounted(self) -> tuple[tuple[str, int, int], ...]:
        """Entities of which the source holds another number than stated: stated, held."""
        if self.check is None:
            return ()
        held = dict(self.check.instances)
        return tuple((n, count, held.get(n, 0)) for n, count in self.holds if count != held.get(n))

    @property
    def is_clean(self) -> bool:
        """Whether everything can be moved, or was."""
        checked = self.check is None or self.check.is_clear
        is_open = self.cutover is None or self.cutover.is_open
        is_verified = self.verification is None or self.verification.is_clean
        return checked and is_open and is_verified and all(each.is_right for each in self.answers)


def pair_of(session: Session, source: str, target: str) -> tuple[Design, Design]:
    """Return both designs.

    Raises:
        UsageError: there is none of a name, or they are the same.
    """
    pair = session.design(source), session.design(target)
    if pair[0].name == pair[1].name:
        raise UsageError(
            f"`{source}` is both source and target", remedy="name another design with --to"
        )
    return pair


def plan(
    session: Session,
    source: str,
    target: str,
    *,
    users: int | None = None,
    records_per_second: Decimal = RECORDS_A_SECOND,
    overlap_days: Decimal = OVERLAP_DAYS,
) -> MigratePlanView:
    """Return what moving the data of a number of users takes.

    Raises:
        UsageError: there is no such design.
        UnsupportedError: an engine is only priced.
        PriceUnknownError: a price that a design's bill needs is not known.
    """
    designs = pair_of(session, source, target)
    scale = users or session.users
    evaluations: list[Evaluation] = [session.evaluate(each, scale) for each in designs]
    connectors = [session.engine_of(each).connector for each in designs]
    codecs = [c.codec(session.model, d) for c, d in zip(connectors, designs, strict=True)]
    sample = Sample(session.model)
    created = plan_migration(
        evaluations[0],
        evaluations[1],
        (codecs[0], codecs[1]),
        Rates(session.book(), session.region),
        units_of=lambda kind: connectors[1].write_units(evaluations[1], kind),
        count_of=lambda entity: sample.count(entity, scale),
        records_per_second=records_per_second,
        overlap_days=overlap_days,
        can_follow=connectors[0].can_follow(designs[0]),
        stated=session.file.choices(source, target),
        reads_are_charged=session.engine_of(designs[0]).is_billed_by_request(designs[0]),
    )
    return MigratePlanView(app=session.model.app, region=session.region, plan=created)


def migrate(
    session: Session,
    source: str,
    target: str,
    *,
    source_at: Target,
    target_at: Target,
    action: str = COPY,
    work_dir: Path | None = None,
    rate: MigrationRate | None = None,
    follow_seconds: float = 0,
    most_lag_seconds: float = MOST_LAG_SECONDS,
    progress: Progress | None = None,
    announce: Callable[[str], None] = lambda text: None,
) -> MigrateView:
    """Move the data, or a part of that: what `action` says.

    Args:
        session: the model file.
        source: the design that is left.
        target: the design that is moved to.
        source_at: the database of the source.
        target_at: the database of the target.
        action: copy (check, write, verify), follow (copy, then bring changes over), dry-run,
            verify, repair, finish (the gate to switch over), status or abort.
        work_dir: where progress is kept; beside the model file unless given.
        rate: how fast; that of the model file unless given.
        follow_seconds: of follow: how long to go on waiting for changes.
        most_lag_seconds: of finish: how old the last change may have been.
        progress: told what is being done.
        announce: told which databases are meant, before anything is read.

    Raises:
        UsageError: there is no such design, or what the target needs does not exist.
        EngineError: a database refused or went away; the next run goes on there.
    """
    designs = pair_of(session, source, target)
    places = (source_at, target_at)
    refuse_same_place(session, designs, places)
    folder = working_folder(session, source, target, work_dir)
    if action in (ABORT, STATUS) and not (folder / "staging.db").exists():
        return _nothing_begun(session, source, target, action, folder)
    with _opened(session, designs, places, folder, action) as (pair, staging):
        announce(f"from {pair[0].description} to {pair[1].description}")
        choices = session.file.choices(source, target)
        work = Migration(
            source=pair[0],
            target=pair[1],
            transform=transform_between(session, designs, choices),
            staging=staging,
            journal=folder / "journal.txt",
            progress=progress,
            rate=rate or choices.rate,
        )
        run = MigrationRun(
            work=work,
            folder=folder,
            follow_seconds=follow_seconds,
            most_lag_seconds=most_lag_seconds,
            estimated_units=lambda: _estimated_units(session, designs[1], work),
            ask=lambda: _answers(session, designs, work),
        )
        done = run.carry_out(action)
        if choices.files is not None and action in (COPY, FOLLOW) and done["check"].is_clear:
            done["files"] = copied_files(session, choices.files, folder)
        view = MigrateView(
            app=session.model.app,
            source=source,
            target=target,
            source_place=pair[0].description,
            target_place=pair[1].description,
            action=action,
            work_dir=str(folder),
            holds=choices.holds,
            decisions=tuple(answer.text for answer in choices.answers),
            **done,
        )
    if action == ABORT:
        _forget(folder)
    return view


def _forget(folder: Path) -> None:
    """Remove the staging file."""
    for ending in ("", "-wal", "-shm"):
        (folder / f"staging.db{ending}").unlink(missing_ok=True)


def _refuse_shares(folder: Path) -> None:
    """Refuse to go on in one process with what a cluster has begun.

    Raises:
        UsageError: it has begun.
    """
    if (folder / SHARES).exists():
        raise UsageError(
            f"the migration in {folder} was begun with --engine spark",
            remedy="go on with --engine spark, or forget it with --engine spark --abort",
        )


def refuse_same_place(
    session: Session, designs: tuple[Design, Design], targets: tuple[Target, Target]
) -> None:
    """Refuse to copy a table or collection onto itself.

    Raises:
        UsageError: both designs have one of a name, and lie in the same database.
    """
    is_apart = targets[0].is_local and not targets[0].data  # a file of each design
    if is_apart or targets[0] != targets[1] or designs[0].engine != designs[1].engine:
        return
    names = [
        {kind.container for kind in connector.codec(session.model, design).kinds}
        for design in designs
        for connector in (session.engine_of(design).connector,)
    ]
    both = sorted(names[0] & names[1])
    if both:
        raise UsageError(
            f"`{designs[0].name}` and `{designs[1].name}` both have {', '.join(both)}, in the same "
            "database",
            remedy="give those of the target other names in the model file, or name another "
            "database",
        )


def working_folder(session: Session, source: str, target: str, work_dir: Path | None) -> Path:
    """Return where progress is kept: the folder that was asked for, or one beside the model."""
    return work_dir or workspace_of(session).folder / "migrations" / f"{source}-to-{target}"


def transform_between(
    session: Session, designs: tuple[Design, Design], choices: MigrationChoices
) -> Transform:
    """Return the transform from one design to the other, with what the model file decides."""
    codecs = [
        session.engine_of(design).connector.codec(session.model, design, keeps_values=True)
        for design in designs
    ]
    return Transform(
        session.model,
        codecs[0],
        codecs[1],
        answers=choices.answers,
        renaming=choices.renaming,
        references=_references(choices.files),
        has_file=_has_file(session, choices.files),
    )


def _references(files: FilesChoice | None) -> FileReferences | None:
    if files is None:
        return None
    return FileReferences(prefix=files.prefix, url=files.url, folder=files.key)


def _has_file(session: Session, files: FilesChoice | None) -> Callable[[str], bool] | None:
    """Return what says whether a file is there.

    Raises:
        UsageError: there is no such folder.
    """
    if files is None:
        return None
    folder = Path(session.file.path).parent / files.folder
    if not folder.is_dir():
        raise UsageError(
            f"there is no folder {folder} with the files of the migration",
            remedy="correct `files: {folder: …}` under `migrations:` of the model file",
        )
    return lambda name: (folder / name).is_file()


def copied_files(session: Session, files: FilesChoice, folder: Path) -> FileCopy:
    """Copy the files of a migration to object storage; return what was copied."""
    beside = Path(session.file.path).parent
    references = _references(files)
    assert references is not None
    return copy_files(beside / files.folder, beside / files.bucket, references, folder / MANIFEST)


def _estimated_units(session: Session, design: Design, work: Migration) -> Decimal | None:
    """Return the write units that the copy should take; None where none are charged."""
    connector = session.engine_of(design).connector
    evaluation = session.evaluate(design, session.users)
    total = Decimal(0)
    for kind in work.transform.target.kinds:
        units = connector.write_units(evaluation, kind)
        if units is None:
            return None
        total += units * work.staging.count(SOURCE, kind.entity) * kind.copies
    return total


def _answers(
    session: Session, designs: tuple[Design, Design], work: Migration
) -> tuple[AnswersOfBoth, ...]:
    """Ask the read patterns on both sides for instances that were moved."""
    transform = work.transform

    def known(entities: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        for entity in sorted(entities):
            for _, _, row in work.staging.instances(SOURCE, entity):
                yield entity, row

    is_changed = bool(transform.answers or transform.renaming.names or transform.references)
    return answers_of_both(
        (work.source, session.evaluate(designs[0])),
        (work.target, session.evaluate(designs[1])),
        known,
        hidden={entity.name: transform.hidden(entity.name) for entity in session.model.entities},
        source_unchecked="the model file says what is changed on the way" if is_changed else "",
    )


def _nothing_begun(
    session: Session, source: str, target: str, action: str, folder: Path
) -> MigrateView:
    return MigrateView(
        app=session.model.app,
        source=source,
        target=target,
        source_place="",
        target_place="",
        action=action,
        work_dir=str(folder),
    )


@contextmanager
def _opened(
    session: Session,
    designs: tuple[Design, Design],
    targets: tuple[Target, Target],
    folder: Path,
    action: str,
) -> Iterator[tuple[tuple[Adapter, Adapter], Staging]]:
    _refuse_shares(folder)
    with ExitStack() as stack:
        adapters: list[Adapter] = []
        for design, target in zip(designs, targets, strict=True):
            connector = session.engine_of(design).connector
            adapter = connector.connect(
                session.model,
                design,
                target,
                workspace_of(session).folder,
                creates=False,
                keeps_values=True,
            )
            stack.callback(adapter.close)
            adapters.append(adapter)
        staging = Staging(folder / "staging.db")
        stack.callback(staging.close)
        if action not in (ABORT, STATUS):
            _same_migration(staging, session, designs, (adapters[0], adapters[1]))
        yield (adapters[0], adapters[1]), staging


def _same_migration(
    staging: Staging,
    session: Session,
    designs: tuple[Design, Design],
    adapters: tuple[Adapter, Adapter],
) -> None:
    """Refuse to go on with what another model, design or database has begun.

    Raises:
        UsageError: it is another.
    """
    from tablewright.proof.values import digest_of

    facts = {
        "designs": f"{designs[0].name} to {designs[1].name}",
        "source": adapters[0].description,
        "target": adapters[1].description,
        "model": digest_of(session.file.source),
    }
    changed = [name for name, value in facts.items() if staging.fact(name) not in (None, value)]
    if changed == ["model"] and not staging.has_begun("write"):
        staging.start_over()  # it was only tried: answers and designs may change until then
    elif changed:
        raise UsageError(
            f"a migration with another {changed[0]} was begun in {staging.path.parent}",
            remedy="finish it with the same options, or forget it with --abort",
        )
    for name, value in facts.items():
        staging.keep_fact(name, value)
