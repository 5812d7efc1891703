"""The rule files: complete, strict, and joined to their predicates."""

from decimal import Decimal

import pytest

from tablewright.core.errors import DataError, UsageError
from tablewright.engines.dynamodb.rules import dynamodb_rules, key_design
from tablewright.review import catalogue as module
from tablewright.review.conditions import RuleCondition
from tablewright.review.findings import Level


def test_there_are_69_rules_that_concern_dynamodb():
    assert len(dynamodb_rules().rules) == 69


def test_the_weights_of_the_categories_add_up_to_100():
    assert sum(category.weight for category in dynamodb_rules().categories) == 100


def test_a_rule_supersedes_only_rules_that_exist():
    known = {rule.id for rule in dynamodb_rules().rules}
    for rule in dynamodb_rules().rules:
        assert set(rule.supersedes) <= known, rule.id


def test_every_rule_says_why_and_cites_a_source():
    for rule in dynamodb_rules().rules:
        assert rule.check, rule.id
        assert rule.why, rule.id
        assert rule.fix, rule.id
        assert all(source.startswith("https://") for source in rule.sources), rule.id


def test_a_rule_is_found_in_any_case_and_a_near_miss_is_named():
    assert dynamodb_rules().rule("ddb-key-010").id == "DDB-KEY-010"
    with pytest.raises(UsageError) as caught:
        dynamodb_rules().rule("DDB-KYE-010")
    assert "DDB-KEY-010" in caught.value.remedy


GOOD = {
    "id": "DDB-KEY-001",
    "title": "t",
    "engines": ["dynamodb"],
    "subject": "table",
    "severity": "low",
    "check": "c",
    "why": "w",
    "fix": {"kind": "set_option", "do": "d"},
    "sources": [],
}


def read(entry):
    return module.read_rule(
        entry, "key_design", vars(key_design), {"min_save": Decimal(1)}, "key_design.yaml"
    )


def test_a_good_entry_is_read():
    assert read(GOOD).level is Level.LOW


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"severity": "dreadful"}, "not a severity"),
        ({"subject": "moon"}, "subject `moon`"),
        ({"fix": {"kind": "set_option"}}, "missing key 'do'"),
        ({"id": "DDB-KEY-999"}, "no predicate ddb_key_999"),
        ({"only_when": "save >= k.nothing"}, "is not understood"),
        ({"only_when": "__import__('os')"}, "is not understood"),
        ({"only_when": "save >="}, "cannot be read"),
    ],
)
def test_a_bad_entry_is_refused(change, problem):
    with pytest.raises(DataError, match=problem):
        read({**GOOD, **change})


@pytest.mark.parametrize(
    ("text", "names", "holds"),
    [
        ("a > 1", {"a": Decimal(2)}, True),
        ("a > 1 and not b", {"a": Decimal(2), "b": True}, False),
        ("a / b >= 2", {"a": Decimal(4), "b": Decimal(2)}, True),
        ("a / b >= 2", {"a": Decimal(4), "b": Decimal(0)}, False),
        ("a > 1 or b", {"a": None, "b": True}, True),
        ("not a", {}, True),
    ],
)
def test_conditions_compare_and_an_unknown_value_never_holds(text, names, holds):
    assert RuleCondition(text, {}).holds(names) is holds
