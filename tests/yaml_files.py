"""Read the YAML of the tests with libyaml where PyYAML has it, which is several times as fast."""

from __future__ import annotations

from typing import Any

import yaml

SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """Return what a text of YAML holds, as `yaml.safe_load` does."""
    return yaml.load(text, Loader=SafeLoader)
