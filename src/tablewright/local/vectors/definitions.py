"""Definitions of vector indexes: checked when they are created, and shown by DescribeTable.

In: members of CreateTable and UpdateTable requests of the right shape. Out: the service's refusal,
or what the engine stores and shows.

Sources: API reference, VectorIndex and VectorIndexUpdate; developer guide, "Quotas"; the wording as
recorded on AWS by paritysuite/dynamodb-conformance, ExtendDB and floci, August to October 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tablewright.capacity.vectors import MAX_DIMENSIONS, MAX_INDEXES, MAX_INLINE_FILTERS
from tablewright.local.faults import ValidationException

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

_INVALID = "One or more parameter values were invalid: "
_SHOWN = ("IndexName", "VectorAttribute", "SearchSchema", "Projection", "Dimensions",
          "DistanceFunction")  # fmt: skip
ON_DEMAND_ONLY = f"{_INVALID}Vector indexes are only supported for PAY_PER_REQUEST tables"


def search_attributes(index: Mapping[str, Any]) -> list[str]:
    """Return the names in the search schema of an index definition."""
    return [element["AttributeName"] for element in index.get("SearchSchema") or ()]


def check_vector_indexes(
    indexes: Sequence[Mapping[str, Any]], types: Sequence[str], mode: str, names: set[str]
) -> None:
    """Check the vector indexes of a CreateTable request.

    Args:
        indexes: their definitions.
        types: the attributes that AttributeDefinitions names.
        mode: the billing mode of the table.
        names: the index names of the table so far; these are added.

    Raises:
        ValidationException: one of them cannot be.
    """
    for index in indexes:
        check_vector_index(index, types, mode)
        name = index["IndexName"]
        if name in names:
            raise ValidationException(f"{_INVALID}Duplicate index name: {name}")
        names.add(name)
    if len(indexes) > MAX_INDEXES:
        raise ValidationException(
            f"{_INVALID}VectorIndex count exceeds the per-table limit of {MAX_INDEXES}"
        )
    check_same_dimensions(indexes)
    for index in indexes:
        attribute = index["VectorAttribute"]["AttributeName"]
        if attribute in types:
            raise ValidationException(
                f"{_INVALID}Conflicting attribute definition for '{attribute}'. An attribute "
                "cannot be defined in AttributeDefinitions when used as a VectorAttribute."
            )


def check_vector_index(index: Mapping[str, Any], types: Sequence[str], mode: str) -> None:
    """Check one vector index by itself.

    Raises:
        ValidationException: it cannot be.
    """
    if mode != "PAY_PER_REQUEST":
        raise ValidationException(ON_DEMAND_ONLY)
    schema = index.get("SearchSchema") or ()
    if any(name not in types for name in search_attributes(index)):
        raise ValidationException(
            f"{_INVALID}One element in SearchSchema is not defined in attribute definitions"
        )
    if index["Dimensions"] > MAX_DIMENSIONS:
        raise ValidationException(
            f"{_INVALID}Number of dimensions must be between 1 and {MAX_DIMENSIONS} inclusive."
        )
    kinds = [element["SearchSchemaElementType"] for element in schema]
    name = index["IndexName"]
    # The limits are documented; the service's words for them are not known.
    if kinds.count("HASH") > 1:
        raise ValidationException(
            f"{_INVALID}SearchSchema of index {name} has more than one HASH attribute"
        )
    if kinds.count("INLINE_FILTER") > MAX_INLINE_FILTERS:
        raise ValidationException(
            f"{_INVALID}SearchSchema of index {name} has more than {MAX_INLINE_FILTERS} "
            "INLINE_FILTER attributes"
        )
    if len(set(search_attributes(index))) != len(kinds):
        raise ValidationException(
            f"{_INVALID}SearchSchema of index {name} names an attribute twice"
        )
    _check_projection(index["Projection"])


def _check_projection(projection: Mapping[str, Any]) -> None:
    kind = projection.get("ProjectionType")
    if kind is None:
        raise ValidationException(f"{_INVALID}Unknown ProjectionType: null")
    if "NonKeyAttributes" in projection and kind != "INCLUDE":
        raise ValidationException(
            f"{_INVALID}ProjectionType is {kind}, but NonKeyAttributes is specified"
        )
    if kind == "INCLUDE" and "NonKeyAttributes" not in projection:
        raise ValidationException(
            f"{_INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
        )


def check_same_dimensions(indexes: Iterable[Mapping[str, Any]]) -> None:
    """Refuse two indexes that read one attribute with different dimensions."""
    known: dict[str, int] = {}
    for index in indexes:
        attribute = index["VectorAttribute"]["AttributeName"]
        if known.setdefault(attribute, index["Dimensions"]) != index["Dimensions"]:
            raise ValidationException(
                f"{_INVALID}Conflicting attribute definition for '{attribute}'. All VectorIndexes "
                "on the same vector attribute must use the same dimensions."
            )


def included_count(index: Mapping[str, Any]) -> int:
    """Return what an index adds to the limit on included attributes of all indexes of a table.

    The vector and each inline filter count one, the partition key of the index nothing.
    """
    if index["Projection"].get("ProjectionType") != "INCLUDE":
        return 0
    schema = index.get("SearchSchema") or ()
    filters = sum(element["SearchSchemaElementType"] == "INLINE_FILTER" for element in schema)
    included: list[str] = index["Projection"].get("NonKeyAttributes") or []
    return len(included) + 1 + int(filters)


def check_mode(definition: Mapping[str, Any]) -> None:
    """Refuse a table with vector indexes that is not billed on demand."""
    if definition.get("VectorIndexes") and definition["BillingMode"] != "PAY_PER_REQUEST":
        raise ValidationException(ON_DEMAND_ONLY)


def restored_vector_indexes(
    source: Sequence[Mapping[str, Any]], override: Sequence[Mapping[str, Any]] | None
) -> list[dict[str, Any]]:
    """Return the vector indexes of a restored table: all of its source's, or those chosen.

    Args:
        source: the definitions of the source's vector indexes.
        override: the request's choice; None restores all.

    Raises:
        ValidationException: one that is chosen is not the same in the source.
    """
    known = {index["IndexName"]: index for index in source}
    for index in override if override is not None else ():
        original = known.get(index["IndexName"])
        if original is None or any(original.get(name) != index.get(name) for name in _SHOWN):
            raise ValidationException(
                f"{_INVALID}index override does not match an index of the source table: "
                f"{index['IndexName']}"
            )
    chosen = source if override is None else override
    return [{name: index[name] for name in _SHOWN if name in index} for index in chosen]


def is_allocating(definition: Mapping[str, Any]) -> bool:
    """Whether a vector index of a table is in the first phase of its creation."""
    return any(
        index["IndexStatus"] == "CREATING" and not index.get("Backfilling")
        for index in definition.get("VectorIndexes") or ()
    )


def describe_vector_indexes(
    engine: LocalEngine, table: Table, status: str | None
) -> list[dict[str, Any]]:
    """Return the VectorIndexes member of a table's description. Inside a read.

    Args:
        engine: where the table lives.
        table: a table with vector indexes.
        status: the state the description shows for the table, if not its own.
    """
    out = []
    for stored in table.definition["VectorIndexes"]:
        index = table.vectors[stored["IndexName"]]
        items, size = engine.counts(index)
        shown = {member: stored[member] for member in _SHOWN if member in stored}
        shown["IndexStatus"] = status if status in ("CREATING", "DELETING") else index.status
        if index.status == "CREATING" and status is None:
            shown["Backfilling"] = index.is_backfilling
        shown["IndexSizeBytes"] = size
        shown["ItemCount"] = items
        shown["IndexArn"] = f"{engine.arn(table.name)}/index/{index.name}"
        out.append(shown)
    return out
