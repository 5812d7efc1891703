"""Exports of DynamoDB to S3, full and incremental."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from sources.importing import imported
from tablewright.core.errors import UsageError

ARN = "arn:aws:dynamodb:eu-north-1:111122223333:table/readings"


def item(number: int) -> dict[str, Any]:
    return {
        "device": {"S": f"d{number % 5}"},
        "at": {"N": str(1_760_000_000 + number)},
        "celsius": {"N": "21.5"},
    }


def export(folder: Path, *, kind: str = "FULL_EXPORT", data_key: str = "") -> Path:
    root = folder / "AWSDynamoDB" / "01690000000000-abcdef"
    (root / "data").mkdir(parents=True)
    (root / "manifest-summary.json").write_text(
        json.dumps({"version": "2020-06-30", "tableArn": ARN, "exportType": kind})
    )
    key = data_key or "AWSDynamoDB/01690000000000-abcdef/data/a1.json.gz"
    (root / "manifest-files.json").write_text(json.dumps({"itemCount": 60, "dataFileS3Key": key}))
    name = "Item" if kind == "FULL_EXPORT" else "NewImage"
    lines = "\n".join(json.dumps({name: item(n)}) for n in range(60))
    (root / "data" / "a1.json.gz").write_bytes(gzip.compress(lines.encode()))
    return root


def test_a_full_export_counts_all_items(tmp_path: Path) -> None:
    export(tmp_path)
    result = imported(tmp_path)
    assert result.draft.tables[0].name == "readings"
    assert result.draft.entities[0].instances == 60


def test_an_incremental_export_says_that_only_changes_were_seen(tmp_path: Path) -> None:
    export(tmp_path, kind="INCREMENTAL_EXPORT")
    result = imported(tmp_path)
    assert any("only what changed was seen" in note for note in result.notes)
    assert "60 items of readings seen" in result.text


@pytest.mark.parametrize("key", ["x/data/../../../../secret.json", "../../../../secret.json"])
def test_a_manifest_that_leads_out_of_its_folder_is_refused(tmp_path: Path, key: str) -> None:
    export(tmp_path, data_key=key)
    with pytest.raises(UsageError, match="names a file outside its folder"):
        imported(tmp_path)


def test_a_file_that_is_named_but_missing_is_noted(tmp_path: Path) -> None:
    export(tmp_path, data_key="x/data/gone.json.gz")
    notes = imported(tmp_path).notes
    assert any("gone.json.gz is named but not there" in note for note in notes)


def test_a_data_file_cut_off_gives_the_items_before(tmp_path: Path) -> None:
    root = export(tmp_path)
    path = root / "data" / "a1.json.gz"
    path.write_bytes(path.read_bytes()[:-30])
    assert any("a1.json.gz: cut off at element" in note for note in imported(tmp_path).notes)


def test_an_incremental_export_names_the_keys(tmp_path: Path) -> None:
    root = export(tmp_path, kind="INCREMENTAL_EXPORT")
    lines = [
        {"Keys": {"at": item(n)["at"], "device": item(n)["device"]}, "NewImage": item(n)}
        for n in range(60)
    ]
    # A deletion has keys and no image.
    lines.append({"Keys": {"device": {"S": "d9"}, "at": {"N": "1"}}})
    text = "\n".join(json.dumps(line) for line in lines)
    (root / "data" / "a1.json.gz").write_bytes(gzip.compress(text.encode()))
    result = imported(tmp_path)
    assert result.draft.tables[0].key == ("device", "at")
    assert "60 items of readings seen" in result.text
    assert not any("are guessed" in note for note in result.notes)
    assert any("is guessed from their values" in note for note in result.notes)


def test_an_export_in_amazon_ion_is_named_as_what_is_not_read(tmp_path: Path) -> None:
    root = export(tmp_path)
    summary = json.loads((root / "manifest-summary.json").read_text())
    (root / "manifest-summary.json").write_text(json.dumps({**summary, "outputFormat": "ION"}))
    notes = imported(tmp_path).notes
    assert any("is in Amazon Ion, which is not read" in note for note in notes)
