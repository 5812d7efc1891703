"""A physical design described without the words of one engine's file format.

In: nothing; these are values. An engine fills them (`Engine.describe`), reports draw them and
`diff` compares them. Every text is finished; nothing here is parsed again.
"""

from __future__ import annotations

from dataclasses import field

from tablewright.core.frozen import frozen


@frozen
class EngineTerms:
    """What things are called in an engine, its units, and the limit of one record."""

    container: str = "table"
    """Where records are stored: table, collection."""
    record: str = "item"
    """What is stored there: item, document, row."""
    read_unit: str = "read units"
    write_unit: str = "write units"
    bills_requests: bool = True
    """Whether units are billed; on servers they are load, and the server is billed."""
    limit_bytes: int | None = None
    """The most bytes of one record; None where no limit matters."""
    limit_name: str = ""
    """The limit in words, such as "400 KB"."""


@frozen
class RecordDescription:
    """One kind of record in a container: an item shape, the documents or rows of an entity."""

    name: str
    entity: str
    keys: tuple[tuple[str, str], ...] = ()
    """Key attribute and how it is made."""
    attributes: tuple[str, ...] = ()
    content: str = ""
    """What it holds, in words."""


@frozen
class IndexDescription:
    """An index: its key, and what an entry holds beside it."""

    name: str
    key: str
    projection: str = ""
    """What an entry holds, or the kind of the index: KEYS_ONLY, unique, gin."""
    is_local: bool = False


@frozen
class ContainerDescription:
    """A table or collection with its key, settings, records and indexes."""

    name: str
    key: str
    settings: tuple[tuple[str, str], ...] = ()
    """Name and value, in the order they are shown in."""
    records: tuple[RecordDescription, ...] = ()
    indexes: tuple[IndexDescription, ...] = ()


@frozen
class DesignDescription:
    """A whole design."""

    design: str
    engine: str
    mode: str = ""
    """How throughput is billed, such as "on-demand and provisioned"; "" on servers."""
    settings: tuple[tuple[str, str], ...] = ()
    """Of the whole design, such as the number of shards."""
    containers: tuple[ContainerDescription, ...] = ()
    terms: EngineTerms = field(default_factory=EngineTerms)


def key_text(names: tuple[str, ...]) -> str:
    """Return key attributes as people read them.

    Example:
        >>> key_text(("customer_id", "device_id"))
        'customer_id + device_id'
    """
    return " + ".join(names)
