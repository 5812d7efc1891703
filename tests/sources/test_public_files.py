"""Files of public repositories: what is and what is not recovered of them (data/expected.yaml)."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from sources.importing import DATA, imported, model_of
from tablewright.engines.dynamodb.design import DynamoDesign, Table
from tablewright.engines.mongodb.design import MongoDesign
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.session import ModelFile

pytest.importorskip("hcl2")
pytest.importorskip("sqlglot")

EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load((DATA / "expected.yaml").read_text())
PAGE = Path(__file__).parents[2] / "docs" / "import.md"


def tables_of(file: ModelFile) -> dict[str, dict[str, Any]]:
    """Return keys and indexes of each table, and how a table of DynamoDB scales."""
    (design,) = file.designs
    if isinstance(design, PostgresDesign):
        return {
            t.name: {"key": list(t.primary_key)} | {i.name: [c for c, _ in i.columns]
                                                    for i in t.indexes}
            for t in design.tables
        }  # fmt: skip
    if isinstance(design, MongoDesign):
        return {
            c.name: {"key": list(file.model.entity(c.entity).key)}
            | {i.name: list(i.paths) for i in c.indexes}
            for c in design.collections
        }
    assert isinstance(design, DynamoDesign)
    return {t.name: _dynamodb(t) for t in design.tables}


def _dynamodb(table: Table) -> dict[str, Any]:
    facts: dict[str, Any] = {"key": list(table.keys)}
    facts |= {index.name: list(index.keys) for index in table.indexes}
    mode = table.mode
    if mode.max_rcu is not None:
        limits = f"{mode.rcu} to {mode.max_rcu} and {mode.wcu} to {mode.max_wcu}"
        facts["mode"] = f"{limits} at {mode.target * 100:.0f}%"
    return facts


def sources_of(name: str, folder: Path) -> list[Path]:
    """Return the source and what says which tables there are, where it does not itself.

    Documents of a dump are kept as extended JSON, which a reader can read, and become BSON here.
    """
    sources = [DATA / name]
    if name.startswith("mongodump"):
        bson = pytest.importorskip("bson")
        pytest.importorskip("bson.json_util")
        sources = [shutil.copytree(DATA / name, folder / "dump")]
        for path in sources[0].rglob("*.ndjson"):
            documents = (bson.json_util.loads(line) for line in path.read_text().splitlines())
            path.with_suffix(".bson").write_bytes(b"".join(bson.encode(d) for d in documents))
            path.unlink()
    for file, text in EXPECTED[name].get("beside", {}).items():
        (folder / file).write_text(text)
        sources.append(folder / file)
    return sources


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_recovered_of_a_public_file(name: str, tmp_path: Path) -> None:
    expected = EXPECTED[name]
    sources = sources_of(name, tmp_path)
    file = model_of(*sources)
    if "tables" in expected:
        found = tables_of(file)
        assert {n: found[n] for n in expected["tables"]} == expected["tables"]
        if not name.startswith("terraform"):
            assert found.keys() == expected["tables"].keys()
    for entity, attributes in expected.get("attributes", {}).items():
        for attribute, kind in attributes.items():
            assert file.model.entity(entity).attribute(attribute).kind.value == kind, attribute
    if "templates" in expected:
        (design,) = file.designs
        assert isinstance(design, DynamoDesign)
        (table,) = design.tables
        templates = {key: str(t) for s in table.shapes for key, t in s.keys}
        assert {key: templates[key] for key in expected["templates"]} == expected["templates"]
    result = imported(*sources)
    for part in expected.get("notes", ()):
        assert any(part in note for note in result.notes), result.notes
    for part in expected.get("patterns", ()):
        assert part in result.text


def test_every_kind_has_three_public_files_and_every_file_is_expected() -> None:
    files = {str(p.relative_to(DATA)) for p in DATA.glob("*/*")}
    assert files == EXPECTED.keys()
    kinds = [name.partition("/")[0] for name in EXPECTED]
    assert all(kinds.count(kind) >= 3 for kind in kinds)


def test_the_documentation_names_every_public_source_and_what_it_loses() -> None:
    page = PAGE.read_text()
    for facts in EXPECTED.values():
        assert facts["from"].partition(",")[0] in page
        assert facts["lost"] == "nothing" or facts["lost"] in page


def table_of(name: str) -> Table:
    design = model_of(DATA / "terraform" / name).designs[0]
    assert isinstance(design, DynamoDesign)
    (table,) = design.tables
    return table


def test_a_table_named_by_its_workspace_keeps_its_label() -> None:
    table = table_of("animals.tf")
    assert (table.name, table.keys, table.ttl) == ("animals", ("hk", "rk"), "ttl")
    assert table.index("rkT").keys == ("rk", "t")
    notes = imported(DATA / "terraform" / "animals.tf").notes
    assert any("the name of the table is not known" in note for note in notes)


def test_a_provisioned_table_with_recovery() -> None:
    table = table_of("alerts.tf")
    assert (table.mode.rcu, table.mode.wcu) == (Decimal(30), Decimal(30))
    assert table.pitr_days == 35
    notes = imported(DATA / "terraform" / "alerts.tf").notes
    assert any("the variable `dynamodb_table` has no value" in note for note in notes)


def test_a_module_takes_the_defaults_of_its_variables() -> None:
    table = table_of("module.tf")
    assert table.name == "dynamodb-table"
    assert table.keys == ("ddb-hash-key", "ddb-range-key")
    assert table.ttl is None
    notes = imported(DATA / "terraform" / "module.tf").notes
    assert any("`attribute` is not known" in note for note in notes)
