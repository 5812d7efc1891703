"""All Hypothesis strategies: attribute values, items, expressions.

Values are in wire form with canonical number text. Names and values are drawn from small sets, so
that expressions and items drawn apart have something to do with each other.
"""

from __future__ import annotations

import base64
import os
from decimal import Decimal

from hypothesis import strategies as st

from tablewright.local.expressions.nodes import (
    AddAction,
    And,
    Arithmetic,
    Between,
    ComparisonNode,
    DeleteAction,
    DocumentPath,
    Function,
    In,
    Not,
    Or,
    RemoveAction,
    SetAction,
    UpdateNode,
    ValuePlaceholder,
)


def examples(count: int) -> int:
    """How many examples to draw: `count`, and far more under HYPOTHESIS_PROFILE=full."""
    return count * 20 if os.environ.get("HYPOTHESIS_PROFILE") == "full" else count


NAMES = ["a", "b", "c", "d"]

# Attribute values


def canonical(number: Decimal) -> str:
    """Number text as the engine keeps it: no exponent, no zeros that say nothing."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


texts = st.sampled_from(["", "a", "ab", "b", "Zoë", "😀"])
numbers = st.builds(
    lambda digits, exponent: canonical(Decimal(digits).scaleb(exponent)),
    st.integers(-120, 120),
    st.integers(-2, 2),
)
binaries = st.sampled_from([b"", b"a", b"ab", b"\x00\xff"]).map(
    lambda raw: base64.b64encode(raw).decode()
)

strings = texts.map(lambda text: {"S": text})
plain_values = st.one_of(
    strings,
    numbers.map(lambda text: {"N": text}),
    binaries.map(lambda text: {"B": text}),
    st.booleans().map(lambda truth: {"BOOL": truth}),
    st.just({"NULL": True}),
)
set_values = st.one_of(
    st.lists(texts, min_size=1, max_size=3, unique=True).map(lambda some: {"SS": some}),
    st.lists(numbers, min_size=1, max_size=3, unique=True).map(lambda some: {"NS": some}),
    st.lists(binaries, min_size=1, max_size=3, unique=True).map(lambda some: {"BS": some}),
)
values = st.recursive(
    plain_values | set_values,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda some: {"L": some}),
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=3).map(lambda some: {"M": some}),
    ),
    max_leaves=6,
)
items = st.dictionaries(st.sampled_from(NAMES), values, max_size=4)

# Expressions

VALUE_NAMES = [":v0", ":v1", ":v2"]
value_maps = st.fixed_dictionaries(dict.fromkeys(VALUE_NAMES, values))

paths = st.builds(
    lambda first, rest: DocumentPath((first, *rest)),
    st.sampled_from([*NAMES, "#n0"]),
    st.lists(st.sampled_from([*NAMES, 0, 1]), max_size=2),
)
value_nodes = st.sampled_from(VALUE_NAMES).map(ValuePlaceholder)
operands = st.one_of(
    paths, value_nodes, (paths | value_nodes).map(lambda one: Function("size", (one,)))
)
leaf_conditions = st.one_of(
    st.builds(
        ComparisonNode, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), operands, operands
    ),
    st.builds(Between, operands, operands, operands),
    st.builds(In, operands, st.lists(operands, min_size=1, max_size=3).map(tuple)),
    st.builds(
        lambda name, path: Function(name, (path,)),
        st.sampled_from(["attribute_exists", "attribute_not_exists"]),
        paths,
    ),
    st.builds(
        lambda name, one, other: Function(name, (one, other)),
        st.sampled_from(["begins_with", "contains"]),
        operands,
        operands,
    ),
)
conditions = st.recursive(
    leaf_conditions,
    lambda inner: st.one_of(
        st.builds(And, inner, inner), st.builds(Or, inner, inner), st.builds(Not, inner)
    ),
    max_leaves=6,
)

set_operands = st.recursive(
    paths | value_nodes,
    lambda inner: st.one_of(
        st.builds(lambda one, other: Function("list_append", (one, other)), inner, inner),
        st.builds(lambda path, other: Function("if_not_exists", (path, other)), paths, inner),
    ),
    max_leaves=3,
)
sums = st.builds(Arithmetic, st.sampled_from("+-"), set_operands, set_operands)
updates = st.builds(
    UpdateNode,
    st.lists(st.builds(SetAction, paths, set_operands | sums), max_size=2).map(tuple),
    st.lists(st.builds(RemoveAction, paths), max_size=2).map(tuple),
    st.lists(st.builds(AddAction, paths, value_nodes), max_size=1).map(tuple),
    st.lists(st.builds(DeleteAction, paths, value_nodes), max_size=1).map(tuple),
).filter(lambda update: bool(update.actions))

EXPRESSION_WORDS = [
    "(",
    ")",
    "[",
    "]",
    ".",
    ",",
    "+",
    "-",
    "=",
    "<",
    ">",
    "<=",
    ">=",
    "<>",
    "#",
    ":",
    "a",
    "b",
    "0",
    "1",
    "é",
    '"',
    "'",
    "b.c",
    "d[0]",
    "#n0",
    ":v0",
    ":v1",
    "AND",
    "or",
    "NOT",
    "between",
    "IN",
    "SET",
    "remove",
    "ADD",
    "DELETE",
    "name",
    "size(",
    "contains(",
    "begins_with(",
    "attribute_exists(",
    "attribute_type(",
    "if_not_exists(",
    "list_append(",
    "foo(",
    "((",
    "))",
    "99999999999",
]
expression_words = st.sampled_from([*EXPRESSION_WORDS, " ", "\t"])
expression_texts = st.one_of(
    st.lists(expression_words, max_size=25).map(" ".join),
    st.lists(expression_words, max_size=25).map("".join),
    st.text(max_size=40),
)


# Model files

SNIPPETS = (b"{", b"}", b"[", b"]", b": ", b"\n", b"\t", b"-", b"&a ", b"*a ", b"<<", b"\x00")
SNIPPETS += (
    b"\xff",
    b"\xc2\x85",
    b"(assumed)",
    b"1e9999999",
    b"%",
    b"'",
    b'"',
    b"|",
    b"!!x ",
    b"~",
)


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """The bytes of a file, written over in a few places with what upsets a YAML reader."""
    edits = st.lists(st.tuples(st.integers(0, len(data)), st.sampled_from(SNIPPETS)), max_size=4)

    def apply(places: list[tuple[int, bytes]]) -> bytes:
        out = data
        for at, snippet in places:
            out = out[:at] + snippet + out[at + len(snippet) :]
        return out

    return edits.map(apply)
