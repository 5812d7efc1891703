"""Routes and their units, on models whose items have a fixed size: every figure is worked out here.

A text of N bytes under a name of three characters takes N + 3; `id(12)` under `pk` takes 14.
"""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.core.errors import ModelError
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.engines.dynamodb.items import geohash

HEAD = """
app: routes
region: us-east-1
scales: [100]
"""


def evaluate(text: str, users: int = 100):
    try:
        file = read_model(HEAD + dedent(text))
    except ModelError as broken:
        raise AssertionError([d.message + d.help for d in broken.diagnostics]) from broken
    return DynamoEngine().evaluate(file.model, file.designs[0], users, PriceBook())


def units(evaluation, pattern: str, dimension: str, resource: str | None = None) -> Decimal:
    return evaluation.route(pattern).units(dimension, resource).mean


THING = """
    entities:
      Thing:
        key: pk
        count: 1000 total
        attributes:
          pk: id(12)
          own: {type: id, bytes: 12, distinct: 50}
          uid: {type: id, bytes: 12, unique: true}
          txt: text(SIZE)
          num: {type: int, min: 10, max: 99}
          flg: {type: enum, values: {on: 25%, off: 75%}}
    patterns:
      get: {get: Thing, by: pk, rate: 1/user/day}
      PATTERNS
    designs:
      one:
        engine: dynamodb
        tables:
          things:
            key: pk
            items: Thing
            INDEXES
"""


def thing(size: int = 100, patterns: str = "", indexes: str = ""):
    text = THING.replace("SIZE", str(size)).replace("PATTERNS", patterns)
    return evaluate(text.replace("INDEXES", f"indexes: {{{indexes}}}" if indexes else ""))


# pk 2+12, own 3+12, uid 3+12, txt 3+size, num 3+2 (two digits), flg 3 + 2 ("on") or 3 ("off")
def item(size: int) -> int:
    return 14 + 15 + 15 + 3 + size + 5 + 3


def test_a_get_takes_half_a_unit_for_each_4_kb():
    # 55 + 9,000 bytes and 2 or 3 more: three blocks, 1.5 units eventually
    assert units(thing(9000), "get", "read") == Decimal("1.5")


def test_a_strong_get_takes_twice_as_much():
    found = thing(9000, "strong: {get: Thing, by: pk, consistency: strong, rate: 1/user/day}")
    assert units(found, "strong", "read") == 3


def test_a_transactional_get_takes_four_times_as_much():
    found = thing(9000, "tx: {get: Thing, by: pk, consistency: transactional, rate: 1/user/day}")
    assert units(found, "tx", "read") == 6


def test_a_get_that_finds_nothing_costs_half_a_unit():
    found = thing(9000, "maybe: {get: Thing, by: pk, hit: 50%, rate: 1/user/day}")
    assert units(found, "maybe", "read") == (Decimal("1.5") + Decimal("0.5")) / 2


def test_a_batch_get_rounds_each_item_and_takes_one_request_for_a_hundred():
    found = thing(200, "many: {get: Thing, by: pk, batch: 150, rate: 1/user/day}")
    route = found.route("many")
    assert route.units("read").mean == 75
    assert route.requests[0].operation == "BatchGetItem"
    assert route.requests[0].calls == 2


def test_a_query_on_an_index_rounds_the_sum_once():
    # 1,000 things over 50 owners: 20 entries of 258 or 257 bytes, 5,150 bytes, two blocks
    found = thing(
        200, "list: {list: Thing, where: own, rate: 1/user/day}", "by-own: {key: own, project: all}"
    )
    route = found.route("list")
    assert (route.operation, route.target) == ("query", "things/by-own")
    assert route.matched == 20
    assert route.units("read").mean == 1


def test_what_an_index_does_not_hold_is_fetched_item_by_item():
    # the query reads 20 keys (0.5 unit); twenty fetches of one block each add 20 x 0.5
    found = thing(
        200,
        "list: {list: Thing, where: own, rate: 1/user/day}",
        "by-own: {key: own, project: keys-only}",
    )
    route = found.route("list")
    assert route.fetches
    assert route.depth == 2
    assert route.units("read", "things/by-own").mean == Decimal("0.5")
    assert route.units("read", "things").mean == 10


def test_without_a_key_the_whole_table_is_read():
    # 1,000 items of about 258 bytes: 257,750 bytes are 63 blocks
    found = thing(200, "list: {list: Thing, where: own, rate: 1/user/day}")
    route = found.route("list")
    assert route.operation == "scan"
    total = sum(shape.count * shape.sizes.mean.mean for shape in found.resource("things").shapes)
    blocks = -(-int(total) // 4096)
    assert blocks == 63
    assert route.units("read").mean == Decimal(blocks) / 2


def test_words_in_a_text_are_found_by_no_key_index_filter_or_scan():
    # the index tells which `txt` equals a value, but a text with the words in it equals none;
    # `contains` tells the same letters in the same case, inside of other words too
    found = thing(
        200,
        """
      equal: {list: Thing, where: txt, rate: 1/user/day}
      words: {search: Thing, by: txt, limit: 10, rate: 1/user/day}
      some: {search: Thing, where: {flg: on}, rate: 1/user/day}""",
        "by-txt: {key: txt, project: all}",
    )
    assert found.route("equal").target == "things/by-txt"
    for name in ("words", "some"):
        route = found.route(name)
        assert route.cannot.startswith("things: keys and filters of DynamoDB compare values")
        assert (route.requests, route.steps) == ((), ())
    assert found.unserved == {"words", "some"}
    assert {line.pattern for line in found.bill.lines} & {"words", "some"} == set()


def test_an_order_the_key_does_not_give_is_made_by_reading_everything():
    pattern = "top: {list: Thing, where: own, sort: -num, limit: 5, rate: 1/user/day}"
    unsorted = thing(200, pattern, "by-own: {key: own, project: all}").route("top")
    ordered = thing(200, pattern, "by-own: {key: [own, num], project: all}").route("top")
    assert unsorted.sorts_in_code
    assert unsorted.requests[0].items == 20
    assert not ordered.sorts_in_code
    assert ordered.requests[0].items == 5


def test_a_global_index_never_serves_a_strong_read():
    found = thing(
        200,
        "list: {list: Thing, where: own, consistency: strong, rate: 1/user/day}",
        "by-own: {key: own, project: all}",
    )
    route = found.route("list")
    assert route.operation == "scan"
    reasons = {r.route: r.reason for r in route.rejected}
    assert "strong" in reasons["things/by-own"]


def test_an_update_is_billed_by_the_whole_item_and_by_every_index_it_changes():
    # 50,055 bytes: 49 units on the table, 49 on each index that copies everything, none on the
    # index that does not hold what changed
    found = thing(
        50_000,
        "save: {update: Thing, by: pk, set: [num], rate: 1/user/day}",
        "own-all: {key: own, project: all}, uid-all: {key: uid, project: all}, "
        "own-keys: {key: own, project: keys-only}",
    )
    route = found.route("save")
    assert route.units("write", "things").mean == 49
    assert route.units("write", "things/own-all").mean == 49
    assert route.units("write", "things/uid-all").mean == 49
    assert route.units("write", "things/own-keys").mean == 0


def test_a_changed_index_key_is_paid_twice():
    found = thing(
        100,
        "move: {update: Thing, by: pk, set: [own], rate: 1/user/day}",
        "by-own: {key: own, project: keys-only}",
    )
    assert units(found, "move", "write", "things/by-own") == 2


def test_an_attribute_that_changes_in_a_tenth_of_the_updates_moves_a_tenth_of_the_entries():
    found = thing(
        100,
        "move: {update: Thing, by: pk, set: [own], changes: {own: 10%}, rate: 1/user/day}",
        "by-own: {key: own, project: keys-only}",
    )
    assert units(found, "move", "write", "things/by-own") == Decimal("0.2")


def test_a_failed_condition_is_paid_on_the_table_and_not_on_the_index():
    found = thing(
        100,
        "move: {update: Thing, by: pk, set: [own], if: [num], fails: 25%, rate: 1/user/day}",
        "by-own: {key: own, project: keys-only}",
    )
    assert units(found, "move", "write", "things") == 1
    assert units(found, "move", "write", "things/by-own") == Decimal("1.5")


def test_a_put_writes_an_entry_into_every_index():
    found = thing(
        100,
        "add: {put: Thing, rate: 1/user/day}",
        "by-own: {key: own, project: all}, by-uid: {key: uid}",
    )
    assert units(found, "add", "write") == 3


def test_a_write_that_lacks_the_key_looks_it_up_first():
    found = thing(
        100,
        "save: {update: Thing, by: uid, set: [num], rate: 1/user/day}",
        "by-uid: {key: uid, project: keys-only}",
    )
    route = found.route("save")
    assert [r.operation for r in route.requests] == ["Query", "UpdateItem"]
    assert route.depth == 2
    assert route.units("read").mean == Decimal("0.5")


def test_an_entity_without_a_home_is_an_answer_and_no_crash():
    found = evaluate("""
        entities:
          A: {key: pk, attributes: {pk: uuid}}
          B: {key: pk, attributes: {pk: uuid}}
        patterns:
          getA: {get: A, by: pk, rate: 1/user/day}
          getB: {get: B, by: pk, rate: 1/user/day}
          putB: {put: B, rate: 1/user/day}
        designs:
          one: {engine: dynamodb, tables: {things: {key: pk, items: A}}}
    """)
    assert found.route("getA").is_served
    assert "no table of the design holds `B`" in found.route("getB").cannot
    assert "no table of the design holds `B`" in found.route("putB").cannot


SINGLE = """
    entities:
      User:
        key: uid
        attributes: {uid: id(12), eml: {type: email, bytes: 20, unique: true}, txt: text(900)}
      Note:
        of: User
        count: 10
        key: nid
        attributes: {nid: ulid, txt: text(380)}
    patterns:
      profile: {get: User, by: uid, rate: 1/user/day}
      byMail: {get: User, by: eml, rate: 1/user/day}
      notes: {list: Note, where: uid, rate: 1/user/day}
      newest: {list: Note, where: uid, sort: -nid, limit: 3, rate: 1/user/day}
      join: {put: User, if: absent, rate: 1/user/day}
      rename: {update: User, by: uid, set: [eml], rate: 1/user/day}
    designs:
      one:
        engine: dynamodb
        tables:
          app:
            key: [PK, SK]
            items:
              User: {keys: {PK: "U#{uid}", SK: PROFILE}}
              Note: {keys: {PK: "U#{uid}", SK: "N#{nid}"}}
              Mail: {of: User, guards: eml, keys: {PK: "M#{eml}", SK: M}}
"""


def test_a_sort_key_prefix_keeps_the_profile_out_of_the_list():
    # a note: PK 2+14, SK 2+28, uid 3+12, nid 3+26, txt 3+380 = 473; ten are 4,730: two blocks
    found = evaluate(SINGLE)
    assert found.resource("app").shapes[1].sizes.mean.mean == 473
    assert units(found, "notes", "read") == 1


def test_the_newest_few_are_read_backwards_and_no_more():
    route = evaluate(SINGLE).route("newest")
    assert route.requests[0].items == 3
    assert route.units("read").mean == Decimal("0.5")


def test_a_guard_leads_from_the_unique_value_to_the_item():
    # the guard (0.5) tells the user's key, the item itself takes one block (0.5)
    route = evaluate(SINGLE).route("byMail")
    assert [r.operation for r in route.requests] == ["GetItem", "GetItem"]
    assert route.units("read").mean == 1


def test_a_guarded_entity_is_created_in_a_transaction():
    # user 2+14 + 2+7 + 3+12 + 3+20 + 3+900 = 966: one block; user and guard, each doubled
    route = evaluate(SINGLE).route("join")
    assert route.operation == "transact"
    assert route.units("write").mean == 4


def test_changing_a_guarded_value_writes_the_item_and_both_guards():
    # update 1, new guard 1, old guard 1, each doubled
    assert units(evaluate(SINGLE), "rename", "write") == 6


EMBEDDED = """
    entities:
      Cart:
        key: cid
        attributes: {cid: id(12), txt: text(985)}
      Line:
        of: Cart
        count: 2
        key: lid
        attributes: {lid: id(12), qty: {type: int, min: 10, max: 99}}
    patterns:
      lines: {list: Line, where: cid, rate: 1/user/day}
      addLine: {put: Line, rate: 1/user/day}
      setQty: {update: Line, by: lid, known: [cid], set: [qty], rate: 1/user/day}
    designs:
      one: {engine: dynamodb, tables: {carts: {key: cid, items: {Cart: {embed: {lines: Line}}}}}}
"""


def test_embedded_children_are_read_with_their_parent():
    route = evaluate(EMBEDDED).route("lines")
    assert [r.operation for r in route.requests] == ["GetItem"]
    assert route.units("read").mean == Decimal("0.5")


def test_adding_an_embedded_child_rewrites_the_parent_and_counts_what_it_becomes():
    # cart 3+12 + 3+985 = 1,003; lines 5 + 3; a line 3 + (3+12+1) + (3+2+1) + 1 = 26
    # before 1,003 + 8 + 52 = 1,063 and after 1,089: two blocks
    found = evaluate(EMBEDDED)
    assert found.resource("carts").shapes[0].sizes.mean.mean == 1063
    assert units(found, "addLine", "write") == 2


def test_changing_an_element_of_a_list_reads_the_list_first():
    route = evaluate(EMBEDDED).route("setQty")
    assert route.reads_first
    assert [r.operation for r in route.requests] == ["GetItem", "UpdateItem"]


SPARSE = """
    entities:
      Task:
        key: pk
        count: 1000 total
        attributes:
          pk: id(12)
          sta: {type: enum, values: {open: 10%, done: 90%}}
          due: timestamp
    patterns:
      open: {list: Task, where: {sta: open}, sort: due, limit: 20, rate: 1/user/day}
      done: {list: Task, where: {sta: done}, sort: due, limit: 20, rate: 1/user/day}
      add: {put: Task, rate: 1/user/day}
    designs:
      one:
        engine: dynamodb
        tables:
          tasks:
            key: pk
            items: {Task: {keys: {board: {value: "open", when: {sta: open}}}}}
            indexes: {board: {key: [board, due], project: keys-only}}
"""


def test_a_sparse_index_holds_only_what_qualifies_and_serves_only_that():
    found = evaluate(SPARSE)
    assert found.route("open").target == "tasks/board"
    assert found.route("done").operation == "scan"
    share = found.resource("tasks/board").entries / 1000
    assert Decimal("0.05") < share < Decimal("0.15")
    assert units(found, "add", "write", "tasks/board") == share


@pytest.mark.parametrize(
    ("point", "cell"),
    [((57.64911, 10.40744), "u4pruydqqvj"), ((-1.286, 36.817), "kzf0t"), ((0, 0), "s000")],
)
def test_geohash_cells_are_the_published_ones(point, cell):
    # u4pruydqqvj is the example of the scheme's own description; s000 starts the north-east cell
    assert geohash(*point, len(cell)) == cell
