"""`generate`: a Python module with one function for each access pattern.

In: a session, a design. Out: a ClientView: the source, and what is left out of it with the reason.
"""

from __future__ import annotations

from pathlib import Path

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.parameters import signature_of
from tablewright.session import Session
from tablewright.verbs.database import connector_of


@frozen
class ClientView:
    """A client of a design's access patterns."""

    app: str
    design: str
    source: str
    left_out: tuple[str, ...]
    """Access patterns without a function, each with the reason."""
    written: str = ""
    """The file it was written to; empty where it is only shown."""


def generate_client(session: Session, design: str = "", out: Path | None = None) -> ClientView:
    """Write a client of a design, and return it.

    Args:
        session: the model file.
        design: its name; the first of the file unless given.
        out: the file to write; nothing is written unless given.

    Raises:
        UsageError: there is no such design, or the file cannot be written.
        UnsupportedError: no client is written for its engine.
    """
    chosen = session.design(design)
    model = session.model
    evaluation = session.evaluate(chosen, model.scales[0])
    signatures = {pattern.name: signature_of(model, pattern) for pattern in model.patterns}
    source, left_out = connector_of(session, chosen).client(evaluation, signatures)
    if out is not None:
        try:
            out.write_text(source, encoding="utf-8")
        except OSError as problem:
            raise UsageError(
                f"{out} cannot be written: {problem.strerror or problem}",
                remedy="choose another --out",
            ) from problem
    return ClientView(
        app=model.app,
        design=chosen.name,
        source=source,
        left_out=left_out,
        written=str(out) if out is not None else "",
    )
