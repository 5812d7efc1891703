"""Changes of the settings of a DynamoDB table: capacity, class, expiry, recovery, protection.

In: a table. Out: the table with another setting.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from tablewright.core.errors import UsageError
from tablewright.core.frozen import frozen
from tablewright.core.quantities import plain
from tablewright.engines.dynamodb.change_base import (
    DynamoChange,
    TableChange,
    index_of,
    table_of,
)
from tablewright.engines.dynamodb.design import (
    Cache,
    CapacityMode,
    DynamoDesign,
    ModeKind,
    Table,
)


@frozen
class SetTtl(TableChange):
    """The attribute by which items expire, None for none."""

    kind: ClassVar[str] = "set_ttl"
    attribute: str | None

    def rewrite(self, table: Table) -> Table:
        """Return the table with that setting."""
        return replace(table, ttl=self.attribute)

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that restores the old setting."""
        return replace(self, attribute=table_of(design, self.table).ttl)

    def __str__(self) -> str:
        if self.attribute is None:
            return f"no expiry on {self.table}"
        return f"expire items of {self.table} by {self.attribute}"


@frozen
class SetCapacity(TableChange):
    """How throughput is paid: of a table, or of one of its indexes (None: as the table)."""

    kind: ClassVar[str] = "set_capacity"
    mode: CapacityMode | None
    index: str = ""

    def rewrite(self, table: Table) -> Table:
        """Return the table with that mode."""
        if not self.index:
            if self.mode is None:
                raise UsageError("a table needs a capacity mode")
            return replace(table, mode=self.mode)
        old = index_of(table, self.index)
        new = replace(old, mode=self.mode)
        return replace(table, indexes=tuple(new if i is old else i for i in table.indexes))

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that restores the old mode."""
        table = table_of(design, self.table)
        return replace(self, mode=index_of(table, self.index).mode if self.index else table.mode)

    def __str__(self) -> str:
        where = f"index {self.index} of {self.table}" if self.index else self.table
        return f"{_mode_text(self.mode)} for {where}"


@frozen
class SetTableClass(TableChange):
    """Standard or infrequent access."""

    kind: ClassVar[str] = "set_table_class"
    infrequent_access: bool

    def rewrite(self, table: Table) -> Table:
        """Return the table in that class."""
        return replace(table, infrequent_access=self.infrequent_access)

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that restores the old class."""
        return replace(self, infrequent_access=table_of(design, self.table).infrequent_access)

    def __str__(self) -> str:
        name = "Standard-IA" if self.infrequent_access else "Standard"
        return f"table class {name} for {self.table}"


Setting = bool | int | str | Decimal | tuple[str, ...] | tuple[tuple[str, str], ...] | Cache | None


OPTIONS = (
    "pitr_days",
    "deletion_protection",
    "backups_kept",
    "exports_per_month",
    "restores_per_year",
    "stream",
    "stream_readers",
    "replicas",
    "strong_replicas",
    "witness",
    "replica_accounts",
    "cache",
)


@frozen
class SetOption(TableChange):
    """One setting of a table: recovery, deletion protection, stream, replicas, backups."""

    kind: ClassVar[str] = "set_option"
    option: str
    value: Setting

    def rewrite(self, table: Table) -> Table:
        """Return the table with that setting."""
        if self.option not in OPTIONS:
            raise UsageError(f"no option `{self.option}` of a table: {', '.join(OPTIONS)}")
        return replace(table, **{self.option: self.value})  # type: ignore[arg-type]

    def inverse(self, design: DynamoDesign) -> DynamoChange:
        """Return the change that restores the old setting."""
        return replace(self, value=getattr(table_of(design, self.table), self.option))

    def __str__(self) -> str:
        if self.option == "pitr_days" and self.value:
            return f"point-in-time recovery of {self.value} days for {self.table}"
        if self.option == "deletion_protection" and self.value:
            return f"deletion protection for {self.table}"
        if self.option == "strong_replicas":
            word = "strongly" if self.value else "eventually"
            return f"{word} consistent replicas for {self.table}, which only a new table can have"
        return f"{self.option} = {_setting_text(self.value)} for {self.table}"


def _mode_text(mode: CapacityMode | None) -> str:
    if mode is None:
        return "the table's capacity mode"
    if mode.is_warmed:
        limits = ((mode.warm_reads, "read"), (mode.warm_writes, "write"))
        warm = " and ".join(f"{plain(units)} {word}" for units, word in limits if units is not None)
        paid = _mode_text(replace(mode, warm_reads=None, warm_writes=None))
        return f"{paid}, warmed for {warm} units"
    if mode.kind is ModeKind.ON_DEMAND:
        limits = ((mode.max_rcu, "read"), (mode.max_wcu, "write"))
        most = [f"{plain(units)} {word}" for units, word in limits if units is not None]
        return "on-demand capacity" + (f" of at most {' and '.join(most)} units" if most else "")
    if mode.kind is ModeKind.AUTO_SCALING:
        return f"provisioned capacity scaled automatically at {plain(mode.target * 100)} %"
    units = f"{plain(mode.rcu or Decimal(0))} read and {plain(mode.wcu or Decimal(0))} write units"
    return f"provisioned capacity of {units}"


def _setting_text(value: Setting) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        words = (v if isinstance(v, str) else f"{v[0]} in account {v[1]}" for v in value)
        return ", ".join(words) or "none"
    if isinstance(value, Decimal):
        return plain(value)
    return "none" if value in (None, "") else str(value)
