"""The verbs on the shop: exit codes, JSON, options, and what is said of mistakes."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tablewright.cli.main import run

SHOP = str(Path(__file__).parents[1] / "data" / "shop.yaml")


@pytest.fixture
def typed(capsys, monkeypatch):
    """Run a command line; return exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "100")

    def run_it(*words):
        code = run(words)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run_it


@pytest.mark.parametrize(
    ("words", "schema"),
    [
        (["check", SHOP], "tablewright.check/1"),
        (["cost", SHOP], "tablewright.scales/1"),
        (["cost", SHOP, "--users", "1k"], "tablewright.cost/1"),
        (["explain", "getCustomer", SHOP], "tablewright.explain/1"),
        (["explain", "DDB-KEY-010"], "tablewright.rule/1"),
        (["diff", "multi", "single", SHOP], "tablewright.diff/1"),
        (["compare", SHOP], "tablewright.compare/1"),
        (["report", SHOP, "--design", "multi"], "tablewright.report/1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_verb_answers_in_json_with_a_schema(typed, words, schema):
    _, out, _ = typed(*words, "--json")
    assert json.loads(out)["schema"] == schema


def test_check_exits_1_when_a_budget_is_missed_and_0_when_it_is_met(typed, tmp_path):
    text = Path(SHOP).read_text()
    frugal = tmp_path / "frugal.yaml"
    frugal.write_text(
        without_search(text).replace("10000: 50}", "10000: 1}").replace("grade: B", "grade: F")
    )
    code, out, _ = typed("check", str(frugal))
    assert code == 1
    assert "Missed: monthly cost of multi at 10,000 users" in out
    generous = tmp_path / "generous.yaml"
    generous.write_text(
        without_search(text).replace("10000: 50}", "10000: 500}").replace("grade: B", "grade: F")
    )
    assert typed("check", str(generous))[0] == 0


def test_a_design_that_does_not_serve_a_pattern_misses_its_budget(typed, tmp_path):
    text = Path(SHOP).read_text().replace("grade: B", "grade: F")
    searched = tmp_path / "searched.yaml"
    searched.write_text(text)
    code, out, _ = typed("check", str(searched), "--json")
    budgets = [t for t in json.loads(out)["designs"][0]["targets"] if t["name"] == "monthly_cost"]
    assert code == 1
    assert [(t["met"], t["why"]) for t in budgets] == [
        (False, "it does not serve `findProducts`")
    ] * 2


def without_search(text: str) -> str:
    """Return the shop without the search for words, which no design on DynamoDB serves."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if "findProducts" not in line)


def test_check_exits_1_when_the_grade_is_missed(typed, tmp_path):
    strict = tmp_path / "strict.yaml"
    strict.write_text(Path(SHOP).read_text().replace("grade: B", "grade: A+"))
    code, out, _ = typed("check", str(strict))
    assert code == 1
    assert "grade of multi at 10,000 users" in out


def test_a_number_of_users_may_be_written_short(typed):
    exact = typed("cost", SHOP, "--users", "10000")[1]
    assert typed("cost", SHOP, "--users", "10k")[1] == exact
    assert typed("cost", SHOP, "--users", "10,000")[1] == exact


@pytest.mark.parametrize(
    ("written", "users"),
    [("1m", 1_000_000), ("2M", 2_000_000), ("1k", 1_000), ("3K", 3_000), ("1_500", 1_500)],
)
def test_letters_after_a_number_of_users_are_thousands_and_millions(typed, written, users):
    code, out, _ = typed("cost", SHOP, "--users", written, "--json")
    assert code == 0
    assert json.loads(out)["users"] == users


@pytest.mark.parametrize("users", ["0", "-1", "many", "1.0005k", "²"])
def test_what_is_no_number_of_users_is_refused(typed, users):
    code, out, err = typed("cost", SHOP, f"--users={users}")
    assert code == 2
    assert out == ""
    assert "is not a number of users" in err


def test_the_lines_of_a_bill_re_add_by_every_axis(typed):
    totals = set()
    for by in ("line", "pattern", "resource", "dimension"):
        data = json.loads(typed("cost", SHOP, "--users", "1k", "--by", by, "--json")[1])
        assert sum(Decimal(row["usd_per_month"]) for row in data["rows"]) == pytest.approx(
            Decimal(data["usd_per_month"]), rel=Decimal("1E-12")
        )
        totals.add(data["usd_per_month"])
    assert len(totals) == 1


def test_a_price_of_ones_own_changes_the_bill_in_proportion(typed):
    book = ("cost", SHOP, "--users", "1k", "--by", "dimension", "--json")
    key = "aws.dynamodb.ondemand.rru.standard"

    def reads(*more):
        rows = json.loads(typed(*book, *more)[1])["rows"]
        return next(float(r["usd_per_month"]) for r in rows if r["where"] == "read request units")

    # The packaged price is 0.125 a million; ten times that makes ten times the amount. Each bill
    # is sampled until its standard error is below 0.5 %: a more expensive one perhaps further.
    assert reads("--price", f"{key}=1.25") == pytest.approx(10 * reads(), rel=0.01)


def test_prices_of_a_former_day_are_used(typed):
    now = json.loads(typed("cost", SHOP, "--users", "1k", "--by", "dimension", "--json")[1])
    then = json.loads(
        typed(
            "cost", SHOP, "--users", "1k", "--by", "dimension", "--prices", "2024-10-31", "--json"
        )[1]
    )
    amounts = [
        {r["where"]: float(r["usd_per_month"]) for r in data["rows"]} for data in (now, then)
    ]
    # On-demand requests were halved on the first of November 2024.
    assert amounts[1]["write request units"] == pytest.approx(2 * amounts[0]["write request units"])


def test_a_date_that_is_none_says_how_to_write_one(typed):
    code, _, err = typed("cost", SHOP, "--prices", "october")
    assert code == 2
    assert "YYYY-MM-DD" in err


def test_a_price_book_that_is_not_there_is_named(typed):
    code, _, err = typed("cost", SHOP, "--book", "nowhere.yaml")
    assert code == 2
    assert "nowhere.yaml cannot be read" in err


def test_an_unknown_design_is_answered_with_those_there_are(typed):
    code, _, err = typed("cost", SHOP, "--design", "mutli", "--users", "1k")
    assert code == 2
    assert "did you mean `multi`?" in err


def test_a_pattern_is_found_by_its_name_and_a_mistyped_one_suggested(typed):
    assert typed("explain", "getCustomer", SHOP)[0] == 0
    code, _, err = typed("explain", "getCustmer", SHOP)
    assert code == 2
    assert "did you mean `getCustomer`?" in err


def test_an_unknown_rule_is_answered_with_the_nearest(typed):
    code, _, err = typed("explain", "DDB-KEY-999")
    assert code == 2
    assert "no rule `DDB-KEY-999`" in err


def test_a_rule_is_explained_with_its_sources(typed):
    code, out, _ = typed("explain", "ddb-key-010")
    assert code == 0
    assert out.startswith("DDB-KEY-010 ")
    assert "Sources" in out


def test_a_design_does_not_differ_from_itself(typed):
    code, out, _ = typed("diff", "multi", "multi", SHOP)
    assert code == 0
    assert "The designs are the same." in out


def test_two_files_are_compared_at_the_same_number_of_users(typed, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(Path(SHOP).read_text().replace("app: shop", "app: shop2"))
    code, out, _ = typed("diff", SHOP, str(other), "--users", "1k")
    assert code == 0
    assert "shop multi → shop2 multi · 1,000 users" in out
    assert "The designs are the same." in out


@pytest.mark.parametrize(
    ("name", "start"),
    [("r.html", "<!doctype html>"), ("r.md", "# "), ("r.json", "{"), ("r.txt", "A small shop")],
)
def test_the_ending_of_the_output_file_chooses_the_form(typed, tmp_path, name, start):
    code, out, err = typed("report", SHOP, "--design", "multi", "--output", str(tmp_path / name))
    assert code == 0
    assert (tmp_path / name).read_text().startswith(start)
    assert "At 10,000 users the design `multi` costs" in " ".join(out.split())
    assert err == f"wrote {tmp_path / name}\n"


def test_an_output_file_that_cannot_be_written_exits_3(typed, tmp_path):
    code, _, err = typed(
        "report", SHOP, "--design", "multi", "--output", str(tmp_path / "no" / "r.html")
    )
    assert code == 3
    assert "No such file or directory" in err


PROVISIONED = """
app: provisioned
region: us-east-1
scales: [1000]
entities:
  Note: {key: id, count: 10, attributes: {id: uuid}}
patterns:
  add: {put: Note, rate: 50/sPEAK}
designs:
  fixed: {engine: dynamodb, tables: {notes: {key: id, items: Note, mode: {rcu: 1, wcu: 50}}}}
"""


@pytest.mark.parametrize(
    ("peak", "says"),
    [
        ("", "The load is the same in every minute of the day."),
        (", peak: 3", "The load rises and falls in straight lines to 3 times its mean."),
    ],
)
def test_the_shape_of_the_day_that_a_bill_rests_on_is_said(typed, tmp_path, peak, says):
    file = tmp_path / "tablewright.yaml"
    file.write_text(PROVISIONED.replace("PEAK", peak))
    _, out, _ = typed("cost", str(file), "--users", "1000")
    assert says in " ".join(out.split())


def test_explain_as_json_cuts_nothing(typed, tmp_path):
    file = tmp_path / "tablewright.yaml"
    file.write_text("""
app: notes
region: us-east-1
scales: [100]
entities: {Note: {key: id, attributes: {id: uuid, body: text(90)}}}
patterns: {write: {put: Note, rate: 1/user/day}}
designs: {d: {engine: dynamodb, tables: {notes: {key: id, items: Note}}}}
""")
    _, printed, _ = typed("explain", "write", str(file))
    assert "...'" in printed
    _, printed, _ = typed("explain", "write", str(file), "--json")
    [request] = json.loads(printed)["requests"]
    assert request["keys"] == ["id"]
    assert len(request["template"]["Item"]["body"]["S"].encode()) == 90
