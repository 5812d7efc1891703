"""Children inside their parent's item: read, put, changed and removed as predicted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamo_proofs import proof_in_memory
from tablewright import read_model
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

MODEL = """\
app: carts
region: us-east-1
scales: [60]
entities:
  Cart: {{key: cid, attributes: {{cid: uuid, note: text(900)}}}}
  Line:
    of: Cart
    key: [cid, lid]
    count: {{mean: 3, max: 8, shape: poisson}}
    attributes:
      lid: {kind}
      qty: counter
      gift: bool
      text: {{type: text, bytes: {{low: 80, high: 400}}}}
patterns:
  cart: {{get: Cart, by: cid, rate: 1/user/day}}
  lines: {{list: Line, where: cid, sort: -qty, rate: 1/user/day}}
  line: {{get: Line, by: [cid, lid], rate: 1/user/day}}
  add: {{put: Line, if: absent, {fails}rate: 1/user/day}}
  more: {{update: Line, by: [cid, lid], increment: qty, rate: 1/user/day}}
  wrap:
    update: Line
    by: [cid, lid]
    set: [gift, text]
    if: unchanged
    if_on: qty
    fails: 20%
    rate: 1/user/day
  drop: {{delete: Line, by: [cid, lid], rate: 1/user/day}}
designs:
  list:
    engine: dynamodb
    tables:
      carts: {{key: cid, items: {{Cart: {{embed: {{lines: Line}}}}}}}}
  map:
    engine: dynamodb
    tables:
      carts: {{key: cid, items: {{Cart: {{embed: {{lines: {{of: Line, as: map}}}}}}}}}}
"""


def session_of(kind: str = "ulid", fails: str = "") -> Session:
    text = MODEL.format(kind=kind, fails=fails)
    return Session(file=read_model(text, "carts.yaml"), options=Options(sample_items=256))


@pytest.mark.parametrize("how", ["list", "map"])
def test_what_is_done_to_children_in_their_parents_item_is_proved(how):
    session = session_of()
    design = session.design(how)
    assert isinstance(design, DynamoDesign)
    proof = proof_in_memory(
        session, design, ProofRequest(users=60, requests=900), lambda text: None
    )
    assert [(p.pattern, p.wrong, p.failures) for p in proof.patterns if p.wrong or p.failures] == []
    assert proof.state_problems == ()
    assert proof.is_right
    assert proof.agrees
    off = {
        p.pattern: (p.reads.difference, p.writes.difference)
        for p in proof.patterns
        if max(abs(p.reads.difference), abs(p.writes.difference)) > Decimal("0.05")
    }
    assert off == {}


def test_a_map_is_written_in_one_request_and_a_list_read_first():
    session = session_of()
    operations = {
        how: [r.operation for r in session.evaluate(session.design(how), 60).route("more").requests]
        for how in ("list", "map")
    }
    assert operations == {"list": ["GetItem", "UpdateItem"], "map": ["UpdateItem"]}


def test_a_list_cannot_refuse_a_second_child_with_the_same_key():
    # Made-up ids never meet, so that nothing has to be refused; article numbers do.
    article = session_of(kind="text(8)")
    assert "a map could" in article.evaluate(article.design("list"), 60).route("add").cannot
    assert article.evaluate(article.design("map"), 60).route("add").is_served
    failing = session_of(fails="fails: 10%, ")
    assert "a map could" in failing.evaluate(failing.design("list"), 60).route("add").cannot
    assert failing.evaluate(failing.design("map"), 60).route("add").is_served


def test_a_transaction_does_not_touch_the_parents_item_twice():
    text = MODEL.format(kind="ulid", fails="").replace(
        "patterns:\n",
        "patterns:\n"
        "  both:\n"
        "    transact: [{put: Line}, {update: Cart, by: cid, set: note}]\n"
        "    rate: 1/user/day\n",
    )
    session = Session(file=read_model(text, "carts.yaml"), options=Options(sample_items=64))
    assert "each item once" in session.evaluate(session.design("map"), 60).route("both").cannot


def test_a_child_that_is_called_like_its_parent_is_not_found_by_the_parents_attribute():
    # `note` of a line is its own: the carts' notes do not lead to it.
    text = MODEL.format(kind="ulid", fails="").replace(
        "lid: ulid\n", "lid: ulid\n      note: text(9)\n"
    )
    text = text.replace("patterns:\n", "patterns:\n  by: {list: Line, where: note, rate: 1/day}\n")
    text = text.replace(
        "key: cid, items: {Cart", "key: cid, indexes: {n: {key: note}}, items: {Cart"
    )
    text = text.replace("{n: {key", "{note-index: {key")
    session = Session(file=read_model(text, "carts.yaml"), options=Options(sample_items=64))
    assert session.evaluate(session.design("list"), 60).route("by").operation == "scan"
