"""What changes in a source while it is copied reaches the target, in order and without doubling."""

from __future__ import annotations

import random
import time
from decimal import Decimal

import pytest

from migrate.shop import MODEL
from tablewright import read_model
from tablewright.core.errors import EngineError, UnsupportedError
from tablewright.engines.dynamodb import streams
from tablewright.engines.registry import make_engine
from tablewright.migrate.transform import Transform
from tablewright.operate.migration import Migration
from tablewright.operate.staging import Staging

STREAMED = MODEL.replace("{key: user_id, items", "{key: user_id, stream: new-and-old-images, items")
STREAMED = STREAMED.replace(
    "{key: [user_id, order_id], items",
    "{key: [user_id, order_id], stream: new-and-old-images, items",
).replace("        key: [PK, SK]\n", "        key: [PK, SK]\n        stream: new-and-old-images\n")
STREAMED = STREAMED.replace(
    "        key: user_id\n", "        key: user_id\n        stream: new-and-old-images\n"
)
FILE = read_model(STREAMED, "shop.yaml")


def database(design_name):
    connector = make_engine("dynamodb").connector
    adapter = connector.temporary(FILE.model, FILE.design(design_name), Decimal(0))
    for step in adapter.plan_provision().steps:
        adapter.provision(step, lambda text: None)
    # streams of the temporary engine tell the time of its own clock, which stands still
    adapter.transport.inner.inner.database.engine.clock = time.time
    return adapter


class Application:
    """Writes to a database as an application would: whole instances, as its design stores them."""

    def __init__(self, adapter):
        self.adapter, self.users, self.orders = adapter, {}, {}

    def _children(self, user_id):
        """Return what gives the orders of a user, in the order of their keys."""
        orders = [self.orders[key] for key in sorted(self.orders)]
        return lambda entity: [o for o in orders if o["user_id"] == user_id]

    def _write(self, entity, row):
        codec = self.adapter.codec
        if entity in codec.embedded:
            return self._write("User", self.users[row["user_id"]])
        children = self._children(row["user_id"])
        return self.adapter.bulk_write(codec.encode(entity, row, children))

    def put_user(self, user_id, bio="Reads.", email=None):
        old = self.users.get(user_id)
        row = {"user_id": user_id, "email": email or f"{user_id}@example.org", "bio": bio}
        self.users[user_id] = row
        if old is not None and old["email"] != row["email"]:
            codec = self.adapter.codec
            new = [codec.key(r) for r in codec.encode("User", row, lambda e: ())]
            stale = [r for r in codec.encode("User", old, lambda e: ()) if codec.key(r) not in new]
            self.adapter.remove(stale)
        self._write("User", row)

    def put_order(self, user_id, order_id, total, note=None):
        row = {"user_id": user_id, "order_id": order_id, "total": total}
        self.orders[order_id] = row if note is None else {**row, "note": note}
        self._write("Order", self.orders[order_id])

    def drop_order(self, order_id):
        row = self.orders.pop(order_id)
        codec = self.adapter.codec
        if "Order" in codec.embedded:
            self._write("User", self.users[row["user_id"]])
        else:
            self.adapter.remove(codec.encode("Order", row, lambda entity: ()))


def migration(source, target, path):
    transform = Transform(FILE.model, source.codec, target.codec)
    return Migration(source, target, transform, Staging(path / "staging.db"))


def started(source, target, path):
    move = migration(source, target, path)
    move.follower().begin()
    move.check()
    move.write()
    return move


def stored(adapter):
    return sorted(
        str(sorted(item.items()))
        for container in sorted({kind.container for kind in adapter.codec.kinds})
        for _, page in adapter.scan(container)
        for item in page
    )


def expected(application, design_name):
    """Return what a database holds that got the final state only."""
    fresh = Application(database(design_name))
    fresh.orders = dict(application.orders)
    for user in application.users.values():
        fresh.put_user(user["user_id"], user["bio"], user["email"])
    for order in application.orders.values():
        fresh._write("Order", order)
    return stored(fresh.adapter)


@pytest.mark.parametrize("target_name", ["apart", "together", "guarded", "embedded"])
@pytest.mark.parametrize("source_name", ["apart", "together", "guarded", "embedded"])
def test_changes_reach_the_target_whatever_the_designs(source_name, target_name, tmp_path):
    application = Application(database(source_name))
    application.put_user("u1")
    application.put_user("u2")
    application.put_order("u1", "o1", 5, "gift")
    target = database(target_name)
    move = started(application.adapter, target, tmp_path)

    application.put_user("u3")  # new
    application.put_user("u1", bio="Sleeps.")  # changed
    application.put_user("u2", email="new@example.org")  # another guard
    application.put_order("u2", "o2", 7)  # new child
    application.put_order("u1", "o1", 6)  # the note is gone
    application.put_order("u3", "o3", 1)
    application.drop_order("o3")
    followed = move.follower().catch_up()

    assert followed.changes > 0
    assert stored(target) == expected(application, target_name)
    assert move.verify().is_clean
    assert move.follower().catch_up().changes == 0


def test_what_changes_between_the_scan_and_the_writing_is_not_lost(tmp_path):
    application = Application(database("apart"))
    application.put_user("u1")
    target = database("together")
    move = migration(application.adapter, target, tmp_path)
    move.follower().begin()
    move.check()
    application.put_user("u1", bio="Changed after the scan.")
    application.put_user("u2")
    move.write()

    move.follower().catch_up()

    assert stored(target) == expected(application, "together")


class Dying:
    """A target whose process dies at its n-th write or removal."""

    def __init__(self, inner, left):
        self.inner, self.left = inner, left

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def _count(self):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt

    def bulk_write(self, records):
        self._count()
        written = self.inner.bulk_write(records)
        self._count()
        return written

    def remove(self, records):
        self._count()
        return self.inner.remove(records)


@pytest.mark.parametrize("seed", range(12))
def test_a_follower_that_dies_anywhere_applies_every_change_once(seed, tmp_path):
    chance = random.Random(seed)
    application = Application(database("guarded"))
    for number in range(4):
        application.put_user(f"u{number}")
    target = database("embedded")
    started(application.adapter, target, tmp_path).staging.close()

    for _ in range(6):
        for _ in range(chance.randint(1, 8)):
            change(application, chance)
        move = migration(application.adapter, Dying(target, chance.randint(0, 4)), tmp_path)
        try:
            move.follower().catch_up()
        except KeyboardInterrupt:
            pass
        finally:
            move.staging.close()
    move = migration(application.adapter, target, tmp_path)
    move.follower().catch_up()

    assert stored(target) == expected(application, "embedded")


def change(application, chance):
    """Do something that an application does."""
    user = f"u{chance.randint(0, 5)}"
    kind = chance.choice(["user", "order", "order", "drop"])
    if kind == "user" or user not in application.users:
        application.put_user(
            user, bio=f"b{chance.random()}", email=f"{user}.{chance.randint(0, 2)}@x.org"
        )
    elif kind == "order":
        application.put_order(user, f"{user}o{chance.randint(0, 3)}", chance.randint(1, 9))
    elif application.orders:
        application.drop_order(chance.choice(sorted(application.orders)))


def test_a_change_that_cannot_be_moved_stops_and_goes_on_once_it_can(tmp_path):
    application = Application(database("apart"))
    application.put_user("u1")
    target = database("without_notes")
    move = started(application.adapter, target, tmp_path)
    application.put_order("u1", "o1", 5, "a note the target has no place for")

    with pytest.raises(EngineError, match=r'Order \["o1"\] cannot be moved: Order.note'):
        move.follower().catch_up()
    assert stored(target) == expected_without_orders(application)

    application.put_order("u1", "o1", 5)  # the source is corrected, but the change is in the stream
    with pytest.raises(EngineError, match=r"Order\.note"):
        move.follower().catch_up()


def expected_without_orders(application):
    fresh = Application(database("without_notes"))
    for user in application.users.values():
        fresh.put_user(user["user_id"], user["bio"], user["email"])
    return stored(fresh.adapter)


def test_a_table_without_a_stream_is_refused_before_anything_begins(tmp_path):
    plain = read_model(MODEL, "shop.yaml")
    connector = make_engine("dynamodb").connector
    source = connector.temporary(plain.model, plain.design("apart"), Decimal(0))
    for step in source.plan_provision().steps:
        source.provision(step, lambda text: None)

    with pytest.raises(UnsupportedError, match="orders has no stream") as raised:
        source.follow_from(["orders"])
    assert "without --follow" in raised.value.remedy


def test_a_shard_is_read_after_its_parent():
    shards = [
        {"ShardId": "c", "ParentShardId": "b"},
        {"ShardId": "a"},
        {"ShardId": "b", "ParentShardId": "a"},
    ]

    assert [shard["ShardId"] for shard in streams._in_order(shards)] == ["a", "b", "c"]
