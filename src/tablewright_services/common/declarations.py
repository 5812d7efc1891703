"""What a route takes and answers, declared once: bodies are checked by it, OpenAPI is made of it.

In: fields with a JSON Schema each. Out: what is wrong with a value; an OpenAPI 3.1 document. The
schemas use the few words that `Field.problem` knows, so that the document says no more than is
checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from decimal import Decimal
from typing import Any, Literal

from tablewright.core.frozen import frozen

Access = Literal["bearer", "public", "signed", "local"]
"""Who may call: with a bearer token; anybody; who signs the body; who is on this machine."""
ERROR = {"$ref": "#/components/schemas/Error"}
LONGEST_TEXT = 1_000
PARAGRAPHS = "paragraphs"
"""The format of a text that may have several lines."""


@frozen
class BodyField:
    """A member of a body, or a parameter of a query."""

    schema: Mapping[str, Any]
    """JSON Schema, of the words that `problem` checks."""
    is_required: bool = True

    def problem(self, value: Any) -> str:
        """Return what is wrong with a value; "" if nothing is."""
        return _problem(self.schema, value)

    @property
    def optional(self) -> BodyField:
        """The same field, which may be left out."""
        return BodyField(schema=self.schema, is_required=False)


Fields = Mapping[str, BodyField]


def text(
    shortest: int = 1, longest: int = LONGEST_TEXT, pattern: str = "", form: str = ""
) -> BodyField:
    """Return a field for text of so many characters, which matches a pattern as a whole."""
    schema: dict[str, Any] = {"type": "string", "minLength": shortest, "maxLength": longest}
    if pattern:
        schema["pattern"] = f"^(?:{pattern})$"
    if form:
        schema["format"] = form
    return BodyField(schema=schema)


def paragraphs(longest: int) -> BodyField:
    """Return a field for text of several lines, not empty."""
    return BodyField(
        schema={"type": "string", "minLength": 1, "maxLength": longest, "format": PARAGRAPHS}
    )


def email() -> BodyField:
    """Return a field for an e-mail address."""
    return text(3, 254, r"[^@\s]+@[^@\s]+")


def choice(*values: str) -> BodyField:
    """Return a field for one of several texts."""
    return BodyField(schema={"type": "string", "enum": list(values)})


def whole(least: int, most: int) -> BodyField:
    """Return a field for a whole number within bounds."""
    return BodyField(schema={"type": "integer", "minimum": least, "maximum": most})


def number(least: float, most: float) -> BodyField:
    """Return a field for a number within bounds."""
    return BodyField(schema={"type": "number", "minimum": least, "maximum": most})


def flag() -> BodyField:
    """Return a field for true or false."""
    return BodyField(schema={"type": "boolean"})


def mapping() -> BodyField:
    """Return a field for a JSON object of any members."""
    return BodyField(schema={"type": "object"})


def record(fields: Fields) -> BodyField:
    """Return a field for a JSON object of these members."""
    return BodyField(
        schema={
            "type": "object",
            "properties": {name: dict(each.schema) for name, each in fields.items()},
            "required": [name for name, each in fields.items() if each.is_required],
        }
    )


def place() -> BodyField:
    """Return a field for a place on Earth, in degrees."""
    return record({"lat": number(-90, 90), "lon": number(-180, 180)})


def several(element: BodyField, least: int = 0, most: int = 100) -> BodyField:
    """Return a field for a list of so many elements."""
    schema = {"type": "array", "items": element.schema, "minItems": least, "maxItems": most}
    return BodyField(schema=schema)


def problems_of(fields: Fields, body: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the members of a body; others than the declared are let pass."""
    wrong: list[str] = []
    for name, each in fields.items():
        value = body.get(name)
        if value is None:
            if each.is_required:
                wrong.append(f"{name}: is missing")
        elif problem := each.problem(value):
            wrong.append(f"{name}: {problem}")
    return wrong


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float, Decimal),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
_NAMES = {"string": "a text", "integer": "a whole number", "boolean": "true or false"}


def _problem(schema: Mapping[str, Any], value: Any) -> str:
    kind = schema["type"]
    if not _is_of_type(kind, value):
        return f"must be {_NAMES.get(kind, f'of type {kind}')}"
    if kind == "string":
        return _problem_of_text(schema, value)
    if kind in ("integer", "number"):
        least, most = schema["minimum"], schema["maximum"]
        return "" if least <= value <= most else f"must be from {least:,} to {most:,}"
    if kind == "array":
        if not schema["minItems"] <= len(value) <= schema["maxItems"]:
            return f"must have {schema['minItems']} to {schema['maxItems']} elements"
        return next((p for each in value if (p := _problem(schema["items"], each))), "")
    if kind == "object":
        return _problem_of_members(schema, value)
    return ""


def _problem_of_members(schema: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    for name in schema.get("required", ()):
        if value.get(name) is None:
            return f"{name} is missing"
    members = schema.get("properties", {})
    for name, each in members.items():
        if value.get(name) is not None and (problem := _problem(each, value[name])):
            return f"{name} {problem}"
    return ""


def _is_of_type(kind: str, value: Any) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _problem_of_text(schema: Mapping[str, Any], value: str) -> str:
    if "enum" in schema:
        return "" if value in schema["enum"] else f"must be one of {', '.join(schema['enum'])}"
    if not schema["minLength"] <= len(value) <= schema["maxLength"]:
        return f"must have {schema['minLength']} to {schema['maxLength']} characters"
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        return "has not the form that is asked for"
    if schema.get("format") == PARAGRAPHS:
        value = value.replace("\n", "").replace("\r", "").replace("\t", "")
    if "\x00" in value or not value.isprintable():
        return "must be one line without control characters"
    return ""


@frozen
class DeclaredOperation:
    """A method on a path: what it takes, what it answers, who may call it."""

    method: str
    path: str
    name: str
    """Tells operations of a service apart."""
    summary: str = ""
    access: Access = "bearer"
    body: Fields | None = None
    """Members of the JSON object it takes; None where it takes none, or is not declared."""
    query: Fields = field(default_factory=dict)
    answers: Mapping[int, str] = field(default_factory=dict)
    """By status, when it is answered."""


ERROR_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "message": {"type": "string"}},
    "required": ["error", "message"],
}


def openapi_document(
    title: str,
    operations: Iterable[DeclaredOperation],
    error_schema: Mapping[str, Any] = ERROR_SCHEMA,
) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of a service.

    Args:
        title: of the service.
        operations: all that it offers to others.
        error_schema: of the body of an error.
    """
    paths: dict[str, dict[str, Any]] = {}
    for each in sorted(operations, key=lambda operation: (operation.path, operation.method)):
        path = re.sub(r":\w+}", "}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _described(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {"Error": dict(error_schema)},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _described(operation: DeclaredOperation) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": operation.name}
    if operation.summary:
        described["summary"] = operation.summary
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)(?::\w+)?}", operation.path)
    ] + [
        {"name": name, "in": "query", "required": each.is_required, "schema": dict(each.schema)}
        for name, each in operation.query.items()
    ]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        required = [name for name, each in operation.body.items() if each.is_required]
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {name: _member(each) for name, each in operation.body.items()},
        }
        if required:
            schema["required"] = required
        content = {"application/json": {"schema": schema}}
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = _responses(operation)
    described["security"] = [{"bearer": []}] if operation.access == "bearer" else []
    return described


def _member(field: BodyField) -> dict[str, Any]:
    """Return the schema of a member of a body: null is as good as leaving an optional one out."""
    schema = dict(field.schema)
    return schema if field.is_required else {"anyOf": [schema, {"type": "null"}]}


def _responses(operation: DeclaredOperation) -> dict[str, Any]:
    texts = dict(operation.answers) or {200: "done"}
    if operation.body is not None or operation.access == "signed":
        texts |= {
            400: "the body is no JSON object",
            413: "the body is too large",
        }
    if operation.body is not None or operation.query or "{" in operation.path:
        texts |= {422: "a value is missing, or is not what is asked for"}
    if operation.access in ("bearer", "signed"):
        texts |= {401: "no valid token or signature came with the request"}
    texts |= {429: "too many requests", 503: "the database did not answer"}
    return {
        str(status): {
            "description": words,
            **({"content": {"application/json": {"schema": ERROR}}} if status >= 400 else {}),
        }
        for status, words in sorted({**texts, **operation.answers}.items())
    }


__all__ = [
    "Access",
    "BodyField",
    "DeclaredOperation",
    "Fields",
    "choice",
    "email",
    "flag",
    "mapping",
    "number",
    "openapi_document",
    "paragraphs",
    "place",
    "problems_of",
    "record",
    "several",
    "text",
    "whole",
]
