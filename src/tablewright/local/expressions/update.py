"""Updates: bind to names and values, and carry out on a copy of an item.

In: text, names and values, then an item. Out: a bound update; then the item as it is afterwards.
The item given is never changed; containers on a written path are copied, all else is shared.

Meaning: AWS Developer Guide, "Update expressions". All operands are read from the item as it was.
Positions of a list are those before the update: a position past the end appends, in the order of
the positions, and removed positions close up at the very end. Keys, the size of the item and the
depth of nesting are the caller's to check.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from tablewright.local.expressions.bound import (
    AttributePath,
    BoundUpdate,
    Item,
    Read,
    UpdateForm,
    UpdateResult,
    Values,
    WireValue,
)
from tablewright.local.expressions.checks import check_update, resolve
from tablewright.local.expressions.evaluator import reader
from tablewright.local.expressions.nodes import (
    Arithmetic,
    DocumentPath,
    Operand,
    UpdateNode,
    ValuePlaceholder,
)
from tablewright.local.expressions.refusals import refused
from tablewright.local.expressions.syntax import Syntax, update_syntax
from tablewright.local.expressions.update_size import statement_size
from tablewright.local.expressions.values import sum_of, type_of

_PARAMETER = "UpdateExpression"


def parse_update(
    text: str,
    names: Mapping[str, str] | None = None,
    values: Values | None = None,
) -> BoundUpdate:
    """Return an update bound to the names and values of its request.

    Raises:
        ValidationException: the text, a placeholder, a path or the type of a value is wrong.

    Example:
        >>> update = parse_update("SET n = n + :one", values={":one": {"N": "1"}})
        >>> apply_update(update, {"n": {"N": "41"}}).item
        {'n': {'N': '42'}}
    """
    values = values or {}
    return BoundUpdate(update_syntax(text).compiled_for(names or {}, values, _compile), values)


def _compile(syntax: Syntax, names: Mapping[str, str], values: Values) -> UpdateForm:
    return compile_update(
        syntax.tree,
        names,
        values,
        used_names=frozenset(syntax.names),
        used_values=frozenset(syntax.values),
    )


def compile_update(
    tree: UpdateNode,
    names: Mapping[str, str],
    values: Values,
    *,
    used_names: frozenset[str] = frozenset(),
    used_values: frozenset[str] = frozenset(),
) -> UpdateForm:
    """Return the compiled form of an update's tree, after checking its actions."""
    check_update(tree, names, values)

    def resolved(path: DocumentPath) -> AttributePath:
        return resolve(path, names, _PARAMETER)

    sets = [(resolved(action.path), _operand(action.operand, names)) for action in tree.sets]
    removes = [resolved(action.path) for action in tree.removes]
    adds = [(resolved(action.path), action.value.name) for action in tree.adds]
    deletes = [(resolved(action.path), action.value.name) for action in tree.deletes]
    paths = tuple(resolved(action.path) for action in tree.actions)
    fixed_bytes, counted_values = statement_size(tree, names)
    return UpdateForm(
        sets=tuple(sets),
        adds=tuple(adds),
        deletes=tuple(deletes),
        removes=tuple(removes),
        paths=paths,
        nested=tuple(path for path in paths if len(path) > 1),
        touched=frozenset(str(path[0]) for path in paths),
        used_names=used_names,
        used_values=used_values,
        plain_sets=tuple(
            (str(resolved(action.path)[0]), action.operand.name)
            for action in tree.sets
            if isinstance(action.operand, ValuePlaceholder) and len(action.path.elements) == 1
        ),
        fixed_bytes=fixed_bytes,
        counted_values=counted_values,
    )


# Operands of SET


def _operand(node: Operand, names: Mapping[str, str]) -> Read:
    if isinstance(node, ValuePlaceholder):
        name = node.name
        return lambda item, values: values[name]
    if isinstance(node, DocumentPath):
        return _required(reader(resolve(node, names, _PARAMETER)))
    if isinstance(node, Arithmetic):
        sign = 1 if node.operator == "+" else -1
        return _sum(_operand(node.left, names), _operand(node.right, names), sign)
    first, second = node.arguments
    if node.name == "if_not_exists":
        assert isinstance(first, DocumentPath)
        return _first_of(reader(resolve(first, names, _PARAMETER)), _operand(second, names))
    return _joined(_operand(first, names), _operand(second, names))


def _required(read: Read) -> Read:
    def operand(item: Item, values: Values) -> WireValue:
        value = read(item, values)
        if value is None:
            raise refused(
                "The provided expression refers to an attribute that does not exist in the item"
            )
        return value

    return operand


def _first_of(read: Read, otherwise: Read) -> Read:
    def operand(item: Item, values: Values) -> WireValue | None:
        value = read(item, values)
        return otherwise(item, values) if value is None else value

    return operand


def _sum(read: Read, right: Read, sign: int) -> Read:
    def operand(item: Item, values: Values) -> WireValue:
        first = _of_type("N", read(item, values))
        return {"N": sum_of(first, _of_type("N", right(item, values)), sign=sign)}

    return operand


def _joined(read: Read, right: Read) -> Read:
    def operand(item: Item, values: Values) -> WireValue:
        first = _of_type("L", read(item, values))
        return {"L": [*first, *_of_type("L", right(item, values))]}

    return operand


def _of_type(kind: str, value: WireValue | None) -> Any:
    if value is None or kind not in value:
        raise _wrong_type()
    return value[kind]


def _wrong_type() -> Exception:
    return refused("An operand in the update expression has an incorrect data type")


# Writing


def apply_update(update: BoundUpdate, item: Item) -> UpdateResult:
    """Return the item after the update; the item given stays as it is.

    Raises:
        ValidationException: an operand is missing or of the wrong type, or a path leads nowhere.
    """
    form, values = update.form, update.values
    for path in form.nested:
        _check_leads_somewhere(item, path)
    writes: list[tuple[AttributePath, WireValue]] = []
    removes = list(form.removes)
    for path, read in form.sets:
        written = read(item, values)
        assert written is not None
        writes.append((path, written))
    for path, name in form.adds:
        writes.append((path, _added(_found(item, path), values[name])))
    for path, name in form.deletes:
        current = _found(item, path)
        remaining = None if current is None else _without(current, values[name])
        if remaining is None:
            removes.append(path)
        else:
            writes.append((path, remaining))
    new = dict(item)
    if len(writes) > 1:
        writes.sort(key=_place)
    for path, value in writes:
        _write(new, path, value)
    if len(removes) > 1:
        removes.sort(reverse=True)
    for path in removes:
        _remove(new, path)
    return UpdateResult(item=new, touched=form.touched, paths=form.paths)


def _check_leads_somewhere(item: Item, path: AttributePath) -> None:
    within = reader(path[:-1])(item, {})
    if within is None or ("M" if isinstance(path[-1], str) else "L") not in within:
        raise _nowhere()


def _nowhere() -> Exception:
    return refused("The document path provided in the update expression is invalid for update")


def _place(write: tuple[AttributePath, WireValue]) -> AttributePath:
    return write[0]


def _found(item: Item, path: AttributePath) -> WireValue | None:
    return item.get(str(path[0])) if len(path) == 1 else reader(path)(item, {})


def _added(current: WireValue | None, value: WireValue) -> WireValue:
    if current is None:
        return value
    kind = type_of(value)
    known = _of_type(kind, current)
    if kind == "N":
        return {"N": sum_of(known, value["N"])}
    present = set(known)
    return {kind: [*known, *(element for element in value[kind] if element not in present)]}


def _without(current: WireValue, value: WireValue) -> WireValue | None:
    kind = type_of(value)
    gone = set(value[kind])
    remaining = [element for element in _of_type(kind, current) if element not in gone]
    return {kind: remaining} if remaining else None


def _write(new: dict[str, Any], path: AttributePath, value: WireValue) -> None:
    if len(path) == 1:
        new[str(path[0])] = value
        return
    within = _container(new, path)
    last = path[-1]
    if isinstance(last, int) and last >= len(within):
        within.append(value)
    else:
        within[last] = value


def _remove(new: dict[str, Any], path: AttributePath) -> None:
    if len(path) == 1:
        new.pop(str(path[0]), None)
        return
    within = _container(new, path)
    last = path[-1]
    if isinstance(last, str):
        within.pop(last, None)
    elif last < len(within):
        del within[last]


def _container(new: dict[str, Any], path: AttributePath) -> Any:
    """Return the map or list that the last element of a path is in, copied down to there."""
    within: Any = new
    for element, following in itertools.pairwise(path):
        if isinstance(element, str):
            value = within.get(element)
        else:
            value = within[element] if element < len(within) else None
        kind = "M" if isinstance(following, str) else "L"
        if value is None or kind not in value:
            raise _nowhere()
        copied = value[kind].copy()
        within[element] = {kind: copied}
        within = copied
    return within
