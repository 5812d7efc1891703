"""Every rule for servers: fires, just under, fixed by its own change (tests/rules/servers/*.yaml).

The form is that of the DynamoDB rules; a case may name the design it looks at. A rule whose fix is
advice in words has no case of a fix.
"""

from functools import cache

import pytest

import rule_cases
from tablewright.bill.prices import PriceBook
from tablewright.design.changes import apply_all
from tablewright.engines.mongodb.engine import WORDS as DOCUMENT_WORDS
from tablewright.engines.mongodb.engine import MongoEngine
from tablewright.engines.postgresql.engine import WORDS as ROW_WORDS
from tablewright.engines.postgresql.engine import PostgresEngine
from tablewright.engines.servers.facts import ServerFacts
from tablewright.engines.servers.recost import ServerRecoster
from tablewright.engines.servers.rules import rules_not_run, server_rules
from tablewright.review.review import weigh
from tablewright.review.runner import PendingFinding, run
from tablewright.review.verdicts import Hit, Missing

BOOK = PriceBook()
WORDS = {"mongodb": DOCUMENT_WORDS, "postgresql": ROW_WORDS}
ENGINES = {"mongodb": MongoEngine(), "postgresql": PostgresEngine()}
CORE = {
    "mongodb": """
        ANY-REL-001 ANY-REL-002 ANY-REL-003 ANY-IDX-001 ANY-IDX-002 ANY-FIT-001 ANY-FIT-003
        ANY-FIT-004 ANY-MDL-001 ANY-MDL-002 ANY-KEY-001 SRV-IDX-001 SRV-IDX-002 SRV-IDX-003
        SRV-IDX-004 SRV-IDX-005 SRV-IDX-006 SRV-HOT-001 SRV-TYP-001 MDB-KEY-001 MDB-SIZ-001
        MDB-SIZ-002 MDB-IDX-001 MDB-IDX-002 MDB-TSR-001 MDB-TSR-002""",
    "postgresql": """
        ANY-REL-002 ANY-REL-003 ANY-IDX-001 ANY-IDX-002 ANY-FIT-001 ANY-FIT-002 ANY-FIT-003
        ANY-MDL-001 ANY-MDL-002 ANY-KEY-001 SRV-IDX-001 SRV-IDX-002 SRV-IDX-003 SRV-IDX-004
        SRV-IDX-005 SRV-IDX-006 SRV-HOT-001 SRV-TYP-001 PG-KEY-001 PG-KEY-002 PG-KEY-003
        PG-IDX-001 PG-IDX-002 PG-IDX-003 PG-TYP-001 PG-CON-001 PG-TSR-001""",
}
"""The core rules of the catalogue that name the engine."""

MORE = {
    "mongodb": {
        "ANY-SEC-001",
        "MDB-LIM-001",
        "MDB-SIZ-003",
        "SRV-PRJ-001",
        "SRV-PRJ-002",
        "SRV-REL-003",
    },
    "postgresql": {"ANY-SEC-001", "PG-SIZ-001", "SRV-PRJ-001", "SRV-PRJ-002", "SRV-REL-003"},
}
"""Extended rules that are run as well."""


@cache
def files():
    return rule_cases.files(rule_cases.RULES / "servers")


def evaluate(model, design, users):
    engine = ENGINES[design.engine]
    return engine.evaluate(model, design, users, BOOK, sample_items=32, cases=("value",))


@pytest.fixture(scope="module")
def told():
    beside = rule_cases.Told(rule_cases.RULES / "servers")
    yield beside
    beside.write()


@pytest.mark.parametrize(("name", "case"), list(rule_cases.cases(files())))
def test_a_rule_does_what_its_cases_say(name, case, told, request):
    file = rule_cases.built(files()[name], case)
    design = file.design(case["design"]) if "design" in case else file.designs[0]
    rules = server_rules(design.engine)
    rule = rules.rule(name)
    facts = ServerFacts(
        evaluate(file.model, design, file.model.scales[0]), dict(rules.k), WORDS[design.engine]
    )
    subject = case.get("fires") or case["silent"]
    verdict = rule.predicate(facts, *dict(facts.subjects(rule.subject))[subject])
    weighed = None
    if isinstance(verdict, Hit):
        candidate = PendingFinding(rule=rule, subject=subject, hit=verdict)
        recoster = ServerRecoster(facts, run(facts, rules), rules, evaluate)
        weighed = weigh(candidate, facts, recoster)
    told.check(request.node.callspec.id, rule_cases.told(verdict, weighed))
    if "silent" in case:
        assert not isinstance(verdict, Missing), verdict
        assert (verdict is None) == case.get("not_applicable", False), verdict
        assert weighed is None, weighed
        return
    assert weighed is not None, verdict
    assert str(weighed.level) == case["level"], weighed
    assert case.get("says", "") in verdict.evidence, verdict.evidence
    if "fixed_by" in case:
        assert_fixed(facts, rules, rule, subject, case, weighed)
    else:
        assert weighed.outcome is None or "unfixed" in case, weighed.outcome


def assert_fixed(facts, rules, rule, subject, case, weighed):
    """The chosen fix was not rejected, is the expected one, and clears the finding."""
    assert weighed.outcome is not None, weighed.rejected
    option = weighed.outcome.option
    assert case["fixed_by"] in str(option)
    model, design = apply_all(facts.model, facts.design, option.changes)
    after = ServerFacts(evaluate(model, design, facts.users), facts.k, facts.words)
    assert subject not in {c.subject for c in run(after, rules, [rule]).candidates}


@pytest.mark.parametrize("engine", ["mongodb", "postgresql"])
def test_all_core_rules_of_the_catalogue_are_run(engine):
    run_here = {rule.id for rule in server_rules(engine).rules}
    assert run_here == set(CORE[engine].split()) | MORE[engine]


@pytest.mark.parametrize("engine", ["mongodb", "postgresql"])
def test_what_is_not_run_is_named_with_its_reason_and_is_no_core_rule(engine):
    named = {rule for group in rules_not_run(engine) for rule in group.rules}
    assert named
    assert all(group.why for group in rules_not_run(engine))
    assert not named & (set(CORE[engine].split()) | MORE[engine])


def test_every_rule_has_its_cases():
    core = {rule for text in CORE.values() for rule in text.split()}
    assert set(files()) == core.union(*MORE.values())


def test_every_rule_has_a_case_that_fires_and_one_that_is_silent():
    rule_cases.assert_fires_and_is_silent(files())
