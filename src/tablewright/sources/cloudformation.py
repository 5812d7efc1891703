"""Import tables from CloudFormation: templates in YAML or JSON, SAM, and the output of CDK.

In: a template or a folder (`cdk.out`, or one of templates). Out: facts of the tables it creates.
Intrinsic functions are resolved where the template says enough; where it does not, the logical
name stands for the table's and a note says which parameter is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.core.errors import TablewrightError
from tablewright.sources.describe import PITR_DAYS, table_store
from tablewright.sources.facts import DYNAMODB, SourceFacts, SourceTable, TableSettings
from tablewright.sources.intrinsics import Resolver, Unresolved
from tablewright.sources.source import ReadOptions, Source, read_document
from tablewright.sources.yaml_files import Placed, parse

TITLE = "CloudFormation, SAM and CDK templates"
TABLE_TYPES = (
    "AWS::DynamoDB::Table",
    "AWS::DynamoDB::GlobalTable",
    "AWS::Serverless::SimpleTable",
)
_RESOURCES = re.compile(r'(^|[{,])\s*"?Resources"?\s*:', re.MULTILINE)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_TYPES = re.compile(r"AWS::[A-Za-z0-9]+::[A-Za-z0-9]+")


def recognises(source: Source) -> bool:
    """Whether it is a template, or a folder with templates."""
    if source.is_folder:
        return (source.path / "cdk.out").is_dir() or any(_templates(source))
    return source.is_file and _is_template(source.head_text)


def _is_template(text: str) -> bool:
    if "provider:" in text and re.search(r"^service\s*:", text, re.MULTILINE):
        return False  # serverless.yml has templates of its own in it
    return "AWSTemplateFormatVersion" in text or (
        _RESOURCES.search(text) is not None and _TYPES.search(text) is not None
    )


def _templates(source: Source) -> Iterator[Path]:
    patterns = ("*.template.json", "*.template", "*.yaml", "*.yml", "*.json")
    for path in source.files(*patterns):
        try:
            with path.open("rb") as stream:
                text = stream.read(64 * 1024).decode("utf-8", "replace")
        except OSError:
            continue
        if "Resources" in text and _is_template(text):
            yield path


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of all tables in the templates.

    Raises:
        UsageError: the template is not valid YAML or JSON.
    """
    paths = list(_templates(source)) if source.is_folder else [source.path]
    stores: list[SourceTable] = []
    notes: list[str] = []
    for path in paths:
        try:
            template = parse(read_document(path), str(path))
        except TablewrightError as problem:
            if len(paths) == 1:
                raise
            notes.append(f"{problem.message}; the file was passed by")
            continue
        if isinstance(template, Mapping):
            stores += tables_of(template, str(path), options, notes)
    unique = {store.name: store for store in stores}
    count = len(unique)
    return SourceFacts(
        region=options.region,
        stores=tuple(unique.values()),
        notes=tuple(notes),
        sources=(f"{count} {'table' if count == 1 else 'tables'} of {source.shown}",),
    )


def tables_of(
    template: Mapping[str, Any], name: str, options: ReadOptions, notes: list[str]
) -> list[SourceTable]:
    """Return the tables of one template; notes what cannot be resolved.

    Args:
        template: the template as plain values.
        name: its file, for places.
        options: values of parameters.
        notes: is added to.
    """
    resolver = Resolver(template, dict(options.parameters), options.region)
    resources = template.get("Resources")
    if not isinstance(resources, Mapping):
        notes.append(f"{name}: `Resources` is no mapping; nothing was read from it")
        return []
    stores: list[SourceTable] = []
    for logical, resource in resources.items():
        if isinstance(resource, Mapping) and resource.get("Type") == "AWS::DAX::Cluster":
            notes.append(_cache_note(name, str(logical), resource))
        if not isinstance(resource, Mapping) or resource.get("Type") not in TABLE_TYPES:
            continue
        line = resource.line if isinstance(resource, Placed) else 0
        place = f"{name}:{line}" if line else name
        if _is_absent(resource, resolver):
            notes.append(f"{place}: `{logical}` is left out, as its condition does not hold")
            continue
        try:
            stores.append(_table(str(logical), resource, resolver, place, notes))
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            what = f"`{problem.args[0]}`" if isinstance(problem, KeyError) else "a property"
            notes.append(f"{place}: `{logical}` was passed by: {what} is missing or not resolved")
    for parameter in resolver.missing:
        notes.append(
            f"{name}: the parameter `{parameter}` has no value; give it with "
            f"--parameter {parameter}=…"
        )
    scaling = {
        str(logical): resource
        for logical, resource in resources.items()
        if isinstance(resource, Mapping)
        and str(resource.get("Type")).startswith("AWS::ApplicationAutoScaling::")
    }
    return [_scaled(store, scaling, resolver, notes) for store in stores]


def _cache_note(name: str, logical: str, resource: Mapping[str, Any]) -> str:
    """Return what to state of a DAX cluster: a template does not say whose cache it is."""
    properties = resource.get("Properties") or {}
    node, nodes = properties.get("NodeType", "?"), properties.get("ReplicationFactor", "?")
    return (
        f"{name}: `{logical}` is a cache: state it at the tables it stands before, with the share "
        f"it answers: cache: {{dax: {{node: {node}, nodes: {nodes}, cluster: {logical}}}, hits: …}}"
    )


def _is_absent(resource: Mapping[str, Any], resolver: Resolver) -> bool:
    name = resource.get("Condition")
    return name is not None and resolver.condition(name) is False


def _table(
    logical: str, resource: Mapping[str, Any], resolver: Resolver, place: str, notes: list[str]
) -> SourceTable:
    properties = resolver.value(resource.get("Properties") or {})
    if not isinstance(properties, Mapping):
        raise ValueError(logical)
    name = properties.get("TableName")
    if isinstance(name, str) and "${" in name:
        notes.append(f"{place}: the name of `{logical}` is not fully known: {name}")
        name = logical
    if not isinstance(name, str) or not name:
        name = logical
    if resource["Type"] == "AWS::Serverless::SimpleTable":
        return replace(_simple(name, properties, place), entity=_entity(logical, name))
    clean = _known(properties, place, logical, notes)
    if resource["Type"] == "AWS::DynamoDB::GlobalTable":
        clean = _with_maxima(clean)
    store = table_store({**clean, "TableName": name}, place)
    settings = store.settings
    ttl = clean.get("TimeToLiveSpecification") or {}
    if ttl.get("AttributeName") and _is_on(ttl.get("Enabled", True)):
        settings = replace(settings, ttl=str(ttl["AttributeName"]))
    pitr = _pitr(clean)
    if _is_on(pitr.get("PointInTimeRecoveryEnabled", False)):
        days = pitr.get("RecoveryPeriodInDays") or PITR_DAYS
        settings = replace(settings, pitr_days=int(days))
    if settings.mode is None:
        settings = replace(settings, mode="provisioned" if _scales(clean) else None)
    if resource["Type"] == "AWS::DynamoDB::GlobalTable":
        settings = _global(settings, clean)
    return replace(store, settings=settings, entity=_entity(logical, name))


def _entity(logical: str, name: str) -> str:
    """Return what is stored: the logical name, if it is a word and not a construct's hash."""
    clean = re.sub(r"[0-9A-F]{8}$", "", logical)
    return clean if name in (logical, clean) or len(clean) > 2 else ""


def _is_on(value: Any) -> bool:
    return str(value).lower() == "true"


def _scales(properties: Mapping[str, Any]) -> bool:
    return bool(properties.get("ProvisionedThroughput"))


def _pitr(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    specification = properties.get("PointInTimeRecoverySpecification")
    if isinstance(specification, Mapping):
        return specification
    for replica in properties.get("Replicas") or ():
        inner = replica.get("PointInTimeRecoverySpecification")
        if isinstance(inner, Mapping):
            return inner
    return {}


def _with_maxima(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a global table with on-demand maxima where a table has them.

    A global table says that of writes once, and that of reads in each replica: the first counts.
    """
    replica: Mapping[str, Any] = next(iter(properties.get("Replicas") or ()), {})
    readers = {i.get("IndexName"): i for i in replica.get("GlobalSecondaryIndexes") or ()}

    def with_maximum(part: Mapping[str, Any], reader: Mapping[str, Any]) -> dict[str, Any]:
        maximum = {
            **(part.get("WriteOnDemandThroughputSettings") or {}),
            **(reader.get("ReadOnDemandThroughputSettings") or {}),
        }
        return {**part, "OnDemandThroughput": maximum} if maximum else dict(part)

    result = with_maximum(properties, replica)
    if properties.get("GlobalSecondaryIndexes"):
        result["GlobalSecondaryIndexes"] = [
            with_maximum(index, readers.get(index.get("IndexName"), {}))
            for index in properties["GlobalSecondaryIndexes"]
        ]
    return result


def _global(settings: TableSettings, properties: Mapping[str, Any]) -> TableSettings:
    regions = [str(r.get("Region", "")) for r in properties.get("Replicas") or ()]
    write = (properties.get("WriteProvisionedThroughputSettings") or {}).get(
        "WriteCapacityAutoScalingSettings"
    )
    if isinstance(write, Mapping) and "MinCapacity" in write:
        settings = replace(
            settings,
            mode="auto-scaling",
            write_units=Decimal(str(write["MinCapacity"])),
            max_write_units=Decimal(str(write["MaxCapacity"])),
            read_units=Decimal(1),
            max_read_units=Decimal(str(write["MaxCapacity"])),
        )
    classes = [r.get("TableClass") for r in properties.get("Replicas") or ()]
    if classes and classes[0] == "STANDARD_INFREQUENT_ACCESS":
        settings = replace(settings, infrequent_access=True)
    replicas = tuple(r for r in regions[1:] if _REGION.fullmatch(r))
    witnesses = [str(w.get("Region", "")) for w in properties.get("GlobalTableWitnesses") or ()]
    return replace(
        settings,
        home=regions[0] if regions and _REGION.fullmatch(regions[0]) else "",
        replicas=replicas,
        strong_replicas=properties.get("MultiRegionConsistency") == "STRONG",
        witness=next((w for w in witnesses if _REGION.fullmatch(w)), ""),
    )


def _known(
    properties: Mapping[str, Any], place: str, logical: str, notes: list[str]
) -> dict[str, Any]:
    """Return the properties without those that are not resolved; a note names each."""
    clean: dict[str, Any] = {}
    for name, value in properties.items():
        if name in ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes",
                    "LocalSecondaryIndexes"):  # fmt: skip
            clean[name] = _indexes_known(value, place, logical, notes, name)
        elif _has_unresolved(value):
            if name not in ("Tags", "SSESpecification", "KinesisStreamSpecification", "TableName"):
                notes.append(f"{place}: `{name}` of `{logical}` is not known: {_first(value)}")
        else:
            clean[name] = value
    return clean


def _indexes_known(value: Any, place: str, logical: str, notes: list[str], name: str) -> Any:
    if not isinstance(value, list):
        if _has_unresolved(value):
            notes.append(f"{place}: `{name}` of `{logical}` is not known: {_first(value)}")
        return None
    out = []
    for entry in value:
        if isinstance(entry, Mapping):
            throughput = entry.get("ProvisionedThroughput")
            entry = {k: v for k, v in entry.items() if k != "ProvisionedThroughput"} | (
                {} if throughput is None or _has_unresolved(throughput)
                else {"ProvisionedThroughput": throughput}
            )  # fmt: skip
        if _has_unresolved(entry):
            notes.append(
                f"{place}: a part of `{name}` of `{logical}` is not known: {_first(entry)}"
            )
        else:
            out.append(entry)
    return out


def _has_unresolved(value: Any) -> bool:
    return _first(value) is not None


def _first(value: Any) -> Unresolved | None:
    if isinstance(value, Unresolved):
        return value
    inner = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping | list):
        for part in inner:
            hit = _first(part)
            if hit is not None:
                return hit
    return None


def _simple(name: str, properties: Mapping[str, Any], place: str) -> SourceTable:
    """Return a SAM SimpleTable: one key, `id` unless it says otherwise."""
    key = properties.get("PrimaryKey") or {}
    kind = {"String": "S", "Number": "N", "Binary": "B"}.get(str(key.get("Type", "String")), "S")
    attribute = str(key.get("Name", "id"))
    throughput = properties.get("ProvisionedThroughput") or {}
    units = throughput.get("ReadCapacityUnits"), throughput.get("WriteCapacityUnits")
    is_fixed = all(isinstance(unit, int) for unit in units)
    return SourceTable(
        name=name,
        engine=DYNAMODB,
        keys=(attribute,),
        key_types=((attribute, kind),),
        settings=TableSettings(
            mode="provisioned" if is_fixed else "on-demand",
            read_units=Decimal(str(units[0])) if is_fixed else None,
            write_units=Decimal(str(units[1])) if is_fixed else None,
        ),
        place=place,
    )


def _scaled(
    store: SourceTable,
    resources: Mapping[str, Any],
    resolver: Resolver,
    notes: list[str],
) -> SourceTable:
    """Return a table with the auto scaling that other resources of the template give it."""
    settings = store.settings
    mine: set[str] = set()
    for logical, resource in resources.items():
        if resource.get("Type") != "AWS::ApplicationAutoScaling::ScalableTarget":
            continue
        properties = resource.get("Properties") or {}
        target = resolver.text(properties.get("ResourceId"))
        names = (store.name, store.entity)
        if not any(target in (f"table/{n}", f"table/${{{n}}}") for n in names if n):
            continue
        try:
            least = Decimal(str(resolver.value(properties.get("MinCapacity"))))
            maximum = Decimal(str(resolver.value(properties.get("MaxCapacity"))))
        except ArithmeticError:
            continue
        if str(properties.get("ScalableDimension")).endswith("ReadCapacityUnits"):
            settings = replace(settings, read_units=least, max_read_units=maximum)
        else:
            settings = replace(settings, write_units=least, max_write_units=maximum)
        settings = replace(settings, mode="auto-scaling")
        mine.add(logical)
        if properties.get("ScheduledActions"):
            notes.append(f"{store.place}: the scheduled scaling of `{store.name}` was left out")
    for resource in resources.values():
        properties = resource.get("Properties")
        scaled = (properties or {}).get("ScalingTargetId")
        if isinstance(scaled, Mapping) and scaled.get("Ref") in mine:
            tracking = (properties or {}).get("TargetTrackingScalingPolicyConfiguration") or {}
            share = resolver.value(tracking.get("TargetValue"))
            if isinstance(share, int | float):
                settings = replace(settings, target=Decimal(str(share)) / 100)
    return replace(store, settings=settings)
