"""The OpenAPI 3.1 document of a data API, derived from the signatures of its store.

In: a store. Out: the document as plain data. One route for each pattern that can be called.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tablewright.evaluation.parameters import Argument, Signature, Use, field_name
from tablewright.model.values import Attribute, Entity, Kind, Pattern, Verb
from tablewright.store.store import Store

PREFIX = "/api"
SCALARS = frozenset(set(Kind) - {Kind.MAP, Kind.LIST, Kind.SET, Kind.GEO, Kind.VECTOR, Kind.BINARY})
PROBLEM = "application/problem+json"
ERRORS = {
    "401": "no valid API key or token came with the request",
    "422": "arguments are missing, unknown or of another type",
    "429": "too many requests; Retry-After says when to come again",
    "503": "the database did not answer",
}


def is_get(signature: Signature) -> bool:
    """Whether a pattern is asked by GET with a query string: a read whose arguments are scalars."""
    return (
        not signature.pattern.verb.is_write
        and not signature.is_batch
        and all(parameter.attribute.kind in SCALARS for parameter in signature.parameters)
    )


def openapi(store: Store, title: str, *, is_protected: bool) -> dict[str, Any]:
    """Return the document.

    Args:
        store: whose patterns.
        title: of the application.
        is_protected: whether callers need a key or a token.
    """
    paths: dict[str, Any] = {}
    for name in store.patterns:
        signature = store.signature(name)
        method = "get" if is_get(signature) else "post"
        paths[f"{PREFIX}/{name}"] = {method: _operation(name, signature)}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {
                "Problem": _PROBLEM_SCHEMA,
                **{entity.name: _entity_schema(entity) for entity in store.model.entities},
            }
        },
    }
    if is_protected:
        document["components"]["securitySchemes"] = {
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "bearer": {"type": "http", "scheme": "bearer"},
        }
        document["security"] = [{"key": []}, {"bearer": []}]
    return document


def _operation(name: str, signature: Signature) -> dict[str, Any]:
    pattern = signature.pattern
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": pattern.title or f"{pattern.verb.value} {pattern.entity}",
        "responses": {**_answer(signature), **_errors(signature)},
    }
    if pattern.group:
        operation["tags"] = [pattern.group]
    if is_get(signature):
        operation["parameters"] = [
            {
                "name": parameter.name,
                "in": "query",
                "required": parameter.is_required,
                "schema": _schema(parameter),
            }
            for parameter in signature.distinct
        ]
        return operation
    body = _body(signature)
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _body(signature: Signature) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "object",
        "properties": {p.name: _body_schema(p) for p in signature.distinct},
        "additionalProperties": False,
    }
    required = [p.name for p in signature.distinct if p.is_required]
    if required:
        body["required"] = required
    if not signature.is_batch:
        return body
    items = {"type": "array", "minItems": 1, "maxItems": 100, "items": body}
    return {
        "type": "object",
        "properties": {"items": items},
        "required": ["items"],
        "additionalProperties": False,
    }


def _answer(signature: Signature) -> dict[str, Any]:
    pattern = signature.pattern
    reference = {"$ref": f"#/components/schemas/{pattern.entity}"}
    if pattern.verb is Verb.TRANSACT:
        put = [part.entity for part in pattern.parts if part.verb is Verb.PUT]
        schemas = [{"$ref": f"#/components/schemas/{name}"} for name in dict.fromkeys(put)]
        if not schemas:
            return {"204": {"description": "written"}}
        return {"201": _content("written", _listed({"anyOf": schemas}))}
    if pattern.verb is Verb.READ:
        return {"200": _content("what was found of each", _kinds(pattern))}
    if pattern.verb is Verb.PUT:
        schema = _listed(reference) if signature.is_batch else reference
        return {"201": _content("written", schema)}
    if pattern.verb.is_write:
        return {"204": {"description": "written"}}
    if pattern.verb is Verb.GET and not signature.is_batch:
        return {"200": _content(f"the {pattern.entity}", reference)}
    return {"200": _content("what was found", _listed(reference, is_paged=signature.is_paged))}


def _kinds(pattern: Pattern) -> dict[str, Any]:
    """Return the schema of the answer to a `read`: what was found of each of its entities."""
    properties: dict[str, Any] = {}
    for part in pattern.parts:
        reference = {"$ref": f"#/components/schemas/{part.entity}"}
        if part.verb is Verb.GET:
            properties[part.entity] = {"anyOf": [reference, {"type": "null"}]}
        else:
            properties[part.entity] = {"type": "array", "items": reference}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _listed(schema: Mapping[str, Any], *, is_paged: bool = False) -> dict[str, Any]:
    properties: dict[str, Any] = {"items": {"type": "array", "items": schema}}
    if is_paged:
        what = "the token of the next page, empty on the last"
        properties["next"] = {"type": "string", "description": what}
    return {"type": "object", "properties": properties, "required": ["items"]}


def _content(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _errors(signature: Signature) -> dict[str, Any]:
    errors = dict(ERRORS)
    pattern = signature.pattern
    if not is_get(signature):
        errors["400"] = "the body is no JSON object"
        errors |= {"413": "the body is too large", "415": "the body is not application/json"}
    if pattern.verb.is_write:
        errors["409"] = "the condition did not hold, or it is there already: nothing was written"
    if pattern.verb in (Verb.GET, Verb.UPDATE, Verb.DELETE, Verb.TRANSACT):
        errors["404"] = "it is not there"
    problem = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": text, "content": {PROBLEM: {"schema": problem}}}
        for status, text in sorted(errors.items())
    }


def _body_schema(parameter: Argument) -> dict[str, Any]:
    """Return the schema of a member of a body: null is as good as leaving an optional one out."""
    schema = _schema(parameter)
    if parameter.is_required and not parameter.may_be_none:
        return schema
    return {"anyOf": [schema, {"type": "null"}]}


def _schema(parameter: Argument) -> dict[str, Any]:
    schema = value_schema(parameter.attribute)
    if parameter.use is Use.APPENDED:
        element = parameter.attribute.element
        inner = value_schema(element) if element is not None else {}
        schema = {"anyOf": [inner, {"type": "array", "items": inner}]} if inner else {}
    if parameter.use is Use.CHILDREN and parameter.attribute.element is not None:
        fields = parameter.attribute.element.fields
        child = {
            "type": "object",
            "properties": {field.name: value_schema(field) for field in fields},
            "additionalProperties": False,
        }
        required = [field.name for field in fields if field.presence == 1]
        child |= {"required": required} if required else {}
        schema = {"type": "array", "minItems": 1, "maxItems": 100, "items": child}
    if parameter.use in (Use.LIMIT, Use.SIZE):
        schema = {**schema, "minimum": 1}
    if parameter.default:
        schema = {**schema, "description": f"{parameter.default} unless given"}
    if parameter.use is Use.KEY and schema.get("type") == "string":
        schema = {**schema, "minLength": 1}
    return schema


def _entity_schema(entity: Entity) -> dict[str, Any]:
    return {
        "type": "object",
        "title": entity.title or entity.name,
        "properties": {field_name(a.name): value_schema(a) for a in entity.attributes},
        "additionalProperties": False,
    }


def value_schema(attribute: Attribute) -> dict[str, Any]:
    """Return the JSON Schema of an attribute's values."""
    kind = attribute.kind
    if kind is Kind.ENUM and attribute.values:
        return {"type": "string", "enum": [value for value, _ in attribute.values]}
    if kind in (Kind.LIST, Kind.SET):
        inner = value_schema(attribute.element) if attribute.element is not None else {}
        return {"type": "array", "items": inner}
    if kind is Kind.MAP:
        # what a map holds may be null, as the store takes it
        fields = {
            field.name: {"anyOf": [value_schema(field), {"type": "null"}]}
            for field in attribute.fields
        }
        return {"type": "object", **({"properties": fields} if fields else {})}
    if kind is Kind.VECTOR:
        size = attribute.dimensions
        exact = {"minItems": size, "maxItems": size} if size is not None else {}
        return {"type": "array", "items": {"type": "number"}, **exact}
    return dict(_SCHEMAS.get(kind, {"type": "string"}))


_SCHEMAS: dict[Kind, dict[str, Any]] = {
    Kind.UUID: {"type": "string", "format": "uuid"},
    Kind.EMAIL: {"type": "string", "format": "email"},
    Kind.TIMESTAMP: {"type": "string", "format": "date-time"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.EPOCH: {"type": "integer"},
    Kind.INT: {"type": "integer"},
    Kind.COUNTER: {"type": "integer"},
    Kind.DECIMAL: {"type": "number"},
    Kind.MONEY: {"type": "number"},
    Kind.BOOL: {"type": "boolean"},
    Kind.DIGITS: {"type": "string", "pattern": "^[0-9]+$"},
    Kind.BINARY: {"type": "string", "contentEncoding": "base64"},
    Kind.GEO: {
        "type": "object",
        "properties": {
            "lat": {"type": "number", "minimum": -90, "maximum": 90},
            "lon": {"type": "number", "minimum": -180, "maximum": 180},
        },
        "required": ["lat", "lon"],
        "additionalProperties": False,
    },
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"place": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "required": ["title", "status"],
}
