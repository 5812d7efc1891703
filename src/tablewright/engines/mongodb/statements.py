"""Access patterns as calls of PyMongo: one call of a pattern on a MongoDB design.

In: a model, a design, a call with its values. Out: operations on collections, in the order they are
run. Pure: `explain` prints them, the adapter runs them. Which index serves an operation is the
server's choice, not said here.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from tablewright.capacity.documents import ObjectKey
from tablewright.core.errors import UnsupportedError
from tablewright.core.frozen import frozen
from tablewright.design.values import Embed
from tablewright.engines.mongodb.codec import MongoCodec
from tablewright.engines.mongodb.design import Collection, MongoDesign
from tablewright.engines.mongodb.layout import key_field
from tablewright.engines.mongodb.vectors import candidates
from tablewright.evaluation.together import put_inside
from tablewright.model.values import Attribute, Entity, Kind, Model, Pattern, Verb
from tablewright.sample.calls import Call, Row
from tablewright.sample.conditions import WriteTest, write_tests
from tablewright.sample.wire import key_text
from tablewright.sample.world import EARTH_KM, Test

MONGO_EARTH_KM = 6378.1
"""The radius of the earth in `$geoNear` (MongoDB manual, "Calculate Distances", read 2026-11)."""
DISTANCE = "_metres"
COMPARATORS = {"lt": "$lt", "le": "$lte", "gt": "$gt", "ge": "$gte"}
WRITE_COMPARATORS = {**COMPARATORS, "eq": "$eq", "ne": "$ne", "differs": "$ne"}


@frozen
class Operation:
    """One call of a method of a collection."""

    collection: str
    method: str
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    embed: Embed | None = None
    """The instances are elements of this field of the documents that come back."""
    needs_match: bool = False
    """It has to find a document: else the condition of the write does not hold."""

    @property
    def is_read(self) -> bool:
        """Whether instances come back."""
        return self.method in ("find", "aggregate")

    @property
    def text(self) -> str:
        """The call as it is written in Python, to be pasted."""
        parts = [_literal(argument) for argument in self.arguments]
        parts += [f"{name}={_literal(value)}" for name, value in self.options.items()]
        return f"db[{self.collection!r}].{self.method}({', '.join(parts)})"

    @property
    def text_in_session(self) -> str:
        """The call as it is written within a transaction, of `session`."""
        return f"{self.text[:-1]}, session=session)"

    @property
    def filter(self) -> Mapping[str, Any] | None:
        """What the operation finds documents by; None where that is not one filter."""
        if self.method in ("find", "update_one", "replace_one", "delete_one", "find_one"):
            condition: Mapping[str, Any] = self.arguments[0]
            return condition
        return None


def pasted(operations: Sequence[Operation]) -> str:
    """Return operations as they are written in Python, several as one transaction of `client`."""
    if len(operations) < 2:
        return "".join(operation.text for operation in operations)
    lines = [f"    {operation.text_in_session}" for operation in operations]
    return "\n".join(
        ["with client.start_session() as session, session.start_transaction():", *lines]
    )


def _literal(value: Any) -> str:
    """Return a value as Python source, in the types that PyMongo takes."""
    if isinstance(value, ObjectKey):
        return f"ObjectId({value.hexadecimal!r})"
    if isinstance(value, Decimal):
        return f"Decimal128({str(value)!r})"
    if isinstance(value, datetime.datetime):
        return f"datetime.fromisoformat({value.isoformat()!r})"
    if isinstance(value, UUID):
        return f"UUID({str(value)!r})"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{k!r}: {_literal(v)}" for k, v in value.items())
        return "{" + inner + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_literal, value)) + ")"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return repr(value)


class OperationBuilder:
    """Writes the operations of calls on one design."""

    def __init__(self, model: Model, design: MongoDesign, codec: MongoCodec) -> None:
        self.model, self.design, self.codec = model, design, codec

    def build(self, call: Call) -> tuple[Operation, ...]:
        """Return the operations of a call; several belong into one transaction.

        Raises:
            UnsupportedError: no collection keeps what the pattern asks for.
        """
        pattern = call.pattern
        if pattern.verb is Verb.READ:
            return tuple(each for part in call.parts for each in self.build(part))
        if pattern.verb is Verb.TRANSACT:
            return self._transaction(call)
        if pattern.verb.is_write:
            return tuple(
                operation
                for each in call.all
                for collection, embed in self._homes(pattern.entity)
                for operation in self._write(collection, embed, each)
            )
        return self._read(pattern, call)

    def _transaction(self, call: Call) -> tuple[Operation, ...]:
        """Return the operations of a transaction; children of a new parent are in its document."""
        together = put_inside(call.pattern, self._parents_of)
        operations: list[Operation] = []
        for place, part in enumerate(call.parts):
            inside = [other for other, parent in together.items() if parent == place]
            children = call.put_inside(inside, part)
            for each in part.all:
                for collection, embed in self._homes(part.pattern.entity):
                    if embed is not None and place in together:
                        continue
                    operations += self._write(
                        collection, embed, replace(each, children=children) if inside else each
                    )
        return tuple(operations)

    def _parents_of(self, entity: str) -> set[str]:
        return {c.entity for c in self.design.collections for e in c.embeds if e.entity == entity}

    def _read(self, pattern: Pattern, call: Call) -> tuple[Operation, ...]:
        collection, embed = self._homes(pattern.entity)[0]
        if pattern.verb is Verb.NEAR:
            return (self._near(collection, call),)
        if pattern.verb is Verb.SIMILAR:
            return (self._similar(collection, call),)
        if embed is not None:
            return (self._unwound(collection, embed, call),)
        return (self._find(collection, call),)

    def _homes(self, entity: str) -> list[tuple[Collection, Embed | None]]:
        homes: list[tuple[Collection, Embed | None]] = [
            (collection, None)
            for collection in self.design.collections
            if collection.entity == entity
        ]
        homes += [
            (collection, embed)
            for collection in self.design.collections
            for embed in collection.embeds
            if embed.entity == entity
        ]
        if not homes:
            raise UnsupportedError(f"no collection of `{self.design.name}` keeps {entity}")
        return homes

    # ------------------------------------------------------------ reads

    def _field(self, entity: Entity, name: str) -> str:
        return "_id" if name == key_field(entity) else name

    def _selected(self, entity: Entity, select: Sequence[str]) -> dict[str, int]:
        """Return the projection of the selected attributes, those of the key among them."""
        return {self._field(entity, name): 1 for name in dict.fromkeys((*entity.key, *select))}

    def _find(self, collection: Collection, call: Call) -> Operation:
        pattern, entity = call.pattern, self.model.entity(collection.entity)
        options: dict[str, Any] = {}
        if pattern.select is not None:
            options["projection"] = self._selected(entity, pattern.select)
        if pattern.sort:
            options["sort"] = self._sort(entity, pattern)
        limit = 1 if pattern.verb is Verb.GET and not call.more else pattern.limit
        if limit is not None:
            options["limit"] = limit
        if call.is_page and limit is not None:  # one more tells whether there is a next page
            options |= {"limit": limit + 1, "skip": int(call.resume or 0)}
            options["sort"] = [*options.get("sort", ()), ("_id", 1)]
        if pattern.ignore_case:
            options["collation"] = {"locale": "en", "strength": 2}
        return Operation(
            collection=collection.name,
            method="find",
            arguments=(self._filter(entity, call),),
            options=options,
        )

    def _sort(self, entity: Entity, pattern: Pattern, prefix: str = "") -> list[tuple[str, int]]:
        return [
            (prefix + self._field(entity, name), -1 if descending else 1)
            for name, descending in pattern.sort
        ]

    def _filter(self, entity: Entity, call: Call) -> dict[str, Any]:
        """Return the conditions of a call; of a batch, those of any of its instances."""
        filters = [self._conditions(entity, each.tests) for each in call.all]
        if len(filters) == 1:
            return filters[0]
        (name, *others) = filters[0]
        if others:
            return {"$or": filters}
        return {name: {"$in": [each[name] for each in filters]}}

    def _conditions(
        self, entity: Entity, tests: Sequence[Test], prefix: str = ""
    ) -> dict[str, Any]:
        conditions: dict[str, Any] = {}
        for test in tests:
            name = prefix + (test.attribute if prefix else self._field(entity, test.attribute))
            if test.operator == "words":
                conditions["$text"] = {"$search": test.operands[0]}
            elif test.operator == "size":
                length = _length(entity.find(test.attribute), name)
                conditions.setdefault("$expr", {"$and": []})["$and"].append(
                    {"$gte": [length, test.operands[0]]}
                )
            elif test.operator != "near":
                condition = self._condition(entity, test)
                known = conditions.get(name)
                if isinstance(known, dict) and isinstance(condition, dict):
                    condition = {**known, **condition}
                conditions[name] = condition
        return conditions

    def _condition(self, entity: Entity, test: Test) -> Any:
        if test.operator == "begins_with":
            return {"$regex": "^" + re.escape(str(test.operands[0]))}
        if test.operator in ("exists", "absent"):
            return {"$exists": test.operator == "exists"}
        if test.operator == "contains":
            part = test.operands[0]
            attribute = entity.find(test.attribute)
            if attribute is not None and attribute.kind in (Kind.LIST, Kind.SET):
                return {"$elemMatch": {"$eq": part}}
            return {"$regex": re.escape(str(part))}
        values = [self.codec.value(entity, test.attribute, each) for each in test.operands]
        if test.operator == "eq":
            return values[0]
        if test.operator == "ne":
            return {"$ne": values[0], "$exists": True}
        if test.operator == "in":
            return {"$in": values}
        if test.operator == "between":
            return {"$gte": values[0], "$lte": values[-1]}
        return {COMPARATORS[test.operator]: values[0]}

    def _near(self, collection: Collection, call: Call) -> Operation:
        """Return the nearest by the `$geoNear` stage, which any server answers in their order."""
        pattern, entity = call.pattern, self.model.entity(collection.entity)
        near = next(test for test in call.tests if test.operator == "near")
        point, radius = near.operands
        stage = {
            "near": {
                "type": "Point",
                "coordinates": [float(point["lon"]), float(point["lat"])],
            },
            "key": near.attribute,
            "distanceField": DISTANCE,
            "maxDistance": float(radius) * 1000 * MONGO_EARTH_KM / EARTH_KM,
            "query": self._conditions(entity, call.tests),
            "spherical": True,
        }
        pipeline: list[dict[str, Any]] = [{"$geoNear": stage}]
        if call.is_page and pattern.limit is not None:
            pipeline += [{"$skip": int(call.resume or 0)}, {"$limit": pattern.limit + 1}]
        elif pattern.limit is not None:
            pipeline.append({"$limit": pattern.limit})
        if pattern.select is not None:
            pipeline.append({"$project": self._selected(entity, pattern.select)})
        return Operation(collection=collection.name, method="aggregate", arguments=(pipeline,))

    def _similar(self, collection: Collection, call: Call) -> Operation:
        """Return a search for similar documents by the `$vectorSearch` stage of Atlas.

        Raises:
            UnsupportedError: the collection has no index of the vector.
        """
        pattern, entity = call.pattern, self.model.entity(collection.entity)
        index = next((i for i in collection.vector_indexes if i.vector == pattern.to), None)
        if index is None:
            raise UnsupportedError(f"no vector index of {collection.name} has `{pattern.to}`")
        limit = pattern.limit or 1
        stage: dict[str, Any] = {
            "index": index.name,
            "path": index.vector,
            "queryVector": [float(each) for each in call.row.get(pattern.to) or ()],
            "numCandidates": candidates(limit),
            "limit": limit,
        }
        conditions = self._conditions(entity, call.tests)
        if conditions:
            stage["filter"] = conditions
        pipeline: list[dict[str, Any]] = [{"$vectorSearch": stage}]
        if pattern.select is not None:
            pipeline.append({"$project": self._selected(entity, pattern.select)})
        return Operation(collection=collection.name, method="aggregate", arguments=(pipeline,))

    def _unwound(self, collection: Collection, embed: Embed, call: Call) -> Operation:
        """Return embedded instances: their parents found, taken apart, filtered and sorted."""
        pattern = call.pattern
        child, parent = self.model.entity(embed.entity), self.model.entity(collection.entity)
        inherited = {name for name in child.names if child.attribute(name).generated}
        of_parent = [test for test in call.tests if test.attribute in inherited]
        of_child = [test for test in call.tests if test.attribute not in inherited]
        element = f"{embed.attribute}.v" if embed.as_map else embed.attribute
        pipeline: list[dict[str, Any]] = [{"$match": self._conditions(parent, of_parent)}]
        keys = {self._field(parent, name): 1 for name in parent.key}
        pipeline.append({"$project": {**keys, embed.attribute: 1}})
        if embed.as_map:
            as_list = {"$objectToArray": f"${embed.attribute}"}
            pipeline.append({"$set": {embed.attribute: as_list}})
        pipeline.append({"$unwind": f"${embed.attribute}"})
        if of_child:
            pipeline.append({"$match": self._conditions(child, of_child, f"{element}.")})
        if pattern.sort:
            pipeline.append({"$sort": {f"{element}.{n}": -1 if d else 1 for n, d in pattern.sort}})
        limit = 1 if pattern.verb is Verb.GET and not call.more else pattern.limit
        if call.is_page and limit is not None:
            pipeline.append({"$skip": int(call.resume or 0)})
            limit += 1
        if limit is not None:
            pipeline.append({"$limit": limit})
        return Operation(
            collection=collection.name, method="aggregate", arguments=(pipeline,), embed=embed
        )

    # ------------------------------------------------------------ writes

    def _write(
        self, collection: Collection, embed: Embed | None, call: Call
    ) -> tuple[Operation, ...]:
        verb = call.pattern.verb
        if embed is not None:
            return (self._child_write(collection, embed, call),)
        if verb is Verb.PUT:
            return (self._put(collection, call),)
        condition = self._identified(collection, call)
        if verb is Verb.CHECK:
            return (
                Operation(
                    collection=collection.name,
                    method="find_one",
                    arguments=(condition,),
                    needs_match=True,
                ),
            )
        if verb is Verb.DELETE:
            return (
                Operation(
                    collection=collection.name,
                    method="delete_one",
                    arguments=(condition,),
                    needs_match=bool(call.pattern.condition) or call.must_exist,
                ),
            )
        entity = self.model.entity(collection.entity)
        names = [n for n in call.pattern.touched if n in collection.attributes]
        change = self._change(entity, call, names)
        if not change:
            return ()
        return (
            Operation(
                collection=collection.name,
                method="update_one",
                arguments=(condition, change),
                needs_match=True,
            ),
        )

    def _put(self, collection: Collection, call: Call) -> Operation:
        row = call.after or call.row
        document = self.codec.document(collection, row, call.children)
        if call.pattern.condition == "absent":
            return Operation(
                collection=collection.name,
                method="insert_one",
                arguments=(document,),
                needs_match=True,
            )
        return Operation(
            collection=collection.name,
            method="replace_one",
            arguments=({"_id": document["_id"]}, document),
            options={"upsert": True},
        )

    def _identified(self, collection: Collection, call: Call) -> dict[str, Any]:
        """Return what names the document of an instance, with the condition of the write."""
        entity = self.model.entity(collection.entity)
        names = identifying(entity, call.pattern)
        condition = {
            self._field(entity, name): self.codec.value(entity, name, call.row.get(name))
            for name in names
        }
        stored = (*collection.attributes, *entity.key)
        return self._with_condition(condition, entity, call, stored)

    def existence(self, call: Call) -> Operation | None:
        """Return what tells whether the document of a write is there; None for an element."""
        collection, embed = self._homes(call.pattern.entity)[0]
        if embed is not None:
            return None
        bare = replace(call.pattern, condition="", condition_on=(), condition_tests=())
        names = identifying(self.model.entity(collection.entity), call.pattern)
        row = {name: call.row.get(name) for name in names}
        condition = self._identified(collection, replace(call, pattern=bare, row=row, unchanged={}))
        return Operation(collection=collection.name, method="find_one", arguments=(condition,))

    def _with_condition(
        self, condition: dict[str, Any], entity: Entity, call: Call, names: Sequence[str]
    ) -> dict[str, Any]:
        if call.pattern.condition == "absent":
            return condition
        tests = [
            test
            for test in write_tests(entity, call)
            if test.attribute in names and (not test.other or test.other in names)
        ]
        for test in tests:
            self._add_test(condition, entity, test)
        if not tests and call.must_fail and call.pattern.condition:
            condition["_id"] = {"$in": []}  # nothing is in an empty list: it finds no document
        return condition

    def _add_test(self, condition: dict[str, Any], entity: Entity, test: WriteTest) -> None:
        """Add one comparison of a write's condition to a filter."""
        name = test.attribute
        added: list[tuple[str, Any]]
        if test.other:
            # an absent field is less than any value in an expression: both have to be there
            fields = [f"${name}", f"${test.other}"]
            condition.setdefault("$expr", {"$and": []})["$and"].append(
                {WRITE_COMPARATORS[test.operator]: fields}
            )
            added = [(name, {"$exists": True}), (test.other, {"$exists": True})]
        elif test.operator in ("exists", "absent"):
            added = [(name, {"$exists": test.operator == "exists"})]
        else:
            values = [self.codec.value(entity, name, operand) for operand in test.operands]
            if test.operator == "in":
                added = [(name, {"$in": values})]
            elif test.operator == "ne":
                added = [(name, {"$ne": values[0], "$exists": True})]
            elif test.operator == "eq":
                added = [(name, values[0] if name not in condition else {"$eq": values[0]})]
            else:
                added = [(name, {WRITE_COMPARATORS[test.operator]: values[0]})]
        for field_name, term in added:
            known = condition.get(field_name)
            if isinstance(known, dict) and isinstance(term, dict):
                term = {**known, **term}
            elif known is not None and isinstance(term, dict):
                term = {"$eq": known, **term}
            condition[field_name] = term

    def _change(
        self, entity: Entity, call: Call, names: Sequence[str], prefix: str = ""
    ) -> dict[str, Any]:
        """Return the update of some attributes."""
        pattern = call.pattern
        change: dict[str, dict[str, Any]] = {}
        for name in names:
            new = call.after.get(name)
            place = prefix + name
            if name in pattern.removes or new is None:
                change.setdefault("$unset", {})[place] = ""
            elif name in pattern.increments:
                amount = self.codec.value(entity, name, call.amount(name))
                change.setdefault("$inc", {})[place] = amount
            elif name in pattern.appends:
                old = call.row.get(name)
                added = list(new)[len(old) if isinstance(old, list) else 0 :]
                elements = self.codec.value(entity, name, added)
                change.setdefault("$push", {})[place] = {"$each": elements}
            else:
                change.setdefault("$set", {})[place] = self.codec.value(entity, name, new)
        return change

    def _child_write(self, collection: Collection, embed: Embed, call: Call) -> Operation:
        """Return the update of a parent's document that puts, changes or removes one child."""
        child, parent = self.model.entity(embed.entity), self.model.entity(collection.entity)
        row: Row = {**call.parent(), **call.row}
        condition: dict[str, Any] = {"_id": self.codec.identity(parent, row)}
        own_key = [name for name in child.key if not child.attribute(name).generated]
        element = self.codec.element(child, call.after or call.row)
        before = self.codec.element(child, call.row)
        key = {name: before.get(name) for name in own_key}
        path = f"{embed.attribute}.{key_text(call.row.get(child.key[-1], ''))}"
        verb, pattern = call.pattern.verb, call.pattern
        change: dict[str, Any]
        if verb is Verb.PUT:
            if pattern.condition == "absent":
                if embed.as_map:
                    condition[path] = {"$exists": False}
                else:
                    condition[embed.attribute] = {"$not": {"$elemMatch": key}}
            change = (
                {"$set": {path: element}} if embed.as_map else {"$push": {embed.attribute: element}}
            )
        else:
            terms = self._with_condition(dict(key), child, call, child.names)
            terms.pop("_id", None)
            if "$expr" in terms:
                raise UnsupportedError(
                    f"{call.pattern.name} compares two fields of an element of "
                    f"{collection.name}.{embed.attribute}, which no filter does"
                )
            if embed.as_map:
                condition[path] = {"$exists": True}
                condition |= {f"{path}.{n}": v for n, v in terms.items() if n not in key}
            else:
                condition[embed.attribute] = {"$elemMatch": terms}
            place = f"{path}." if embed.as_map else f"{embed.attribute}.$."
            if verb is Verb.DELETE:
                change = {"$pull": {embed.attribute: key}}
                if embed.as_map:
                    change = {"$unset": {path: ""}}
            else:
                change = self._change(child, call, pattern.touched, place)
        return Operation(
            collection=collection.name,
            method="find_one" if verb is Verb.CHECK else "update_one",
            arguments=(condition,) if verb is Verb.CHECK else (condition, change),
            needs_match=True,
        )


def _length(attribute: Attribute | None, name: str) -> dict[str, Any]:
    """Return the expression of a value's length: elements, fields or characters; 0 where absent."""
    kind = attribute.kind if attribute is not None else Kind.TEXT
    if kind in (Kind.LIST, Kind.SET):
        return {"$size": {"$ifNull": [f"${name}", []]}}
    if kind is Kind.MAP:
        return {"$size": {"$objectToArray": {"$ifNull": [f"${name}", {}]}}}
    return {"$strLenCP": {"$ifNull": [f"${name}", ""]}}


def identifying(entity: Entity, pattern: Pattern) -> tuple[str, ...]:
    """Return the attributes that name the instance of a write: those asked by, else the key."""
    names = set(pattern.equalities)
    if not set(entity.key) <= names:
        for attribute in entity.attributes:
            if attribute.unique and attribute.name in names:
                return (attribute.name,)
    return entity.key
