"""The legacy parameters: meaning by the Developer Guide, wording by dynalite's tests."""

import pytest

from tablewright.local.expressions import (
    apply_update,
    condition_from_expected,
    condition_from_filter,
    evaluate,
    key_condition_from_legacy,
    project,
    projection_from_attributes_to_get,
    update_from_attribute_updates,
)
from tablewright.local.faults import ValidationException

ITEM = {
    "n": {"N": "5"},
    "s": {"S": "abc"},
    "ss": {"SS": ["a", "b"]},
    "#odd.name[0]": {"N": "1"},
}
N5, N9, ABC, B = {"N": "5"}, {"N": "9"}, {"S": "abc"}, {"S": "b"}


def compares(operator, *values):
    return {"ComparisonOperator": operator, "AttributeValueList": list(values)}


@pytest.mark.parametrize(
    ("name", "condition", "holds"),
    [
        ("n", compares("EQ", N5), True),
        ("n", compares("NE", N5), False),
        ("absent", compares("NE", N5), True),
        ("n", compares("LT", N9), True),
        ("n", compares("GE", N9), False),
        ("n", compares("BETWEEN", N5, N9), True),
        ("n", compares("IN", N9, N5), True),
        ("n", compares("NULL"), False),
        ("absent", compares("NULL"), True),
        ("n", compares("NOT_NULL"), True),
        ("s", compares("CONTAINS", B), True),
        ("ss", compares("CONTAINS", B), True),
        ("s", compares("NOT_CONTAINS", B), False),
        ("s", compares("NOT_CONTAINS", {"S": "z"}), True),
        ("absent", compares("NOT_CONTAINS", B), False),
        ("s", compares("BEGINS_WITH", {"S": "ab"}), True),
        ("#odd.name[0]", compares("EQ", {"N": "1"}), True),  # names are names, whatever is in them
    ],
)
def test_filter_conditions(name, condition, holds):
    assert evaluate(condition_from_filter({name: condition}), ITEM) is holds


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Value": N5}, True),
        ({"Value": N9}, False),
        ({"Exists": True, "Value": N5}, True),
        ({"Exists": False}, False),
        ({"ComparisonOperator": "GT", "Value": {"N": "4"}}, True),
    ],
)
def test_expected_conditions(condition, holds):
    assert evaluate(condition_from_expected({"n": condition}), ITEM) is holds


def test_conditional_operator_joins_the_conditions():
    conditions = {"n": compares("EQ", N5), "s": compares("EQ", B)}
    assert not evaluate(condition_from_filter(conditions), ITEM)
    assert not evaluate(condition_from_filter(conditions, "AND"), ITEM)
    assert evaluate(condition_from_filter(conditions, "OR"), ITEM)


BAD = "One or more parameter values were invalid: "


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({}, BAD + "Value must be provided when Exists is null for Attribute: n"),
        ({"Exists": True}, BAD + "Value must be provided when Exists is true for Attribute: n"),
        (
            {"Exists": False, "Value": N5},
            BAD + "Value cannot be used when Exists is false for Attribute: n",
        ),
        (
            {"Value": N5, "AttributeValueList": [N5]},
            BAD + "Value and AttributeValueList cannot be used together for Attribute: n",
        ),
        (
            {"Exists": True, "ComparisonOperator": "EQ", "Value": N5},
            BAD + "Exists and ComparisonOperator cannot be used together for Attribute: n",
        ),
        (
            {"AttributeValueList": [N5]},
            BAD + "AttributeValueList can only be used with a ComparisonOperator for Attribute: n",
        ),
        (
            compares("BETWEEN", N5),
            BAD + "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
        ),
        (
            compares("IN", N5, B),
            BAD + "AttributeValues inside AttributeValueList must be of same type",
        ),
        (
            compares("LT", {"SS": ["a"]}),
            BAD + "ComparisonOperator LT is not valid for SS AttributeValue type",
        ),
        (
            compares("BETWEEN", N9, N5),
            "The BETWEEN condition was provided a range where the lower bound is greater than the "
            "upper bound",
        ),
    ],
)
def test_malformed_expected_is_refused(condition, message):
    with pytest.raises(ValidationException) as caught:
        condition_from_expected({"n": condition})
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("update", "after"),
    [
        ({"n": {"Value": N9}}, {"n": N9}),
        ({"n": {"Action": "PUT", "Value": N9}}, {"n": N9}),
        ({"n": {"Action": "ADD", "Value": N9}}, {"n": {"N": "14"}}),
        ({"x": {"Action": "ADD", "Value": N9}}, {"n": N5, "x": N9}),
        ({"x": {"Action": "ADD", "Value": {"L": [N9]}}}, {"n": N5, "x": {"L": [N9]}}),
        ({"n": {"Action": "DELETE"}}, {}),
        ({"x": {"Action": "DELETE", "Value": {"SS": ["a"]}}}, {"n": N5}),
    ],
)
def test_attribute_updates(update, after):
    assert apply_update(update_from_attribute_updates(update), {"n": N5}).item == after


@pytest.mark.parametrize(
    ("update", "message"),
    [
        ({"Action": "PUT"}, "Only DELETE action is allowed when no attribute value is specified"),
        (
            {"Action": "DELETE", "Value": N5},
            "DELETE action with value is not supported for the type N",
        ),
        ({"Action": "ADD", "Value": ABC}, "ADD action is not supported for the type S"),
    ],
)
def test_malformed_attribute_updates_are_refused(update, message):
    with pytest.raises(ValidationException) as caught:
        update_from_attribute_updates({"n": update})
    assert caught.value.message == BAD + message


def test_attributes_to_get_are_names_and_not_paths():
    projection = projection_from_attributes_to_get(["#odd.name[0]", "absent"])
    assert project(projection, ITEM) == {"#odd.name[0]": {"N": "1"}}


def test_attributes_to_get_names_each_once():
    with pytest.raises(ValidationException, match="Duplicate value in attribute name: n"):
        projection_from_attributes_to_get(["n", "n"])


def test_key_conditions_become_the_same_value_as_their_expression():
    found = key_condition_from_legacy(
        {"sk": compares("BEGINS_WITH", B), "pk": compares("EQ", ABC)},
        partition_keys=["pk"],
        sort_keys=["sk"],
        key_types={"pk": "S", "sk": "S"},
    )
    assert (found.partition, found.operator, found.operands) == ((ABC,), "begins_with", (B,))


def test_key_conditions_with_an_operator_no_index_serves_are_refused():
    with pytest.raises(ValidationException) as caught:
        key_condition_from_legacy({"pk": compares("NE", ABC)}, partition_keys=["pk"])
    assert caught.value.message == (
        "Attempted conditional constraint is not an indexable operation"
    )
