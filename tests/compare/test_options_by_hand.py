"""What is read of a deployment option, priced, checked and said of it, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.compare import sensitivity
from tablewright.compare.board import Board
from tablewright.compare.claim_checks import checked
from tablewright.compare.needs import need_checks
from tablewright.compare.pricing import price_at
from tablewright.compare.protocol import ComparedByBill, DatabaseLine
from tablewright.compare.reader import CheckRule, read_architectures
from tablewright.compare.requirements import requirement_results
from tablewright.compare.scoring import result_of, weights_of
from tablewright.compare.values import (
    Architecture,
    Cell,
    Component,
    Free,
    Offering,
    Priced,
    Requirement,
    ScaleLimit,
    Variant,
)
from tablewright.compare.variants import VariantResult, variants_of
from tablewright.core.errors import DataError, UsageError
from tablewright.core.quantities import HOURS_PER_MONTH
from tablewright.model.values import BudgetScope

MODEL = """
app: t
scales: [10, 1000]
entities: {E: {key: id, attributes: {id: uuid}}}
patterns: {get: {get: E, by: id, rate: 1/user/day}}
"""
BOX, GATE = "aws.ec2.t3.large", "aws.api-gateway.http"
BOX_USD = Decimal("0.0832") * HOURS_PER_MONTH


@pytest.fixture(autouse=True)
def two_scales(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scales without designs, of which a board otherwise reads them off."""
    monkeypatch.setattr(Board, "scales", (10, 1000))


def board(more: str = "") -> Board:
    return Board(
        model=read_model(MODEL + more).model,
        evaluations=(),
        book=PriceBook(),
        region="us-east-1",
        users=10,
        free_of=lambda *_: Decimal(0),
        comparing={},
        unstated_peak=Decimal(2),
    )


def option(**fields: object) -> Architecture:
    (read,) = read_architectures({"mine": {"components": {}, **fields}}, "test")
    return read


def test_every_key_of_an_option_is_read() -> None:
    box = {"price": BOX, "quantity": "boxes * hours", "serial": True, "zones": 2, "sla": "none"}
    allowance = {"kind": "always", "quantity": 5, "source": "the  vendor"}
    assert option(
        title="One  machine",
        apps=["t"],
        offering="atlas-dedicated",
        stated="about 60 USD",
        cost=[50, 70],
        rating="good",
        let={"boxes": 2, "spare": "boxes + 1"},
        components={"box": {**box, "free": [allowance]}},
        limits=[{"what": "connections", "of": "users", "most": 500, "source": "its manual"}],
        operations=["patching", {"what": "upgrades", "hours": 1.5}],
        switch="move the files",
        note="small",
        best_for="one team",
        pros=["cheap"],
        cons=["alone"],
        scaling="by hand",
        variants={
            "lean": {
                "title": "No box",
                "instead_of": ["box"],
                "components": {"gate": {"price": GATE}},
                "gives_up": "the  box",
            }
        },
    ) == Architecture(
        name="mine",
        title="One machine",
        apps=("t",),
        engine="",
        servers=(),
        offering="atlas-dedicated",
        stated="about 60 USD",
        low=Decimal(50),
        high=Decimal(70),
        rating="good",
        let=(("boxes", "2"), ("spare", "boxes + 1")),
        components=(
            Component(
                name="box",
                title="box",
                price=BOX,
                quantity="boxes * hours",
                free=(Free(kind="always", quantity="5", source="the vendor"),),
                serial=True,
                zones=2,
                sla="none",
            ),
        ),
        limits=(ScaleLimit(what="connections", of="users", most="500", source="its manual"),),
        operations=("patching", "upgrades"),
        operation_hours=(("upgrades", Decimal("1.5")),),
        switch="move the files",
        note="small",
        best_for="one team",
        pros=("cheap",),
        cons=("alone",),
        scaling="by hand",
        variants=(
            Variant(
                name="lean",
                title="No box",
                instead_of=("box",),
                components=(Component(name="gate", title="gate", price=GATE),),
                gives_up="the box",
            ),
        ),
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tittle": "x"}, "test: mine: unknown key `tittle`, did you mean `title`?"),
        ({"title": 3}, "test: mine: must be text, not 3"),
        ({"cost": "50"}, "test: mine: must be a list, not '50'"),
        ({"cost": ["much"]}, "test: mine: must be a number of at least 0, not 'much'"),
        ({"cost": [-1]}, "test: mine: must be a number of at least 0, not -1"),
        ({"let": ["a"]}, "test: mine: must be a mapping"),
        ({"components": 3}, "test: mine.components: must be a mapping"),
        ({"components": {"a": 3}}, "test: mine.a: must be a mapping"),
        ({"components": {"a": {"serial": 1}}}, "test: mine.a: must be true or false, not 1"),
        ({"components": {"a": {"free": "all"}}}, "test: mine.a: must be a list, not 'all'"),
        (
            {"components": {"a": {"free": [{"kind": "always", "source": 3}]}}},
            "test: mine.a: must be text, not 3",
        ),
        ({"limits": 3}, "test: mine: must be a list, not 3"),
        ({"limits": [{"what": "x", "source": 3}]}, "test: mine: must be text, not 3"),
        ({"operations": [{"what": 3}]}, "test: mine: must be text, not 3"),
        ({"variants": 3}, "test: mine: must be a mapping"),
        (
            {"variants": {"lean": {"instead_of": ["box"]}}},
            "test: mine.variants.lean: there is no component `box` to replace",
        ),
    ],
)
def test_a_wrong_value_of_an_option_is_refused_with_its_place(
    fields: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError) as raised:
        option(**fields)
    assert raised.value.message == message


def test_a_variant_is_priced_beside_its_option_with_what_it_gives_up() -> None:
    lean = {"title": "Half a box", "instead_of": ["box"], "gives_up": "half of the memory"}
    half = {"half": {"price": BOX, "quantity": "hours / 2"}}
    mine = option(
        components={"box": {"price": BOX, "quantity": "hours"}},
        variants={
            "lean": {**lean, "components": half},
            "more": {"components": half},  # beside the box: it saves nothing
        },
    )
    by_users = board()
    assert variants_of(by_users, [result_of(by_users, mine, ())]) == (
        VariantResult(
            option="mine",
            title="Half a box",
            gives_up="half of the memory",
            costs=((10, BOX_USD / 2, BOX_USD / 2), (1000, BOX_USD / 2, BOX_USD / 2)),
        ),
    )


def test_a_price_at_a_scale_that_is_not_compared_is_not_there() -> None:
    result = result_of(board(), option(), ())
    assert result.at(1000).users == 1000
    with pytest.raises(KeyError, match="500"):
        result.at(500)


def test_an_option_says_on_which_offer_its_database_runs_and_what_binds_it() -> None:
    line = DatabaseLine(lines=(), offer="Vendor M10", bound_by="memory: 1 of 2 GB")
    figures = {"users": Decimal(10)}
    mine = option(engine="mongodb")
    priced = price_at(mine, figures, PriceBook(), "us-east-1", line)
    assert (priced.offer, priced.bound_by) == ("Vendor M10", "memory: 1 of 2 GB")
    assert (priced.needs, priced.database_usd) == ((), Decimal(0))
    none = ComparedByBill("Toy").on_servers((), ("Vendor M10", "Vendor M20"), PriceBook(), ())
    assert none == DatabaseLine(lines=(), missing="a server among Vendor M10, Vendor M20")
    missed = price_at(mine, figures, PriceBook(), "us-east-1", none)
    assert missed.needs == ("a server among Vendor M10, Vendor M20",)


def test_parts_without_a_promise_are_named_all() -> None:
    mine = option(
        components={
            "box": {"title": "the box", "serial": True, "sla": "none"},
            "gate": {"title": "the gate", "serial": True, "sla": "none"},
        }
    )
    (check,) = need_checks(board("targets: {availability: 99.9}\n"), mine, 10, ())
    assert (check.need, check.result, check.why) == (
        "availability",
        "missed",
        "the target is 99.9 %",
    )
    assert check.how == "nothing is promised of the box and the gate"


def test_a_need_keeps_the_cell_it_was_compared_with() -> None:
    cell = Cell(value="no", note="in no region", source="the manual")
    vendor = Offering(
        name="v", title="V", engine="mongodb", cells=(("geo", cell), ("sla", Cell(value="99.5")))
    )
    model = board("needs: {geo: required}\ntargets: {availability: 99.9}\n").model
    (result,) = requirement_results(model, (vendor,))
    assert result.requirements == (
        Requirement(
            need="geo", wanted="required", is_required=True, hard=True, result="missed", cell=cell
        ),
        Requirement(
            need="sla",
            wanted="99.9 %",
            is_required=False,
            hard=True,
            result="missed",
            cell=Cell(value="99.5"),
        ),
    )


@pytest.mark.parametrize("weight", ["much", "-1", "NaN", "Infinity"])
def test_a_weight_is_a_number_of_at_least_0(weight: str) -> None:
    model = board(f"options: {{weights: {{cost: '{weight}'}}}}\n").model
    with pytest.raises(UsageError) as raised:
        weights_of(model)
    assert raised.value.message == f"the weight of `cost` is `{weight}`"
    assert raised.value.remedy == "write a number of at least 0"


def test_a_figure_of_a_claim_keeps_the_note_of_its_rule() -> None:
    rule = CheckRule(
        claim="C", what="hours", low=Decimal(730), high=None, compute="hours", note="a month"
    )
    check = checked(board(), rule, (), ())
    assert (check.computed, check.verdict, check.note) == (Decimal(730), "holds", "a month")
    unknown = checked(board(), replace(rule, compute="our"), (), ())
    assert (unknown.computed, unknown.verdict) == (None, "not assessed")
    assert unknown.note.startswith("not computed: ")


def test_a_figure_that_the_model_gives_is_stated_as_given() -> None:
    stated = board("options: {workload: {data_gb: 5}}\n").stated()
    values = {name: (value, why) for name, value, why in stated}
    assert values["data_gb"] == (Decimal(5), "given in the model file")
    assert values["users"] == (Decimal(10), "the scale")


def test_other_terms_of_ownership_compute_switches_again_and_nothing_else() -> None:
    first = board()
    for kind in ("switch to b", "total"):
        assert first.keep(kind, "a", 10, lambda: 1) == 1
    other = first.with_terms()
    assert other.keep("switch to b", "a", 10, lambda: 2) == 2
    assert other.keep("total", "a", 10, lambda: 2) == 1


def test_a_scale_before_the_first_phase_has_no_option(monkeypatch: pytest.MonkeyPatch) -> None:
    from_1000 = (SimpleNamespace(name="large", users=1000),)
    monkeypatch.setattr(sensitivity, "phases_of", lambda candidates, grid: from_1000)
    candidates: object = SimpleNamespace(board=SimpleNamespace(scales=(10, 1000)))
    assert sensitivity.path_at_scales(candidates) == ("", "large")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("users", "scales"),
    [(10, (10, 10)), (1000, (1000, 1000)), (5, (10, 1000)), (500, (10, 1000)), (9999, (10, 1000))],
)
def test_a_figure_is_read_off_at_a_scale_or_at_the_two_nearest(
    users: int, scales: tuple[int, int]
) -> None:
    assert board().around(users) == scales


def test_an_option_serves_what_its_parts_serve_all_of_it_or_less() -> None:
    parts = {"a": {"serves": ["find"]}, "b": {"serves": ["near", "count"]}}
    mine = option(components=parts)
    assert mine.serves(())
    assert mine.serves(("find",))
    assert mine.serves(("find", "near", "count"))
    assert not mine.serves(("find", "list"))


def test_a_figure_is_used_where_an_option_or_what_it_is_computed_from_has_it() -> None:
    by_calls = option(components={"gate": {"price": GATE, "quantity": "requests"}})
    flat = option(components={"box": {"price": BOX, "quantity": "hours"}})
    # one request is counted for each call
    assert board().is_used("calls", [flat, by_calls])
    assert not board().is_used("calls", [flat])
    assert board().is_used("overlap_days", [flat])  # of a switch


def test_a_figure_that_is_set_computes_again_only_what_it_has_a_part_in() -> None:
    for figure, total in (("requests", 2), ("hours", 1)):
        before = board()
        before.keep("words", "mine", 0, lambda: frozenset({"requests"}))
        before.keep("total", "mine", 10, lambda: 1)
        assert before.with_own(figure).keep("total", "mine", 10, lambda: 2) == total


def test_a_budget_counts_the_database_alone_where_it_is_told_apart() -> None:
    # no lines, and 100 less than nothing taken off: 100 a month, of which the database is 60
    whole = Priced(users=10, lines=(), always_free=Decimal(-100))
    apart = replace(whole, database_usd=Decimal(60))
    assert whole.spent(BudgetScope.DATABASE) == whole.spent(BudgetScope.DEPLOYMENT) == 100
    assert (apart.spent(BudgetScope.DATABASE), apart.spent(BudgetScope.DEPLOYMENT)) == (60, 100)
