"""The documentation says what the program does: generated pages are fresh, verbs are described."""

from __future__ import annotations

import os
import re
import subprocess
import sys
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
