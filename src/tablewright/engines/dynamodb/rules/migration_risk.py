"""The predicate about moving to the proposed design; see `rules/migration_risk.yaml`."""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.core.quantities import ZERO, decimals, format_usd
from tablewright.review.findings import Finding
from tablewright.review.verdicts import Hit


def ddb_mig_002(findings: Sequence[Finding]) -> Hit | None:
    """Say what all proposed rebuilds and backfills cost once, and when they have paid back."""
    fixes = [f.fix for f in findings if f.fix is not None and f.fix.cost_once]
    if not fixes:
        return None
    once = sum((m.cost_once or ZERO for m in fixes), ZERO)
    hours = sum((m.hours or ZERO for m in fixes), ZERO)
    saves = sum((m.saves_per_month or ZERO for m in fixes), ZERO)
    back = f", paid back in {decimals(once / saves, 2)} months" if saves > 0 else ""
    return Hit(
        evidence=(
            f"{len(fixes)} proposed change{'s move' if len(fixes) > 1 else ' moves'} data: "
            f"{format_usd(once)} USD once and "
            f"{decimals(hours, 2)} hours of writing{back}"
        ),
        values={"once": once, "months": once / saves if saves > 0 else None, "hours": hours},
    )
