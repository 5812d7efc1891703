"""What a plan keeps beside the price: lasting keys, rules, expiry, names, designs of the file."""

from __future__ import annotations

from decimal import Decimal

from tablewright import Options, Session, read_model
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.plan.result import PlanResult
from tablewright.verbs.plan import plan

D = Decimal


def planned(text: str, **options: str) -> PlanResult:
    session = Session(file=read_model(text), options=Options(**options))
    return plan(session, explained=False)


def design_of(result: PlanResult) -> DynamoDesign:
    assert isinstance(result.design, DynamoDesign)
    return result.design


FEED = """
app: feed
region: us-east-1
scales: [{users}]
horizon: 365d
options: {{capacity: on-demand}}
entities:
  Post:
    key: post_id
    count: 1/day
    attributes: {{post_id: uuid, author: id, created_at: timestamp, body: text(300)}}
patterns:
  write: {{put: Post, rate: {writes}}}
  latest: {{list: Post, sort: -created_at, limit: 20, rate: 20/user/day}}
"""


def test_the_latest_of_all_are_found_under_a_key_that_all_items_share():
    result = planned(FEED.format(users=1000, writes="1/user/day"))
    (table,) = design_of(result).tables
    (index,) = table.indexes
    template = table.shapes[0].template(index.partition_keys[0])
    assert template is not None
    assert (template.attributes, index.sort_keys) == ((), ("created_at",))
    latest = next(p for p in result.patterns if p.pattern == "latest")
    assert latest.operation == "query"
    # 20 entries of 8.2 to 12 KB together: 3 x 4 KB, half of that since eventually consistent = 1.5
    # units; 20 x 1,000 calls a day x 730/24 days x 1.5 x 0.125 USD a million = 0.1140625
    assert latest.usd.quantize(D("0.0000001")) == D("0.1140625")


def test_one_key_for_all_is_spread_over_shards_where_it_takes_too_many_writes():
    # 1,000 posts a second, each an entry of one unit, are above 70 % of 1,000 for one key: 2 shards
    result = planned(FEED.format(users=1000, writes="1000/s"))
    (table,) = design_of(result).tables
    (index,) = table.indexes
    template = table.shapes[0].template(index.partition_keys[0])
    assert template is not None
    assert template.shards == 2


SESSIONS = """
app: sessions
region: us-east-1
scales: [10000]
entities:
  Session:
    key: session_id
    count: 2/day
    retention: 7d
    attributes: {session_id: uuid, expires_at: epoch}
  Child:
    of: Session
    key: [session_id, child_id]
    count: 2
    attributes: {child_id: uuid, EXPIRES token: token(900)}
patterns:
  start: {put: Session, rate: 2/user/day}
  add: {put: Child, rate: 4/user/day}
  list: {list: Child, where: session_id, rate: 2/user/day}
"""


def test_children_of_an_expiring_parent_expire_too():
    result = planned(SESSIONS.replace("EXPIRES", "expires_at: epoch,"))
    assert [table.ttl for table in design_of(result).tables] == ["expires_at", "expires_at"]


def test_a_plan_says_which_children_nothing_deletes():
    result = planned(SESSIONS.replace("EXPIRES ", ""))
    assert any("`Child` is kept 7 days, but has no epoch attribute" in n for n in result.notes)


def test_a_table_is_never_named_shorter_than_the_service_takes():
    text = """
app: short
region: us-east-1
scales: [100]
entities:
  A: {key: id, count: 100, attributes: {id: uuid, kind: "enum(a, b)"}}
patterns:
  one: {get: A, by: id, rate: 1/user/day}
"""
    assert [table.name for table in design_of(planned(text)).tables] == ["as_table"]


NOTES = """
app: notes
region: us-east-1
scales: [100, 10000]
entities:
  Account:
    key: account_id
    attributes: {account_id: uuid, email: {type: email, unique: true}, settings: map(1KB)}
  Note:
    of: Account
    key: note_id
    count: {mean: 40, max: 5000}
    attributes:
      note_id: ulid
      title: text(40)
      body: {type: text, bytes: {mean: 2KB, max: 100KB}}
      updated_at: timestamp
patterns:
  openAccount: {get: Account, by: account_id, rate: 5/user/day}
  signIn: {get: Account, by: email, rate: 1/user/day}
  listNotes:
    {list: Note, where: account_id, sort: -updated_at, limit: 20, select: [note_id, title],
     rate: 8/user/day}
  saveNote: {update: Note, by: [account_id, note_id], set: [body, updated_at], rate: 6/user/day}
designs:
  first:
    engine: dynamodb
    tables:
      accounts:
        key: account_id
        items: Account
        indexes: {email-index: {key: email, project: keys-only}}
      notes:
        key: [account_id, note_id]
        items: Note
        indexes: {updated-index: {key: [account_id, updated_at], project: [title]}}
"""


def test_a_plan_costs_no_more_than_a_design_of_the_file():
    result = planned(NOTES)
    usd, first = result.usd("planned", 10_000), result.usd("first", 10_000)
    assert usd is not None
    assert first is not None
    assert usd <= first


def test_a_saving_of_less_than_a_dollar_does_not_key_accounts_by_their_address():
    # signIn by the key of the table instead of an index saves far less than 1 USD a month
    tables = design_of(planned(NOTES)).tables
    accounts = next(t for t in tables if t.shapes[0].entity == "Account" and not t.shapes[0].guards)
    assert accounts.partition_key == "account_id"


def test_a_unique_attribute_is_guarded_although_no_pattern_writes_it():
    guarded = {s.guards for t in design_of(planned(NOTES)).tables for s in t.shapes if s.guards}
    assert guarded == {("email",)}
