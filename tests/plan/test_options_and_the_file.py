"""Options of a plan hold for the designs of the file as well, and the plan says what they cost."""

from __future__ import annotations

from decimal import Decimal

from tablewright import read_model
from tablewright.engines.dynamodb.design import CapacityMode, dynamo
from tablewright.plan.result import PlanResult
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

LINKS = """\
app: links
region: us-east-1
scales: [1000000]
options: {OPTIONS}
entities:
  Link:
    key: code
    count: 10/user
    attributes:
      code: token(7)
      url: {type: url, bytes: 100}
      owner: id(12)
      made: timestamp
      clicks: counter
patterns:
  follow: {get: Link, by: code, select: [url], rate: 10/user/day}
  count: {update: Link, by: code, increment: clicks, rate: 10/user/day}
  mine:
    list: Link
    where: owner
    sort: -made
    limit: 25
    rate: 1/user/month
    latency_p99_ms: LATENCY
designs:
  narrow:
    engine: dynamodb
    tables:
      links: {key: code, items: Link, indexes: {mine: {key: [owner, made], project: keys-only}}}
  scaled:
    engine: dynamodb
    tables:
      links:
        key: code
        items: Link
        mode: {auto_scaling: {min_rcu: 5, max_rcu: 5000, min_wcu: 5, max_wcu: 5000, target: 70%}}
        indexes: {mine: {key: [owner, made], project: keys-only}}
"""
VOTES = """\
app: votes
region: us-east-1
scales: [1000000]
options: {OPTIONS}
entities:
  Candidate:
    key: candidate
    count: 10 total
    attributes: {candidate: id(8), name: name, votes: counter}
  Vote: {key: voter, attributes: {voter: id(12), candidate: ref(Candidate), at: timestamp}}
patterns:
  vote: {put: Vote, if: absent, rate: 1/user/month}
  standing: {list: Candidate, sort: -votes, rate: 5/s}
designs:
  apart:
    engine: dynamodb
    tables:
      candidates: {key: candidate, items: Candidate}
      votes: {key: voter, items: Vote}
"""


def plan_of(
    text: str, options: str, *, latency: str = "100", explained: bool = False
) -> PlanResult:
    model = text.replace("OPTIONS", options).replace("LATENCY", latency)
    session = Session(file=read_model(model), options=Options(sample_items=64))
    return plan(session, explained=explained)


def usd(result: PlanResult, design: str = "planned") -> Decimal:
    found = result.usd(design, 1_000_000)
    assert found is not None
    return found


def why_not(result: PlanResult, design: str) -> str:
    return next(cost.why_not for cost in result.costs if cost.design == design)


def test_a_design_of_the_file_is_not_taken_where_it_is_later_than_a_target_leaves() -> None:
    # 10 ms a round trip: 15 ms leave one, so the index holds what `mine` shows, and each count
    # writes it: 304.2 M x 2 x 0.625 + 304.2 M x 0.5 x 0.125 = 380.2 + 19.0, and storage
    result = plan_of(LINKS, "capacity: on-demand", latency="15")
    assert "keys-only" not in result.section
    assert Decimal(399) < usd(result) < Decimal(402)
    assert usd(result, "narrow") < Decimal(215)
    assert why_not(result, "narrow") == "`mine` takes 2 round trips where its target leaves 1"


def test_a_design_of_the_file_is_paid_as_the_options_have_it() -> None:
    # once on demand `scaled` is `narrow`: 304.2 M x 0.625 + 19.0 = 209.1; 25 fetches for each of a
    # million lists, 1.6, and the storage of 10 million links of 268 B and their index, 1.0
    result = plan_of(LINKS, "capacity: on-demand")
    table = dynamo(result.design).tables[0]
    assert table.mode == CapacityMode()
    assert Decimal("209.1") < usd(result) < Decimal(213)
    assert usd(result, "scaled") < Decimal(150)
    assert why_not(result, "scaled").startswith("on demand, as the options have it, it costs 21")
    assert not why_not(result, "narrow")


def test_without_such_an_option_the_cheapest_design_of_the_file_is_taken() -> None:
    result = plan_of(LINKS, "capacity: cheapest")
    assert usd(result) <= usd(result, "scaled")


def test_no_design_with_more_tables_than_allowed_is_taken_from_the_file() -> None:
    # a vote is a write unit, 0.625; five lists a second of ten candidates half a read unit each,
    # 13.14 M x 0.5 x 0.125 = 0.82, from an index that holds candidates alone: a scan of the table
    # would read a million votes each time
    result = plan_of(VOTES, "max_tables: 1")
    assert len(dynamo(result.design).tables) == 1
    assert Decimal("1.44") < usd(result) < Decimal("1.60")
    assert why_not(result, "apart") == "it has 2 tables where `max_tables` allows 1"


def test_one_table_less_is_priced_with_the_index_that_a_scan_needs_then() -> None:
    result = plan_of(VOTES, "capacity: on-demand", explained=True)
    assert len(dynamo(result.design).tables) == 2
    (flip,) = [f for f in result.explanation.targets if f.kind == "max_tables"]
    assert flip.below == 1
    assert flip.extra_usd is not None
    assert flip.extra_usd < Decimal("0.2")


def test_tables_that_are_to_be_apart_stay_so_though_one_query_of_the_file_reads_both() -> None:
    # one table: post and comments in a query, half a unit; apart: two queries, half a unit each
    text = """\
app: posts
region: us-east-1
scales: [1000000]
options: {OPTIONS}
entities:
  Post: {key: post, attributes: {post: id(12), text: text(60)}}
  Comment: {of: Post, key: at, count: 3, bounded: no, attributes: {at: timestamp, text: text(40)}}
patterns:
  thread: {read: [{get: Post, by: post}, {list: Comment, where: post}], rate: 30/user/day}
  comment: {put: Comment, rate: 1/user/month}
designs:
  together:
    engine: dynamodb
    tables:
      all:
        key: [pk, sk]
        items:
          Post: {keys: {pk: "{post}", sk: POST}}
          Comment: {keys: {pk: "{post}", sk: "C#{at}"}}
"""
    result = plan_of(text, "single_table: avoid, capacity: on-demand")
    assert len(dynamo(result.design).tables) == 2
    assert usd(result, "together") < usd(result)
    assert why_not(result, "together") == "`all` holds several entities, which the options avoid"
