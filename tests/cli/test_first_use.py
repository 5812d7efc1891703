"""What a newcomer meets: no design yet, a wrong region, a parent folder, completion, a baseline."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from tablewright.cli import completion
from tablewright.cli.main import group, run

Typed = Callable[..., tuple[int, str, str]]
SHOP = """\
app: shop
region: us-east-1
scales: [1000]
targets: {monthly_cost: {1000: 1}}
entities:
  Customer:
    key: customer_id
    attributes: {customer_id: uuid, email: email, note: text(600)}
patterns:
  profile: {get: Customer, by: customer_id, rate: 10/user/day}
  by_email: {get: Customer, by: email, rate: 1/user/day}
  save: {update: Customer, by: customer_id, set: [note], rate: 1/user/day}
"""
DESIGN = """\
designs:
  current:
    engine: dynamodb
    tables:
      customers:
        key: customer_id
        items: Customer
        indexes:
          by-email: {key: email, project: all}
"""


@pytest.fixture
def typed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Typed:
    """Run a command line in an empty folder; return exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)

    def run_it(*words: str) -> tuple[int, str, str]:
        code = run(words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_it


def write(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")


def test_a_model_without_a_design_is_valid_and_the_next_step_is_named(
    typed: Typed, tmp_path: Path
) -> None:
    write(SHOP, tmp_path / "tablewright.yaml")
    code, out, _ = typed("check")
    assert code == 0
    assert "shop: the model is valid" in out
    assert "nothing was priced or graded" in out
    for verb in ("cost", "up", "explain profile", "seed"):
        code, _, err = typed(*verb.split())
        assert code == 2
        assert "tablewright plan --write" in err


def test_the_model_file_is_found_in_a_parent_folder_but_not_beyond_the_repository(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(SHOP + DESIGN, tmp_path / "tablewright.yaml")
    deep = tmp_path / "repo" / "src"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert typed("cost", "--users", "1k")[0] == 0
    (tmp_path / "repo" / ".git").mkdir()
    code, _, err = typed("cost", "--users", "1k")
    assert code == 2
    assert "there is no model file" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("cost auxeira --users 100", "auxeira"),
        ("explain getUserByEmail llm-proxy", "L1 getUserByEmail"),
        ("ddl mongocollectibles", "CreateTable"),
        ("generate client llm-proxy", "def getUserByEmail("),
    ],
)
def test_verbs_that_only_read_take_the_name_of_a_reference_application(
    typed: Typed, tmp_path: Path, words: str, says: str
) -> None:
    code, out, err = typed(*words.split())
    assert (code, err) == (0, "")
    assert says in out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", ["up auxeira", "plan auxeira --write", "seed auxeira"])
def test_verbs_that_write_beside_the_file_say_how_to_copy_the_application(
    typed: Typed, words: str
) -> None:
    code, _, err = typed(*words.split())
    assert code == 2
    assert "`auxeira` is a reference application; there is no file of that name" in err
    assert "`tablewright init auxeira --app auxeira`" in err


def test_a_misspelt_region_suggests_the_nearest(typed: Typed, tmp_path: Path) -> None:
    write(SHOP + DESIGN, tmp_path / "tablewright.yaml")
    code, _, err = typed("cost", "--users", "1k", "--region", "eu-nort-1")
    assert code == 2
    assert "there is no price for a region `eu-nort-1`" in err
    assert "did you mean `eu-north-1`?" in err


def test_a_misspelt_region_of_the_file_is_underlined_with_the_nearest(
    typed: Typed, tmp_path: Path
) -> None:
    write((SHOP + DESIGN).replace("us-east-1", "us-eat-1"), tmp_path / "tablewright.yaml")
    code, _, err = typed("check")
    assert code == 2
    assert "error[unknown-region]: there is no price for a region `us-eat-1`" in err
    assert "tablewright.yaml:2:9\n 2 | region: us-eat-1\n   |         ^^^^^^^^\n" in err
    assert "did you mean `us-east-1`?" in err


def test_a_region_that_may_be_new_lacks_its_prices_and_is_not_called_misspelt(
    typed: Typed, tmp_path: Path
) -> None:
    write((SHOP + DESIGN).replace("us-east-1", "us-east-7"), tmp_path / "tablewright.yaml")
    code, out, err = typed("check")
    assert code == 1  # the file is right; the figure is missing
    assert "the book has no price `aws.dynamodb" in out
    assert "did you mean" not in err


def test_an_output_that_no_verb_can_write_is_refused_instead_of_written_as_text(
    typed: Typed, tmp_path: Path
) -> None:
    write(SHOP + DESIGN, tmp_path / "tablewright.yaml")
    code, _, err = typed("cost", "--output", "bill.pdf")
    assert code == 2
    assert "a browser prints .html to PDF" in err
    assert not (tmp_path / "bill.pdf").exists()
    assert typed("cost", "--output", "bill.pdf", "--format", "text")[0] == 0
    assert typed("cost", "--output", "bill.log")[0] == 0


def test_an_endpoint_without_a_scheme_is_bad_usage_and_not_a_bug(
    typed: Typed, tmp_path: Path
) -> None:
    write(SHOP + DESIGN, tmp_path / "tablewright.yaml")
    code, _, err = typed("up", "--endpoint", "localhost:8000")
    assert code == 2
    assert "write http://localhost:8000" in err


@pytest.mark.parametrize("text", ["1.5k", "1,500", "1500", "0.0015m"])
def test_users_may_be_written_with_a_unit(typed: Typed, tmp_path: Path, text: str) -> None:
    write(SHOP + DESIGN, tmp_path / "tablewright.yaml")
    assert "1,500 users" in typed("cost", "--users", text)[1]


def test_the_schemas_are_listed_with_the_line_for_editors_and_have_paths(typed: Typed) -> None:
    path = typed("schema", "--path")[1].strip()
    schema = json.loads(Path(path).read_text(encoding="utf-8"))
    assert schema == json.loads(typed("schema", "model")[1])
    assert json.loads(typed("schema", "--json")[1])["modeline"].endswith(f"$schema={path}")
    assert f"# yaml-language-server: $schema={path}" in typed("schema")[1]
    assert typed("schema", "cost", "--path")[1].endswith("cost.json\n")


def names(
    complete: Callable[..., list[click.shell_completion.CompletionItem]], text: str
) -> list[str]:
    context = click.Context(group)
    context.params = {"file": "."}
    return [item.value for item in complete(context, click.Argument(["x"]), text)]


def test_designs_patterns_rules_regions_and_applications_are_completed(
    typed: Typed, tmp_path: Path
) -> None:
    write(SHOP + DESIGN, tmp_path / "tablewright.yaml")
    assert names(completion.complete_design, "c") == ["current"]
    assert names(completion.complete_pattern, "by") == ["by_email"]
    assert names(completion.complete_pattern, "DDB-KEY-010") == ["DDB-KEY-010"]
    assert names(completion.complete_region, "eu-n") == ["eu-north-1"]
    assert names(completion.complete_application, "poa") == ["poafix"]


def test_without_a_readable_model_file_nothing_is_completed(typed: Typed, tmp_path: Path) -> None:
    assert names(completion.complete_design, "") == []
    write("app: [", tmp_path / "tablewright.yaml")
    assert names(completion.complete_design, "") == []


def test_a_baseline_shows_what_a_change_costs_and_which_target_it_misses(
    typed: Typed, tmp_path: Path
) -> None:
    write(SHOP + DESIGN, tmp_path / "tablewright.yaml")
    code, out, _ = typed("check", "--all", "--json")
    assert code == 0
    write(out, tmp_path / "main.json")
    code, out, _ = typed("diff", "--baseline", "main.json")
    assert code == 0
    assert "`current` costs" in out
    assert "as before" in out
    changed = (SHOP + DESIGN).replace(
        "set: [note], rate: 1/user/day", "set: [note], rate: 100/user/day"
    )
    write(changed, tmp_path / "tablewright.yaml")
    code, out, _ = typed("diff", "--baseline", "main.json", "--format", "markdown")
    assert code == 1
    # 100 saves a user and day instead of one: 99 x 1,000 x 730 / 24 x 2 units at 0.625 a million.
    more = 99 * 1000 * 730 / 24 * 2 * 0.625 / 1e6
    (shown,) = re.findall(r"\| save \| [\d.]+ \| [\d.]+ \| \+([\d.]+) \|", out)
    assert float(shown) == pytest.approx(more, abs=0.01)
    assert "Newly missed: monthly cost of `current` at 1,000 users." in out


def test_a_baseline_that_is_none_says_how_to_make_one(typed: Typed, tmp_path: Path) -> None:
    write(SHOP + DESIGN, tmp_path / "tablewright.yaml")
    write("{}", tmp_path / "main.json")
    code, _, err = typed("diff", "--baseline", "main.json")
    assert code == 2
    assert "tablewright check --all --json" in err


def test_the_change_of_an_index_is_in_the_difference_to_the_baseline(
    typed: Typed, tmp_path: Path
) -> None:
    write(SHOP + DESIGN, tmp_path / "tablewright.yaml")
    write(typed("check", "--all", "--json")[1], tmp_path / "main.json")
    write(
        (SHOP + DESIGN).replace("project: all", "project: keys-only"), tmp_path / "tablewright.yaml"
    )
    out = typed("diff", "--baseline", "main.json")[1]
    assert re.search(r"customers\.by-email +index +email, ALL +email, KEYS_ONLY", out)


def test_documents_go_to_a_file_as_a_whole_or_not_at_all(typed: Typed, tmp_path: Path) -> None:
    write(SHOP + DESIGN, tmp_path / "tablewright.yaml")
    write("the report of yesterday", tmp_path / "bill.md")
    code, out, err = typed("compare", "--output", "bill.md")
    assert (code, out, err) == (0, "", "wrote bill.md\n")
    assert (tmp_path / "bill.md").read_text().startswith("# shop")
    (tmp_path / "bill.md").chmod(0o600)
    typed("diff", "current", "current", "--output", "bill.md")
    assert (tmp_path / "bill.md").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".bill*"))
