"""Updates on a literal item; results worked out from the Developer Guide by hand."""

import copy

import pytest

from tablewright.local.expressions import apply_update, parse_update, project
from tablewright.local.faults import ValidationException

ITEM = {
    "n": {"N": "5"},
    "s": {"S": "abc"},
    "l": {"L": [{"N": "1"}, {"S": "x"}]},
    "m": {"M": {"a": {"N": "1"}, "b": {"L": [{"N": "1"}]}}},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
}
VALUES = {
    ":n": {"N": "1"},
    ":n9": {"N": "9"},
    ":s": {"S": "a"},
    ":z": {"S": "z"},
    ":l": {"L": [{"N": "9"}]},
    ":ss": {"SS": ["a", "c"]},
    ":all": {"SS": ["b", "a"]},
    ":ns": {"NS": ["2", "3"]},
}


def after(text, item=ITEM):
    """The attributes that differ after the update; None for those that are gone."""
    before = copy.deepcopy(item)
    new = apply_update(parse_update(text, None, VALUES), item).item
    assert item == before, "the item given must stay as it is"
    names = [*item, *(name for name in new if name not in item)]
    return {name: new.get(name) for name in names if new.get(name) != item.get(name)}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("SET a = :n", {"a": {"N": "1"}}),
        ("set a = n remove s", {"a": {"N": "5"}, "s": None}),
        ("SET n = n + :n9", {"n": {"N": "14"}}),
        ("SET n = :n - n", {"n": {"N": "-4"}}),
        ("SET a = (n + :n)", {"a": {"N": "6"}}),
        ("SET a = (n) + (n)", {"a": {"N": "10"}}),
        ("SET a = s, s = :z", {"a": {"S": "abc"}, "s": {"S": "z"}}),  # read before written
        (
            "SET n = m.a, m.a = n",
            {"n": {"N": "1"}, "m": {"M": {"a": {"N": "5"}, "b": {"L": [{"N": "1"}]}}}},
        ),
        ("SET a = if_not_exists(a, :n) + :n", {"a": {"N": "2"}}),
        ("SET n = if_not_exists(n, :n)", {}),
        ("SET n = if_not_exists(n, absent)", {}),  # the second operand is not wanted
        ("SET a = if_not_exists(m.zz, :n)", {"a": {"N": "1"}}),
        ("SET l = list_append(l, :l)", {"l": {"L": [{"N": "1"}, {"S": "x"}, {"N": "9"}]}}),
        ("SET l = list_append(:l, l)", {"l": {"L": [{"N": "9"}, {"N": "1"}, {"S": "x"}]}}),
        ("SET a = list_append(if_not_exists(a, :l), :l)", {"a": {"L": [{"N": "9"}, {"N": "9"}]}}),
        ("SET l[0] = :n9", {"l": {"L": [{"N": "9"}, {"S": "x"}]}}),
        (
            "SET l[7] = :n9, l[5] = :z",
            {"l": {"L": [{"N": "1"}, {"S": "x"}, {"S": "z"}, {"N": "9"}]}},
        ),
        ("SET l[1] = l[0], l[0] = l[1]", {"l": {"L": [{"S": "x"}, {"N": "1"}]}}),
        (
            "SET m.b[0] = :s, m.c = m.a",
            {"m": {"M": {"a": {"N": "1"}, "b": {"L": [{"S": "a"}]}, "c": {"N": "1"}}}},
        ),
        ("REMOVE absent", {}),
        ("REMOVE m.a", {"m": {"M": {"b": {"L": [{"N": "1"}]}}}}),
        ("REMOVE m.zz", {}),
        ("REMOVE l[9]", {}),
        ("REMOVE l[0]", {"l": {"L": [{"S": "x"}]}}),
        ("REMOVE l[0], l[1]", {"l": {"L": []}}),  # positions are those before the update
        ("REMOVE l[0] SET l[1] = :n9", {"l": {"L": [{"N": "9"}]}}),
        ("REMOVE l[0] SET l[5] = :n9", {"l": {"L": [{"S": "x"}, {"N": "9"}]}}),
        ("ADD a :n", {"a": {"N": "1"}}),
        ("ADD n :n", {"n": {"N": "6"}}),
        (
            "ADD m.a :n, m.z :n",
            {"m": {"M": {"a": {"N": "2"}, "b": {"L": [{"N": "1"}]}, "z": {"N": "1"}}}},
        ),
        ("ADD l[0] :n", {"l": {"L": [{"N": "2"}, {"S": "x"}]}}),
        ("ADD ss :ss", {"ss": {"SS": ["a", "b", "c"]}}),
        ("ADD ns :ns", {"ns": {"NS": ["1", "2", "3"]}}),
        ("ADD a :ss", {"a": {"SS": ["a", "c"]}}),
        ("DELETE ss :ss", {"ss": {"SS": ["b"]}}),
        ("DELETE ss :all", {"ss": None}),  # a set is never empty
        ("DELETE absent :ss", {}),
        ("DELETE m.zz :ss", {}),
        (
            "SET n = :n ADD ns :ns DELETE ss :ss REMOVE s",
            {"n": {"N": "1"}, "ns": {"NS": ["1", "2", "3"]}, "ss": {"SS": ["b"]}, "s": None},
        ),
    ],
)
def test_update_changes_just_what_it_says(text, changed):
    assert after(text) == changed


MISSING = "The provided expression refers to an attribute that does not exist in the item"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"
NOWHERE = "The document path provided in the update expression is invalid for update"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SET a = b", MISSING),
        ("SET a = absent.z", MISSING),
        ("SET a = l[9]", MISSING),
        ("SET a = a + :n", MISSING),
        ("SET a = :n, b = a", MISSING),
        ("SET a = if_not_exists(a, b)", MISSING),
        ("SET a = list_append(absent, :l)", MISSING),
        ("SET s = s + :n", WRONG_TYPE),
        ("SET a = list_append(l, s)", WRONG_TYPE),
        ("SET a = if_not_exists(a, :s) + :n", WRONG_TYPE),
        ("ADD ss :ns", WRONG_TYPE),
        ("ADD ss :n", WRONG_TYPE),
        ("ADD s :n", WRONG_TYPE),
        ("ADD n :ss", WRONG_TYPE),
        ("DELETE ss :ns", WRONG_TYPE),
        ("SET absent.z = :n", NOWHERE),
        ("SET absent.z = b", NOWHERE),
        ("SET a = b, absent.z = :n", NOWHERE),
        ("SET absent[0] = :n", NOWHERE),
        ("SET l[0].x = :n", NOWHERE),
        ("SET s.x = :n", NOWHERE),
        ("SET m[0] = :n", NOWHERE),
        ("SET l.a = :n", NOWHERE),
        ("REMOVE absent.z", NOWHERE),
        ("REMOVE absent[0]", NOWHERE),
        ("REMOVE s.x", NOWHERE),
        ("ADD absent.z :n", NOWHERE),
        ("DELETE absent.z :ss", NOWHERE),
    ],
)
def test_update_that_does_not_fit_the_item_is_refused(text, message):
    with pytest.raises(ValidationException) as caught:
        after(text)
    assert caught.value.message == message


def test_sums_are_exact_to_38_digits_and_in_canonical_text():
    cases = [
        ("0.1", "0.2", "0.3"),
        ("99999999999999999999999999999999999999", "1", "1" + "0" * 38),
        ("1", "-1", "0"),
        ("12" * 19, "0", "12" * 19),
        ("0." + "0" * 37 + "1", "1", ""),
    ]
    for one, other, total in cases[:-1]:
        update = parse_update("ADD a :v", None, {":v": {"N": other}})
        assert apply_update(update, {"a": {"N": one}}).item == {"a": {"N": total}}
    one, other, _ = cases[-1]  # 39 digits: refused, not rounded
    with pytest.raises(ValidationException, match="more than 38 significant digits"):
        apply_update(parse_update("ADD a :v", None, {":v": {"N": other}}), {"a": {"N": one}})


def test_sums_out_of_range_are_refused():
    highest = {"N": "9" * 38 + "0" * 88}  # 9.99…E+125
    with pytest.raises(ValidationException, match="Number overflow"):
        apply_update(parse_update("ADD a :v", None, {":v": highest}), {"a": highest})
    one, other = {"N": "0." + "0" * 129 + "1"}, {"N": "0." + "0" * 129 + "11"}
    with pytest.raises(ValidationException, match="Number underflow"):
        apply_update(parse_update("SET a = a - :v", None, {":v": other}), {"a": one})


def test_the_result_names_what_was_written():
    update = parse_update("SET #m.a = :n REMOVE l[1] ADD n :n", {"#m": "m"}, VALUES)
    result = apply_update(update, ITEM)
    assert result.touched == {"m", "l", "n"}
    assert result.paths == (("m", "a"), ("l", 1), ("n",))
    assert project(result.paths, ITEM) == {
        "m": {"M": {"a": {"N": "1"}}},
        "l": {"L": [{"S": "x"}]},
        "n": {"N": "5"},
    }
    assert project(result.paths, result.item) == {"m": {"M": {"a": {"N": "1"}}}, "n": {"N": "6"}}
