"""What is installed: exact versions for make, ranges in the package, extras by command."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
FOR_CONTRIBUTORS = {"dev", "site"}
"""What a user never needs; `make` installs it."""
CONSTRAINTS = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def exact_versions() -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for line in CONSTRAINTS:
        name, _, version = line.partition(";")[0].strip().partition("==")
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def named_extras(text: str) -> list[str]:
    return [
        name.strip()
        for names in re.findall(r"pip install '(?:tablewright|\.)\[([a-z, -]+)\]'", text)
        for name in names.split(",")
    ]


def shown_to_users() -> str:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    modules = (ROOT / "src").rglob("*.py")
    return "\n".join(path.read_text(encoding="utf-8") for path in [*pages, *modules])


@pytest.mark.parametrize("line", CONSTRAINTS)
def test_a_constraint_is_one_exact_version_and_no_address(line):
    requirement = Requirement(line)
    assert [s.operator for s in requirement.specifier] == ["=="]
    assert requirement.url is None
    assert not requirement.extras  # pip refuses a constraint with extras


@pytest.mark.parametrize(
    "line", [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]
)
def test_every_dependency_has_an_exact_version_within_its_range(line):
    requirement = Requirement(line)
    if requirement.name == PROJECT["name"]:
        assert requirement.extras <= set(EXTRAS)
        return
    versions = exact_versions().get(canonicalize_name(requirement.name))
    assert versions, f"run `make constraints`: {requirement.name} is missing"
    assert all(requirement.specifier.contains(version) for version in versions), versions


def test_the_solver_of_plan_needs_no_extra():
    assert any(Requirement(line).name == "highspy" for line in PROJECT["dependencies"])


@pytest.mark.parametrize("extra", sorted(set(EXTRAS) - FOR_CONTRIBUTORS))
def test_users_are_told_the_command_that_installs_an_extra(extra):
    assert extra in named_extras(shown_to_users())


def test_every_extra_that_users_are_told_of_exists():
    assert set(named_extras(shown_to_users())) <= set(EXTRAS)
