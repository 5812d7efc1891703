"""`archive`: what is older than its retention moves to a folder or object storage, and back.

In: a session, a design, a target, an entity, a place. Out: an ArchiveView. The saving is that of
the price book: storage that is no longer billed, less the object storage, and what the move costs
once.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.bill.rates import Rates
from tablewright.capacity.limits import STORAGE_OVERHEAD_BYTES
from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import GB
from tablewright.design.values import Design
from tablewright.evaluation.doors import Adapter, RecordKind, Target
from tablewright.model.values import Entity
from tablewright.operate.archive.attributes import AttributeRun
from tablewright.operate.archive.moving import Age, ArchiveRun, Moved, age_of, read_back
from tablewright.operate.archive.places import ArchivePlace, place_of
from tablewright.operate.exports.formats import NDJSON
from tablewright.operate.exports.manifest import ExportManifest
from tablewright.operate.exports.writing import utc_now
from tablewright.operate.provision import require_containers
from tablewright.session import Session
from tablewright.verbs.database import Progress, connector_of, no_progress, opened


@frozen
class ArchiveSaving:
    """What moving saves a month, and costs once; None where a price is not known."""

    stored_usd: Decimal
    """A month: storage of the database that is no longer billed."""
    object_usd: Decimal
    """A month: the files in S3."""
    once_usd: Decimal | None
    """The deletes."""

    @property
    def usd_per_month(self) -> Decimal:
        """What is saved each month."""
        return self.stored_usd - self.object_usd


@frozen
class ArchivedRun:
    """One run that was read back."""

    folder: str
    records: int
    entities: tuple[tuple[str, int], ...]
    started: str


@frozen
class ArchiveView:
    """What was moved, would be, or was read back."""

    app: str
    design: str
    where: str
    place: str
    entity: str
    before: str
    """Instances that came into being before this moment."""
    by: str
    """The attribute that says when."""
    is_dry_run: bool
    moved: Moved | None
    saving: ArchiveSaving | None
    """None where the engine does not bill what is stored."""
    runs: tuple[ArchivedRun, ...]
    """Of `--read`."""


@frozen
class ArchiveChoice:
    """What is archived, and to where."""

    entity: str
    """Whose instances."""
    attribute: str = ""
    """The part of them that moves; "" for all of them."""
    to: str
    """A folder or s3://BUCKET/PREFIX."""
    older_than_days: Decimal | None = None
    """Their age; the entity's retention unless given."""
    by: str = ""
    """The attribute that says when an instance came into being."""
    dry_run: bool = False
    """Only count."""
    endpoint: str = ""
    """Of a server of the S3 API."""


@frozen
class Archiving:
    """One run of the verb: from which database to where, and what is old."""

    session: Session
    design: Design
    adapter: Adapter
    age: Age
    before: datetime.datetime
    place: ArchivePlace
    folder: str
    """Of this run, below the place."""
    dry_run: bool
    show: Progress

    def records(self, entity: Entity, kinds: tuple[RecordKind, ...] = ()) -> Moved:
        """Move records of an entity: those of some kinds, all unless given."""
        return self.moved(
            ArchiveRun(
                model=self.session.model,
                adapter=self.adapter,
                entity=entity.name,
                age=self.age,
                before=self.before,
                place=self.place,
                folder=self.folder,
                blank=self.blank_manifest(),
                kinds=kinds,
                show=self.show,
            )
        )

    def moved(self, run: ArchiveRun | AttributeRun) -> Moved:
        """Return what a run moved, or would move."""
        return run.plan() if self.dry_run else run.run(utc_now)

    def blank_manifest(self) -> ExportManifest:
        """Return the manifest of a run before anything is in it."""
        return ExportManifest(
            app=self.session.model.app,
            design=self.design.name,
            engine=self.design.engine,
            form=NDJSON,
            place=self.adapter.description,
            started=utc_now(),
        )


@frozen
class Subject:
    """What is moved."""

    name: str
    """An entity, or "entity.attribute"."""
    move: Callable[[Archiving], tuple[Moved, Decimal | None]]
    """Moves it; returns the write units too where records stay without a part."""


def whole_instances(session: Session, choice: ArchiveChoice) -> Subject:
    """Return the instances of an entity as what is moved.

    Raises:
        UsageError: there is no such entity.
    """
    entity = entity_named(session, choice.entity)
    return Subject(name=entity.name, move=lambda archiving: (archiving.records(entity), None))


def archive(
    session: Session,
    design: str,
    target: Target,
    choice: ArchiveChoice,
    *,
    subject_of: Callable[[Session, ArchiveChoice], Subject] = whole_instances,
    now: datetime.datetime | None = None,
    announce: Callable[[Any], None] | None = None,
    progress: Callable[[], AbstractContextManager[Progress]] = no_progress,
) -> ArchiveView:
    """Move old instances of an entity, or an attribute of them, out of a database.

    Args:
        session: the model file.
        design: whose tables.
        target: which database.
        choice: whose instances, how old, to where.
        subject_of: what of the instances moves.
        now: the moment; the clock's unless given.
        announce: is told which server it is.
        progress: shows how far it is.

    Raises:
        UsageError: nothing says how old an instance is, or there is no age.
        DataError: a file came back other than it was written.
        EngineError: the database or the place refused.
    """
    chosen = session.design(design)
    subject = subject_of(session, choice)
    age, moment, before = moments_of(entity_named(session, choice.entity), choice, now)
    place = place_of(choice.to, endpoint=choice.endpoint, profile=target.profile)
    with opened(session, chosen, target, announce=announce) as adapter, progress() as show:
        require_containers(adapter, session.model.app)
        archiving = Archiving(
            session=session,
            design=chosen,
            adapter=adapter,
            age=age,
            before=before,
            place=place,
            folder=f"{subject.name}-{moment:%Y%m%dT%H%M%S%f}",
            dry_run=choice.dry_run,
            show=show,
        )
        moved, rewritten_units = subject.move(archiving)
        where = adapter.description
    return ArchiveView(
        app=session.model.app,
        design=chosen.name,
        where=where,
        place=place.description,
        entity=subject.name,
        before=before.isoformat(timespec="seconds"),
        by=age.attribute,
        is_dry_run=choice.dry_run,
        moved=moved,
        saving=saving_of(session, chosen, moved, rewritten_units=rewritten_units),
        runs=(),
    )


def moments_of(
    entity: Entity, choice: ArchiveChoice, now: datetime.datetime | None
) -> tuple[Age, datetime.datetime, datetime.datetime]:
    """Return what tells how old instances are, the moment of now, and before which they are old.

    Raises:
        UsageError: nothing tells, or there is no age.
    """
    days = choice.older_than_days
    if days is None:
        days = entity.retention_days
    if days is None:
        raise UsageError(
            f"{entity.name} has no retention in the model",
            remedy="say --older-than 90, or write `retention: 90d` at the entity",
        )
    moment = now or datetime.datetime.now(datetime.UTC)
    return age_of(entity, choice.by), moment, moment - datetime.timedelta(days=float(days))


def entity_named(session: Session, name: str) -> Entity:
    """Return an entity by name.

    Raises:
        UsageError: there is none.
    """
    names = [entity.name for entity in session.model.entities]
    if name not in names:
        close = nearest(name, names)
        raise UsageError(
            f"there is no entity `{name}`",
            remedy=f"did you mean `{close}`?" if close else f"there are {', '.join(names)}",
        )
    return session.model.entity(name)


def saving_of(
    session: Session, design: Design, moved: Moved, *, rewritten_units: Decimal | None = None
) -> ArchiveSaving | None:
    """Return what is saved a month, where an engine bills what it stores by the byte.

    Args:
        session: with the price book.
        design: what is stored.
        moved: what left the database.
        rewritten_units: write units where records stay without a part; else they are deleted.
    """
    if not connector_of(session, design).products or moved.bytes is None:
        return None
    rates = Rates(session.book(), session.region)
    stored, objects, write = (rates.known(n) for n in ("stored_gb", "object_gb", "write"))
    if stored is None or objects is None:
        return None
    overhead = moved.records * STORAGE_OVERHEAD_BYTES if rewritten_units is None else 0
    billed = Decimal(moved.bytes + overhead) / GB
    # a delete takes a write unit for each KB that is deleted, at least one
    deleted = max(Decimal(moved.records), (Decimal(moved.bytes) / 1024).to_integral_value())
    units = deleted if rewritten_units is None else rewritten_units
    return ArchiveSaving(
        stored_usd=billed * stored,
        object_usd=Decimal(moved.archived_bytes) / GB * objects,
        once_usd=None if write is None else units * write,
    )


def read_archive(session: Session, *, source: str, out: Path, endpoint: str = "") -> ArchiveView:
    """Bring an archive back into a folder, verified, ready for `import`.

    Raises:
        UsageError: there is no archive, or the folder holds something.
        DataError: a file was changed.
    """
    place = place_of(source, endpoint=endpoint)
    runs = read_back(place, out, session.model.app)
    return ArchiveView(
        app=session.model.app,
        design=", ".join(dict.fromkeys(manifest.design for _, manifest in runs)),
        where="",
        place=place.description,
        entity="",
        before="",
        by="",
        is_dry_run=False,
        moved=None,
        saving=None,
        runs=tuple(
            ArchivedRun(
                folder=folder,
                records=manifest.records,
                entities=tuple((n, t.count) for n, t in sorted(manifest.entities.items())),
                started=manifest.started,
            )
            for folder, manifest in runs
        ),
    )
