"""`export` and `import`: what a database stores as files in an open format, and back.

In: a session, a design, a target, a folder. Out: an ExportView or an ImportedView.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.doors import Target
from tablewright.operate.exports.loading import ExportLoad
from tablewright.operate.exports.manifest import ExportManifest, read_manifest
from tablewright.operate.exports.writing import (
    RECORDS_OF_A_FILE,
    ExportPlan,
    utc_now,
    write_export,
)
from tablewright.operate.provision import require_containers
from tablewright.session import Session
from tablewright.verbs.database import Progress, no_progress, opened


@frozen
class CountedDigest:
    """How many records or instances, and the digest of them all."""

    name: str
    count: int
    digest: str


@frozen
class ExportView:
    """What was exported."""

    app: str
    design: str
    where: str
    folder: str
    form: str
    started: str
    records: int
    files: int
    bytes: int
    """Of the files, compressed."""
    containers: tuple[CountedDigest, ...]
    entities: tuple[CountedDigest, ...]
    unknown: int
    """Records of no kind that the design knows; they are in the files like the others."""


@frozen
class ImportedView:
    """What was loaded."""

    app: str
    design: str
    where: str
    folder: str
    records: int
    written: int
    same: int
    replaced: int
    extra: int
    """Records the database holds beyond the export."""


def export(
    session: Session,
    design: str,
    target: Target,
    folder: Path,
    *,
    form: str,
    overwrite: bool = False,
    records_of_a_file: int = RECORDS_OF_A_FILE,
    announce: Callable[[Any], None] | None = None,
    progress: Callable[[], AbstractContextManager[Progress]] = no_progress,
) -> ExportView:
    """Write what the tables or collections of a design store into a folder.

    Args:
        session: the model file.
        design: whose tables; "" for the first.
        target: which database.
        folder: where the files go.
        form: ddb-json, ndjson or parquet.
        overwrite: whether an export that is there is replaced.
        records_of_a_file: about how many records a file has.
        announce: is told which server it is.
        progress: shows how far it is.

    Raises:
        UsageError: the folder holds something, or the tables do not exist.
        EngineError: the database refused or went away: the next run goes on there.
    """
    chosen = session.design(design)
    with opened(session, chosen, target, announce=announce) as adapter, progress() as show:
        require_containers(adapter, session.model.app)
        plan = ExportPlan(
            app=session.model.app,
            design=chosen.name,
            engine=chosen.engine,
            form=form,
            folder=folder,
            records_of_a_file=records_of_a_file,
            overwrite=overwrite,
        )
        manifest = write_export(plan, adapter, show=show, now=utc_now)
        return export_view(manifest, folder, adapter.description)


def export_view(manifest: ExportManifest, folder: Path, where: str) -> ExportView:
    """Return what a reader sees of a manifest."""

    def listed(kind: str) -> tuple[CountedDigest, ...]:
        return tuple(
            CountedDigest(name=name, count=tally.count, digest=tally.digest)
            for name, tally in sorted(getattr(manifest, kind).items())
        )

    return ExportView(
        app=manifest.app,
        design=manifest.design,
        where=where,
        folder=str(folder),
        form=manifest.form,
        started=manifest.started,
        records=manifest.records,
        files=len(manifest.files),
        bytes=manifest.bytes,
        containers=listed("containers"),
        entities=listed("entities"),
        unknown=manifest.unknown,
    )


def import_export(
    session: Session,
    design: str,
    target: Target,
    folder: Path,
    *,
    overwrite: bool = False,
    announce: Callable[[Any], None] | None = None,
    progress: Callable[[], AbstractContextManager[Progress]] = no_progress,
) -> ImportedView:
    """Load an export into the tables or collections of the design it was made from.

    Raises:
        UsageError: it is of another design, or what is there differs and may not be replaced.
        DataError: a file is missing or was changed.
        EngineError: the database refused or went away; repeat to go on.
    """
    manifest = read_manifest(folder)
    chosen = session.design(design or manifest.design)
    if (manifest.engine, manifest.design) != (chosen.engine, chosen.name):
        raise UsageError(
            f"{folder} is an export of the design `{manifest.design}` ({manifest.engine}), not of "
            f"`{chosen.name}` ({chosen.engine})",
            remedy=f"load it with --design {manifest.design}, then `tablewright migrate --from "
            f"{manifest.design} --to {chosen.name}`",
        )
    with opened(session, chosen, target, announce=announce) as adapter, progress() as show:
        loaded = ExportLoad(folder, adapter, session.model, overwrite=overwrite, show=show).run()
        return ImportedView(
            app=session.model.app,
            design=chosen.name,
            where=adapter.description,
            folder=str(folder),
            records=loaded.records,
            written=loaded.written,
            same=loaded.same,
            replaced=loaded.replaced,
            extra=loaded.extra,
        )
