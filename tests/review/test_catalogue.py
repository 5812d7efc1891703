"""The rule files: complete, strict, and joined to their predicates."""

from decimal import Decimal

import pytest

from tablewright.core.errors import DataError, UsageError
from tablewright.engines.dynamodb.rules import dynamodb_rules, dynamodb_rules_not_run, key_design
from tablewright.review import catalogue as module
from tablewright.review.conditions import RuleCondition
from tablewright.review.findings import Level


def test_a_rule_that_is_not_run_is_named_with_its_reason():
    groups = dynamodb_rules_not_run()
    assert groups
    assert all(group.why for group in groups)
    named = {rule for group in groups for rule in group.rules}
    assert not named & {rule.id for rule in dynamodb_rules().rules}


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


def test_what_an_entry_leaves_out_is_empty_and_what_it_says_is_kept():
    plain = read(GOOD)
    assert (plain.scale, plain.supersedes, plain.needs, plain.levels) == (False, (), (), ())
    assert (plain.effect, plain.note, plain.only_when) == ("", "", None)
    full = read(
        {
            **GOOD,
            "scale": True,
            "supersedes": ["DDB-KEY-002"],
            "needs": ["ttl"],
            "effect": " e ",
            "note": " n ",
            "only_when": "save >= k.min_save",
            "severity_when": [{"when": "a > 1", "then": "high"}, {"when": "a > 0", "then": "low"}],
            "severity": "info",
            "sources": ["https://example.com"],
        }
    )
    assert (full.scale, full.supersedes, full.needs) == (True, ("DDB-KEY-002",), ("ttl",))
    assert (full.effect, full.note, full.sources) == ("e", "n", ("https://example.com",))
    assert [full.level_for({"a": Decimal(n)}) for n in (2, 1, 0)] == [
        Level.HIGH,
        Level.LOW,
        Level.INFO,
    ]
    assert full.only_when is not None
    assert full.only_when.holds({"save": Decimal(1)})
    assert not full.only_when.holds({"save": Decimal("0.9")})
    assert (full.title, full.category, full.subject) == ("t", "key_design", "table")
    assert (full.check, full.why, full.fix_kind, full.fix) == ("c", "w", "set_option", "d")


def test_thresholds_are_numbers_or_documented_limits():
    read_thresholds = module.read_thresholds
    item = {"limit": "item_bytes"}
    found = read_thresholds(
        {
            "plain": {"value": "1.5"},
            "noted": {"value": 2, "note": "as we see it", "hard": True},
            "item": item,
            "own": {**item, "note": "of an item"},
        }
    )
    assert {name: (t.name, t.value, t.is_limit) for name, t in found.items()} == {
        "plain": ("plain", Decimal("1.5"), False),
        "noted": ("noted", Decimal(2), True),
        "item": ("item", Decimal(400 * 1024), True),
        "own": ("own", Decimal(400 * 1024), True),
    }
    assert [t.note for t in found.values()] == [
        "",
        "as we see it",
        module.limit_named("item_bytes").what,
        "of an item",
    ]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (5, "thresholds.yaml: t: a mapping is wanted, not 5"),
        ({}, "thresholds.yaml: t: missing key 'value'"),
        ({"value": "much"}, "thresholds.yaml: t: `much` is not a number"),
        ({"value": 1, "b": 1, "a": 2}, "thresholds.yaml: t: unknown key 'a', 'b'"),
        (
            {"limit": "item_bytes", "value": 1},
            "thresholds.yaml: t: unknown key 'value'",
        ),
    ],
)
def test_a_damaged_threshold_is_refused_by_its_name(value, says):
    with pytest.raises(DataError) as caught:
        module.read_thresholds({"t": value})
    assert caught.value.message == says


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"colour": "red"}, "key_design.yaml: DDB-KEY-001: unknown key 'colour'"),
        ({"severity": "dire"}, "key_design.yaml: DDB-KEY-001: `dire` is not a severity"),
        (
            {"severity_when": [{"when": "a", "then": "dire"}]},
            "key_design.yaml: DDB-KEY-001: `dire` is not a severity",
        ),
        ({"fix": {"kind": "k"}}, "key_design.yaml: DDB-KEY-001: fix: missing key 'do'"),
        (
            {"id": "DDB-KEY-999"},
            "key_design.yaml: DDB-KEY-999: no predicate ddb_key_999 for key_design.yaml",
        ),
    ],
)
def test_a_bad_entry_is_refused_with_file_rule_and_words(change, says):
    with pytest.raises(DataError) as caught:
        read({**GOOD, **change})
    assert caught.value.message == says


def test_what_is_no_rule_is_refused():
    with pytest.raises(DataError, match=r"^key_design\.yaml: a rule is a mapping, not 'x'$"):
        read("x")


def test_an_id_like_no_other_is_answered_with_where_they_are_listed():
    with pytest.raises(UsageError) as caught:
        module.find_rule([dynamodb_rules()], "zzz")
    assert (caught.value.message, caught.value.remedy) == (
        "no rule `zzz`",
        "`tablewright explain` lists them",
    )
    assert module.find_rule([dynamodb_rules()], "ddb-key-010").id == "DDB-KEY-010"
