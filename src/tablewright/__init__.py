"""Tablewright: the work of a database architect from one file.

    >>> import tablewright
    >>> session = tablewright.open_model("shop/tablewright.yaml")     # doctest: +SKIP
    >>> session.evaluate("current", 10_000).bill.total                # doctest: +SKIP
    >>> store = tablewright.open_store("shop/tablewright.yaml", design="current")  # doctest: +SKIP

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
    from tablewright.store.asynchronous import AsyncStore
    from tablewright.store.opening import open_store, open_store_async
    from tablewright.store.store import Store

__all__ = [
    "AsyncStore",
    "ModelFile",
    "Options",
    "Session",
    "Store",
    "json_schema",
    "load",
    "open_model",
    "open_store",
    "open_store_async",
    "read_model",
]
_ELSEWHERE = {
    "AsyncStore": "tablewright.store.asynchronous",
    "Store": "tablewright.store.store",
    "open_store": "tablewright.store.opening",
    "open_store_async": "tablewright.store.opening",
}
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load a public name from the session or the store."""
    if name not in __all__:
        raise AttributeError(f"module `tablewright` has no attribute `{name}`")
    from importlib import import_module

    return getattr(import_module(_ELSEWHERE.get(name, "tablewright.session")), name)
