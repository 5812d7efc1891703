"""Neutral facts about what exists, whichever database or file they come from.

Importers return `SourceFacts`; inference reads nothing else. Everything is frozen. What an importer
does not know is None or empty, never zero. No fact holds a value of a user's data: of values only
sizes, shares, recognised forms and hashes are kept, and words that are codes (`status: active`).
"""

from __future__ import annotations

from dataclasses import field, fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from tablewright.core.frozen import frozen

if TYPE_CHECKING:
    from tablewright.sources.inference.profile import KindProfile

DYNAMODB, MONGODB, POSTGRESQL = "dynamodb", "mongodb", "postgresql"


@frozen
class Declared:
    """An attribute, field or column as a schema declares it."""

    name: str
    type: str = ""
    """The declared type in the source's own words: `varchar(255)`, `S`, `ObjectId`."""
    length: int | None = None
    """The greatest length the type allows, in characters or bytes."""
    nullable: bool = True
    unique: bool = False
    values: tuple[str, ...] = ()
    """What an enum or a check allows."""
    references: str = ""
    """The store a foreign key or a `ref` points to."""
    element: str = ""
    """The type of the elements of a list, where declared."""
    column: str = ""
    """The whole column definition as CREATE TABLE takes it."""
    mean_bytes: Decimal | None = None
    """Average width from the database's own statistics."""
    null_share: Decimal | None = None
    distinct: Decimal | None = None
    shares: tuple[tuple[str, Decimal], ...] = ()
    """Of words that are codes, and of true and false: how frequent each is, together 1."""


@frozen
class IndexFacts:
    """An index: its keys in order, and what it holds beside them."""

    name: str
    keys: tuple[str, ...]
    sort_keys: tuple[str, ...] = ()
    """Of DynamoDB the sort key; elsewhere empty."""
    descending: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    """Of MongoDB: keys with 2dsphere, text or hashed."""
    projection: str = "all"
    """`all`, `keys-only` or `include`."""
    included: tuple[str, ...] = ()
    unique: bool = False
    is_local: bool = False
    sparse: bool = False
    expire_after_seconds: Decimal | None = None
    using: str = ""
    """Of PostgreSQL the access method."""
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Conditions of a partial index: an attribute has one of these values."""
    ignore_case: bool = False
    read_units: Decimal | None = None
    write_units: Decimal | None = None
    max_read_units: Decimal | None = None
    """Of an on-demand index: the most request units a second."""
    max_write_units: Decimal | None = None
    warm_read_units: Decimal | None = None
    """Units a second it serves at once, where a template states them."""
    warm_write_units: Decimal | None = None
    grown_read_units: Decimal | None = None
    """Those a description shows: grown or bought, in one figure."""
    grown_write_units: Decimal | None = None


@frozen
class TableSettings:
    """Settings of a DynamoDB table; None where the source does not say."""

    mode: str | None = None
    """`on-demand`, `provisioned` or `auto-scaling`."""
    read_units: Decimal | None = None
    write_units: Decimal | None = None
    max_read_units: Decimal | None = None
    """Of auto scaling the maximum; of on-demand the most request units a second, if limited."""
    max_write_units: Decimal | None = None
    warm_read_units: Decimal | None = None
    """Units a second it serves at once, where a template states them."""
    warm_write_units: Decimal | None = None
    grown_read_units: Decimal | None = None
    """Those a description shows: grown or bought, in one figure."""
    grown_write_units: Decimal | None = None
    target: Decimal | None = None
    """Utilisation auto scaling aims at, 0 to 1."""
    ttl: str | None = None
    pitr_days: int | None = None
    stream: str | None = None
    infrequent_access: bool | None = None
    deletion_protection: bool | None = None
    home: str = ""
    """Of a table with replicas the region it was made in, where the source says."""
    replicas: tuple[str, ...] = ()
    strong_replicas: bool = False
    witness: str = ""
    replica_accounts: tuple[tuple[str, str], ...] = ()
    """Region and account of replicas in accounts other than the table's."""


@frozen
class SourceTable:
    """A table or collection: keys, indexes, what is declared and what was seen in it."""

    name: str
    engine: str
    keys: tuple[str, ...] = ()
    """Of DynamoDB partition and sort key, of PostgreSQL the primary key."""
    key_types: tuple[tuple[str, str], ...] = ()
    """Of key attributes of DynamoDB: S, N or B."""
    indexes: tuple[IndexFacts, ...] = ()
    declared: tuple[Declared, ...] = ()
    settings: TableSettings = field(default_factory=TableSettings)
    kinds: tuple[KindProfile, ...] = ()
    """The kinds of items that were seen, the most frequent first."""
    sampled: int = 0
    """Items read."""
    items: Decimal | None = None
    """Items in all, where the source says or all were read."""
    stored_bytes: Decimal | None = None
    place: str = ""
    """Where it is described, such as `template.yaml:12`."""
    entity: str = ""
    """The name the source itself uses for what is stored, if any."""
    foreign_keys: tuple[tuple[tuple[str, ...], str], ...] = ()
    """Columns, and the table they refer to."""
    templates: tuple[EntityTemplate, ...] = ()
    """Kinds of items that the source declares with their key templates."""
    tags: tuple[str, ...] = ()
    """Names of its tags."""


@frozen
class EntityTemplate:
    """A kind of item as a mapper or design tool declares it."""

    name: str
    keys: tuple[tuple[str, str], ...] = ()
    """Key attributes and their templates, such as ("PK", "USER#{userId}")."""
    declared: tuple[Declared, ...] = ()


@frozen
class ObservedAccess:
    """How often something is asked, as observed or declared."""

    store: str
    operation: str
    """get, list, put, update, delete, scan."""
    index: str = ""
    by: tuple[str, ...] = ()
    """Attributes bound to one value."""
    ranged: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    limit: int | None = None
    per_day: Decimal | None = None
    """None where only the shape of the access is known."""
    is_estimate: bool = False
    """The rate was worked out from something else, such as consumed units."""
    name: str = ""
    place: str = ""
    entity: str = ""


@frozen
class ObservedKey:
    """What share of the requests to a table or index goes to its busiest partition key."""

    store: str
    share: Decimal
    index: str = ""


@frozen
class SourceFacts:
    """All that sources say."""

    app: str = ""
    region: str = ""
    database: str = ""
    """Of MongoDB: what the database is called."""
    version: str = ""
    """Of PostgreSQL: the major version of the server, where a calendar of support has it."""
    declared_by: str = ""
    """The mapper or design tool in which the tables are declared, and its file."""
    stores: tuple[SourceTable, ...] = ()
    accesses: tuple[ObservedAccess, ...] = ()
    busiest: tuple[ObservedKey, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be read, with file and place: partial facts are named here."""
    sources: tuple[str, ...] = ()
    """What was read, in words."""


def merged(parts: tuple[SourceFacts, ...]) -> SourceFacts:
    """Return the facts of several sources as one.

    Stores of the same name are one store: what one source leaves open another fills. Where two
    sources contradict each other the first one named is followed. Tables of one name that are
    described for two engines are two.
    """
    stores: list[SourceTable] = []
    for part in parts:
        earlier = list(stores)
        for store in part.stores:
            place = _place_of(store, stores, earlier)
            if place is None:
                stores.append(store)
            else:
                stores[place] = _merged_store(stores[place], store)
    return SourceFacts(
        app=next((p.app for p in parts if p.app), ""),
        region=next((p.region for p in parts if p.region), ""),
        database=next((p.database for p in parts if p.database), ""),
        version=next((p.version for p in parts if p.version), ""),
        declared_by=next((p.declared_by for p in parts if p.declared_by), ""),
        stores=tuple(stores),
        accesses=tuple(access for p in parts for access in p.accesses),
        busiest=tuple(key for p in parts for key in p.busiest),
        notes=tuple(dict.fromkeys(note for p in parts for note in p.notes)),
        sources=tuple(dict.fromkeys(text for p in parts for text in p.sources)),
    )


def _place_of(
    store: SourceTable, stores: list[SourceTable], earlier: list[SourceTable]
) -> int | None:
    """Return which of the stores is the same: by its name, else by one that means the same."""
    for place, known in enumerate(stores):
        if known.name == store.name and _may_be_one(known, store):
            return place
    alike = matching_name(store.name, [known.name for known in earlier])
    return alike if alike is not None and _may_be_one(earlier[alike], store) else None


def _may_be_one(first: SourceTable, second: SourceTable) -> bool:
    """Whether two stores are of one engine, or one of them is plain data without a schema."""
    if first.engine == second.engine:
        return True
    return any(not (s.key_types or s.declared or s.indexes) for s in (first, second))


def matching_name(name: str, names: list[str]) -> int | None:
    """Return which of the names means the same: a stack puts a prefix and a suffix around it.

    Example:
        >>> matching_name("shop-OrdersTable-1AB2C3", ["OrdersTable", "Users"])
        0
    """
    low = name.lower()
    hits = [
        place
        for place, known in enumerate(names)
        if len(known) >= 4 and (known.lower() in low.split("-") or low in known.lower().split("-"))
    ]
    return hits[0] if len(hits) == 1 else None


def _merged_store(first: SourceTable, second: SourceTable) -> SourceTable:
    """Return one store; what the first does not know is taken from the second."""
    return replace(
        first,
        name=second.name if second.kinds and not first.kinds else first.name,
        keys=first.keys or second.keys,
        key_types=first.key_types or second.key_types,
        indexes=first.indexes or second.indexes,
        declared=first.declared or second.declared,
        settings=_merged_settings(first.settings, second.settings),
        kinds=first.kinds or second.kinds,
        sampled=first.sampled or second.sampled,
        items=first.items if first.items is not None else second.items,
        stored_bytes=first.stored_bytes if first.stored_bytes is not None else second.stored_bytes,
        place=first.place or second.place,
        entity=first.entity or second.entity,
        foreign_keys=first.foreign_keys or second.foreign_keys,
        templates=first.templates or second.templates,
        tags=first.tags or second.tags,
    )


def _merged_settings(first: TableSettings, second: TableSettings) -> TableSettings:
    return TableSettings(
        **{
            setting.name: getattr(second, setting.name)
            if getattr(first, setting.name) in (None, ())
            else getattr(first, setting.name)
            for setting in fields(TableSettings)
        }
    )
