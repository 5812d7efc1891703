"""Projections of a literal item."""

import pytest

from tablewright.local.expressions import parse_projection, project

ITEM = {
    "s": {"S": "abc"},
    "n": {"N": "5"},
    "l": {"L": [{"N": "1"}, {"M": {"x": {"N": "2"}, "y": {"N": "3"}}}, {"S": "z"}]},
    "m": {"M": {"a": {"N": "1"}, "b": {"L": [{"N": "1"}]}}},
}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("s, n", {"s": {"S": "abc"}, "n": {"N": "5"}}),
        ("absent", {}),
        ("s, absent", {"s": {"S": "abc"}}),
        ("m.a", {"m": {"M": {"a": {"N": "1"}}}}),
        ("m.b[0], m.a", {"m": {"M": {"b": {"L": [{"N": "1"}]}, "a": {"N": "1"}}}}),
        ("l[2], l[0]", {"l": {"L": [{"N": "1"}, {"S": "z"}]}}),  # in the order of the list
        ("l[1].y", {"l": {"L": [{"M": {"y": {"N": "3"}}}]}}),
        ("l[0].x", {}),
        ("l[9]", {}),
        ("m.zz", {}),
        ("m.a.b", {}),
        ("s.a", {}),
        ("m[0]", {}),
    ],
)
def test_projection_takes_the_named_parts(text, part):
    assert project(parse_projection(text), ITEM) == part


def test_projection_knows_its_top_level_attributes():
    projection = parse_projection("m.a, m.b, #s", {"#s": "s"})
    assert projection.top_level == ("m", "s")
    assert projection.names is None
    assert projection.used_names == {"#s"}
