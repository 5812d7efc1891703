"""Python source of values, keys and requests: the words in which a generated client is written.

In: templates of keys, attributes, values with markers where arguments stand. Out: expressions, and
calls laid out one argument to a line, as a formatter leaves them. It knows no access pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tablewright.core.errors import UnsupportedError
from tablewright.engines.dynamodb.design import KeyTemplate
from tablewright.engines.dynamodb.requests import BEFORE
from tablewright.evaluation.parameters import field_name
from tablewright.model.values import Attribute, Entity, Kind

LINE = 88
"""Characters of a line, at the most: what formatters keep to unless told otherwise."""
TYPES: dict[Kind, str] = {
    Kind.INT: "int",
    Kind.COUNTER: "int",
    Kind.EPOCH: "int",
    Kind.DECIMAL: "Decimal | int",
    Kind.MONEY: "Decimal | int",
    Kind.BOOL: "bool",
    Kind.BINARY: "bytes",
    Kind.MAP: "dict[str, Any]",
    Kind.LIST: "list[Any]",
    Kind.SET: "set[Any]",
    Kind.GEO: "dict[str, Decimal | int]",
    Kind.VECTOR: "list[Decimal | int]",
}
_LITERAL = re.compile(r'"[^"\\\\]*"')
_MARK = re.compile("\x01([^\x02]*)\x02")


def type_of(attribute: Attribute) -> str:
    """Return the annotation of an attribute's values."""
    return TYPES.get(attribute.kind, "str")


def marker(expression: str) -> str:
    """Return a text in whose place an expression is written later."""
    return f"\x01{expression}\x02"


def value_source(value: Any) -> str:
    """Return a plain value as source; markers become their expressions."""
    if isinstance(value, str):
        return text_source(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(k)}: {value_source(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        inner = ", ".join(map(value_source, value))
        return f"[{inner}]"
    return repr(value)


def text_source(text: str) -> str:
    """Return a text with markers: the expression alone, a literal, or an f-string."""
    if text.endswith(BEFORE):
        return f"_before({text_source(text[: -len(BEFORE)])})"
    parts = _MARK.split(text)
    if len(parts) == 1:
        return _quoted(text)
    if parts[0] == parts[-1] == "" and len(parts) == 3:
        return parts[1]
    source = ""
    for place, part in enumerate(parts):
        if place % 2 and _LITERAL.fullmatch(part):
            source += part[1:-1].replace("{", "{{").replace("}", "}}")
        elif place % 2:
            source += "{_text(" + part + ")}"
        else:
            source += _quoted(part)[1:-1].replace("{", "{{").replace("}", "}}")
    is_literal = all(_LITERAL.fullmatch(part) for part in parts[1::2])
    if is_literal:
        return '"' + source.replace("{{", "{").replace("}}", "}") + '"'
    return f'f"{source}"'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + escaped.replace("\U0010ffff", "\\U0010ffff").replace("\x00", "\\x00") + '"'


quoted = _quoted


def wire_source(value: Any) -> str:
    """Return a value of a request in wire form, with markers, as source.

    Raises:
        UnsupportedError: a key cannot be made of what the caller gives.
    """
    ((kind, content),) = value.items()
    if kind == "NULL":
        raise UnsupportedError("a key depends on a value that the caller chooses")
    if kind == "S" and "\x01" in content:
        source = text_source(content)
        return (
            f"_TO_WIRE.serialize({source})"
            if not source.startswith('f"')
            else "".join(('{"S": ', source, "}"))
        )
    return value_source(value)


def key_source(template: KeyTemplate, entity: Entity, names: Mapping[str, str]) -> str:
    """Return a key attribute of an instance as source.

    Args:
        template: how it is made.
        entity: whose key it is.
        names: the expression of each attribute.

    Raises:
        UnsupportedError: it is made of a place on the earth, or of a stretch of time.
    """
    for attribute in template.attributes:
        if "." in attribute:
            raise UnsupportedError("a key is made of a cell of a place, or of a stretch of time")
    optional = [n for n in template.attributes if _is_optional(entity, n)]
    if template.shards > 1:
        own = ", ".join(names[name] for name in entity.key)
        parts = [
            f"_shard({part.shards}, {own})"
            if part.shards
            else names[part.attribute]
            if part.attribute
            else _quoted(part.literal)
            for part in template.parts
        ]
        source = f"_key({', '.join(parts)})"
    elif len(template.parts) == 1 and template.parts[0].attribute:
        source = names[template.parts[0].attribute]
    elif optional:
        parts = [
            names[part.attribute]
            if part.attribute
            else _quoted(part.literal or ("0" if part.shards else ""))
            for part in template.parts
        ]
        source = f"_key({', '.join(parts)})"
    else:
        source = text_source(
            "".join(
                marker(names[p.attribute]) if p.attribute else p.literal for p in template.parts
            )
        )
    for attribute, allowed in template.when:
        listed = ", ".join(map(_quoted, allowed))
        source = f"_when({names[attribute]}, [{listed}], {source})"
    return source


def _is_optional(entity: Entity, name: str) -> bool:
    return entity.has(name) and entity.attribute(name).presence < 1


def template_text(template: KeyTemplate) -> str | None:
    """Return a template as `_from_item` reads it: `USER#{userId}`; None for one with a shard."""
    if any(part.shards or "." in part.attribute for part in template.parts):
        return None
    return "".join(
        "{" + field_name(p.attribute) + "}" if p.attribute else p.literal for p in template.parts
    )


def tuple_source(items: Sequence[str]) -> str:
    """Return a tuple of expressions on one line."""
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def laid_out(name: str, arguments: Iterable[str], indent: int, more: int = 24) -> str:
    """Return a call: on one line where it fits, else one argument to a line.

    Args:
        name: of what is called.
        arguments: each as source.
        indent: of the line it begins on.
        more: characters before and after it on its line, at the most.
    """
    listed = list(arguments)
    one_line = f"{name}({', '.join(listed)})"
    if len(one_line) + indent + more <= LINE and "\n" not in one_line:
        return one_line
    space = " " * (indent + 4)
    inner = "".join(f"{space}{argument},\n" for argument in listed)
    return f"{name}(\n{inner}{' ' * indent})"


def mapping_source(pairs: Mapping[str, str], indent: int, more: int = 36) -> str:
    """Return a mapping of names to expressions, laid out like a call."""
    if not pairs:
        return "{}"
    one_line = "{" + ", ".join(f"{_quoted(k)}: {v}" for k, v in pairs.items()) + "}"
    if len(one_line) + indent + more <= LINE and "\n" not in one_line:
        return one_line
    space = " " * (indent + 4)
    inner = "".join(f"{space}{_quoted(k)}: {v},\n" for k, v in pairs.items())
    return "{\n" + inner + " " * indent + "}"


def list_source(items: Sequence[str], indent: int, more: int = 24) -> str:
    """Return a list of expressions, laid out like a call."""
    one_line = "[" + ", ".join(items) + "]"
    if len(one_line) + indent + more <= LINE:
        return one_line
    space = " " * (indent + 4)
    return "[\n" + "".join(f"{space}{item},\n" for item in items) + " " * indent + "]"
