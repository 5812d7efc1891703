"""Write a model file where there is none: the commented starter, or a reference application.

In: a directory and perhaps the name of an application. Out: the file that would be written, and
then the file. It does not know what the text means.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from tablewright import apps
from tablewright.core.data import read_text
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen

FILE_NAME = "tablewright.yaml"


@frozen
class InitPlan:
    """The file that `init` writes."""

    path: Path
    text: str
    app: str
    """The name of the application it describes."""


def plan_init(directory: Path, app: str = "", *, name: str = "") -> InitPlan:
    """Return what `init` would write.

    Args:
        directory: where the file goes.
        app: a reference application to copy; empty for the starter.
        name: what the starter's application is called; the directory's name unless given.

    Raises:
        UsageError: there is no such application.
    """
    if app:
        return InitPlan(path=directory / FILE_NAME, text=apps.read(app), app=app)
    app_name = _as_app_name(name or directory.resolve().name)
    text = read_text("tablewright.apps", "starter.yaml")
    return InitPlan(
        path=directory / FILE_NAME,
        text=text.replace("\napp: my-app\n", f"\napp: {app_name}\n", 1),
        app=app_name,
    )


def _as_app_name(text: str) -> str:
    """Return text as the name of an app: letters, digits and dashes.

    Example:
        >>> _as_app_name("My shop_2"), _as_app_name("…")
        ('my-shop-2', 'my-app')
    """
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64].rstrip("-")
    return name or "my-app"


def write_init(plan: InitPlan, *, force: bool = False) -> None:
    """Write the file, whole or not at all; its directory is made if need be.

    Raises:
        UsageError: there is a file already and `force` is not given, or it cannot be written.
    """
    path = plan.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not force:
            with path.open("x", encoding="utf-8") as stream:
                stream.write(plan.text)
            return
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_text(plan.text, encoding="utf-8")
        beside.replace(path)
    except FileExistsError as problem:
        if path.parent.is_dir():
            raise UsageError(
                f"{path} is there already",
                remedy="write it elsewhere with `tablewright init DIR`, or over it with --force",
            ) from problem
        raise UsageError(f"{path.parent} is not a directory") from problem
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be written: {problem.strerror or problem}",
            remedy="name a directory you may write to: `tablewright init DIR`",
        ) from problem
