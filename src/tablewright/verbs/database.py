"""Reach the database that a verb works on, through what the engine of its design offers.

In: a session, a design, a target. Out: an adapter, closed at the end. What was consumed through it
is added to what `status` shows, also after a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from tablewright.design.values import Design
from tablewright.evaluation.connector import Connector
from tablewright.evaluation.doors import Adapter, SpendingCap, Target
from tablewright.operate.workspace import Workspace
from tablewright.session import Session

Say = Callable[[str], None]
"""Receives, in a line, what is being done."""

Announce = Callable[[str], None]
"""Receives whose database it is, before anything is sent there."""

Progress = Callable[[int, int, str], None]
"""Receives how many are done, of how many, and of what."""


def silent(_: str) -> None:
    """Say nothing."""


def no_progress() -> AbstractContextManager[Progress]:
    """Show nothing."""
    return nullcontext(lambda done, total, name: None)


def workspace_of(session: Session) -> Workspace:
    """Return the folder beside the model file that keeps databases and records."""
    return Workspace(session.file.path)


def connector_of(session: Session, design: Design) -> Connector:
    """Return what opens the doors to a database of a design's engine.

    Raises:
        UnsupportedError: the engine is only priced.
    """
    return session.engine_of(design).connector


@contextmanager
def opened(
    session: Session,
    design: Design,
    target: Target,
    *,
    creates: bool = False,
    expiry_shift: int = 0,
    cap: SpendingCap | None = None,
    announce: Announce | None = None,
) -> Iterator[Adapter]:
    """Reach the database of a target, and give it back at the end.

    Args:
        session: the model file.
        design: the design whose database it is.
        target: which database.
        creates: whether an embedded database is made where there is none.
        expiry_shift: seconds by which expiry is moved on when records are written.
        cap: the most that may be spent there.
        announce: receives whose database it is, before anything is sent.
    """
    workspace = workspace_of(session)
    adapter = connector_of(session, design).connect(
        session.model,
        design,
        target,
        workspace.folder,
        creates=creates,
        expiry_shift=expiry_shift,
        cap=cap,
    )
    try:
        if announce is not None and adapter.announcement:
            announce(adapter.announcement)
        yield adapter
    finally:
        consumed = adapter.consumed()
        if consumed:
            workspace.add_units(design.name, target, consumed)
        adapter.close()


def containers(session: Session, design: Design) -> tuple[str, ...]:
    """Return the tables or collections of a design."""
    kinds = connector_of(session, design).codec(session.model, design).kinds
    return tuple(dict.fromkeys(kind.container for kind in kinds))
