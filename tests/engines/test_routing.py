"""How an index is used on a server: case, prefixes, pages by offset, what lies inside."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import ModelError
from tablewright.engines.mongodb.engine import MongoEngine
from tablewright.engines.postgresql.ddl import ddl
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.engines.servers.homes import Home, Ordered
from tablewright.engines.servers.sizing import ServerEvaluation
from tablewright.engines.servers.ways import AccessPath
from tablewright.session import Session

MODEL = """
app: t
region: us-east-1
scales: [100000]
entities:
  User:
    key: id
    attributes:
      id: uuid
      email: {type: email, unique: true}
      name: name
      tags: {type: list, of: text(6), items: 3, distinct: 1000}
patterns:
  exact: {get: User, by: email, rate: 1/user/day}
  loose: {get: User, by: email, ignore_case: email, rate: 1/user/day}
  starts: {list: User, where: {name: {begins_with: 0.01%}}, limit: 10, rate: 1/user/day}
  deep: {list: User, where: {name: {begins_with: 10%}}, limit: 20, skip: 980, rate: 1/user/day}
  tagged: {list: User, where: tags, limit: 10, rate: 1/user/day}
designs:
  m:
    engine: mongodb
    collections:
      users: {holds: User, indexes: {email: {email: 1}, name: {name: 1}, tags: {tags: 1}}}
  p:
    engine: postgresql
    tables:
      users: {holds: User, indexes: {email: email, name: name}}
"""


def evaluated(design: str, *changes: tuple[str, str]) -> ServerEvaluation:
    text = MODEL
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    found = Session(file=read_model(text)).evaluate(design)
    assert isinstance(found, ServerEvaluation)
    return found


def target(design: str, pattern: str, *changes: tuple[str, str]) -> str:
    return evaluated(design, *changes).route(pattern).target


@pytest.mark.parametrize("design", ["m", "p"])
def test_an_index_serves_the_exact_text_and_not_one_of_any_case(design):
    assert target(design, "exact") == "users/email"
    assert target(design, "loose") == "users"


@pytest.mark.parametrize(
    ("design", "before", "after"),
    [
        ("m", "email: {email: 1}", "email: {keys: {email: 1}, ignore_case: true}"),
        ("p", "email: email", "email: {columns: email, ignore_case: true}"),
    ],
)
def test_an_case_insensitive_index_serves_the_other_one_only(design, before, after):
    assert target(design, "loose", (before, after)) == "users/email"
    assert target(design, "exact", (before, after)) == "users"


@pytest.mark.parametrize("design", ["m", "p"])
def test_what_the_caller_knows_besides_is_not_asked_for(design):
    known = ("exact: {get: User, by: email,", "exact: {get: User, by: email, known: [name],")
    index = ("email: {email: 1}", "both: {name: 1, email: 1}, email: {email: 1}")
    if design == "p":
        index = ("indexes: {email: email,", "indexes: {both: [name, email], email: email,")
    route = evaluated(design, known, index).route("exact")
    assert (route.target, route.filtered) == ("users/email", ())


def test_the_beginning_of_a_text_needs_an_index_in_the_order_of_bytes_in_postgresql():
    assert target("m", "starts") == "users/name"
    assert target("p", "starts") == "users"
    bytewise = ("name: name}}", "name: {columns: name, prefixes: true}}}")
    assert target("p", "starts", bytewise) == "users/name"


def test_the_order_of_bytes_is_not_that_of_the_language():
    sorted_by_name = ("limit: 10, rate", "sort: name, limit: 10, rate")
    bytewise = ("name: name}}", "name: {columns: name, prefixes: true}}}")
    assert not evaluated("m", sorted_by_name).route("starts").sorts_in_code
    assert evaluated("p", sorted_by_name, bytewise).route("starts").sorts_in_code


def test_what_is_skipped_is_gone_through_and_not_returned():
    found = evaluated("m")
    # 980 are skipped before 20; of 100,000 users 10,000 match
    assert found.works["deep"].entries == 1000
    assert found.works["deep"].rows == 1000
    assert found.route("deep").returned == 20


def test_a_gin_index_finds_rows_by_what_their_lists_hold():
    assert target("p", "tagged") == "users"
    gin = ("name: name}}", "name: name, tags: {columns: tags, using: gin}}}")
    found = evaluated("p", gin)
    assert found.route("tagged").target == "users/tags"
    # one of 1,000 tags: 100 of 100,000 rows, of which the first ten are read
    assert found.works["tagged"].entries == Decimal(10)


def test_the_statements_of_such_indexes_name_function_and_order():
    text = MODEL.replace("email: email", "email: {columns: [email, -id], ignore_case: true}")
    text = text.replace("name: name}}", "name: {columns: name, prefixes: true}}}")
    design = read_model(text).design("p")
    assert isinstance(design, PostgresDesign)
    assert ddl(design)[-2:] == (
        'CREATE INDEX "email" ON "users" (lower("email"), "id" DESC)',
        'CREATE INDEX "name" ON "users" ("name" text_pattern_ops)',
    )


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("{list: User, where: name, skip: 10, rate: 1/day}", "how many it wants then"),
        ("{get: User, by: email, ignore_case: name, rate: 1/day}", "does not select on"),
        ("{list: User, where: tags, ignore_case: tags, rate: 1/day}", "ignores case in"),
    ],
)
def test_skips_and_ignored_case_that_make_no_sense_are_pointed_at(pattern, says):
    with pytest.raises(ModelError) as caught:
        read_model(MODEL.replace("designs:", f"  odd: {pattern}\ndesigns:", 1))
    assert any(says in one.message for one in caught.value.diagnostics)


SPREAD = """
app: t
region: us-east-1
scales: [1000]
horizon: 365d
entities:
  Event:
    key: [user, at, no]
    count: 10/day/user
    append_only: true
    attributes:
      user: {type: uuid, distinct: 1000}
      at: {type: timestamp, role: time}
      no: id(4)
      text: text(100)
patterns:
  add: {put: Event, rate: 10/user/day}
  all: {list: Event, where: user, all: true, rate: 1/user/day}
  month: {list: Event, where: {user: given, at: {between: 10%}}, all: true, rate: 1/user/day}
  newest: {list: Event, where: user, sort: -at, limit: 20, rate: 1/user/day}
  sum: {aggregate: Event, where: {at: {between: 10%}}, rate: 1/day, purpose: report}
designs:
  p:
    engine: postgresql
    tables: {event: {holds: Event, partition_by: at}}
  m:
    engine: mongodb
    shards: 4
    collections:
      events: {holds: Event, indexes: {key: {user: 1, at: 1}, at: {at: 1}}, shard_key: [user]}
"""


def spread(design: str, *changes: tuple[str, str]) -> ServerEvaluation:
    text = SPREAD
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    found = Session(file=read_model(text)).evaluate(design)
    assert isinstance(found, ServerEvaluation)
    return found


def test_a_report_of_a_tenth_of_a_year_scans_two_and_a_bit_of_twelve_months():
    # 365 days are twelve months. A tenth of them touches 1.2 and one more, 2.2 of 12 partitions
    # with 3,650,000 rows.
    work = spread("p").works["sum"]
    assert round(work.rows) == 669_167
    whole = spread("p", (", partition_by: at", "")).works["sum"]
    assert whole.rows == 3_650_000


def test_without_the_time_every_partition_is_looked_into():
    found, plain = spread("p"), spread("p", (", partition_by: at", ""))
    # 3,650 events of a user by the index of the key; a leaf for each of twelve partitions
    assert found.works["all"].entries == plain.works["all"].entries == 3650
    pages, before = dict(found.works["all"].touches), dict(plain.works["all"].touches)
    assert pages["event/event_pkey"] - before["event/event_pkey"] == 11
    assert "12 of 12 partitions" in found.route("all").requests[0].note


def test_a_range_of_time_leaves_the_other_partitions_out():
    found = spread("p")
    assert found.works["month"].entries == 365  # the index holds the time too
    assert "2.2" in found.route("month").requests[0].note


def test_the_newest_are_merged_from_all_partitions():
    # twenty, and the first of each of the eleven other partitions to compare them with
    assert spread("p").works["newest"].entries == 31
    assert spread("p", (", partition_by: at", "")).works["newest"].entries == 20


def test_what_names_no_shard_is_sent_to_all_of_them():
    found = spread("m")
    assert found.works["all"].commands == 1
    assert found.works["sum"].commands == 4
    assert "all 4 shards are asked: it does not give user" in found.route("sum").warnings
    assert not found.route("all").warnings


def test_a_shard_has_a_quarter_of_the_rows_and_of_the_targeted_work():
    sharded, plain = spread("m"), spread("m", (", shard_key: [user]", ""))
    assert sharded.load.data_bytes == plain.load.data_bytes / 4
    assert sharded.load.writes_mean == plain.load.writes_mean / 4
    # 13,000 commands a day, a quarter of them on each shard; the report is on each of them
    a_day = sharded.load.operations_mean * 86_400
    assert round(a_day, 6) == 13_000 / 4 + 1


def test_shards_are_clusters_from_m30_on_and_each_is_paid():
    sharded, plain = spread("m"), spread("m", (", shard_key: [user]", ""))
    assert sharded.chosen is not None
    assert sharded.chosen.name == "MongoDB Atlas M30 x 4 shards"
    (one,) = [o for o in plain.options if o.name == "MongoDB Atlas M30"]
    cluster = next(line for line in one.lines if line.what == "cluster")
    (first, *_) = sharded.chosen.lines
    assert first.amount == cluster.amount * 4
    assert first.quantity == cluster.quantity * 4


def test_mongodb_scans_only_where_no_index_serves():
    # Nine of ten users are active: by the index, though a scan would read them in order.
    text = """
app: t
region: us-east-1
scales: [1000]
entities:
  User: {key: id, attributes: {id: uuid, active: {type: bool, top_share: 90%}, name: name}}
patterns:
  active: {list: User, where: {active: true}, all: true, rate: 1/user/day}
  named: {list: User, where: name, rate: 1/user/day}
designs:
  m: {engine: mongodb, collections: {users: {holds: User, indexes: {active: {active: 1}}}}}
  p: {engine: postgresql, tables: {users: {holds: User, indexes: {active: active}}}}
"""
    session = Session(file=read_model(text))
    mongo, postgres = session.evaluate("m"), session.evaluate("p")
    assert mongo.route("active").target == "users/active"
    assert postgres.route("active").target == "users"
    assert mongo.route("named").target == postgres.route("named").target == "users"


TABLE = Home(
    name="t",
    entity="T",
    rows=Decimal(10_000),
    row_bytes=Decimal(800),
    stored_bytes=Decimal(8_192_000),  # a thousand pages, ten rows in each
    page_bytes=8192,
)
INDEX = Ordered(name="i", keys=(("a", False),), entry_bytes=Decimal(16), entries=Decimal(10_000))


def test_a_scan_costs_its_pages_and_a_little_for_each_row_and_condition():
    way = AccessPath(home=TABLE, index=None, fetched=Decimal(10_000), filtered=("a",))
    assert way.page_cost == 1000 + 10_000 * Decimal("0.0125")


def test_pages_anywhere_cost_up_to_four_and_in_a_bitmap_less():
    # 100 of 1,000 pages are met by 1,000 x (1 - e^-0.1) = 95.16. Leaves (1 + 100 / 512) x 4 = 4.78,
    # entries 0.75, rows 1; a page costs 4 - 3 x sqrt(0.09516) = 3.0745 in a bitmap.
    way = AccessPath(
        home=TABLE, index=INDEX, bound=("a",), entries=Decimal(100), fetched=Decimal(100)
    )
    assert round(float(way.page_cost), 1) == round(4.78 + 0.75 + 1 + 95.163 * 3.0745, 1)
    early = replace(way, stops=True)
    assert round(float(early.page_cost), 1) == round(4.78 + 0.75 + 1 + 95.163 * 4, 1)


def test_of_equal_ways_the_key_comes_first():
    # By user id, the caller holding the e-mail too: either index finds the one row.
    by_both = ("exact: {get: User, by: email,", "exact: {get: User, by: id, known: email,")
    assert target("m", "exact", by_both) == "users/_id_"
    assert target("p", "exact", by_both) == "users/users_pkey"


def test_an_index_on_a_whole_text_does_not_find_the_words_in_it():
    # 1,000 books; of a hundredth of them, ten, the title is taken to have the words
    text = """
        app: books
        region: us-east-1
        scales: [10]
        entities:
          Book: {key: id, count: 1000 total, attributes: {id: uuid, title: text(40)}}
        patterns:
          equal: {list: Book, where: title, rate: 1/user/day}
          words: {search: Book, by: title, limit: 5, rate: 1/user/day}
        designs:
          whole:
            engine: mongodb
            collections: {books: {holds: Book, indexes: {title: {title: 1}}}}
          words:
            engine: mongodb
            collections: {books: {holds: Book, indexes: {title: {title: text}}}}
    """
    file = read_model(text, "books.yaml")
    whole, words = (
        MongoEngine().evaluate(file.model, file.design(name), 10, PriceBook(), sample_items=8)
        for name in ("whole", "words")
    )
    assert whole.route("equal").target == "books/title"
    assert whole.route("words").target == "books"
    assert words.route("words").target == "books/title"
    assert [r.route("words").matched for r in (whole, words)] == [10, 10]
    assert words.route("words").returned == 5


KEYED = """
app: t
region: us-east-1
scales: [1000]
entities:
  User: {key: id, attributes: {id: uuid}}
  Note:
    of: User
    key: note_id
    count: 50
    attributes:
      note_id: uuid
      owner: ref(User)
      read: {type: enum, values: {y: 90%, n: 10%}}
patterns:
  mark: {update: Note, by: [note_id, owner], set: [read], rate: 1/user/day}
  once: {update: Note, where: {note_id: given, read: n}, set: [read], rate: 1/user/day}
  look: {get: Note, by: [note_id, owner], rate: 1/user/day}
designs:
  m:
    engine: mongodb
    collections: {users: {holds: User}, notes: {holds: Note, indexes: {owner: {owner: 1}}}}
  p:
    engine: postgresql
    tables: {users: {holds: User}, notes: {holds: Note, indexes: {owner: owner}}}
"""


@pytest.mark.parametrize("design", ["m", "p"])
def test_a_write_by_its_key_writes_one_whatever_else_the_caller_names(design):
    found = Session(file=read_model(KEYED)).evaluate(design)
    assert isinstance(found, ServerEvaluation)
    # the note that is named, of 50,000: its owner is known too, and changes nothing
    assert found.works["mark"].row_writes == 1
    assert found.works["mark"].rows == 1
    assert found.works["look"].rows == 1
    # only the tenth that is unread is written
    assert found.works["once"].row_writes == Decimal("0.1")
