"""Counters that one key could not take: over how many items, at what price."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.core.errors import UnsupportedError
from tablewright.plan.result import PlanResult
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan

SMALL = Options(sample_items=64)
FILMS = """\
app: films
region: us-east-1
scales: [1000000]
entities:
  Film:
    key: id
    count: 50000 total
    attributes: {{id: uuid, title: text(30), views: counter}}
patterns:
  film: {{get: Film, by: id, rate: {read}/user/day}}
  watch:
    update: Film
    by: id
    increment: views{condition}
    rate: 10/user/day
    peak: 10
    hot_share: {hot}
  add: {{put: Film, if: absent, rate: 1000/day}}
"""


def films(hot: str, condition: str = "", read: str = "1") -> tuple[Session, PlanResult]:
    text = FILMS.format(hot=hot, condition=condition, read=read)
    chosen = Session(file=read_model(text, "films.yaml"), options=SMALL)
    return chosen, plan(chosen, explained=False)


def spread(result: PlanResult) -> list[int]:
    return [s.copies for t in result.design.tables for s in t.shapes if s.counters]


def test_a_counter_is_spread_over_as_many_items_as_its_hottest_key_needs():
    # 1,000,000 x 10 / 86,400 = 115.7 increments a second, 1,157.4 at the peak. Of 90 % on one film
    # 1,041.7 are more than 700, and two items share them; of 100 % as many; of 50 % one is enough.
    assert spread(films("90%")[1]) == [2]
    assert spread(films("100%")[1]) == [2]
    assert spread(films("50%")[1]) == []


def test_a_spread_counter_costs_its_shards_with_every_read():
    # A film read with two shards of its counter: three half units where there was one half, so
    # that reads cost two half units more: 30.4166... days x 1,000,000 x 1 x 0.125 USD a million.
    _, one = films("50%")
    _, two = films("90%")
    ours, theirs = one.search.predicted, two.search.predicted
    more_reads = Decimal(1_000_000) * 365 / 12 * Decimal("0.125") / 1_000_000
    more_writes = Decimal(1000) * 365 / 12 * Decimal("0.625") / 1_000_000
    # Two items of 3 + 38 of key, 3 + 36 of id and the number, 100 bytes each: under 0.01 USD.
    assert Decimal(0) < theirs - ours - more_reads - more_writes < Decimal("0.01")


def test_reads_of_a_hot_film_are_shared_by_the_shards_of_its_counter():
    # 30 reads a user and day at a peak of ten are 3,472 a second, 3,125 of them of one film: 1,563
    # units of the film and as many of each shard, below 2,100; all three together would be 4,688.
    hot = "film: {get: Film, by: id, rate: 30/user/day, peak: 10, hot_share: 90%}"
    text = FILMS.format(hot="90%", condition="", read="1")
    text = text.replace("film: {get: Film, by: id, rate: 1/user/day}", hot)
    file = read_model(text, "films.yaml")
    assert spread(plan(Session(file=file, options=SMALL), explained=False)) == [2]
    file = read_model(text.replace("30/user/day", "50/user/day"), "films.yaml")  # 2,604 units
    with pytest.raises(UnsupportedError, match="film"):
        plan(Session(file=file, options=SMALL), explained=False)


def test_a_hot_counter_that_a_condition_looks_at_is_refused_with_the_reason():
    with pytest.raises(UnsupportedError, match="write units a second"):
        films("90%", "\n    if: not too many\n    if_on: views")


def test_a_planned_spread_counter_is_served_and_printed():
    from tablewright.design.sections import with_section

    chosen, result = films("90%")
    routes = chosen.evaluate(result.design, 1_000_000).routes
    assert all(r.is_served for r in routes)
    text = with_section(chosen.file.source, "planned", result.section)
    assert read_model(text, "again.yaml").design("planned") == result.design
