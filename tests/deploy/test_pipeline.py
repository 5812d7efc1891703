"""The pipeline: a change that costs too much is stopped, what fails its smoke test goes back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
import yaml

from deploy.sites import CONTAINERS, FUNCTIONS, site
from tablewright.cli.main import run
from tablewright.deploy.pipeline import makefile, most_added, workflow
from tablewright.deploy.program import Program

MODEL = """app: shop
region: us-east-1
scales: [1000]
entities:
  Order: {{key: id, count: 10/user, attributes: {{id: uuid, note: text(200)}}}}
patterns:
  readOrder: {{get: Order, by: id, rate: {rate}/user/day}}
designs:
  current: {{engine: dynamodb, tables: {{orders: {{key: id, items: Order}}}}}}
"""


def steps(text, job):
    return yaml.safe_load(text)["jobs"][job]["steps"]


def step(text, job, beginning):
    return next(s for s in steps(text, job) if s.get("name", "").startswith(beginning))


@pytest.fixture
def files(tmp_path):
    """A model, and the same one read ten times as often."""
    for name, rate in (("before.yaml", 100), ("after.yaml", 1000)):
        (tmp_path / name).write_text(MODEL.format(rate=rate))
    return [str(tmp_path / "before.yaml"), str(tmp_path / "after.yaml")]


# 1,000 users x 100 reads x 365 / 12 days x 0.5 units = 1,520,833 units at 0.125 USD a million: 0.19
# USD a month; ten times as many are 1.90, which is 1.71 more.


@pytest.mark.parametrize(("allowed", "status"), [("1.70", 1), ("1.72", 0)])
def test_a_change_passes_up_to_the_amount_it_may_add(files, allowed, status):
    assert run(["diff", *files, "--most-added", allowed]) == status


def test_a_change_that_saves_passes_without_any_allowance(files):
    assert run(["diff", *reversed(files), "--most-added", "0"]) == 0


def test_the_page_says_why_a_change_does_not_pass(files, capsys):
    run(["diff", *files, "--most-added", "1"])

    assert "may add 1.00 USD a month: it does not pass" in capsys.readouterr().out


def test_a_change_may_add_a_tenth_of_the_bill_unless_the_model_says_otherwise():
    priced = site(*FUNCTIONS)  # 41.50 USD a month

    assert most_added(priced) == "4.15"
    assert most_added(replace(priced, usd_per_month=Decimal(3))) == "1"  # never under a dollar
    assert most_added(replace(priced, program=Program(most_added_usd=20))) == "20"


def test_the_difference_is_a_gate_and_the_comment_is_written_all_the_same():
    run_text = step(workflow(site(*FUNCTIONS), "d", "cloudformation"), "check", "What the")["run"]
    lines = [line.strip() for line in run_text.splitlines()]

    assert any("--most-added" in line for line in lines)
    assert lines.index('exit "$status"') > next(
        number for number, line in enumerate(lines) if line.startswith("gh pr comment")
    )


@pytest.mark.parametrize("keys", [FUNCTIONS, CONTAINERS])
@pytest.mark.parametrize("file_format", ["cloudformation", "terraform"])
def test_what_fails_its_smoke_test_goes_back_to_what_ran_before(keys, file_format):
    text = workflow(site(*keys), "d", file_format)
    names = [s.get("name", "") for s in steps(text, "deploy")]
    back = step(text, "deploy", "Roll back")

    assert back["if"] == "failure() && steps.smoke.outcome == 'failure'"
    assert step(text, "deploy", "Smoke test")["id"] == "smoke"
    remembered = "Plan" if file_format == "terraform" else "Remember what runs"
    applied = "Apply" if file_format == "terraform" else "Deploy by"
    order = [
        next(n for n, name in enumerate(names) if name.startswith(beginning))
        for beginning in (remembered, applied, "Smoke test", "Roll back")
    ]
    assert order == sorted(order)


def test_a_person_approves_before_anything_is_applied():
    job = yaml.safe_load(workflow(site(*FUNCTIONS), "d", "cloudformation"))["jobs"]["deploy"]

    assert job["environment"] == "production"
    assert job["needs"] == "check"


def test_a_template_of_any_size_is_sent_through_the_bucket():
    text = step(workflow(site(*FUNCTIONS), "d", "cloudformation"), "deploy", "Deploy by")["run"]

    assert '--s3-bucket "$ARTIFACT_BUCKET"' in text


@pytest.mark.parametrize("file_format", ["cloudformation", "terraform"])
def test_make_has_the_same_steps_and_applies_nothing_unapproved(file_format):
    text = makefile(site(*FUNCTIONS), file_format)
    targets = {line.partition(":")[0] for line in text.splitlines() if line[:1].isalpha()}

    assert targets == {
        "check", "price", "plan", "apply", "deploy", "outputs", "release", "smoke", "roll-back"
    }  # fmt: skip
    apply = text.partition("\napply:")[2].splitlines()[1]
    assert apply.startswith('\t@test "$(APPROVED)" = yes ||')


def test_the_design_that_is_deployed_is_the_one_that_is_checked():
    deployed = replace(site(*FUNCTIONS), design="slim")

    gate = step(workflow(deployed, "deploy", "cloudformation"), "check", "Valid, and within")
    assert gate["run"] == "tablewright check --design slim"
    assert "\ttablewright check --design slim\n" in makefile(deployed, "cloudformation")
