"""The rules in order, on models small enough to be worked out by hand; and on the applications."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from applications import compared as application
from tablewright import read_model
from tablewright.compare import beside, comparison
from tablewright.compare.decision import BUDGET, LOAD, NEEDS, OWNERSHIP, REST, DeploymentDecision
from tablewright.compare.growth import path_usd
from tablewright.compare.reader import services
from tablewright.compare.result import Comparison
from tablewright.core.errors import UsageError
from tablewright.core.expressions import evaluate
from tablewright.reports.pages import page_of
from tablewright.reports.render.text import write_text
from tablewright.session import Session
from tablewright.verbs.compare import compare

EVERY = ("auxeira", "llm-proxy", "mongocollectibles", "poafix", "screen-time-journey")

NOTES = """
app: notes
region: us-east-1
scales: {scales}
targets: {{{targets}}}
needs: {{{needs}}}
options: {{ownership: {{hour_usd: {hour_usd}}}}}
entities:
  Note:
    key: id
    count: 1/user
    attributes: {{id: uuid, text: text(100), place: geo, at: timestamp}}
patterns:
  read: {{get: Note, by: id, rate: {rate}/user/day}}
{patterns}
designs:
  usual: {{engine: dynamodb, tables: {{notes: {{key: id, items: {{Note: {{}}}}}}}}}}
{architectures}
"""
# A flat option costs 730 x 0.0832 = 60.736 USD a month, one by use a dollar for a million calls.
FLAT_OR_BY_USE = """
architectures:
  flat: {components: {box: {price: aws.ec2.t3.large, quantity: hours}}}
  by-use: {components: {calls: {price: aws.api-gateway.http, quantity: requests}}}
"""


def compared(
    *,
    needs: str = "",
    targets: str = "",
    patterns: str = "",
    architectures: str = "",
    rate: int = 10,
    hour_usd: int = 50,
    scales: str = "[1000]",
) -> Comparison:
    text = NOTES.format(
        needs=needs,
        targets=targets,
        patterns=patterns,
        architectures=architectures,
        rate=rate,
        hour_usd=hour_usd,
        scales=scales,
    )
    return compare(Session(file=read_model(text, "notes.yaml")))


def decided(found: Comparison) -> DeploymentDecision:
    assert found.decision is not None
    return found.decision


@pytest.fixture
def only_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the options of the model file, none that are packaged."""
    monkeypatch.setattr(comparison, "architectures_for", lambda app: ())


# ---------------------------------------------------------------- one rule after the other


def test_what_cannot_serve_a_pattern_leaves_first_however_cheap_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(beside, "services", lambda: ())  # none that could stand beside it
    found = compared(patterns="  find: {search: Note, where: text, rate: 1/user/day}")
    ruling = decided(found).rulings[0]
    assert ruling.rule == LOAD
    assert dict(ruling.leaves) == {
        "serverless-aws": "it cannot serve find",
        "instance-aws": "it cannot serve find",
        "group-aws": "it cannot serve find",
    }
    assert ruling.stays == ("instance-postgresql-aws", "instance-atlas-aws")
    # the bill of DynamoDB is the lowest, and does not count
    cheapest = min(found.architectures, key=lambda option: option.at(1000).total)
    assert cheapest.architecture.name == "serverless-aws"
    assert decided(found).chosen == "instance-postgresql-aws"


def test_words_are_searched_by_a_service_beside_a_database_without_search_at_its_price() -> None:
    found = compared(
        patterns="  find: {search: Note, where: text, rate: 1/user/day}",
        needs="full_text: 'yes: notes are found by their words'",
    )
    option = next(o for o in found.architectures if o.architecture.name == "serverless-aws")
    assert option.architecture.title == "API Gateway, Lambda and DynamoDB, OpenSearch Serverless"
    assert option.architecture.operations[-1] == "keep the search up to date"
    parts = {line.resource: line for line in option.at(1000).lines}
    # one unit to index and one to search, at 0.24 an hour: 2 x 730 x 0.24
    assert parts["search_units"].amount == Decimal("350.40")
    assert parts["search_storage"].amount < Decimal("0.01")  # less than a MB of notes
    needs = dict(found.needs)["serverless-aws"]
    assert [(n.result, n.how) for n in needs] == [("met", "by OpenSearch Serverless")]
    assert decided(found).rulings[0].leaves == ()
    # each option with DynamoDB costs 350 USD a month more than a server that searches itself
    assert decided(found).chosen == "instance-postgresql-aws"
    assert decided(found).decided_by == OWNERSHIP


@pytest.mark.parametrize(("gb", "units"), [(60, 2), (61, 3), (120, 3), (121, 5)])
def test_a_search_takes_more_units_where_there_is_more_to_search(gb: int, units: int) -> None:
    """One to index; to search two halves of 60 GB in two zones, then two of 120 GB each."""
    service = next(s for s in services() if s.name == "opensearch-serverless")
    part = next(part for part in service.components if part.name == "search_units")
    assert evaluate(part.quantity, {"hours": Decimal(1), "data_gb": Decimal(gb)}) == units


def test_a_pattern_served_by_a_part_beside_the_database_is_served_and_priced() -> None:
    own = (
        "architectures:\n  searched:\n    engine: dynamodb\n    offering: dynamodb\n"
        "    components:\n"
        "      table: {serial: true, sla: aws.dynamodb.sla.standard}\n"
        "      words: {price: aws.ec2.t3.small, quantity: hours, serves: [find]}\n"
    )
    found = compared(
        patterns="  find: {search: Note, where: text, rate: 1/user/day}", architectures=own
    )
    assert "searched" in decided(found).rulings[0].stays
    option = next(o for o in found.architectures if o.architecture.name == "searched")
    words = next(line for line in option.at(1000).lines if line.resource == "words")
    assert words.amount == Decimal("15.184")  # 730 x 0.0208


def test_one_instance_is_not_two_zones_for_the_whole_deployment() -> None:
    found = compared(needs="high_availability: 'yes'", rate=1000, hour_usd=0)
    ruling = next(r for r in decided(found).rulings if r.rule == NEEDS)
    why = dict(ruling.leaves)
    assert why["instance-aws"] == "no high availability: EC2 t3.small in one zone"
    assert why["instance-atlas-aws"] == "no high availability: EC2 t3.small in one zone"
    assert set(ruling.stays) == {"serverless-aws", "group-aws"}
    # 30 million calls a month: the instance has the lowest bill, and two zones cost the difference
    bills = {o.architecture.name: o.at(1000).total for o in found.architectures}
    assert min(bills, key=lambda name: bills[name]) == "instance-aws"
    given = next(row for row in found.given_up if row.need == "high_availability")
    assert given.chosen == "instance-aws"
    assert given.saves == bills[decided(found).chosen] - bills["instance-aws"]


def test_a_need_met_by_work_is_met_and_its_hours_are_counted() -> None:
    found = compared(
        needs="geo: 'yes: who is near', ttl: 'yes: notes end'",
        targets="monthly_cost: {1000: 40}, monthly_cost_of: deployment",
        patterns="  near: {near: Note, radius_km: 5, limit: 10, rate: 1/user/day}",
    )
    decision = decided(found)
    needs = {need.need: need for need in dict(found.needs)["instance-postgresql-aws"]}
    ttl = needs["ttl"]
    assert (ttl.result, ttl.hours) == ("worked", Decimal("0.25"))
    assert ttl.how == "by a job each night that deletes what has expired, up to a day late"
    # 4.5 hours of duties: patch 1, release 2, watch 1, size 0.5; and the job
    owned = decision.cost("instance-postgresql-aws")
    assert owned is not None
    assert owned.hours == Decimal("4.75")
    # Atlas has both, at about twice the budget: the budget decides, not the partly
    assert decision.decided_by == BUDGET
    assert decision.chosen == "instance-postgresql-aws"
    assert decision.why_not("instance-atlas-aws").endswith("is over the budget of 40.00")


def test_a_need_met_in_part_without_a_way_to_make_it_whole_is_missed() -> None:
    found = compared(needs="audit: 'yes'")
    needs = {need.need: need for need in dict(found.needs)["serverless-aws"]}
    assert needs["audit"].result == "partly"
    assert not needs["audit"].is_met
    ruling = next(r for r in decided(found).rulings if r.rule == NEEDS)
    assert set(ruling.stays) == {"instance-postgresql-aws", "instance-atlas-aws"}


def test_a_need_that_nobody_has_decides_nothing_and_is_said() -> None:
    found = compared(targets="availability: 99.999")
    ruling = next(r for r in decided(found).rulings if r.rule == NEEDS)
    assert ruling.leaves == ()
    assert ruling.note == "no option is known to have availability, so that decides nothing"
    assert "It does not have availability (" in found.advice[0]


def test_a_need_of_which_nothing_is_known_is_not_met() -> None:
    found = compared(needs="telepathy: 'yes'")
    (need,) = dict(found.needs)["serverless-aws"]
    assert (need.result, need.how, need.is_met) == ("unknown", "nothing is known of it", False)


def test_a_platform_is_a_need_of_the_whole_deployment() -> None:
    text = NOTES.format(
        needs="", targets="", patterns="", architectures="", rate=10, hour_usd=50, scales="[1000]"
    ).replace("options: {", "options: {platform: aws, ")
    found = compare(Session(file=read_model(text, "notes.yaml")))
    assert found.decision is not None
    reason = found.decision.why_not("instance-atlas-aws")
    assert reason == "no platform: parts of it run with mongodb"


@pytest.mark.usefixtures("only_own")
def test_over_the_budget_is_out_and_if_all_are_the_rule_decides_nothing() -> None:
    # 1,000 users, 1,000 calls a day each: 30.42 million calls, 30.42 USD by use, 60.736 flat
    one = decided(
        compared(architectures=FLAT_OR_BY_USE, rate=1000, targets="monthly_cost: {1000: 50}")
    )
    assert (one.chosen, one.decided_by) == ("by-use", BUDGET)
    assert one.why_not("flat") == "60.74 USD a month is over the budget of 50.00"
    none = decided(
        compared(architectures=FLAT_OR_BY_USE, rate=1000, targets="monthly_cost: {1000: 10}")
    )
    ruling = next(r for r in none.rulings if r.rule == BUDGET)
    assert ruling.leaves == ()
    assert ruling.note == (
        "no option is within the budget of 10.00 USD a month: the least is `by-use` with 30.42"
    )
    assert none.decided_by == OWNERSHIP


@pytest.mark.usefixtures("only_own")
def test_the_cost_of_ownership_is_bill_and_hours_over_the_horizon_and_the_set_up() -> None:
    own = """
architectures:
  flat: {components: {box: {price: aws.ec2.t3.large, quantity: hours}}, operations: [{what: patch it, hours: 3}]}
  by-use: {components: {calls: {price: aws.api-gateway.http, quantity: requests}}}
"""  # noqa: E501
    decision = decided(compared(architectures=own, rate=3000))
    flat, by_use = decision.cost("flat"), decision.cost("by-use")
    assert flat is not None
    assert by_use is not None
    # 24 x (60.736 + 3 x 50) + 2 hours for one part x 50
    assert flat.total == Decimal("5157.664")
    # 24 x 1,000 users x 3,000 a day x 365 / 12 at 1 USD a million = 24 x 91.25, and 100
    assert by_use.total == Decimal("2290")
    assert decision.chosen == "by-use"  # though its bill is half as high again
    assert decision.why_not("flat") == "owning it for 24 months costs 5,158 USD, 2,868 more"


@pytest.mark.usefixtures("only_own")
def test_of_costs_alike_headroom_effort_and_risk_decide() -> None:
    own = """
architectures:
  lone: {components: {box: {price: aws.ec2.t3.large, quantity: hours, zones: 1}}}
  limited: {components: {box: {price: aws.ec2.t3.large, quantity: hours}}, limits: [{what: full, of: users, most: 2000, source: us}]}
  plain: {components: {box: {price: aws.ec2.t3.large, quantity: hours}}}
"""  # noqa: E501
    decision = decided(compared(architectures=own))
    assert decision.decided_by == REST
    assert decision.chosen == "lone"
    # Of 60 weights 10 are risk, 9 of 10 as no part promises anything: 590 / 60. For who meets a
    # limit at twice the users headroom is 2 of 10, at a weight of 15: 470 / 60.
    assert decision.why_not("limited") == "it scores 7.8 against 9.8"


@pytest.mark.parametrize("text", ["hour_usd: -1", "months: 0", "hour_usd: dear"])
def test_terms_that_make_no_sense_are_refused(text: str) -> None:
    name = text.partition(":")[0]
    with pytest.raises(UsageError, match=name):
        compare(
            Session(
                file=read_model(
                    NOTES.format(
                        needs="",
                        targets="",
                        patterns="",
                        architectures="",
                        rate=1,
                        hour_usd=1,
                        scales="[10]",
                    ).replace("hour_usd: 1", text),
                    "notes.yaml",
                )
            )
        )


# ---------------------------------------------------------------- the growth path


@pytest.mark.usefixtures("only_own")
def test_the_path_moves_once_where_the_move_is_earned_back() -> None:
    # by use: 100 calls a day, 3.04 USD at 1,000 users and 304.17 at 100,000; flat: 60.736
    found = compared(architectures=FLAT_OR_BY_USE, rate=100, scales="[1000, 10000, 100000]")
    first, second = found.phases
    assert (first.users, first.name) == (1000, "by-use")
    assert second.name == "flat"
    # two hours for the new part, and 14 days of both
    assert second.work_usd == 100
    assert round(second.overlap_usd, 9) == round(second.before_usd * 14 * 12 / 365, 9)
    # the bills cross at 60.736 / 0.00304167 = 19,968 users
    assert 10_000 < second.users < 30_000
    assert second.payback_months is not None
    assert 0 < second.payback_months < 12


@pytest.mark.usefixtures("only_own")
def test_a_move_that_is_not_earned_back_is_not_made() -> None:
    # two hours at 5,000 USD: no move saves 10,000. Of the two without one the flat one costs less,
    # 24 x 60.736; by use it would be 304.17 - 3.04 over the logarithm of 100, 65.4 a month
    found = compared(
        architectures=FLAT_OR_BY_USE, rate=100, hour_usd=5000, scales="[1000, 10000, 100000]"
    )
    assert [phase.name for phase in found.phases] == ["flat"]
    assert round(path_usd(found.phases), 9) == Decimal("11457.664")
    assert found.advice[2].startswith("Stay with it: no other is worth the move up to 100,000")


@pytest.mark.usefixtures("only_own")
def test_a_limit_ends_a_phase_and_is_the_reason() -> None:
    own = """
architectures:
  small: {components: {calls: {price: aws.api-gateway.http, quantity: requests}}, limits: [{what: it is full, of: users, most: 5000, source: us}]}
  flat: {components: {box: {price: aws.ec2.t3.large, quantity: hours}}}
"""  # noqa: E501
    found = compared(architectures=own, rate=1, scales="[1000, 10000]")
    assert [phase.name for phase in found.phases] == ["small", "flat"]
    last = found.phases[1]
    assert last.users == 5001
    assert last.why == "beyond its limit of 5,000 users: it is full"
    assert last.payback_months is None  # it saves nothing


@pytest.mark.parametrize("name", EVERY)
def test_no_path_goes_back_to_an_option_it_left(name: str) -> None:
    names = [phase.name for phase in application(name).phases]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", EVERY)
def test_the_months_of_a_path_are_the_horizon(name: str) -> None:
    assert round(sum(phase.months for phase in application(name).phases), 9) == 24


# ---------------------------------------------------------------- the answer


@pytest.mark.usefixtures("only_own")
def test_the_answer_is_a_rule_and_three_sentences() -> None:
    own = FLAT_OR_BY_USE
    ruled, start, move, rests = compared(architectures=own, rate=1000).advice
    assert ruled == (
        "At 1,000 users rule 4 of 5, the total cost of ownership, decides between 2 of 2 options: "
        "`by-use`. Of its bill before free allowances 100% are at prices read in 2024; "
        "`tablewright prices --refresh` renews them."
    )
    assert start == "Start with `by-use` (by-use) at 30.42 USD a month for 1,000 users."
    # 24 x 30.4166... and two hours of 50
    assert move == (
        "Stay with it: no other is worth the move up to 1,000 users, where it costs 30.42 USD a "
        "month (830 USD over 24 months, work included)."
    )
    # twice the calls are 60.83 a month, 60.74 flat: within a twentieth, so the fit decides
    assert rests.startswith(("It rests on no single figure", "This rests on"))


@pytest.mark.usefixtures("only_own")
def test_the_assumption_that_turns_the_answer_soonest_is_named_with_where_it_turns() -> None:
    # 1,600 calls a day: 48.67 by use; at 1.25 times the figure 60.83, and flat is cheaper
    found = compared(architectures=FLAT_OR_BY_USE, rate=1600)
    by_name = {one.name: one for one in found.sensitivity}
    requests = by_name["requests"]
    assert (requests.half, requests.twice) == (("by-use",), ("flat",))
    assert requests.turns_at is not None
    assert Decimal("1.2") < requests.turns_at < Decimal("1.3")
    assert not by_name["hour_usd"].decides  # one part each: the work is the same
    assert "at half the answer is the same, at twice `flat`" in found.advice[3]


# ---------------------------------------------------------------- the applications


@pytest.mark.parametrize(
    ("name", "rule", "chosen"),
    [
        ("auxeira", NEEDS, "group"),
        ("llm-proxy", OWNERSHIP, "containers-dynamodb"),
        ("mongocollectibles", OWNERSHIP, "serverless"),
        ("poafix", REST, "atlas-s3"),
        ("screen-time-journey", OWNERSHIP, "http-api-lambda"),
    ],
)
def test_every_application_has_a_choice_and_the_rule_that_made_it(
    name: str, rule: str, chosen: str
) -> None:
    decision = decided(application(name))
    assert (decision.decided_by, decision.chosen) == (rule, chosen)
    assert f", {rule}, decides" in application(name).advice[0]


@pytest.mark.parametrize("name", EVERY)
def test_what_is_chosen_is_within_the_budget_if_anything_that_fits_is(name: str) -> None:
    found = application(name)
    spent: Callable[[str, int], Decimal] = lambda option, users: next(  # noqa: E731
        o.at(users).spent(found.budget_of)
        for o in found.architectures
        if o.architecture.name == option
    )
    for decision in found.decisions:
        budget = found.budget(decision.users)
        if budget is None:
            continue
        fitting = next((r.stays for r in decision.rulings if r.rule == NEEDS), ())
        if any(spent(option, decision.users) <= budget for option in fitting):
            assert spent(decision.chosen, decision.users) <= budget


@pytest.mark.usefixtures("only_own")
def test_the_path_stands_beside_what_staying_would_cost() -> None:
    found = compared(architectures=FLAT_OR_BY_USE, rate=100, scales="[1000, 10000, 100000]")
    alone = found.phases[0].alone_usd
    assert alone is not None
    # by use alone: (304.17 - 3.04) / ln 100 = 65.39 a month on average, and two hours of 50;
    # weighed at some forty numbers of users, within a hundredth
    assert abs(alone - (24 * Decimal("65.39") + 100)) < 17
    assert path_usd(found.phases) < alone
    assert f"against {alone:,.0f} without a move" in found.advice[2]


@pytest.mark.usefixtures("only_own")
def test_a_move_that_the_budget_forces_says_from_which_users_on() -> None:
    # by use 304.17 at 100,000 users, 60.736 flat: 100 a month are exceeded from 32,877 users on
    found = compared(
        architectures=FLAT_OR_BY_USE,
        rate=100,
        scales="[1000, 10000, 100000]",
        targets="monthly_cost: {100000: 100}",
    )
    last = found.phases[1]
    assert last.name == "flat"
    assert last.why.startswith("from 3")
    assert "USD a month is over the budget of 100.00, and a later move costs more" in last.why


@pytest.mark.usefixtures("only_own")
def test_a_single_option_is_the_answer_without_a_rule() -> None:
    own = "architectures: {flat: {components: {box: {price: aws.ec2.t3.large, quantity: hours}}}}"
    assert compared(architectures=own).advice[0] == "At 1,000 users there is one option: `flat`."


def test_an_engine_without_a_figure_says_why_and_where() -> None:
    page = " ".join(write_text(page_of(application("screen-time-journey"), "compare")).split())
    assert "large enough" not in page
    assert (
        "mongodb at 100, 1,000 and 10,000 users has no figure: the book has no price of "
        "MongoDB Atlas M10, MongoDB Atlas M20, MongoDB Atlas M30 and 4 more, which would hold "
        "this load."
    ) in page
    assert (
        "Without a price in the region: MongoDB Atlas M10, MongoDB Atlas M20, MongoDB Atlas M30 "
        "and 4 more."
    ) in page
