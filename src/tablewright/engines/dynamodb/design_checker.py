"""Is a DynamoDB design well-formed and within the service's hard limits?

In: a design (written, planned or changed) and its model. Out: diagnostics. It does not judge
whether the design is good: that is review.
"""

from __future__ import annotations

from decimal import Decimal

from tablewright.capacity.limits import (
    MAX_GLOBAL_INDEXES,
    MAX_INDEX_KEY_ATTRIBUTES,
    MAX_ITEM_BYTES,
    MAX_LOCAL_INDEXES,
    MAX_PARTITION_KEY_BYTES,
    MAX_PROJECTED_ATTRIBUTES,
    MAX_SORT_KEY_BYTES,
)
from tablewright.core.diagnostics import Diagnostic, Diagnostics, Span
from tablewright.core.quantities import ONE, ZERO, format_bytes, format_number
from tablewright.engines.dynamodb.caches import unlike_clusters
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    Index,
    ItemShape,
    KeyTemplate,
    ProjectionKind,
    Table,
)
from tablewright.model.attribute_reader import stated_bytes
from tablewright.model.values import Attribute, Entity, Kind, Model

POINTER_BYTES = 64
"""What stays of an attribute that is kept in object storage (see `ItemShape.offload`)."""


def check_design(design: DynamoDesign, model: Model) -> tuple[Diagnostic, ...]:
    """Return what is wrong with a design."""
    diagnostics = Diagnostics()
    nowhere = design.span or Span(f"design {design.name}", 0, 0, 0)
    for table in design.tables:
        _TableCheck(table, model, diagnostics, table.span or nowhere).run()
    for table, message, help in unlike_clusters(design):
        diagnostics.error("bad-cache", message, table.span or nowhere, help)
    return diagnostics.sorted()


class _TableCheck:
    def __init__(self, table: Table, model: Model, diagnostics: Diagnostics, span: Span) -> None:
        self.table, self.model, self.found, self.span = table, model, diagnostics, span

    def run(self) -> None:
        """Note everything."""
        self._counts()
        for index in self.table.indexes:
            self._index(index)
        if len(set(self.table.keys)) < len(self.table.keys):
            self._error(
                "impossible-key",
                f"table `{self.table.name}` has `{self.table.partition_key}` as both partition "
                "and sort key",
                self.span,
                "leave the sort key out, or name another attribute",
            )
        for shape in self.table.shapes:
            self._key_bytes(shape)
            self._item_bytes(shape)
            self._counters(shape)
        self._collisions()

    def _error(self, id: str, message: str, span: Span | None, help: str) -> None:
        self.found.error(id, message, span or self.span, help)

    # -- indexes

    def _counts(self) -> None:
        name = self.table.name
        local = [index for index in self.table.indexes if index.is_local]
        other_indexes = [index for index in self.table.indexes if not index.is_local]
        for kind, indexes, maximum, help in (
            (
                "global",
                other_indexes,
                MAX_GLOBAL_INDEXES,
                "merge indexes whose items never meet (overload one)",
            ),
            ("local", local, MAX_LOCAL_INDEXES, "make some of them global"),
        ):
            if len(indexes) > maximum:
                self._error(
                    "too-many-indexes",
                    f"table `{name}` has {len(indexes)} {kind} secondary indexes, "
                    f"and may have {maximum}",
                    indexes[maximum].span,
                    help,
                )
        total = 0
        for index in self.table.indexes:
            if index.projection.kind is not ProjectionKind.INCLUDE:
                continue
            total += len(index.projection.attributes)
            if total > MAX_PROJECTED_ATTRIBUTES:
                self._error(
                    "too-many-projected",
                    f"the indexes of table `{name}` project {total} named attributes up to here, "
                    f"and may project {MAX_PROJECTED_ATTRIBUTES} together",
                    index.span,
                    "name only what is read, or project all (which has no such limit)",
                )
                return

    def _index(self, index: Index) -> None:
        table = self.table
        if len(set(index.keys)) < len(index.keys):
            self._error(
                "impossible-key",
                f"index `{index.name}` names a key attribute twice: {', '.join(index.keys)}",
                index.span,
                "keep each attribute once",
            )
        if index.is_local:
            self._local(index)
            return
        for what, keys in (("partition", index.partition_keys), ("sort", index.sort_keys)):
            if len(keys) > MAX_INDEX_KEY_ATTRIBUTES:
                self._error(
                    "too-many-key-attributes",
                    f"index `{index.name}` of table `{table.name}` has {len(keys)} {what} key "
                    f"attributes, and may have {MAX_INDEX_KEY_ATTRIBUTES}",
                    index.span,
                    "join some of them into one key template",
                )

    def _local(self, index: Index) -> None:
        table = self.table
        if table.sort_key is None:
            self._error(
                "impossible-index",
                f"index `{index.name}` is local, but table `{table.name}` has no sort key",
                index.span,
                "make it global, or give the table a sort key",
            )
        if index.partition_keys != (table.partition_key,):
            self._error(
                "impossible-index",
                f"index `{index.name}` is local, so its partition key must be "
                f"`{table.partition_key}` as in the table, not "
                f"`{', '.join(index.partition_keys)}`",
                index.span,
                f"write key: [{table.partition_key}, {', '.join(index.sort_keys) or 'sort'}], "
                "or make it global",
            )
        if len(index.sort_keys) != 1:
            self._error(
                "impossible-index",
                f"index `{index.name}` is local and has {len(index.sort_keys) or 'no'} sort "
                "keys; a local index has exactly one",
                index.span,
                f"write key: [{table.partition_key}, sort]",
            )

    # -- keys

    def _key_bytes(self, shape: ItemShape) -> None:
        entity = self.model.entity(shape.entity)
        keys = [(self.table.partition_key, MAX_PARTITION_KEY_BYTES, "partition")]
        if self.table.sort_key is not None:
            keys.append((self.table.sort_key, MAX_SORT_KEY_BYTES, "sort"))
        for index in self.table.indexes:
            keys += [(k, MAX_PARTITION_KEY_BYTES, "partition") for k in index.partition_keys]
            keys += [(k, MAX_SORT_KEY_BYTES, "sort") for k in index.sort_keys]
        for name, maximum, what in keys:
            template = shape.template(name)
            if template is None:
                continue
            size = _template_bytes(template, entity)
            if size > maximum:
                self._error(
                    "key-too-long",
                    f"the {what} key `{name}` of `{shape.name}` in table `{self.table.name}` "
                    f"can have {format_number(size)} bytes ({_shown(template, entity)}), "
                    f"and may have {format_number(maximum)}",
                    shape.span,
                    "use a shorter attribute, or a hash of it",
                )

    def _item_bytes(self, shape: ItemShape) -> None:
        """Refuse a shape whose mean item is over the limit by the sizes the model states."""
        entity = self.model.entity(shape.entity)
        compress = dict(shape.compress)
        parts = []
        for name in shape.attributes:
            if not entity.has(name):
                continue
            attribute = entity.attribute(name)
            size = stated_bytes(attribute) * attribute.presence
            if name in shape.offload:
                size = Decimal(POINTER_BYTES)
            parts.append((name, size * compress.get(name, ONE)))
        for embed in shape.embeds:
            child = self.model.entity(embed.entity)
            each = sum((stated_bytes(a) * a.presence for a in child.attributes), ZERO)
            parts.append((embed.attribute, each * self.model.per_driver(child)))
        total = sum((size for _, size in parts), ZERO)
        if total > MAX_ITEM_BYTES:
            parts.sort(key=lambda part: -part[1])
            shown = " + ".join(f"{name} {format_bytes(size)}" for name, size in parts[:3])
            self._error(
                "item-too-large",
                f"a mean `{shape.name}` in table `{self.table.name}` has at least "
                f"{format_number(total)} bytes ({shown}{' + …' if len(parts) > 3 else ''}), and an "
                f"item may have {format_number(MAX_ITEM_BYTES)} (400 KB), names included",
                shape.span,
                f"keep `{parts[0][0]}` in items of its own, compress it, or offload it",
            )

    def _counters(self, shape: ItemShape) -> None:
        """Refuse counters without shards, or whose items hold what one of them would have alone."""
        if not shape.counters:
            return
        template = shape.template(self.table.partition_key)
        entity = self.model.entity(shape.entity)
        told = set(template.attributes) if template else set()
        others = (
            set(shape.attributes) - set(shape.counters) - set(entity.key) - set(self.table.keys)
        )
        if shape.copies < 2 or template is None or template.shards != shape.copies:
            message, help = (
                f"`{shape.name}` in table `{self.table.name}` spreads "
                f"{', '.join(shape.counters)}, but its partition key has no shards",
                "write a partition key such as {id}#{shard:10}",
            )
        elif not set(entity.key) <= told:
            message, help = (
                f"the partition key of `{shape.name}` in table `{self.table.name}` does not tell "
                f"which `{shape.entity}` is counted",
                "put its key before the shard",
            )
        elif others or shape.embeds or shape.compress or shape.offload or shape.guards:
            message, help = (
                f"`{shape.name}` in table `{self.table.name}` is one of {shape.copies} items of an "
                "instance, and may hold nothing but its counters",
                "keep the rest in another item",
            )
        else:
            return
        self._error("bad-counter", message, shape.span, help)

    def _collisions(self) -> None:
        """Note shapes of which two items would have the same full key."""
        seen: dict[tuple[str, ...], ItemShape] = {}
        for shape in self.table.shapes:
            templates = [shape.template(key) for key in self.table.keys]
            if any(template is None for template in templates):
                continue
            mark = tuple(str(template) for template in templates)
            other = seen.setdefault(mark, shape)
            if other is not shape:
                shown = ", ".join(
                    f"{key} = {text}" for key, text in zip(self.table.keys, mark, strict=True)
                )
                self._error(
                    "key-collision",
                    f"`{other.name}` and `{shape.name}` in table `{self.table.name}` have the same "
                    f"key ({shown}), so that one would overwrite the other",
                    shape.span,
                    "give each a text of its own, as in PROFILE and SETTINGS"
                    if self.table.sort_key
                    else "give the table a sort key with a text of its own for each",
                )
        for shape in self.table.shapes:
            self._not_told_apart(shape)

    def _not_told_apart(self, shape: ItemShape) -> None:
        """Warn where two instances of the entity would have the same key."""
        entity = self.model.entity(shape.entity)
        templates = [shape.template(key) for key in self.table.keys]
        used = {name for template in templates if template for name in template.attributes}
        if any(template is None for template in templates) or _tells_apart(
            entity, used, self.model
        ):
            return
        missing = [name for name in entity.key if name not in used]
        self.found.warning(
            "key-not-unique",
            f"two `{entity.name}` can have the same key in table `{self.table.name}`: "
            f"the key of `{shape.name}` does not hold {' and '.join(f'`{n}`' for n in missing)}",
            shape.span or self.span,
            f"add {{{missing[0]}}} to a key, or say with `identity:` or `unique: true` what tells "
            f"one `{entity.name}` from another"
            if missing
            else "",
        )


def _tells_apart(entity: Entity, used: set[str], model: Model) -> bool:
    """Whether these attributes lead to one instance of the entity."""
    if used.issuperset(entity.key) or used.issuperset(entity.identity or entity.key):
        return True
    if any(entity.has(name) and entity.attribute(name).unique for name in used):
        return True
    count = entity.count
    if count.inflow_per_day is not None or count.mean > 1 or count.spread is not None:
        return False
    if count.per == "parent" and entity.parent is not None:
        return _tells_apart(model.entity(entity.parent), used, model)
    return count.per == "total"


def _template_bytes(template: KeyTemplate, entity: Entity) -> Decimal:
    total = ZERO
    for part in template.parts:
        total += len(part.literal.encode())
        if part.shards:
            total += len(str(part.shards - 1))
        elif part.attribute and entity.has(part.attribute):
            total += _largest(entity.attribute(part.attribute))
    return total


def _largest(attribute: Attribute) -> Decimal:
    spread = attribute.bytes
    if attribute.kind.is_container:
        return ZERO  # no key at all, and reported as such
    if spread is not None:
        return max(spread.mean, spread.high or ZERO)
    if attribute.kind is Kind.ENUM:
        return Decimal(max((len(value.encode()) for value, _ in attribute.values), default=0))
    return ZERO


def _shown(template: KeyTemplate, entity: Entity) -> str:
    parts = []
    for part in template.parts:
        if part.literal:
            parts.append(f"`{part.literal}` {len(part.literal.encode())} B")
        elif part.attribute and entity.has(part.attribute):
            parts.append(
                f"{part.attribute} {format_bytes(_largest(entity.attribute(part.attribute)))}"
            )
    return " + ".join(parts)
