"""Claims beside computed figures, on one table whose arithmetic is done here.

1,000 users; ten eventual gets and one update a user and day of an item of 5,038 bytes (`uid` 3+12,
`txt` 3+5,000, `num` 3+2 for two digits, `own` 3+12): two blocks of 4 KB, five of 1 KB.
A month has 730 hours: 304,166.67 gets and 30,416.67 updates.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.engines.dynamodb.rules import dynamodb_rules
from tablewright.review.assessment import UserRange
from tablewright.session import Session
from tablewright.verbs.assess import assess
from tablewright.verbs.grading import claim_verdicts, report_card

MODEL = """
app: claims
region: us-east-1
scales: [1000]
entities:
  Thing:
    key: uid
    attributes: {uid: id(12), txt: text(5000), num: {type: int, min: 11, max: 19}, own: {type: id, bytes: 12}}
patterns:
  get: {get: Thing, by: uid, rate: 10/user/day}
  save: {update: Thing, by: uid, set: [num], rate: 1/user/day}
claims:
  low: {says: "ten cents", about: monthly_cost, users: 1000, value: 0.10}
  right: {says: "thirty thousand writes", about: writes_per_month, users: 1000, value: 30000}
  band: {says: "a quarter to three quarters of a million", about: reads_per_month, users: 1000, value: [250000, 750000]}
  grade: {says: "A+", about: grade, value: A+}
  fact: {says: "it scales", about: fact, verdict: unclear, answer: "Up to its quotas."}
designs:
  current:
    engine: dynamodb
    tables:
      things: {key: uid, items: Thing, indexes: {by-own: {key: own, project: all}}}
"""  # noqa: E501 - one line for each thing reads best here


@pytest.fixture(scope="module")
def verdicts():
    return {v.claim.id: v for v in claim_verdicts(Session(file=read_model(MODEL)))}


def test_a_cost_is_taken_apart_into_what_was_forgotten(verdicts):
    claimed, sized, copied, stored = verdicts["low"].steps
    calls = Decimal(1000) * 730 / 24
    one_unit = calls * 10 * Decimal("0.125") / 10**6 + calls * Decimal("0.625") / 10**6
    # an eventual get of two blocks is one unit, as the claim took it; an update is five, not one
    more = calls * 4 * Decimal("0.625") / 10**6
    copies = calls * 5 * Decimal("0.625") / 10**6
    cent = Decimal("1E-9")
    assert abs(claimed.change - (one_unit - Decimal("0.10"))) < cent
    assert abs(sized.change - more) < cent
    assert abs(copied.change - copies) < cent
    # 1,000 items and 1,000 entries of 5,038 and 100 bytes, at 0.25 USD a GB
    assert abs(stored.change - Decimal(2 * 1000 * 5138) / 1024**3 / 4) < cent


def test_the_last_step_is_the_computed_figure(verdicts):
    found = verdicts["low"]
    assert found.computed is not None
    assert abs(found.steps[-1].after - found.computed) < Decimal("1E-9")
    assert found.verdict == "does not hold"


def test_a_figure_within_a_tenth_holds(verdicts):
    assert verdicts["right"].verdict == "holds"
    assert verdicts["band"].verdict == "holds"


def test_a_claimed_grade_is_held_against_the_report_card(verdicts):
    assert verdicts["grade"].verdict == "does not hold"
    assert "not A+" in verdicts["grade"].reason


def test_a_fact_keeps_the_answer_of_the_file(verdicts):
    assert (verdicts["fact"].verdict, verdicts["fact"].reason) == ("unclear", "Up to its quotas.")


TWO_TABLES = """
app: claims
region: us-east-1
scales: [1000]
entities:
  Thing:
    key: uid
    attributes: {uid: id(12), txt: text(5000), num: {type: int, min: 11, max: 19}, own: {type: id, bytes: 12}}
  Note:
    key: nid
    attributes: {nid: id(12), num: {type: int, min: 11, max: 19}}
patterns:
  get: {get: Thing, by: uid, rate: 10/user/day}
  save: {update: Thing, by: uid, set: [num], rate: 1/user/day}
  note: {update: Note, by: nid, set: [num], rate: 2/user/day}
claims:
  units: {says: "writes", about: wru_per_month, users: 1000, table: things, value: 300000}
  reads: {says: "reads", about: rru_per_month, users: 1000, value: 300000}
  cost: {says: "writes of the notes", about: writes_cost, users: 1000, table: notes, value: 0.04}
  index: {says: "five megabytes of index", about: index_bytes, users: 1000, value: [1000000, 4000000]}
  saving: {says: "half", about: saving_share, design: current, other: lean, users: 1000, value: 50%}
designs:
  current:
    engine: dynamodb
    tables:
      things: {key: uid, items: Thing, indexes: {by-own: {key: own, project: all}}}
      notes: {key: nid, items: Note}
  lean:
    engine: dynamodb
    tables:
      things: {key: uid, items: Thing}
      notes: {key: nid, items: Note}
"""  # noqa: E501 - one line for each thing reads best here

CALLS = Decimal(1000) * 730 / 24
"""A month, of what a user does once a day."""
CENT_BILLIONTH = Decimal("1E-9")


@pytest.fixture(scope="module")
def of_two_tables():
    return {v.claim.id: v for v in claim_verdicts(Session(file=read_model(TWO_TABLES)))}


def test_units_of_one_table_are_those_of_the_table_and_its_indexes(of_two_tables):
    # 5 blocks of 1 KB of the item, 5 of the entry: 10 units an update; notes are not counted.
    assert abs(of_two_tables["units"].computed - CALLS * 10) < Decimal("0.001")


def test_units_without_a_table_are_those_of_all(of_two_tables):
    # One unit for two blocks of 4 KB, half consistent; ten gets a day.
    assert abs(of_two_tables["reads"].computed - CALLS * 10) < Decimal("0.001")


def test_the_cost_of_one_table_leaves_the_others_out(of_two_tables):
    # Two updates of one unit a user and day, 0.625 USD a million.
    assert (
        abs(of_two_tables["cost"].computed - CALLS * 2 * Decimal("0.625") / 10**6) < CENT_BILLIONTH
    )


def test_bytes_of_indexes_are_taken_apart_from_the_upper_end_of_the_claim(of_two_tables):
    entries, overhead = of_two_tables["index"].steps
    assert entries.change == 1000 * 5038 - 4_000_000
    assert (overhead.change, overhead.after) == (1000 * 100, 1000 * 5138)


def test_a_saving_is_the_share_of_the_first_design_that_the_other_spares(of_two_tables):
    write = CALLS * Decimal("0.625") / 10**6
    reads = CALLS * 10 * Decimal("0.125") / 10**6
    notes = 2 * write
    thing_gb = Decimal(1000 * 5138) / 1024**3
    note_gb = Decimal(1000 * (3 + 12 + 3 + 2 + 100)) / 1024**3
    before = reads + 10 * write + notes + (2 * thing_gb + note_gb) / 4
    after = reads + 5 * write + notes + (thing_gb + note_gb) / 4
    assert abs(of_two_tables["saving"].computed - (before - after) / before) < Decimal("1E-6")


RANGES = """
app: ranges
region: us-east-1
scales: [100, 1000, 10000]
entities: {Thing: {key: uid, attributes: {uid: id(12)}}}
patterns: {get: {get: Thing, by: uid, rate: 10/user/day}}
claims:
  few: {says: "a million reads", about: reads_per_month, users: 1000, value: 1_000_000}
  many: {says: "a hundred thousand reads", about: reads_per_month, users: 1000, value: 100_000}
  right: {says: "three hundred thousand", about: reads_per_month, users: 1000, value: 300_000}
  most: {says: "at most a million", about: reads_per_month, users: 1000, value: [0, 1_000_000]}
  never: {says: "a billion reads", about: reads_per_month, users: 1000, value: 1_000_000_000}
designs:
  current: {engine: dynamodb, tables: {things: {key: uid, items: Thing}}}
"""


def test_a_claim_says_in_which_direction_it_is_wrong_and_for_how_many_users_it_would_hold() -> None:
    verdicts = {v.claim.id: v for v in claim_verdicts(Session(file=read_model(RANGES)))}
    # 10 gets a day for 30.41667 days are 304.1667 for each user and month: 304,166.7 at 1,000 users
    assert verdicts["few"].direction == "too high"
    # 900,000 to 1,100,000 reads: by 304.1667 that is 2,959 to 3,616 users
    assert verdicts["few"].users == UserRange(low=2959, high=3616)
    assert verdicts["many"].direction == "too low"
    # 90,000 to 110,000: 296 to 362 users
    assert verdicts["many"].users == UserRange(low=296, high=362)
    assert (verdicts["right"].verdict, verdicts["right"].direction) == ("holds", "")
    # up to 1,100,000
    assert verdicts["most"].users == UserRange(low=None, high=3616)
    assert verdicts["never"].users == UserRange(is_empty=True)


def test_a_claim_that_holds_is_not_taken_apart() -> None:
    verdicts = {v.claim.id: v for v in claim_verdicts(Session(file=read_model(RANGES)))}
    assert verdicts["right"].steps == ()


def test_one_scale_alone_says_nothing_about_others() -> None:
    text = RANGES.replace("scales: [100, 1000, 10000]", "scales: [1000]")
    verdicts = claim_verdicts(Session(file=read_model(text)))
    assert all(verdict.users is None for verdict in verdicts)


EDGES = """
app: edges
region: us-east-1
scales: [1000]
entities: {Thing: {key: uid, attributes: {uid: id(12), a: text(LENGTH)}}}
patterns: {get: {get: Thing, by: uid, rate: 1/user/day}}
claims: {it: {says: so many bytes, about: table_bytes, users: 1000, value: CLAIMED}}
designs: {current: {engine: dynamodb, tables: {things: {key: uid, items: Thing}}}}
"""


@pytest.mark.parametrize(
    ("length", "claimed", "verdict"),
    [
        # 1,000 items of uid 3 + 12, a 1 + 5 and 100 bytes are 121,000: 110,000 and a tenth of it
        (5, 110_000, "holds"),
        (5, 109_999, "does not hold"),
        # uid 15, a 1 + 1 and 100 are 117,000: 130,000 less a tenth of it
        (1, 130_000, "holds"),
        (1, 130_001, "does not hold"),
    ],
)
def test_a_claim_holds_to_the_last_byte_of_its_tenth(length, claimed, verdict):
    text = EDGES.replace("LENGTH", str(length)).replace("CLAIMED", str(claimed))
    (found,) = claim_verdicts(Session(file=read_model(text)))
    assert (found.verdict, found.unit) == (verdict, "bytes")


def test_a_finding_says_why_as_its_rule_does():
    session = Session(file=read_model(TWO_TABLES))
    card = report_card(session, session.designs[0])
    rules = dynamodb_rules()
    assert card.findings
    for finding in card.findings:
        rule = rules.rule(finding.rule)
        assert (finding.why, finding.title) == (rule.why, rule.title)
        assert finding.sources == rule.sources


def test_what_was_not_computed_is_asked_for_by_its_name():
    assessed = assess(
        Session(file=read_model(EDGES.replace("LENGTH", "1").replace("CLAIMED", "1")))
    )
    assert assessed.design("current").at(1000).users == 1000
    with pytest.raises(KeyError, match="77"):
        assessed.design("current").at(77)
    with pytest.raises(KeyError, match="nobody"):
        assessed.design("nobody")
