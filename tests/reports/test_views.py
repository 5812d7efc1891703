"""Views: the figures of the hand-made shop, added up on paper."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.reports.diff import diff_page
from tablewright.reports.pages import page_of
from tablewright.reports.render.text import write_text
from tablewright.session import Session
from tablewright.verbs.bill_rows import index_costs
from tablewright.verbs.check import check_view
from tablewright.verbs.cost import CostCurve, cost_view, crossings, scales_view
from tablewright.verbs.design_summary import design_view
from tablewright.verbs.diff import diff, diff_view
from tablewright.verbs.pictures import picture_view
from tablewright.verbs.report import report

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


def test_curves_cross_only_where_both_designs_serve_every_pattern():
    steep = CostCurve(design="steep", points=((100, D(1)), (10_000, D(100))))
    flat = CostCurve(
        design="flat",
        points=((100, D(10)), (10_000, D(10))),
        shortcomings=((100, "it does not serve `words`"),),
    )
    assert crossings([steep, flat]) == ()
    unknown = CostCurve(design="unknown", points=((100, D(10)), (10_000, None)))
    assert crossings([steep, unknown]) == ()


MONGO = """
app: notes
region: us-east-1
scales: [100]
entities:
  Note: {key: id, attributes: {id: uuid, owner: uuid, body: text(100)}}
patterns:
  read: {get: Note, by: id, rate: 1/user/day}
  mine: {list: Note, where: owner, limit: 5, rate: 1/user/day}
designs:
  a:
    engine: mongodb
    server: M10
    collections: {notes: {holds: Note, indexes: {by_owner: {owner: 1}}}}
  b: {engine: mongodb, server: M30, collections: {notes: {holds: Note}}}
"""


def test_designs_on_mongodb_differ_in_server_and_indexes_and_in_what_they_cost():
    view = diff(Session(read_model(MONGO)), "a", "b")
    assert [(d.subject, d.what, d.before, d.after) for d in view.differences] == [
        ("a", "server", "MongoDB Atlas M10", "MongoDB Atlas M30"),
        ("notes.by_owner", "index", "owner: 1", ""),
    ]
    # 0.08 and 0.54 USD an hour x 730: 58.40 and 394.20, less than a cent of them for storage
    assert (round(view.total.before, 2), round(view.total.after, 2)) == (D("58.40"), D("394.20"))
    assert "The designs are the same" not in write_text(diff_page(view))


TWO = """
app: notes
region: us-east-1
scales: [1000]
entities:
  Note: {key: id, count: 50/user, attributes: {id: uuid, owner: uuid, body: text(2KB)}}
  Tag: {key: id, attributes: {id: uuid}}
patterns:
  mine: {list: Note, where: owner, limit: 5, rate: 1/user/day}
  tag: {get: Tag, by: id, rate: 1/user/day}
designs:
  current:
    engine: dynamodb
    tables:
      notes: {key: id, items: Note, indexes: {by-owner: {key: owner, project: all}}}
      tags: {key: id, items: Tag}
  smaller:
    engine: dynamodb
    tables:
      notes: {key: id, items: Note, indexes: {by-owner: {key: owner, project: keys-only}}}
"""


@pytest.mark.parametrize(("tags", "is_named"), [("", False), ("tags: {key: id, items: Tag}", True)])
def test_a_report_proposes_a_cheaper_design_only_where_it_serves_every_pattern(tags, is_named):
    text = TWO + (f"      {tags}\n" if tags else "")
    page = " ".join(write_text(page_of(report(Session(read_model(text))), "report")).split())
    answer = page[page.index("The answer") : page.index("What it costs, by users")]
    assert ("`smaller`" in answer) is is_named
