"""`migrate --code`: the requests of both designs, and what callers meet."""

from __future__ import annotations

from importlib import resources

import pytest

from tablewright.cli.main import run as main
from tablewright.session import open_model
from tablewright.verbs.migrate_code import code


@pytest.fixture(scope="module")
def view():
    session = open_model(resources.files("tablewright.apps") / "llm-proxy" / "tablewright.yaml")
    return code(session, "before", "recommended")


def pattern(view, name):
    return next(each for each in view.patterns if each.pattern == name)


def changes(view, name):
    return {change.what: change.text for change in pattern(view, name).changes}


def test_every_pattern_has_its_requests_by_both_designs(view):
    assert len(view.patterns) == 15
    assert all(each.after for each in view.patterns)
    # the MongoDB design keeps no receipts: it cannot serve what is asked of them
    assert [each.pattern for each in view.patterns if not each.before] == [
        "putReceipt",
        "getLatestReceipt",
        "findUserByOriginalTransaction",
    ]
    quota = pattern(view, "checkQuota")
    assert quota.before[0].statement.startswith("db['users'].find({'_id'")
    assert quota.after[0].template["TableName"] == "Users"


def test_a_lookup_by_email_takes_a_second_round_trip(view):
    # the guard of the email gives the id, then the profile is read
    assert changes(view, "getUserByEmail")["round-trips"] == "2 one after another, 1 before"


def test_a_unique_index_becomes_a_guard_in_a_transaction(view):
    texts = changes(view, "createUser")

    assert "email" in texts["uniqueness"]
    assert "cancelled" in texts["transaction"]


def test_an_unchanged_call_has_nothing_for_its_callers(view):
    assert changes(view, "checkQuota") == {}


def test_it_is_shown_to_be_pasted(capsys):
    path = resources.files("tablewright.apps") / "llm-proxy" / "tablewright.yaml"

    assert main(["migrate", str(path), "--from", "before", "--to", "recommended", "--code"]) == 0

    output = capsys.readouterr().out
    assert "db['users'].find(" in output
    assert "client.get_item(" in output
    assert "..." not in output  # values are whole


def test_both_designs_have_to_differ(capsys):
    path = resources.files("tablewright.apps") / "llm-proxy" / "tablewright.yaml"

    assert main(["migrate", str(path), "--from", "before", "--to", "before", "--code"]) == 2
