"""The reference applications, each read and compared once for all tests of a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tablewright.compare.result import Comparison
from tablewright.session import Session, open_model
from tablewright.verbs.compare import compare

APPS = Path(__file__).parents[1] / "src/tablewright/apps"


@cache
def session_of(app: str) -> Session:
    """Return the session of an application; nothing of it may be changed."""
    return open_model(APPS / app)


@cache
def compared(app: str) -> Comparison:
    """Return the comparison of an application with the options that are packaged."""
    return compare(session_of(app))
