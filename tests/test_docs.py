"""The documentation says what the program does: generated pages are fresh, verbs are described."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from tablewright.cli.main import VERBS, group

ROOT = Path(__file__).parents[1]
PATHS = {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def test_generated_pages_and_shown_transcripts_are_fresh():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "generate-docs", "--check"],
        capture_output=True,
        text=True,
        env=PATHS,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_is_described_and_every_option_has_help(verb):
    command = group.get_command(click.Context(group), verb)
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, f"{verb} {parameter.opts[0]}"


def test_every_verb_that_the_readme_types_exists():
    typed = re.findall(r"^\$ tablewright ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert typed
    assert set(typed) <= set(VERBS)


def test_no_page_links_to_a_file_that_is_not_there():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_decision_records_are_numbered_once():
    names = [path.name for path in (ROOT / "docs" / "adr").glob("*.md")]
    numbers = [name[:4] for name in names]
    assert len(set(numbers)) == len(numbers), sorted(names)


def test_the_architecture_page_names_the_layers_of_the_import_contract_in_their_order():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page[page.index("| Layer | Does") :].partition("\n\n")[0].splitlines()[2:]
    rows = [set(re.findall(r"`(\w+)`", row.split("|")[1])) for row in table]
    assert rows == [set(layer.split(" | ")) for layer in layers]


def test_the_paths_that_pages_for_contributors_name_are_there():
    for page in ("CONTRIBUTING.md", "docs/architecture.md", "docs/testing.md"):
        for path in re.findall(r"`([\w.]+/[\w./-]*)`", (ROOT / page).read_text()):
            if not re.search(r"[A-Z]{2}|<", path):  # stands for a name
                places = (ROOT, ROOT / "src/tablewright", ROOT / "src/tablewright/engines/dynamodb")
                assert any((place / path).exists() for place in places), f"{page}: {path}"
