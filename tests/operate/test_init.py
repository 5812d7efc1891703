"""`init` writes a starter or an application, and never over a file unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tablewright import apps, load
from tablewright.apps import NAMES
from tablewright.cli.main import run
from tablewright.core.errors import UsageError
from tablewright.operate.init import plan_init, write_init

APPS = Path(apps.__file__).parent


def test_the_starter_is_a_valid_model_without_warnings(tmp_path):
    write_init(plan_init(tmp_path / "My shop"))
    file = load(tmp_path / "My shop")
    assert (file.model.app, file.warnings) == ("my-shop", ())
    assert [design.name for design in file.designs] == ["first"]


@pytest.mark.parametrize("name", [name for name in NAMES if (APPS / name).is_dir()])
def test_every_application_can_be_copied_and_read(tmp_path, name):
    write_init(plan_init(tmp_path, name))
    assert load(tmp_path).model.app == name


def test_a_file_that_is_there_stays_as_it_is(tmp_path):
    (tmp_path / "tablewright.yaml").write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        write_init(plan_init(tmp_path))
    assert (tmp_path / "tablewright.yaml").read_text() == "mine"


def test_force_writes_over_a_file_and_leaves_nothing_beside_it(tmp_path):
    (tmp_path / "tablewright.yaml").write_text("mine")
    write_init(plan_init(tmp_path), force=True)
    assert load(tmp_path).model.seed == 1
    assert [path.name for path in tmp_path.iterdir()] == ["tablewright.yaml"]


def test_a_file_in_place_of_the_directory_is_named(tmp_path, capsys):
    (tmp_path / "shop").write_text("")
    assert run(["init", str(tmp_path / "shop")]) == 2
    assert "shop is not a directory" in capsys.readouterr().err


def test_an_unknown_application_suggests_the_nearest(tmp_path, capsys):
    assert run(["init", str(tmp_path), "--app", "llmproxy"]) == 2
    assert "did you mean `llm-proxy`?" in capsys.readouterr().err


def test_init_says_what_it_wrote_and_what_comes_next(tmp_path, capsys):
    assert run(["init", str(tmp_path), "--name", "Notes"]) == 0
    said = capsys.readouterr()
    assert said.out == f"wrote {tmp_path}/tablewright.yaml: a starter for notes\n"
    assert said.err.startswith(f"next: tablewright check {tmp_path}")
