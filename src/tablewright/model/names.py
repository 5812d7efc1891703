"""The names that a model file may give: entities, attributes, paths, patterns and labels.

In: nothing. Out: one shape for each kind of name.
"""

from __future__ import annotations

from tablewright.model.shapes import (
    ListOf,
    Name,
)

ENTITY_NAME = Name("the name of an entity", r"[A-Za-z][A-Za-z0-9_]*", "letters, digits and `_`")


_ATTRIBUTE = r"[A-Za-z_](?:[A-Za-z0-9_# -]*[A-Za-z0-9_#-])?"
"""Stores allow more: a dot leads into a map here, as it does in their expressions."""


ATTRIBUTE_NAME = Name(
    "the name of an attribute",
    _ATTRIBUTE,
    "letters, digits, `_`, `-`, `#` and spaces, beginning with a letter or `_`; a dot leads into "
    "a map (a column of PostgreSQL may have one: {type: …, of: the attribute})",
)


PATH = Name(
    "the name of an attribute",
    rf"{_ATTRIBUTE}(?:\.{_ATTRIBUTE})*",
    "letters, digits, `_`, `-`, `#` and spaces; a dot leads into a map",
)


COPIED = Name(
    "an attribute of another entity",
    rf"{_ATTRIBUTE}\.{_ATTRIBUTE}",
    "a ref or the parent and its attribute, as in `author_id.name`",
)


PATTERN_NAME = Name("the name of an access pattern")


LABEL = Name("a short label", r"[A-Za-z0-9_.-]+", "letters, digits, `_`, `-` and `.`", bare=True)


ENUM_VALUE = Name("a value of an enum", r"[^\s].*", "any text")


NAMES = ListOf(ATTRIBUTE_NAME, what="an attribute or a list of them")


PATHS = ListOf(PATH, what="an attribute or a list of them")
