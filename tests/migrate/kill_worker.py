"""The processes of the kill rounds: a migration that follows, and a local engine."""

from __future__ import annotations

import os
from pathlib import Path

from tablewright.cli.main import run
from tablewright.core.errors import TablewrightError
from tablewright.evaluation.doors import Adapter
from tablewright.migrate.transform import Transform
from tablewright.model.values import Model
from tablewright.operate.migration import Migration
from tablewright.operate.staging import Staging


def migrate(folder: Path, model: Model, source: Adapter, target: Adapter) -> None:
    """Move what there is, follow until nothing is left, compare, and end this process.

    The exit code is 0 where both sides are equal in the end. `said.txt` has what went wrong.
    """
    try:
        code = _moved(folder, model, source, target)
    except TablewrightError as problem:  # a database went away: the next run goes on
        (folder / "said.txt").write_text(f"{problem}\n")
        code = 3
    raise SystemExit(code)


def serve(port: int, path: Path) -> None:
    """Serve a local engine on a file until this process is killed."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    raise SystemExit(run(["local", "--port", str(port), "--data", str(path)]))


def _moved(folder: Path, model: Model, source: Adapter, target: Adapter) -> int:
    transform = Transform(model, source.codec, target.codec)
    work = Migration(source, target, transform, Staging(folder / "staging.db"))
    follower = work.follower()
    follower.begin()
    if not work.check().is_clear:
        return 2
    work.write()
    follower.catch_up()
    return 0 if work.verify().is_clean else 1
