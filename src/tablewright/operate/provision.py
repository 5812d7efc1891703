"""Bring a database to a design, step by step, on any engine.

In: a plan of the engine's adapter. Out: what the server does not offer. The adapter carries out
each step and waits for it; an interrupted run is continued by the next plan, which is shorter.
"""

from __future__ import annotations

from collections.abc import Sequence

from tablewright.core.errors import UsageError
from tablewright.evaluation.doors import Adapter, Progress, ProvisionPlan


def apply_provision(
    plan: ProvisionPlan, adapter: Adapter, say: Progress, *, allow_destroy: bool = False
) -> tuple[str, ...]:
    """Carry a plan out; return what the server does not offer and was left out.

    Raises:
        UsageError: something would be lost that was not allowed, or has to change and cannot.
        EngineError: a step failed; what was done before it stays done.
    """
    if plan.refused:
        raise UsageError("; ".join(plan.refused))
    if plan.destroys and not allow_destroy:
        lost = [step.text for step in plan.steps if step.destroys]
        raise UsageError(
            f"this would {'; '.join(lost)}", remedy="say --allow-destroy if that is meant"
        )
    left_out = []
    for number, step in enumerate(plan.steps, 1):
        say(f"{number}/{len(plan.steps)} {step.text}")
        left_out.append(adapter.provision(step, say))
    return tuple(text for text in left_out if text)


def require_containers(adapter: Adapter, app: str) -> None:
    """Check that the tables or collections of a design exist and are ours, before any is written.

    Raises:
        UsageError: some do not, or were made by somebody else.
    """
    observed = adapter.describe()
    strange = [name for name, container in observed.items() if container.is_foreign]
    if strange:
        raise UsageError(
            f"{not_ours(strange, app)}: nothing is written",
            remedy="choose others, or take these over with `tablewright up --adopt`",
        )
    names = dict.fromkeys(kind.container for kind in adapter.codec.kinds)
    missing = [name for name in names if name not in observed]
    if missing:
        raise UsageError(
            f"{adapter.description} has no {', '.join(missing)}",
            remedy="create them first: `tablewright up` with the same options",
        )


def not_ours(names: Sequence[str], app: str) -> str:
    """Return in words that tables or collections were made by somebody else.

    Example:
        >>> not_ours(["orders", "users"], "shop")
        'orders, users were not made here for shop'
    """
    return f"{', '.join(names)} {'was' if len(names) == 1 else 'were'} not made here for {app}"
