"""What an application recommends earns its name: grade A or better, and nothing critical."""

from __future__ import annotations

import pytest

from tablewright import apps, read_model
from tablewright.review.findings import Level
from tablewright.session import Session
from tablewright.verbs.grading import report_card


def session_of(app: str) -> Session:
    return Session(file=read_model(apps.read(app)))


APPS = ("auxeira", "llm-proxy", "mongocollectibles", "poafix", "screen-time-journey")


@pytest.mark.parametrize("app", APPS)
def test_a_recommended_design_is_graded_a_or_better_with_nothing_critical(app: str) -> None:
    session = session_of(app)
    card = report_card(session, session.design("recommended"), with_path=False)
    assert card.grade in ("A", "A+")
    assert not [f for f in card.findings if f.level is Level.CRITICAL]


def test_a_secret_that_is_copied_into_an_index_is_critical() -> None:
    session = session_of("screen-time-journey")
    card = report_card(session, session.design("current"), with_path=False)
    found = {(f.subject, f.level) for f in card.findings if f.rule == "ANY-SEC-001"}
    assert ("PinRecord.pincode", Level.CRITICAL) in found
