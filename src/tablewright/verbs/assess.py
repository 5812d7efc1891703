"""Everything that is computed about a model: what `check`, `cost` and `report` are made of.

In: a session, and which parts are needed. Out: an Assessment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.design.values import Design
from tablewright.review.advisory import judged
from tablewright.review.assessment import Assessment, DesignAssessment
from tablewright.session import Session
from tablewright.verbs.grading import claim_verdicts, report_card, target_results
from tablewright.verbs.influences import influences as influences_on


def assess(
    session: Session,
    *,
    designs: Sequence[str] = (),
    scales: Sequence[int] = (),
    review: bool = True,
    influences: bool = True,
    claims: bool = True,
    paths: bool = True,
) -> Assessment:
    """Return designs at every scale, cards, claims and influences.

    Args:
        session: the model file.
        designs: names; all of the file unless given.
        scales: numbers of users beside the reviewed one; those of the file unless given.
        review: whether designs are graded.
        influences: whether assumptions are halved and doubled.
        claims: whether claims are compared with computed figures.
        paths: whether the steps to a better grade are looked for.
    """
    chosen = [session.design(name) for name in designs] or list(session.designs)
    users = sorted({*(scales or session.model.scales), session.users})
    return Assessment(
        model=session.model,
        users=session.users,
        designs=tuple(
            _assess(session, design, users, review=review, paths=paths, influences=influences)
            for design in chosen
        ),
        verdicts=claim_verdicts(session) if claims else (),
        warnings=session.file.warnings,
        left_out=session.not_evaluated(),
    )


def _assess(
    session: Session,
    design: Design,
    scales: Sequence[int],
    *,
    review: bool,
    paths: bool,
    influences: bool,
) -> DesignAssessment:
    evaluations = tuple(session.evaluate(design, users) for users in scales)
    card = report_card(session, design, with_path=paths) if review else None
    targets = target_results(session, design, card)
    if card is not None:
        reviewing = session.engine_of(design).reviewing
        advisory = reviewing.advise(evaluations, session.book())
        if advisory is not None:
            missed = {
                target.users: Decimal(target.wanted)
                for target in targets
                if target.name == "monthly_cost" and target.users and target.met is False
            }
            fixed = dict(card.path[-1].usd_at) if card.path else {}
            advisory = judged(advisory, fixed, missed, reviewing.rules.k)
        card = replace(card, advisory=advisory)
    return DesignAssessment(
        design=design,
        evaluations=evaluations,
        card=card,
        targets=targets,
        influences=influences_on(session, design) if influences else (),
        description=session.describe(design),
    )
