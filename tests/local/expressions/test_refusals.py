"""Wording of refused expressions.

Each message was recorded by sending the expression to DynamoDB Local 3.3 (2026-01-16), except
where a comment names dynalite's tests, which were recorded from the service itself.
"""

import pytest

from tablewright.local.expressions import (
    check_all_used,
    parse_condition,
    parse_key_condition,
    parse_projection,
    parse_update,
)
from tablewright.local.faults import ValidationException

VALUES = {
    ":n": {"N": "1"},
    ":n9": {"N": "9"},
    ":s": {"S": "a"},
    ":z": {"S": "z"},
    ":l": {"L": [{"N": "9"}]},
    ":m": {"M": {"x": {"N": "1"}}},
    ":ss": {"SS": ["a"]},
    ":ns": {"NS": ["1"]},
    ":b": {"B": "YQ=="},
    ":t": {"BOOL": True},
    ":nul": {"NULL": True},
}


def refusal(parse, *arguments, **options):
    with pytest.raises(ValidationException) as caught:
        parse(*arguments, **options)
    return caught.value.message


WRONG_TYPE = "Incorrect operand type for operator or function; "
DISTINCT = (
    "The first operand must be distinct from the remaining operands for this operator or function; "
)

CONDITIONS = {
    "": "The expression can not be empty;",
    "  ": 'Syntax error; token: "<EOF>", near: "  "',
    "foo": 'Syntax error; token: "<EOF>", near: "foo"',
    "foo = ": 'Syntax error; token: "<EOF>", near: "= "',
    "= :s": 'Syntax error; token: "=", near: "= :s"',
    "  = :n": 'Syntax error; token: "=", near: "  = :n"',
    "a b": 'Syntax error; token: "b", near: "a b"',
    "a == :s": 'Syntax error; token: "=", near: "== :s"',
    "a = :s :n": 'Syntax error; token: ":n", near: ":s :n"',
    "a = :s AND": 'Syntax error; token: "<EOF>", near: "AND"',
    "a = :s and (s = :z": 'Syntax error; token: "<EOF>", near: ":z"',
    "NOT": 'Syntax error; token: "<EOF>", near: "NOT"',
    "a = 'x'": 'Syntax error; token: "\'", near: "= \'x"',
    "a = 5": 'Syntax error; token: "5", near: "= 5"',
    "a.5 = :n": 'Syntax error; token: "5", near: ".5 ="',
    "a[x] = :n": 'Syntax error; token: "x", near: "[x]"',
    "a[-1] = :n": 'Syntax error; token: "-", near: "[-1"',
    "a != :n": 'Syntax error; token: "!", near: "a !="',
    "_a = :n": 'Syntax error; token: "_", near: "_a"',
    "a-b = :n": 'Syntax error; token: "-", near: "a-b"',
    "é = :n": 'Syntax error; token: "é", near: "é ="',
    "1a = :n": 'Syntax error; token: "1", near: "1a"',
    '"a" = :n': 'Syntax error; token: """, near: ""a"',
    ": = :n": 'Syntax error; token: ":", near: ": ="',
    "a = (b = :n)": 'Syntax error; token: "=", near: "b = :n"',
    "a = AND": 'Syntax error; token: "AND", near: "= AND"',
    "between = :n": 'Syntax error; token: "between", near: "between ="',
    "not = :n": 'Syntax error; token: "=", near: "not = :n"',
    "a = b + :n": 'Syntax error; token: "+", near: "b + :n"',
    "a = :n)": 'Syntax error; token: ")", near: ":n)"',
    "a = :n AND b IN :s": 'Syntax error; token: ":s", near: "IN :s"',
    "attribute_exists()": 'Syntax error; token: ")", near: "()"',
    "attribute_exists(a,)": 'Syntax error; token: ")", near: ",)"',
    "name AND b": 'Syntax error; token: "AND", near: "name AND b"',
    "((a = :n))": "The expression has redundant parentheses;",
    "((a)) = :n": "The expression has redundant parentheses;",
    "((a = :n)) AND b = :n": "The expression has redundant parentheses;",
    "a[99999999999] = :n": "List index is not within the allowable range; index: [99999999999]",
    "foo(a)": "Invalid function name; function: foo",
    "SIZE(a) > :n": "Invalid function name; function: SIZE",
    "foo(name) AND b = :zz": "Invalid function name; function: foo",
    "a = if_not_exists(b, :n)": (
        "The function is not allowed in a condition expression; function: if_not_exists"
    ),
    "size(a)": "The function is not allowed to be used this way in an expression; function: size",
    "NOT size(a)": (
        "The function is not allowed to be used this way in an expression; function: size"
    ),
    "size(a) AND b = :n": (
        "The function is not allowed to be used this way in an expression; function: size"
    ),
    "attribute_exists(a) = :t": (
        "The function is not allowed to be used this way in an expression; "
        "function: attribute_exists"
    ),
    "name = :n": "Attribute name is a reserved keyword; reserved keyword: name",
    "a.Name = :n": "Attribute name is a reserved keyword; reserved keyword: Name",
    "x = :zz AND name = :n": "Attribute name is a reserved keyword; reserved keyword: name",
    "a = :undefined": (
        "An expression attribute value used in expression is not defined; "
        "attribute value: :undefined"
    ),
    "q = :zz AND #a = :n": (
        "An expression attribute value used in expression is not defined; attribute value: :zz"
    ),
    "q = :n AND #a = :n": (
        "An expression attribute name used in the document path is not defined; attribute name: #a"
    ),
    "q = q AND #a = :n": DISTINCT + "operator: =, first operand: [q]",
    "a.b = a.b": DISTINCT + "operator: =, first operand: [a, b]",
    "contains(a[1], a[1])": DISTINCT + "operator: contains, first operand: [a, [1]]",
    "a IN (b, a)": DISTINCT + "operator: IN, first operand: [a]",
    "a BETWEEN a AND b": DISTINCT + "operator: BETWEEN, first operand: [a]",
    "attribute_exists(a, b)": (
        "Incorrect number of operands for operator or function; "
        "operator or function: attribute_exists, number of operands: 2"
    ),
    "contains(a)": (
        "Incorrect number of operands for operator or function; "
        "operator or function: contains, number of operands: 1"
    ),
    "attribute_exists(:n)": (
        "Operator or function requires a document path; operator or function: attribute_exists"
    ),
    "attribute_type(a, :n)": (WRONG_TYPE + "operator or function: attribute_type, operand type: N"),
    # The order of the types is dynalite's; DynamoDB Local prints a hash set.
    "attribute_type(a, :s)": (
        "Invalid attribute type name found; type: a, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
    ),
    "begins_with(a, :ss)": WRONG_TYPE + "operator or function: begins_with, operand type: SS",
    "begins_with(:n, a)": WRONG_TYPE + "operator or function: begins_with, operand type: N",
    "begins_with(a, :n) AND q = :zz": (
        WRONG_TYPE + "operator or function: begins_with, operand type: N"
    ),
    "size(:n) > :n": WRONG_TYPE + "operator or function: size, operand type: N",
    "size(size(a)) = :n": WRONG_TYPE + "operator or function: size, operand type: N",
    "a < :ss": WRONG_TYPE + "operator or function: <, operand type: SS",
    "a >= :m": WRONG_TYPE + "operator or function: >=, operand type: M",
    "a < :nul": WRONG_TYPE + "operator or function: <, operand type: NULL",
    "a BETWEEN :n9 AND :n": (
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
        "lower bound operand: AttributeValue: {N:9}, upper bound operand: AttributeValue: {N:1}"
    ),
    "a BETWEEN :ss AND :n": WRONG_TYPE + "operator or function: BETWEEN, operand type: SS",
    "a BETWEEN a AND :t": WRONG_TYPE + "operator or function: BETWEEN, operand type: BOOL",
    "delete < :n": 'Syntax error; token: "delete", near: "delete <"',
    "a BETWEEN :s AND :n": (
        "The BETWEEN operator requires same data type for lower and upper bounds; "
        "lower bound operand: AttributeValue: {S:a}, upper bound operand: AttributeValue: {N:1}"
    ),
    " AND ".join(
        ["a = :n"] * 151
    ): "The expression contains too many operators; operator count: 301",
    "NOT " * 300 + "a = :n": "The expression contains too many operators; operator count: 301",
    f"a IN ({','.join([':n'] * 101)})": (
        "The IN operator is provided with too many operands; number of operands: 101"
    ),
    ".".join("a" * 33) + " = :n": (
        "The document path has too many nesting levels; nesting levels: 33"
    ),
    " " * 5000 + "a = :n": (
        "Expression size has exceeded the maximum allowed size; expression size: 5006"
    ),
}


@pytest.mark.parametrize("text", CONDITIONS)
def test_refused_condition_says_what_the_service_says(text):
    found = refusal(parse_condition, text, {}, VALUES, parameter="FilterExpression")
    assert found == f"Invalid FilterExpression: {CONDITIONS[text]}"


@pytest.mark.parametrize(
    "text",
    [
        " AND ".join(["a = :n"] * 150),  # 299 operators
        "NOT " * 250 + "a = :n",
        "NOT (" * 200 + "a = :n" + ")" * 200,
        f"a IN ({','.join([':n'] * 100)})",
        ".".join("a" * 32) + " = :n",
        " OR ".join(["size(a) = :n"] * 100),  # 300 operators and functions
    ],
)
def test_condition_at_a_limit_is_accepted(text):
    parse_condition(text, None, VALUES)


def test_bounds_are_checked_again_for_every_request():
    text = "a BETWEEN :low AND :high"
    parse_condition(text, None, {":low": {"N": "1"}, ":high": {"N": "2"}})
    found = refusal(parse_condition, text, None, {":low": {"N": "10"}, ":high": {"N": "9"}})
    assert found.startswith("Invalid ConditionExpression: The BETWEEN operator requires upper")


UPDATES = {
    "": "The expression can not be empty;",
    " ": 'Syntax error; token: "<EOF>", near: " "',
    "foo": 'Syntax error; token: "foo", near: "foo"',
    "SET": 'Syntax error; token: "<EOF>", near: "SET"',
    "SET a": 'Syntax error; token: "<EOF>", near: "a"',
    "SET a = :n, ": 'Syntax error; token: "<EOF>", near: ", "',
    "SET a = :n b = :n": 'Syntax error; token: "b", near: ":n b ="',
    "REMOVE a b": 'Syntax error; token: "b", near: "a b"',
    "ADD a b": 'Syntax error; token: "b", near: "a b"',
    "ADD hits : incr": 'Syntax error; token: ":", near: "hits : incr"',
    "SET a = :n + :n + :n": 'Syntax error; token: "+", near: ":n + :n"',
    "SET a = (n + :n) + :n": 'Syntax error; token: "+", near: ") + :n"',
    "SET (a) = :n": 'Syntax error; token: "(", near: "SET (a"',
    "SET set = :n": 'Syntax error; token: "set", near: "SET set ="',
    "SET a = 5": 'Syntax error; token: "5", near: "= 5"',
    "SET a = ((n))": "The expression has redundant parentheses;",
    "SET a = :n SET b = :n": 'The "SET" section can only be used once in an update expression;',
    "SET a = foo(name)": "Invalid function name; function: foo",
    "SET a = size(l)": "The function is not allowed in an update expression; function: size",
    "SET name = :n": "Attribute name is a reserved keyword; reserved keyword: name",
    "SET x = :n REMOVE x.y, name": "Attribute name is a reserved keyword; reserved keyword: name",
    "SET a = :zz": (
        "An expression attribute value used in expression is not defined; attribute value: :zz"
    ),
    "SET a = :n REMOVE a": (
        "Two document paths overlap with each other; must remove or rewrite one of these paths; "
        "path one: [a], path two: [a]"
    ),
    "SET a.b.c = :n, a.b = :n": (
        "Two document paths overlap with each other; must remove or rewrite one of these paths; "
        "path one: [a, b, c], path two: [a, b]"
    ),
    "SET a.b = :n REMOVE a[0]": (
        "Two document paths conflict with each other; must remove or rewrite one of these paths; "
        "path one: [a, b], path two: [a, [0]]"
    ),
    "SET a = if_not_exists(:n, :n)": (
        "Operator or function requires a document path; operator or function: if_not_exists"
    ),
    "SET a = if_not_exists(a)": (
        "Incorrect number of operands for operator or function; "
        "operator or function: if_not_exists, number of operands: 1"
    ),
    "SET a = if_not_exists(q, q)": DISTINCT + "operator: if_not_exists, first operand: [q]",
    "SET a = list_append(list_append(l, :n), :l)": (
        "The function is not allowed to be used this way in an expression; function: list_append"
    ),
    "SET a = if_not_exists(a, list_append(l, :l))": (
        "The function is not allowed to be used this way in an expression; function: list_append"
    ),
    "SET name = :n + list_append(l, :l)": (
        "Attribute name is a reserved keyword; reserved keyword: name"
    ),
    "SET and = :n": 'Syntax error; token: "and", near: "SET and ="',
    "SET a[01] = :n": 'Syntax error; token: "1", near: "01]"',
    "SET n = n + :s": WRONG_TYPE + "operator or function: +, operand type: S",
    "SET a = list_append(l, :n)": (
        WRONG_TYPE + "operator or function: list_append, operand type: N"
    ),
    "ADD a :s": WRONG_TYPE
    + "operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
    "ADD a :t": (
        WRONG_TYPE + "operator: ADD, operand type: BOOLEAN, typeSet: ALLOWED_FOR_ADD_OPERAND"
    ),
    "DELETE a :n": (
        WRONG_TYPE + "operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND"
    ),
    "REMOVE " + "c" * 5000: "Expression size has exceeded the maximum allowed size;",
    "SET " + ", ".join(f"c{i}=:n+:n" for i in range(301)): (
        "The expression contains too many operators; operator count: 301"
    ),
}


@pytest.mark.parametrize("text", UPDATES)
def test_refused_update_says_what_the_service_says(text):
    assert refusal(parse_update, text, {}, VALUES) == f"Invalid UpdateExpression: {UPDATES[text]}"


PROJECTIONS = {
    "": "The expression can not be empty;",
    "s n": 'Syntax error; token: "n", near: "s n"',
    "s,": 'Syntax error; token: "<EOF>", near: ","',
    "(s)": 'Syntax error; token: "(", near: "(s"',
    "size(s)": 'Syntax error; token: "(", near: "size(s"',
    "in": 'Syntax error; token: "in", near: "in"',
    "name": "Attribute name is a reserved keyword; reserved keyword: name",
    "s, s": (
        "Two document paths overlap with each other; must remove or rewrite one of these paths; "
        "path one: [s], path two: [s]"
    ),
    "m.a, m[0]": (
        "Two document paths conflict with each other; must remove or rewrite one of these paths; "
        "path one: [m, a], path two: [m, [0]]"
    ),
}


@pytest.mark.parametrize("text", PROJECTIONS)
def test_refused_projection_says_what_the_service_says(text):
    assert refusal(parse_projection, text) == f"Invalid ProjectionExpression: {PROJECTIONS[text]}"


MISMATCH = (
    "One or more parameter values were invalid: Condition parameter type does not match schema type"
)
ONE_NAME = "Invalid condition in KeyConditionExpression: "
KEY_CONDITIONS = {
    "pk = :n": MISMATCH,
    "pk = :s AND sk = :s": MISMATCH,
    "pk = :s AND begins_with(sk, :s)": MISMATCH,
    "pk > :s": "Query key condition not supported",
    "begins_with(pk, :s)": "Query key condition not supported",
    # The name of the missing attribute: dynalite's tests.
    "sk = :n": "Query condition missed key schema element: pk",
    "pk = :s AND a = :n": "Query condition missed key schema element: sk",
    "pk = :s OR sk = :n": "Invalid operator used in KeyConditionExpression: OR",
    "NOT pk = :s": "Invalid operator used in KeyConditionExpression: NOT",
    "pk <> :s": "Invalid operator used in KeyConditionExpression: <>",
    "pk = :s AND sk IN (:n)": "Invalid operator used in KeyConditionExpression: IN",
    "pk = :s AND contains(sk, :n)": "Invalid operator used in KeyConditionExpression: contains",
    "pk = :s AND size(sk) = :n": "KeyConditionExpressions cannot contain nested operations",
    "pk = :s AND begins_with(pk, :s)": (
        "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition "
        "per key"
    ),
    "pk = :s AND sk > :n AND sk < :n9": (
        "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition "
        "per key"
    ),
    "pk = :s AND sk = :n AND a = :n": (
        "The number of query conditions (3) exceeds the number of key attributes defined in the "
        "schema (2)"
    ),
    "pk = sk": ONE_NAME + "Multiple attribute names used in one condition",
    "pk = :s AND begins_with(:s, sk)": (
        ONE_NAME + "begins_with operator must have the key attribute as its first operand"
    ),
    "pk.a = :s": (
        "Invalid KeyConditionExpression: Key attributes must be scalars; list random access '[]' "
        "and map lookup '.' are not "
        "allowed: Key: pk"
    ),
    "pk = :zz": (
        "Invalid KeyConditionExpression: An expression attribute value used in expression is not "
        "defined; attribute value: :zz"
    ),
    "pk = :s AND begins_with(sk, :n)": (
        "Invalid KeyConditionExpression: "
        + WRONG_TYPE
        + "operator or function: begins_with, operand type: N"
    ),
    "pk = :s AND sk BETWEEN :n9 AND :n": (
        "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater "
        "than or equal to lower bound; lower bound operand: AttributeValue: {N:9}, "
        "upper bound operand: AttributeValue: {N:1}"
    ),
}


@pytest.mark.parametrize("text", KEY_CONDITIONS)
def test_refused_key_condition_says_what_the_service_says(text):
    keys = {"partition_keys": ["pk"], "sort_keys": ["sk"], "key_types": {"pk": "S", "sk": "N"}}
    assert refusal(parse_key_condition, text, {}, VALUES, **keys) == KEY_CONDITIONS[text]


def test_condition_on_a_sort_key_the_table_does_not_have_is_refused():
    found = refusal(parse_key_condition, "pk = :s AND sk = :n", {}, VALUES, partition_keys=["pk"])
    assert found == (
        "The number of query conditions (2) exceeds the number of key attributes defined in the "
        "schema (1)"
    )


def test_unused_names_are_refused_before_unused_values():
    condition = parse_condition("#a = :n", {"#a": "x"}, {":n": {"N": "1"}})
    names = {"#a": "x", "#b": "y", "#c": "z"}
    values = {":n": {"N": "1"}, ":q": {"N": "1"}}
    assert refusal(check_all_used, names, values, condition, None) == (
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #c}"
    )
    assert refusal(check_all_used, {"#a": "x"}, values, condition) == (
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:q}"
    )
    check_all_used({"#a": "x"}, {":n": {"N": "1"}}, condition)
