"""Cases of the rules: small models in YAML, and changes to single figures of them by their path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tablewright import read_model

RULES = Path(__file__).parent / "rules"


def files(folder: Path) -> dict[str, Any]:
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yaml"))}


def cases(found: Mapping[str, Any]) -> Iterator[Any]:
    for name, content in found.items():
        for number, case in enumerate(content["cases"]):
            kind = next(k for k in ("fires", "silent", "missing") if k in case)
            yield pytest.param(name, case, id=f"{name}-{number}-{kind}-{case[kind]}")


def built(content: Mapping[str, Any], case: Mapping[str, Any]) -> Any:
    text: dict[str, Any] = {
        "app": "t",
        "region": "us-east-1",
        "scales": [case.get("users", 1000)],
        **deepcopy(content["model"]),
    }
    for path, value in case.get("with", {}).items():
        place = text
        *way, last = path.split("/")
        for step in way:
            place = place.setdefault(step, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return read_model(yaml.safe_dump(text, sort_keys=False, width=200))


def assert_fires_and_is_silent(found: Mapping[str, Any]) -> None:
    for name, content in found.items():
        kinds = {k for case in content["cases"] for k in ("fires", "silent") if k in case}
        assert kinds == {"fires", "silent"}, name
