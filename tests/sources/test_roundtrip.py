"""Importing what `up` and `seed` created from the shipped applications gives their designs back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from sources.transplant import dynamodb_sources, transplanted
from tablewright.cli.main import group
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.differences import is_same
from tablewright.engines.dynamodb.matching import aligned
from tablewright.session import Options, Session, load, read_model
from tablewright.sources.importing import make_model, read_sources
from tablewright.sources.source import ReadOptions
from tablewright.verbs.diff import diff_files

slow = pytest.mark.slow
DESIGNS = [
    # Users that are stored: few where each has thousands of items.
    pytest.param("screen-time-journey", "current", 200, id="stj-current"),
    pytest.param("screen-time-journey", "recommended", 200, id="stj-recommended", marks=slow),
    pytest.param("mongocollectibles", "current", 100, id="collectibles-current"),
    pytest.param("mongocollectibles", "recommended", 100, id="collectibles-recommended"),
    pytest.param("llm-proxy", "current", 20, id="proxy-current", marks=slow),
    pytest.param("llm-proxy", "recommended", 20, id="proxy-recommended", marks=slow),
    pytest.param("llm-proxy", "smaller", 20, id="proxy-smaller", marks=slow),
    pytest.param("auxeira", "current", 5, id="auxeira-current", marks=slow),
    pytest.param("auxeira", "recommended", 5, id="auxeira-recommended", marks=slow),
    pytest.param("poafix", "dynamodb", 300, id="poafix-dynamodb", marks=slow),
]


def run(*arguments: str) -> None:
    result = CliRunner().invoke(group, arguments)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(("app", "design", "users"), DESIGNS)
def test_import_of_a_seeded_database_gives_the_design_and_the_bill_back(
    tmp_path: Path, app: str, design: str, users: int
) -> None:
    folder = str(tmp_path)
    run("init", folder, "--app", app)
    run("up", folder, "--design", design)
    run("seed", folder, "--design", design, "--users", str(users))
    database = str(tmp_path / ".tablewright" / f"{design}.db")

    options = ReadOptions(sample=100_000, units=Decimal(10**7))
    imported = make_model(
        read_sources([database], options), app, check=read_model, rank=lambda _text: ()
    )

    original, inferred = load(folder), read_model(imported.text)
    before, after = original.design(design), inferred.designs[0]
    assert isinstance(before, DynamoDesign)
    assert isinstance(after, DynamoDesign)
    renamed = aligned(before, after)
    assert is_same(before, renamed)
    path = tmp_path / "imported.yaml"
    path.write_text(imported.text.replace("\n  current:\n", f"\n  {design}:\n"))
    assert diff_files(folder, str(path), Options(), design=design).differences == ()
    # The patterns and rates are the application's; sizes, shares and counts are those inferred.
    sources = dynamodb_sources(before, after, renamed)
    model = transplanted(original.model, inferred.model, sources, users)
    file = replace(original, model=model, designs=(replace(renamed, name=design),))
    scale = Options(users=10_000)
    expected = Session(original, scale).evaluate(design).bill.total
    total = Session(file, scale).evaluate(design).bill.total
    assert abs(total / expected - 1) <= Decimal("0.02")
