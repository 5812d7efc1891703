"""A DynamoDB design as a section of the model file: what the reader reads, written out.

In: a design and its model. Out: YAML text in the grammar of docs/model-file.md; reading it back
gives an equal design. Lines are kept short enough to be edited by hand. It does not touch files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from tablewright.core.quantities import plain
from tablewright.engines.dynamodb.design import (
    Cache,
    CapacityMode,
    DynamoDesign,
    Index,
    ItemShape,
    KeyTemplate,
    ModeKind,
    Projection,
    ProjectionKind,
    StatedUsage,
    Table,
    VectorIndex,
)
from tablewright.model.values import Entity, Model

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_NOT_TEXT = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null", "none"})
WIDTH = 100


def design_section(design: DynamoDesign, model: Model) -> str:
    """Return the entry of a design under `designs:`, indented by two, ending in a newline."""
    lines = [f"  {scalar(design.name)}:", "    engine: dynamodb"]
    if design.title:
        lines.append(f"    title: {scalar(design.title)}")
    if design.note:
        lines.append(f"    note: {scalar(design.note)}")
    lines.append("    tables:")
    for table in design.tables:
        lines += [f"      {line}" for line in _table(design, table, model)]
    return "\n".join(lines) + "\n"


def scalar(text: str) -> str:
    """Return a text as a YAML scalar that is read back as that text.

    Example:
        >>> scalar("orders"), scalar("no"), scalar("USER#{id}")
        ('orders', '"no"', '"USER#{id}"')
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT:
        return text
    return json.dumps(text, ensure_ascii=False)


def _flow(texts: Iterable[str]) -> str:
    return f"[{', '.join(scalar(text) for text in texts)}]"


def _one_or_list(texts: Sequence[str]) -> str:
    return scalar(texts[0]) if len(texts) == 1 else _flow(texts)


def _table(design: DynamoDesign, table: Table, model: Model) -> list[str]:
    lines = [f"{scalar(table.name)}:", f"  key: {_one_or_list(table.keys)}", "  items:"]
    for shape in table.shapes:
        lines += [f"    {line}" for line in _shape(design, table, shape, model)]
    if table.indexes:
        lines.append("  indexes:")
        lines += [f"    {_index(index)}" for index in table.indexes]
    if table.vector_indexes:
        lines.append("  vector_indexes:")
        lines += [f"    {_vector_index(index)}" for index in table.vector_indexes]
    lines.append(f"  mode: {_mode(table.mode)}")
    if table.infrequent_access:
        lines.append("  class: infrequent-access")
    if table.ttl is not None:
        lines.append(f"  ttl: {scalar(table.ttl)}")
    if table.pitr_days is not None:
        lines.append(f"  pitr: {table.pitr_days}d")
    if table.backups_kept:
        lines.append(f"  backups: {table.backups_kept}")
    if table.exports_per_month:
        lines.append(f"  exports: {plain(table.exports_per_month)}/month")
    if table.restores_per_year:
        lines.append(f"  restores: {plain(table.restores_per_year)}/year")
    if table.stream is not None:
        view = table.stream.lower().replace("_", "-")
        lines.append(f"  stream: {{view: {view}, readers: {table.stream_readers}}}")
    if table.deletion_protection is not None:
        lines.append(f"  deletion_protection: {str(table.deletion_protection).lower()}")
    if table.replicas:
        lines.append(f"  replicas: {_replicas(table)}")
    if table.cache is not None:
        lines.append(f"  cache: {_cache(table.cache)}")
    if table.usage is not None:
        lines.append(f"  usage: {_usage(table.usage)}")
    return lines


def _cache(cache: Cache) -> str:
    """Return a cache as the file writes it."""
    cluster = f", cluster: {cache.cluster}" if cache.cluster else ""
    what = (
        f"dax: {{node: {cache.node}, nodes: {cache.nodes}{cluster}}}"
        if cache.is_dax
        else f"elasticache: {{stored: {plain(cache.stored_bytes)}{cluster}}}"
    )
    return f"{{{what}, hits: {plain(cache.hits * 100)}%}}"


def _replicas(table: Table) -> str:
    """Return the replicas as the file writes them: a list, or a mapping of strong ones."""
    if table.replica_accounts:
        inside = (f'{{region: {r}, account: "{a}"}}' for r, a in table.replica_accounts)
        return f"[{', '.join(inside)}]"
    if not table.strong_replicas:
        return _flow(table.replicas)
    witness = f", witness: {table.witness}" if table.witness else ""
    return f"{{regions: {_flow(table.replicas)}, consistency: strong{witness}}}"


def _shape(design: DynamoDesign, table: Table, shape: ItemShape, model: Model) -> list[str]:
    entity = model.entity(shape.entity)
    fields: list[str] = []
    if shape.name != shape.entity:
        fields.append(f"of: {scalar(shape.entity)}")
    if shape.guards:
        fields.append(f"guards: {_one_or_list(shape.guards)}")
    if shape.counters:
        fields.append(f"counters: {_one_or_list(shape.counters)}")
    if shape.keys:
        fields.append("keys:")
        fields += [f"  {scalar(name)}: {_template(template)}" for name, template in shape.keys]
    attributes = _attributes(design, table, shape, entity)
    if attributes:
        fields.append(f"attributes: {attributes}")
    if shape.embeds:
        inner = ", ".join(
            f"{scalar(e.attribute)}: "
            + (f"{{of: {scalar(e.entity)}, as: map}}" if e.as_map else scalar(e.entity))
            for e in shape.embeds
        )
        fields.append(f"embed: {{{inner}}}")
    if shape.compress:
        inner = ", ".join(f"{scalar(name)}: {_share(share)}" for name, share in shape.compress)
        fields.append(f"compress: {{{inner}}}")
    if shape.offload:
        fields.append(f"offload: {_flow(shape.offload)}")
    if not fields:
        return [f"{scalar(shape.name)}: {{}}"]
    return [f"{scalar(shape.name)}:", *(f"  {field}" for field in fields)]


def _attributes(design: DynamoDesign, table: Table, shape: ItemShape, entity: Entity) -> str:
    """Return what a shape says it holds; nothing where leaving it out means the same."""
    templated = {name for name, _ in shape.keys}
    always = {*entity.key}
    always |= {name for name in table.keys if name not in templated and entity.has(name)}
    tables = [
        other_shape
        for each in design.tables
        for other_shape in each.shapes
        if other_shape.entity == shape.entity and not other_shape.guards and other_shape != shape
    ]
    if shape.guards:
        more = [name for name in shape.attributes if name not in always]
        return _flow(more) if more else ""
    if shape.counters and set(shape.attributes) <= {*always, *shape.counters}:
        return ""
    if not tables and set(shape.attributes) == set(entity.names):
        return ""
    left_out = [name for name in entity.names if name not in shape.attributes]
    if left_out and len(left_out) < len(shape.attributes):
        return f"{{except: {_flow(left_out)}}}"
    attributes = [name for name in shape.attributes if name not in always]
    return _flow(attributes or shape.attributes)


def _template(template: KeyTemplate) -> str:
    if not template.when:
        return scalar(str(template))
    when = ", ".join(f"{scalar(name)}: {_one_or_list(allowed)}" for name, allowed in template.when)
    return f"{{value: {scalar(str(template))}, when: {{{when}}}}}"


def _vector_index(index: VectorIndex) -> str:
    fields = [f"vector: {scalar(index.vector)}"]
    if index.partition:
        fields.append(f"partition: {scalar(index.partition)}")
    if index.filters:
        fields.append(f"filters: {_flow(index.filters)}")
    if index.projection.kind is ProjectionKind.INCLUDE:
        fields.append(f"project: {_flow(index.projection.attributes)}")
    else:
        fields.append(f"project: {index.projection.kind.value}")
    return f"{scalar(index.name)}: {{{', '.join(fields)}}}"


def _index(index: Index) -> str:
    fields: list[str] = []
    if len(index.partition_keys) == 1 and len(index.sort_keys) <= 1:
        fields.append(f"key: {_one_or_list(index.keys)}")
    else:
        fields.append(f"partition: {_one_or_list(index.partition_keys)}")
        if index.sort_keys:
            fields.append(f"sort: {_one_or_list(index.sort_keys)}")
    if index.is_local:
        fields.append("local: true")
    fields.append(f"project: {_projection(index.projection)}")
    if index.mode is not None:
        fields.append(f"mode: {_mode(index.mode)}")
    if index.usage is not None:
        fields.append(f"usage: {_usage(index.usage)}")
    return f"{scalar(index.name)}: {{{', '.join(fields)}}}"


def _usage(usage: StatedUsage) -> str:
    return _stated(("reads", usage.reads), ("writes", usage.writes), ("stored", usage.stored_bytes))


def _projection(projection: Projection) -> str:
    if projection.kind is ProjectionKind.INCLUDE:
        return _flow(projection.attributes)
    return str(projection.kind.value)


def _mode(mode: CapacityMode) -> str:
    parts = _paid(mode)
    if mode.is_warmed:
        parts.append(f"warm: {_stated(('reads', mode.warm_reads), ('writes', mode.warm_writes))}")
    return f"{{{', '.join(parts)}}}" if parts else "on-demand"


def _stated(*figures: tuple[str, Decimal | None]) -> str:
    return "{" + ", ".join(f"{n}: {plain(v)}" for n, v in figures if v is not None) + "}"


def _paid(mode: CapacityMode) -> list[str]:
    """Return how it is paid as fields of `mode`; none where it is plainly on-demand."""
    if mode.kind is ModeKind.ON_DEMAND:
        limits = _stated(("max_reads", mode.max_rcu), ("max_writes", mode.max_wcu))
        return [f"on_demand: {limits}"] if mode.is_capped else []
    reserved = [f"reserved: {mode.reserved_years}y"] if mode.reserved_years else []
    if mode.kind is ModeKind.PROVISIONED:
        return [f"rcu: {_units(mode.rcu)}", f"wcu: {_units(mode.wcu)}", *reserved]
    limits = (
        f"min_rcu: {_units(mode.rcu)}, max_rcu: {_units(mode.max_rcu)}, "
        f"min_wcu: {_units(mode.wcu)}, max_wcu: {_units(mode.max_wcu)}, "
        f"target: {_share(mode.target)}"
    )
    return [f"auto_scaling: {{{limits}}}", *reserved]


def _units(value: Decimal | None) -> str:
    return plain(value if value is not None else Decimal(1))


def _share(value: Decimal) -> str:
    return f"{plain(value * 100)}%"
