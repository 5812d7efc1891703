"""A region or a line without a price: everything that needs none is shown, and it exits with 1.

me-central-1 has no price of DynamoDB's storage in the book. Standard-IA with a replica needs the
replicated write units of Standard-IA, which no source has for us-west-2.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tablewright.cli.main import run
from tablewright.session import open_model
from tablewright.verbs.compare import compare

MODEL = """
app: shop
region: {region}
scales: [100, 1000]
entities:
  Order: {{key: id, attributes: {{id: uuid, email: {{type: email, unique: true}}}}}}
patterns:
  read: {{get: Order, by: id, rate: 2/user/day}}
  write: {{put: Order, rate: 1/user/day}}
designs:
  current:
    engine: dynamodb
    tables:
      orders: {{key: id, items: Order{more}}}
"""
GIVE = "give it with --price aws.dynamodb.storage.standard.me-central-1=USD"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL.format(region="me-central-1", more=""))
    return str(path)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("verb", [["check"], ["cost"], ["cost", "--users", "100"], ["report"]])
def test_what_has_no_price_is_named_and_the_rest_is_shown(
    verb: list[str], file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*verb, file]) == 1
    text = said(capsys)
    sentence = "the book has no price `aws.dynamodb.storage.standard` of me-central-1; "
    assert sentence + GIVE in text
    assert verb == ["report"] or "0.00" not in text  # what others offer free costs 0.00


def test_check_shows_the_grade_and_findings_without_savings(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", file, "--json"]) == 1
    [design] = json.loads(capsys.readouterr().out)["designs"]
    # an e-mail that nothing keeps unique is critical whatever things cost
    assert "DDB-KEY-010" in [finding["rule"] for finding in design["card"]["findings"]]
    assert design["cost"]["usd_per_month"] is None
    fixes = [finding["fix"] for finding in design["card"]["findings"] if finding["fix"]]
    assert fixes
    assert [fix["saves_per_month"] for fix in fixes] == [None] * len(fixes)
    assert design["card"]["path"] == []


def test_compare_says_the_same_and_exits_with_1_where_no_option_has_a_price(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", file]) == 1
    assert GIVE in said(capsys)


def test_a_price_that_is_given_is_taken(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    keys = ("storage.standard=0.3", "ondemand.rru.standard=0.15", "ondemand.wru.standard=0.7")
    prices = [
        word
        for key in keys
        for word in ("--price", f"aws.dynamodb.{key.replace('=', '.me-central-1=')}")
    ]
    assert run(["cost", file, "--users", "1000", *prices]) == 0
    assert "no figure" not in said(capsys)


def test_one_line_without_a_price_leaves_the_whole_without_a_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tablewright.yaml"
    more = ", class: infrequent-access, replicas: [us-west-2]"
    path.write_text(MODEL.format(region="us-east-1", more=more))
    assert run(["check", str(path)]) == 1
    missing = "the book has no price `aws.dynamodb.ondemand.rwru.ia` of us-"
    assert missing in said(capsys)
    # an option with that database has no price either, though all its other parts have one
    comparison = compare(open_model(path))
    option = next(o for o in comparison.architectures if o.architecture.name == "serverless-aws")
    [why] = option.at(1000).needs
    assert why.startswith(missing)
    assert comparison.decision is not None
    assert "dynamodb" not in comparison.decision.chosen


def test_a_plan_names_the_price_it_cannot_do_without(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", file]) == 2
    assert "price unknown: aws.dynamodb" in capsys.readouterr().err
