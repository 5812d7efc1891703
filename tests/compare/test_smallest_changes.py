"""For each rule that once chose wrongly: the smallest change of its input that turns the choice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from compare.test_decision import NOTES, compared, decided
from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.compare import comparison
from tablewright.compare.decision import BUDGET, LOAD, NEEDS, OWNERSHIP
from tablewright.session import Options, Session
from tablewright.verbs.compare import compare

# 730 x 0.0832 = 60.736 USD a month and an hour of 50 USD; 1,000 users with 3,000 calls a day are
# 91.25 million calls, 91.25 USD by use and no hour: by use is cheaper to own, and dearer a month.
FLAT_WITH_WORK = """
architectures:
  flat:
    components: {box: {price: aws.ec2.t3.large, quantity: hours}}
    operations: [patch the instance]
  by-use: {components: {calls: {price: aws.api-gateway.http, quantity: requests}}}
"""


@pytest.mark.parametrize(
    ("budget", "chosen", "rule"),
    [("91.24", "flat", BUDGET), ("91.25", "by-use", OWNERSHIP)],
)
def test_a_cent_of_budget_turns_what_is_over_it(
    monkeypatch: pytest.MonkeyPatch, budget: str, chosen: str, rule: str
) -> None:
    monkeypatch.setattr(comparison, "architectures_for", lambda app: ())
    decision = decided(
        compared(
            architectures=FLAT_WITH_WORK, rate=3000, targets=f"monthly_cost: {{1000: {budget}}}"
        )
    )
    assert (decision.chosen, decision.decided_by) == (chosen, rule)


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        ("", "serverless-aws"),
        ("  find: {search: Note, where: text, rate: 1/user/month}", "instance-postgresql-aws"),
    ],
)
def test_one_pattern_that_is_not_served_turns_the_choice_however_rare_it_is(
    patterns: str, chosen: str
) -> None:
    assert decided(compared(patterns=patterns)).chosen == chosen


@pytest.mark.parametrize(
    ("need", "left_by"),
    [("high_availability: 'yes'", NEEDS), ("high_availability: welcome", "")],
)
def test_a_second_zone_turns_the_choice_only_where_it_is_required(need: str, left_by: str) -> None:
    decision = decided(compared(needs=need, rate=1000, hour_usd=0))
    leaves = {name: ruling.rule for ruling in decision.rulings for name, _ in ruling.leaves}
    assert leaves.get("instance-aws", "") == left_by
    assert (decision.chosen == "instance-aws") == (left_by == "")


def test_a_need_met_by_work_turns_at_the_budget_that_meets_it_without() -> None:
    def at(budget: Decimal) -> tuple[str, str]:
        comparison_at = compared(
            needs="geo: 'yes: who is near', ttl: 'yes: notes end'",
            targets=f"monthly_cost: {{1000: {budget}}}, monthly_cost_of: deployment",
            patterns="  near: {near: Note, radius_km: 5, limit: 10, rate: 1/user/day}",
        )
        decision = decided(comparison_at)
        leaves = {name: r.rule for r in decision.rulings for name, _ in r.leaves}
        atlas = next(
            o for o in comparison_at.architectures if o.architecture.name == "instance-atlas-aws"
        )
        assert leaves["serverless-aws"] in (LOAD, NEEDS)  # neither by itself nor by work
        return leaves.get("instance-atlas-aws", ""), str(atlas.at(1000).total)

    left_by, usd = at(Decimal(40))
    assert left_by == BUDGET
    enough = Decimal(usd).quantize(Decimal("0.01"), rounding="ROUND_CEILING")
    assert at(enough - Decimal("0.01"))[0] == BUDGET
    assert at(enough)[0] != BUDGET


@pytest.mark.parametrize(
    ("unit_usd", "chosen"), [("0.10", "serverless-aws"), ("0.13", "instance-postgresql-aws")]
)
def test_the_price_of_a_search_beside_turns_the_choice(unit_usd: str, chosen: str) -> None:
    """Two units of 730 hours, 24 months: 3,504 or 4,555 USD of 6,603 that the server costs.

    To own the functions takes 2,700 besides: 1.75 hours a month of 50 USD, and 12 to set them up.
    """
    text = NOTES.format(
        needs="",
        targets="",
        patterns="  find: {search: Note, where: text, rate: 1/user/day}",
        architectures="",
        rate=10,
        hour_usd=50,
        scales="[1000]",
    )
    book = PriceBook().with_prices([f"aws.opensearch.ocu={unit_usd}"])
    decision = decided(compare(Session(read_model(text, "notes.yaml"), Options(book=book))))
    assert (decision.chosen, decision.decided_by) == (chosen, OWNERSHIP)
