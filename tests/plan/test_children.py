"""Children inside their parent's item: where, what it saves by hand, where not."""

from __future__ import annotations

from decimal import Decimal

from tablewright import read_model
from tablewright.plan.result import PlanResult
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

SMALL = Options(sample_items=64)
FAMILY = """\
app: addresses
region: us-east-1
scales: [100000]
entities:
  Owner: {{key: oid, attributes: {{oid: uuid, about: text(100)}}}}
  Address:
    of: Owner
    key: [oid, aid]
    count: {count}
    attributes: {{aid: ulid, line: text({size})}}
patterns:
  owner: {{get: Owner, by: oid, rate: 1/user/day}}
  addresses: {{list: Address, where: oid, rate: 1/user/day}}
  add: {{put: Address, rate: 0.01/user/day}}
{more}
"""


def family(count: str = "5", size: str = "20", more: str = "") -> tuple[Session, PlanResult]:
    text = FAMILY.format(count=count, size=size, more=more)
    chosen = Session(file=read_model(text, "addresses.yaml"), options=SMALL)
    return chosen, plan(chosen, explained=True)


def embedded(result: PlanResult) -> list[str]:
    return [e.entity for t in result.design.tables for s in t.shapes for e in s.embeds]


def test_small_children_lie_inside_their_parent_and_save_their_overhead():
    # Reads and writes take one unit either way; what differs is storage. An address by itself:
    # oid 3+36, aid 3+26, line 4+20, and 100 of overhead: 192 bytes, five of them 960. Inside: the
    # name and list 9+3, and five times 3+1 + (3+26+1) + (4+20+1) = 59: 307. 653 bytes an owner.
    chosen, result = family()
    assert embedded(result) == ["Address"]
    apart = next(e for e in result.explanation.entities if e.entity == "Address")
    assert apart.chosen == "inside the items of Owner"
    by_hand = Decimal(653 * 100_000) / 2**30 * Decimal("0.25")
    assert abs(apart.extra_usd - by_hand) < Decimal("1E-9")
    assert len(chosen.evaluate(result.design, 100_000).resources) == 1


def test_children_that_would_make_the_parent_dear_to_write_stay_apart():
    # Five times 400 bytes inside would make each change of the owner write three units, not one.
    more = "  change: {update: Owner, by: oid, set: about, rate: 1/user/day}"
    assert embedded(family(size="400", more=more)[1]) == []


def test_children_stay_apart_where_an_item_might_become_too_large():
    # At most 8,000 of 59 bytes are 472 KB; 4,000 are 236 KB, which leaves room below 280 KB.
    rare = "  touch: {update: Owner, by: oid, set: about, rate: 1/day}"
    shape = "{{mean: 2, max: {}, shape: poisson}}"
    _, large = family(count=shape.format(8000).replace("{{", "{").replace("}}", "}"), more=rare)
    assert embedded(large) == []
    reasons = [why for e in large.explanation.entities for _, why in e.refused]
    assert any("near 400 KB" in text for why in reasons for text in why)
    _, small = family(count=shape.format(4000).replace("{{", "{").replace("}}", "}"), more=rare)
    assert embedded(small) == ["Address"]


def test_a_parent_that_is_deleted_or_replaced_does_not_take_its_children_along():
    for more in ("  gone: {delete: Owner, by: oid, rate: 1/day}",):
        assert embedded(family(more=more)[1]) == []
    assert embedded(family(count="2/day/user")[1]) == []
