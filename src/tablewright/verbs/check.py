"""`check`: is the model valid, are its targets met, which grade do the designs get?

In: a session. Out: a CheckView.
"""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.core.diagnostics import Diagnostic
from tablewright.core.frozen import frozen
from tablewright.review.assessment import Assessment, TargetResult
from tablewright.session import Session
from tablewright.verbs.assess import assess
from tablewright.verbs.design_summary import DesignView, design_view


@frozen
class CheckView:
    """Whether the model is valid, its targets met, and the report cards in short."""

    app: str
    users: int
    entities: int
    patterns: int
    designs: tuple[DesignView, ...]
    unchecked: tuple[str, ...]
    """Designs of the file that were not looked at."""
    warnings: tuple[Diagnostic, ...]

    @property
    def missed(self) -> tuple[TargetResult, ...]:
        """Targets that are missed."""
        return tuple(t for design in self.designs for t in design.targets if t.met is False)

    @property
    def without_a_figure(self) -> tuple[DesignView, ...]:
        """Designs of which nobody can say what they cost."""
        return tuple(design for design in self.designs if design.cost.usd_per_month is None)


def check_view(assessment: Assessment, names: Sequence[str] = ()) -> CheckView:
    """Return whether targets are met, and the report cards; `names` are all designs there are."""
    model = assessment.model
    checked = {assessed.design.name for assessed in assessment.designs}
    return CheckView(
        app=model.app,
        users=assessment.users,
        entities=len(model.entities),
        patterns=len(model.patterns),
        designs=tuple(design_view(assessed, assessment.users) for assessed in assessment.designs),
        unchecked=tuple(name for name in names if name not in checked),
        warnings=assessment.warnings,
    )


def check(session: Session, design: str = "", *, every: bool = False) -> CheckView:
    """Return whether the targets of a model are met, and which grade its designs get.

    Args:
        session: the model file.
        design: the design to check; the first of the file unless given.
        every: whether all designs of the file are checked.

    Raises:
        UsageError: there is no such design.
    """
    names = [session.design(design).name] if design or session.designs else []
    assessment = assess(
        session,
        designs=() if every else names,
        scales=[session.users],
        influences=False,
        claims=False,
        paths=False,
    )
    return check_view(assessment, [d.name for d in session.designs])
