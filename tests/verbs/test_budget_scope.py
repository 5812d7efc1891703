"""A budget is for the database or for the whole deployment, and every verb takes it for the same.

The database answers 10 eventually consistent reads of a user and day for 1,000 users:
10 x 1,000 x 365 / 12 x 0.5 = 152,083.33 read units at 0.125 USD a million = 0.0190 USD a month; its
megabyte is free. The box beside it costs 730 x 0.0832 = 60.736 USD. Together: 60.755.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tablewright import read_model
from tablewright.compare import comparison
from tablewright.core.errors import ModelError
from tablewright.reports.pages import page_of
from tablewright.reports.render.text import write_text
from tablewright.review.assessment import TargetResult
from tablewright.session import Session
from tablewright.verbs.check import check
from tablewright.verbs.compare import compare
from tablewright.verbs.roadmap import roadmap


@pytest.fixture(autouse=True)
def only_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the options of the model file, none that are packaged."""
    monkeypatch.setattr(comparison, "architectures_for", lambda app: ())


def session_of(budget: str, scope: str, *, engine: str = "dynamodb", pattern: str = "") -> Session:
    text = f"""
app: notes
region: us-east-1
scales: [1000]
targets: {{monthly_cost: {{1000: {budget}}}{scope}}}
entities: {{Note: {{key: id, attributes: {{id: uuid, text: text(100)}}}}}}
patterns:
  read: {{get: Note, by: id, rate: 10/user/day}}
  {pattern}
architectures:
  box: {{engine: {engine}, components: {{box: {{price: aws.ec2.t3.large, quantity: hours}}}}}}
designs:
  usual: {{engine: dynamodb, tables: {{notes: {{key: id, items: Note}}}}}}
"""
    return Session(read_model(text))


def page(view: Any, verb: str) -> str:
    return write_text(page_of(view, verb))


def budget_of(session: Session) -> TargetResult:
    (target,) = check(session).designs[0].targets
    return target


WHOLE = ", monthly_cost_of: deployment"


@pytest.mark.parametrize(
    ("budget", "scope", "is_kept"),
    [
        ("0.018", "", False),
        ("0.02", "", True),
        ("0.02", ", monthly_cost_of: database", True),
        ("60.75", WHOLE, False),
        ("60.76", WHOLE, True),
    ],
)
def test_check_compare_and_roadmap_say_the_same_of_a_budget(
    budget: str, scope: str, is_kept: bool
) -> None:
    session = session_of(budget, scope)
    assert budget_of(session).met is is_kept
    found = compare(session)
    (option,) = found.architectures
    spent = option.at(1000).spent(found.budget_of)
    assert (spent <= Decimal(budget)) is is_kept
    stop = roadmap(session).stops[0].budget
    assert stop is not None
    assert stop.met is is_kept


def test_of_a_whole_deployment_its_option_and_the_part_of_the_database_are_told() -> None:
    target = budget_of(session_of("61", WHOLE))
    assert (target.of, target.option) == ("deployment", "box")
    assert round(Decimal(target.reached), 3) == Decimal("60.755")
    assert round(Decimal(target.part), 4) == Decimal("0.0190")


def test_check_names_what_the_budget_is_for() -> None:
    whole = page(check(session_of("61", WHOLE)), "check")
    assert "monthly cost, deployment" in whole
    assert "the database is 0.02 of it with `box` at 1,000 users" in " ".join(whole.split())
    assert "monthly cost, database" in page(check(session_of("61", "")), "check")


def test_without_an_option_that_holds_the_design_a_budget_for_the_whole_has_no_figure() -> None:
    target = budget_of(session_of("1000", WHOLE, engine="mongodb"))
    assert (target.reached, target.met) == ("", False)
    assert target.why == "no deployment option holds it with a database on dynamodb"


def test_what_a_design_does_not_serve_is_missed_whatever_the_budget_is_for() -> None:
    session = session_of("1000", WHOLE, pattern="words: {search: Note, by: text, rate: 1/day}")
    target = budget_of(session)
    assert target.met is False
    assert target.why == "it does not serve `words`"


def test_compare_marks_an_option_by_what_the_budget_is_for() -> None:
    database = page(compare(session_of("0.02", "")), "compare")
    whole = page(compare(session_of("0.02", WHOLE)), "compare")
    assert "60.75!" not in database
    assert "budget (database)" in database
    assert "60.75!" in whole or "60.76!" in whole
    assert "budget (deployment)" in whole


def test_a_word_that_no_budget_is_for_is_refused() -> None:
    with pytest.raises(ModelError) as refused:
        session_of("1", ", monthly_cost_of: everything")
    (error,) = refused.value.diagnostics
    assert "everything" in error.message
    assert "database or deployment" in f"{error.message} {error.help}"
