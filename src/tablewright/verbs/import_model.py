"""`init --from`: write a model file from what exists, or bring new facts into an edited one.

In: a directory and sources. Out: an ImportView or a RefreshedView.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tablewright.core.errors import TablewrightError, UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.engines.registry import languages
from tablewright.operate.files import write_text
from tablewright.operate.init import InitPlan, plan_init, write_init
from tablewright.operate.workspace import FOLDER
from tablewright.session import Options, Session, read_model
from tablewright.sources.importing import Imported, make_model, read_sources
from tablewright.sources.questions import ranked
from tablewright.sources.refresh import RefreshConflict, merge
from tablewright.sources.source import ReadOptions

BASE = "imported.yaml"
"""The text as it was imported, kept beside the model for the next refresh."""

SAMPLE_ITEMS = 200
"""Instances drawn where it is only asked which question moves the bill most."""


@frozen
class ImportView:
    """The model file that was made of what exists."""

    written: str
    app: str
    engine: str
    entities: tuple[str, ...]
    patterns: int
    tables: tuple[str, ...]
    container: str
    """What the engine calls a table."""
    questions: tuple[str, ...]
    """What to find out next, what moves the bill most first."""
    not_recovered: tuple[str, ...]


@frozen
class RefreshedView:
    """An edited model file that took over new facts."""

    written: str
    changed_lines: int
    conflicts: tuple[RefreshConflict, ...]
    """Lines that were edited and that the sources say otherwise; the edited ones stay."""


def import_model(
    directory: Path,
    sources: Sequence[str],
    options: ReadOptions,
    *,
    kind: str = "",
    name: str = "",
    force: bool = False,
) -> ImportView:
    """Write a model file from what exists.

    Args:
        directory: where the file goes.
        sources: files, folders or addresses.
        options: how they are read.
        kind: what they are, where their content does not tell.
        name: of the application; the directory's name unless given.
        force: whether a file that is there is replaced.

    Raises:
        UsageError: a source cannot be read, or the file cannot be written.
    """
    plan, imported = _imported(directory, sources, options, kind=kind, name=name)
    plan = replace(plan, text=imported.text, app=imported.draft.app)
    write_init(plan, force=force)
    _store_base(plan.path, imported.text)
    draft = imported.draft
    return ImportView(
        written=str(plan.path),
        app=draft.app,
        engine=draft.engine,
        entities=tuple(entity.name for entity in draft.entities),
        patterns=len(draft.patterns),
        tables=tuple(table.name for table in draft.tables),
        container=languages()[draft.engine].container,
        questions=tuple(imported.questions),
        not_recovered=tuple(imported.notes),
    )


def refresh_model(
    directory: Path,
    sources: Sequence[str],
    options: ReadOptions,
    *,
    kind: str = "",
    name: str = "",
) -> RefreshedView:
    """Bring new facts of the sources into a model file that was imported and then edited.

    Raises:
        UsageError: there is no imported file, or a source cannot be read.
    """
    plan, imported = _imported(directory, sources, options, kind=kind, name=name)
    path, base = plan.path, plan.path.parent / FOLDER / BASE
    if not path.is_file() or not base.is_file():
        raise UsageError(
            f"there is nothing to refresh: {path if not path.is_file() else base} is not there",
            remedy="import first: tablewright init DIR --from SOURCE",
        )
    merged = merge(
        base.read_text(encoding="utf-8"), path.read_text(encoding="utf-8"), imported.text
    )
    _check(merged.text)
    write_text(path, merged.text)
    _store_base(path, imported.text)
    return RefreshedView(
        written=str(path), changed_lines=merged.changed, conflicts=tuple(merged.conflicts)
    )


def _imported(
    directory: Path, sources: Sequence[str], options: ReadOptions, *, kind: str, name: str
) -> tuple[InitPlan, Imported]:
    plan = plan_init(directory, name=name)
    facts = read_sources(sources, options, kind)
    return plan, make_model(facts, plan.app, check=_check, rank=_questions)


def _check(text: str) -> None:
    read_model(text)


def _questions(text: str) -> list[str]:
    """Return the questions of a model, ranked by what depends on them at its smallest scale."""
    file = read_model(text)
    session = Session(file, Options(users=file.model.scales[0], sample_items=SAMPLE_ITEMS))
    try:
        bill = session.evaluate("current").bill
    except TablewrightError:
        return []
    by_resource = bill.sum_by("resource")
    by_entity: dict[str, Decimal] = {}
    for table in session.describe(session.design("current")).containers:
        stored = sum(
            (usd for resource, usd in by_resource.items() if _is_of(resource, table.name)), ZERO
        )
        for record in table.records:
            by_entity[record.entity] = by_entity.get(record.entity, ZERO) + stored / 10
    return [q.text for q in ranked(file.model.assumptions, bill.sum_by("pattern"), by_entity)]


def _is_of(resource: str, table: str) -> bool:
    return resource == table or resource.startswith((f"{table}/", f"{table}."))


def _store_base(path: Path, text: str) -> None:
    folder = path.parent / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / BASE, text)
