"""Conditions and filters on literal items; answers worked out from the Developer Guide by hand."""

import pytest

from tablewright.local.expressions import evaluate, parse_condition

ITEM = {
    "pk": {"S": "1"},
    "n": {"N": "5"},
    "s": {"S": "abc"},
    "l": {"L": [{"N": "1"}, {"S": "x"}]},
    "m": {"M": {"a": {"N": "1"}, "b": {"L": [{"N": "1"}]}}},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
    "nul": {"NULL": True},
    "bo": {"BOOL": True},
    "bin": {"B": "YWI="},  # the bytes "ab"
    "emo": {"S": "é😀"},
    "lset": {"L": [{"SS": ["a", "b"]}]},
}
VALUES = {
    ":n": {"N": "1"},
    ":n5": {"N": "5"},
    ":n9": {"N": "9"},
    ":n10": {"N": "10"},
    ":n2": {"N": "2"},
    ":n3": {"N": "3"},
    ":s": {"S": "a"},
    ":c": {"S": "c"},
    ":str": {"S": "S"},
    ":ss": {"SS": ["b", "a"]},
    ":lset": {"L": [{"SS": ["b", "a"]}]},
    ":b": {"B": "YQ=="},  # "a"
    ":bb": {"B": "Yg=="},  # "b"
    ":t": {"BOOL": True},
    ":f": {"BOOL": False},
    ":nul": {"NULL": True},
    ":m": {"M": {"b": {"L": [{"N": "1"}]}, "a": {"N": "1"}}},
}


def holds(text, item=ITEM, names=None):
    return evaluate(parse_condition(text, names, VALUES), item)


@pytest.mark.parametrize(
    "text",
    [
        "n = :n5",
        ":n5 = n",
        "n <> :n",
        "n < :n9",
        "n < :n10",  # as numbers, not as text
        "n >= :n5",
        "n BETWEEN :n AND :n9",
        "n BETWEEN :n5 AND :n5",
        "n IN (:n, :n5)",
        "s > :s",
        "ss = :ss",  # sets have no order
        "lset = :lset",  # nor have they inside a list
        "m = :m",
        "nul = :nul",
        "bo = :t",
        "bo <> :f",
        "bin > :b",
        "l[0] = :n",
        "m.b[0] = :n",
        "m.a = l[0]",
        "absent <> :n",  # not equal, for want of anything to compare
        "n <> :s",
        "NOT absent = :n",
        "absent <> other1",
        "attribute_exists(n)",
        "attribute_exists(m.b[0])",
        "attribute_not_exists(m.b[1])",
        "attribute_not_exists(s.x)",
        "attribute_type(s, :str)",
        "begins_with(s, :s)",
        "begins_with(bin, :b)",
        "contains(s, :c)",
        "contains(ss, :s)",
        "contains(l, :n)",
        "contains(lset, :ss)",
        "contains(bin, :bb)",
        "contains(:c, :c)",
        "size(s) = :n3",
        "size(emo) = :n3",  # UTF-16 units: one and two
        "size(bin) = :n2",
        "size(ss) = size(l)",
        "size(m) = :n2",
        "size(s) BETWEEN :n AND :n9",
        "size(n) <> :n",  # a number has no size
        "n = :n OR s = :s OR n = :n5",
        "n = :n5 OR s = :s AND n = :n",  # AND binds tighter
        "NOT n = :n AND n = :n5",
        "NOT (n = :n AND n = :n5)",
        "(n) = (:n5)",
        "(n = :n5) and ((s > :s) or (n = :n))",
        "NOT NOT n = :n5",
        "n=:n5\n\tAND\rs>:s",
    ],
)
def test_condition_holds(text):
    assert holds(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "n = :n",
        "n = :s",
        "n < :s",
        "s BETWEEN :n AND :n9",
        "absent = :n",
        "absent = other1",
        "absent < :n",
        "absent BETWEEN :n AND :n9",
        "absent IN (:n)",
        "n BETWEEN absent AND :n9",
        "size(n) = :n",
        "size(absent) = :n",
        "l = :lset",
        "contains(n, :n)",
        "contains(s, :n)",
        "contains(ss, :ss)",
        "contains(m, :s)",
        "contains(absent, :s)",
        "begins_with(n, :s)",
        "attribute_type(n, :str)",
        "attribute_type(absent, :str)",
        "attribute_exists(s.x)",
        "attribute_exists(l[2])",
        "(n = :n5 OR s = :s) AND n = :n",
        "NOT n = :n5 OR n = :n",
        "ss > l",
    ],
)
def test_condition_does_not_hold(text):
    assert holds(text) is False


def test_placeholders_stand_for_names_whatever_the_names_contain():
    item = {"a.b": {"M": {"#x": {"N": "5"}}}}
    names = {"#0": "a.b", "#1": "#x"}
    assert holds("#0.#1 = :n5", item, names)
    assert not holds("#0.b = :n5", item, names)


def test_conditions_on_an_absent_item_see_no_attributes():
    assert holds("attribute_not_exists(pk)", {})
    assert not holds("attribute_exists(pk)", {})


def test_a_condition_names_every_path_it_mentions():
    condition = parse_condition("#a.b[2] = :n AND size(c) < :n9", {"#a": "x"}, VALUES)
    assert condition.paths == (("x", "b", 2), ("c",))
    assert condition.used_names == {"#a"}
    assert condition.used_values == {":n", ":n9"}


def test_the_same_text_is_bound_anew_to_other_names_and_values():
    first = parse_condition("#a = :v", {"#a": "n"}, {":v": {"N": "5"}})
    second = parse_condition("#a = :v", {"#a": "s"}, {":v": {"S": "abc"}})
    third = parse_condition("#a = :v", {"#a": "n"}, {":v": {"N": "6"}})
    assert [evaluate(one, ITEM) for one in (first, second, third)] == [True, True, False]
