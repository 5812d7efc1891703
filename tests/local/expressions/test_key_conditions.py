"""Key conditions for tables with and without a sort key, and for indexes with several keys."""

import pytest

from tablewright.local.expressions import parse_key_condition
from tablewright.local.faults import ValidationException

VALUES = {
    ":p": {"S": "a"},
    ":n": {"N": "1"},
    ":n9": {"N": "9"},
    ":s": {"S": "s"},
}
TABLE = {"partition_keys": ["pk"], "sort_keys": ["sk"], "key_types": {"pk": "S", "sk": "N"}}


@pytest.mark.parametrize(
    ("text", "equals", "operator", "operands"),
    [
        ("pk = :p", (), None, ()),
        ("(pk = :p)", (), None, ()),
        (":p = pk", (), None, ()),
        ("pk = :p AND sk = :n", ({"N": "1"},), None, ()),
        ("sk = :n AND pk = :p", ({"N": "1"},), None, ()),
        ("pk = :p AND sk > :n", (), ">", ({"N": "1"},)),
        ("pk = :p AND :n < sk", (), ">", ({"N": "1"},)),
        ("pk = :p and (sk <= :n)", (), "<=", ({"N": "1"},)),
        ("pk = :p AND sk BETWEEN :n AND :n9", (), "BETWEEN", ({"N": "1"}, {"N": "9"})),
    ],
)
def test_key_condition_splits_into_partition_and_sort(text, equals, operator, operands):
    found = parse_key_condition(text, None, VALUES, **TABLE)
    assert found.partition == ({"S": "a"},)
    assert (found.sort_equals, found.operator, found.operands) == (equals, operator, operands)


def test_begins_with_is_a_range():
    found = parse_key_condition(
        "#p = :p AND begins_with(sk, :s)",
        {"#p": "pk"},
        VALUES,
        partition_keys=["pk"],
        sort_keys=["sk"],
        key_types={"pk": "S", "sk": "S"},
    )
    assert (found.operator, found.operands) == ("begins_with", ({"S": "s"},))
    assert found.used_names == {"#p"}
    assert found.used_values == {":p", ":s"}


INDEX = {"partition_keys": ["a", "b"], "sort_keys": ["c", "d", "e"]}


def test_index_with_several_keys_takes_equality_then_one_range():
    text = "b = :n AND a = :p AND c = :s AND d > :n9"
    found = parse_key_condition(text, None, VALUES, **INDEX)
    assert found.partition == ({"S": "a"}, {"N": "1"})
    assert found.sort_equals == ({"S": "s"},)
    assert (found.operator, found.operands) == (">", ({"N": "9"},))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = :p", "Query condition missed key schema element: b"),
        (
            "a = :p AND b = :n AND d = :n",
            "RANGE key attributes c must have equality conditions specified in the query because "
            "a condition is present on key attribute d",
        ),
        ("a = :p AND b > :n", "Query key condition not supported"),
        (
            "a = :p AND b = :n AND c > :n AND d = :n",
            "RANGE key attributes c must have equality conditions specified in the query because "
            "a condition is present on key attribute d",
        ),
    ],
)
def test_index_with_several_keys_takes_no_gap(text, message):
    with pytest.raises(ValidationException) as caught:
        parse_key_condition(text, None, VALUES, **INDEX)
    assert caught.value.message == message
