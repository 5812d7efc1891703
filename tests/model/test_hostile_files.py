"""Files that would hurt a careless reader: too large, too deep, repeating, binary."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from tablewright import load, read_model
from tablewright.core.errors import ModelError, UsageError


def problem_of(path: Path):
    with pytest.raises(ModelError) as caught:
        load(path)
    (problem,) = caught.value.diagnostics
    return problem


def test_a_file_of_50_mb_is_refused_without_being_read(tmp_path):
    path = tmp_path / "big.yaml"
    with path.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    begun = time.process_time()
    problem = problem_of(path)
    assert problem.id == "file-too-large"
    assert "52,428,800 bytes" in problem.message
    assert time.process_time() - begun < 0.5


def test_a_bomb_of_aliases_is_refused(tmp_path):
    path = tmp_path / "bomb.yaml"
    rows = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    names = "abcdefghijkl"
    rows += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(names)]
    path.write_text("\n".join(rows))
    begun = time.process_time()
    assert problem_of(path).id == "file-too-complex"
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_endless_nesting_is_refused(tmp_path, opening):
    path = tmp_path / "deep.yaml"
    path.write_text("entities: " + opening * 100_000 if opening != "- " else opening * 100_000)
    assert problem_of(path).id in ("file-too-complex", "syntax-error")


def test_a_million_keys_are_refused_in_time(tmp_path):
    path = tmp_path / "wide.yaml"
    path.write_text("".join(f"k{n}: 1\n" for n in range(400_000)))
    assert problem_of(path).id == "file-too-complex"


def test_a_picture_is_not_a_model_file(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    assert problem_of(path).id == "not-utf8"


@pytest.mark.parametrize("path", ["nothing.yaml", "nothing/tablewright.yaml"])
def test_a_file_that_is_not_there_is_a_usage_error(tmp_path, path):
    with pytest.raises(UsageError, match="no model file"):
        load(tmp_path / path)


def test_a_directory_without_a_model_file_names_the_file_it_looked_for(tmp_path):
    with pytest.raises(UsageError, match=r"tablewright\.yaml"):
        load(tmp_path)


def test_what_is_no_file_at_all_is_a_usage_error():
    with pytest.raises(UsageError, match="is not a file"):
        load("/dev/null")
    with pytest.raises(UsageError):
        load("nul\0byte")


@pytest.mark.parametrize(
    "figure", ["1e999", "9" * 5000, "1e-300", "0x10", "٣", "1__", "NaN", "inf", "-0", "1:30"]
)
def test_strange_figures_are_errors_or_figures(figure):
    text = (
        "app: t\nscales: [10]\nentities: {E: {key: id, attributes: {id: uuid}}}\n"
        f"patterns: {{p: {{scan: E, matched: {figure}, rate: 1/day}}}}\n"
    )
    try:
        read_model(text)
    except ModelError as problem:
        ids = {diagnostic.id for diagnostic in problem.diagnostics}
    else:
        ids = set()
    assert ids <= {"bad-value", "impossible-value"}


def test_a_file_of_nothing_but_mistakes_is_given_up_in_time(tmp_path):
    path = tmp_path / "wrong.yaml"
    rows = [f"  p{n}: {{gett: E{n}, byy: x, rate: 1/day}}" for n in range(5_000)]
    path.write_text(
        "app: t\nscales: [1]\nentities: {E: {key: i, attributes: {i: uuid}}}\npatterns:\n"
    )
    with path.open("a") as stream:
        stream.write("\n".join(rows))
    begun = time.process_time()
    with pytest.raises(ModelError) as caught:
        load(path)
    assert len(caught.value.diagnostics) == 201
    assert caught.value.diagnostics[-1].id == "too-many-problems"
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("order", [1, -1])
def test_a_family_of_a_thousand_generations_is_refused(order):
    rows = [f"  E{n}: {{of: E{n - 1}, key: k, attributes: {{k: uuid}}}}" for n in range(1, 1000)]
    text = "app: t\nscales: [1]\npatterns: {p: {scan: E0, rate: 1/day}}\nentities:\n"
    text += "  E0: {key: k, attributes: {k: uuid}}\n" + "\n".join(rows[::order])
    with pytest.raises(ModelError) as caught:
        read_model(text)
    assert "too-many-ancestors" in {diagnostic.id for diagnostic in caught.value.diagnostics}
