"""Cases of the rules: small models in YAML, and changes to single figures of them by their path.

Beside the cases stands `told.txt`: the words, figures and fixes of each. What a case is about is
worked out by hand in its YAML; the file holds that no word or figure beside it changes unseen.
TABLEWRIGHT_GOLDEN=write writes it, and the difference is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tablewright import read_model
from tablewright.review.review import Weighed
from tablewright.review.verdicts import Clear, Hit, Missing
from yaml_files import read_yaml

RULES = Path(__file__).parent / "rules"


def files(folder: Path) -> dict[str, Any]:
    return {path.stem: read_yaml(path.read_text()) for path in sorted(folder.glob("*.yaml"))}


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


def told(verdict: Hit | Missing | Clear | None, weighed: Weighed | None) -> list[str]:
    """Return what a predicate says of a subject and what is made of it, a line for each thing."""
    if verdict is None:
        return ["does not apply"]
    if isinstance(verdict, Missing):
        return [f"missing: {verdict.what}"]
    if isinstance(verdict, Clear):
        return [f"clear: {verdict.evidence}"]
    lines = [verdict.evidence]
    lines += [f"{name} = {_shown(value)}" for name, value in sorted(verdict.values.items())]
    if verdict.covers:
        lines.append(f"covers {', '.join(verdict.covers)}")
    if weighed is None:
        return [*lines, "of no weight"]
    lines.append(f"level {weighed.level}")
    lines += [f"rejected: {reason}" for reason in weighed.rejected]
    lines += [f"consequence: {each}" for each in weighed.consequences]
    outcome = weighed.outcome
    if outcome is not None:
        lines.append(f"fix: {outcome.option}")
        lines += [f"change: {change.kind} {change}" for change in outcome.option.changes]
        lines.append(
            f"saves {_shown(outcome.saves)}, costs {_shown(outcome.cost_once)} once, "
            f"{_shown(outcome.hours)} hours, effort {outcome.effort}"
        )
        lines += [f"effect: {outcome.effect}"] if outcome.effect else []
    return lines


def _shown(value: Any) -> str:
    """Return a figure with six decimals, so that the last digit of a quotient does not matter."""
    return f"{value:.6f}" if isinstance(value, Decimal) else str(value)


class Told:
    """The file beside the cases of a folder: what is told of each, by the name of the case."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "told.txt"
        self.written: dict[str, list[str]] = {}
        self.read: dict[str, list[str]] = {}
        if self.file.exists():
            for section in self.file.read_text(encoding="utf-8").split("\n\n"):
                name, *lines = section.splitlines()
                self.read[name] = [line.removeprefix("  ") for line in lines]

    def check(self, name: str, lines: list[str]) -> None:
        """Compare what is told of a case with the file; or keep it, to be written."""
        self.written[name] = lines
        if os.environ.get("TABLEWRIGHT_GOLDEN") != "write":
            assert lines == self.read.get(name), name

    def write(self) -> None:
        """Write the file where that is asked for."""
        if os.environ.get("TABLEWRIGHT_GOLDEN") == "write" and self.written:
            sections = [
                "\n".join([name, *(f"  {line}" for line in lines)])
                for name, lines in self.written.items()
            ]
            self.file.write_text("\n\n".join(sections) + "\n", encoding="utf-8")
