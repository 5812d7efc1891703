"""`tablewright prices` as it is typed."""

from __future__ import annotations

import json
import re

import pytest

from tablewright.cli.main import run

Capture = pytest.CaptureFixture[str]
WRU = "aws.dynamodb.ondemand.wru.standard"


def shown(capsys: Capture, *args: str) -> str:
    assert run(["prices", "--today", "2026-11-21", *args]) == 0
    return capsys.readouterr().out


def test_without_a_filter_there_is_one_line_for_each_service(capsys: Capture) -> None:
    out = shown(capsys)
    assert "aws.dynamodb " in out
    rows = [re.split(r" {2,}", line) for line in out.splitlines()[1:]]
    prices = [int(row[2]) for row in rows if len(row) > 3]
    assert len(prices) > 40  # services
    assert f"{sum(prices)} prices." in out


def test_a_filter_lists_prices_with_source_date_and_age(capsys: Capture) -> None:
    out = shown(capsys, "--service", "dynamodb", "--region", "eu-north-1", "--key", "storage")
    # Read in October 2026: 51 days since the first of that month.
    assert out.splitlines()[1].split() == [
        "aws.dynamodb.storage.standard", "eu-north-1", "0.269", "GB-month", "2026-10", "51",
        "price-list",
    ]  # fmt: skip


def test_stale_prices_come_oldest_first(capsys: Capture) -> None:
    out = shown(capsys, "--service", "aws.dynamodb", "--stale", "700", "--json")
    ages = [row["age_days"] for row in json.loads(out)["prices"]]
    assert ages == sorted(ages, reverse=True)
    assert min(ages) > 700
    # The oldest is that of an import from S3, of August 2022: 4 x 365 + 1 days to August 2026,
    # 31 + 30 + 31 + 20 to 21 November: 1,573.
    assert ages[0] == 1573


def test_why_shows_every_period_with_its_source(capsys: Capture) -> None:
    out = shown(capsys, "--why", WRU, "--region", "us-east-1")
    assert "0.625 USD per 1,000,000 WRU" in out
    assert "1.25 USD per 1,000,000 WRU" in out
    assert "until 2024-11-01" in out
    assert "https://aws.amazon.com/blogs/database/" in out


def test_why_shows_a_fact(capsys: Capture) -> None:
    assert "25 GB-month" in shown(capsys, "--why", "aws.dynamodb.free.storage")


def test_json_says_which_prices_are_usable_and_which_are_the_users(capsys: Capture) -> None:
    out = shown(
        capsys, "--key", "import.s3", "--json", "--price", "aws.dynamodb.import.s3.eu-west-1=0.15"
    )
    rows = json.loads(out)["prices"]
    assert [(row["region"], row["usable"], row["own"]) for row in rows] == [
        ("eu-west-1", True, True),
        ("us-east-1", False, False),
        ("us-east-2", True, False),
    ]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--service", "dynamo"], "did you mean `dynamodb`"),
        (["--provider", "asw"], "did you mean `aws`"),
        (["--why", WRU[:-1]], f"did you mean `{WRU}`"),
        (["--why", WRU[:-1]], "`tablewright prices --key WORD` lists keys"),
        (["--why", "aws.dynamodb.free.rcs"], "did you mean `aws.dynamodb.free.rcu`"),
        (
            ["--why", "aws.dynamodb.import.s3", "--region", "mars-1"],
            "the book has no aws.dynamodb.import.s3 in mars-1\n"
            "  help: it has it for us-east-1, us-east-2\n",
        ),
        (["--out", "x"], "belong to --refresh"),
        (["--price", "x"], "is not a price"),
    ],
)
def test_a_mistake_is_told_with_a_way_out(capsys: Capture, args: list[str], says: str) -> None:
    assert run(["prices", *args]) == 2
    assert says in capsys.readouterr().err
