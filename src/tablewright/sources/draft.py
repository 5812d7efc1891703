"""A model and its current design while they are being worked out, before they are written.

Inference makes these values from facts, `writing` prints them. Figures carry a label: seen in the
data, stated by a source, or assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

SEEN, ASSUMED, STATED = "seen", "assumed", ""


@dataclass(slots=True, kw_only=True)
class AttributeDraft:
    """An attribute: its type and whatever else the model file says of it."""

    name: str
    type: str
    """In short form, such as `uuid` or `ref(Customer)`."""
    options: dict[str, str] = field(default_factory=dict)
    """Further fields of the long form as written, in order."""
    comment: str = ""


@dataclass(slots=True, kw_only=True)
class EntityDraft:
    """An entity with its attributes."""

    name: str
    key: tuple[str, ...]
    attributes: list[AttributeDraft] = field(default_factory=list)
    parent: str = ""
    count: str = ""
    count_label: str = ASSUMED
    instances: Decimal | None = None
    """How many there are, where known."""
    comment: list[str] = field(default_factory=list)
    append_only: bool = False
    mean_bytes: Decimal | None = None

    def attribute(self, name: str) -> AttributeDraft | None:
        """Return the attribute of that name, None if there is none."""
        return next((a for a in self.attributes if a.name == name), None)


@dataclass(slots=True, kw_only=True)
class PatternDraft:
    """An access pattern."""

    name: str
    fields: dict[str, str]
    """From the verb on, as written."""
    per_day: Decimal
    per: str = "user"
    """`user`, `total`, or an entity."""
    label: str = ASSUMED
    comment: str = ""


@dataclass(slots=True, kw_only=True)
class ShapeDraft:
    """One kind of item of a table."""

    name: str
    entity: str
    keys: dict[str, str] = field(default_factory=dict)
    """Templates of key attributes."""
    when: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    """Of a key: the attribute and its values to which it is limited."""
    attributes: tuple[str, ...] | None = None
    """None: all that no other kind holds."""
    embed: dict[str, str] = field(default_factory=dict)
    compress: dict[str, str] = field(default_factory=dict)
    guards: str = ""


@dataclass(slots=True, kw_only=True)
class IndexDraft:
    """An index, its fields as written."""

    name: str
    fields: dict[str, str]
    short: str = ""
    """The whole index where it has a short form."""


@dataclass(slots=True, kw_only=True)
class TableDraft:
    """A table or collection of the current design."""

    name: str
    key: tuple[str, ...] = ()
    shapes: list[ShapeDraft] = field(default_factory=list)
    holds: str = ""
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of each column the attribute it keeps, and its type as CREATE TABLE has it."""
    indexes: list[IndexDraft] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    comment: str = ""


@dataclass(slots=True, kw_only=True)
class Draft:
    """A whole model file to be."""

    app: str
    engine: str
    region: str = ""
    database: str = ""
    """Of MongoDB: what the database is called."""
    version: str = ""
    """Of PostgreSQL: the major version of the server, where a calendar of support has it."""
    declared_by: str = ""
    """The mapper or design tool in which the tables are declared, and its file."""
    scales: tuple[int, ...] = (1000, 10000, 100000)
    user_entity: str = ""
    entities: list[EntityDraft] = field(default_factory=list)
    patterns: list[PatternDraft] = field(default_factory=list)
    tables: list[TableDraft] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def entity(self, name: str) -> EntityDraft:
        """Return an entity by name (KeyError if there is none)."""
        for entity in self.entities:
            if entity.name == name:
                return entity
        raise KeyError(name)
