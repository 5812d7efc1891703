"""Compare the needs and targets of a model with the documented properties of offerings.

In: a model and offerings with cells. Out: one result for each need and offering. An offering that
does not have what is required is excluded; what is preferred decides nothing. A cell that was not
read again never excludes.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from tablewright.compare.values import Offering, OfferingResult, Requirement
from tablewright.model.values import Model, NeedLevel


def requirement_results(
    model: Model, offerings: tuple[Offering, ...]
) -> tuple[OfferingResult, ...]:
    """Return every offering with every need and target of the model compared with it."""
    return tuple(
        OfferingResult(offering=offering, requirements=_requirements(model, offering))
        for offering in offerings
    )


def _requirements(model: Model, offering: Offering) -> tuple[Requirement, ...]:
    requirements = []
    for need in model.needs:
        if need.level is NeedLevel.NO:
            continue
        cell = offering.cell(need.name)
        result = {"yes": "met", "no": "missed", "partly": "partly"}.get(
            cell.value if cell else "", "unknown"
        )
        requirements.append(
            Requirement(
                need=need.name,
                wanted=need.text,
                is_required=need.is_required,
                hard=need.is_required and (cell is None or cell.read),
                result=result,
                cell=cell,
            )
        )
    target = model.targets.availability
    if target is not None:
        cell = offering.cell("sla")
        promised = _number(cell.value) if cell else None
        if cell and cell.value == "no":
            promised = Decimal(0)
        result = "unknown" if promised is None else "met" if promised >= target else "missed"
        requirements.append(
            Requirement(
                need="sla",
                wanted=f"{target} %",
                is_required=False,
                hard=bool(cell and cell.read),
                result=result,
                cell=cell,
            )
        )
    return tuple(requirements)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
