"""A design edited for the worse is never priced lower and never graded better than the plan."""

from __future__ import annotations

from decimal import Decimal

import pytest

from plan_models import model_text
from strategies import examples
from tablewright import read_model
from tablewright.engines.dynamodb.change_base import apply
from tablewright.engines.dynamodb.design import DynamoDesign, Projection, ProjectionKind
from tablewright.engines.dynamodb.key_changes import ChangeProjection, DropIndex
from tablewright.evaluation.values import Route
from tablewright.session import Options, Session
from tablewright.verbs.grading import report_card
from tablewright.verbs.plan import plan

ALL = Projection(kind=ProjectionKind.ALL)
NOTHING = Decimal("1E-9")


def scans(route: Route) -> bool:
    """Whether a route reads a whole table.

    A plan does not, where the table grows with the users, even if it would be cheap today: an edit
    that leads to a scan is worse for that reason, whatever it costs.
    """
    return any(request.operation == "Scan" for request in route.requests)


def session_of(seed: int) -> Session:
    # Recovery is on, so that the plan has no finding whose weight a higher bill would dilute:
    # the exposure of some rules is a table's share of the bill.
    needs = 'needs: {point_in_time_recovery: "yes"}\nentities:\n'
    text = model_text(seed, patterns=5).replace("entities:\n", needs, 1)
    file = read_model(text, "made.yaml")
    return Session(file=file, options=Options(sample_items=64))


def worse(design: DynamoDesign) -> list[tuple[str, DynamoDesign]]:
    """Return every design with one index dropped, or one projection widened."""
    found = []
    for table in design.tables:
        for index in table.indexes:
            drop = DropIndex(table=table.name, index=index.name)
            found.append((str(drop), apply(design, drop)))
            if index.projection != ALL:
                widen = ChangeProjection(table=table.name, index=index.name, projection=ALL)
                found.append((str(widen), apply(design, widen)))
    return found


@pytest.mark.parametrize("seed", range(examples(6)))
def test_an_edit_for_the_worse_is_priced_no_cheaper(seed):
    session = session_of(seed)
    best = plan(session, explained=False).design
    users = session.model.scales[0]
    cost = session.evaluate(best, users).bill.total
    for what, design in worse(best):
        found = session.evaluate(design, users)
        if all(r.is_served and not scans(r) for r in found.routes):
            assert found.bill.total >= cost - NOTHING, what


@pytest.mark.parametrize("seed", range(examples(3)))
def test_an_edit_for_the_worse_is_graded_no_better(seed):
    session = session_of(seed)
    best = plan(session, explained=False).design
    grade = report_card(session, best, with_path=False).score
    for what, design in worse(best):
        assert report_card(session, design, with_path=False).score <= grade, what
