"""Every kind of write on items of a fixed size: all requests with their units, to the last word.

A text of N bytes under a name of three letters takes N + 3 bytes, as do an id and an email; a
whole number of two digits takes 2 (one byte for each two digits, and one). A write of up to 1 KB
(1,024 B) takes one unit, and each further KB one more.
"""

from __future__ import annotations

import pytest

from dynamo_routes import all_routes, evaluated

# pky 15, own 15, txt 1,769, opt 20, num 5; log: its name 3, a list 3, ten of 20 + 1: 216. Together
# 2,040 B: two units; one element more makes 2,061, three. The index `keys` holds own and pky, 30 B;
# `some` holds num, pky and txt, 1,789 B: two units.
# `owner`: num always changes, own in 30 %, a tenth fails. In `all` 30 % move (2 + 2), the others
# change (2): 2.6 x 0.9. In `keys` 30 % move (1 + 1): 0.6 x 0.9. In `some` all move: 4 x 0.9.
# `byOwner`: a Query of 1 entry, half a unit; the scan of `keys` would read 30,000 B, 8 blocks; that
# of the table 2,040,000 B: a page of 256 blocks, the rest of 991,424 B is 243; 499 x 0.5.
THINGS = """\
entities:
  Thing:
    key: pky
    count: 1000 total
    attributes:
      pky: id(12)
      own: id(12)
      txt: text(1766)
      opt: {type: text(17), presence: 100%}
      num: {type: int, min: 10, max: 99}
      log: {type: list, of: text(20), items: 10}
patterns:
  put: {put: Thing, rate: 1/day}
  unlessThere: {put: Thing, if: absent, fails: 20%, rate: 1/day}
  thirty: {put: Thing, batch: 30, rate: 1/day}
  delete: {delete: Thing, by: pky, rate: 1/day}
  deleteIf: {delete: Thing, by: pky, if: own, fails: 25%, rate: 1/day}
  deleteFour: {delete: Thing, by: pky, batch: 4, rate: 1/day}
  number: {update: Thing, by: pky, set: num, rate: 1/day}
  owner: {update: Thing, by: pky, set: [num, own], changes: {own: 30%}, if: own, fails: 10%, rate: 1/day}
  count: {update: Thing, by: pky, increment: num, rate: 1/day}
  append: {update: Thing, by: pky, append: log, rate: 1/day}
  clear: {update: Thing, by: pky, remove: opt, rate: 1/day}
  slowly: {update: Thing, by: pky, set: num, atomic: no, rate: 1/day}
  byOwner: {update: Thing, by: own, set: num, rate: 1/day}
designs:
  d:
    engine: dynamodb
    tables:
      things:
        key: pky
        items: Thing
        indexes:
          all: {key: own, project: all}
          keys: {key: own, project: keys-only}
          some: {key: num, project: [txt]}
"""  # noqa: E501 - as it is printed
THINGS_ROUTES = """\
# put
put things, 1 in turn, 1 hit
1 PutItem things: 1 of 2040 B
  things write 2: 2,040 B in 1 KB blocks = 2
  things/all write 2: entry of 2,040 B added
  things/keys write 1: entry of 30 B added
  things/some write 2: entry of 1,789 B added
# unlessThere
put things, 1 in turn, 1 hit
1 PutItem things: 1 of 2040 B (on condition that the key does not exist)
  things write 2: 2,040 B in 1 KB blocks = 2
  things/all write 1.6: entry of 2,040 B added
  things/keys write 0.8: entry of 30 B added
  things/some write 1.6: entry of 1,789 B added
# thirty
put things, 1 in turn, 30 hit
2 BatchWriteItem things: 15 of 30600 B
  things write 60: 2,040 B in 1 KB blocks = 2
  things/all write 60: entry of 2,040 B added
  things/keys write 30: entry of 30 B added
  things/some write 60: entry of 1,789 B added
# delete
delete things, 1 in turn, 1 hit
1 DeleteItem things: 1 of 2040 B
  things write 2: 2,040 B in 1 KB blocks = 2
  things/all write 2: entry of 2,040 B removed
  things/keys write 1: entry of 30 B removed
  things/some write 2: entry of 1,789 B removed
# deleteIf
delete things, 1 in turn, 1 hit
1 DeleteItem things: 1 of 2040 B (on condition: own)
  things write 2: 2,040 B in 1 KB blocks = 2
  things/all write 1.50: entry of 2,040 B removed
  things/keys write 0.75: entry of 30 B removed
  things/some write 1.50: entry of 1,789 B removed
# deleteFour
delete things, 1 in turn, 4 hit
1 BatchWriteItem things: 4 of 8160 B
  things write 8: 2,040 B in 1 KB blocks = 2
  things/all write 8: entry of 2,040 B removed
  things/keys write 4: entry of 30 B removed
  things/some write 8: entry of 1,789 B removed
# number
update things, 1 in turn, 1 hit
1 UpdateItem things: 1 of 2040 B
  things write 2: 2,040 B in 1 KB blocks = 2
  things/all write 2: the entry of 2,040 B changes
  things/some write 4: the entry of 1,789 B moves: old and new are written
# owner
update things, 1 in turn, 1 hit
1 UpdateItem things: 1 of 2040 B (on condition: own)
  things write 2.0: 2,040 B in 1 KB blocks = 2
  things/all write 2.34: the entry of 2,040 B moves: old and new are written
  things/keys write 0.54: the entry of 30 B moves: old and new are written
  things/some write 3.6: the entry of 1,789 B moves: old and new are written
# count
update things, 1 in turn, 1 hit
1 UpdateItem things: 1 of 2040 B
  things write 2: 2,040 B in 1 KB blocks = 2
  things/all write 2: the entry of 2,040 B changes
  things/some write 4: the entry of 1,789 B moves: old and new are written
# append
update things, 1 in turn, 1 hit
1 UpdateItem things: 1 of 2040 B
  things write 3: 2,040 B in 1 KB blocks = 3
  things/all write 3: the entry of 2,040 B changes
# clear
update things, 1 in turn, 1 hit
1 UpdateItem things: 1 of 2040 B
  things write 2: 2,040 B in 1 KB blocks = 2
  things/all write 2: the entry of 2,040 B changes
# slowly
update things, 2 in turn, 1 hit, read before
1 GetItem things: 1 of 2040 B (the application reads, changes and writes back)
  things read 0.5: read before it is written back
1 UpdateItem things: 1 of 2040 B
  things write 2: 2,040 B in 1 KB blocks = 2
  things/all write 2: the entry of 2,040 B changes
  things/some write 4: the entry of 1,789 B moves: old and new are written
# byOwner
update things, 2 in turn, 1 hit
not update Thing directly: the primary key needs `pky`, which the caller does not hold
not things: its partition key `pky` needs `pky`, which is not given
not things/some: its partition key `num` needs `num`, which is not given
not query things/keys: correct, but takes 0.5 read units instead of 0.5
not scan things/keys: correct, but takes 4 read units instead of 0.5
not scan things: correct, but takes 249.5 read units instead of 0.5
1 Query things/all: 1.000 of 2040.00 B
  things/all read 0.5000: 1.0 entries, 2,040 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
1 UpdateItem things: 1 of 2040 B
  things write 2: 2,040 B in 1 KB blocks = 2
  things/all write 2: the entry of 2,040 B changes
  things/some write 4: the entry of 1,789 B moves: old and new are written
"""  # noqa: E501 - as it is printed


# pk1 and sk1 17 each, tid 15, own 15, sta 5, txt 2,003, ema 23: 2,095 B, three units, six in a
# transaction. The guard: pk1 3 + 22, sk1 4, tid 15: 44 B, two units there. The entry holds sta, pk1
# and sk1.
# `lost`: 1,000 x 2,139 B are 2 pages of 256 blocks, and 41,848 B more, 11: 523 x 0.5.
KEYS = """\
entities:
  Task:
    key: tid
    count: 1000 total
    attributes:
      tid: id(12)
      own: id(12)
      sta: {type: enum, values: {aa: 50%, bb: 50%}}
      txt: text(2000)
      ema: {type: email, bytes: 20, unique: true}
patterns:
  add: {put: Task, rate: 1/day}
  addTwo: {put: Task, batch: 2, rate: 1/day}
  move: {update: Task, by: [own, tid], set: own, rate: 1/day}
  rename: {update: Task, by: [own, tid], set: ema, rate: 1/day}
  edit: {update: Task, by: [own, tid], set: txt, rate: 1/day}
  lost: {update: Task, by: tid, set: txt, rate: 1/day}
  drop: {delete: Task, by: [own, tid], rate: 1/day}
  all: {transact: [{put: Task, if: absent}, {check: Task, by: [own, tid], if: sta}, {update: Task, by: [own, tid], set: txt}], fails: 10%, rate: 1/day}
  many: {transact: [{put: Task, batch: 60}], rate: 1/day}
designs:
  d:
    engine: dynamodb
    tables:
      tasks:
        key: [pk1, sk1]
        items:
          Task: {keys: {pk1: "O#{own}", sk1: "T#{tid}"}}
          Mail: {of: Task, guards: ema, keys: {pk1: "M#{ema}", sk1: M}}
        indexes:
          by-sta: {key: sta, project: keys-only}
"""  # noqa: E501 - as it is printed
KEYS_ROUTES = """\
# add
transact tasks, 1 in turn, 1 hit
1 TransactWriteItems tasks: 2 of 2139 B (2 items, all or nothing)
  tasks write 6: 2,095 B in 1 KB blocks = 3, x 2 in a transaction
  tasks/by-sta write 1: entry of 39 B added (not doubled)
  tasks write 2: guard of the new ema, x 2 in a transaction
# addTwo
transact tasks, 1 in turn, 2 hit
2 TransactWriteItems tasks: 2 of 2139 B (2 items, all or nothing)
  tasks write 12: 2 x 2,095 B in 1 KB blocks = 3, x 2 in a transaction
  tasks/by-sta write 2: 2 x entry of 39 B added (not doubled)
  tasks write 4: 2 x guard of the new ema, x 2 in a transaction
# move
transact tasks, 1 in turn, 1 hit
1 TransactWriteItems tasks: 2 of 4190 B (2 items, all or nothing)
  tasks write 6: deleted under the old key, x 2 in a transaction
  tasks/by-sta write 1: removed (not doubled)
  tasks write 6: written under the new key, x 2 in a transaction
  tasks/by-sta write 1: added (not doubled)
# rename
transact tasks, 1 in turn, 1 hit
1 TransactWriteItems tasks: 3 of 2183 B (3 items, all or nothing)
  tasks write 6: 2,095 B in 1 KB blocks = 3, x 2 in a transaction
  tasks write 2: guard of the new ema, x 2 in a transaction
  tasks write 2: guard of the old ema, x 2 in a transaction
# edit
update tasks, 1 in turn, 1 hit
1 UpdateItem tasks: 1 of 2095 B
  tasks write 3: 2,095 B in 1 KB blocks = 3
# lost
update tasks, 2 in turn, 1 hit
not update Task directly: the primary key needs `own`, which the caller does not hold
not tasks: its partition key `pk1` needs `own`, which is not given
not tasks/by-sta: its partition key `sta` needs `sta`, which is not given
not tasks: its partition key `pk1` needs `ema`, which is not given
3 Scan tasks: 333.333 of 713000 B (reads every item before filtering)
  tasks read 261.5: the whole table: 2,139,000 B in 4 KB blocks (523 at the mean size) x 0.5 for an eventual read
1 UpdateItem tasks: 1 of 2095 B
  tasks write 3: 2,095 B in 1 KB blocks = 3
# drop
transact tasks, 1 in turn, 1 hit
1 TransactWriteItems tasks: 2 of 2139 B (2 items, all or nothing)
  tasks write 6: 2,095 B in 1 KB blocks = 3, x 2 in a transaction
  tasks/by-sta write 1: entry of 39 B removed (not doubled)
  tasks write 2: guard of the old ema, x 2 in a transaction
# all
transact tasks, 1 in turn, 1 hit
1 TransactWriteItems tasks: 4 of 4234 B (4 items, all or nothing)
  tasks write 6: 2,095 B in 1 KB blocks = 3, x 2 in a transaction
  tasks/by-sta write 0.9: entry of 39 B added (not doubled)
  tasks write 2: guard of the new ema, x 2 in a transaction
  tasks write 6: the item it looks at, x 2 in a transaction
  tasks write 6.0: 2,095 B in 1 KB blocks = 3, x 2 in a transaction
# many
cannot: a transaction writes 100 items at most, and this one 120
"""  # noqa: E501 - as it is printed


# pid 15, txt 503, num 5, and in half of the pages the place of an object, 3 + 64: 556.5 B. A shard:
# pk1 3 + 14, pid 15, hit 5: 37 B.
APART = """\
entities:
  Page:
    key: pid
    count: 1000 total
    attributes:
      pid: id(12)
      txt: text(500)
      big: {type: text(9000), presence: 50%}
      hit: {type: int, min: 10, max: 99}
      num: {type: int, min: 10, max: 99}
patterns:
  put: {put: Page, rate: 1/day}
  drop: {delete: Page, by: pid, rate: 1/day}
  write: {update: Page, by: pid, set: [txt, big], rate: 1/day}
  blank: {update: Page, by: pid, remove: big, rate: 1/day}
  text: {update: Page, by: pid, set: txt, rate: 1/day}
  ifBig: {update: Page, by: pid, set: txt, if: big, rate: 1/day}
  hit: {update: Page, by: pid, increment: hit, rate: 1/day}
  both: {update: Page, by: pid, increment: hit, set: txt, rate: 1/day}
  reset: {update: Page, by: pid, set: hit, rate: 1/day}
  hitIf: {update: Page, by: pid, increment: hit, if: num, rate: 1/day}
  putIf: {put: Page, if: hit, rate: 1/day}
designs:
  d:
    engine: dynamodb
    tables:
      pages: {key: pid, items: {Page: {attributes: {except: [hit]}, offload: [big]}}}
      hits: {key: pk1, items: {Hits: {of: Page, counters: hit, keys: {pk1: "{pid}#{shard:3}"}}}}
"""
APART_ROUTES = """\
# put
put pages, 2 in turn, 1 hit
0.5 PutObject pages/objects: 1 of 9000 B (in object storage)
  pages/objects put 0.5: 0.5 objects of `big`
1 PutItem pages: 1 of 556.5 B
  pages write 1: 556 B in 1 KB blocks = 1
1 PutItem hits: 1 of 37 B
  hits write 1: 37 B in 1 KB blocks = 1, one of 3 shards
# drop
delete pages, 1 in turn, 1 hit
1 DeleteItem pages: 1 of 556.5 B
  pages write 1: 556 B in 1 KB blocks = 1
1 DeleteItem hits: 1 of 37 B
  hits write 1: 37 B in 1 KB blocks = 1, one of 3 shards
1 DeleteItem hits: 1 of 37 B
  hits write 1: 37 B in 1 KB blocks = 1, one of 3 shards
1 DeleteItem hits: 1 of 37 B
  hits write 1: 37 B in 1 KB blocks = 1, one of 3 shards
0.5 DeleteObject pages/objects: 1 of 9000 B (in object storage)
  pages/objects delete 0.5: 0.5 objects of `big`
# write
update pages, 2 in turn, 1 hit
1 PutObject pages/objects: 1 of 9000 B (in object storage)
  pages/objects put 1: 1.0 objects of `big`
1 UpdateItem pages: 1 of 556.5 B
  pages write 1: 556 B in 1 KB blocks = 1
# blank
update pages, 1 in turn, 1 hit
1 UpdateItem pages: 1 of 556.5 B
  pages write 1: 556 B in 1 KB blocks = 1
0.5 DeleteObject pages/objects: 1 of 9000 B (in object storage)
  pages/objects delete 0.5: 0.5 objects of `big`
# text
update pages, 1 in turn, 1 hit
1 UpdateItem pages: 1 of 556.5 B
  pages write 1: 556 B in 1 KB blocks = 1
# ifBig
cannot: `big` is kept in object storage: it can be read or replaced
# hit
update hits, 1 in turn, 1 hit
1 UpdateItem hits: 1 of 37 B
  hits write 1: 37 B in 1 KB blocks = 1, one of 3 shards
# both
update pages, 1 in turn, 1 hit
1 UpdateItem pages: 1 of 556.5 B
  pages write 1: 556 B in 1 KB blocks = 1
1 UpdateItem hits: 1 of 37 B
  hits write 1: 37 B in 1 KB blocks = 1, one of 3 shards
# reset
cannot: `hit` is a sum of shards: it can be incremented, not set
# hitIf
cannot: `hit` lies in items apart from what the condition looks at
# putIf
cannot: `hit` is a sum of shards, at which no condition can look
"""


# cid 15, txt 793; lines 5, a list 3, two lines of 70: a map 3, lid 16, qty 6, wor 44, and 1
# 956 B: one unit; with a line more 1,026, two. The entry of `bare` is 793 + 15 B. A new cart has no
# lines: 15 + 793 + 5 + 3 = 816 B.
LIST = """\
entities:
  Cart:
    key: cid
    count: 100 total
    attributes: {cid: id(12), txt: text(790)}
  Line:
    of: Cart
    count: 2
    key: lid
    attributes: {lid: id(12), qty: {type: int, min: 10, max: 99}, wor: text(40)}
patterns:
  put: {put: Line, rate: 1/day}
  putNew: {put: Line, if: absent, fails: 10%, rate: 1/day}
  set: {update: Line, by: lid, known: [cid], set: qty, rate: 1/day}
  setIf: {update: Line, by: lid, known: [cid], set: wor, if: qty, fails: 50%, rate: 1/day}
  drop: {delete: Line, by: lid, known: [cid], rate: 1/day}
  unknown: {update: Line, by: lid, set: qty, rate: 1/day}
  check: {transact: [{check: Line, by: lid, known: [cid], if: qty}, {put: Cart}], rate: 1/day}
  other: {transact: [{check: Line, by: lid, known: [cid], if: qty}, {update: Line, by: lid, known: [cid], set: wor}], rate: 1/day}
  all: {put: Cart, rate: 1/day}
designs:
  d:
    engine: dynamodb
    tables:
      carts:
        key: cid
        items: {Cart: {embed: {lines: {of: Line, as: list}}}}
        indexes: {by-txt: {key: txt, project: [lines]}, bare: {key: txt, project: keys-only}}
"""  # noqa: E501 - as it is printed
LIST_ROUTES = """\
# put
put carts, 1 in turn, 1 hit
1 UpdateItem carts: 1 of 956 B
  carts write 2: 956 B in 1 KB blocks = 2, the whole parent item
  carts/by-txt write 2: the entry changes
# putNew
cannot: the list `lines` cannot refuse a second element with the same key: a map could
# set
update carts, 2 in turn, 1 hit, read before
1 GetItem carts: 1 of 956 B (read-modify-write: a list element has no key)
  carts read 0.5: the list is read to find the element's place
1 UpdateItem carts: 1 of 956 B
  carts write 1: 956 B in 1 KB blocks = 1, the whole parent item
  carts/by-txt write 1: the entry changes
# setIf
update carts, 2 in turn, 1 hit, read before
1 GetItem carts: 1 of 956 B (read-modify-write: a list element has no key)
  carts read 0.5: the list is read to find the element's place
1 UpdateItem carts: 1 of 956 B (on condition: qty)
  carts write 1.0: 956 B in 1 KB blocks = 1, the whole parent item
  carts/by-txt write 0.5: the entry changes
# drop
delete carts, 2 in turn, 1 hit, read before
1 GetItem carts: 1 of 956 B (read-modify-write: a list element has no key)
  carts read 0.5: the list is read to find the element's place
1 UpdateItem carts: 1 of 956 B
  carts write 1: 956 B in 1 KB blocks = 1, the whole parent item
  carts/by-txt write 1: the entry changes
# unknown
cannot: its key cannot be found: no table of the design holds `Line`
# check
cannot: `lines` lies in an item of `carts` that the transaction touches already, and it may touch each item once
# other
cannot: `lines` lies in an item of `carts` that the transaction touches already, and it may touch each item once
# all
put carts, 1 in turn, 1 hit
1 PutItem carts: 1 of 816 B
  carts write 1: 816 B in 1 KB blocks = 1
  carts/by-txt write 1: entry of 816 B added
  carts/bare write 1: entry of 808 B added
"""  # noqa: E501 - as it is printed


# As above, and each line has a key of 12 B besides: 980, with a line more 1,062. `putNew` fails in
# a tenth: 0.9 x 2 + 0.1 x 1 on the table, 0.9 x 2 in the index.
MAP = """\
entities:
  Cart:
    key: cid
    count: 100 total
    attributes: {cid: id(12), txt: text(790)}
  Line:
    of: Cart
    count: 2
    key: lid
    attributes: {lid: id(12), qty: {type: int, min: 10, max: 99}, wor: text(40)}
patterns:
  put: {put: Line, rate: 1/day}
  putNew: {put: Line, if: absent, fails: 10%, rate: 1/day}
  set: {update: Line, by: lid, known: [cid], set: qty, rate: 1/day}
  setIf: {update: Line, by: lid, known: [cid], set: wor, if: qty, fails: 50%, rate: 1/day}
  drop: {delete: Line, by: lid, known: [cid], rate: 1/day}
  unknown: {update: Line, by: lid, set: qty, rate: 1/day}
  check: {transact: [{check: Line, by: lid, known: [cid], if: qty}, {put: Cart}], rate: 1/day}
  other: {transact: [{check: Line, by: lid, known: [cid], if: qty}, {update: Line, by: lid, known: [cid], set: wor}], rate: 1/day}
  all: {put: Cart, rate: 1/day}
designs:
  d:
    engine: dynamodb
    tables:
      carts:
        key: cid
        items: {Cart: {embed: {lines: {of: Line, as: map}}}}
        indexes: {by-txt: {key: txt, project: [lines]}, bare: {key: txt, project: keys-only}}
"""  # noqa: E501 - as it is printed
MAP_ROUTES = """\
# put
put carts, 1 in turn, 1 hit
1 UpdateItem carts: 1 of 980 B
  carts write 2: 980 B in 1 KB blocks = 2, the whole parent item
  carts/by-txt write 2: the entry changes
# putNew
put carts, 1 in turn, 1 hit
1 UpdateItem carts: 1 of 980 B (on condition that the key does not exist)
  carts write 1.9: 980 B in 1 KB blocks = 1.9, the whole parent item
  carts/by-txt write 1.8: the entry changes
# set
update carts, 1 in turn, 1 hit
1 UpdateItem carts: 1 of 980 B
  carts write 1: 980 B in 1 KB blocks = 1, the whole parent item
  carts/by-txt write 1: the entry changes
# setIf
update carts, 1 in turn, 1 hit
1 UpdateItem carts: 1 of 980 B (on condition: qty)
  carts write 1.0: 980 B in 1 KB blocks = 1, the whole parent item
  carts/by-txt write 0.5: the entry changes
# drop
delete carts, 1 in turn, 1 hit
1 UpdateItem carts: 1 of 980 B
  carts write 1: 980 B in 1 KB blocks = 1, the whole parent item
  carts/by-txt write 1: the entry changes
# unknown
cannot: its key cannot be found: no table of the design holds `Line`
# check
cannot: `lines` lies in an item of `carts` that the transaction touches already, and it may touch each item once
# other
cannot: `lines` lies in an item of `carts` that the transaction touches already, and it may touch each item once
# all
put carts, 1 in turn, 1 hit
1 PutItem carts: 1 of 816 B
  carts write 1: 816 B in 1 KB blocks = 1
  carts/by-txt write 1: entry of 816 B added
  carts/bare write 1: entry of 808 B added
"""  # noqa: E501 - as it is printed


@pytest.mark.parametrize(
    ("model", "routes"),
    [
        (THINGS, THINGS_ROUTES),
        (KEYS, KEYS_ROUTES),
        (APART, APART_ROUTES),
        (LIST, LIST_ROUTES),
        (MAP, MAP_ROUTES),
    ],
    ids=["indexes", "transactions", "counters and objects", "list", "map"],
)
def test_each_write_takes_these_requests_and_units(model: str, routes: str) -> None:
    assert all_routes(evaluated(model)) == routes.splitlines()


def test_a_write_carries_the_attributes_it_changes_and_looks_at() -> None:
    steps = {route.pattern: route.steps[-1] for route in evaluated(THINGS).routes}
    assert steps["number"].sets == ("num",)
    assert steps["count"].increments == ("num",)
    assert steps["append"].appends == ("log",)
    assert steps["clear"].removes == ("opt",)
    assert steps["deleteIf"].condition_on == ("own",)
    assert steps["unlessThere"].condition == "absent"
    assert steps["thirty"].batch == 30
    assert steps["byOwner"].from_previous
    assert not steps["number"].from_previous
