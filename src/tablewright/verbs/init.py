"""`init`: write a model file, a starter or one of the reference applications.

In: a directory and perhaps the name of an application. Out: an InitView.
"""

from __future__ import annotations

from pathlib import Path

from tablewright.core.frozen import frozen
from tablewright.operate.init import plan_init, write_init


@frozen
class InitView:
    """The model file that was written."""

    written: str
    app: str
    """What it describes."""
    is_starter: bool


def init(directory: Path, app: str = "", *, name: str = "", force: bool = False) -> InitView:
    """Write a model file into a directory.

    Args:
        directory: where the file goes; it is made if need be.
        app: a reference application to copy; empty for the starter.
        name: what the starter's application is called; the directory's name unless given.
        force: whether a file that is there is replaced.

    Raises:
        UsageError: there is no such application, or the file cannot be written.
    """
    plan = plan_init(directory, app, name=name)
    write_init(plan, force=force)
    return InitView(written=str(plan.path), app=plan.app, is_starter=not app)
