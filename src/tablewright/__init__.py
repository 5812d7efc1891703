"""Tablewright: the work of a database architect from one file.

    >>> import tablewright
    >>> session = tablewright.open_model("shop/tablewright.yaml")     # doctest: +SKIP
    >>> session.evaluate("current", 10_000).bill.total                # doctest: +SKIP

The names are loaded when they are first used, so that `tablewright --help` starts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tablewright.session import (
        ModelFile,
        Options,
        Session,
        json_schema,
        load,
        open_model,
        read_model,
    )

__all__ = [
    "ModelFile",
    "Options",
    "Session",
    "json_schema",
    "load",
    "open_model",
    "read_model",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load a public name from the session."""
    if name not in __all__:
        raise AttributeError(f"module `tablewright` has no attribute `{name}`")
    from tablewright import session

    return getattr(session, name)
