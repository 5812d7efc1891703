"""The shapes of requests: what members an operation has, and what each must look like.

In: the data files in `shapes`, one for each operation. Out: `MemberShape` values. What the files
say is compared with the service model of botocore by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cache
from importlib import resources
from typing import Any

import orjson

from tablewright.core.frozen import frozen


@frozen
class MemberShape:
    """What one member of a request must look like."""

    type: str
    is_required: bool = False
    min: int | None = None
    """Least length of text, list or map; least value of a number."""
    max: int | None = None
    enum: tuple[str, ...] = ()
    pattern: str = ""
    key: MemberShape | None = None
    """The keys of a map."""
    members: Mapping[str, MemberShape] = field(default_factory=dict)
    element: MemberShape | None = None
    is_name: bool = False
    """Whether it names a table: if empty, the service says nothing but that."""
    shows_json: bool = False
    """Whether refusals show its value as JSON."""
    is_strict: bool = True
    """Whether a member that the shape does not know is refused, and not ignored."""

    is_checked: bool = field(init=False)
    """Whether anything in it can break a constraint."""
    checked: tuple[tuple[str, MemberShape], ...] = field(init=False)
    """The members that can."""
    accepted: set[str] = field(init=False, compare=False)
    """Texts that were checked before and broke no constraint: names of tables come again."""

    def __post_init__(self) -> None:
        checked = tuple((name, shape) for name, shape in self.members.items() if shape.is_checked)
        is_checked = bool(
            self.is_required
            or self.min is not None
            or self.max is not None
            or self.enum
            or self.pattern
            or self.key is not None
            or checked
            or (self.element is not None and self.element.is_checked)
        )
        object.__setattr__(self, "checked", checked)
        object.__setattr__(self, "accepted", set())
        object.__setattr__(self, "is_checked", is_checked)


_SHAPE_KEYS = {
    "is", "type", "required", "min", "max", "enum", "pattern", "key", "members", "element",
    "is_name", "shows_json",
}  # fmt: skip


@cache
def shape_of(operation_file: str) -> MemberShape:
    """Return the shape of an operation's request, from `shapes/<operation_file>.json`."""
    is_strict = operation_file not in DATA_OPERATIONS
    members = _read(operation_file)["members"]
    return _compile({"type": "Structure", "members": members}, is_strict)


DATA_OPERATIONS = frozenset({
    "batch_execute_statement", "batch_get_item", "batch_write_item", "delete_item",
    "execute_statement", "execute_transaction", "get_item", "get_records", "put_item", "query",
    "scan", "transact_get_items", "transact_write_items", "update_item",
})  # fmt: skip
"""Operations that ignore members nobody knows, as the service does. The others describe things that
last: there a member that this engine does not know is refused, because it may be a newer kind of
index or setting, which must not be lost in silence."""


@cache
def _read(name: str) -> dict[str, Any]:
    text = resources.files("tablewright.local").joinpath("shapes", f"{name}.json").read_bytes()
    content: dict[str, Any] = orjson.loads(text)
    return content


def _compile(entry: str | Mapping[str, Any], is_strict: bool) -> MemberShape:
    if isinstance(entry, str):
        return _common(entry, is_strict)
    assert entry.keys() <= _SHAPE_KEYS, f"unknown keys in a shape: {entry.keys() - _SHAPE_KEYS}"
    if "is" in entry:
        base = _common(entry["is"], is_strict)
        return MemberShape(
            type=base.type,
            is_required=entry.get("required", base.is_required),
            min=entry.get("min", base.min),
            max=entry.get("max", base.max),
            enum=tuple(entry.get("enum", base.enum)),
            pattern=entry.get("pattern", base.pattern),
            key=base.key,
            members=base.members,
            element=base.element,
            is_name=entry.get("is_name", base.is_name),
            is_strict=is_strict,
        )
    return MemberShape(
        type=entry["type"],
        is_required=entry.get("required", False),
        min=entry.get("min"),
        max=entry.get("max"),
        enum=tuple(entry.get("enum", ())),
        pattern=entry.get("pattern", ""),
        key=_compile(entry["key"], is_strict) if "key" in entry else None,
        members={
            name: _compile(member, is_strict) for name, member in entry.get("members", {}).items()
        },
        element=_compile(entry["element"], is_strict) if "element" in entry else None,
        is_name=entry.get("is_name", False),
        shows_json=entry.get("shows_json", False),
        is_strict=is_strict,
    )


@cache
def _common(name: str, is_strict: bool) -> MemberShape:
    if name in ("String", "Boolean", "Integer", "Long", "Double", "Blob", "Value", "Timestamp"):
        return MemberShape(type=name)
    return _compile(_read("common")["shapes"][name], is_strict)
