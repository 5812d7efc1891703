"""Sources that come packed as a zip file, and zip files that should not be unpacked."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

import pytest

from sources.importing import imported
from tablewright.core.errors import UsageError

ROWS = "id,state\n" + "".join(f"k{n:03},open\n" for n in range(30))


def packed(path: Path, **contents: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            archive.writestr(name, text)
    return path


def test_the_one_file_of_a_zip_file_is_the_source(tmp_path: Path) -> None:
    result = imported(packed(tmp_path / "a.zip", **{"visits.csv": ROWS}))
    assert [entity.name for entity in result.draft.entities] == ["Visit"]


def test_a_folder_in_a_zip_file_is_named_by_the_zip_file(tmp_path: Path) -> None:
    contents = {"data/visits.csv": ROWS, "data/empty.csv": "id\n", "__MACOSX/x": "junk"}
    path = packed(tmp_path / "a.zip", **contents)
    result = imported(path)
    (note,) = [n for n in result.notes if "no records" in n]
    assert note.startswith(f"{path}/data/empty.csv")
    assert "tablewright-import" not in result.text


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "..\\evil"])
def test_a_name_that_leads_out_of_the_zip_file_is_refused(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "a.zip", **{"visits.csv": ROWS, name: "id\n1\n"})
    with pytest.raises(UsageError, match="leads out of it") as problem:
        imported(path)
    assert "nothing was unpacked" in str(problem.value.remedy)
    assert not list(tmp_path.parent.glob("evil*"))


def test_a_link_in_a_zip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("data.csv")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(UsageError, match="leads out of it"):
        imported(path)


def test_a_zip_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", **{"zeros.json": "0" * (120 * 1024 * 1024)})
    with pytest.raises(UsageError, match=r"would grow from [\d,]+ to 125,829,120 bytes"):
        imported(path)


def test_a_damaged_zip_file_is_named(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", **{"visits.csv": ROWS})
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(UsageError, match="is damaged"):
        imported(path)


def test_an_error_inside_of_a_zip_file_names_the_zip_file(tmp_path: Path) -> None:
    files = json.dumps({"dataFileS3Key": "../../x.json.gz"}) + "\n"
    summary = json.dumps({"tableArn": "arn:aws:dynamodb:eu-west-1:1:table/t"})
    contents = {"manifest-summary.json": summary, "manifest-files.json": files, "data/x": ""}
    path = packed(tmp_path / "a.zip", **contents)
    with pytest.raises(UsageError, match="outside its folder") as problem:
        imported(path)
    assert problem.value.message.startswith(f"{path}/manifest-files.json")
