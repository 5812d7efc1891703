"""Data moved between designs arrives whole, whatever happens on the way."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from migrate.shop import MODEL
from tablewright import read_model
from tablewright.core.errors import EngineError
from tablewright.design.migrations import Answer, MoveDecision
from tablewright.engines.registry import make_engine
from tablewright.evaluation.doors import Fragment, Record
from tablewright.migrate.transform import Transform
from tablewright.operate.migration import Migration, quarantine
from tablewright.operate.staging import SOURCE, Staging

FILE = read_model(MODEL, "shop.yaml")
BILL = {"user_id": "u1", "email": "bill@example.org", "bio": "Reads."}
ANN = {"user_id": "u2", "email": "ann@example.org", "bio": "Writes."}
ORDERS = (
    {"user_id": "u1", "order_id": "o1", "total": 30, "note": "gift"},
    {"user_id": "u1", "order_id": "o2", "total": 12},
    {"user_id": "u2", "order_id": "o3", "total": 7, "note": ""},
)


def database(design_name):
    engine = make_engine("dynamodb")
    adapter = engine.connector.temporary(FILE.model, FILE.design(design_name), Decimal(0))
    for step in adapter.plan_provision().steps:
        adapter.provision(step, lambda text: None)
    return adapter


def fill(adapter, users=(BILL, ANN), orders=ORDERS):
    def children(user):
        return lambda entity: [o for o in orders if o["user_id"] == user["user_id"]]

    records = [r for user in users for r in adapter.codec.encode("User", user, children(user))]
    if "Order" not in adapter.codec.embedded:
        for order in orders:
            records += adapter.codec.encode("Order", order, lambda entity: ())
    adapter.bulk_write(records)


def migration(source, target, path, answers=()):
    transform = Transform(FILE.model, source.codec, target.codec, answers)
    return Migration(source, target, transform, Staging(path / "staging.db"))


def contents(adapter):
    found = {}
    for container in sorted({kind.container for kind in adapter.codec.kinds}):
        for _, page in adapter.scan(container):
            for item in page:
                for fragment in adapter.codec.decode(container, item):
                    if fragment.is_copy:
                        continue
                    key = (fragment.entity, fragment.identity)
                    found.setdefault(key, {}).update(fragment.attributes)
    return found


WHOLE = {
    ("User", ("u1",)): BILL,
    ("User", ("u2",)): ANN,
    ("Order", ("o1",)): ORDERS[0],
    ("Order", ("o2",)): ORDERS[1],
    ("Order", ("o3",)): ORDERS[2],
}


@pytest.mark.parametrize("source_name", ["apart", "together", "embedded", "guarded"])
@pytest.mark.parametrize("target_name", ["apart", "together", "embedded", "guarded"])
def test_every_instance_arrives_whatever_the_two_designs(source_name, target_name, tmp_path):
    source, target = database(source_name), database(target_name)
    fill(source)
    move = migration(source, target, tmp_path)

    assert move.check().is_clear
    move.write()

    assert contents(target) == WHOLE
    assert move.verify().is_clean


def test_writing_twice_changes_nothing(tmp_path):
    source, target = database("apart"), database("together")
    fill(source)
    move = migration(source, target, tmp_path)
    move.check()
    move.write()

    assert move.write() == 0
    assert contents(target) == WHOLE


class Dying:
    """An adapter whose process dies after so many operations of one kind."""

    def __init__(self, inner, operation, after):
        self.inner, self.operation, self.left = inner, operation, after

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def _count(self, operation):
        if operation == self.operation:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt

    def bulk_write(self, records):
        self._count("bulk_write")
        return self.inner.bulk_write(records)

    def scan(self, container, *, after=None):
        for page in self.inner.scan(container, after=after):
            self._count("scan")
            yield page


@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("operation", ["scan", "bulk_write"])
def test_a_run_that_dies_goes_on_where_it_stopped(operation, after, tmp_path):
    source, target = database("apart"), database("together")
    fill(source)

    def run(source_side, target_side):
        move = migration(source_side, target_side, tmp_path)
        try:
            move.check()
            move.write()
        finally:
            move.staging.close()

    dying_source = Dying(source, operation, after) if operation == "scan" else source
    dying_target = Dying(target, operation, after) if operation == "bulk_write" else target
    try:
        run(dying_source, dying_target)
    except KeyboardInterrupt:
        run(source, target)

    assert contents(target) == WHOLE


def test_an_attribute_the_target_has_no_place_for_stops_the_check(tmp_path):
    source, target = database("apart"), database("without_notes")
    fill(source)

    problems = migration(source, target, tmp_path).check().problems

    assert [(p.kind, p.entity, p.attribute, p.count) for p in problems] == [
        ("lost", "Order", "note", 2)
    ]
    assert problems[0].examples == ('["o1"]', '["o3"]')


def test_an_entity_the_target_does_not_store_stops_the_check(tmp_path):
    source, target = database("apart"), database("only_users")
    fill(source)

    problems = migration(source, target, tmp_path).check().problems

    assert [(p.kind, p.entity, p.count) for p in problems] == [("no-place", "Order", 3)]


def test_an_attribute_the_source_lacks_is_named_and_an_answer_fills_it(tmp_path):
    source, target = database("without_notes"), database("together")
    source.bulk_write(
        Record(
            container="orders",
            kind="Order",
            content={"user_id": {"S": "u1"}, "order_id": {"S": "o1"}, "total": {"N": "3"}},
        )
        for _ in range(1)
    )
    fill(source, orders=())
    move = migration(
        source,
        target,
        tmp_path,
        (Answer(place="Order", attribute="note", kind="missing", action=MoveDecision.ACCEPT),),
    )

    assert move.check().is_clear
    move.write()
    assert contents(target)["Order", ("o1",)] == {
        "user_id": "u1",
        "order_id": "o1",
        "total": 3,
    }


def test_a_record_of_no_known_kind_is_counted_not_dropped(tmp_path):
    source, target = database("apart"), database("together")
    fill(source)
    poison = {"user_id": {"S": "u9"}, "surprise": {"S": "?"}}
    source.bulk_write([Record(container="users", kind="User", content=poison)])

    problems = migration(source, target, tmp_path).check().problems

    assert [(p.kind, p.entity, p.count) for p in problems] == [("unreadable", "users", 1)]
    assert "surprise" in problems[0].detail
    assert "?" not in problems[0].detail


def test_children_without_their_parent_stop_a_move_into_it(tmp_path):
    source, target = database("apart"), database("embedded")
    fill(source, users=(BILL,))  # the order of u2 has nobody to go into

    problems = migration(source, target, tmp_path).check().problems

    assert [(p.kind, p.entity, p.examples) for p in problems] == [
        ("no-parent", "Order", ('["o3"]',))
    ]


def test_what_is_missing_extra_or_different_is_found_to_the_key_and_repaired(tmp_path):
    source, target = database("apart"), database("together")
    fill(source)
    move = migration(source, target, tmp_path)
    move.check()
    move.write()
    changed = {**BILL, "bio": "Sleeps."}
    target.bulk_write(target.codec.encode("User", changed, lambda entity: ()))
    extra = {"user_id": "u3", "email": "eve@example.org", "bio": "Came by herself."}
    target.bulk_write(target.codec.encode("User", extra, lambda entity: ()))

    verification = move.verify()

    assert [(d.entity, d.identity, d.what, d.attributes) for d in verification.differences] == [
        ("User", '["u1"]', "different", ("bio",)),
        ("User", '["u3"]', "extra", ()),
    ]
    assert move.repair() == 1
    assert [d.what for d in move.verify().differences] == ["extra"]


def test_an_item_too_large_for_the_target_stops_the_check(tmp_path):
    source, target = database("apart"), database("embedded")
    # 100 orders of 5,000 bytes are 500,000 bytes in one item; an item has at most 409,600
    orders = [
        {"user_id": "u1", "order_id": f"o{n:03}", "total": 1, "note": "x" * 5_000}
        for n in range(100)
    ]
    fill(source, users=(BILL,), orders=orders)

    problems = migration(source, target, tmp_path).check().problems

    assert [(p.kind, p.entity, p.count) for p in problems] == [("too-large", "User", 1)]


def test_an_instance_that_is_to_be_rejected_goes_to_the_quarantine(tmp_path):
    source, target = database("apart"), database("together")
    move = migration(
        source,
        target,
        tmp_path,
        (Answer(place="User", attribute="bio", kind="missing", action=MoveDecision.QUARANTINE),),
    )
    without_bio = {name: value for name, value in ANN.items() if name != "bio"}
    fill(source, users=(BILL,), orders=())
    with move.staging.transaction():
        move.staging.add_fragments(
            SOURCE, [Fragment(entity="User", identity=("u2",), attributes=without_bio)]
        )

    check = move.check()
    move.write()

    assert check.rejected == 1
    assert set(contents(target)) == {("User", ("u1",))}
    path = tmp_path / "quarantine.jsonl"
    assert quarantine(move.staging.quarantined(), path) == 1
    line = json.loads(path.read_text())
    assert line["identity"] == '["u2"]'
    assert line["reason"].startswith("User.bio: an attribute that the model says is always present")


def test_a_full_disk_ends_the_run_and_the_next_goes_on(tmp_path):
    source, target = database("apart"), database("together")
    orders = [
        {"user_id": "u1", "order_id": f"o{n:04}", "total": 1, "note": "x" * 900}
        for n in range(3_000)
    ]
    fill(source, users=(BILL,), orders=orders)
    move = migration(source, target, tmp_path)
    pages = move.staging._db.execute("PRAGMA page_count").fetchone()[0]
    move.staging._db.execute(f"PRAGMA max_page_count = {pages + 300}")  # about 1.2 of 3 MB

    with pytest.raises(EngineError, match="cannot be written: database or disk is full") as raised:
        move.check()
    assert "make room" in raised.value.remedy
    move.staging.close()
    again = migration(source, target, tmp_path)
    assert again.check().is_clear
    again.write()
    assert again.verify().is_clean
    assert len(contents(target)) == 3_001


class Evolving:
    """A source whose application begins to write another attribute after the first page."""

    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def scan(self, container, **options):
        for position, page in self.inner.scan(container, **options):
            yield position, [{**item, "colour": {"S": "red"}} for item in page]


def test_an_attribute_that_appears_on_the_way_is_named_not_dropped(tmp_path):
    source, target = database("apart"), database("together")
    fill(source)

    problems = migration(Evolving(source), target, tmp_path).check().problems

    assert {p.kind for p in problems} == {"unreadable"}
    assert all("colour" in p.detail for p in problems)


def test_a_staging_file_in_use_is_refused(tmp_path):
    first = Staging(tmp_path / "staging.db")

    with pytest.raises(EngineError, match="cannot be used"):
        Staging(tmp_path / "staging.db")
    first.close()
