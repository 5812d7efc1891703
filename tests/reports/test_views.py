"""Views: the figures of the hand-made shop, added up on paper."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright.verbs.bill_rows import index_costs
from tablewright.verbs.check import check_view
from tablewright.verbs.cost import CostCurve, cost_view, crossings, scales_view
from tablewright.verbs.design_summary import design_view
from tablewright.verbs.diff import diff_view
from tablewright.verbs.pictures import picture_view

D = Decimal


def picture(assessment):
    design = assessment.designs[0]
    return picture_view(design.description, design.at(10_000).routes)


def test_cost_adds_up_the_lines_of_one_price(assessment):
    view = cost_view(assessment.designs[0].at(10_000), "line")
    reads = next(r for r in view.rows if (r.where, r.what) == ("customers", "read request units"))
    # 20 calls of 2.5 units a user and day, 10,000 users, 730 / 24 days.
    assert reads.quantity == pytest.approx(D(20) * D("2.5") * 10_000 * 730 / 24, rel=D("1E-9"))
    assert sum(row.usd_per_month for row in view.rows) == view.usd_per_month


def test_every_sum_of_a_bill_is_the_total(assessment):
    evaluation = assessment.designs[0].at(1000)
    for by in ("line", "resource", "pattern", "dimension"):
        view = cost_view(evaluation, by)
        assert sum(row.usd_per_month for row in view.rows) == evaluation.bill.total


def test_index_costs_set_upkeep_beside_what_reads_the_index(assessment):
    (index,) = index_costs(assessment.designs[0].at(10_000))
    # 3 saves of 20 units a user and day: 18,250,000 units at 0.625 a million.
    assert index.writes == D("11.40625")
    # 2 look-ups of 2.5 units: 1,520,833.3 units at 0.125 a million.
    assert round(index.reads, 6) == D("0.190104")
    assert index.read_by == ("by_email",)


def test_curves_that_keep_their_order_do_not_cross(assessment):
    assert scales_view(assessment).crossings == ()


def test_a_crossing_is_found_between_the_scales_where_the_order_changes():
    # On a log-log chart 1 -> 100 and 10 -> 10 meet half way: at the square root of 100 x 10,000.
    steep = CostCurve(design="steep", points=((100, D(1)), (10_000, D(100))))
    flat = CostCurve(design="flat", points=((100, D(10)), (10_000, D(10))))
    (crossing,) = crossings([steep, flat])
    assert (crossing.cheaper_below, crossing.cheaper_above) == ("steep", "flat")
    assert crossing.users == 1000


def test_the_picture_says_which_pattern_goes_where(assessment):
    customers, orders = picture(assessment).containers
    assert customers.patterns == ("profile", "save_profile")
    assert customers.indexes[0].patterns == ("by_email",)
    assert orders.patterns == ("orders",)


def test_a_write_that_only_keeps_an_index_up_to_date_is_not_shown_as_going_there(assessment):
    customers = picture(assessment).containers[0]
    assert "save_profile" not in customers.indexes[0].patterns


def test_diff_names_what_changed_and_the_money_re_adds(assessment):
    before, after = (one.at(10_000) for one in assessment.designs)
    view = diff_view(before, after, *(d.description for d in assessment.designs))
    assert [(d.subject, d.before, d.after) for d in view.differences] == [
        ("customers.by-email", "email, ALL", "email, KEYS_ONLY")
    ]
    for changes in (view.by_pattern, view.by_resource):
        assert sum(c.change for c in changes) == after.bill.total - before.bill.total


def test_missed_targets_are_counted_over_all_designs(assessment):
    assert [t.design for t in check_view(assessment).missed] == ["current", "recommended"]


def test_the_saving_is_what_the_improvement_path_takes_off(assessment):
    design = design_view(assessment.designs[0], 10_000)
    assert design.saving == design.cost.usd_per_month - D("18.12")
