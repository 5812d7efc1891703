"""The reference applications: each a model file with its current and recommended designs.

They are package data, so that `init --app NAME`, documentation and tests take them from one place.
This package reads them as text; what they mean is the model reader's business.
"""

from __future__ import annotations

from importlib import resources

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import UsageError

NAMES = ("llm-proxy", "screen-time-journey", "mongocollectibles", "poafix", "auxeira")


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
    """Return the example instances of an application as JSON text: a list for each entity.

    Raises:
        UsageError: there is no application of that name.
    """
    return _file(name, "examples.json")


def _file(name: str, file: str) -> str:
    if name not in NAMES:
        close = nearest(name, NAMES)
        remedy = f"did you mean `{close}`?" if close else f"there are {', '.join(NAMES)}"
        raise UsageError(f"there is no application `{name}`", remedy=remedy)
    return (resources.files(__name__) / name / file).read_text(encoding="utf-8")
