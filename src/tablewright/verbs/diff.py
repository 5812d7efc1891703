"""`diff`: what changes between two designs, or two files, and what that does to the bill.

In: two evaluations. Out: a DiffView.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from tablewright.core.frozen import frozen
from tablewright.core.quantities import ZERO
from tablewright.evaluation.description import (
    ContainerDescription,
    DesignDescription,
    IndexDescription,
)
from tablewright.evaluation.values import Evaluation
from tablewright.session import Options, Session, open_model
from tablewright.verbs.bill_rows import shown_resource


@frozen
class DesignDifference:
    """One thing that two designs have differently; an empty side means it is not there."""

    subject: str
    what: str
    before: str
    after: str


@frozen
class MoneyChange:
    """What one pattern or resource costs a month before and after."""

    name: str
    before: Decimal | None
    """None where nobody can say."""
    after: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """USD a month more (or less, where negative); None where nobody can say."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


@frozen
class DiffView:
    """What changes from one design to another, and what that does to the bill."""

    before: str
    after: str
    users: int
    prices_as_of: str
    region: str
    differences: tuple[DesignDifference, ...]
    by_pattern: tuple[MoneyChange, ...]
    by_resource: tuple[MoneyChange, ...]
    total: MoneyChange
    most_added: Decimal | None = None
    """USD a month that it may cost more; None where nobody has said."""

    @property
    def is_over(self) -> bool:
        """Whether it adds more than it may, or nobody can say what it adds."""
        if self.most_added is None:
            return False
        return self.total.change is None or self.total.change > self.most_added


def diff_view(
    before: Evaluation, after: Evaluation, old: DesignDescription, new: DesignDescription
) -> DiffView:
    """Return what changes from one evaluated design to another."""
    return DiffView(
        before=_design_name(before, after),
        after=_design_name(after, before),
        users=after.users,
        prices_as_of=after.bill.prices_as_of,
        region=after.bill.region,
        differences=differences(old, new),
        by_pattern=money_changes(
            before.bill.figures_by("pattern"), after.bill.figures_by("pattern")
        ),
        by_resource=money_changes(
            before.bill.figures_by("resource"), after.bill.figures_by("resource")
        ),
        total=MoneyChange(name="Total", before=before.bill.figure, after=after.bill.figure),
    )


def money_changes(
    before: Mapping[str, Decimal] | None, after: Mapping[str, Decimal] | None
) -> tuple[MoneyChange, ...]:
    """Return what each name costs before and after, the largest change first.

    Args:
        before: USD a month by name, where a name that is missing costs nothing; None where nobody
            can say what anything costs.
        after: the same.

    Example:
        >>> [row] = money_changes({"get": Decimal(2)}, None)
        >>> row.before, row.after, row.change
        (Decimal('2'), None, None)
    """
    changes = [
        MoneyChange(
            name=shown_resource(name),
            before=None if before is None else before.get(name, ZERO),
            after=None if after is None else after.get(name, ZERO),
        )
        for name in dict.fromkeys((*(before or ()), *(after or ())))
    ]
    return tuple(sorted(changes, key=_largest_first))


def _largest_first(row: MoneyChange) -> tuple[Decimal, str]:
    sizes = [abs(usd) for usd in (row.before, row.after) if usd is not None]
    return -max(sizes, default=ZERO) if row.change is None else -abs(row.change), row.name


def _design_name(evaluation: Evaluation, other: Evaluation) -> str:
    if evaluation.design.name == other.design.name:
        return f"{evaluation.model.app} {evaluation.design.name}"
    return evaluation.design.name


def differences(
    before: DesignDescription, after: DesignDescription
) -> tuple[DesignDifference, ...]:
    """Return what two designs have differently, container by container."""
    rows = _changed_settings(before.design, dict(before.settings), dict(after.settings))
    olds = {container.name: container for container in before.containers}
    news = {container.name: container for container in after.containers}
    for name in dict.fromkeys((*olds, *news)):
        rows += _container_differences(name, olds.get(name), news.get(name))
    return tuple(rows)


def _container_differences(
    name: str, before: ContainerDescription | None, after: ContainerDescription | None
) -> list[DesignDifference]:
    old_key = before.key if before else ""
    new_key = after.key if after else ""
    rows = _difference(name, "key" if before and after else "table by", old_key, new_key)
    if before and after:
        rows += _changed_settings(name, dict(before.settings), dict(after.settings))
    old_records = {r.name: r.content for r in before.records} if before else {}
    new_records = {r.name: r.content for r in after.records} if after else {}
    for record in dict.fromkeys((*old_records, *new_records)):
        old, new = old_records.get(record, ""), new_records.get(record, "")
        rows += _difference(name, f"item {record}", old, new)
    old_indexes = {i.name: _index_text(i) for i in before.indexes} if before else {}
    new_indexes = {i.name: _index_text(i) for i in after.indexes} if after else {}
    for index in dict.fromkeys((*old_indexes, *new_indexes)):
        old, new = old_indexes.get(index, ""), new_indexes.get(index, "")
        rows += _difference(f"{name}.{index}", "index", old, new)
    return rows


def _changed_settings(
    subject: str, before: dict[str, str], after: dict[str, str]
) -> list[DesignDifference]:
    rows: list[DesignDifference] = []
    for what in dict.fromkeys((*before, *after)):
        rows += _difference(subject, what, before.get(what, ""), after.get(what, ""))
    return rows


def _difference(subject: str, what: str, before: str, after: str) -> list[DesignDifference]:
    if before == after:
        return []
    return [DesignDifference(subject=subject, what=what, before=before, after=after)]


def _index_text(index: IndexDescription) -> str:
    parts = (index.key, index.projection, "local" if index.is_local else "")
    return ", ".join(part for part in parts if part)


def diff(session: Session, before: str, after: str) -> DiffView:
    """Return what changes between two designs of a file.

    Raises:
        UsageError: there is no such design.
    """
    return diff_view(
        session.evaluate(before),
        session.evaluate(after),
        session.describe(session.design(before)),
        session.describe(session.design(after)),
    )


def diff_files(before: str, after: str, options: Options, *, design: str = "") -> DiffView:
    """Return what changes between a design of one model file and that of another.

    Both are priced at the scale that the first file is reviewed at.

    Args:
        before: path of a model file.
        after: path of another.
        options: of prices.
        design: its name in both; the first of each file unless given.
    """
    old = open_model(before, options)
    new = open_model(after, replace(options, users=old.users))
    first, second = old.design(design), new.design(design)
    if first.engine == second.engine:
        # Two files may call the same items by other names; no request shows them.
        second = new.engine_of(second).aligned(first, second)
    return diff_view(
        old.evaluate(design), new.evaluate(design), old.describe(first), new.describe(second)
    )
