"""One process of the kill rounds: it migrates and follows until it is killed or done.

    python kill_worker.py FOLDER

The source is served by another process; the target is a file of the local engine that this process
opens, so that killing it kills the migrator and the target's engine together.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tablewright import read_model
from tablewright.engines.registry import make_engine
from tablewright.evaluation.doors import Target
from tablewright.migrate.transform import Transform
from tablewright.operate.migration import Migration
from tablewright.operate.staging import Staging


def main() -> int:
    """Move what there is, follow until nothing is left, and say so."""
    folder, endpoint, model = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    file = read_model(Path(model).read_text(), "shop.yaml")
    connector = make_engine("dynamodb").connector
    source = connector.connect(
        file.model, file.design("guarded"), Target(endpoint=endpoint), folder
    )
    target = connector.connect(
        file.model, file.design("embedded"), Target(data=str(folder / "target.db")), folder
    )
    transform = Transform(file.model, source.codec, target.codec)
    work = Migration(source, target, transform, Staging(folder / "staging.db"))
    follower = work.follower()
    follower.begin()
    if not work.check().is_clear:
        return 1
    work.write()
    follower.catch_up()
    clean = work.verify().is_clean
    target.close()
    return 0 if clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
