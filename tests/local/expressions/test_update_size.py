"""How large an update statement counts: added up by hand from the costs measured on AWS."""

import pytest

from tablewright.local.expressions import parse_update

VALUES = {":v": {"S": "1234567890"}, ":n": {"N": "5"}, ":l": {"L": []}, ":s": {"SS": ["ab", "c"]}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SET ab = :v", 3 + 19 + 2 + 10),
        ("SET a = :v, b = :n", 3 + (19 + 1 + 10) + (19 + 1 + 2)),
        ("SET a.bc = :n", 3 + 19 + 1 + (4 + 2) + 2),  # a further element of the target
        ("SET a = bc", 3 + 19 + 1 + 1 + (14 + 2)),  # a path as operand
        ("SET a = b.c", 3 + 19 + 1 + 1 + 2 * (14 + 1)),
        ("SET a = a + :n", 3 + 19 + 1 + 34 + (1 + 14 + 1) + 2),
        ("SET a = a - :n", 3 + 19 + 1 + 37 + (1 + 14 + 1) + 2),
        ("SET a = if_not_exists(a, :n)", 3 + 19 + 1 + 39 + (1 + 14 + 1) + 2),
        ("SET a = list_append(a, :l)", 3 + 19 + 1 + 37 + (1 + 14 + 1) + 3),
        ("ADD a :n", 3 + 19 + 1 + 2),
        ("ADD a :s", 3 + 19 + 1 + 3),
        ("REMOVE abc", 3 + 1 + 3),
        ("REMOVE a, b.cd", 3 + (1 + 1) + (1 + 1 + 4 + 2)),
        ("DELETE a :s", 3 + 1 + 1),
    ],
)
def test_a_statement_counts_its_names_values_and_costs(text, expected):
    used = {name: value for name, value in VALUES.items() if name in text}
    assert parse_update(text, None, used).statement_bytes() == expected
