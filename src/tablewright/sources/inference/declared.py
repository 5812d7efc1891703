"""What a schema declares of DynamoDB tables: settings, indexes, entities of which no item was seen.

In: stores. Out: drafts of indexes, settings as a model file writes them, entities made of declared
attributes and key templates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import plain
from tablewright.engines.dynamodb.global_tables import REGION_SETS
from tablewright.engines.dynamodb.warm_throughput import OF_ITSELF
from tablewright.sources.draft import (
    AttributeDraft,
    EntityDraft,
    IndexDraft,
    ShapeDraft,
    TableDraft,
)
from tablewright.sources.facts import (
    Declared,
    EntityTemplate,
    IndexFacts,
    SourceTable,
    TableSettings,
)
from tablewright.sources.inference import naming
from tablewright.sources.inference.attributes import declared_draft


def table_comment(store: SourceTable) -> str:
    """Return where a table is described, the names of its tags, and what it grew to."""
    tags = f"tags: {', '.join(store.tags)}" if store.tags else ""
    return "; ".join(text for text in (store.place, tags, *_grown(store)) if text)


def index_draft(store: SourceTable, index: IndexFacts) -> IndexDraft:
    """Return an index of a table as the model file writes it."""
    fields: dict[str, str] = {}
    if len(index.keys) == 1 and len(index.sort_keys) <= 1:
        names = [*index.keys, *index.sort_keys]
        fields["key"] = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    else:
        fields["partition"] = _list(index.keys)
        if index.sort_keys:
            fields["sort"] = _list(index.sort_keys)
    if index.is_local:
        fields["local"] = "true"
    fields["project"] = (
        f"[{', '.join(index.included)}]" if index.projection == "include" else index.projection
    )
    mode = _index_mode(store.settings, index)
    if mode:
        fields["mode"] = mode
    return IndexDraft(name=index.name, fields=fields)


def _index_mode(settings: TableSettings, index: IndexFacts) -> str:
    """Return the mode of an index where it is not the table's; "" where it is."""
    is_warmed_alike = _warm(index) == _warm(settings)
    read, write = index.read_units, index.write_units
    if index.is_local:
        return ""
    if settings.mode == "provisioned" and read is not None and write is not None:
        if is_warmed_alike and (read, write) == (settings.read_units, settings.write_units):
            return ""
        return _braces((f"rcu: {plain(read)}", f"wcu: {plain(write)}", _warm(index)))
    if settings.mode == "on-demand":
        maximum = (index.max_read_units, index.max_write_units)
        if is_warmed_alike and maximum == (settings.max_read_units, settings.max_write_units):
            return ""
        return _on_demand(index)
    return ""


def _on_demand(stated: TableSettings | IndexFacts) -> str:
    """Return the mode on-demand as the model file writes it, with maximum and warm throughput."""
    maximum = _units("max", stated.max_read_units, stated.max_write_units)
    return _braces((f"on_demand: {maximum}" if maximum else "", _warm(stated))) or "on-demand"


def _warm(stated: TableSettings | IndexFacts) -> str:
    units = _units("", stated.warm_read_units, stated.warm_write_units)
    return f"warm: {units}" if units else ""


def _units(prefix: str, reads: Decimal | None, writes: Decimal | None) -> str:
    """Return units a second as the model file writes them: {max_reads: 5, max_writes: 2}."""
    names = [f"{prefix}_{word}" if prefix else word for word in ("reads", "writes")]
    figures = zip(names, (reads, writes), strict=True)
    return _braces([f"{name}: {plain(units)}" for name, units in figures if units is not None])


def _braces(parts: Sequence[str]) -> str:
    inside = [part for part in parts if part]
    return f"{{{', '.join(inside)}}}" if inside else ""


def _grown(store: SourceTable) -> list[str]:
    """Return remarks on warm throughput above what a table has by itself."""
    remarks = []
    stated: list[tuple[str, TableSettings | IndexFacts]] = [(store.name, store.settings)]
    stated += [(f"{store.name}/{index.name}", index) for index in store.indexes]
    for name, part in stated:
        shown = ((part.grown_read_units, "read"), (part.grown_write_units, "write"))
        above = [
            f"{plain(units)} {word}"
            for units, word in shown
            if units is not None and units > OF_ITSELF[word]
        ]
        if above:
            remarks.append(
                f"{name} serves {' and '.join(above)} units a second at once, grown or bought: "
                "where it was bought, or another table has to, state warm: of its mode"
            )
    return remarks


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def settings_of(store: SourceTable) -> dict[str, str]:
    """Return the settings of a table as the model file writes them."""
    settings = store.settings
    out: dict[str, str] = {}
    if settings.mode == "auto-scaling":
        target = settings.target if settings.target is not None else Decimal("0.7")
        # What is not scaled stays as it is.
        settings = replace(
            settings,
            max_read_units=settings.max_read_units or settings.read_units,
            max_write_units=settings.max_write_units or settings.write_units,
        )
        inside = [
            f"{name}: {plain(value)}"
            for name, value in (
                ("min_rcu", settings.read_units),
                ("max_rcu", settings.max_read_units),
                ("min_wcu", settings.write_units),
                ("max_wcu", settings.max_write_units),
            )
            if value is not None
        ]
        inside.append(f"target: {plain(target * 100)}%")
        out["mode"] = _braces((f"auto_scaling: {{{', '.join(inside)}}}", _warm(settings)))
    elif settings.mode == "provisioned":
        read, write = settings.read_units, settings.write_units
        if read is not None and write is not None:
            out["mode"] = _braces((f"rcu: {plain(read)}", f"wcu: {plain(write)}", _warm(settings)))
        else:
            out["mode"] = "{rcu: 5 (assumed), wcu: 5 (assumed)}"
    else:
        out["mode"] = _on_demand(settings)
    if settings.infrequent_access:
        out["class"] = "infrequent-access"
    if settings.ttl:
        out["ttl"] = settings.ttl
    if settings.pitr_days:
        out["pitr"] = f"{settings.pitr_days}d"
    if settings.stream:
        out["stream"] = f"{{view: {settings.stream}, readers: 1 (assumed)}}"
    if settings.deletion_protection:
        out["deletion_protection"] = "true"
    if settings.replicas:
        out["replicas"] = _replicas(settings)
    return out


def home_region(stores: Sequence[SourceTable]) -> str:
    """Return the region of tables with replicas, "" where the sources leave it open.

    Terraform names the provider's region elsewhere; of strong replicas it is the one that is left
    of their three, where their set has no fourth.
    """
    for settings in (store.settings for store in stores if store.settings.replicas):
        stated = {*settings.replicas, settings.witness}
        sets = [set(s) for s in REGION_SETS.values() if not stated.isdisjoint(s)]
        left = sets[0] - stated if settings.strong_replicas and sets else set()
        home = settings.home or (next(iter(left)) if len(left) == 1 else "")
        if home:
            return home
    return ""


def _replicas(settings: TableSettings) -> str:
    """Return the replicas as the model file writes them."""
    accounts = dict(settings.replica_accounts)
    regions = ", ".join(
        f'{{region: {r}, account: "{accounts[r]}"}}' if r in accounts else r
        for r in settings.replicas
    )
    if not settings.strong_replicas:
        return f"[{regions}]"
    witness = f", witness: {settings.witness}" if settings.witness else ""
    return f"{{regions: [{regions}], consistency: strong{witness}}}"


# ---------------------------------------------------------------- without items


def declared_entities(
    store: SourceTable, prefix: list[str]
) -> tuple[list[EntityDraft], TableDraft]:
    """Return entities and the table where no item was seen, only what a schema or template says."""
    table = TableDraft(name=store.name, key=store.keys, comment=table_comment(store))
    table.indexes = [index_draft(store, index) for index in store.indexes]
    table.settings = settings_of(store)
    if store.templates:
        entities = [_from_template(store, template) for template in store.templates]
        for entity, template in zip(entities, store.templates, strict=True):
            composed = {key: text for key, text in template.keys if text != f"{{{key}}}"}
            table.shapes.append(ShapeDraft(name=entity.name, entity=entity.name, keys=composed))
        return entities, table
    name = naming.entity_name(store.entity or store.name, prefix)
    entity = EntityDraft(name=name, key=store.keys, instances=store.items)
    types = dict(store.key_types)
    declared = {d.name: d for d in store.declared}
    keys = (*store.keys, *(k for i in store.indexes for k in (*i.keys, *i.sort_keys)))
    included = [n for i in store.indexes for n in i.included]
    for raw in dict.fromkeys((*keys, *declared, *included)):
        draft = declared_draft(declared.get(raw) or Declared(name=raw, type=types.get(raw, "S")))
        if raw in keys and types.get(raw) == "N" and draft.type not in ("int", "epoch", "money"):
            draft.type, draft.options = "int", {}
        if raw in store.keys:
            draft.options.pop("presence", None)
        entity.attributes.append(draft)
    if store.settings.ttl and entity.attribute(store.settings.ttl) is None:
        entity.attributes.append(AttributeDraft(name=store.settings.ttl, type="epoch"))
    if len(declared) <= len(set(keys)):
        entity.attributes.append(
            AttributeDraft(
                name=naming.free("other", [a.name for a in entity.attributes]),
                type="map",
                options={"bytes": "400 (assumed)"},
                comment="all attributes that no key names: give them here, or sample items",
            )
        )
    table.shapes.append(ShapeDraft(name=name, entity=name))
    return [entity], table


def _from_template(store: SourceTable, template: EntityTemplate) -> EntityDraft:
    names: dict[str, None] = {}
    for attribute in store.keys:
        text = dict(template.keys).get(attribute, f"{{{attribute}}}")
        names.update(dict.fromkeys(_fields(text)))
    key = tuple(names) or store.keys
    entity = EntityDraft(name=template.name, key=key)
    declared = {d.name: d for d in template.declared}
    for name in dict.fromkeys((*key, *declared)):
        draft = declared_draft(declared.get(name) or Declared(name=name, type="S"))
        if name in key:
            draft.options.pop("presence", None)
        entity.attributes.append(draft)
    return entity


def _fields(text: str) -> list[str]:
    from tablewright.engines.dynamodb.design import KeyTemplate

    return [name.partition(".")[0] for name in KeyTemplate.parse(text).attributes]
