"""One process of the kill rounds: it migrates and follows until it is killed, fails or is done.

    python kill_worker.py FOLDER SOURCE_ENDPOINT TARGET_ENDPOINT MODEL

The exit code is 0 where both sides are equal in the end.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tablewright import read_model
from tablewright.core.errors import TablewrightError
from tablewright.engines.registry import make_engine
from tablewright.evaluation.doors import Target
from tablewright.migrate.transform import Transform
from tablewright.operate.migration import Migration
from tablewright.operate.staging import Staging

SOURCE, TARGET = "guarded", "embedded"


def main(folder: Path, source_endpoint: str, target_endpoint: str, model: Path) -> int:
    """Move what there is, follow until nothing is left, and compare."""
    file = read_model(model.read_text(), "shop.yaml")
    connector = make_engine("dynamodb").connector
    source, target = (
        connector.connect(file.model, file.design(name), Target(endpoint=endpoint), folder)
        for name, endpoint in ((SOURCE, source_endpoint), (TARGET, target_endpoint))
    )
    transform = Transform(file.model, source.codec, target.codec)
    work = Migration(source, target, transform, Staging(folder / "staging.db"))
    follower = work.follower()
    follower.begin()
    if not work.check().is_clear:
        return 2
    work.write()
    follower.catch_up()
    return 0 if work.verify().is_clean else 1


if __name__ == "__main__":
    try:
        code = main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    except TablewrightError as problem:  # a database went away: the next run goes on
        sys.stderr.write(f"{problem}\n")
        code = 3
    raise SystemExit(code)
