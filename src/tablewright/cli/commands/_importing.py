"""`init --from`: read sources, write the model file, say what to find out next."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tablewright.cli.output import Output

if TYPE_CHECKING:
    from tablewright.operate.init import InitPlan
    from tablewright.sources.importing import Imported
    from tablewright.sources.source import ReadOptions

SCHEMA = "tablewright.import/1"
BASE = "imported.yaml"
"""The text as it was imported, kept beside the model for the next refresh."""


def run_import(
    out: Output,
    directory: Path,
    sources: Sequence[str],
    options: ReadOptions,
    *,
    kind: str,
    name: str,
    force: bool,
    refresh: bool,
) -> None:
    """Import sources into the model file of a directory, and report."""
    from tablewright.operate.init import plan_init, write_init
    from tablewright.sources.importing import make_model, read_sources

    plan = plan_init(directory, name=name)
    facts = read_sources(sources, options, kind)
    imported = make_model(facts, plan.app, check=_check, rank=_questions)
    if refresh:
        _refresh(out, plan.path, imported)
        return
    write_init(_with_text(plan, imported), force=force)
    _keep_base(plan.path, imported.text)
    _report(out, plan.path, imported, directory)


def _with_text(plan: InitPlan, imported: Imported) -> InitPlan:
    from dataclasses import replace

    return replace(plan, text=imported.text, app=imported.draft.app)


def _check(text: str) -> None:
    from tablewright.api import read_model

    read_model(text)


def _questions(text: str) -> list[str]:
    """Return the questions of a model, ranked by what depends on them at its smallest scale."""
    from tablewright.api import Options, Session, read_model
    from tablewright.core.errors import TablewrightError
    from tablewright.core.quantities import ZERO
    from tablewright.sources.questions import ranked

    file = read_model(text)
    session = Session(file, Options(users=file.model.scales[0], sample_items=200))
    try:
        bill = session.evaluate("current").bill
    except TablewrightError:
        return []
    by_resource = bill.sum_by("resource")
    by_entity: dict[str, Decimal] = {}
    for table in getattr(file.designs[0], "tables", ()):
        stored = sum(
            (usd for resource, usd in by_resource.items() if _is_of(resource, table.name)), ZERO
        )
        for shape in getattr(table, "shapes", ()):
            by_entity[shape.entity] = by_entity.get(shape.entity, ZERO) + stored / 10
    return [q.text for q in ranked(file.model.assumptions, bill.sum_by("pattern"), by_entity)]


def _is_of(resource: str, table: str) -> bool:
    return resource == table or resource.startswith((f"{table}/", f"{table}."))


def _keep_base(path: Path, text: str) -> None:
    from tablewright.operate.workspace import FOLDER

    folder = path.parent / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f"{BASE}.new"
    beside.write_text(text, encoding="utf-8")
    beside.replace(folder / BASE)


def _refresh(out: Output, path: Path, imported: Imported) -> None:
    from tablewright.core.errors import UsageError
    from tablewright.operate.workspace import FOLDER
    from tablewright.sources.refresh import merge

    base = path.parent / FOLDER / BASE
    if not path.is_file() or not base.is_file():
        raise UsageError(
            f"there is nothing to refresh: {path if not path.is_file() else base} is not there",
            remedy="import first: tablewright init DIR --from SOURCE",
        )
    merged = merge(
        base.read_text(encoding="utf-8"), path.read_text(encoding="utf-8"), imported.text
    )
    _check(merged.text)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(merged.text, encoding="utf-8")
    beside.replace(path)
    _keep_base(path, imported.text)
    if out.as_json:
        conflicts: list[dict[str, Any]] = [
            {"line": c.line, "mine": list(c.mine), "theirs": list(c.theirs)}
            for c in merged.conflicts
        ]
        out.data(
            {
                "schema": SCHEMA,
                "written": str(path),
                "changed_lines": merged.changed,
                "conflicts": conflicts,
            }
        )
        return
    out.text(f"refreshed {path}: {merged.changed} lines from the sources")
    for conflict in merged.conflicts:
        out.text(f"conflict at {path}:{conflict.line}: your lines stay; the sources say")
        for line in conflict.theirs or ("(nothing)",):
            out.text(f"  > {line.strip()}")


def _report(out: Output, path: Path, imported: Imported, directory: Path) -> None:
    draft = imported.draft
    if out.as_json:
        out.data(
            {
                "schema": SCHEMA,
                "written": str(path),
                "app": draft.app,
                "engine": draft.engine,
                "entities": [entity.name for entity in draft.entities],
                "patterns": len(draft.patterns),
                "tables": [table.name for table in draft.tables],
                "questions": list(imported.questions),
                "not_recovered": list(imported.notes),
            }
        )
        return
    unit = "collections" if draft.engine == "mongodb" else "tables"
    out.text(
        f"wrote {path}: {len(draft.entities)} entities, {len(draft.patterns)} access patterns, "
        f"{len(draft.tables)} {unit} of {draft.engine}"
    )
    for note in imported.notes[:10]:
        out.text(f"not recovered: {note}")
    if len(imported.notes) > 10:
        out.text(f"not recovered: {len(imported.notes) - 10} more, in the head of the file")
    if imported.questions:
        out.text("Answer these first; they move the bill most:")
        for number, question in enumerate(imported.questions, 1):
            out.text(f"  {number}. {question}")
    where = "" if str(directory) == "." else f" {directory}"
    out.note(f"next: tablewright check{where}, tablewright cost{where}")
