"""The reference applications: each a model file with its current and recommended designs.

They are package data, so that `init --app NAME`, documentation and tests take them from one place.
This package reads them as text; what they mean is the model reader's business.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError

NAMES = ("llm-proxy", "screen-time-journey", "mongocollectibles", "poafix", "auxeira")
_WITH_EXAMPLES = ("llm-proxy", "screen-time-journey", "mongocollectibles")


def is_meant_by(file: str) -> bool:
    """Return whether what stands for a model file is the name of an application, and no file."""
    return file in NAMES and not Path(file).exists()


def read(name: str) -> str:
    """Return the model file of an application.

    Raises:
        UsageError: there is no application of that name.

    Example:
        >>> read("screen-time-journey").splitlines()[5]
        'app: screen-time-journey'
    """
    return _file(name, "tablewright.yaml")


def read_examples(name: str) -> str:
    """Return literal instances of an application as JSON text: a list for each entity.

    They are what is known of its real data; applications of which nothing is known have `{}`. An
    instance need not have every attribute; exact decimals are strings.

    Raises:
        UsageError: there is no application of that name.

    Example:
        >>> "Batman Figure" in read_examples("mongocollectibles"), read_examples("poafix")
        (True, '{}')
    """
    return _file(name, "examples.json") if name in _WITH_EXAMPLES else _known(name) and "{}"


def _file(name: str, file: str) -> str:
    return (resources.files(__name__) / _known(name) / file).read_text(encoding="utf-8")


def _known(name: str) -> str:
    if name in NAMES:
        return name
    close = nearest(name, NAMES)
    remedy = f"did you mean `{close}`?" if close else f"there are {', '.join(NAMES)}"
    raise UsageError(f"there is no application `{name}`", remedy=remedy)
