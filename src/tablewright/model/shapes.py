"""The shape layer: what may stand where, declared once for the reader and for the JSON Schema.

In: YAML nodes. Out: plain values (Decimal, `Word`, tuples, `Fields`), with every problem noted in
the `Reading`. A shape returns None where it could not read. It does not know what names mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Protocol

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tablewright.core.diagnostics import Span, nearest
from tablewright.core.frozen import frozen
from tablewright.model import nodes
from tablewright.model.nodes import Reading, Word
from tablewright.model.scalars import Bad

Schema = dict[str, Any]

MARK_PATTERN = r"(\s*\((assumed|seen)\))?$"


class Shape(Protocol):
    """What may stand at a place."""

    def read(self, node: Node, reading: Reading) -> Any:
        """Return the value, or None when it is not right (and note why)."""

    def schema(self) -> Schema:
        """Return the same as JSON Schema."""

    @property
    def expects(self) -> str:
        """What it is, for messages: `a rate such as 45/user/day`."""


def wrong_type(shape: Shape, node: Node, reading: Reading, help: str = "") -> None:
    """Note that a node is of another kind than the shape wants."""
    if nodes.is_null(node):
        reading.error("missing-value", f"`{reading.place}` has no value", node, _should(shape))
        return
    kind = nodes.kind_of(node)
    reading.error(
        "wrong-type", f"`{reading.place}` must be {shape.expects}, not {kind}", node, help
    )


def _should(shape: Shape) -> str:
    return f"give it {shape.expects}, or take the line away"


@frozen(kw_only=False, slots=False)
class Scalar:
    """One value, read from its text by `parse`; `scaled` applies a factor to it."""

    parse: Callable[[str], Any]
    expects: str
    pattern: str = ""
    """What the text must look like, for the JSON Schema (a mark of assumption may follow)."""
    numeric: bool = False
    """Whether a bare JSON number is right as well."""
    scaled: Callable[[Any, Decimal], Any] | None = None
    whole: bool = False
    least: int | None = 0
    largest: int | None = None
    boolean: bool = False

    def read(self, node: Node, reading: Reading) -> Any:
        """Return the parsed value."""
        if not isinstance(node, ScalarNode) or nodes.is_null(node):
            wrong_type(self, node, reading)
            return None
        text, factor = reading.text(node)
        try:
            value = self.parse(text)
        except Bad as bad:
            note_bad(bad, text, self.expects, node, reading)
            return None
        if factor != 1 and self.scaled is not None:
            value = self.scaled(value, factor)
        return value

    def schema(self) -> Schema:
        """Return a number, a pattern or both."""
        forms: list[Schema] = []
        if self.numeric:
            form: Schema = {"type": "integer" if self.whole else "number"}
            if self.least is not None:
                form["minimum"] = self.least
            if self.largest is not None:
                form["maximum"] = self.largest
            forms.append(form)
        if self.boolean:
            forms.append({"type": "boolean"})
        forms.append({"type": "string", "pattern": f"^{self.pattern}{MARK_PATTERN}"})
        return forms[0] if len(forms) == 1 else {"anyOf": forms}


def note_bad(bad: Bad, text: str, expects: str, at: Node, reading: Reading) -> None:
    """Note that a value is not what it should be."""
    shown = text if len(text) <= 40 else text[:37] + "…"
    if bad.id == "negative-value":
        message = f"`{reading.place}` {bad.reason}: `{shown}`"
    elif bad.reason:
        message = f"`{reading.place}` is `{shown}`, which {bad.reason}"
    else:
        message = f"`{reading.place}` must be {expects}, not `{shown}`"
    reading.error(bad.id, message, at, bad.help or ("" if not bad.reason else f"write {expects}"))


@frozen(kw_only=False, slots=False)
class Prose:
    """Free text; nothing is taken off it."""

    expects: str = "text"

    def read(self, node: Node, reading: Reading) -> str | None:
        """Return the text."""
        if not isinstance(node, ScalarNode) or nodes.is_null(node):
            wrong_type(self, node, reading, "put it in quotes if it has brackets or `: `")
            return None
        return " ".join(node.value.split())

    def schema(self) -> Schema:
        """Return any single value."""
        return {"type": ["string", "number", "boolean"]}


@frozen(kw_only=False, slots=False)
class Name:
    """A name; returns a `Word`."""

    expects: str = "a name"
    pattern: str = r"[A-Za-z_][A-Za-z0-9_-]*"
    rule: str = "letters, digits, `_` and `-`, beginning with a letter"
    longest: int = 255
    bare: bool = False
    """Whether a bare number or truth value of YAML is a name too."""

    def read(self, node: Node, reading: Reading) -> Word | None:
        """Return the name and its place."""
        if not isinstance(node, ScalarNode) or nodes.is_null(node):
            wrong_type(self, node, reading)
            return None
        text, _ = reading.text(node)
        return self.check(text, reading.span(node), reading)

    def check(self, text: str, span: Span, reading: Reading) -> Word | None:
        """Return the text as a name, or None."""
        if len(text) > self.longest or re.fullmatch(self.pattern, text) is None:
            shown = text if len(text) <= 40 else text[:37] + "…"
            reading.error("bad-name", f"`{shown}` is not {self.expects}", span, f"use {self.rule}")
            return None
        return Word(text, span)

    def schema(self) -> Schema:
        """Return the pattern."""
        kinds: Any = ["string", "number", "boolean"] if self.bare else "string"
        return {"type": kinds, "pattern": f"^{self.pattern}{MARK_PATTERN}"}


@frozen(kw_only=False, slots=False)
class WordChoice:
    """One of a few words."""

    choices: tuple[str, ...]

    @property
    def expects(self) -> str:
        """The words."""
        return one_of(self.choices) if len(self.choices) <= 8 else "one of the known words"

    def read(self, node: Node, reading: Reading) -> Word | None:
        """Return the word chosen."""
        if not isinstance(node, ScalarNode) or nodes.is_null(node):
            wrong_type(self, node, reading)
            return None
        text, _ = reading.text(node)
        if text in self.choices:
            return Word(text, reading.span(node))
        note_bad(Bad(help=self._hint(text)), text, self.expects, node, reading)
        return None

    def _hint(self, text: str) -> str:
        inside = [choice for choice in self.choices if text and text in choice]
        if inside:
            return f"did you mean {one_of([f'`{choice}`' for choice in inside])}?"
        if close := nearest(text.lower(), self.choices):
            return f"did you mean `{close}`?"
        return "" if len(self.choices) <= 8 else f"write {one_of(self.choices)}"

    def schema(self) -> Schema:
        """Return the words."""
        return {"type": "string", "pattern": f"^({'|'.join(self.choices)}){MARK_PATTERN}"}


def one_of(words: Iterable[str]) -> str:
    """Return words as a sentence lists them.

    Example:
        >>> one_of(["a", "b", "c"])
        'a, b or c'
    """
    *maximum, last = words
    return f"{', '.join(maximum)} or {last}" if maximum else last


@frozen(kw_only=False, slots=False)
class ListOf:
    """A list; where `single` is true one value stands for a list of one."""

    item: Shape
    single: bool = True
    least: int = 0
    most: int = 10_000
    what: str = ""

    @property
    def expects(self) -> str:
        """What it is."""
        return self.what or f"a list, each {self.item.expects}"

    def read(self, node: Node, reading: Reading) -> tuple[Any, ...] | None:
        """Return the values that could be read."""
        if self.single and not isinstance(node, SequenceNode) and not nodes.is_null(node):
            value = self.item.read(node, reading)
            return None if value is None else (value,)
        if not isinstance(node, SequenceNode):
            wrong_type(self, node, reading)
            return None
        if not self.least <= len(node.value) <= self.most:
            required = (
                f"at least {self.least}" if len(node.value) < self.least else f"at most {self.most}"
            )
            reading.error(
                "wrong-length",
                f"`{reading.place}` has {len(node.value)} values, {required} are wanted",
                node,
            )
            return None
        values = []
        for position, item in enumerate(node.value):
            reading.enter(str(position), reading.span(item))
            values.append(self.item.read(item, reading))
            reading.leave()
        return tuple(value for value in values if value is not None)

    def schema(self) -> Schema:
        """Return an array, or one of its items."""
        array: Schema = {"type": "array", "items": self.item.schema(), "maxItems": self.most}
        if self.least:
            array["minItems"] = self.least
        return {"anyOf": [self.item.schema(), array]} if self.single else array


@dataclass
class Fields:
    """The fields of a mapping that were read, and where they stand."""

    node: Node
    span: Span
    """Of what introduces the mapping: its key where it has one, else its first line."""
    values: dict[str, Any] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    key_spans: dict[str, Span] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    """Fields that are not known, as written."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field's value, or the default where it is absent or could not be read."""
        value = self.values.get(name)
        return default if value is None else value

    def at(self, name: str) -> Span:
        """Return where a field's value stands, else the whole."""
        return self.spans.get(name, self.span)

    def __contains__(self, name: object) -> bool:
        return name in self.key_spans


def entries(
    node: MappingNode, reading: Reading, path: list[str] | None = None
) -> Iterator[tuple[str, Span, Node]]:
    """Yield the keys, their places and values; merge keys followed, duplicates noted once."""
    first: dict[str, Span] = {}
    merged: list[tuple[str, Span, Node]] = []
    place = f"`{reading.place}`" if reading.path else "the file"
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            where = f"in `{reading.place}`" if reading.path else "here"
            reading.error(
                "wrong-type",
                f"a key {where} is {nodes.kind_of(key)}, it must be a name",
                key,
                "put braces or brackets in quotes where they are meant as text",
            )
            continue
        name, span = key.value, reading.span(key)
        if name == "<<" and not key.style:
            sources = value.value if isinstance(value, SequenceNode) else [value]
            for source in sources:
                if isinstance(source, MappingNode):
                    merged.extend(entries(source, reading))
            continue
        if name in first:
            reading.error(
                "duplicate-key",
                f"`{name}` is given twice in {place}, first in line {first[name].line}",
                span,
                "keep one of the two, or give this one another name",
            )
            continue
        first[name] = span
        yield name, span, value
    for name, span, value in merged:
        if name not in first:
            first[name] = span
            yield name, span, value


@frozen(kw_only=False, slots=False)
class Field:
    """One field of a record."""

    name: str
    shape: Shape
    required: bool = False
    doc: str = ""
    alias_of: str = ""


@dataclass
class RecordShape:
    """A mapping with known fields."""

    what: str
    """Such as `an entity`."""
    fields: tuple[Field, ...]
    definition: str = ""
    """Its name among the definitions of the JSON Schema; empty to write it out in place."""
    nullable: bool = False
    finish: Callable[[Fields, Reading], Any] | None = None
    """Turns the fields into a value of the model, where no other part of the file is needed."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """What to say of fields that people try."""

    def __post_init__(self) -> None:
        self.by_name = {field.name: field for field in self.fields}

    @property
    def expects(self) -> str:
        """What it is."""
        return f"a mapping that describes {self.what}"

    def read(self, node: Node, reading: Reading) -> Any:
        """Return the fields, those that could not be read left out."""
        fields = Fields(node, reading.span(node))
        if self.nullable and nodes.is_null(node):
            return fields
        if not isinstance(node, MappingNode):
            shown = ", ".join(f"{f.name}: …" for f in self.fields if f.required) or (
                f"{self.fields[0].name}: …" if self.fields else ""
            )
            wrong_type(self, node, reading, f"write {{{shown}}}")
            return None
        for name, span, value in entries(node, reading):
            self._read_field(name, span, value, fields, reading)
        self._check_required(fields, node, reading)
        if self.finish is not None:
            return self.finish(fields, reading)
        return fields

    def _read_field(
        self, name: str, span: Span, value: Node, fields: Fields, reading: Reading
    ) -> None:
        known = self.by_name.get(name)
        if known is None:
            fields.unknown.append(name)
            reading.error(
                "unknown-field",
                f"{self.what} has no field `{name}`",
                span,
                self.hints.get(name.lower()) or suggestion(name, self.by_name, "fields"),
            )
            return
        target = known.alias_of or name
        if target in fields.key_spans:
            reading.error(
                "duplicate-key",
                f"`{name}` and `{target}` mean the same, and both are given",
                span,
                "keep one of the two",
            )
            return
        fields.key_spans[target] = span
        fields.spans[target] = reading.span(value)
        reading.enter(name, span)
        result = known.shape.read(value, reading)
        reading.leave()
        if result is not None:
            fields.values[target] = result

    def _check_required(self, fields: Fields, node: Node, reading: Reading) -> None:
        meant = {nearest(name, self.by_name) for name in fields.unknown}
        for known in self.fields:
            if known.required and known.name not in fields.key_spans and known.name not in meant:
                where = f" (`{reading.place}`)" if reading.path else ""
                start = reading.heads[-1] if reading.heads else reading.span(node)
                reading.error(
                    "missing-field",
                    f"{self.what}{where} needs `{known.name}`",
                    start,
                    f"add `{known.name}:` with {known.shape.expects}",
                )

    def schema(self) -> Schema:
        """Return a closed object."""
        properties: Schema = {}
        for known in self.fields:
            schema = known.shape.schema()
            if known.doc:
                schema = {**schema, "description": known.doc}
            properties[known.name] = schema
        out: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
        required = [known.name for known in self.fields if known.required]
        if required:
            out["required"] = required
        return {"anyOf": [out, {"type": "null"}]} if self.nullable else out


def suggestion(name: str, known: Iterable[str], what: str) -> str:
    """Return what was probably meant, or what there is."""
    names = list(known)
    close = nearest(name, names) or nearest(name.lower(), names)
    if close:
        return f"did you mean `{close}`?"
    if not names:
        return f"there are no {what}"
    shown = ", ".join(names[:24])
    return f"known {what}: {shown}{', …' if len(names) > 24 else ''}"


@frozen(kw_only=False, slots=False)
class Entry:
    """One entry of a mapping from names."""

    name: Word
    value: Any
    """None where it could not be read."""
    node: Node


@frozen(kw_only=False, slots=False)
class MappingOf:
    """A mapping from names to values of one shape; returns a tuple of `Entry`."""

    key: Name
    value: Shape
    what: str = ""
    least: int = 0

    @property
    def expects(self) -> str:
        """What it is."""
        return self.what or f"a mapping from {self.key.expects} to {self.value.expects}"

    def read(self, node: Node, reading: Reading) -> tuple[Entry, ...] | None:
        """Return the entries."""
        if not isinstance(node, MappingNode):
            wrong_type(self, node, reading)
            return None
        if len(node.value) < self.least and not reading.is_moved:  # else it was left out
            reading.error("missing-value", f"`{reading.place}` is empty", node, _should(self))
            return None
        out = []
        for text, span, value in entries(node, reading):
            name = self.key.check(text, span, reading)
            reading.enter(text, span)
            result = reading.once(
                tuple(reading.path), (self.value, value), partial(self.value.read, value, reading)
            )
            reading.leave()
            if name is not None:
                if isinstance(result, Fields):
                    result.span = span
                out.append(Entry(name, result, value))
        return tuple(out)

    def schema(self) -> Schema:
        """Return an object with names as keys."""
        out: Schema = {
            "type": "object",
            "propertyNames": {"pattern": f"^{self.key.pattern}$", "maxLength": self.key.longest},
            "additionalProperties": self.value.schema(),
        }
        if self.least:
            out["minProperties"] = self.least
        return out


@frozen(kw_only=False, slots=False)
class ByKind:
    """Another shape for each kind of node."""

    scalar: Shape | None = None
    sequence: Shape | None = None
    mapping: Shape | None = None
    what: str = ""

    @property
    def expects(self) -> str:
        """What it is."""
        shapes = [s for s in (self.scalar, self.sequence, self.mapping) if s is not None]
        return self.what or one_of([shape.expects for shape in shapes])

    def read(self, node: Node, reading: Reading) -> Any:
        """Return what the shape of that kind reads."""
        shape: Shape | None = None
        if isinstance(node, ScalarNode):
            shape = None if nodes.is_null(node) else self.scalar
        elif isinstance(node, SequenceNode):
            shape = self.sequence
        elif isinstance(node, MappingNode):
            shape = self.mapping
        if shape is None:
            wrong_type(self, node, reading)
            return None
        return shape.read(node, reading)

    def schema(self) -> Schema:
        """Return any of them."""
        forms = [s.schema() for s in (self.scalar, self.sequence, self.mapping) if s is not None]
        return {"anyOf": forms}


@dataclass
class ShapeRef:
    """A shape by its name among the definitions; breaks cycles."""

    name: str
    target: Callable[[], Shape]

    @property
    def expects(self) -> str:
        """What it is."""
        return self.target().expects

    def read(self, node: Node, reading: Reading) -> Any:
        """Return what the shape reads."""
        return self.target().read(node, reading)

    def schema(self) -> Schema:
        """Return the reference."""
        return {"$ref": f"#/$defs/{self.name}"}


@frozen(kw_only=False, slots=False)
class Anything:
    """A mapping of whatever: plain data, for readers that come later."""

    expects: str = "a mapping"

    def read(self, node: Node, reading: Reading) -> Any:
        """Return plain data."""
        if not isinstance(node, MappingNode):
            wrong_type(self, node, reading)
            return None
        return nodes.plain(node)

    def schema(self) -> Schema:
        """Return any object."""
        return {"type": "object"}


# ---------------------------------------------------------------- scalars


# ---------------------------------------------------------------- spreads


# ---------------------------------------------------------------- texts
