"""What is known about a model after everything was computed: the one value the reports are made of.

Values only. `api.assess` fills them; `reports` turns them into what a reader sees. Nothing here
knows how a figure came about, and nothing is formatted.
"""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal
from typing import TYPE_CHECKING

from tablewright.core.diagnostics import Diagnostic
from tablewright.core.frozen import frozen
from tablewright.design.values import Design
from tablewright.evaluation.description import DesignDescription
from tablewright.evaluation.values import Evaluation
from tablewright.model.values import Assumption, Claim, Model

if TYPE_CHECKING:
    from tablewright.review.grade import (  # type: ignore[import-not-found,unused-ignore]
        ReportCard,
    )


@frozen
class ClaimStep:
    """One step from the claimed figure to the computed one: what was left out, what it adds."""

    factor: str
    """In words, such as "an update writes three copies in indexes too"."""
    change: Decimal
    """What it adds to the figure (negative: takes off), in the unit of the verdict."""
    after: Decimal
    """The figure once this is counted; of the last step, the computed figure."""


@frozen
class UserRange:
    """The numbers of users at which a claim would hold, among the scales of the file.

    Between two scales the figure is taken to run in a straight line. `low` is None where it holds
    at the smallest scale, `high` where it holds at the largest.
    """

    low: int | None = None
    high: int | None = None
    is_empty: bool = False
    """It holds at none of them, nor between."""


@frozen
class Verdict:
    """A claim beside the computed figure.

    `verdict` is "holds", "does not hold", "unclear", or "not assessed" where the figure cannot be
    computed; `reason` says why. `steps` lead from the claimed figure to the computed one where it
    does not hold.
    """

    claim: Claim
    verdict: str
    computed: Decimal | None = None
    unit: str = ""
    """USD/month, bytes, requests/month, units/month, share, or empty for a fact."""
    reason: str = ""
    steps: tuple[ClaimStep, ...] = ()
    direction: str = ""
    """"too low" or "too high" of a claimed figure that does not hold."""
    users: UserRange | None = None
    """Where it would hold; None where that is not computed."""


@frozen
class Influence:
    """What one assumption does to the bill of a design, when halved and when doubled."""

    assumption: Assumption
    design: str
    users: int
    base: Decimal
    """USD a month with the figure as it stands."""
    halved: Decimal
    doubled: Decimal

    @property
    def swing(self) -> Decimal:
        """USD a month between the lowest and the highest of the three."""
        figures = (self.base, self.halved, self.doubled)
        return max(figures) - min(figures)


@frozen
class TargetResult:
    """A target of the model, what the design reaches, and whether that is enough.

    `met` is None where nothing computed decides it.
    """

    name: str
    """monthly_cost, grade, latency_p99_ms, availability."""
    design: str
    users: int | None
    wanted: str
    reached: str
    """"" where there is no figure."""
    met: bool | None
    why: str = ""
    """Why there is no figure, or why the figure does not count."""
    met_there: bool | None = None
    """Whether what was measured is enough where it was measured, if that decides nothing."""
    of: str = ""
    """Of a monthly cost or an availability what it is for: database or deployment."""
    option: str = ""
    """The deployment option whose bill or promise is the figure, where that is a whole's."""
    part: str = ""
    """USD a month of the database in it."""
    measured: str = ""
    """Where and when the figure was measured, and what that is worth; "" of computed figures."""


@frozen(slots=False)
class DesignAssessment:
    """One design at every scale, with its report card at the reviewed scale."""

    design: Design
    evaluations: tuple[Evaluation, ...]
    """One for each scale, ascending."""
    card: ReportCard | None = None
    """None where the design was not reviewed."""
    influences: tuple[Influence, ...] = ()
    """Of the model's assumptions, the largest swing first."""
    targets: tuple[TargetResult, ...] = ()
    description: DesignDescription | None = None
    """The design as neutral values, to be drawn."""

    def at(self, users: int) -> Evaluation:
        """Return the evaluation at a scale (KeyError if it was not computed)."""
        for evaluation in self.evaluations:
            if evaluation.users == users:
                return evaluation
        raise KeyError(users)


@frozen(slots=False)
class Assessment:
    """A model, its designs at every scale, what is wrong with them, and the claims about them."""

    model: Model
    users: int
    """The reviewed scale: what the evidence is shown at."""
    designs: tuple[DesignAssessment, ...]
    """In the order of the file."""
    verdicts: tuple[Verdict, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    """About the model file; errors never get this far."""
    left_out: tuple[str, ...] = field(default=())
    """What no figure covers, beside what each bill leaves out."""

    def design(self, name: str) -> DesignAssessment:
        """Return the assessment of a design by name (KeyError if there is none)."""
        for design in self.designs:
            if design.design.name == name:
                return design
        raise KeyError(name)
