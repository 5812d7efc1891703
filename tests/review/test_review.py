"""From hits to a report card: fixes re-costed, rejected, folded, accepted, doubted, ordered."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tablewright import read_model
from tablewright.bill.prices import PriceBook
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.engines.dynamodb.rules import dynamodb_rules
from tablewright.evaluation.evaluator import Evaluator
from tablewright.review.catalogue import Threshold
from tablewright.review.findings import Level
from tablewright.review.review import review

SHOP = """
app: shop
region: us-east-1
scales: [1000]
entities:
  User:
    key: user_id
    attributes:
      user_id: uuid
      email: {type: email, unique: true}
      history: {type: token, bytes: 6000}
  Device:
    of: User
    count: 3
    key: device_id
    attributes: {device_id: uuid, user_id: ref(User), note: text(500)}
patterns:
  profile: {get: User, by: user_id, select: [email], rate: 100/user/day}
  by_email: {get: User, by: email, select: [user_id], rate: 1/user/day}
  touch:
    {update: User, by: user_id, set: [email], changes: {email: 0%}, rate: 10/user/day (assumed)}
  devices: {list: Device, where: user_id, rate: 9/user/day}
  add: {put: Device, rate: 2/user/day}
ACCEPT
designs:
  d:
    engine: dynamodb
    tables:
      users:
        key: user_id
        items: User
        pitr: 35d
        deletion_protection: true
        indexes: {by_email: {key: email, project: all}}
      devices:
        key: device_id
        items: Device
        deletion_protection: false
        indexes: {by_user: {key: user_id, project: all}}
"""
BOOK = PriceBook()


class SmallSamples(DynamoEngine):
    """The engine on 32 instances of each entity, whatever is asked for."""

    def evaluate(self, *args, **options):
        return super().evaluate(*args, **{**options, "sample_items": 32})


ENGINE = SmallSamples()


def evaluate(model, design, users):
    return ENGINE.evaluate(model, design, users, BOOK)


def card_of(text, with_assumed=None, **options):
    file = read_model(text)
    evaluation = evaluate(file.model, file.designs[0], file.model.scales[0])
    evaluator = Evaluator(
        engine=ENGINE,
        model=file.model,
        book=BOOK,
        region=file.model.region,
        with_assumed=with_assumed,
    )
    return review(evaluation, evaluator, ENGINE.reviewing, **options)


@pytest.fixture(scope="module")
def card():
    return card_of(SHOP.replace("ACCEPT", ""))


def find(card, rule, subject):
    return next(f for f in card.findings if (f.rule, f.subject) == (rule, subject))


def test_the_same_input_gives_the_same_card(card):
    assert card_of(SHOP.replace("ACCEPT", "")) == card


def test_findings_are_ordered_by_severity_then_saving(card):
    order = [(-f.level, -(f.fix.saves_per_month or 0), f.rule, f.subject) for f in card.findings]
    assert order == sorted(order)


def test_what_passes_is_listed_with_what_shows_it(card):
    strengths = {strength.rule: strength for strength in card.strengths}
    # only `users` has recovery: `devices` is a finding
    recovery = strengths["DDB-REL-001"]
    assert recovery.subjects == ("users",)
    assert recovery.evidence == ("users: any moment of the last 35 days can be restored",)
    assert card.passed == sum(len(strength.subjects) for strength in card.strengths)
    failed = {(f.rule, f.subject) for f in card.findings}
    assert not failed & {(s.rule, name) for s in card.strengths for name in s.subjects}


def test_each_step_of_the_path_is_priced_at_other_numbers_of_users_too():
    steps = card_of(SHOP.replace("ACCEPT", ""), scales=(1000, 2000)).path
    assert steps
    for step in steps:
        at = dict(step.usd_at)
        assert at[1000] == step.usd_per_month
        # nothing but a price by the request and by the byte: twice the users pay twice
        assert at[2000] == pytest.approx(2 * at[1000], rel=Decimal("0.01"))


def test_an_index_that_keeps_less_than_all_is_credited_with_the_bytes():
    thin = (
        SHOP.replace("ACCEPT", "")
        .replace(
            "{by_email: {key: email, project: all}}", "{by_email: {key: email, project: [note]}}"
        )
        .replace("history:", "note: {type: token, bytes: 10}\n      history:")
    )
    thin = thin.replace("select: [user_id], rate: 1", "select: [user_id, note], rate: 1")
    strengths = {s.rule: s for s in card_of(thin).strengths}
    (evidence,) = strengths["DDB-PRJ-001"].evidence
    # names and values: user_id 7 + 36, email 5 + about 24, note 4 + 10 = about 86 bytes of 6.1 KB
    assert evidence.startswith("by_email keeps 8")
    assert evidence.endswith("of the 6.0 KB that ALL would copy")


def test_a_load_that_cannot_be_predicted_speaks_for_paying_by_request():
    wanted = "needs: {unpredictable_load: 'yes: a launch'}\n"
    card = card_of(SHOP.replace("ACCEPT", wanted))
    capacity = next(s for s in card.strengths if s.rule == "DDB-CAP-001")
    assert capacity.subjects == ("users", "devices")
    assert "paid by request" in capacity.evidence[0]
    assert not [u for u in card.unassessed if u.rule == "DDB-CAP-001"]
    without = card_of(SHOP.replace("ACCEPT", ""))
    assert [u.subject for u in without.unassessed if u.rule == "DDB-CAP-001"] == [
        "devices",
        "users",
    ]


def test_a_saving_is_the_difference_of_two_bills(card):
    # the index by user repeats 2,000 puts of one unit a day, 30.4167 days, 0.625 a million:
    # 0.03802; and 3,000 entries of about 600 bytes and the 100 of overhead at 0.25 a GB: 0.0005
    found = find(card, "DDB-KEY-002", "Device")
    assert found.fix.saves_per_month == pytest.approx(Decimal("0.0385"), abs=Decimal("0.0004"))
    assert found.fix.text == "key devices by user_id + device_id, drop by_user"
    assert found.fix.effort == 5


def test_a_rebuild_carries_its_price_of_moving(card):
    # 3,000 items read at half a unit for 4 KB of about 600 bytes and written at one unit each:
    # 3,000 * 0.625e-6 = 0.0019 and a fraction of a thousandth for reading
    found = find(card, "DDB-KEY-002", "Device")
    assert found.fix.cost_once == pytest.approx(Decimal("0.0019"), abs=Decimal("0.0001"))


def test_what_follows_from_a_finding_is_listed_under_it(card):
    found = find(card, "DDB-KEY-002", "Device")
    assert "DDB-KEY-001 devices" in found.consequences
    assert not [f for f in card.findings if f.rule == "DDB-KEY-001"]


def test_a_fix_that_breaks_an_access_pattern_is_rejected_with_the_reason():
    # users want devices by their own id, often: only an index by it keeps that from scanning
    text = SHOP.replace("ACCEPT", "  one: {get: Device, by: device_id, rate: 1/user/day}")
    found = find(card_of(text), "DDB-KEY-002", "Device")
    assert "add index by_device_id" in found.fix.text
    assert any("DDB-IDX-001" in reason for reason in found.fix.rejected)


def test_an_accepted_finding_stays_in_the_card_and_leaves_the_score(card):
    accept = 'accept: [{rule: DDB-KEY-010, subject: User.email, reason: "sign-up is rare"}]'
    accepted = card_of(SHOP.replace("ACCEPT", accept))
    assert [(f.rule, f.accepted) for f in accepted.accepted] == [("DDB-KEY-010", "sign-up is rare")]
    assert accepted.score > card.score


def test_a_finding_that_an_assumption_decides_is_less_sure():
    text = SHOP.replace("ACCEPT", "").replace("10/user/day (assumed)", "240/user/day (assumed)")

    def with_assumed(factor):
        return read_model(text, scale_assumed=factor).model

    found = {(f.rule, f.subject): f for f in card_of(text, with_assumed).findings}
    # the e-mail address is unique whatever the rate is
    assert found["DDB-KEY-010", "User.email"].confidence == 1
    # doubt never raises a confidence above one, and only known values occur
    assert {f.confidence for f in found.values()} <= {1, Decimal("0.7"), Decimal("0.5")}


def test_a_finding_that_flips_when_an_assumption_is_halved_counts_seven_tenths():
    text = """
app: likes
region: us-east-1
scales: [1000]
entities:
  Post:
    key: post_id
    count: 1000 total
    attributes: {post_id: {type: id, top_share: 0.1}, likes: {type: counter, role: counter}}
patterns:
  like: {update: Post, by: post_id, increment: [likes], rate: 3000/s (assumed)}
  view: {get: Post, by: post_id, rate: 1/s}
designs:
  d: {engine: dynamodb, tables: {posts: {key: post_id, items: Post}}}
"""
    # a tenth of 3,000 is 300 a second, above 200; of 1,500 it is 150, below; of 6,000 600, above
    found = card_of(text, lambda factor: read_model(text, scale_assumed=factor).model)
    assert find(found, "DDB-HOT-004", "like").confidence == Decimal("0.7")


def test_the_path_ends_better_and_cheaper_than_it_began(card):
    assert card.path
    scores = [card.score, *(step.score for step in card.path)]
    assert scores[-1] > scores[0]
    rules = [rule for step in card.path for rule in step.rules]
    assert "DDB-KEY-010" in rules
    assert "DDB-KEY-002" in rules


def test_without_a_path_nothing_is_tried(card):
    assert card_of(SHOP.replace("ACCEPT", ""), with_path=False).path == ()


def test_too_little_knowledge_makes_the_grade_a_range():
    text = """
app: t
region: us-east-1
scales: [1000]
needs: {multi_tenant: "yes"}
entities:
  Thing: {key: id, attributes: {id: uuid, zone: decimal}}
patterns:
  one: {list: Thing, where: zone, limit: 10, rate: 1/user/day}
designs:
  d: {engine: dynamodb, tables: {things: {key: [zone, id], items: Thing, pitr: 35d}}}
"""
    card = card_of(text)
    assert card.coverage < 1
    asked = {q.missing for q in card.questions}
    assert any("scope" in what for what in asked)
    assert any("zone" in what for what in asked)
    assert card.low_score <= card.score


def test_levels_of_findings_are_shown_by_count(card):
    assert card.count(Level.CRITICAL) == len([f for f in card.findings if f.level == 4])


def test_on_a_design_too_large_to_cost_the_card_says_so():
    rules = dynamodb_rules()
    none = {**rules.thresholds, "recost_patterns": Threshold(name="", value=Decimal(0))}
    card = card_of(
        SHOP.replace("ACCEPT", ""), rules=replace(rules, thresholds=none), with_path=False
    )
    # whether this rule stands depends on its saving, so it is not assessed instead of passed
    assert ("DDB-PRJ-001", "users/by_email") in {(u.rule, u.subject) for u in card.unassessed}
    assert find(card, "DDB-KEY-010", "User.email").fix.saves_per_month is None
    assert "not costed" in card.notes[0]
