"""Counters spread over several items: incremented, added up, proved."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamo_proofs import proof_in_memory
from tablewright import read_model
from tablewright.core.errors import ModelError
from tablewright.design.sections import with_section
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.engines.dynamodb.design_printer import design_section
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

MODEL = """\
app: films
region: us-east-1
scales: [1000]
entities:
  Film:
    key: id
    count: 40 total
    attributes: {id: uuid, title: text(30), views: counter, likes: counter}
patterns:
  film: {get: Film, by: id, rate: 1/user/day}
  seen: {get: Film, by: id, select: [views], rate: 1/user/day}
  all: {scan: Film, rate: 1/day, purpose: batch}
  watch: {update: Film, by: id, increment: views, rate: 10/user/day}
  both: {update: Film, by: id, set: title, increment: likes, rate: 1/user/day}
  add: {put: Film, if: absent, rate: 0.1/user/day}
  drop: {delete: Film, by: id, rate: 0.01/user/day}
designs:
  spread:
    engine: dynamodb
    tables:
      films: {key: id, items: Film}
      films_views:
        key: pk
        items:
          FilmViews: {of: Film, counters: [views, likes], keys: {pk: "{id}#{shard:5}"}}
"""


def session_of(text: str = MODEL) -> Session:
    return Session(file=read_model(text, "films.yaml"), options=Options(sample_items=64))


def units(session: Session, pattern: str) -> tuple[Decimal, Decimal]:
    route = session.evaluate(session.design("spread"), 1000).route(pattern)
    assert route.is_served, route.cannot
    return route.units("read").mean, route.units("write").mean


def test_reads_add_up_every_shard_and_an_increment_writes_one():
    session = session_of()
    # A film of its own half a unit, each of five shards another half.
    assert units(session, "film") == (Decimal(3), 0)
    assert units(session, "seen") == (Decimal("2.5"), 0)
    assert units(session, "watch") == (0, Decimal(1))
    # The title in the film, the like in one shard.
    assert units(session, "both") == (0, Decimal(2))
    # The film and its first shard; a delete takes all five along.
    assert units(session, "add") == (0, Decimal(2))
    assert units(session, "drop") == (0, Decimal(6))


def test_a_counter_is_stored_as_often_as_it_has_shards():
    evaluation = session_of().evaluate(session_of().design("spread"), 1000)
    assert evaluation.resource("films").entries == 40
    assert evaluation.resource("films_views").entries == 200


def test_spread_counters_are_proved():
    session = session_of()
    design = session.design("spread")
    assert isinstance(design, DynamoDesign)
    wanted = ProofRequest(users=1000, requests=600)
    proof = proof_in_memory(session, design, wanted, lambda text: None)
    assert [(p.pattern, p.wrong, p.failures) for p in proof.patterns if p.wrong or p.failures] == []
    assert proof.state_problems == ()
    assert proof.is_right
    assert proof.agrees


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("set: views, ", "it can be incremented, not set"),
        ("increment: views, if: few, if_on: title, ", "apart from what the condition looks at"),
    ],
)
def test_what_a_sum_of_shards_cannot_do_is_said(change, reason):
    session = session_of(
        MODEL.replace(
            "watch: {update: Film, by: id, increment: views, ",
            ("watch: {update: Film, by: id, " + change),
        )
    )
    assert reason in session.evaluate(session.design("spread"), 1000).route("watch").cannot


def test_nothing_is_chosen_or_sorted_by_a_spread_counter():
    for extra in ("where: title, sort: -views", "where: {views: {gt: 50%}}"):
        text = MODEL.replace("scan: Film", f"list: Film, {extra}, all: true")
        session = session_of(text)
        assert session.evaluate(session.design("spread"), 1000).route("all").cannot


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("{id}#{shard:5}", "{id}", "no shards"),
        ("counters: [views, likes]", "counters: title", "only numbers can be added up"),
        ("{id}#{shard:5}", "{title}#{shard:5}", "does not tell which"),
        ("counters: [views, likes]", "counters: views, attributes: title", "nothing but its"),
    ],
)
def test_counters_that_make_no_sense_are_refused(old, new, reason):
    with pytest.raises(ModelError) as caught:
        session_of(MODEL.replace(old, new))
    assert any(reason in d.message + (d.help or "") for d in caught.value.diagnostics)


def test_a_design_with_counters_is_written_and_read_back_alike():
    session = session_of()
    design = session.design("spread")
    assert isinstance(design, DynamoDesign)
    text = with_section(MODEL, "spread", design_section(design, session.model))
    assert read_model(text, "again.yaml").design("spread") == design
