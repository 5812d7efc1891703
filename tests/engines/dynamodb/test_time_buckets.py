"""Stretches of time in keys: how many queries a list takes, and that they are right.

An event is 800 B in the index by month: `eid` 3 + 26, `created_at` 10 + 24, `month` 5 + 10, such as
EV#2026-03, `txt` 3 + 719.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynamo_proofs import proof_in_memory
from tablewright import open_store, read_model
from tablewright.core.errors import ModelError
from tablewright.engines.dynamodb.design import KeyTemplate
from tablewright.session import Options, Session
from tablewright.verbs.prove import ProofRequest

MODEL = """\
app: logs
region: us-east-1
scales: [10, 40]
horizon: HORIZON
entities:
  Event:
    key: eid
    count: 0.5/day
    attributes: {eid: ulid, created_at: TYPE, txt: {type: text, bytes: 719}}
patterns:
  latest: {list: Event, sort: -created_at, limit: 20, rate: 5/user/day}
  tenth: {list: Event, where: {created_at: {between: 10%}}, all: true, rate: 1/user/day}
  since: {list: Event, where: {created_at: {ge: 3%}}, sort: created_at, all: true, rate: 1/user/day}
  until: {list: Event, where: {created_at: {le: 3%}}, sort: created_at, limit: 5, rate: 1/user/day}
  write: {put: Event, rate: 0.5/user/day}
  one: {get: Event, by: eid, rate: 1/user/day}
  change: {update: Event, by: eid, set: txt, rate: 1/user/day}
  drop: {delete: Event, by: eid, rate: 0.1/user/day}
designs:
  indexed:
    engine: dynamodb
    tables:
      events:
        key: eid
        items:
          Event: {keys: {month: "EV#{created_at:month}"}}
        indexes:
          by-month: {key: [month, created_at], project: all}
  filed:
    engine: dynamodb
    tables:
      events:
        key: [pk, sk]
        items:
          Event: {keys: {pk: "{created_at:UNIT}", sk: "{created_at}#{eid}"}}
        indexes: {by-id: {key: eid, project: keys-only}}
"""


def logs(kind: str = "timestamp", unit: str = "day", horizon: str = "365d") -> Session:
    text = MODEL.replace("TYPE", kind).replace("UNIT", unit).replace("HORIZON", horizon)
    return Session(file=read_model(text, "logs.yaml"), options=Options(sample_items=256))


def test_a_template_says_which_stretch() -> None:
    template = KeyTemplate.parse("EV#{created_at:month}")
    assert template.attributes == ("created_at.month",)
    assert template.sources == {"created_at"}
    assert str(template) == "EV#{created_at:month}"


def test_the_latest_take_a_query_and_now_and_then_a_second() -> None:
    # 40 users write 20 events a day: 20 of them are one day, 1/30.4375 of a month; so many times a
    # second query is needed, since today is in the middle of the month
    (query,) = logs().evaluate("indexed").route("latest").requests
    assert round(query.calls, 4) == round(1 + 1 / Decimal("30.4375"), 4)
    # in days it is one for what is left of today and one for yesterday
    (query,) = logs().evaluate("filed").route("latest").requests
    assert query.calls == 2


def test_a_range_takes_one_query_more_than_it_has_stretches() -> None:
    # a tenth of a year is 36.5 days, 1.1992 months
    (query,) = logs().evaluate("indexed").route("tenth").requests
    assert round(query.calls, 4) == Decimal("2.1992")
    # 730 events of 800 B in 2.2 queries: each 265,556 B, 65 blocks of 4 KB; x 0.5 x 2.1992
    units = logs().evaluate("indexed").route("tenth").units("read").mean
    assert abs(units - Decimal("71.5")) < 1


def test_an_event_that_is_changed_by_its_id_is_looked_up_for_its_day() -> None:
    route = logs().evaluate("filed").route("change")
    assert [request.operation for request in route.requests] == ["Query", "UpdateItem"]
    assert logs().evaluate("indexed").route("change").reads_first is False


# A tenth of the horizon spans 96 hours, 12 days, a month or part of a year: several queries, but
# not the 876 of a year of hours.
@pytest.mark.parametrize(
    ("kind", "unit", "horizon", "design"),
    [
        ("timestamp", "day", "365d", "indexed"),
        ("timestamp", "hour", "40d", "filed"),
        ("timestamp", "year", "365d", "filed"),
        ("date", "day", "120d", "filed"),
        ("epoch", "day", "365d", "indexed"),
    ],
)
def test_it_is_proved(kind: str, unit: str, horizon: str, design: str) -> None:
    session = logs(kind, unit, horizon)
    proof = proof_in_memory(
        session, session.design(design), ProofRequest(users=10, requests=200, seed=1)
    )
    assert {p.pattern: (p.wrong, p.failures) for p in proof.patterns} == {
        p.pattern: ((), ()) for p in proof.patterns
    }
    assert all(pattern.agrees for pattern in proof.patterns)


def test_the_store_walks_back_from_now() -> None:
    with open_store(logs(), design="indexed", target="memory") as store:
        for month, day in ((11, 5), (12, 1), (12, 24)):
            time = f"2025-{month:02}-{day:02}T00:00:00Z"
            store.write(eid=f"{month:02}{day:024}", created_at=time, txt="x")
        found = store.tenth(created_at_from="2025-11-01", created_at_to="2025-12-10")
        assert [event.created_at[:10] for event in found] == ["2025-11-05", "2025-12-01"]


@pytest.mark.parametrize(
    ("kind", "template"), [("text(9)", "{created_at:month}"), ("date", "{created_at:hour}")]
)
def test_what_has_no_such_stretch_is_refused(kind: str, template: str) -> None:
    text = MODEL.replace("TYPE", kind).replace("HORIZON", "365d")
    text = text.replace("{created_at:UNIT}", template)
    with pytest.raises(ModelError) as caught:
        read_model(text.replace("{created_at:month}", template), "logs.yaml")
    assert "impossible-key" in {d.id for d in caught.value.diagnostics}
