"""The growth path and the scores on two options whose bills are one line of arithmetic each.

`small` costs a tenth of a dollar for each user and no work. `large` costs 200 USD and 0.2 hours of
work, 210 USD a month. An hour is 50 USD, a part takes two to set up: `small` has one, `large` two.
From 100 over 1,000 to 10,000 users the 24 months are 6, 12 and 6. Both run for a tenth of a month
when the option is changed, and to move the data is 5 USD.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from tablewright.compare import growth
from tablewright.compare.ownership import Ownership, Terms
from tablewright.compare.scoring import fit_scores, fits, is_priced_around, scores_of
from tablewright.compare.values import Flip, Phase
from tablewright.core.quantities import DAYS_PER_MONTH

GRID = (100, 1_000, 10_000)


def option(name: str, *parts: str) -> SimpleNamespace:
    components = tuple(SimpleNamespace(price=part, optional=False) for part in parts)
    return SimpleNamespace(name=name, components=components, engine="", switch=f"to {name}")


SMALL, LARGE = option("small", "box"), option("large", "hall", "gate")
BILLS: dict[str, Callable[[int], Decimal]] = {
    "small": lambda users: Decimal(users) / 10,
    "large": lambda users: Decimal(200),
}


class FakeBoard:
    scales = (100, 10_000)
    evaluations = ()

    def __init__(self, move_usd: Callable[[int], int], bills: Any) -> None:
        self.move_usd, self.bills = move_usd, bills

    def total(self, architecture: Any, users: int) -> Decimal:
        return self.bills[architecture.name](users)

    def figures(self, users: int) -> dict[str, Decimal]:
        return {"overlap_days": DAYS_PER_MONTH / 10}

    def move(self, old: Any, new: Any, users: int) -> SimpleNamespace:
        return SimpleNamespace(usd=Decimal(self.move_usd(users)))

    def keep(self, kind: str, name: str, users: int, compute: Callable[[], Any]) -> Any:
        return compute()


class FakeCandidates:
    terms = Terms()

    def __init__(
        self, move_usd: Callable[[int], int] = lambda users: 5, bills: Any = BILLS
    ) -> None:
        self.board = FakeBoard(move_usd, bills)

    def result(self, name: str) -> SimpleNamespace:
        architecture = {"small": SMALL, "large": LARGE}[name]
        return SimpleNamespace(architecture=architecture, is_priced=True)

    def ownership(self, result: Any, users: int) -> Ownership:
        is_small = result.architecture is SMALL
        return Ownership(
            users=users,
            bill=self.board.total(result.architecture, users),
            hours=Decimal(0) if is_small else Decimal("0.2"),
            setup_hours=Decimal(2) if is_small else Decimal(4),
            months=self.terms.months,
            hour_usd=self.terms.hour_usd,
        )


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> dict[int, tuple[str, ...]]:
    """The options that may be taken, by users: both unless a test says otherwise."""
    known = dict.fromkeys(GRID, ("small", "large"))
    monkeypatch.setattr(growth, "allowed_at", lambda candidates, users: known[users])
    over = SimpleNamespace(why_not=lambda name: f"{name} is over the budget")
    monkeypatch.setattr(growth, "decide", lambda candidates, users: over)
    return known


def path(candidates: FakeCandidates) -> tuple[Phase, ...]:
    return growth.phases_of(candidates, GRID)


def test_the_months_around_a_number_of_users_are_half_of_the_way_to_its_neighbours() -> None:
    candidates = FakeCandidates()
    assert [round(m, 6) for m in growth.months_at(candidates, GRID)] == [6, 12, 6]
    # from 100 to 10,000 directly each has half; one alone has all
    assert [round(m, 6) for m in growth.months_at(candidates, (100, 10_000))] == [12, 12]
    assert growth.months_at(candidates, (100,)) == [24]
    assert growth.months_at(candidates, ()) == []


def test_the_cheapest_path_begins_small_and_moves_where_it_is_earned_back(allowed) -> None:
    # small, small, large: 100 to set up, 10 x 6, 100 x 12; the move 4 hours, 1,000 / 10 and 5; and
    # 210 x 6: 2,925. Moving at 1,000 users: 100 + 60 + 215 + 210 x 18 = 4,155. All small: 100 + 60
    # + 1,200 + 6,000 = 7,360. All large: 200 + 210 x 24 = 5,240.
    first, second = path(FakeCandidates())
    assert (first.name, first.users, first.usd) == ("small", 100, 10)
    assert (first.work_hours, first.work_usd) == (2, 100)
    assert (round(first.months, 6), round(first.bills_usd, 6), first.running_usd) == (18, 1260, 0)
    assert round(first.alone_usd, 6) == 7360
    assert first.before_usd == first.days == first.overlap_usd == 0
    assert (second.name, second.users, second.usd, second.before_usd) == (
        "large", 10_000, 200, 1000,
    )  # fmt: skip
    assert second.switch == "to large"
    assert second.days == DAYS_PER_MONTH / 10
    assert (second.work_hours, second.work_usd, second.overlap_usd) == (4, 200, 100)
    assert second.switch_usd == 305
    assert (round(second.months, 6), round(second.bills_usd, 6)) == (6, 1200)
    assert round(second.running_usd, 6) == 60  # 0.2 hours x 50 x 6
    # 305 earned back at 1,000 - 210 a month
    assert round(second.payback_months, 4) == Decimal("0.3861")
    assert second.why == (
        "staying would cost 1,000.00 USD a month at 10,000 users against 200.00, and the move is "
        "earned back in a month"
    )
    assert second.alone_usd is None
    assert round(growth.path_usd((first, second)), 6) == 2925


def test_an_option_that_may_not_be_taken_any_longer_is_left_for_that_reason(allowed) -> None:
    allowed[10_000] = ("large",)
    phases = path(FakeCandidates())
    assert [phase.name for phase in phases] == ["small", "large"]
    assert phases[1].why == "small is over the budget"


def test_a_move_is_made_early_where_it_costs_more_later(allowed) -> None:
    # to move the data of 10,000 users is 5,000 USD: 2,920 - 0 + 5,000 against 4,155 at 1,000 users
    allowed[10_000] = ("large",)
    phases = path(FakeCandidates(lambda users: 5_000 if users == 10_000 else 5))
    assert [(phase.name, phase.users) for phase in phases] == [("small", 100), ("large", 1_000)]
    assert phases[1].why == (
        "from 10,000 users on small is over the budget, and a later move costs more"
    )
    # 215 of the switch, and 110 more a month for the 12 months until 10,000: 1,535; then 790 less
    assert round(phases[1].payback_months, 3) == round(12 + Decimal(1535) / 790, 3)
    # of the months a payback would take in words
    assert growth._months(Decimal("13.9")) == "14 months"
    assert growth._months(Decimal(1)) == "a month"


def test_a_move_that_saves_nothing_is_never_earned_back(allowed) -> None:
    allowed[10_000] = ("large",)
    dear = {**BILLS, "large": lambda users: Decimal(2_000)}
    phases = path(FakeCandidates(bills=dear))
    assert phases[-1].name == "large"
    assert phases[-1].payback_months is None


def test_where_nothing_is_allowed_there_is_no_path(allowed) -> None:
    for users in GRID:
        allowed[users] = ()
    assert path(FakeCandidates()) == ()


def test_two_bills_cross_where_the_second_becomes_the_cheaper_one() -> None:
    # 200 / 0.1: equal at 2,000 users
    board = FakeBoard(lambda users: 0, BILLS)
    results = [SimpleNamespace(architecture=a, is_priced=True) for a in (SMALL, LARGE)]
    crossed = (Flip(users=2001, below="small", above="large"),)
    assert growth.flips_of(board, results, "small") == crossed
    assert growth.flips_of(board, results, "large") == crossed
    assert growth.flips_of(board, results, "none") == ()
    results[1].is_priced = False
    assert growth.flips_of(board, results, "small") == ()


def test_options_are_weighed_at_two_digits_and_on_both_sides_of_every_limit() -> None:
    # the ratio is the fourth root of ten, 1.778: 177, 316, 562, each cut to two digits
    assert growth.grid_of((100, 1_000), 4) == [100, 170, 310, 560, 1_000]
    assert growth.grid_of((100, 300, 1_000), 2) == [100, 300, 310, 1_000]
    assert growth.grid_of((100,), 4) == [100]
    limited = SimpleNamespace(
        reaches=[
            SimpleNamespace(users=345),
            SimpleNamespace(users=100),
            SimpleNamespace(users=2_000),
        ]
    )
    weighed = growth.weighed_at((100, 1_000), [limited])
    assert {345, 346, 101} <= set(weighed)
    assert (weighed[0], weighed[-1]) == (100, 1_000)


def scored_option(**fields: Any) -> SimpleNamespace:
    operations = fields.pop("operations", ())
    points, unknown = fields.pop("points", ()), fields.pop("unknown", ())
    return SimpleNamespace(
        architecture=SimpleNamespace(offering="db", operations=operations),
        availability=SimpleNamespace(single_points=points, unknown=unknown),
        reaches=fields.pop("reaches", ()),
        **fields,
    )


def offering(*results: str) -> SimpleNamespace:
    needs = tuple(SimpleNamespace(result=result) for result in results)
    return SimpleNamespace(offering=SimpleNamespace(name="db"), requirements=needs)


def test_scores_are_those_of_the_documented_rules() -> None:
    reach = SimpleNamespace(users=3_000)
    each = scored_option(
        reaches=(reach, SimpleNamespace(users=9_000)),
        operations=("a", "b", "c"),
        points=("one", "two"),
        unknown=("three",),
    )
    assert fit_scores(each, 1_000, [offering("met", "partly", "missed")]) == {
        "requirements": 5,  # (1 + 0.5 + 0) of 3
        "headroom": 3,
        "effort": 4,  # 10 - 2 x 3
        "risk": 3,  # 10 - 3 x 2 - 1
    }
    best = scored_option()
    other = SimpleNamespace(offering=SimpleNamespace(name="else"), requirements=(1,))
    assert fit_scores(best, 1_000, [other]) == {
        "requirements": 10, "headroom": 10, "effort": 10, "risk": 10,
    }  # fmt: skip
    worst = scored_option(operations=tuple("abcdef"), points=tuple("abcd"))
    assert fit_scores(worst, 1_000, [])["effort"] == fit_scores(worst, 1_000, [])["risk"] == 0


def priced(usd: int | None) -> SimpleNamespace:
    return SimpleNamespace(total=Decimal(usd or 0), is_priced=usd is not None)


def test_the_score_of_the_cost_is_the_cheapest_over_it() -> None:
    half = scored_option(at=lambda users: priced(200))
    free = scored_option(at=lambda users: priced(0))
    assert scores_of(half, 1_000, Decimal(50), [])["cost"] == Decimal("2.5")
    assert scores_of(free, 1_000, Decimal(0), [])["cost"] == 10


def test_an_option_fits_between_scales_that_are_priced_and_within_its_limits() -> None:
    prices = tuple(
        SimpleNamespace(users=users, is_priced=is_priced)
        for users, is_priced in ((100, True), (1_000, True), (10_000, False))
    )
    each = scored_option(prices=prices, excluded=(), reaches=(SimpleNamespace(users=500),))
    assert [is_priced_around(each, users) for users in (100, 500, 1_000, 5_000, 10_000)] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert [fits(each, users) for users in (100, 500, 501)] == [True, True, False]
    each.excluded = ("it has no transactions",)
    assert not fits(each, 100)
