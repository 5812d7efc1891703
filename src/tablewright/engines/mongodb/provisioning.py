"""From what exists in a MongoDB database to the collections of a design, one command at a time.

In: what the server lists, a design. Out: the commands that are missing. Pure but for `observe`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tablewright.engines.mongodb.bson_values import from_bson
from tablewright.engines.mongodb.codec import MongoCodec
from tablewright.engines.mongodb.ddl import (
    MARK,
    create_command,
    index_command,
    index_document,
    mark,
    validator,
)
from tablewright.engines.mongodb.design import Collection, MongoDesign
from tablewright.evaluation.doors import ProvisionPlan, ProvisionStep
from tablewright.model.values import Model

if TYPE_CHECKING:
    from pymongo.database import Database

COMPARED = (
    "key",
    "unique",
    "sparse",
    "expireAfterSeconds",
    "partialFilterExpression",
)
"""What tells one index from another; a server adds fields of its own."""


@dataclass(kw_only=True)
class ObservedCollection:
    """A collection as the server describes it."""

    name: str
    validator: Mapping[str, Any] = field(default_factory=dict)
    indexes: dict[str, dict[str, Any]] = field(default_factory=dict)
    documents: int = 0

    @property
    def title(self) -> str:
        """The mark of whoever made it here."""
        schema = self.validator.get("$jsonSchema", {})
        return str(schema.get("title", ""))

    def is_foreign(self, app: str) -> bool:
        """Whether it was not made here for an application."""
        return not self.title.startswith(f"{MARK}{app}/")


def observe(database: Database[Any], names: set[str]) -> dict[str, ObservedCollection]:
    """Return the collections of these names that exist."""
    collections = {}
    for listed in database.list_collections():
        name = listed["name"]
        if name not in names:
            continue
        indexes = {}
        for index in database[name].list_indexes():
            document = dict(index)
            if document["name"] != "_id_":
                document["key"] = _keys(document)
                indexes[document["name"]] = from_bson(document)
        collections[name] = ObservedCollection(
            name=name,
            validator=from_bson(listed.get("options", {}).get("validator", {})),
            indexes=indexes,
            documents=database[name].estimated_document_count(),
        )
    return collections


def _keys(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of an index; of a text index, whose keys are the server's, its fields."""
    if "weights" in document:
        return dict.fromkeys(document["weights"], "text")
    return {name: int(k) if isinstance(k, float) else k for name, k in document["key"].items()}


def plan(
    model: Model,
    design: MongoDesign,
    observed: Mapping[str, ObservedCollection],
    *,
    adopt: bool = False,
) -> ProvisionPlan:
    """Return the commands from the collections that exist to those of a design."""
    steps: list[ProvisionStep] = []
    refused: list[str] = []
    codec = MongoCodec(model, design)
    strange = [
        collection.name
        for collection in design.collections
        if collection.name in observed
        and observed[collection.name].is_foreign(model.app)
        and not adopt
    ]
    if strange:
        verb = "was" if len(strange) == 1 else "were"
        refused.append(
            f"{', '.join(strange)} {verb} not made here for {model.app}: look at the differences "
            "(`tablewright status`), then say --adopt to take over what is there"
        )
    for collection in design.collections:
        if collection.name in strange:
            continue
        existing = observed.get(collection.name)
        if existing is None:
            command = create_command(model, design, collection)
            steps.append(_step(f"create the collection {collection.name}", collection, command))
        elif existing.validator != validator(model, design, collection):
            command = {
                "collMod": collection.name,
                "validator": validator(model, design, collection),
            }
            what = "validate" if existing.title == mark(model.app, design.name) else "mark"
            steps.append(_step(f"{what} {collection.name} as the design says", collection, command))
        steps += _index_steps(model, collection, existing, codec)
    return ProvisionPlan(steps=tuple(steps), refused=tuple(refused))


def _index_steps(
    model: Model, collection: Collection, existing: ObservedCollection | None, codec: MongoCodec
) -> list[ProvisionStep]:
    known = {} if existing is None else existing.indexes
    is_slow = existing is not None and existing.documents > 0
    steps = []
    for index in collection.indexes:
        document = index_document(model, collection, index, codec)
        if index.name in known:
            if _essence(known[index.name]) == _essence(document):
                continue
            text = f"drop the index {index.name} of {collection.name}, to build it again"
            steps.append(_drop(text, collection, index.name))
        command = index_command(model, collection, index, codec)
        text = f"build the index {index.name} of {collection.name}"
        steps.append(_step(text, collection, command, is_slow=is_slow))
    names = [index.name for index in collection.indexes]
    steps += [
        _drop(f"drop the index {name} of {collection.name}", collection, name)
        for name in known
        if name not in names
    ]
    return steps


def _essence(document: Mapping[str, Any]) -> tuple[Any, ...]:
    keys = list(document.get("key", {}).items())
    rest = tuple(document.get(name) or None for name in COMPARED[1:])
    collation = document.get("collation") or {}
    return (keys, rest, collation.get("strength"))


def _step(
    text: str, collection: Collection, command: Mapping[str, Any], *, is_slow: bool = False
) -> ProvisionStep:
    return ProvisionStep(
        text=text,
        container=collection.name,
        operation="command",
        parameters=command,
        statement=command,
        is_slow=is_slow,
    )


def _drop(text: str, collection: Collection, name: str) -> ProvisionStep:
    command = {"dropIndexes": collection.name, "index": name}
    return ProvisionStep(
        text=text,
        container=collection.name,
        operation="command",
        parameters=command,
        statement=command,
        destroys=True,
    )
