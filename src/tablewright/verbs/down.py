"""`down`: remove the tables of a design, in two steps.

In: a session, a design, a target, and in the second step the word of the first. Out: a DownView.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from tablewright.core.errors import UsageError
from tablewright.design.values import Design
from tablewright.engines.dynamodb.connector import Account
from tablewright.engines.dynamodb.observation import observe
from tablewright.engines.dynamodb.provisioning import apply_down, plan_down
from tablewright.evaluation.doors import Target
from tablewright.session import Session
from tablewright.verbs.database import Say, connected, dynamo_design, silent, workspace_of
from tablewright.verbs.on_engine import is_elsewhere, take_down


@dataclass(frozen=True, slots=True, kw_only=True)
class TableContents:
    """A table and how much it holds."""

    table: str
    items: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DownView:
    """What was deleted, or would be."""

    app: str
    design: str
    where: str
    deleted: bool
    tables: tuple[TableContents, ...]
    confirm: str
    """The word that the second step takes."""


def down(
    session: Session,
    design: str,
    target: Target,
    *,
    confirm: str = "",
    announce: Callable[[Account], None] | None = None,
    status: Callable[[], AbstractContextManager[Say]] = lambda: nullcontext(silent),
) -> DownView:
    """Return what would be lost; with the word of confirmation, delete it.

    Raises:
        UsageError: `confirm` is not the word.
        EngineError: the database refused.
    """
    workspace = workspace_of(session)
    elsewhere = is_elsewhere(session, design)
    if elsewhere is not None:
        return _down_elsewhere(session, elsewhere, target, confirm, announce, status)
    chosen = dynamo_design(session, design)
    word = f"{session.model.app}-{chosen.name}"
    with connected(session, chosen, target, announce=announce) as transport:
        observed = observe(transport, [table.name for table in chosen.tables])
        actions = plan_down(session.model, chosen, observed)
        if confirm and confirm != word:
            raise UsageError(f"`{confirm}` is not the word", remedy=f"it is {word}")
        if confirm:
            with status() as say:
                apply_down(actions, transport, say)
            workspace.position(chosen.name, target).unlink(missing_ok=True)
            workspace.loading(chosen.name, target).unlink(missing_ok=True)
            workspace.spent(chosen.name, target).unlink(missing_ok=True)
        where = transport.description
    if confirm and target.is_local and not target.data:
        _remove_files(workspace.database(chosen.name))
    return DownView(
        app=session.model.app,
        design=chosen.name,
        where=where,
        deleted=bool(confirm),
        tables=tuple(
            TableContents(table=name, items=table.items, bytes=table.bytes)
            for name, table in observed.items()
        ),
        confirm=word,
    )


def _remove_files(path: Path) -> None:
    """Remove the file of the local engine, which holds the tables of this design only."""
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def _down_elsewhere(
    session: Session,
    design: Design,
    target: Target,
    confirm: str,
    announce: Callable[[Account], None] | None,
    status: Callable[[], AbstractContextManager[Say]],
) -> DownView:
    """Return what would be lost of a design for another engine; where confirmed, delete it."""
    word = f"{session.model.app}-{design.name}"
    if confirm and confirm != word:
        raise UsageError(f"`{confirm}` is not the word", remedy=f"it is {word}")
    where, observed = take_down(
        session, design, target, is_confirmed=bool(confirm), announce=announce, status=status
    )
    if confirm:
        workspace = workspace_of(session)
        workspace.position(design.name, target).unlink(missing_ok=True)
        workspace.loading(design.name, target).unlink(missing_ok=True)
    return DownView(
        app=session.model.app,
        design=design.name,
        where=where,
        deleted=bool(confirm),
        tables=tuple(
            TableContents(table=name, items=seen.records or 0, bytes=seen.bytes or 0)
            for name, seen in observed.items()
        ),
        confirm=word,
    )
