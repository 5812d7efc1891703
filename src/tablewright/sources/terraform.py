"""Import tables from Terraform: HCL as written, `terraform show -json`, and files of the state.

In: a `.tf` file, a folder of them, or JSON: of a plan or state as shown, or `terraform.tfstate`
itself. Out: facts of `aws_dynamodb_table` resources and of the community's dynamodb-table module.
Variables with defaults, `*.tfvars`, locals and conditions on them are resolved; what is not known
is noted with file and line. The JSON of a plan says more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tablewright.core.errors import UsageError
from tablewright.sources.describe import PITR_DAYS
from tablewright.sources.facts import DYNAMODB, IndexFacts, SourceFacts, SourceTable, TableSettings
from tablewright.sources.source import ReadOptions, Source, needs, read_document

TITLE = "Terraform"
_RESOURCE = re.compile(
    r'resource\s+"?aws_dynamodb_table"?\s|terraform-aws-modules/dynamodb-table/aws'
)
_SHOWN = re.compile(r'"(planned_values|format_version|terraform_version)"\s*:')
_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_CONDITION = re.compile(r"(.+?)\s*(==|!=)\s*(.+?)\s*\?\s*(.+?)\s*:\s*(.+)")
DEEPEST = 20


def recognises(source: Source) -> bool:
    """Whether it is Terraform with a table in it, or its JSON."""
    if source.is_folder:
        return any(True for _ in source.files("*.tf"))
    text = source.head_text
    if source.is_file and source.path.suffix == ".tf":
        return True
    return text.lstrip()[:1] == "{" and _SHOWN.search(text) is not None


def read(source: Source, options: ReadOptions) -> SourceFacts:
    """Return the facts of the tables.

    Raises:
        UsageError: the JSON is damaged.
        EngineError: it is HCL, and its parser is not installed.
    """
    notes: list[str] = []
    if source.is_file and source.path.suffix != ".tf":
        stores = _shown(source, notes)
    else:
        stores = _written(source, options, notes)
    count = len(stores)
    noun = "table" if count == 1 else "tables"
    return SourceFacts(
        region=options.region,
        stores=tuple(stores),
        notes=tuple(notes),
        sources=(f"{count} {noun} of {source.shown} (Terraform)",),
    )


# ---------------------------------------------------------------- terraform show -json


def _shown(source: Source, notes: list[str]) -> list[SourceTable]:
    try:
        document = json.loads(source.document())
    except (ValueError, RecursionError) as problem:
        raise UsageError(
            f"{source.shown} is not JSON", remedy="write it with `terraform show -json`"
        ) from problem
    values = document.get("planned_values") or document.get("values")
    found = (
        _of_state(document) if values is None else _resources(values.get("root_module") or {}, 0)
    )
    stores = []
    for resource in found:
        if resource.get("type") == "aws_dynamodb_table" and resource.get("mode") != "data":
            place = f"{source.shown}, {resource.get('address', '')}"
            store = table_of(resource.get("values") or {}, place, notes)
            if store is not None:
                stores.append(store)
    return stores


def _resources(module: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources") or ()
    if depth < DEEPEST:
        for child in module.get("child_modules") or ():
            yield from _resources(child, depth + 1)


def _of_state(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the resources of a `terraform.tfstate` in the form of `show -json`.

    Source: https://developer.hashicorp.com/terraform/language/state (version 4 of the file).
    """
    for resource in document.get("resources") or ():
        module = f"{resource['module']}." if resource.get("module") else ""
        address = f"{module}{resource.get('type', '')}.{resource.get('name', '')}"
        for instance in resource.get("instances") or ():
            key = instance.get("index_key")
            yield {
                "type": resource.get("type"),
                "mode": resource.get("mode"),
                "address": address if key is None else f"{address}[{json.dumps(key)}]",
                "values": instance.get("attributes"),
            }


def table_of(
    values: Mapping[str, Any], place: str, notes: list[str], label: str = ""
) -> SourceTable | None:
    """Return the table a resource describes, None (with a note) where its keys are not known.

    Args:
        values: the arguments of the resource, resolved.
        place: where it is described.
        notes: is added to.
        label: its name in the source, where the table's own is not known.
    """
    keys = tuple(k for k in (values.get("hash_key"), values.get("range_key")) if _is_known(k))
    if not _is_known(values.get("hash_key")):
        notes.append(f"{place}: the hash_key of the table is not known; it was passed by")
        return None
    name = values.get("name")
    if not _is_known(name):
        notes.append(f"{place}: the name of the table is not known: {name}")
        name = label or "table"
    unknown = [k for k, v in values.items() if _has_unknown(v) and k not in ("name", "tags")]
    for argument in unknown:
        notes.append(f"{place}: `{argument}` is not known and was left out")
    ttl, pitr = _first(values.get("ttl")), _first(values.get("point_in_time_recovery"))
    return SourceTable(
        name=str(name),
        engine=DYNAMODB,
        keys=tuple(str(k) for k in keys),
        key_types=tuple(
            (str(a["name"]), str(a.get("type", "S")))
            for a in _many(values.get("attribute"))
            if _is_known(a.get("name"))
        ),
        indexes=tuple(_indexes(values)),
        settings=TableSettings(
            mode="on-demand" if values.get("billing_mode") == "PAY_PER_REQUEST" else "provisioned",
            read_units=_units(values.get("read_capacity")),
            write_units=_units(values.get("write_capacity")),
            ttl=str(ttl["attribute_name"])
            if _is_on(ttl.get("enabled", bool(ttl))) and _is_known(ttl.get("attribute_name"))
            else None,
            pitr_days=int(pitr.get("recovery_period_in_days") or PITR_DAYS)
            if _is_on(pitr.get("enabled"))
            else None,
            stream=str(values.get("stream_view_type") or "NEW_AND_OLD_IMAGES")
            .lower()
            .replace("_", "-")
            if _is_on(values.get("stream_enabled"))
            else None,
            infrequent_access=values.get("table_class") == "STANDARD_INFREQUENT_ACCESS" or None,
            deletion_protection=_is_on(values.get("deletion_protection_enabled")) or None,
            max_read_units=_maximum(values, "max_read_request_units"),
            max_write_units=_maximum(values, "max_write_request_units"),
            warm_read_units=_warm(values, "read_units_per_second"),
            warm_write_units=_warm(values, "write_units_per_second"),
            replicas=tuple(
                str(r["region_name"])
                for r in _many(values.get("replica"))
                if _is_known(r.get("region_name"))
            ),
            strong_replicas=any(
                r.get("consistency_mode") == "STRONG" for r in _many(values.get("replica"))
            ),
            witness=_witness(values),
        ),
        place=place,
    )


def _indexes(values: Mapping[str, Any]) -> Iterator[IndexFacts]:
    for is_local, argument in ((False, "global_secondary_index"), (True, "local_secondary_index")):
        for index in _many(values.get(argument)):
            keys = _index_keys(index, "HASH", values.get("hash_key") if is_local else None)
            if not _is_known(index.get("name")) or not keys:
                continue
            kind = str(index.get("projection_type", "ALL"))
            yield IndexFacts(
                name=str(index["name"]),
                keys=keys,
                sort_keys=_index_keys(index, "RANGE"),
                projection={"KEYS_ONLY": "keys-only", "INCLUDE": "include"}.get(kind, "all"),
                included=tuple(str(n) for n in index.get("non_key_attributes") or ()),
                is_local=is_local,
                read_units=_units(index.get("read_capacity")),
                write_units=_units(index.get("write_capacity")),
                max_read_units=_maximum(index, "max_read_request_units"),
                max_write_units=_maximum(index, "max_write_request_units"),
                warm_read_units=_warm(index, "read_units_per_second"),
                warm_write_units=_warm(index, "write_units_per_second"),
            )


def _witness(values: Mapping[str, Any]) -> str:
    region = _first(values.get("global_table_witness")).get("region_name")
    return str(region) if _is_known(region) else ""


def _warm(part: Mapping[str, Any], name: str) -> Decimal | None:
    return _units(_first(part.get("warm_throughput")).get(name))


def _maximum(part: Mapping[str, Any], name: str) -> Decimal | None:
    """Return one on-demand maximum of a table or index, in units a second; -1 is none."""
    stated = _first(part.get("on_demand_throughput"))
    return _units(stated.get(name))


def _index_keys(index: Mapping[str, Any], kind: str, given: Any = None) -> tuple[str, ...]:
    """Return the keys of an index: those of its `key_schema`, which may be several, or the one."""
    schema = [
        str(part["attribute_name"])
        for part in _many(index.get("key_schema"))
        if part.get("key_type") == kind and _is_known(part.get("attribute_name"))
    ]
    if schema:
        return tuple(schema)
    one = given or index.get("hash_key" if kind == "HASH" else "range_key")
    return (str(one),) if _is_known(one) else ()


def _many(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        return [value]
    return [v for v in value or () if isinstance(v, Mapping)] if isinstance(value, list) else []


def _first(value: Any) -> Mapping[str, Any]:
    return next(iter(_many(value)), {})


def _is_known(value: Any) -> bool:
    return value not in (None, "") and "${" not in str(value)


def _has_unknown(value: Any) -> bool:
    return "${" in str(value)


def _is_on(value: Any) -> bool:
    return str(value).lower() == "true"


def _units(value: Any) -> Decimal | None:
    try:
        units = Decimal(str(value))
    except ArithmeticError:
        return None
    return units if units > 0 else None


# ---------------------------------------------------------------- HCL

_HEADER = re.compile(
    r'\s*(?P<block>resource|module)\s+(?:"aws_dynamodb_table"\s+)?"(?P<label>[^"]+)"'
)


def _written(source: Source, options: ReadOptions, notes: list[str]) -> list[SourceTable]:
    try:
        import hcl2
    except ImportError as missing:
        raise needs("python-hcl2", "import") from missing
    paths = list(source.files("*.tf")) if source.is_folder else [source.path]
    documents: list[tuple[Path, Mapping[str, Any]]] = []
    lines: dict[tuple[Path, str, str], int] = {}
    for path in paths:
        try:
            documents.append((path, _parsed(hcl2, path)))
            lines |= {(path, *block): line for block, line in _lines(path).items()}
        except Exception as problem:  # the parser raises errors of its own many kinds
            line = getattr(problem, "line", "?")
            notes.append(f"{path}:{line}: not valid HCL; the file was passed by")
    values = _Values(documents, _assigned(source, hcl2, notes), dict(options.parameters))
    stores = []
    for path, document in documents:
        for kind, label, body in _blocks(document):
            place = f"{path}:{lines.get((path, kind, label), '?')}"
            arguments = values.resolved(body)
            arguments |= _dynamic(arguments, place, notes)
            if kind == "module":
                arguments = _module(arguments)
            store = table_of(arguments, place.removesuffix(":?"), notes, label)
            if store is not None:
                stores.append(store)
    for name in values.missing:
        notes.append(f"the variable `{name}` has no value; give it with --parameter {name}=…")
    return stores


def _parsed(hcl2: Any, path: Path) -> Mapping[str, Any]:
    document: Mapping[str, Any] = hcl2.loads(read_document(path))
    return document


def _lines(path: Path) -> dict[tuple[str, str], int]:
    """Return the line of each resource and module by (kind of block, label).

    The parser's own positions (`with_meta`) are empty in python-hcl2 8.1.
    """
    return {
        (header["block"], header["label"]): number
        for number, line in enumerate(read_document(path).splitlines(), 1)
        if (header := _HEADER.match(line))
    }


def _assigned(source: Source, hcl2: Any, notes: list[str]) -> dict[str, Any]:
    folder = source.path if source.is_folder else source.path.parent
    assigned: dict[str, Any] = {}
    for path in sorted([*folder.glob("terraform.tfvars"), *folder.glob("*.auto.tfvars")]):
        try:
            for name, value in _parsed(hcl2, path).items():
                assigned[name] = _unwrapped(value)
        except Exception:  # the parser raises errors of its own many kinds
            notes.append(f"{path}: not valid HCL; the file was passed by")
    return assigned


def _blocks(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for resource in document.get("resource") or ():
        for kind, named in resource.items():
            if _text(kind) == "aws_dynamodb_table" and isinstance(named, Mapping):
                for label, body in named.items():
                    if isinstance(body, Mapping):
                        yield "resource", _text(label), body
    for module in document.get("module") or ():
        for label, body in module.items():
            if isinstance(body, Mapping) and "dynamodb-table/aws" in str(body.get("source", "")):
                yield "module", _text(label), body


def _module(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the community's module as those of the resource."""
    out = dict(arguments)
    out["attribute"] = arguments.get("attributes")
    out["global_secondary_index"] = arguments.get("global_secondary_indexes")
    out["local_secondary_index"] = arguments.get("local_secondary_indexes")
    out["billing_mode"] = arguments.get("billing_mode", "PAY_PER_REQUEST")
    out["ttl"] = {
        "enabled": arguments.get("ttl_enabled", False),
        "attribute_name": arguments.get("ttl_attribute_name", ""),
    }
    out["point_in_time_recovery"] = {
        "enabled": arguments.get("point_in_time_recovery_enabled", False)
    }
    return {k: v for k, v in out.items() if v is not None}


def _dynamic(arguments: Mapping[str, Any], place: str, notes: list[str]) -> dict[str, Any]:
    """Return the blocks that dynamic blocks make, where the list they go through is known."""
    out: dict[str, Any] = {}
    for block in _many(arguments.get("dynamic")):
        for name, body in block.items():
            if not isinstance(body, Mapping):
                continue
            listed, content = body.get("for_each"), _first(body.get("content"))
            if not isinstance(listed, list):
                notes.append(f"{place}: the dynamic block `{name}` is not known and was left out")
                continue
            out[name] = [_filled(content, str(name), entry) for entry in listed]
    return out


def _filled(content: Mapping[str, Any], name: str, entry: Any) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for argument, value in content.items():
        match = re.fullmatch(rf"\$\{{{name}\.value(?:\.(\w+)|\[\"(\w+)\"\])?\}}", str(value))
        if match is None:
            filled[argument] = value
            continue
        key = match[1] or match[2]
        inner = entry.get(key) if key and isinstance(entry, Mapping) else entry
        if inner is not None:
            filled[argument] = inner
    return filled


def _text(value: Any) -> str:
    text = str(value)
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == '"' else text


def _unwrapped(value: Any) -> Any:
    """Return a value without the quotes and one-element lists that some parsers put around it."""
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], Mapping):
        return _unwrapped(value[0])
    if isinstance(value, str):
        return _text(value)
    return value


class _Values:
    """Resolves variables, locals and simple conditions of a configuration."""

    def __init__(
        self,
        documents: list[tuple[Path, Mapping[str, Any]]],
        assigned: dict[str, Any],
        parameters: dict[str, str],
    ) -> None:
        self.missing: dict[str, None] = {}
        self._variables: dict[str, Any] = {}
        self._declared: set[str] = set()
        self._locals: dict[str, Any] = {}
        for _, document in documents:
            for block in document.get("variable") or ():
                for name, body in block.items():
                    self._declared.add(_text(name))
                    if isinstance(body, Mapping) and "default" in body:
                        self._variables[_text(name)] = _unwrapped(body["default"])
            for block in document.get("locals") or ():
                self._locals |= {_text(n): _unwrapped(v) for n, v in block.items()}
        self._variables |= assigned | parameters

    def resolved(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a block, as far as they are known."""
        return {
            _text(name): self._value(value, 0)
            for name, value in body.items()
            if not str(name).startswith("__")
        }

    def _value(self, value: Any, depth: int) -> Any:
        if depth > DEEPEST:
            return value
        value = _unwrapped(value)
        if isinstance(value, Mapping):
            return {
                _text(n): self._value(v, depth + 1)
                for n, v in value.items()
                if not str(n).startswith("__")
            }
        if isinstance(value, list):
            return [self._value(v, depth + 1) for v in value]
        if not isinstance(value, str) or "${" not in value:
            return value
        lone = re.fullmatch(r"\$\{([^{}]*)\}", value)
        if lone is not None:
            known, result = self._expression(lone[1], depth + 1)
            return result if known else value

        def replaced(match: re.Match[str]) -> str:
            known, result = self._expression(match[1], depth + 1)
            return str(result) if known else match[0]

        return _REFERENCE.sub(replaced, value)

    def _expression(self, text: str, depth: int) -> tuple[bool, Any]:
        """Return whether an expression is known, and its value."""
        text = text.strip()
        if depth > DEEPEST:
            return False, None
        condition = _CONDITION.fullmatch(text)
        if condition is not None:
            first, second = (self._expression(condition[n], depth + 1) for n in (1, 3))
            if not first[0] or not second[0]:
                return False, None
            holds = (str(first[1]) == str(second[1])) == (condition[2] == "==")
            return self._expression(condition[4] if holds else condition[5], depth + 1)
        if len(text) >= 2 and text[0] == text[-1] == '"':
            return True, self._value(text[1:-1], depth + 1)
        if text.lower() in ("true", "false"):
            return True, text.lower() == "true"
        if re.fullmatch(r"-?\d+(\.\d+)?", text):
            return True, Decimal(text)
        return self._named(text, depth)

    def _named(self, text: str, depth: int) -> tuple[bool, Any]:
        match = re.fullmatch(r"(var|local)\.([\w-]+)", text)
        if match is None:
            return False, None
        names = self._variables if match[1] == "var" else self._locals
        if match[2] not in names:
            if match[1] == "var":
                self.missing[match[2]] = None
            return False, None
        value = self._value(names[match[2]], depth + 1)
        return not _has_unknown(value), value
