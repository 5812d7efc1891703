"""`ddl`: what would be run to create a design from nothing.

In: a session, a design. Out: a DdlView: SQL, calls of the MongoDB shell, or CreateTable requests.
"""

from __future__ import annotations

from tablewright.core.frozen import frozen
from tablewright.session import Session
from tablewright.verbs.database import connector_of


@frozen
class DdlView:
    """The statements that create a design, in the order they are run."""

    app: str
    design: str
    engine: str
    written_in: str
    """What the statements are written in: sql, javascript or json."""
    comment: str
    """What begins a comment among them."""
    statements: tuple[str, ...]


def ddl(session: Session, design: str = "") -> DdlView:
    """Return the statements that create a design in an empty database.

    Args:
        session: the model file.
        design: its name; the first of the file unless given.

    Raises:
        UsageError: there is no such design.
        UnsupportedError: its engine is only priced.
    """
    chosen = session.design(design)
    connector = connector_of(session, chosen)
    return DdlView(
        app=session.model.app,
        design=chosen.name,
        engine=chosen.engine,
        written_in=connector.written_in,
        comment=connector.comment,
        statements=connector.statements(session.model, chosen),
    )
