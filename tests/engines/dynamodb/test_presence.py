"""Attributes that are present together or not at all, in what is counted, routed and planned.

Of 10,000 tickets 2 % are escalated: 200 have both `raised_at` and `raised_by`. As if independent
they would be 10,000 x 2 % x 2 % = 4.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright import Options, Session, read_model
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.model.statistics import Selectivity
from tablewright.verbs.plan import plan

TICKETS = """
app: tickets
region: us-east-1
scales: [100]
entities:
  Ticket:
    key: tid
    count: 10000 total
    attributes:
      tid: id(12)
      raised_at: {type: timestamp, presence: 2%, immutable: true}
      raised_by: {type: id(12), presence: 2%, distinct: 10, present_with: raised_at}
      raised_to: {type: id(12), presence: 2%, distinct: 10, present_with: raised_by}
      paid_at: {type: timestamp, presence: 50%}
      body: {type: binary, bytes: 980}
patterns:
  both: {list: Ticket, where: {raised_at: exists, raised_by: exists}, all: true, rate: 9/user/day}
  one: {list: Ticket, where: {raised_at: exists, raised_by: absent}, all: true, rate: 1/user/day}
  paid: {list: Ticket, where: {raised_at: exists, paid_at: exists}, all: true, rate: 1/user/day}
  by: {list: Ticket, where: {raised_by: given, raised_at: exists}, all: true, rate: 1/user/day}
  mine: {list: Ticket, where: raised_by, sort: -raised_at, limit: 10, rate: 90/user/day}
designs:
  indexed:
    engine: dynamodb
    tables:
      tickets:
        key: tid
        items: Ticket
        indexes: {by-both: {key: [raised_by, raised_at], project: all}}
"""


def session() -> Session:
    return Session(file=read_model(TICKETS), options=Options())


def matching(name: str) -> Decimal:
    model = session().model
    return Selectivity(model, 100).matching(model.entity("Ticket"), model.pattern(name).where)


def test_those_that_are_together_are_counted_once():
    assert matching("both") == 200
    assert matching("one") == 0
    assert matching("paid") == 100  # the other is independent: 10,000 x 2 % x 50 %
    assert matching("by") == 1_000  # a tenth of 10,000; that a ticket is raised, it is told by


def test_a_chain_is_one_group():
    entity = session().model.entity("Ticket")
    assert [entity.comes_with(n) for n in ("raised_to", "raised_by", "tid")] == [
        "raised_at", "raised_at", "tid",
    ]  # fmt: skip
    assert entity.presence_of(("raised_to", "raised_at")) == Decimal("0.02")
    assert entity.presence_of(("raised_to", "paid_at")) == Decimal("0.01")
    assert entity.presence_of(("raised_to",), among=("raised_by",)) == 1


def test_an_index_of_both_is_complete_for_those_that_have_one():
    # 200 entries of some 1,070 B are 214 KB: 53 blocks of 4 KB, half a unit each, about 26, give or
    # take what a sample has; as if independent they would be one
    route = session().evaluate("indexed").route("both")
    assert (route.operation, route.target) == ("scan", "tickets/by-both")
    assert Decimal(18) < route.units("read").mean < Decimal(30)
    assert not session().evaluate("indexed").route("mine").sorts_in_code


def test_an_index_sorted_by_what_comes_with_its_key_is_planned():
    design = plan(session(), explained=False).design
    assert isinstance(design, DynamoDesign)
    (table,) = design.tables
    assert ("raised_by", "raised_at") in {index.keys for index in table.indexes}
