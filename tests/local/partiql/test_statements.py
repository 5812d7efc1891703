"""PartiQL on a small table: what statements read, change and refuse.

Answers follow from the items by hand; wording as observed on DynamoDB Local 3.3, except where a
comment says otherwise. DELETE of an absent item: Developer Guide, "PartiQL delete statements".
"""

import base64
import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies as drawn
from tablewright.local.database import Database
from tablewright.local.faults import (
    ConditionalCheckFailedException,
    DuplicateItemException,
    Fault,
    ResourceNotFoundException,
    TransactionCanceledException,
    ValidationException,
)


@pytest.fixture
def db():
    with filled_database() as db:
        yield db


@functools.cache
def shared_database():
    """One for all examples of a property that does not mind what is in it."""
    return filled_database()


def filled_database():
    db = Database()
    db.call(
        "CreateTable",
        {
            "TableName": "Orders",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
                {"AttributeName": "g", "AttributeType": "S"},
            ],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "byg",
                    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    for number in (1, 2, 3):
        item = {
            "pk": {"S": "a"},
            "sk": {"N": str(number)},
            "g": {"S": "x"},
            "v": {"N": str(number * 10)},
            "l": {"L": [{"N": "1"}, {"M": {"q": {"S": "z"}}}]},
            "ss": {"SS": ["a", "b"]},
        }
        db.call("PutItem", {"TableName": "Orders", "Item": item})
    lonely = {"pk": {"S": "b"}, "sk": {"N": "1"}, "v": {"NULL": True}}
    db.call("PutItem", {"TableName": "Orders", "Item": lonely})
    return db


def run(db, statement, *parameters, **members):
    request = {"Statement": statement, **members}
    if parameters:
        request["Parameters"] = list(parameters)
    return db.call("ExecuteStatement", request)


def keys(db, statement, *parameters):
    found = run(db, statement, *parameters)["Items"]
    return [item["pk"]["S"] + item["sk"]["N"] for item in found]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("pk = 'a'", ["a1", "a2", "a3"]),
        ("pk = 'a' AND sk > 1", ["a2", "a3"]),
        ("pk = 'a' AND 1 < sk", ["a2", "a3"]),
        ("pk = 'a' AND sk BETWEEN 2 AND 3 AND v = 20", ["a2"]),
        ("sk = 2 and 'a' = pk", ["a2"]),
        ("pk IN ['b', 'a']", ["b1", "a1", "a2", "a3"]),
        ("pk IN ('a', 'b') AND v = 10", ["a1"]),
        ("(pk = 'b' OR pk = 'a') AND sk = 1", ["b1", "a1"]),
        ("pk IN ['b', 'a'] ORDER BY pk, sk DESC", ["a3", "a2", "a1", "b1"]),
        ("pk = 'a' ORDER BY sk DESC", ["a3", "a2", "a1"]),
        ("pk = 'a' AND sk <> 2", ["a1", "a3"]),  # keys may be filtered too
        ("pk = 'a' AND NOT (sk = 1 OR v = 30)", ["a2"]),
        ("pk = 'a' AND sk NOT IN [1, 3]", ["a2"]),
        ("v IS NULL", ["b1"]),
        ("l IS MISSING", ["b1"]),
        ("pk = 'a' AND l IS NOT MISSING AND contains(ss, 'a') AND sk < 2", ["a1"]),
        ("pk = 'a' AND begins_with(g, 'x') AND sk = 1", ["a1"]),
        ("pk = 'a' AND size(l) = 2 AND sk = 1", ["a1"]),
        ("pk = 'a' AND l[1].q = 'z' AND sk = 1", ["a1"]),
        ("pk = 'a' AND ss = <<'b', 'a'>> AND sk = 1", ["a1"]),
        ("pk = 'a' AND l = [1, {'q': 'z'}] AND sk = 1", ["a1"]),
        ("pk = 'a' AND v = 1e1 -- a number is a number", ["a1"]),
        ("pk = 'nobody'", []),
    ],
)
def test_select_finds(db, where, found):
    assert keys(db, f'SELECT pk, sk FROM "Orders" WHERE {where};') == found


def test_select_without_a_condition_reads_everything(db):
    assert sorted(keys(db, "select * from Orders")) == ["a1", "a2", "a3", "b1"]


def test_select_reads_fifty_partitions_at_the_most(db):
    listed = ", ".join(f"'{number}'" for number in range(50))
    assert keys(db, f"SELECT * FROM Orders WHERE pk IN [{listed}]") == []
    with pytest.raises(ValidationException, match="Too many decomposed read operations"):
        run(db, f"SELECT * FROM Orders WHERE pk IN [{listed}, 'a']")


def test_columns_are_called_by_the_last_name_of_their_path(db):
    found = run(db, "SELECT l[1].q, v, l[0] FROM Orders WHERE pk = 'a' AND sk = 1")["Items"]
    assert found == [{"q": {"S": "z"}, "v": {"N": "10"}, "l[0]": {"N": "1"}}]


def test_index_gives_what_it_projects(db):
    found = run(db, 'SELECT * FROM "Orders"."byg" WHERE g = ?', {"S": "x"})["Items"]
    assert found[0] == {"pk": {"S": "a"}, "sk": {"N": "1"}, "g": {"S": "x"}}
    assert len(found) == 3


def test_parameters_fill_question_marks_in_order(db):
    assert keys(db, "SELECT * FROM Orders WHERE pk = ? AND sk >= ?", {"S": "a"}, {"N": "3.0"}) == [
        "a3"
    ]
    with pytest.raises(ValidationException, match="Number of parameters in request and statement"):
        run(db, "SELECT * FROM Orders WHERE pk = ? AND sk >= ?", {"S": "a"})


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_visit_each_item_once(db, limit):
    statement = "SELECT pk, sk FROM Orders WHERE pk IN ['a', 'nobody', 'b']"
    seen, token = [], None
    for _ in range(9):
        page = run(db, statement, Limit=limit, **({"NextToken": token} if token else {}))
        assert len(page["Items"]) <= limit
        seen += [item["pk"]["S"] + item["sk"]["N"] for item in page["Items"]]
        token = page.get("NextToken")
        if token is None:
            break
    assert seen == ["a1", "a2", "a3", "b1"]


def test_token_of_another_statement_is_refused(db):
    token = run(db, "SELECT * FROM Orders WHERE pk = 'a'", Limit=1)["NextToken"]
    forged = base64.urlsafe_b64encode(b'["x", 0, null]').decode()
    for wrong in (token, forged, "nonsense", "====", "é"):
        with pytest.raises(ValidationException, match="NextToken does not match request"):
            run(db, "SELECT * FROM Orders WHERE pk = 'b'", NextToken=wrong)


def test_statements_cost_what_their_operations_cost(db):
    def units(statement):
        found = run(db, statement, ReturnConsumedCapacity="TOTAL")
        return found["ConsumedCapacity"]["CapacityUnits"]

    assert units("SELECT * FROM Orders WHERE pk = 'a'") == 0.5  # a query of less than 4 KB
    assert units("UPDATE Orders SET v = 2 WHERE pk = 'a' AND sk = 1") == 1.0  # g is not touched
    assert units("INSERT INTO Orders VALUE {'pk': 'c', 'sk': 1, 'g': 'y'}") == 2.0  # with an entry


def test_insert_writes_an_item_and_only_a_new_one(db):
    statement = "INSERT INTO Orders VALUE {'pk': 'n', 'sk': ?, 'v': [1, TRUE, NULL, {'z': ?}]}"
    run(db, statement, {"N": "1"}, {"B": "AA=="})
    found = run(db, "SELECT v FROM Orders WHERE pk = 'n' AND sk = 1")["Items"]
    elements = [{"N": "1"}, {"BOOL": True}, {"NULL": True}, {"M": {"z": {"B": "AA=="}}}]
    assert found == [{"v": {"L": elements}}]
    with pytest.raises(DuplicateItemException, match="Duplicate primary key exists in table"):
        run(db, "INSERT INTO Orders VALUE {'pk': 'n', 'sk': 1}")


@pytest.mark.parametrize(
    ("statement", "returned"),
    [
        ("SET v = v + 1 WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED NEW *", {"v": {"N": "11"}}),
        (
            "SET v = 1 SET w = 'z' WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED OLD *",
            {"v": {"N": "10"}},
        ),
        (
            "SET v = 1 REMOVE l, ss, g WHERE pk = 'a' AND sk = 1 RETURNING ALL NEW *",
            {"pk": {"S": "a"}, "sk": {"N": "1"}, "v": {"N": "1"}},
        ),
        (
            "SET ss = set_add(ss, <<'c'>>) WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED NEW *",
            {"ss": {"SS": ["a", "b", "c"]}},
        ),
        (
            "SET ss = set_delete(ss, <<'a'>>) WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED NEW *",
            {"ss": {"SS": ["b"]}},
        ),
        (
            "SET l = list_append(l, [5]) REMOVE v WHERE pk = 'a' AND sk = 1 AND v = 10 "
            "RETURNING MODIFIED NEW *",
            {"l": {"L": [{"N": "1"}, {"M": {"q": {"S": "z"}}}, {"N": "5"}]}},
        ),
    ],
)
def test_update_changes_the_item_of_its_key(db, statement, returned):
    assert run(db, f"UPDATE Orders {statement}")["Items"] == [returned]


def test_update_needs_the_item_and_the_condition(db):
    for where in ("pk = 'a' AND sk = 99", "pk = 'a' AND sk = 1 AND v = 3"):
        with pytest.raises(ConditionalCheckFailedException):
            run(db, f"UPDATE Orders SET v = 2 WHERE {where}")


def test_delete_removes_one_item(db):
    returned = run(db, "DELETE FROM Orders WHERE pk = 'b' AND sk = 1 RETURNING ALL OLD *")["Items"]
    assert returned == [{"pk": {"S": "b"}, "sk": {"N": "1"}, "v": {"NULL": True}}]
    assert run(db, "DELETE FROM Orders WHERE pk = 'b' AND sk = 1 AND v = 5")["Items"] == []
    with pytest.raises(ConditionalCheckFailedException):
        run(db, "DELETE FROM Orders WHERE pk = 'a' AND sk = 1 AND v = 5")


NO_KEY = "Where clause does not contain a mandatory equality on all key attributes"
MALFORMED = "Statement wasn't well formed, can't be processed: "


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELECT", MALFORMED + "Unexpected term"),
        ("FOO BAR", MALFORMED + "Unexpected token after expression"),
        (
            "SELECT * FROM Orders WHERE pk =",
            MALFORMED + "Missing right-hand side expression of infix operator",
        ),
        ("SELECT DISTINCT sk FROM Orders", "Unsupported token in expression: DISTINCT"),
        ("SELECT sk AS s FROM Orders", "Aliasing is not supported"),
        ("SELECT sk FROM Orders o WHERE sk = 1", "Aliasing is not supported"),
        (
            "SELECT * FROM Orders ORDER BY sk",
            "Must have WHERE clause in the statement when using ORDER BY clause.",
        ),
        (
            "SELECT * FROM Orders.nope",
            "The table does not have the specified index",
        ),
        (
            "SELECT * FROM Orders WHERE pk = 1",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        (
            "INSERT INTO Orders VALUE {'pk': 'n'}",
            "Key attribute should be present in the item: Key sk",
        ),
        ("UPDATE Orders SET v = 2 WHERE pk = 'a'", NO_KEY),
        ("UPDATE Orders SET v = 2 WHERE pk = 'a' AND sk = 1 OR v = 1", NO_KEY),
        ("UPDATE Orders SET v = 2 WHERE pk = 'a' AND sk > 1", NO_KEY),
        ("DELETE FROM Orders", NO_KEY),
        (
            "UPDATE Orders.byg SET v = 2 WHERE g = 'x'",
            "This operation is not supported on an index",
        ),
        (
            "UPDATE Orders SET v = 2, v = 3 WHERE pk = 'a' AND sk = 1",
            "Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [v], path two: [v]",
        ),
        (
            "UPDATE Orders SET v = nope WHERE pk = 'a' AND sk = 1",
            "The provided expression refers to an attribute that does not exist in the item",
        ),
    ],
)
def test_refused_statements_say_why(db, statement, message):
    with pytest.raises(ValidationException) as caught:
        run(db, statement)
    assert caught.value.message == message


def test_unknown_table_is_not_found(db):
    with pytest.raises(ResourceNotFoundException):
        run(db, "SELECT * FROM Nope")


def test_batch_reports_each_statement_in_its_place(db):
    reply = db.call(
        "BatchExecuteStatement",
        {
            "Statements": [
                {"Statement": "SELECT v FROM Orders WHERE pk = 'a' AND sk = 1"},
                {"Statement": "SELECT v FROM Orders WHERE pk = 'a'"},
                {"Statement": "SELECT v FROM Orders WHERE pk = 'z' AND sk = 1"},
            ]
        },
    )
    missing_key = (
        "Select statements within BatchExecuteStatement must specify the primary key in the "
        "where clause."
    )
    assert reply["Responses"] == [
        {"TableName": "Orders", "Item": {"v": {"N": "10"}}},
        {"Error": {"Code": "ValidationError", "Message": missing_key}},
        {"TableName": "Orders"},
    ]


def test_batch_writes_go_on_after_a_failure(db):
    reply = db.call(
        "BatchExecuteStatement",
        {
            "Statements": [
                {"Statement": "INSERT INTO Orders VALUE {'pk': 'a', 'sk': 1}"},
                {"Statement": "DELETE FROM Orders WHERE pk = 'a' AND sk = 1"},
            ]
        },
    )
    assert reply["Responses"][0]["Error"]["Code"] == "DuplicateItem"
    assert keys(db, "SELECT * FROM Orders WHERE pk = 'a'") == ["a2", "a3"]


def test_batch_does_not_mix_reads_and_writes(db):
    statements = [
        {"Statement": "SELECT v FROM Orders WHERE pk = 'a' AND sk = 1"},
        {"Statement": "DELETE FROM Orders WHERE pk = 'a' AND sk = 1"},
    ]
    with pytest.raises(ValidationException):
        db.call("BatchExecuteStatement", {"Statements": statements})
    with pytest.raises(ValidationException):
        db.call("ExecuteTransaction", {"TransactStatements": statements})
    assert keys(db, "SELECT * FROM Orders WHERE pk = 'a' AND sk = 1") == ["a1"]


def transact(db, *statements):
    return db.call(
        "ExecuteTransaction", {"TransactStatements": [{"Statement": one} for one in statements]}
    )


def test_transaction_writes_all_or_nothing(db):
    transact(
        db,
        "EXISTS(SELECT * FROM Orders WHERE pk = 'a' AND sk = 1 AND v = 10)",
        "INSERT INTO Orders VALUE {'pk': 't', 'sk': 1}",
        "DELETE FROM Orders WHERE pk = 'b' AND sk = 1",
    )
    assert keys(db, "SELECT * FROM Orders WHERE pk IN ['t', 'b']") == ["t1"]
    with pytest.raises(TransactionCanceledException) as caught:
        transact(
            db,
            "DELETE FROM Orders WHERE pk = 'a' AND sk = 1",
            "INSERT INTO Orders VALUE {'pk': 't', 'sk': 1}",
            "EXISTS(SELECT * FROM Orders WHERE pk = 'z' AND sk = 1 AND v = 1)",
        )
    reasons = caught.value.extra["CancellationReasons"]
    assert [one["Code"] for one in reasons] == ["None", "DuplicateItem", "ConditionalCheckFailed"]
    assert keys(db, "SELECT * FROM Orders WHERE pk = 'a' AND sk = 1") == ["a1"]


def test_transaction_reads_its_items(db):
    reply = transact(
        db,
        "SELECT v, l[1].q FROM Orders WHERE pk = 'a' AND sk = 1",
        "SELECT * FROM Orders WHERE pk = 'z' AND sk = 1",
    )
    assert reply["Responses"] == [{"Item": {"v": {"N": "10"}, "q": {"S": "z"}}}, {}]


WORDS = """
    SELECT * FROM Orders WHERE pk sk v = 'a' 1 ? AND OR NOT ( ) [ ] { } , . << >> IN BETWEEN IS
    MISSING NULL INSERT INTO VALUE UPDATE SET REMOVE DELETE RETURNING ALL NEW OLD ORDER BY DESC
    size( contains( begins_with( EXISTS( "g" ' " - -- ; list_append( set_add( 1e999 .5 TRUE
"""


@given(
    st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join)
    | drawn.expression_texts
    | st.sampled_from(["(" * 5000, "[" * 5000, "SELECT * FROM a WHERE " + "NOT " * 1500 + "a=1"])
)
def test_any_text_is_carried_out_or_refused(text):
    try:
        run(shared_database(), text or " ", {"S": "a"}, {"N": "1"})
    except Fault as fault:
        status = fault.status
    else:
        status = 200
    assert status in (200, 400)
