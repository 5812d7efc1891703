"""Positions in a collection read in the order of `_id`, and the ranges between them.

In: an `_id` of any type. Out: texts that a journal keeps, and conditions of a read. Pure.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

ID_TYPES = (
    ("int", "long", "double", "decimal"),
    ("string",),
    ("object",),
    ("binData",),
    ("objectId",),
    ("bool",),
    ("date",),
    ("timestamp",),
)
"""Types that an `_id` may have, in the order of the MongoDB manual, "Comparison/Sort Order"."""


def id_range(after: str | None, first: str | None, end: str | None) -> dict[str, Any]:
    """Return the condition of the documents of a range of `_id`.

    `$gt` compares values of one type only, but a collection is ordered across types: whatever is
    of a type that sorts between both bounds belongs to the range too.

    Args:
        after: begin after this position, that of the last document that was read.
        first: else begin with this one; None for the beginning.
        end: the position that is not in it any more; None for the end of the collection.
    """
    low = first if after is None else after
    if low is None and end is None:
        return {}
    begin: dict[str, Any] = {}
    if low is not None:
        begin["$gte" if after is None else "$gt"] = stored_position(low)
    until = {} if end is None else {"$lt": stored_position(end)}
    low_place = -1 if low is None else _type_place(stored_position(low))
    end_place = len(ID_TYPES) if end is None else _type_place(stored_position(end))
    if low_place == end_place:
        return {"_id": {**begin, **until}}
    types = [name for names in ID_TYPES[low_place + 1 : end_place] for name in names]
    conditions: list[dict[str, Any]] = [bounds for bounds in (begin, until) if bounds]
    if types:
        conditions.append({"$type": types})
    return {"$or": [{"_id": condition} for condition in conditions]}


def _type_place(identity: Any) -> int:
    """Return the place of the type of an `_id` in the order of types."""
    from bson import Binary, ObjectId

    if isinstance(identity, bool):
        return 5
    if isinstance(identity, ObjectId):
        return 4
    if isinstance(identity, bytes | Binary | uuid.UUID):
        return 3
    if isinstance(identity, Mapping):
        return 2
    if isinstance(identity, str):
        return 1
    if isinstance(identity, datetime.datetime):
        return 6
    return 0


def position_text(identity: Any) -> str:
    """Return an `_id` of any type as text, to go on after it."""
    from bson.json_util import dumps

    return str(dumps({"_id": identity}, json_options=_exact_json()))


def stored_position(text: str) -> Any:
    """Return the `_id` of a text that `position_text` wrote."""
    from bson.json_util import loads

    return loads(text, json_options=_exact_json())["_id"]


def _exact_json() -> Any:
    """Return how BSON values are written as JSON with their types, UUIDs in the standard way."""
    from bson.binary import STANDARD
    from bson.json_util import CANONICAL_JSON_OPTIONS

    return CANONICAL_JSON_OPTIONS.with_options(tz_aware=True, uuid_representation=STANDARD)
