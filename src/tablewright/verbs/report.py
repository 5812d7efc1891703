"""`report`: everything that is known about a model, in one value.

In: a session. Out: a ReportView: designs at every scale, proofs, the comparison, claims.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from tablewright.compare.result import Comparison
from tablewright.core.diagnostics import Diagnostic
from tablewright.core.errors import TablewrightError
from tablewright.core.frozen import frozen
from tablewright.core.machine import today
from tablewright.model.values import Reviews
from tablewright.review.assessment import Assessment, Verdict
from tablewright.session import Session
from tablewright.verbs.assess import assess
from tablewright.verbs.compare import compare, compared_designs, comparing_tasks, whole_tasks
from tablewright.verbs.cost import ScalesView, scales_view
from tablewright.verbs.design_summary import DesignView, design_view
from tablewright.verbs.entities import DesignSamples, EntityView, design_samples, entity_views
from tablewright.verbs.grading import card_tasks
from tablewright.verbs.influences import influence_tasks
from tablewright.verbs.proofs import ProofView, latest_proofs
from tablewright.verbs.roadmap import RoadmapView, roadmap_of


@frozen
class ReportView:
    """The whole report."""

    app: str
    title: str
    region: str
    users: int
    entities: int
    pattern_count: int
    scales: ScalesView
    designs: tuple[DesignView, ...]
    verdicts: tuple[Verdict, ...]
    assumptions: tuple[tuple[str, str], ...]
    """All figures marked as assumed: where, and the text."""
    left_out: tuple[str, ...]
    warnings: tuple[Diagnostic, ...]
    comparison: Comparison | None = None
    """Engines and deployment options side by side, where they were compared."""
    diagram: tuple[EntityView, ...] = ()
    """The entities of the model."""
    samples: tuple[DesignSamples, ...] = ()
    """A few records of each kind, of each design that can be filled."""
    roadmap: RoadmapView | None = None
    """Of the first design, where engines and options were compared."""
    proofs: tuple[ProofView, ...] = ()
    """The latest proof of each design that has one."""
    made_on: str = ""
    """The day it was made, YYYY-MM-DD; empty where nobody asked."""
    reviews: Reviews | None = None
    """When the model was reviewed and is to be again; None where the file does not say."""


def report_view(assessment: Assessment) -> ReportView:
    """Return everything the report shows."""
    model = assessment.model
    scales = scales_view(assessment)
    return ReportView(
        app=model.app,
        title=model.title or model.app,
        region=scales.region,
        users=assessment.users,
        entities=len(model.entities),
        pattern_count=len(model.patterns),
        scales=scales,
        designs=tuple(design_view(assessed, assessment.users) for assessed in assessment.designs),
        verdicts=assessment.verdicts,
        assumptions=tuple((assumption.name, assumption.text) for assumption in model.assumptions),
        left_out=tuple(dict.fromkeys((*scales.left_out, *assessment.left_out))),
        warnings=assessment.warnings,
        diagram=entity_views(model),
        reviews=model.reviews,
    )


def _work_ahead(session: Session, design: str) -> None:
    """Compute in two processes what the report will ask for, where that is possible."""
    chosen = [session.design(design)] if design else list(session.designs)
    compared = compared_designs(session) if not design else ()
    scales = sorted({*session.model.scales, session.users})
    session.evaluate_ahead(dict.fromkeys((*chosen, *compared)), scales)
    tasks = dict(comparing_tasks(session)) if compared else {}
    for each in chosen:
        tasks |= card_tasks(session, each)
    for each in chosen:
        tasks |= {**whole_tasks(session, each), **influence_tasks(session, each)}
    session.work_ahead(tasks)


def report(session: Session, design: str = "") -> ReportView:
    """Return everything that is known about a model.

    Args:
        session: the model file.
        design: only this design, without the comparison of engines and architectures.
    """
    with contextlib.suppress(TablewrightError):  # it is said where it is asked for
        _work_ahead(session, design)
    assessment = assess(session, designs=[design] if design else ())
    view = report_view(assessment)
    shown = [session.design(d.name) for d in view.designs]
    view = replace(view, samples=tuple(s for d in shown if (s := design_samples(session, d)).kinds))
    view = replace(view, proofs=latest_proofs(session, [d.name for d in view.designs]))
    view = replace(view, made_on=today())
    if not design and session.designs:
        comparison = compare(session)
        plan = roadmap_of(session, assessment.designs[0], comparison)
        view = replace(view, comparison=comparison, roadmap=plan)
    return view
