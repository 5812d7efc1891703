"""Vector indexes of a table that exists: added and removed by UpdateTable, filled beside requests.

In: the VectorIndexUpdates of a request. Out: the changed definition, and an index that goes through
the phases of the service: allocation (the table is UPDATING, Backfilling false), backfilling
(Backfilling true), ACTIVE. Without realism both phases end as soon as the work is done.

Sources: developer guide, "Managing vector indexes"; phases and wording as recorded on AWS by
paritysuite/dynamodb-conformance and ExtendDB, August 2026.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tablewright.capacity.vectors import MAX_INDEXES
from tablewright.core.errors import EngineError
from tablewright.local.faults import (
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)
from tablewright.local.vectors.definitions import (
    check_same_dimensions,
    check_vector_index,
    search_attributes,
)
from tablewright.local.vectors.writing import add_existing
from tablewright.local.writing import Image

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

CHUNK = 200
INLINE_ITEMS = 2_000
"""Tables up to this many items fill a new index before UpdateTable replies."""

_INVALID = "One or more parameter values were invalid: "
_IN_USE = "Attempt to change a resource which is still in use: "
_ONE_AT_A_TIME = (
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously "
    "per table"
)


def vector_change(request: Mapping[str, Any], other_changes: int) -> dict[str, Any]:
    """Return the one change of vector indexes a request may have: Create, Delete or nothing.

    Args:
        request: an UpdateTable request.
        other_changes: how many global indexes it creates and deletes.

    Raises:
        ValidationException: a change is empty, or creates and deletes.
        LimitExceededException: there is more than one change.
    """
    changes: list[dict[str, Any]] = request.get("VectorIndexUpdates") or []
    for change in changes:
        if len(change) != 1:
            raise ValidationException(
                f"{_INVALID}One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete must not be "
                "null"
                if not change
                else f"{_INVALID}Only one of VectorIndexUpdate.Create, VectorIndexUpdate.Delete "
                "can be specified"
            )
    if changes and len(changes) + other_changes > 1:
        raise LimitExceededException(_ONE_AT_A_TIME)
    return changes[0] if changes else {}


def add_vector_index(
    engine: LocalEngine,
    table: Table,
    definition: dict[str, Any],
    request: Mapping[str, Any],
    create: Mapping[str, Any],
) -> str:
    """Add a vector index to a definition, to be filled; return its name. Inside a write.

    Raises:
        ValidationException: it cannot be, or there is one of that name.
        ResourceInUseException: one of that name is being created.
        LimitExceededException: the table has five, or one is being created.
    """
    name: str = create["IndexName"]
    declared = {
        entry["AttributeName"]: entry["AttributeType"]
        for entry in request.get("AttributeDefinitions") or ()
    }
    check_vector_index(create, list(declared), definition["BillingMode"])
    _check_name(table, name)
    if any(index.status != "ACTIVE" for index in _every_index(table)):
        raise LimitExceededException(_ONE_AT_A_TIME)
    indexes = definition.setdefault("VectorIndexes", [])
    if len(indexes) >= MAX_INDEXES:
        raise LimitExceededException(
            "Subscriber limit exceeded: Number of vector secondary indexes exceeds per-table "
            f"limit of {MAX_INDEXES}"
        )
    check_same_dimensions([*indexes, create])
    types = _merged_types(definition, declared)
    _check_vector_attribute(definition, create, types)
    indexes.append(
        {
            **create,
            "IndexStatus": "CREATING",
            "Backfilling": False,
            "Space": engine.new_space(),
        }
    )
    used = [*search_attributes(create)]
    known = {entry["AttributeName"] for entry in definition["AttributeDefinitions"]}
    definition["AttributeDefinitions"] = [
        *definition["AttributeDefinitions"],
        *(
            {"AttributeName": attribute, "AttributeType": types[attribute]}
            for attribute in used
            if attribute not in known
        ),
    ]
    return name


def _every_index(table: Table) -> list[Any]:
    return [*table.indexes.values(), *table.vectors.values()]


def _check_name(table: Table, name: str) -> None:
    for index in _every_index(table):
        if index.name == name:
            if index.status == "CREATING":
                raise ResourceInUseException(
                    f"{_IN_USE}Index is being created.  Table: {table.name} Index: {name}"
                )
            raise ValidationException("Attempting to create an index which already exists")


def _merged_types(definition: Mapping[str, Any], declared: Mapping[str, str]) -> dict[str, str]:
    types = {
        entry["AttributeName"]: entry["AttributeType"]
        for entry in definition["AttributeDefinitions"]
    }
    for name, kind in declared.items():
        if types.setdefault(name, kind) != kind:
            raise ValidationException(
                f"{_INVALID}Attempting to redefine the type of attribute {name} from "
                f"{types[name]} to {kind}"
            )
    return types


def _check_vector_attribute(
    definition: Mapping[str, Any], create: Mapping[str, Any], types: Mapping[str, str]
) -> None:
    attribute = create["VectorAttribute"]["AttributeName"]
    if attribute not in types:
        return
    keys = {element["AttributeName"]: element["KeyType"] for element in definition["KeySchema"]}
    if attribute in keys:
        raise ValidationException(
            f"{_INVALID}Attributes cannot be redefined. Please check that your attribute has the "
            "same type as previously defined. Existing schema: Schema:[SchemaElement: "
            f"key{{{attribute}:{types[attribute]}:{keys[attribute]}}}] New schema: "
            f"VectorIndexSchema:[VectorAttribute: key{{{attribute}:L:{create['Dimensions']}}}]"
        )
    raise ValidationException(
        f"{_INVALID}Conflicting attribute definition for '{attribute}'. An attribute cannot be "
        "defined in AttributeDefinitions when used as a VectorAttribute."
    )


def check_vector_deletion(table: Table, name: str) -> None:
    """Refuse to delete a vector index that is not there, or whose resources are being allocated.

    Raises:
        ResourceNotFoundException: there is none of that name.
        ResourceInUseException: it is in the first phase of its creation.
    """
    index = table.vectors.get(name)
    if index is None:
        raise ResourceNotFoundException("Requested resource not found")
    if index.status == "CREATING" and not index.is_backfilling:
        raise ResourceInUseException(
            f"{_IN_USE}Index creation is in resource allocation phase. Retry deletion during "
            f"backfilling phase or when the index is active. Table: {table.name} Index: {name}"
        )


def delete_vector_index(engine: LocalEngine, table: Table, definition: dict[str, Any]) -> None:
    """Drop the vector indexes that a definition no longer has, and store it. Inside a write."""
    names = {index["IndexName"] for index in definition.get("VectorIndexes") or ()}
    for index in list(table.vectors.values()):
        if index.name not in names:
            engine.store.drop(index.space)
    engine.save(definition)


def without_vector_index(definition: dict[str, Any], name: str) -> None:
    """Remove a vector index from a definition."""
    remaining = [index for index in definition["VectorIndexes"] if index["IndexName"] != name]
    if remaining:
        definition["VectorIndexes"] = remaining
    else:
        del definition["VectorIndexes"]


def check_table_deletion(table: Table) -> None:
    """Refuse to delete a table while one of its vector indexes is being created."""
    if any(index.status != "ACTIVE" for index in table.vectors.values()):
        raise ResourceInUseException(
            f"{_IN_USE}Cannot delete table while indexes are being created, updated, or deleted."
        )


# -- filling ------------------------------------------------------------------------------------


def start_filling(engine: LocalEngine, table: Table, name: str) -> None:
    """Take a new vector index through its phases: at once if that is quick, else in a thread."""
    table_name, space = table.name, table.space
    is_small = table.held.count is not None and table.held.count <= INLINE_ITEMS
    if is_small and not engine.vector_index_seconds:
        _fill(engine, table_name, space, name)
        return
    threading.Thread(
        target=_fill_unless_closed,
        args=(engine, table_name, space, name),
        name=f"fill {table_name}.{name}",
        daemon=True,
    ).start()


def resume_filling(engine: LocalEngine) -> None:
    """Fill the vector indexes that were being filled when the database was closed or killed."""
    for table in list(engine.tables.values()):
        for index in list(table.vectors.values()):
            if index.status == "CREATING":
                start_filling(engine, table, index.name)


def _fill_unless_closed(engine: LocalEngine, table_name: str, space: int, name: str) -> None:
    try:
        wait = engine.vector_index_seconds / 2
        if wait and engine.stopping.wait(wait):
            return
        _show_backfilling(engine, table_name, space, name)
        if wait and engine.stopping.wait(wait):
            return
        _fill(engine, table_name, space, name)
    except EngineError:
        if engine.store.is_open:
            raise


def _show_backfilling(engine: LocalEngine, table_name: str, space: int, name: str) -> None:
    with engine.store.writing:
        table = engine.tables.get(table_name)
        if table is None or table.space != space or name not in table.vectors:
            return
        table.vectors[name].definition["Backfilling"] = True
        engine.save(table.definition)


def _fill(engine: LocalEngine, table_name: str, space: int, name: str) -> None:
    """Give every item its entry, then make the index ACTIVE.

    Writes that come in between maintain the index themselves, so that no item is missed or stale.
    """
    low = b""
    while not engine.stopping.is_set():
        with engine.store.writing:
            table = engine.tables.get(table_name)
            index = table.vectors.get(name) if table is not None else None
            if table is None or table.space != space or index is None:
                return  # the table or the index was deleted meanwhile
            rows = list(engine.store.range(space, low, None, limit=CHUNK))
            for key, size, raw in rows:
                add_existing(engine, index, key, Image(size, raw))
            if len(rows) < CHUNK:
                index.definition["IndexStatus"] = "ACTIVE"
                index.definition.pop("Backfilling", None)
                index.held.count = None
                engine.save(table.definition)
                return
            low = rows[-1][0] + b"\x00"
