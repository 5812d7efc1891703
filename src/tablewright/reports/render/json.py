"""Write the value of a verb as JSON: the same content as every other form, with its schema.

In: a value. Out: mappings, lists, text and numbers. Names are those of the value; the number in
`schema` grows when a name goes or changes its meaning, not when one is added. Money and all other
decimal figures are strings, exact; counts are numbers; an index is `table.index` everywhere.
"""

from __future__ import annotations

import json
from typing import Any

from tablewright.core.plain_data import plain_data
from tablewright.verbs.bill_rows import shown_resource

SCHEMA_VERSION = 1

RESOURCES = frozenset({"resource", "target", "subject", "resources"})
"""Fields that hold the name of a table or index."""


def as_data(value: Any, kind: str) -> dict[str, Any]:
    """Return a value as plain data; `kind` is the verb, such as "cost" or "report".

    Example:
        >>> from tablewright.verbs.cost import Crossing
        >>> crossing = Crossing(cheaper_below="a", cheaper_above="b", users=1000)
        >>> as_data(crossing, "crossing")["schema"]
        'tablewright.crossing/1'
    """
    return {"schema": f"tablewright.{kind}/{SCHEMA_VERSION}", **plain_data(value, _one_form)}


def write_json(value: Any, kind: str) -> str:
    """Return a value as JSON text, ending in a newline."""
    return json.dumps(as_data(value, kind), indent=2, ensure_ascii=False) + "\n"


def _one_form(name: str, value: Any) -> Any:
    if name in RESOURCES and isinstance(value, str):
        return shown_resource(value)
    return value
