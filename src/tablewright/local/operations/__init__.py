"""The operations of the API: one module each, whose `run` carries out a request.

`run(engine, request, meter)` takes the request as parsed JSON (its own copy, to change as it likes)
and returns the reply; parts that are JSON already are `orjson.Fragment`s. The modules are imported
when first needed, so that start-up stays quick.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias

from tablewright.local.faults import UnknownOperationException

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.metering import Meter

Run: TypeAlias = "Callable[[LocalEngine, dict[str, Any], Meter], dict[str, Any]]"


@cache
def names() -> tuple[str, ...]:
    """Return the names of the operations this engine supports: there is a module for each."""
    files = (entry.name for entry in resources.files(__name__).iterdir())
    modules = sorted(name.removesuffix(".py") for name in files if name.endswith(".py"))
    return tuple(_operation(name) for name in modules if not name.startswith("_"))


@cache
def find(operation: str) -> Run:
    """Return the function that carries out an operation.

    Raises:
        UnknownOperationException: there is no such operation.
    """
    if operation not in names():
        raise UnknownOperationException()
    module = importlib.import_module(f"{__name__}.{_module(operation)}")
    run: Run = module.run
    return run


def _module(operation: str) -> str:
    """Return the module of an operation.

    Example:
        >>> _module("BatchGetItem"), _operation("batch_get_item")
        ('batch_get_item', 'BatchGetItem')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()


def _operation(module: str) -> str:
    return "".join(word.capitalize() for word in module.split("_"))
