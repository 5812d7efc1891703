"""Every kind of read on items of a fixed size: all requests with their units, to the last word.

A text of N bytes under a name of three letters takes N + 3 bytes, as does an id; a date takes 10.
A read of up to 4 KB (4,096 B) takes half a unit if it is eventually consistent, one if it is
strong, two in a transaction. Ten users have 40 mails each.
"""

from __future__ import annotations

import pytest

from dynamo_routes import all_routes, evaluated

MAILS = """\
entities:
  User:
    key: uid
    attributes: {uid: id(12), nam: text(100)}
  Mail:
    of: User
    key: mid
    count: 40
    attributes:
      mid: id(12)
      day: date
      txt: text(950)
      big: text(6000)
patterns:
  user: {get: User, by: uid, rate: 1/day}
  mail: {get: Mail, by: mid, rate: 1/day}
  known: {get: Mail, by: mid, known: uid, rate: 1/day}
  strong: {get: Mail, by: mid, known: uid, consistency: strong, rate: 1/day}
  together: {get: Mail, by: mid, known: uid, consistency: transactional, rate: 1/day}
  often: {get: Mail, by: mid, known: uid, hit: 25%, rate: 1/day}
  many: {get: Mail, by: mid, known: uid, batch: 150, rate: 1/day}
  list: {list: Mail, where: uid, rate: 1/day}
  fresh: {list: Mail, where: uid, sort: -mid, limit: 5, rate: 1/day}
  second: {list: Mail, where: uid, sort: -mid, limit: 5, skip: 5, rate: 1/day}
  byDay: {list: Mail, where: uid, sort: -day, limit: 5, rate: 1/day}
  strongByDay: {list: Mail, where: uid, sort: -day, limit: 5, consistency: strong, rate: 1/day}
  some: {list: Mail, where: {uid: given, day: {ge: 25%}}, sort: day, select: [mid, day], rate: 1/day}
  days: {list: Mail, where: {uid: given, day: {ge: 25%}}, sort: day, rate: 1/day}
  anyone: {list: Mail, where: txt, limit: 5, rate: 1/day}
  names: {list: User, sort: nam, limit: 5, rate: 1/day}
  all: {scan: Mail, rate: 1/day}
  sum: {aggregate: Mail, where: uid, select: day, rate: 1/day}
  both: {read: [{get: User, by: uid}, {list: Mail, where: uid, sort: -mid, limit: 5}], rate: 1/day}
  words: {search: Mail, by: txt, limit: 5, rate: 1/day}
  alike: {list: Mail, where: {uid: given, txt: {begins_with: 10%}}, rate: 1/day}
designs:
  apart:
    engine: dynamodb
    tables:
      users: {key: uid, items: User}
      mails:
        key: [uid, mid]
        items: {Mail: {attributes: {except: [big]}}}
        indexes: {by-day: {key: [uid, day], project: keys-only}}
      bodies: {key: mid, items: {Body: {of: Mail, attributes: [big]}}}
  one:
    engine: dynamodb
    tables:
      app:
        key: [pk1, sk1]
        items:
          User: {keys: {pk1: "{uid}", sk1: A}}
          Mail: {keys: {pk1: "{uid}", sk1: "M#{mid}"}, offload: [big]}
        indexes: {by-day: {key: [pk1, day], local: true, project: [txt]}}
"""  # noqa: E501 - as it is printed

# A mail is uid 15, mid 15, day 13, txt 953: 996 B; all are 398,400 B, 98 blocks. A body is mid 15,
# big 6,003: 6,018 B, two blocks. An entry by day is uid, day and mid: 43 B. A user: 15 + 103.
# `known` through the index by day: half a unit, half of one for the mail, one for the body: 2.
# `often`: a miss takes half a unit too; the body is got in a quarter: 0.5 + 0.25; through the index
# 0.5 + 0.25 x 1.5. `list`: 39,840 B are 10 blocks, 40 bodies take 40 units; through the index 0.5,
# 40 x 0.5 and 40. `fresh`: 4,980 B are two blocks. `second`: ten are read to skip five of them.
# `days`: a quarter of 40 is 10; through the index 0.5, 10 x 0.5 and 10.
APART = """\
# user
get users, 1 in turn, 1 hit
1 GetItem users: 1 of 118 B
  users read 0.5: 118 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
# mail
scan mails, 2 in turn, 400 hit
not mails: its partition key `uid` needs `uid`, which is not given
not mails/by-day: its partition key `uid` needs `uid`, which is not given
not bodies: it lacks `day`, `txt`, `uid`, and no key leads from it to where they are
not scan mails/by-day: correct, but scans an index that grows with the users, for a little less
1 Scan mails: 400 of 398400 B (reads every item before filtering)
  mails read 49.0: the whole table: 398,400 B in 4 KB blocks (98 at the mean size) x 0.5 for an eventual read
1 GetItem bodies: 1 of 6018 B (keys from the request before)
  bodies read 1.0: 1.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# known
get mails, 2 in turn, 1 hit
not bodies: it lacks `day`, `txt`, `uid`, and no key leads from it to where they are
not query mails/by-day: correct, but takes 2 read units instead of 1.5
1 GetItem mails: 1 of 996 B
  mails read 0.5: 996 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
1 GetItem bodies: 1 of 6018 B (keys from the request before)
  bodies read 1.0: 1.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# strong
get mails, 2 in turn, 1 hit
not mails/by-day: a global index cannot be read with strong consistency
not bodies: it lacks `day`, `txt`, `uid`, and no key leads from it to where they are
1 GetItem mails: 1 of 996 B
  mails read 1: 996 B in 4 KB blocks (1 at the mean size) x 1 for a strong read
1 GetItem bodies: 1 of 6018 B (keys from the request before)
  bodies read 2: 1.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 1 for a strong read
# together
get mails, 2 in turn, 1 hit
not mails/by-day: a global index cannot be read with transactional consistency
not bodies: it lacks `day`, `txt`, `uid`, and no key leads from it to where they are
1 TransactGetItems mails: 1 of 996 B
  mails read 2: 996 B in 4 KB blocks (1 at the mean size) x 2 for a transactional read
1 GetItem bodies: 1 of 6018 B (keys from the request before)
  bodies read 4: 1.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 2 for a transactional read
# often
get mails, 2 in turn, 1 hit
not bodies: it lacks `day`, `txt`, `uid`, and no key leads from it to where they are
not query mails/by-day: correct, but takes 0.88 read units instead of 0.75
1 GetItem mails: 1 of 996 B
  mails read 0.500: 996 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
0.25 GetItem bodies: 1 of 6018 B (keys from the request before)
  bodies read 0.250: 0.2 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# many
batch mails, 2 in turn, 150 hit
not bodies: it lacks `day`, `txt`, `uid`, and no key leads from it to where they are
not query mails/by-day: correct, but takes 300 read units instead of 225
2 BatchGetItem mails: 75 of 74700 B
  mails read 75.0: 150 x 996 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
2 BatchGetItem bodies: 75 of 451350 B (keys from the request before)
  bodies read 150.0: 150.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# list
query mails, 2 in turn, 40.0 hit
not bodies: its partition key `mid` needs `mid`, which is not given
not query mails/by-day: correct, but takes 60.5 read units instead of 45
not scan mails: correct, but takes 89 read units instead of 45
1 Query mails: 40.0 of 39840.0 B
  mails read 5.00: 40.0 entries, 39,840 B in 4 KB blocks (10 at the mean size) x 0.5 for an eventual read
1 BatchGetItem bodies: 40.0 of 240720 B (keys from the request before)
  bodies read 40.00: 40.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# fresh
query mails, 2 in turn, 40.0 hit
not bodies: its partition key `mid` needs `mid`, which is not given
not query mails/by-day: correct, but takes 8 read units instead of 6
not scan mails: correct, but takes 54 read units instead of 6
1 Query mails: 5 of 4980 B
  mails read 1.0: 5.0 entries, 4,980 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
1 BatchGetItem bodies: 5 of 30090 B (keys from the request before)
  bodies read 5.0: 5.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# second
query mails, 2 in turn, 40.0 hit
not bodies: its partition key `mid` needs `mid`, which is not given
not query mails/by-day: correct, but takes 15.5 read units instead of 11.5
not scan mails: correct, but takes 59 read units instead of 11.5
1 Query mails: 10 of 9960 B
  mails read 1.5: 10.0 entries, 9,960 B in 4 KB blocks (3 at the mean size) x 0.5 for an eventual read
1 BatchGetItem bodies: 10 of 60180 B (keys from the request before)
  bodies read 10.0: 10.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# byDay
query mails/by-day, 3 in turn, 40.0 hit
not bodies: its partition key `mid` needs `mid`, which is not given
not query mails: correct, but takes 10 read units instead of 8
not scan mails: correct, but takes 54 read units instead of 8
1 Query mails/by-day: 5 of 215 B
  mails/by-day read 0.5: 5.0 entries, 215 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
1 BatchGetItem mails: 5 of 4980 B (keys from the request before)
  mails read 2.5: 5.0 items fetched, each 996 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
1 BatchGetItem bodies: 5 of 30090 B (keys from the request before)
  bodies read 5.0: 5.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# strongByDay
query mails, 2 in turn, 40.0 hit
not mails/by-day: a global index cannot be read with strong consistency
not bodies: its partition key `mid` needs `mid`, which is not given
not scan mails: correct, but takes 108 read units instead of 20
1 Query mails: 40.0 of 39840.0 B (sorted by day in code)
  mails read 10.0: 40.0 entries, 39,840 B in 4 KB blocks (10 at the mean size) x 1 for a strong read
1 BatchGetItem bodies: 5 of 30090 B (keys from the request before)
  bodies read 10: 5.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 1 for a strong read
# some
query mails/by-day, 1 in turn, 10.000 hit
not bodies: its partition key `mid` needs `mid`, which is not given
not query mails: correct, but takes 5 read units instead of 0.5
not scan mails: correct, but takes 49 read units instead of 0.5
1 Query mails/by-day: 10.000 of 430.000 B
  mails/by-day read 0.5000: 10.0 entries, 430 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
# days
query mails, 2 in turn, 40.0 hit
not bodies: its partition key `mid` needs `mid`, which is not given
not query mails/by-day: correct, but takes 15.5 read units instead of 15
not scan mails: correct, but takes 59 read units instead of 15
1 Query mails: 40.0 of 39840.0 B (sorted by day in code; filter on day after reading)
  mails read 5.00: 40.0 entries, 39,840 B in 4 KB blocks (10 at the mean size) x 0.5 for an eventual read
1 BatchGetItem bodies: 10.000 of 60180.0 B (keys from the request before)
  bodies read 10.0000: 10.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# anyone
scan mails, 2 in turn, 400 hit
not mails: its partition key `uid` needs `uid`, which is not given
not mails/by-day: its partition key `uid` needs `uid`, which is not given
not bodies: its partition key `mid` needs `mid`, which is not given
1 Scan mails: 400 of 398400 B (reads every item before filtering)
  mails read 49.0: the whole table: 398,400 B in 4 KB blocks (98 at the mean size) x 0.5 for an eventual read
1 GetItem bodies: 1.0000 of 6018.00 B (keys from the request before)
  bodies read 1.00000: 1.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# names
scan users, 1 in turn, 10 hit
not users: its partition key `uid` needs `uid`, which is not given
1 Scan users: 10 of 1180 B
  users read 0.5: the whole table: 1,180 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
# all
scan mails, 2 in turn, 400 hit
not mails: its partition key `uid` needs `uid`, which is not given
not mails/by-day: its partition key `uid` needs `uid`, which is not given
not bodies: its partition key `mid` needs `mid`, which is not given
1 Scan mails: 400 of 398400 B
  mails read 49.0: the whole table: 398,400 B in 4 KB blocks (98 at the mean size) x 0.5 for an eventual read
4 BatchGetItem bodies: 100 of 601800 B (keys from the request before)
  bodies read 400.0: 400.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# sum
query mails/by-day, 1 in turn, 40.0 hit
not bodies: its partition key `mid` needs `mid`, which is not given
not query mails: correct, but takes 5 read units instead of 0.5
not scan mails: correct, but takes 49 read units instead of 0.5
1 Query mails/by-day: 40.0 of 1720.0 B
  mails/by-day read 0.50: 40.0 entries, 1,720 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
# both
query users, mails, 2 in turn, 41.0 hit
not bodies for Mail: its partition key `mid` needs `mid`, which is not given
not query mails/by-day for Mail: correct, but takes 8 read units instead of 6
not scan mails for Mail: correct, but takes 54 read units instead of 6
1 GetItem users: 1 of 118 B
  users read 0.5: 118 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
1 Query mails: 5 of 4980 B
  mails read 1.0: 5.0 entries, 4,980 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
1 BatchGetItem bodies: 5 of 30090 B (keys from the request before)
  bodies read 5.0: 5.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
# words
cannot: mails: keys and filters of DynamoDB compare values as they are, none finds words in a text; bodies: keys and filters of DynamoDB compare values as they are, none finds words in a text
# alike
query mails, 2 in turn, 40.0 hit
not mails/by-day: it does not hold `txt`, by which entries have to be chosen or sorted
not bodies: its partition key `mid` needs `mid`, which is not given
not scan mails: correct, but takes 53 read units instead of 9
1 Query mails: 40.0 of 39840.0 B (filter on txt after reading)
  mails read 5.00: 40.0 entries, 39,840 B in 4 KB blocks (10 at the mean size) x 0.5 for an eventual read
1 BatchGetItem bodies: 4.00 of 24072.0 B (keys from the request before)
  bodies read 4.000: 4.0 items fetched, each 6,018 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
"""  # noqa: E501 - as it is printed

# In one table a mail is pk1 15, sk1 17, uid 15, mid 15, day 13, txt 953, and 67 for its object's
# place: 1,095 B; a user 15 + 4 + 15 + 103: 137 B. All are 439,370 B, 108 blocks. An entry by day is
# pk1, day, sk1 and txt: 998 B.
ONE = """\
# user
get app, 1 in turn, 1 hit
not app/by-day: `User` items are not in it: they have no `day`
1 GetItem app: 1 of 137 B
  app read 0.5: 137 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
# mail
scan app, 2 in turn, 400 hit
not app: its partition key `pk1` needs `uid`, which is not given
not app/by-day: its partition key `pk1` needs `uid`, which is not given
1 Scan app: 400 of 439370 B (reads every item before filtering)
  app read 54.0: the whole table: 439,370 B in 4 KB blocks (108 at the mean size) x 0.5 for an eventual read
1 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 1: 1.0 objects of `big`
# known
get app, 2 in turn, 1 hit
not app/by-day: it does not hold `mid`, by which entries have to be chosen or sorted
1 GetItem app: 1 of 1095 B
  app read 0.5: 1,095 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
1 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 1: 1.0 objects of `big`
# strong
get app, 2 in turn, 1 hit
not app/by-day: it does not hold `mid`, by which entries have to be chosen or sorted
1 GetItem app: 1 of 1095 B
  app read 1: 1,095 B in 4 KB blocks (1 at the mean size) x 1 for a strong read
1 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 1: 1.0 objects of `big`
# together
get app, 2 in turn, 1 hit
not app/by-day: it does not hold `mid`, by which entries have to be chosen or sorted
1 TransactGetItems app: 1 of 1095 B
  app read 2: 1,095 B in 4 KB blocks (1 at the mean size) x 2 for a transactional read
1 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 1: 1.0 objects of `big`
# often
get app, 2 in turn, 1 hit
not app/by-day: it does not hold `mid`, by which entries have to be chosen or sorted
1 GetItem app: 1 of 1095 B
  app read 0.500: 1,095 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
0.25 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 0.25: 0.2 objects of `big`
# many
batch app, 2 in turn, 150 hit
not app/by-day: it does not hold `mid`, by which entries have to be chosen or sorted
2 BatchGetItem app: 75 of 82125 B
  app read 75.0: 150 x 1,095 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
150 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 150: 150.0 objects of `big`
# list
query app, 2 in turn, 40.0 hit
not query app/by-day: correct, but takes 25 read units instead of 5.5
not scan app: correct, but takes 54 read units instead of 5.5
1 Query app: 40.0 of 43800.0 B
  app read 5.50: 40.0 entries, 43,800 B in 4 KB blocks (11 at the mean size) x 0.5 for an eventual read
40.0 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 40.0: 40.0 objects of `big`
# fresh
query app, 2 in turn, 40.0 hit
not app/by-day: it does not hold `mid`, by which entries have to be chosen or sorted
not scan app: correct, but takes 54 read units instead of 1
1 Query app: 5 of 5475 B
  app read 1.0: 5.0 entries, 5,475 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
5 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 5: 5.0 objects of `big`
# second
query app, 2 in turn, 40.0 hit
not app/by-day: it does not hold `mid`, by which entries have to be chosen or sorted
not scan app: correct, but takes 54 read units instead of 1.5
1 Query app: 10 of 10950 B
  app read 1.5: 10.0 entries, 10,950 B in 4 KB blocks (3 at the mean size) x 0.5 for an eventual read
10 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 10: 10.0 objects of `big`
# byDay
query app/by-day, 3 in turn, 40.0 hit
not query app: correct, but takes 5.5 read units instead of 3.5
not scan app: correct, but takes 54 read units instead of 3.5
1 Query app/by-day: 5 of 4990 B
  app/by-day read 1.0: 5.0 entries, 4,990 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
1 BatchGetItem app: 5 of 5475 B (keys from the request before)
  app read 2.5: 5.0 items fetched, each 1,095 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
5 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 5: 5.0 objects of `big`
# strongByDay
query app/by-day, 3 in turn, 40.0 hit
not query app: correct, but takes 11 read units instead of 7
not scan app: correct, but takes 108 read units instead of 7
1 Query app/by-day: 5 of 4990 B
  app/by-day read 2: 5.0 entries, 4,990 B in 4 KB blocks (2 at the mean size) x 1 for a strong read
1 BatchGetItem app: 5 of 5475 B (keys from the request before)
  app read 5: 5.0 items fetched, each 1,095 B in 4 KB blocks (1 at the mean size) x 1 for a strong read
5 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 5: 5.0 objects of `big`
# some
query app/by-day, 1 in turn, 10.000 hit
not query app: correct, but takes 5.5 read units instead of 1.5
not scan app: correct, but takes 54 read units instead of 1.5
1 Query app/by-day: 10.000 of 9980.00 B
  app/by-day read 1.5000: 10.0 entries, 9,980 B in 4 KB blocks (3 at the mean size) x 0.5 for an eventual read
# days
query app, 2 in turn, 40.0 hit
not query app/by-day: correct, but takes 6.5 read units instead of 5.5
not scan app: correct, but takes 54 read units instead of 5.5
1 Query app: 40.0 of 43800.0 B (sorted by day in code; filter on day after reading)
  app read 5.50: 40.0 entries, 43,800 B in 4 KB blocks (11 at the mean size) x 0.5 for an eventual read
10.000 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 10.000: 10.0 objects of `big`
# anyone
scan app, 2 in turn, 400 hit
not app: its partition key `pk1` needs `uid`, which is not given
not app/by-day: its partition key `pk1` needs `uid`, which is not given
not scan app/by-day: correct, but scans an index that grows with the users, for a little less
1 Scan app: 400 of 439370 B (reads every item before filtering)
  app read 54.0: the whole table: 439,370 B in 4 KB blocks (108 at the mean size) x 0.5 for an eventual read
1.0000 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 1.0000: 1.0 objects of `big`
# names
scan app, 1 in turn, 10 hit
not app: its partition key `pk1` needs `uid`, which is not given
not app/by-day: `User` items are not in it: they have no `day`
1 Scan app: 10 of 439370 B
  app read 54.0: the whole table: 439,370 B in 4 KB blocks (108 at the mean size) x 0.5 for an eventual read
# all
scan app, 2 in turn, 400 hit
not app: its partition key `pk1` needs `uid`, which is not given
not app/by-day: its partition key `pk1` needs `uid`, which is not given
1 Scan app: 400 of 439370 B
  app read 54.0: the whole table: 439,370 B in 4 KB blocks (108 at the mean size) x 0.5 for an eventual read
400 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 400: 400.0 objects of `big`
# sum
query app/by-day, 1 in turn, 40.0 hit
not query app: correct, but takes 5.5 read units instead of 5
not scan app: correct, but takes 54 read units instead of 5
1 Query app/by-day: 40.0 of 39920.0 B
  app/by-day read 5.00: 40.0 entries, 39,920 B in 4 KB blocks (10 at the mean size) x 0.5 for an eventual read
# both
query app, 2 in turn, 41.0 hit
not app/by-day for User: `User` items are not in it: they have no `day`
not app/by-day for Mail: it does not hold `mid`, by which entries have to be chosen or sorted
not scan app for Mail: correct, but takes 54 read units instead of 1
not app: it lacks `big` of `Mail`
not app/by-day: `User` items are not in it: they have no `day`
1 GetItem app: 1 of 137 B
  app read 0.5: 137 B in 4 KB blocks (1 at the mean size) x 0.5 for an eventual read
1 Query app: 5 of 5475 B
  app read 1.0: 5.0 entries, 5,475 B in 4 KB blocks (2 at the mean size) x 0.5 for an eventual read
5 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 5: 5.0 objects of `big`
# words
cannot: app: keys and filters of DynamoDB compare values as they are, none finds words in a text
# alike
query app, 2 in turn, 40.0 hit
not query app/by-day: correct, but takes 7 read units instead of 5.5
not scan app: correct, but takes 54 read units instead of 5.5
1 Query app: 40.0 of 43800.0 B (filter on txt after reading)
  app read 5.50: 40.0 entries, 43,800 B in 4 KB blocks (11 at the mean size) x 0.5 for an eventual read
4.00 GetObject app/objects: 1 of 6000 B (in object storage)
  app/objects get 4.00: 4.0 objects of `big`
"""  # noqa: E501 - as it is printed


@pytest.mark.parametrize(("design", "routes"), [(0, APART), (1, ONE)], ids=["apart", "one table"])
def test_each_read_takes_these_requests_and_units(design: int, routes: str) -> None:
    assert all_routes(evaluated(MAILS, design)) == routes.splitlines()
