"""Changes as data: what planner, reviewer and users' edits all speak, whatever the engine.

In: a design or a model and a change. Out: another one. A change to a design is the engine's own
(`DesignChange`); some recommendations change how the application asks rather than how data is laid
out: those are changes to the model (`ModelChange`). Nothing here knows a price.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar

from tablewright.capacity.units import Consistency
from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.design.values import Design
from tablewright.model.values import Model, Pattern

SETTING, INDEX, REBUILD, ENGINE = 1, 2, 5, 13
"""Effort of a change: a setting, an index, a rebuilt table, another engine."""

REBUILDS = frozenset(
    {"rekey_table", "merge_tables", "split_table", "split_entity", "explode_list", "bucket_key"}
)
"""Kinds of changes that rewrite a table."""
BACKFILLS = frozenset({"add_index", "rekey_index", "change_projection", "make_sparse"})
"""Kinds of changes that fill an index from existing data."""

D = TypeVar("D", bound=Design)


def effort_of(kind: str) -> int:
    """Return the effort of a kind of change: a setting, an index, a rebuild or another engine.

    Example:
        >>> effort_of("add_index"), effort_of("rekey_table"), effort_of("set_option")
        (2, 5, 1)
    """
    if kind in REBUILDS or kind == "shard_key":
        return REBUILD
    if kind in BACKFILLS or kind == "drop_index":
        return INDEX
    return ENGINE if kind == "change_engine" else SETTING


class Change:
    """A change to a design or to how the application asks for its data."""

    __slots__ = ()

    @property
    def kind(self) -> str:
        """The fix kind of the rule catalogue."""
        raise NotImplementedError

    @property
    def effort(self) -> int:
        """How much work it is: `SETTING`, `INDEX`, `REBUILD` or `ENGINE`."""
        raise NotImplementedError

    def apply_to(self, model: Model, design: D) -> tuple[Model, D]:
        """Return model and design with the change made."""
        raise NotImplementedError


class DesignChange(Change, Generic[D]):
    """A change to a design of one engine."""

    __slots__ = ()

    def apply(self, design: D) -> D:
        """Return the design with the change made."""
        raise NotImplementedError

    def apply_to(self, model: Model, design: Any) -> tuple[Model, Any]:
        """Return the model as it is and the changed design."""
        return model, self.apply(design)

    def inverse(self, design: D) -> DesignChange[D] | None:
        """Return what takes the change back, given the design before it; None if nothing does."""
        return None


class ModelChange(Change):
    """A change to how the application asks: the model changes, the design stays."""

    __slots__ = ()
    kind: ClassVar[str] = ""
    effort: ClassVar[int] = SETTING

    def apply_to_model(self, model: Model) -> Model:
        """Return the model with the change made."""
        raise NotImplementedError

    def apply_to(self, model: Model, design: D) -> tuple[Model, D]:
        """Return the changed model and the design as it is."""
        return self.apply_to_model(model), design


@frozen
class PatternChange(ModelChange):
    """A change to one access pattern (or one part of a transaction: `name/0`)."""

    pattern: str

    def rewrite(self, pattern: Pattern) -> Pattern:
        """Return the pattern with the change made."""
        raise NotImplementedError

    def apply_to_model(self, model: Model) -> Model:
        """Return the model with the changed pattern."""
        if self.pattern not in {p.name for p in model.patterns}:
            raise UsageError(f"the model has no access pattern `{self.pattern}`")
        patterns = tuple(self.rewrite(p) if p.name == self.pattern else p for p in model.patterns)
        return replace(model, patterns=patterns)


@frozen
class ChangeConsistency(PatternChange):
    """How fresh a read must be."""

    kind: ClassVar[str] = "change_consistency"
    consistency: Consistency

    def rewrite(self, pattern: Pattern) -> Pattern:
        """Return the pattern reading so."""
        return replace(pattern, consistency=self.consistency)

    def __str__(self) -> str:
        return f"{self.consistency.value} reads for {self.pattern}"


@frozen
class AddCondition(PatternChange):
    """A condition on a write, evaluated by the database with the write."""

    kind: ClassVar[str] = "add_condition"
    condition: str
    on: tuple[str, ...] = ()

    def rewrite(self, pattern: Pattern) -> Pattern:
        """Return the pattern writing so."""
        return replace(pattern, condition=self.condition, condition_on=self.on, atomic=True)

    def __str__(self) -> str:
        return f"condition on {self.pattern}: {self.condition}"


@frozen
class AddPageLimit(PatternChange):
    """A list read page by page: at most so many items a call."""

    kind: ClassVar[str] = "add_page_limit"
    limit: int

    def rewrite(self, pattern: Pattern) -> Pattern:
        """Return the pattern reading so."""
        return replace(pattern, limit=self.limit, complete=False)

    def __str__(self) -> str:
        return f"pages of {self.limit} for {self.pattern}"


@frozen
class ContinueFromLast(PatternChange):
    """Pages that go on from the last instance shown, and no longer count off those before."""

    kind: ClassVar[str] = "add_page_limit"

    def rewrite(self, pattern: Pattern) -> Pattern:
        """Return the pattern going through nothing but the page."""
        if pattern.limit is None:
            raise UsageError(f"`{pattern.name}` has no pages")
        return replace(pattern, limit=pattern.limit - pattern.skip, skip=0)

    def __str__(self) -> str:
        return f"pages of {self.pattern} that continue from the last one shown"


@frozen
class SingleWrite(PatternChange):
    """A transaction of one write becomes a conditional write."""

    kind: ClassVar[str] = "change_transaction"

    def rewrite(self, pattern: Pattern) -> Pattern:
        """Return the one write there is."""
        if len(pattern.parts) != 1:
            raise UsageError(f"`{pattern.name}` is no transaction of one write")
        part = pattern.parts[0]
        return replace(
            part,
            name=pattern.name,
            id=pattern.id,
            rate=pattern.rate,
            peak=pattern.peak,
            latency_p99_ms=pattern.latency_p99_ms,
            purpose=pattern.purpose,
            group=pattern.group,
            fails=pattern.fails,
        )

    def __str__(self) -> str:
        return f"a plain conditional write for {self.pattern}"


def apply_all(model: Model, design: D, changes: Iterable[Change]) -> tuple[Model, D]:
    """Return model and design with changes of any kind made, in order."""
    for change in changes:
        model, design = change.apply_to(model, design)
    return model, design
