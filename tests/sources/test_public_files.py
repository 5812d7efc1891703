"""Files of public repositories: what is and what is not recovered of them (data/README.md)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sources.importing import DATA, imported, model_of
from tablewright.engines.dynamodb.design import DynamoDesign, Table

pytest.importorskip("hcl2")


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
