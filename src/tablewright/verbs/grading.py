"""The report card of a design, and the targets and claims of the model beside computed figures.

In: a session and a design. Out: a card, targets, verdicts. Cards are kept by the session.
"""

from __future__ import annotations

from tablewright.design.values import Design
from tablewright.evaluation.values import Evaluation
from tablewright.review.assessment import TargetResult, Verdict
from tablewright.review.claims import assess_claim
from tablewright.review.grade import ReportCard, is_at_least
from tablewright.review.review import review
from tablewright.session import Session


def report_card(session: Session, design: Design, *, with_path: bool = True) -> ReportCard:
    """Return the report card of a design at the reviewed scale.

    Fixes are evaluated on a smaller sample: what counts is the difference they make.
    """
    return session.remember(
        _card_key(design, with_path),
        lambda: _report_card(session, design, with_path=with_path),
    )


def _card_key(design: Design, with_path: bool) -> tuple[str, str, bool]:
    return ("report card", design.name, with_path)


def _report_card(session: Session, design: Design, *, with_path: bool) -> ReportCard:
    return review(
        session.evaluate(design),
        session.evaluator(design.engine),
        session.engine_of(design).reviewing,
        with_path=with_path,
    )


def claim_verdicts(session: Session) -> tuple[Verdict, ...]:
    """Return every claim of the model beside the computed figure."""
    if not session.designs:
        return ()

    def evaluate(design: str, users: int, region: str, as_of: str) -> Evaluation:
        return session.evaluate(design, users, region=region, as_of=as_of)

    def grade_of(name: str) -> str:
        design = session.design(name)
        with_path = session.is_remembered(_card_key(design, True))
        return report_card(session, design, with_path=with_path).grade

    first = session.designs[0].name
    return tuple(
        assess_claim(claim, evaluate, first, session.users, grade_of)
        for claim in session.model.claims
    )


def target_results(
    session: Session, design: Design, card: ReportCard | None = None
) -> tuple[TargetResult, ...]:
    """Return the targets of the model and whether a design meets them."""
    targets = session.model.targets
    results: list[TargetResult] = []
    if targets.grade is not None and card is not None:
        results.append(
            TargetResult(
                name="grade",
                design=design.name,
                users=card.users,
                wanted=targets.grade,
                reached=card.grade,
                met=is_at_least(card.letter, targets.grade),
            )
        )
    for users, budget in targets.monthly_cost:
        evaluation = session.evaluate(design, users)
        figure, shortcoming = evaluation.bill.figure, evaluation.shortcoming
        results.append(
            TargetResult(
                name="monthly_cost",
                design=design.name,
                users=users,
                wanted=str(budget),
                reached="" if figure is None else str(figure),
                met=not shortcoming and figure is not None and figure <= budget,
                why=shortcoming,
            )
        )
    return (*results, *_service_levels(session, design))


def _service_levels(session: Session, design: Design) -> tuple[TargetResult, ...]:
    """Return the targets that no arithmetic decides: an SLA answers them, or a measurement."""
    targets = session.model.targets
    results: list[TargetResult] = []
    promised = session.engine_of(design).promised_availability(design, session.book())
    if targets.availability is not None and promised is not None:
        results.append(
            TargetResult(
                name="availability",
                design=design.name,
                users=None,
                wanted=f"{targets.availability} %",
                reached=f"{promised} % SLA of the database",
                met=promised >= targets.availability,
            )
        )
    if targets.latency_p99_ms is not None:
        results.append(
            TargetResult(
                name="latency_p99_ms",
                design=design.name,
                users=None,
                wanted=str(targets.latency_p99_ms),
                reached="measure it with prove",
                met=None,
            )
        )
    return tuple(results)
