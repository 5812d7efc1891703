"""A `read` of several kinds: one query where they lie together, one request each where not.

Sizes by hand: a post of the forum is 2,042 B (`pk` 2 + `P#` and 8 digits 10, `sk` 2 + `A` 1,
`day` 3 + 24, `txt` 3 + 1,997), a comment 1,045 B (`pk` 12, `sk` 2 + `C#` and 3 digits 5, `txt` 3 +
1,023).
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamo_proofs import proof_in_memory
from tablewright import open_store, read_model
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

FORUM = """\
app: forum
region: us-east-1
scales: [60]
entities:
  Post:
    key: pid
    attributes: {pid: digits(8), day: timestamp, txt: {type: text, bytes: 1997}}
  Comment:
    of: Post
    key: [pid, cid]
    count: COUNT
    attributes: {cid: digits(DIGITS), txt: {type: text, bytes: 1023}}
patterns:
  thread:
    read:
      - {get: Post, by: pid}
      - {list: Comment, where: pid, sort: ORDER, LIMITall: false}
    rate: 10/user/day
  ask: {put: Post, rate: 0.1/user/day}
designs:
  together:
    engine: dynamodb
    tables:
      forum:
        key: [pk, sk]
        items:
          Post: {keys: {pk: "P#{pid}", sk: FIRST}}
          Comment: {keys: {pk: "P#{pid}", sk: "C#{cid}"}}
  apart:
    engine: dynamodb
    tables:
      posts: {key: pid, items: Post}
      comments: {key: [pid, cid], items: Comment}
"""


def forum(
    count: str = "2", *, order: str = "cid", limit: str = "", first: str = "A", digits: str = "3"
) -> Session:
    text = FORUM.replace("DIGITS", digits)
    text = text.replace("COUNT", count).replace("ORDER", order).replace("FIRST", first)
    text = text.replace("LIMIT", f"limit: {limit}, " if limit else "")
    return Session(file=read_model(text, "forum.yaml"), options=Options(sample_items=256))


def test_what_lies_together_is_read_at_once_and_rounded_once() -> None:
    # 2,042 + 2 x 1,045 = 4,132 B: two blocks of 4 KB, x 0.5 for an eventual read
    route = forum("2").evaluate("together").route("thread")
    assert [request.operation for request in route.requests] == ["Query"]
    assert route.units("read").mean == 1
    # 2,042 + 1,045 = 3,087 B: one block
    assert forum("1").evaluate("together").route("thread").units("read").mean == Decimal("0.5")


def test_what_is_more_than_a_page_together_takes_a_request_for_each_page() -> None:
    # A digit more in each: 2,042 + 1,200 x 1,046 = 1,257,242 B are 1.2 pages of 1,048,576 B
    route = forum("1200", digits="4").evaluate("together").route("thread")
    (request,) = route.requests
    assert (request.operation, request.pages) == ("Query", 2)


def test_what_lies_apart_takes_a_request_each_at_the_same_time() -> None:
    route = forum("2").evaluate("apart").route("thread")
    assert [request.operation for request in route.requests] == ["GetItem", "Query"]
    # one block each, x 0.5; neither waits for the other
    assert route.units("read").mean == 1
    assert route.depth == 1


def test_a_limit_stops_the_query_where_the_single_item_comes_first() -> None:
    # of 20 comments the first two: 2,042 + 2 x 1,045 = 4,132 B, two blocks x 0.5
    evaluation = forum("20", limit="2").evaluate("together")
    (step,) = evaluation.route("thread").steps
    assert (step.limit, step.forward) == (3, True)
    assert evaluation.route("thread").units("read").mean == 1


def test_a_limit_does_not_stop_the_query_where_the_single_item_comes_last() -> None:
    # all 20: 2,042 + 20 x 1,045 = 22,942 B are six blocks x 0.5 = 3; by themselves the post and two
    # comments are 0.5 + 0.5 = 1, which is taken
    route = forum("20", limit="2", first="Z").evaluate("together").route("thread")
    assert len(route.parts) == 2
    assert route.units("read").mean == 1
    assert Decimal(3) in [rejected.units for rejected in route.rejected]


def test_the_latest_first_are_read_backwards_from_the_single_item() -> None:
    evaluation = forum("20", order="-cid", limit="2", first="Z").evaluate("together")
    (step,) = evaluation.route("thread").steps
    assert (step.limit, step.forward) == (3, False)


def test_a_few_parents_with_most_children_are_cut_at_the_limit_one_by_one() -> None:
    # a list of ten takes what each post has, not ten of a post that has 20, the mean
    route = forum("{low: 0, high: 40}", limit="10").evaluate("apart").route("thread")
    (query,) = [request for request in route.requests if request.operation == "Query"]
    # uniform on 0 to 40: 31 of 41 have 10 or more, the rest 0 to 9 with a mean of 4.5
    assert abs(query.items - (Decimal(310) + Decimal(45)) / 41) < Decimal("0.3")


@pytest.mark.parametrize("design", ["together", "apart"])
@pytest.mark.parametrize(
    "session",
    [
        forum("{mean: 3, max: 9, shape: poisson}"),
        forum("{mean: 3, max: 9, shape: poisson}", limit="2"),
        forum("{mean: 3, max: 9, shape: poisson}", limit="2", order="-cid", first="Z"),
        forum("{mean: 3, max: 9, shape: poisson}", limit="2", first="Z"),
    ],
    ids=["all", "first", "last", "behind"],
)
def test_it_is_proved(session: Session, design: str) -> None:
    proof = proof_in_memory(
        session, session.design(design), ProofRequest(users=60, requests=400, seed=1)
    )
    (thread,) = [pattern for pattern in proof.patterns if pattern.pattern == "thread"]
    assert (thread.wrong, thread.failures) == ((), ())
    assert thread.agrees
    assert proof.is_right


@pytest.mark.parametrize("design", ["together", "apart"])
def test_the_store_answers_with_what_it_found_of_each(design: str) -> None:
    session = forum("2")
    with open_store(session, design=design, target="memory") as store:
        store.ask(pid="00000001", txt="why?", day="2026-01-01T00:00:00Z")
        found = store.thread(pid="00000001")
        assert found["Post"].txt == "why?"
        assert found["Comment"] == ()
        assert store.thread(pid="00000002") == {"Post": None, "Comment": ()}
