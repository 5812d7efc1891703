"""The example of docs/model-file.md for real designs is read, and means what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tablewright import read_model
from tablewright.session import Session
from tablewright.verbs.check import check
from tablewright.verbs.explain import example_requests

PAGE = Path(__file__).parents[2] / "docs" / "model-file.md"


def example() -> str:
    page = PAGE.read_text(encoding="utf-8")
    found = re.search(r"### What real designs say\n+```yaml\n(.*?)```", page, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(read_model(example()))


def test_an_entity_twice_in_a_transaction_is_two_instances(session: Session) -> None:
    evaluation = session.evaluate("current")
    # two items under 1 KB, each twice in a transaction
    assert evaluation.route("transfer").units("write").mean == 4
    [request] = example_requests(session, evaluation, "transfer")
    keys = [part["Update"]["Key"]["account_id"]["S"] for part in request.template["TransactItems"]]
    assert len(set(keys)) == 2
    conditions = [
        "ConditionExpression" in part["Update"] for part in request.template["TransactItems"]
    ]
    assert conditions == [True, False]


def test_odd_names_of_attributes_stand_behind_placeholders(session: Session) -> None:
    [request] = example_requests(session, session.evaluate("current"), "mailOf")
    names = request.template["ExpressionAttributeNames"]
    assert {"e-mail address", "iban#"} <= set(names.values())
    assert all(re.fullmatch(r"#\w+", placeholder) for placeholder in names)


@pytest.mark.parametrize(("known", "operation"), [("known: [account_id], ", "get"), ("", "scan")])
def test_what_the_caller_knows_of_an_ancestor_makes_the_key(known: str, operation: str) -> None:
    text = example()
    assert "known: [account_id], " in text
    text = text.replace("known: [account_id], ", known)
    route = Session(read_model(text)).evaluate("current").route("openStatement")
    assert route.operation == operation
    if known:
        # about 950 B, eventually consistent: half a unit
        assert float(route.units("read").mean) == 0.5


@pytest.mark.parametrize(("share", "is_hot"), [("60%", True), ("10%", False)])
def test_a_hot_share_says_what_the_hottest_key_takes(share: str, is_hot: bool) -> None:
    # 12,000 x 0.5 x 60 % = 3,600 units of the 3,000 that a partition gives; 10 %: 600
    session = Session(read_model(example().replace("hot_share: 60%", f"hot_share: {share}")))
    [design] = check(session).designs
    assert design.card is not None
    hot = [f for f in design.card.findings if f.rule == "DDB-HOT-002" and f.subject == "boards"]
    assert bool(hot) is is_hot
    assert all("3,600 of 3,000" in finding.evidence for finding in hot)


def test_security_is_asked_for_by_needs(session: Session) -> None:
    for name in ("encryption", "private_network", "audit"):
        assert session.model.need(name).is_required
    assert session.model.need("encryption").why == "accounts of customers"
