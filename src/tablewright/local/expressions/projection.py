"""Projections: bind to names, and take the paths they name out of an item.

In: text and names, then items. Out: a bound projection; then the part of an item that it names, in
the item's own shape. Lists close up: `a[5]` of a long list is a list of one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from tablewright.local.expressions.bound import AttributePath, BoundProjection, Item, WireValue
from tablewright.local.expressions.checks import check_overlap, resolve
from tablewright.local.expressions.evaluator import reader
from tablewright.local.expressions.syntax import Syntax, projection_syntax

_Tree = dict[str | int, Any]
"""Names and positions to subtrees; an empty tree takes the whole value."""


def parse_projection(text: str, names: Mapping[str, str] | None = None) -> BoundProjection:
    """Return a projection bound to the names of its request.

    Raises:
        ValidationException: the text or a placeholder is wrong, or two paths overlap.

    Example:
        >>> project(parse_projection("a, b[1]"), {"b": {"L": [{"N": "1"}, {"N": "2"}]}})
        {'b': {'L': [{'N': '2'}]}}
    """
    projection: BoundProjection = projection_syntax(text).compiled_for(names or {}, {}, _compile)
    return projection


def _compile(
    syntax: Syntax, names: Mapping[str, str], values: Mapping[str, WireValue]
) -> BoundProjection:
    paths = [resolve(path, names, syntax.parameter) for path in syntax.tree.paths]
    check_overlap(paths, syntax.parameter)
    return BoundProjection(
        paths=tuple(paths),
        names=top_level_names(paths),
        used_names=frozenset(syntax.names),
    )


def top_level_names(paths: Iterable[AttributePath]) -> tuple[str, ...] | None:
    """Return the attribute names that paths are, or None if one of them is nested."""
    paths = tuple(paths)
    if any(len(path) > 1 for path in paths):
        return None
    return tuple(str(path[0]) for path in paths)


def project(projection: BoundProjection | Iterable[AttributePath], item: Item) -> dict[str, Any]:
    """Return what the paths name of the item, in its shape; what is absent is left out."""
    if isinstance(projection, BoundProjection):
        names, paths = projection.names, projection.paths
        if projection.labels is not None:
            return _labelled(projection.labels, paths, item)
    else:
        paths = tuple(projection)
        names = top_level_names(paths)
    if names is not None:
        return {name: item[name] for name in names if name in item}
    value = _taken({"M": item}, _tree(paths))
    return {} if value is None else value["M"]


def _labelled(labels: Iterable[str], paths: Iterable[AttributePath], item: Item) -> dict[str, Any]:
    pairs = ((label, reader(path)(item, {})) for label, path in zip(labels, paths, strict=True))
    return {label: value for label, value in pairs if value is not None}


@functools.lru_cache(maxsize=512)
def _tree(paths: tuple[AttributePath, ...]) -> _Tree:
    root: _Tree = {}
    for path in paths:
        place = root
        for element in path:
            place = place.setdefault(element, {})
    return root


def _taken(value: WireValue, tree: _Tree) -> dict[str, Any] | None:
    """Return the part of a value that a tree names, or None if it has nothing there."""
    if not tree:
        return dict(value)
    if isinstance(next(iter(tree)), str):
        within = value.get("M", {})
        entries = {
            str(name): part
            for name, below in tree.items()
            if name in within and (part := _taken(within[name], below)) is not None
        }
        return {"M": entries} if entries else None
    elements = value.get("L", ())
    parts = (
        _taken(elements[position], tree[position])
        for position in sorted(tree, key=int)
        if int(position) < len(elements)
    )
    listed = [part for part in parts if part is not None]
    return {"L": listed} if listed else None
