"""Keys: whether items and `Key` parameters have them, and as what bytes they are stored.

In: a table and an item or key with checked values. Out: key bytes, or the service's refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tablewright.capacity.items import binary_bytes, string_bytes
from tablewright.capacity.limits import MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES
from tablewright.local.faults import EmptyKeyException, ValidationException
from tablewright.local.tables import Keys, Table
from tablewright.local.validation.layers import INVALID
from tablewright.local.validation.values import WireValue
from tablewright.local.vectors.writing import check_vectors

KEY_MISMATCH = "The provided key element does not match the schema"


def key_of_item(table: Table, item: Mapping[str, WireValue]) -> bytes:
    """Return the key bytes of an item to be put.

    Raises:
        ValidationException: a key attribute is missing, of another type, empty or too long, or an
            index key attribute is of another type or empty.
    """
    for name, kind in table.keys.attributes:
        value = item.get(name)
        if value is None:
            raise ValidationException(f"{INVALID}Missing the key {name} in the item")
        if kind not in value:
            (actual,) = value
            raise ValidationException(
                f"{INVALID}Type mismatch for key {name} expected: {kind} actual: {actual}"
            )
    check_key_content(table.keys, item)
    if table.indexes:
        check_index_keys(table, item)
    if table.vectors:
        check_vectors(table, item)
    return table.keys.encode(item)


def check_key_types(table: Table, item: Mapping[str, WireValue]) -> None:
    """Refuse an item without the table's key, as a batch does, in fewer words than a put."""
    for name, kind in table.keys.attributes:
        if kind not in item.get(name, ()):
            raise ValidationException(KEY_MISMATCH)


def key_of_request(table: Table, key: Mapping[str, WireValue]) -> bytes:
    """Return the key bytes of a `Key` parameter.

    Raises:
        ValidationException: it does not have exactly the key attributes of the table.
    """
    attributes = table.keys.attributes
    if len(key) != len(attributes):
        raise ValidationException(KEY_MISMATCH)
    for name, kind in attributes:
        value = key.get(name)
        if value is None or kind not in value:
            raise ValidationException(KEY_MISMATCH)
    check_key_content(table.keys, key)
    return table.keys.encode(key)


def check_key_content(keys: Keys, item: Mapping[str, WireValue]) -> None:
    """Refuse key attributes that are empty or too long."""
    for name, kind in keys.partition:
        if kind != "N":
            size = _key_content_bytes(name, kind, item[name][kind])
            if size > MAX_PARTITION_KEY_BYTES:
                raise ValidationException(INVALID + _LONG_PARTITION_KEY)
    for name, kind in keys.sort:
        if kind != "N":
            size = _key_content_bytes(name, kind, item[name][kind])
            if size > MAX_SORT_KEY_BYTES:
                raise ValidationException(INVALID + _LONG_SORT_KEY)


_LONG_PARTITION_KEY = (
    f"Size of hashkey has exceeded the maximum size limit of{MAX_PARTITION_KEY_BYTES} bytes"
)
_LONG_SORT_KEY = (
    f"Aggregated size of all range keys has exceeded the size limit of {MAX_SORT_KEY_BYTES} bytes"
)
_NOT_VALID = "One or more parameter values are not valid. "
_TYPE_WORDS = {"S": "string", "B": "binary"}


def _key_content_bytes(name: str, kind: str, content: str) -> int:
    if not content:
        raise EmptyKeyException(
            f"{_NOT_VALID}The AttributeValue for a key attribute cannot contain an empty "
            f"{_TYPE_WORDS[kind]} value. Key: {name}"
        )
    return string_bytes(content) if kind == "S" else binary_bytes(content)


def check_index_keys(
    table: Table, item: Mapping[str, Mapping[str, Any]], *, is_update: bool = False
) -> None:
    """Refuse an item whose index key attributes, where present, cannot be keys.

    The first index by name is blamed, of whatever kind it is.
    """
    for index in table.indexes_by_name:
        for name, kind in index.keys.attributes:
            value = item.get(name)
            if value is None:
                continue
            if kind not in value:
                (actual,) = value
                raise ValidationException(
                    f"{INVALID}Type mismatch for Index Key {name} Expected: {kind} "
                    f"Actual: {actual} IndexName: {index.name}"
                )
            if kind == "N":
                continue
            if not value[kind]:
                raise EmptyKeyException(_empty_index_key(index.name, name, kind, is_update))
            _check_index_key_size(index.keys, name, value, kind)


def _empty_index_key(index: str, name: str, kind: str, is_update: bool) -> str:
    empty = f"The AttributeValue for a key attribute cannot contain an empty {_TYPE_WORDS[kind]}"
    if is_update:
        return (
            f"{_NOT_VALID}The update expression attempted to update a secondary index key to a "
            f"value that is not supported. {empty} value."
        )
    return (
        f"{_NOT_VALID}A value specified for a secondary index key is not supported. {empty} value. "
        f"IndexName: {index}, IndexKey: {name}"
    )


def _check_index_key_size(keys: Keys, name: str, value: Mapping[str, Any], kind: str) -> None:
    size = string_bytes(value[kind]) if kind == "S" else binary_bytes(value[kind])
    if (name, kind) in keys.partition and size > MAX_PARTITION_KEY_BYTES:
        raise ValidationException(INVALID + _LONG_PARTITION_KEY)
    if (name, kind) in keys.sort and size > MAX_SORT_KEY_BYTES:
        raise ValidationException(INVALID + _LONG_SORT_KEY)
