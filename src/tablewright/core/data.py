"""Read the data files that ship inside the package, once each.

Loading is strict: what is damaged is a DataError that names the file. It does not know what the
files mean.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from tablewright.core.errors import DataError

# libyaml where the wheel has it (it does everywhere we test); the slow loader reads the same.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(package: str, name: str) -> str:
    """Return the text of a packaged file, such as ("tablewright.capacity", "limits.yaml")."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


@cache
def read_yaml(package: str, name: str) -> Any:
    """Return the parsed content of a packaged YAML file. Do not change what comes back.

    Raises:
        DataError: the file is not valid YAML.
    """
    return parse_yaml(read_text(package, name), f"{package}/{name}")


def parse_yaml(text: str, name: str) -> Any:
    """Parse YAML data of our own form.

    Raises:
        DataError: the text is not valid YAML.
    """
    try:
        return yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as problem:
        raise DataError(f"{name}: {problem}") from problem
