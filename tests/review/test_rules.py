"""Every rule: fires, just under, input missing, fixed by its own change (tests/rules/*.yaml).

Each file holds a small model with one design, and cases that change single figures of it by their
path. Expectations are worked out by hand; `why` says how. A rule that can be decided from what a
model must hold anyway has no case of a missing input, and a rule whose fix is advice in words has
no case of a fix.
"""

from functools import cache

import pytest

import rule_cases
from tablewright.bill.prices import PriceBook
from tablewright.design.changes import apply_all
from tablewright.engines.dynamodb.engine import DynamoEngine
from tablewright.engines.dynamodb.facts import DynamoFacts
from tablewright.engines.dynamodb.recost import Recoster
from tablewright.engines.dynamodb.rules import dynamodb_rules
from tablewright.engines.dynamodb.tariff import Tariff
from tablewright.review.review import weigh
from tablewright.review.runner import PendingFinding, run
from tablewright.review.verdicts import CLEAR, Hit, Missing

BOOK = PriceBook()
ENGINE = DynamoEngine()


@cache
def files():
    return rule_cases.files(rule_cases.RULES)


def evaluate(model, design, users):
    return ENGINE.evaluate(model, design, users, BOOK, sample_items=32)


@pytest.fixture(scope="module")
def told():
    beside = rule_cases.Told(rule_cases.RULES)
    yield beside
    beside.write()


@pytest.mark.parametrize(("name", "case"), list(rule_cases.cases(files())))
def test_a_rule_does_what_its_cases_say(name, case, told, request):
    rules = dynamodb_rules()
    rule = rules.rule(name)
    file = rule_cases.built(files()[name], case)
    evaluation = evaluate(file.model, file.designs[0], file.model.scales[0])
    tariff = Tariff.of(BOOK, "us-east-1")
    facts = DynamoFacts(evaluation, rules.k, tariff)
    title = request.node.callspec.id
    if "missing" in case:
        verdict = rule.predicate(facts, *dict(facts.subjects(rule.subject))[case["missing"]])
        told.check(title, rule_cases.told(verdict, None))
        assert isinstance(verdict, Missing), verdict
        assert case["says"] in verdict.what
        return
    args = dict(facts.subjects(rule.subject))[case.get("fires") or case["silent"]]
    verdict = rule.predicate(facts, *args)
    weighed = None
    recoster = Recoster(facts, rules, evaluate)
    if isinstance(verdict, Hit):
        candidate = PendingFinding(
            rule=rule, subject=case.get("fires") or case["silent"], hit=verdict
        )
        weighed = weigh(candidate, facts, recoster)
    told.check(title, rule_cases.told(verdict, weighed))
    if "silent" in case:
        assert not isinstance(verdict, Missing), verdict
        assert (verdict is None) == case.get("not_applicable", False), verdict
        assert weighed is None, weighed
        return
    assert weighed is not None, verdict
    assert str(weighed.level) == case["level"], weighed
    assert case.get("says", "") in verdict.evidence
    if "fixed_by" in case:
        assert_fixed(facts, rules, rule, case, weighed)
    else:
        assert weighed.outcome is None or "unfixed" in case, weighed.outcome


def assert_fixed(facts, rules, rule, case, weighed):
    """The chosen fix was not rejected, is the expected one, and clears the finding."""
    assert weighed.outcome is not None, weighed.rejected
    option = weighed.outcome.option
    assert case["fixed_by"] in str(option)
    model, design = apply_all(facts.model, facts.design, option.changes)
    after = DynamoFacts(evaluate(model, design, facts.users), rules.k, facts.tariff)
    still = {c.subject for c in run(after, rules, [rule]).candidates}
    assert case["fires"] not in still or "eases" in case, still


def test_every_rule_has_its_cases():
    assert set(files()) == {rule.id for rule in dynamodb_rules().rules if rule.subject != "fix"}


def test_every_rule_has_a_case_that_fires_and_one_that_is_silent():
    rule_cases.assert_fires_and_is_silent(files())


@pytest.mark.parametrize(
    "case", [case for case in files()["ANY-IDX-002"]["cases"] if "silent" in case]
)
def test_an_index_that_is_worth_its_cost_is_cleared_before_any_design_is_priced_again(case):
    # 45,000 writes a day x 30.4167 x 0.625 / million = 0.86 USD: under the least saving of 1 USD.
    # 304,167 scans a month of 10,000 items of some 370 bytes, 450 units each, are some 17 USD: more
    # than the 1.14 USD of the index.
    rules = dynamodb_rules()
    file = rule_cases.built(files()["ANY-IDX-002"], case)
    evaluation = evaluate(file.model, file.designs[0], file.model.scales[0])
    facts = DynamoFacts(evaluation, rules.k, Tariff.of(BOOK, "us-east-1"))
    rule = rules.rule("ANY-IDX-002")
    assert rule.predicate(facts, *dict(facts.subjects(rule.subject))[case["silent"]]) is CLEAR
