"""RUBiS, the auction site, as the NoSE project published it, re-expressed as a model file.

Facts taken over: entities with their fields, sizes and numbers of instances; which statements each
user operation sends; how often each operation occurs in the four mixes (browsing, bidding, and
bidding with its writes ten and a hundred times as frequent). Source: the files models/rubis.rb and
workloads/rubis.rb of github.com/michaelmior/NoSE at 3aba2ea, whose weights come from runs that the
RUBiS project published.

Choices made here, since a key-value store has no joins: a bid carries its bidder's nickname, a
comment its author's, an item its seller's region; a join that returns many items is a list and a
batch get. Half of the items are taken to end later than the moment asked for. One point of weight
is 1,000 operations a day: that scales the bill, and nothing else.
"""

from __future__ import annotations

MIXES = ("browsing", "bidding", "write_medium", "write_heavy")
OPERATIONS_PER_POINT = 1000

# Weight in the browsing mix, in the bidding mix, and whether the write mixes multiply it.
GROUPS: dict[str, tuple[float, float, bool]] = {
    "BrowseCategories": (4.44, 7.65, False),
    "ViewBidHistory": (2.38, 1.54, False),
    "ViewItem": (22.95, 14.17, False),
    "SearchItemsByCategory": (27.77, 15.94, False),
    "ViewUserInfo": (4.41, 2.48, False),
    "RegisterItem": (0, 0.53, True),
    "RegisterUser": (0, 1.07, True),
    "BuyNow": (0, 1.16, False),
    "StoreBuyNow": (0, 1.10, True),
    "PutBid": (0, 5.40, False),
    "StoreBid": (0, 3.74, True),
    "PutComment": (0, 0.46, False),
    "StoreComment": (0, 0.45, True),
    "AboutMe": (0, 1.71, False),
    "SearchItemsByRegion": (8.26, 6.34, False),
    "BrowseRegions": (3.21, 5.39, False),
}

LATER = "end_date: {ge: 50%}"
BRIEF = "[id, name, initial_price, max_bid, nb_of_bids, end_date]"

# Number of the statement in the source, its operation, and what it asks for.
STATEMENTS: tuple[tuple[int, str, str], ...] = (
    (1, "BrowseCategories", "get: User, by: id, select: [nickname, password]"),
    (2, "BrowseCategories", "scan: Category, select: [id, name]"),
    (3, "ViewBidHistory", "get: Item, by: id, select: [name]"),
    (
        4,
        "ViewBidHistory",
        "list: Bid, where: item, sort: date, "
        "select: [id, user, nickname, item, qty, bid, date], all: true",
    ),
    (5, "ViewItem", "get: Item, by: id"),
    (6, "ViewItem", "list: Bid, where: item, select: [id, qty, bid, date], all: true"),
    (
        7,
        "SearchItemsByCategory",
        f"list: Item, where: {{category: given, {LATER}}}, limit: 25, select: {BRIEF}",
    ),
    (8, "ViewUserInfo", "get: User, by: id"),
    (
        9,
        "ViewUserInfo",
        "list: Comment, where: to_user, select: [id, rating, date, comment], all: true",
    ),
    (10, "RegisterItem", "put: Item"),
    (11, "RegisterUser", "put: User"),
    (12, "BuyNow", "get: User, by: id, select: [nickname]"),
    (13, "BuyNow", "get: Item, by: id"),
    (14, "StoreBuyNow", "get: Item, by: id, select: [quantity, nb_of_bids, end_date]"),
    (15, "StoreBuyNow", "update: Item, by: id, set: [quantity, nb_of_bids, end_date]"),
    (16, "StoreBuyNow", "put: Purchase"),
    (17, "PutBid", "get: User, by: id, select: [nickname, password]"),
    (18, "PutBid", "get: Item, by: id"),
    (19, "PutBid", "list: Bid, where: item, sort: bid, limit: 2, select: [qty, date]"),
    (20, "StoreBid", "put: Bid"),
    (21, "StoreBid", "get: Item, by: id, select: [nb_of_bids, max_bid]"),
    (22, "StoreBid", "update: Item, by: id, set: [nb_of_bids, max_bid]"),
    (23, "PutComment", "get: User, by: id, select: [nickname, password]"),
    (24, "PutComment", "get: Item, by: id"),
    (25, "PutComment", "get: User, by: id"),
    (26, "StoreComment", "get: User, by: id, select: [rating]"),
    (27, "StoreComment", "update: User, by: id, set: [rating]"),
    (28, "StoreComment", "put: Comment"),
    (29, "AboutMe", "get: User, by: id"),
    (30, "AboutMe", "list: Comment, where: to_user, all: true"),
    (31, "AboutMe", "get: Comment, by: id, select: [nickname]"),
    (32, "AboutMe", "list: Purchase, where: {buyer: given, date: {ge: 50%}}, all: true"),
    (321, "AboutMe", "get: Item, by: id, batch: 10"),
    (33, "AboutMe", f"list: Item, where: {{seller: given, {LATER}}}, all: true"),
    (34, "AboutMe", "list: Bid, where: user, select: [item], all: true"),
    (341, "AboutMe", "get: Item, by: id, batch: 100"),
    (
        35,
        "SearchItemsByRegion",
        f"list: Item, where: {{region: given, category: given, {LATER}}}, limit: 25, "
        f"select: {BRIEF}",
    ),
    (36, "BrowseRegions", "scan: Region, select: [id, name]"),
)

ENTITIES = """\
app: rubis
title: RUBiS, the auction site
region: us-east-1
scales: [1]
entities:
  Category:
    {key: id, count: 50 total, attributes: {id: id(8), name: text(20)}}
  Region:
    {key: id, count: 5 total, attributes: {id: id(8), name: text(25)}}
  User:
    key: id
    count: 2000 total
    attributes:
      id: id(8)
      firstname: text(6)
      lastname: text(7)
      nickname: text(12)
      password: text(15)
      email: text(23)
      rating: int(0..49)
      balance: decimal(0..10000)
      creation_date: timestamp
      region: ref(Region)
  Item:
    key: id
    count: 20000 total
    attributes:
      id: id(8)
      name: text(19)
      description: text(197)
      initial_price: decimal(0..1000)
      quantity: int(0..99)
      reserve_price: decimal(0..1000)
      buy_now: decimal(0..1000)
      nb_of_bids: int(0..99)
      max_bid: decimal(0..1000)
      start_date: timestamp
      end_date: timestamp
      seller: ref(User)
      category: ref(Category)
      region: ref(Region)
  Bid:
    key: id
    count: 200000 total
    append_only: true
    attributes:
      id: id(8)
      qty: int(1..5)
      bid: decimal(0..1000)
      date: timestamp
      user: ref(User)
      nickname: text(12)
      item: ref(Item)
  Comment:
    key: id
    count: 100000 total
    append_only: true
    attributes:
      id: id(8)
      rating: int(0..9)
      date: timestamp
      comment: text(130)
      from_user: ref(User)
      nickname: text(12)
      to_user: ref(User)
      item: ref(Item)
  Purchase:
    key: id
    count: 40000 total
    append_only: true
    attributes: {id: id(8), qty: int(1..4), date: timestamp, buyer: ref(User), item: ref(Item)}
patterns:
"""


def weight(group: str, mix: str) -> float:
    """Return how often an operation occurs in a mix."""
    browsing, bidding, writes = GROUPS[group]
    if mix == "browsing":
        return browsing
    factor = {"bidding": 1, "write_medium": 10, "write_heavy": 100}[mix]
    return bidding * (factor if writes else 1)


def rubis_text(mix: str) -> str:
    """Return the model file of one mix; operations that do not occur in it are left out."""
    lines = [ENTITIES]
    for number, group, body in STATEMENTS:
        rate = weight(group, mix) * OPERATIONS_PER_POINT
        if rate:
            lines.append(f"  s{number}_{group}: {{{body}, rate: {rate:g}/day}}\n")
    return "".join(lines)
