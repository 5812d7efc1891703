"""A damaged file is an error that says so: never a traceback, never a wrong answer unnoticed."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

from engine_requests import create, pages, put, s
from tablewright.core.errors import EngineError
from tablewright.local.database import Database
from tablewright.local.faults import Fault


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    with Database(path) as db:
        create(db)
        for i in range(200):
            put(db, {"pk": s(f"k{i}"), "text": s("x" * 300)})
    return path


def use(path: Path) -> None:
    with Database(path) as db:
        pages(db, "Scan", {"TableName": "items"})
        put(db, {"pk": s("new")})


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.7])
def test_a_file_cut_short_is_refused(path: Path, kept: float):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises((EngineError, Fault), match=r"damaged|cannot be used|malformed"):
        use(path)


@pytest.mark.parametrize("seed", range(6))
def test_overwritten_bytes_end_in_an_error_of_ours_or_in_nothing(path: Path, seed: int):
    rng = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(5):
        at = rng.randrange(100, len(content) - 400)
        content[at : at + 400] = rng.randbytes(400)
    path.write_bytes(content)
    with suppress(EngineError, Fault):
        use(path)
