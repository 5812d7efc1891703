"""`diff --baseline`: what a change to the model file does to designs, bill, grade and targets.

In: a session, and what `check --json` said before the change. Out: a BaselineView. The figures of
before are those of the baseline; nothing of it is computed again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.evaluation.description import (
    ContainerDescription,
    DesignDescription,
    IndexDescription,
    RecordDescription,
)
from tablewright.review.assessment import TargetResult
from tablewright.review.grade import ReportCard
from tablewright.session import Session
from tablewright.verbs.bill_rows import shown_resource
from tablewright.verbs.check import check
from tablewright.verbs.design_summary import DesignView
from tablewright.verbs.diff import DesignDifference, MoneyChange, differences, money_changes

SCHEMA = "tablewright.check/1"
REMEDY = "make it with `tablewright check --all --json > FILE` on the branch to compare with"


@frozen
class NamedFinding:
    """A finding by its rule and where it is."""

    rule: str
    level: str
    title: str
    subject: str


@frozen
class DesignDelta:
    """What changed of one design since the baseline."""

    design: str
    total: MoneyChange
    by_pattern: tuple[MoneyChange, ...]
    """Those that changed, the largest change first."""
    differences: tuple[DesignDifference, ...]
    grade_before: str
    grade_after: str
    new_findings: tuple[NamedFinding, ...]
    fixed_findings: tuple[NamedFinding, ...]
    targets: tuple[TargetResult, ...]
    """As they are now."""
    newly_missed: tuple[TargetResult, ...]
    """Targets that are missed now and were not in the baseline."""


@frozen
class BaselineView:
    """What changed since the baseline."""

    app: str
    users: int
    region: str
    prices_as_of: str
    baseline: str
    """The file."""
    designs: tuple[DesignDelta, ...]
    added: tuple[str, ...]
    """Designs that the baseline does not have."""
    removed: tuple[str, ...]

    @property
    def is_worse(self) -> bool:
        """Whether a target is missed that was not missed before."""
        return any(design.newly_missed for design in self.designs)


def diff_baseline(session: Session, path: Path) -> BaselineView:
    """Return what changed since a baseline.

    Raises:
        UsageError: the baseline cannot be read, or is no answer of `check --json`.
    """
    data = _read(path)
    users = int(data["users"])
    if session.users != users:
        session = session.with_options(users=users)
    view = check(session, every=True)
    before = {design["name"]: design for design in data["designs"]}
    after = {design.name: design for design in view.designs}
    cost = view.designs[0].cost if view.designs else None
    return BaselineView(
        app=view.app,
        users=users,
        region=cost.region if cost else session.region,
        prices_as_of=cost.prices_as_of if cost else "",
        baseline=str(path),
        designs=tuple(
            _change(before[name], design) for name, design in after.items() if name in before
        ),
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
    )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}", remedy=REMEDY) from problem
    except ValueError as problem:
        raise UsageError(f"{path} is not JSON: {problem}", remedy=REMEDY) from problem
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise UsageError(f"{path} is no baseline: it has not the schema {SCHEMA}", remedy=REMEDY)
    return data


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _change(before: Mapping[str, Any], after: DesignView) -> DesignDelta:
    old_findings, new_findings = _findings(before["card"]), _named(after.card)
    missed = {(t["name"], t["users"]) for t in before["targets"] if t["met"] is False}
    return DesignDelta(
        design=after.name,
        total=MoneyChange(
            name="Total",
            before=_decimal(before["cost"]["usd_per_month"]),
            after=after.cost.usd_per_month,
        ),
        by_pattern=_pattern_changes(before["patterns"], after),
        differences=_differences(before["picture"], after),
        grade_before=_letter(before["card"]),
        grade_after=after.card.letter if after.card is not None else "",
        new_findings=tuple(f for key, f in new_findings.items() if key not in old_findings),
        fixed_findings=tuple(f for key, f in old_findings.items() if key not in new_findings),
        targets=after.targets,
        newly_missed=tuple(
            target
            for target in after.targets
            if target.met is False and (target.name, target.users) not in missed
        ),
    )


def _pattern_changes(
    before: Sequence[Mapping[str, Any]], after: DesignView
) -> tuple[MoneyChange, ...]:
    changes = money_changes(
        _figures((cost["pattern"], _decimal(cost["usd_per_month"])) for cost in before),
        _figures((cost.pattern, cost.usd_per_month) for cost in after.patterns),
    )
    return tuple(change for change in changes if change.change != 0)


def _figures(costs: Iterable[tuple[str, Decimal | None]]) -> dict[str, Decimal] | None:
    """Return USD a month by pattern; None where one has no figure, for then none has one."""
    figures: dict[str, Decimal] = {}
    for pattern, usd in costs:
        if usd is None:
            return None
        figures[pattern] = usd
    return figures


def _differences(
    before: Mapping[str, Any] | None, after: DesignView
) -> tuple[DesignDifference, ...]:
    if before is None or after.picture is None:
        return ()
    picture = after.picture
    now = DesignDescription(
        design=picture.design,
        engine=picture.engine,
        settings=picture.settings,
        containers=tuple(
            ContainerDescription(
                name=container.name,
                key=container.key,
                settings=container.settings,
                records=container.records,
                indexes=tuple(
                    IndexDescription(
                        name=index.name,
                        key=index.key,
                        projection=index.projection,
                        is_local=index.is_local,
                    )
                    for index in container.indexes
                ),
            )
            for container in picture.containers
        ),
    )
    return differences(_description(before), now)


def _description(data: Mapping[str, Any]) -> DesignDescription:
    """Return the description of a design that JSON shows as a picture."""
    return DesignDescription(
        design=data["design"],
        engine=data["engine"],
        settings=_pairs(data["settings"]),
        containers=tuple(
            ContainerDescription(
                name=container["name"],
                key=container["key"],
                settings=_pairs(container["settings"]),
                records=tuple(
                    RecordDescription(
                        name=record["name"], entity=record["entity"], content=record["content"]
                    )
                    for record in container["records"]
                ),
                indexes=tuple(
                    IndexDescription(
                        name=index["name"],
                        key=index["key"],
                        projection=index["projection"],
                        is_local=index["is_local"],
                    )
                    for index in container["indexes"]
                ),
            )
            for container in data["containers"]
        ),
    )


def _pairs(data: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in data)


def _letter(card: Mapping[str, Any] | None) -> str:
    return "" if card is None else str(card["letter"])


Findings = dict[tuple[str, str], NamedFinding]


def _findings(card: Mapping[str, Any] | None) -> Findings:
    findings = card["findings"] if card is not None else ()
    return {
        (f["rule"], shown_resource(f["subject"])): NamedFinding(
            rule=f["rule"],
            level=f["level"],
            title=f["title"],
            subject=shown_resource(f["subject"]),
        )
        for f in findings
    }


def _named(card: ReportCard | None) -> Findings:
    findings = card.findings if card is not None else ()
    return {
        (f.rule, shown_resource(f.subject)): NamedFinding(
            rule=f.rule,
            level=str(f.level),
            title=f.title,
            subject=shown_resource(f.subject),
        )
        for f in findings
    }
