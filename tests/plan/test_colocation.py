"""Kinds that are read together are planned into one table where that costs no more."""

from __future__ import annotations

from itertools import combinations

import pytest

from tablewright import read_model
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.planning.colocating import colocate
from tablewright.engines.dynamodb.planning.merging import with_block
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

MODEL = """\
app: forum
region: us-east-1
scales: [50000]
entities:
  Post: {key: pid, attributes: {pid: uuid, txt: text(1900)}}
  Comment: {of: Post, key: [pid, cid], count: 4, attributes: {cid: ulid, txt: text(SIZE)}}
  Like: {of: Post, key: [pid, uid], count: 9, attributes: {uid: uuid, mark: text(40)}}
patterns:
  thread:
    read: [{get: Post, by: pid}, {list: Comment, where: pid, sort: SORT, limit: 3}]
    rate: READS/user/day
  likes: {read: [{get: Post, by: pid}, {list: Like, where: pid}], rate: 0.1/user/day}
  ask: {put: Post, rate: 1/user/day}
  answer: {put: Comment, rate: 1/user/day}
  like: {put: Like, rate: LIKES/user/day}
designs:
  apart:
    engine: dynamodb
    tables:
      posts: {key: pid, items: Post}
      comments: {key: [pid, cid], items: Comment}
      likes: {key: [pid, uid], items: Like}
"""


def session_of(size: int = 300, sort: str = "cid", reads: str = "9", likes: str = "1") -> Session:
    text = MODEL.replace("SIZE", str(size)).replace("SORT", sort).replace("READS", reads)
    file = read_model(text.replace("LIKES", likes), "forum.yaml")
    return Session(file=file, options=Options(sample_items=64))


def planned(session: Session) -> DynamoDesign:
    design = plan(session, explained=False).design
    assert isinstance(design, DynamoDesign)
    return design


def table_of(design: DynamoDesign, entity: str) -> str:
    return next(t.name for t in design.tables if t.shapes_of(entity))


@pytest.mark.parametrize("sort", ["cid", "-cid"])
def test_a_post_and_its_comments_are_planned_into_one_collection(sort: str) -> None:
    session = session_of(sort=sort)
    design = planned(session)
    assert table_of(design, "Post") == table_of(design, "Comment")
    route = session.evaluate(design, 50_000).route("thread")
    # 1,900 B and three comments of 300 B fit into a block of 4 KB: half a unit in one request
    assert len(route.requests) == 1
    assert route.units("read").mean == 0.5


def test_what_makes_every_read_longer_stays_apart() -> None:
    # nobody reads posts with likes but rarely; their longer keys would cost every like a unit more
    design = planned(session_of(likes="200"))
    assert table_of(design, "Like") != table_of(design, "Post")


def test_a_team_that_avoids_a_single_table_gets_none() -> None:
    text = MODEL.replace("SIZE", "300").replace("SORT", "cid").replace("READS", "9")
    text = text.replace("LIKES", "1") + "options: {single_table: avoid}\n"
    session = Session(file=read_model(text, "forum.yaml"), options=Options(sample_items=64))
    assert len(planned(session).tables) == 3


@pytest.mark.parametrize("likes", ["1", "20", "200"])
def test_no_other_way_to_put_the_tables_together_costs_less(likes: str) -> None:
    session = session_of(likes=likes)
    apart = session.design("apart")
    assert isinstance(apart, DynamoDesign)

    evaluate = session.evaluate
    chosen, _ = colocate(session.model, apart, evaluate, 50_000)
    cost = evaluate(chosen, 50_000).bill.total
    assert cost <= evaluate(apart, 50_000).bill.total
    for size in (2, 3):
        for block in combinations(apart.tables, size):
            together = with_block(session.model, apart, block)
            assert together is not None
            assert cost <= evaluate(together, 50_000).bill.total
