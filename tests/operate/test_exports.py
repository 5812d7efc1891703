"""Exports: every value comes back, on every engine; interrupted, damaged and conflicting ones."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tablewright
from operate.shop_engines import AUTHORS, DESIGNS, NOTES, SERVERS, call, seeded
from tablewright.capacity.documents import ObjectKey
from tablewright.core.errors import EngineError
from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.evaluation.doors import Target
from tablewright.operate.exports.exchange import from_text, record_digest, to_text
from tablewright.operate.exports.manifest import ContentTally, read_manifest
from tablewright.operate.exports.parquet import column_kind
from tablewright.operate.exports.writing import ExportPlan, write_export
from tablewright.session import open_model
from tablewright.verbs.database import opened

NUMBERS = st.integers(-(10**20), 10**20) | st.decimals(
    allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9
)
LEAVES = st.none() | st.booleans() | st.text() | NUMBERS | st.binary(max_size=20)
NAMES = st.text(max_size=6) | st.sampled_from(["$date", "$set", "$literal", "$binary", "$x"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES, inner, max_size=3)
        | st.sets(st.text(max_size=4), max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_every_value_comes_back_from_its_text(value: Any) -> None:
    assert from_text(to_text(value)) == value


@pytest.mark.parametrize(
    "value",
    [1.5, Decimal("1.5"), Decimal("NaN"), ObjectKey("a" * 24), UUID(int=7),
     datetime(2026, 11, 30, 1, 2, 3, 4000, tzinfo=UTC)],
)  # fmt: skip
def test_where_doubles_are_a_type_of_their_own_types_come_back_too(value: Any) -> None:
    returned = from_text(to_text(value, has_doubles=True), has_doubles=True)
    assert (type(returned), str(returned)) == (type(value), str(value))


def test_a_digest_is_the_sha256_of_the_canonical_text_and_digests_add_up() -> None:
    # by hand: names sorted, a number by its value (2.50 is 2.5)
    text = b'{"a":"x","n":{"$n":"2.5"}}'
    expected = int(hashlib.sha256(text).hexdigest(), 16)
    assert record_digest({"n": Decimal("2.50"), "a": "x"}) == expected

    one_way = ContentTally().plus({"n": 1}).plus({"n": 2})
    assert one_way == ContentTally().plus({"n": 2}).plus({"n": 1})
    # a sum, not an exclusive or: two equal records are not the same as none
    assert ContentTally().plus({}).plus({}).digest != ContentTally().digest


def test_a_column_has_the_narrowest_type_that_keeps_every_value() -> None:
    assert column_kind([{"n": 1}, {"n": Decimal("1.5")}], "n") == ("decimal", False)
    assert column_kind([{"n": 1}, {"n": Decimal("1.5")}], "n", has_doubles=True)[0] == "json"
    assert column_kind([{"n": 1 << 63}], "n") == ("json", False)
    assert column_kind([{"n": Decimal("0.1234567890123456789")}], "n") == ("json", False)
    assert column_kind([{"n": None}, {"n": "a"}], "n") == ("text", True)
    # a null and an absence: only JSON tells them apart
    assert column_kind([{"n": None}, {}], "n") == ("json", False)


@pytest.mark.parametrize("design", DESIGNS)
def test_an_export_fills_another_database_of_the_same_design(
    design: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = seeded(tmp_path, design)
    other = ("--data", tmp_path / "other")
    assert call("up", path, "--design", design, *other) == 0
    lines, columns = tmp_path / "lines", tmp_path / "columns"
    assert call("export", path, "--design", design, "--out", lines) == 0
    forms = [lines]
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        pass
    else:
        assert (
            call("export", path, "--design", design, "--out", columns, "--format", "parquet") == 0
        )
        forms.append(columns)
    for number, folder in enumerate(forms):
        capsys.readouterr()
        assert call("import", folder, path, *other, "--json") == 0
        view = json.loads(capsys.readouterr().out)
        written = (AUTHORS + NOTES) if number == 0 else 0  # the second finds the first's records
        assert (view["records"], view["written"], view["extra"]) == (20, written, 0)

    manifest = read_manifest(lines)
    assert {name: t.count for name, t in manifest.entities.items()} == {
        "Author": AUTHORS,
        "Note": NOTES,
    }
    again = tmp_path / "again"
    assert call("export", path, "--design", design, *other, "--out", again) == 0
    assert read_manifest(again).containers == manifest.containers
    assert [f.sha256 for f in read_manifest(again).files] == [f.sha256 for f in manifest.files]


def test_ddb_json_is_what_import_table_reads(tmp_path: Path) -> None:
    path = seeded(tmp_path, "items")
    folder = tmp_path / "out"
    assert call("export", path, "--design", "items", "--out", folder, "--format", "ddb-json") == 0
    with gzip.open(folder / "authors/000001.json.gz", "rt") as lines:
        items = [json.loads(line)["Item"] for line in lines]
    assert len(items) == AUTHORS
    assert all(set(item["id"]) == {"S"} and set(item["active"]) == {"BOOL"} for item in items)


@pytest.mark.needs_server
def test_ddb_json_is_refused_for_other_engines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = seeded(tmp_path, "rows")
    folder = tmp_path / "out"
    assert call("export", path, "--design", "rows", "--out", folder, "--format", "ddb-json") == 2
    assert "take --format ndjson or parquet" in capsys.readouterr().err


# ---------------------------------------------------------------- trouble


class _Breaking(DynamoAdapter):
    """A DynamoDB whose scans go away after so many pages of one record."""

    pages = 10**9

    def scan(self, container: str, **how: Any) -> Iterator[Any]:
        after = how.get("after")
        while True:
            parameters: dict[str, Any] = {"TableName": container, "Limit": 1}
            if after is not None:
                parameters["ExclusiveStartKey"] = after
            if self.pages <= 0:
                raise EngineError("gone")
            self.pages -= 1
            body = self.transport.send("Scan", parameters).body
            after = body.get("LastEvaluatedKey")
            yield after, body.get("Items", [])
            if after is None:
                return


@pytest.mark.parametrize("pages", [0, 1, 4, 6, 13, 20])
def test_an_interrupted_export_goes_on_and_ends_as_if_it_had_not_been(
    pages: int, tmp_path: Path
) -> None:
    session = open_model(str(seeded(tmp_path, "items")))
    design = session.design("items")

    def export(folder: Path, adapter: Any) -> Any:
        plan = ExportPlan(
            app="kiosk", design="items", engine="dynamodb", form="ndjson", folder=folder,
            records_of_a_file=2,
        )  # fmt: skip
        return write_export(plan, adapter, now=lambda: "2026-11-30T00:00:00+00:00")

    with opened(session, design, Target()) as adapter:
        broken = _Breaking(session.model, design, adapter.transport)  # type: ignore[arg-type, attr-defined]
        whole = export(tmp_path / "whole", broken)
        broken.pages = pages
        with pytest.raises(EngineError, match="gone"):
            export(tmp_path / "parts", broken)
        assert not (tmp_path / "parts/manifest.json").exists()
        broken.pages = 10**9
        resumed = export(tmp_path / "parts", broken)

    assert resumed == whole
    # 5 authors and 15 notes by twos, each with a last page that may be empty
    assert len(whole.files) == 3 + 8
    assert sum(file.records for file in whole.files) == AUTHORS + NOTES


@pytest.mark.slow
def test_a_killed_export_is_finished_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "tablewright.yaml"
    path.write_text((Path(__file__).parents[1] / "data/shop.yaml").read_text())
    assert call("up", path, "--design", "multi") == 0
    assert call("seed", path, "--design", "multi", "--users", "60") == 0
    folder = tmp_path / "out"
    env = {**os.environ, "PYTHONPATH": str(Path(tablewright.__file__).parents[1])}
    command = [sys.executable, "-m", "tablewright", "export", str(path), "--design", "multi"]
    command += ["--out", str(folder), "--file-records", "50", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)
    until = time.monotonic() + 60
    while not list(folder.glob("reviews/0*")) and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "manifest.json").exists()
    finished = subprocess.run(command, check=True, capture_output=True, env=env, text=True)
    assert call("export", path, "--design", "multi", "--out", tmp_path / "whole") == 0
    killed, whole = read_manifest(folder), read_manifest(tmp_path / "whole")
    assert json.loads(finished.stdout)["records"] == whole.records
    assert (killed.containers, killed.entities) == (whole.containers, whole.entities)


def test_a_folder_with_something_in_it_is_never_overwritten_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = seeded(tmp_path, "items")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    export = ("export", path, "--design", "items", "--out", folder)
    assert call(*export, "--overwrite") == 2
    assert (folder / "thesis.txt").read_text() == "years of work"
    (folder / "thesis.txt").unlink()
    assert call(*export) == 0
    assert call(*export) == 2
    assert "say --overwrite" in capsys.readouterr().err
    assert call(*export, "--overwrite") == 0


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-12] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [_cut, _flip, Path.unlink])
def test_a_damaged_export_is_refused_before_anything_is_written(
    damage: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = seeded(tmp_path, "items")
    folder = tmp_path / "out"
    assert call("export", path, "--design", "items", "--out", folder) == 0
    damage(folder / "notes/000001.ndjson.gz")
    other = ("--data", tmp_path / "other.db")
    assert call("up", path, "--design", "items", *other) == 0
    assert call("import", folder, path, *other) == 2
    assert "notes/000001.ndjson.gz" in capsys.readouterr().err
    assert call("export", path, "--design", "items", *other, "--out", tmp_path / "empty") == 0
    assert read_manifest(tmp_path / "empty").records == 0


@pytest.mark.parametrize(
    ("manifest", "text"),
    [("", "is damaged"), ("[]", "is damaged"), ('{"schema": "x"}', "its schema is x")],
)
def test_a_damaged_manifest_is_named(
    manifest: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = seeded(tmp_path, "items")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.json").write_text(manifest)
    assert call("import", tmp_path / "out", path) == 2
    assert text in capsys.readouterr().err


@pytest.mark.parametrize("design", ["items", pytest.param("rows", marks=SERVERS)])
def test_records_that_differ_are_replaced_only_when_asked(
    design: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = seeded(tmp_path, design)
    folder = tmp_path / "out"
    assert call("export", path, "--design", design, "--out", folder) == 0
    session = open_model(str(path))
    chosen = session.design(design)
    with opened(session, chosen, Target()) as adapter:
        ((_, page),) = adapter.scan("authors")
        plain = {**adapter.codec.to_plain(page[0]), "name": "somebody else"}
        from tablewright.evaluation.doors import Record

        changed = Record(container="authors", kind="", content=adapter.codec.from_plain(plain))
        adapter.bulk_write([changed])
    assert call("import", folder, path) == 2
    text = capsys.readouterr().err
    assert "1 records of" in text
    assert str(plain["id"]) in text
    assert call("import", folder, path, "--overwrite", "--json") == 0
    view = json.loads(capsys.readouterr().out)
    assert (view["written"], view["same"], view["replaced"]) == (1, 19, 1)


def test_an_export_of_another_design_is_for_migrate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = seeded(tmp_path, "items")
    assert call("export", path, "--design", "items", "--out", tmp_path / "out") == 0
    assert call("import", tmp_path / "out", path, "--design", "rows") == 2
    assert "tablewright migrate --from items --to rows" in capsys.readouterr().err
