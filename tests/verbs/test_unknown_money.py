"""What nobody can price is said to be without a figure, never shown as 0.00.

An M10 holds 100 users (0.08 x 730 = 58.40 USD a month, before its storage) and not a hundred
million; one read a user and day of an item under 4 KB is 0.5 read units.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tablewright import read_model
from tablewright.operate.doctor import checks
from tablewright.reports.diff import diff_page
from tablewright.reports.explain import explain_page
from tablewright.reports.render.text import write_text
from tablewright.session import Options, Session
from tablewright.verbs.baseline import diff_baseline
from tablewright.verbs.check import check
from tablewright.verbs.diff import diff, money_changes
from tablewright.verbs.explain import explain
from tablewright.verbs.report import report

MODEL = """
app: shop
region: us-east-1
scales: [100000000]
entities:
  User: {key: id, attributes: {id: uuid, bio: text(400)}}
patterns:
  read: {get: User, by: id, rate: 1/user/day}
claims:
  cheap: {says: "free", about: monthly_cost, design: m, value: [0, 1]}
  saves: {says: "all of it", about: saving_share, design: d, other: m, value: 1}
designs:
  d: {engine: dynamodb, tables: {users: {key: id, items: User}}}
  m: {engine: mongodb, server: M10, collections: {users: {holds: User}}}
"""


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(read_model(MODEL), Options())


# 100,000,000 users x 730/24 days x 0.5 units x 0.125 USD a million
READS = Decimal(100_000_000) * 730 / 24 / 2 * Decimal("0.125") / 10**6


def test_diff_says_of_each_pattern_and_resource_that_there_is_no_figure(session: Session) -> None:
    view = diff(session, "d", "m")
    [pattern] = [row for row in view.by_pattern if row.name == "read"]
    assert pattern.before is not None
    assert round(pattern.before, 4) == round(READS, 4)
    assert [(row.after, row.change) for row in (*view.by_pattern, *view.by_resource)] == [
        (None, None)
    ] * len((*view.by_pattern, *view.by_resource))
    text = write_text(diff_page(view))
    assert "0.00" not in text
    [line] = [line for line in text.splitlines() if line.startswith("read ")]
    assert line.split() == ["read", "190.10", "no", "figure"]


def test_the_largest_figure_comes_first_where_no_change_is_known() -> None:
    rows = money_changes({"small": Decimal(1), "large": Decimal(2)}, None)
    assert [row.name for row in rows] == ["large", "small"]


def test_a_pattern_that_is_not_there_costs_nothing_where_the_rest_is_known() -> None:
    [row] = money_changes({"read": Decimal(2)}, {})
    assert (row.before, row.after, row.change) == (2, 0, -2)


def test_a_pattern_of_a_design_without_a_figure_has_none(session: Session) -> None:
    [pattern] = check(session, "m").designs[0].patterns
    assert pattern.usd_per_month is None


def test_a_baseline_without_a_figure_shows_no_zero(session: Session, tmp_path: Path) -> None:
    [card] = check(session, "m").designs
    baseline = tmp_path / "baseline.json"
    known = {
        "schema": "tablewright.check/1",
        "users": 100_000_000,
        "designs": [
            {
                "name": "m",
                "cost": {"usd_per_month": "12"},
                "patterns": [{"pattern": "read", "usd_per_month": "12"}],
                "card": None,
                "targets": [],
                "picture": None,
            }
        ],
    }
    baseline.write_text(json.dumps(known))
    [change] = diff_baseline(session, baseline).designs
    assert [(row.before, row.after) for row in change.by_pattern] == [(12, None)]
    assert card.name == change.design


def test_a_claim_of_money_without_a_figure_is_not_assessed(session: Session) -> None:
    verdicts = {v.claim.id: v for v in report(session).verdicts}
    for name in ("cheap", "saves"):
        assert verdicts[name].verdict == "not assessed"
        assert "no offer of the price book holds this load" in verdicts[name].reason
        assert verdicts[name].computed is None


def test_a_bill_beside_a_model_without_a_figure_is_no_overrun() -> None:
    assert list(checks.bill(Decimal(100), None, "a report")) == []
    [finding] = checks.bill(Decimal(100), Decimal(20), "a report")
    assert finding.says == "the bill is 5 times the estimate"


def test_explain_of_a_server_never_says_that_a_call_costs_nothing(session: Session) -> None:
    assert "0.00" not in write_text(explain_page(explain(session, "read", "m")))


def test_what_no_offer_holds_is_graded_c_at_most_and_says_why(session: Session) -> None:
    [design] = check(session, "m").designs
    assert design.card is not None
    assert (design.card.grade, design.card.cap) == ("C", "cap 76: nobody can say what it costs")
    [held] = check(session.with_options(users=100), "m").designs
    assert held.card is not None
    assert held.card.cap == ""
