"""A stated path beside the computed one, tiers beside the load, the answer by peaks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

import applications
from tablewright import read_model
from tablewright.compare.reader import cold_starts
from tablewright.compare.result import Comparison
from tablewright.core.errors import UsageError
from tablewright.reports.compare import compare_page
from tablewright.reports.pages import written
from tablewright.session import Options, Session, open_model
from tablewright.verbs.compare import compare

APPS = Path(__file__).parents[2] / "src/tablewright/apps"


@cache
def compared(app: str, users: int | None = None) -> Comparison:
    if users is None:
        return applications.compared(app)
    return compare(open_model(APPS / app, Options(users=users, sample_items=64)))


def test_the_months_of_a_stated_path_are_numbers_of_users_that_grow_evenly() -> None:
    first, second, third = compared("mongocollectibles").stated
    # From 500 to 50,000 in 24 months: 500 x 100^(3/24) = 500 x 1.7783 and 500 x 100^(12/24)
    assert [(p.month, p.phase.users) for p in (first, second, third)] == [
        (1, 500),
        (4, 889),
        (13, 5000),
    ]
    assert [p.phase.name for p in (first, second, third)] == ["minimal", "production", "fargate"]
    assert round(sum(p.phase.months for p in (first, second, third))) == 24


def test_a_stated_phase_says_which_of_the_rules_it_does_not_pass() -> None:
    _, production, fargate = compared("mongocollectibles").stated
    # 162.91 USD, where the budget of the next scale, 5,000 users, is 150
    assert production.lasts_to == 0
    assert production.ends_by == "162.91 USD a month is over the budget of 150.00"
    assert (fargate.lasts_to, fargate.ends_by) == (None, "")


def test_a_stated_phase_says_at_how_many_users_its_first_limit_is_met() -> None:
    minimal, production, _ = compared("mongocollectibles").stated
    assert minimal.first_limit is not None
    assert minimal.first_limit.what == "one small instance answers no more requests a second"
    # 200 a second are assumed; 21,917,185 calls a month in 2,628,000 s, three times that at the
    # busiest hour, are 25.0196: 200 / 25.0196 x 50,000
    assert minimal.first_limit.users == 399_686
    assert production.first_limit is None


def test_a_stated_move_to_another_engine_names_the_command_that_plans_it() -> None:
    commands = [phase.command for phase in compared("mongocollectibles").stated]
    assert commands == ["", "tablewright migrate --from recommended --to postgresql --plan", ""]


def test_a_stated_path_pays_for_its_switches_as_the_computed_one_does() -> None:
    _, production, _ = compared("mongocollectibles").stated
    # Of 13 parts 12 are new (the zone stays): 24 hours, and 13 patterns of 2 hours for SQL.
    assert production.phase.work_hours == 50
    # 14 days of the old bill: 12.44 x 14 / 30.41666
    assert round(production.phase.overlap_usd, 2) == Decimal("5.72")


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ("{minimal: 4}", "begins with month 4"),
        ("{minimal: 0}", "is no month of the horizon of 24"),
        ("{minimal: 25}", "is no month of the horizon of 24"),
        ("{tiny: 1}", "there is no `tiny`"),
    ],
)
def test_a_stated_path_that_cannot_be_is_refused_before_anything_is_priced(
    phases: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def priced(*_: object, **__: object) -> None:
        raise AssertionError("a design was priced")

    monkeypatch.setattr(Session, "evaluate", priced)
    text = (APPS / "mongocollectibles/tablewright.yaml").read_text()
    text = text.replace("{minimal: 1, production: 4, fargate: 13}", phases)
    with pytest.raises(UsageError, match=message):
        compare(Session(file=read_model(text, "changed.yaml"), options=Options(sample_items=16)))


def test_the_choice_is_said_for_every_unevenness_of_the_day() -> None:
    rows = compared("mongocollectibles").by_peak
    assert [round(row.ratio) for row in rows] == [1, 3, 10, 30, 100]
    assert [row.is_given for row in rows] == [False, True, False, False, False]
    # Functions are paid by the run, however uneven: the choice for variable traffic.
    assert {row.chosen for row in rows} == {"serverless"}


def test_tiers_stand_beside_the_load_with_what_is_too_small_and_what_they_lack() -> None:
    comparison = compared("poafix")
    (atlas,) = (entry for entry in comparison.tiers if entry.engine == "mongodb")
    by_name = {tier.offer: tier for tier in atlas.tiers}
    free = by_name["MongoDB Atlas Free (M0)"]
    storage = next(entry for entry in free.resources if entry.resource == "storage")
    assert (storage.available, storage.needed > 1) == (Decimal("0.5"), True)
    assert set(free.misses) == {"point_in_time_recovery", "private_network", "audit"}
    cost = next(c for c in comparison.engines if c.engine == "mongodb" and c.users == 100_000)
    cheapest = min((t.usd, t.offer) for t in atlas.tiers if t.holds and not t.misses and t.usd)
    assert cheapest == (cost.usd, cost.offer)


def test_a_range_names_the_offer_at_each_end_and_the_resource_that_decides() -> None:
    comparison = compared("poafix")
    cost = next(c for c in comparison.engines if c.engine == "mongodb" and c.users == 100_000)
    (heavy,) = cost.ends  # at the light end it is the same offer
    assert cost.usd < heavy.usd
    assert heavy.bound_by.startswith("disk operations: ")
    page = written(comparison, "compare", "text")
    assert f"{heavy.offer} ({heavy.usd:,.2f}, limited by" in " ".join(page.split())


def test_options_that_are_out_have_the_score_by_which_their_claim_is_judged() -> None:
    comparison = compared("poafix", 1000)
    score = next(o for o in comparison.architectures if o.architecture.name == "supabase").score
    rating = next(c for c in comparison.checks if c.what == "Supabase at 1000 users").computed
    assert score is not None
    assert score == rating


def test_promises_are_counted_as_needs_that_a_tier_does_not_meet() -> None:
    by_what = {check.what: check for check in compared("poafix").checks}
    free = by_what["of audit, private network and recovery, what the free tier lacks"]
    assert (free.computed, free.verdict) == (3, "does not hold")
    assert by_what["the same of the dedicated tier"].computed == 0
    # Two parts to set up, 2 hours each; nothing is rewritten, as what exists is MongoDB.
    assert by_what["hours to set up Atlas and files, and to rewrite what exists"].computed == 4
    # 45 access patterns of 2 hours for another engine, and two parts
    other = by_what["hours to set up PostgreSQL and files, and to rewrite what exists"]
    assert other.computed == 45 * 2 + 4


def test_what_starts_on_demand_says_what_a_start_adds_to_which_percentile() -> None:
    page = " ".join(written(compared("mongocollectibles"), "compare", "text").split())
    start = cold_starts()["aws.lambda.requests"]
    assert (start.least_ms, start.most_ms, start.percent) == (100, 1000, 1)
    assert "a cold start adds 100 to 1,000 ms to at most 1 of 100 requests" in page
    assert page.count("a cold start adds") == 1  # of eight options one runs on functions


def test_security_of_databases_is_counted_with_what_is_missing() -> None:
    page = compare_page(compared("poafix"))
    text = " ".join(str(page).split())
    assert "2 of 5: private network no, audit no, point in time recovery no" in text
    assert "4 hours to build on it (atlas-s3)" in text


def test_no_stated_path_is_shown_where_none_is_stated() -> None:
    comparison = replace(compared("mongocollectibles"), stated=())
    assert "The stated path" not in written(comparison, "compare", "text")
