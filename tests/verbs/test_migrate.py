"""`migrate`: planned, tried, written, verified, resumed; on the shop of the migration tests."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from migrate.shop import MODEL
from tablewright.cli.main import run as main
from tablewright.verbs import migrate as verb


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL)
    for design in ("apart", "together", "without_notes"):
        assert main(["up", str(path), "--design", design]) == 0
    assert main(["seed", str(path), "--design", "apart", "--users", "4"]) == 0
    return path


def run(*arguments):
    return main([str(argument) for argument in ("migrate", *arguments)])


def test_everything_moves_and_a_second_run_has_nothing_to_write(file, capsys):
    assert run(file, "--from", "apart", "--to", "together") == 0
    first = capsys.readouterr().out
    assert run(file, "--from", "apart", "--to", "together") == 0
    second = capsys.readouterr().out

    # 4 users and 4 x 3 orders
    assert "4 User, 12 Order" in first
    assert "Wrote 16 records." in first
    assert "Nothing to write" in second
    assert "Verified: both sides hold the same. Instances: 16; kinds: 2." in second


def test_a_dry_run_writes_nothing(file, capsys):
    assert run(file, "--from", "apart", "--to", "together", "--dry-run") == 0
    capsys.readouterr()
    assert run(file, "--from", "apart", "--to", "together", "--verify", "--json") == 1

    verification = json.loads(capsys.readouterr().out)["verification"]
    assert {difference["what"] for difference in verification["differences"]} == {"missing"}
    assert len(verification["differences"]) == 16


def test_what_cannot_be_moved_is_listed_and_nothing_is_written(file, capsys):
    assert run(file, "--from", "apart", "--to", "without_notes") == 1

    output = capsys.readouterr().out
    assert "Nothing was written" in output
    assert "Order.note: the target design has no place for the attribute" in output


def test_the_target_has_to_exist(file, capsys):
    assert run(file, "--from", "apart", "--to", "embedded") == 2
    assert "tablewright up" in capsys.readouterr().err


def test_one_thing_at_a_time(file, capsys):
    assert run(file, "--from", "apart", "--to", "together", "--verify", "--abort") == 2
    assert "one thing at a time" in capsys.readouterr().err


def test_a_changed_model_is_not_mixed_with_what_was_written(file, capsys):
    assert run(file, "--from", "apart", "--to", "together") == 0
    file.write_text(file.read_text().replace("count: 3", "count: 4"))

    assert run(file, "--from", "apart", "--to", "together") == 2
    assert "--abort" in capsys.readouterr().err


ANSWER = """
migrations:
  shorter:
    from: apart
    to: without_notes
    answers: {Order.note: {lost: drop}}
"""


def test_an_answer_in_the_model_file_lets_an_attribute_stay_behind(file, capsys):
    assert run(file, "--from", "apart", "--to", "without_notes", "--dry-run") == 1
    file.write_text(file.read_text() + ANSWER)
    capsys.readouterr()

    assert run(file, "--from", "apart", "--to", "without_notes") == 0

    output = capsys.readouterr().out
    assert "Wrote 16 records." in output
    assert "Verified: both sides hold the same" in output
    assert "Order.note" in output  # what was left behind is said


def test_the_plan_adds_up_and_names_each_way(file):
    from tablewright.session import open_model

    plan = verb.plan(open_model(file), "apart", "together", users=1000).plan
    units = {way.name: way for way in plan.ways}

    assert plan.records_written == 4_000  # 1,000 users and 3,000 orders
    assert plan.seconds == 4  # at 1,000 records a second
    # a user of about 150 bytes takes one unit for the item and one for its index entry, an order
    # one; on-demand 0.625 USD a million: (2,000 + 3,000) x 0.000000625 = 0.003125
    assert units["on-demand"].usd == Decimal("0.003125")
    # provisioned: 5,000 / 3,600 unit-hours at 0.00065 USD
    assert round(units["provisioned"].usd, 6) == Decimal("0.000903")
    assert plan.chosen.name == "provisioned"


def test_a_way_without_a_verified_price_is_not_priced_instead_of_free(file):
    from tablewright.session import open_model

    plan = verb.plan(open_model(file), "apart", "together", users=1000).plan
    imported = next(way for way in plan.ways if way.name == "import from S3")

    assert imported.usd is None
    assert "aws.dynamodb.import.s3" in imported.reason


def test_a_bulk_put_is_named_as_a_way_whose_price_is_not_known(file):
    from tablewright.session import open_model

    plan = verb.plan(open_model(file), "apart", "together", users=1000).plan
    bulk = next(way for way in plan.ways if way.name == "bulk put from S3")

    assert bulk.usd is None
    assert bulk.reason.startswith("its price is not known")
    assert plan.chosen.name != "bulk put from S3"


def test_reading_a_server_is_not_charged_and_its_load_not_counted_in_units(capsys):
    from importlib import resources

    path = resources.files("tablewright.apps") / "llm-proxy" / "tablewright.yaml"

    assert main(["migrate", str(path), "--from", "before", "--to", "recommended", "--plan"]) == 0

    output = capsys.readouterr().out
    assert "read units a second from the source" not in output
    assert "apply the changes since" in output  # MongoDB has change streams
    assert "Receipt" not in output  # the source keeps none: nothing of them is in the way
