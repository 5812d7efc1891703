"""`down`: remove the tables of a design, in two steps.

In: a session, a design, a target, and in the second step the word of the first. Out: a DownView.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.doors import Target
from tablewright.operate.provision import not_ours
from tablewright.session import Session
from tablewright.verbs.database import Announce, Say, opened, silent, workspace_of


@frozen
class TableContents:
    """A table and how much it holds."""

    table: str
    items: int | None
    """None where the database does not say."""
    bytes: int | None


@frozen
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
    announce: Announce | None = None,
    status: Callable[[], AbstractContextManager[Say]] = lambda: nullcontext(silent),
) -> DownView:
    """Return what would be lost; with the word of confirmation, delete it.

    Raises:
        UsageError: `confirm` is not the word.
        EngineError: the database refused.
    """
    chosen = session.design(design)
    word = f"{session.model.app}-{chosen.name}"
    if confirm and confirm != word:
        raise UsageError(f"`{confirm}` is not the word", remedy=f"it is {word}")
    with opened(session, chosen, target, announce=announce) as adapter:
        observed = adapter.describe()
        strange = [name for name, container in observed.items() if container.is_foreign]
        if strange:
            raise UsageError(
                f"{not_ours(strange, session.model.app)}: nothing is removed",
                remedy="remove them with the tools they were made with, or take them over first "
                "with `tablewright up --adopt`",
            )
        if confirm:
            with status() as say:
                adapter.destroy(list(observed), say)
        where = adapter.description
    if confirm:
        workspace = workspace_of(session)
        for kept in (workspace.position, workspace.loading, workspace.spent):
            kept(chosen.name, target).unlink(missing_ok=True)
    return DownView(
        app=session.model.app,
        design=chosen.name,
        where=where,
        deleted=bool(confirm),
        tables=tuple(
            TableContents(table=name, items=container.records, bytes=container.bytes)
            for name, container in observed.items()
        ),
        confirm=word,
    )
