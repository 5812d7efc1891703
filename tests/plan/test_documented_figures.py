"""The table of the reference applications in docs/planning.md: its figures, and its reasons."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from tablewright import read_model
from tablewright.apps import read
from tablewright.bill.bill import Bill
from tablewright.bill.dimensions import Dimension
from tablewright.core.quantities import format_usd
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.evaluation.values import Evaluation
from tablewright.session import Session
from tablewright.verbs.plan import plan

APPS = {
    "Screen Time Journey": ("screen-time-journey", "recommended"),
    "LLM proxy": ("llm-proxy", "recommended"),
    "PoaFix": ("poafix", "dynamodb"),
    "MongoCollectibles": ("mongocollectibles", "recommended"),
    "Auxeira": ("auxeira", "recommended"),
}
LARGE = ("Screen Time Journey", "PoaFix")
TITLES = [pytest.param(t, marks=pytest.mark.slow) if t in LARGE else t for t in APPS]


def documented() -> dict[str, dict[int, tuple[str, str, str]]]:
    """Return what the page says: users, and USD of the current, recommended and planned design."""
    text = (Path(__file__).parents[2] / "docs" / "planning.md").read_text(encoding="utf-8")
    found: dict[str, dict[int, tuple[str, str, str]]] = {}
    title = ""
    for line in text.splitlines():
        row = re.match(r"\| ([A-Za-z ]*)\| ([\d,]+)" + r" \| ([\d.,]+)" * 3 + r" \|", line)
        if row is not None:
            title = row[1].strip() or title
            users = int(row[2].replace(",", ""))
            found.setdefault(title, {})[users] = (row[3], row[4], row[5])
    return {title: rows for title, rows in found.items() if title in APPS}


@cache
def planned(title: str) -> tuple[Session, DynamoDesign, dict[tuple[str, int], Decimal]]:
    app, _ = APPS[title]
    session = Session(file=read_model(read(app), f"{app}.yaml"))
    result = plan(session, explained=False)
    return session, result.design, {(c.design, c.users): c.usd for c in result.costs}


def both(title: str) -> tuple[Evaluation, Evaluation]:
    """Return the recommended and the planned design at the largest scale."""
    session, design, _ = planned(title)
    users = max(session.model.scales)
    evaluate = session.engines["dynamodb"].evaluate
    ours = evaluate(session.model, design, users, session.book())
    return session.evaluate(APPS[title][1], users), ours


def saved(theirs: Bill, ours: Bill, axis: str, *names: str | Dimension) -> Decimal:
    before, after = theirs.sum_by(axis), ours.sum_by(axis)  # type: ignore[arg-type]
    return sum((before.get(n, Decimal(0)) - after.get(n, Decimal(0)) for n in names), Decimal(0))


def test_the_page_speaks_of_every_application_at_two_scales():
    assert {title: len(rows) for title, rows in documented().items()} == dict.fromkeys(APPS, 2)


@pytest.mark.parametrize("title", TITLES)
def test_the_figures_of_the_page_are_those_of_the_plan(title):
    session, _, costs = planned(title)
    rows = documented()[title]
    assert set(rows) == {min(session.model.scales), max(session.model.scales)}
    for users, (current, recommended, ours) in rows.items():
        assert format_usd(session.evaluate("current", users).bill.total) == current
        assert format_usd(costs[APPS[title][1], users]) == recommended
        assert format_usd(costs["planned", users]) == ours


@pytest.mark.parametrize("title", TITLES)
def test_planned_costs_no_more_than_recommended_and_that_no_more_than_current(title):
    session, _, costs = planned(title)
    served = {}
    for users in session.model.scales:
        current = session.evaluate("current", users)
        served[users] = len(current.unserved) == 0
        assert costs["planned", users] <= costs[APPS[title][1], users]
        dearer = costs[APPS[title][1], users] <= current.bill.total
        assert dearer or (title == "LLM proxy" and users == 1_000 and not served[users])
    assert all(served.values()) == (title != "LLM proxy")


@pytest.mark.slow
def test_a_smaller_commitment_and_preferences_apart_save_five_units_of_each_save():
    theirs, ours = both("Screen Time Journey")
    less = theirs.route("saveProgress").units("write").mean
    less -= ours.route("saveProgress").units("write").mean
    # 65 % of 6 KB are 4 KB less, and a save does not write the preferences
    assert Decimal("4.5") < less < Decimal("5.5")
    for evaluation in (theirs, ours):
        assert evaluation.route("getSubscriber").units("read").mean == 1
    by_save = saved(theirs.bill, ours.bill, "pattern", "saveProgress")
    by_configuration = saved(theirs.bill, ours.bill, "pattern", "getConfig")
    all_of_it = theirs.bill.total - ours.bill.total
    assert by_save > all_of_it * Decimal("0.85")
    assert by_configuration > all_of_it * Decimal("0.05")


def test_usage_without_made_keys_stores_less():
    theirs, ours = both("LLM proxy")
    all_of_it = theirs.bill.total - ours.bill.total
    stored = saved(theirs.bill, ours.bill, "dimension", Dimension.STORAGE, Dimension.RECOVERY)
    assert stored > all_of_it * Decimal("0.7")
    assert ours.resource("Usage").stored_bytes < theirs.resource("Usage").stored_bytes


def test_users_keep_their_id_as_key_since_a_mail_address_changes():
    """Keyed by the e-mail, no guard is needed and sign-in reads once; DDB-KEY-011 forbids it."""
    _, ours = both("LLM proxy")
    assert planned("LLM proxy")[1].table("Users").partition_key == "userId"
    assert ours.route("getUserByEmail").depth == 2


@pytest.mark.slow
def test_indexes_that_hold_what_is_read_save_the_fetches():
    theirs, ours = both("PoaFix")
    all_of_it = theirs.bill.total - ours.bill.total
    read = saved(theirs.bill, ours.bill, "dimension", Dimension.READS)
    assert read > all_of_it * Decimal("0.45")  # what is written less saves nearly as much
    for name in ("nearbyProviders", "availableProvidersByType"):
        assert not ours.route(name).fetches
    shapes = [s for t in planned("PoaFix")[1].tables for s in t.shapes if s.entity == "Provider"]
    searched, rest = [set(s.attributes) for s in shapes if not s.guards]
    assert {"location", "rating", "isAvailable"} <= searched
    assert {"description", "documents", "calendar", "passwordHash"} <= rest


def test_rentals_in_the_other_class_save_more_than_all_of_it():
    theirs, ours = both("MongoCollectibles")
    all_of_it = theirs.bill.total - ours.bill.total
    assert saved(theirs.bill, ours.bill, "dimension", Dimension.STORAGE) > all_of_it
    assert planned("MongoCollectibles")[1].table("Rentals").infrequent_access
    # Both are recovered alike: nothing is saved by doing without.
    recovered = saved(theirs.bill, ours.bill, "dimension", Dimension.RECOVERY)
    assert recovered <= 0


def test_bodies_and_activity_in_the_other_class_save_more_than_all_of_it():
    theirs, ours = both("Auxeira")
    all_of_it = theirs.bill.total - ours.bill.total
    assert saved(theirs.bill, ours.bill, "dimension", Dimension.STORAGE) > all_of_it
    design = planned("Auxeira")[1]
    assert all(
        design.table(n).infrequent_access for n in ("report_bodies", "auxeira-user-activity")
    )
    # The team wants every table recovered, and every table is.
    assert all(table.pitr_days == 35 for table in design.tables)
