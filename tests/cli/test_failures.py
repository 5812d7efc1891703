"""Failures on the command line: words on stderr, or a document on stdout under --json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tablewright.cli.main import run

SMALL = Path(__file__).parents[1] / "proof" / "small.yaml"


def failure(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, dict[str, object]]:
    code = run(args)
    captured = capsys.readouterr()
    assert captured.err == ""
    return code, json.loads(captured.out)


def test_errors_of_the_model_file_are_json_with_their_places(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "tablewright.yaml"
    path.write_text(SMALL.read_text().replace("app: notes", "app: notes\nregoin: eu-north-1"))
    code, data = failure(capsys, "check", str(path), "--json")
    assert code == 2
    assert (data["schema"], data["error"]) == ("tablewright.error/1", "model")
    (diagnostic,) = data["diagnostics"]  # type: ignore[misc]
    assert "regoin" in diagnostic["message"]
    assert diagnostic["line"] == 1 + SMALL.read_text().splitlines().index("app: notes") + 1


def test_a_wrong_name_is_json_with_the_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    code, data = failure(capsys, "cost", str(SMALL), "--design", "on", "--json")
    assert (code, data["exit_code"], data["error"]) == (2, 2, "usage")
    assert data["message"] == "there is no design `on`"
    assert data["remedy"] == "did you mean `one`?"


@pytest.mark.parametrize("form", [["--json"], ["--format", "json"], ["--format=json"]])
def test_a_wrong_option_is_json_however_json_was_asked_for(
    capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    code, data = failure(capsys, "cost", "--user", "10", *form)
    assert (code, data["error"]) == (2, "usage")
    assert "--user" in str(data["message"])


def test_without_json_an_error_is_words_on_stderr_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["cost", str(SMALL), "--design", "on"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "error: there is no design `on`\n  help: did you mean `one`?\n"
