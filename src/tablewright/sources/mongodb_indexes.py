"""Indexes as MongoDB describes them, as facts.

In: documents of listIndexes, or of the metadata file of a dump. Out: `IndexFacts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tablewright.sources.facts import IndexFacts
from tablewright.sources.mongodb_values import plain_document

_KINDS = ("2dsphere", "text", "hashed")


def index_facts(
    indexes: Iterable[Mapping[str, Any]], notes: list[str], place: str
) -> list[IndexFacts]:
    """Return the indexes of a collection, that of `_id` aside; notes what a design cannot have."""
    out: list[IndexFacts] = []
    for raw in indexes:
        index = plain_document(raw)
        keys = index.get("key")
        name = str(index.get("name", "index"))
        if not isinstance(keys, Mapping) or list(keys) == ["_id"]:
            continue
        if "_fts" in keys:
            weights = index.get("weights")
            names = list(weights) if isinstance(weights, Mapping) else []
            if not names:
                notes.append(f"{place}: the text index `{name}` names no fields")
                continue
            keys = dict.fromkeys(names, "text")
        if any("$**" in str(key) for key in keys):
            notes.append(f"{place}: the wildcard index `{name}` was left out")
            continue
        expire = index.get("expireAfterSeconds")
        out.append(
            IndexFacts(
                name=name,
                keys=tuple(str(key) for key in keys),
                descending=tuple(str(k) for k, v in keys.items() if v in (-1, Decimal(-1))),
                kinds=tuple((str(k), str(v)) for k, v in keys.items() if str(v) in _KINDS),
                unique=bool(index.get("unique")),
                sparse=bool(index.get("sparse")),
                expire_after_seconds=None if expire is None else Decimal(str(expire)),
                where=_partial(index.get("partialFilterExpression"), notes, place, name),
                ignore_case=_ignores_case(index.get("collation")),
            )
        )
    return out


def _ignores_case(collation: Any) -> bool:
    return isinstance(collation, Mapping) and collation.get("strength") in (1, 2)


def _partial(
    expression: Any, notes: list[str], place: str, name: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(expression, Mapping):
        return ()
    conditions: list[tuple[str, tuple[str, ...]]] = []
    for field, condition in expression.items():
        values: list[Any] = []
        if isinstance(condition, str | bool):
            values = [condition]
        elif isinstance(condition, Mapping):
            listed = condition.get("$in") or [condition.get("$eq")]
            values = [v for v in listed if isinstance(v, str | bool)]
        if not values:
            notes.append(f"{place}: the condition of the partial index `{name}` was left out")
            return ()
        texts = [str(v).lower() if isinstance(v, bool) else v for v in values]
        conditions.append((str(field), tuple(texts)))
    return tuple(conditions)
