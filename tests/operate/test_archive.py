"""Archive: only what is old moves, nothing is deleted that was not read back, and it comes back."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from operate.shop_engines import DESIGNS, NOTES, call, seeded
from tablewright.core.errors import DataError, EngineError, UsageError
from tablewright.evaluation.doors import Record, Target
from tablewright.model.values import Entity
from tablewright.operate.archive import moving
from tablewright.operate.archive.moving import Age, ArchiveRun, age_of
from tablewright.operate.archive.places import FolderPlace, place_of
from tablewright.operate.exports.manifest import ExportManifest
from tablewright.session import open_model
from tablewright.verbs.database import opened

Printed = pytest.CaptureFixture[str]
NOW = datetime.datetime.now(datetime.UTC)


def answer(capsys: Printed, *arguments: object) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the JSON of a command."""
    capsys.readouterr()
    code = call(*arguments, "--json")
    return code, json.loads(capsys.readouterr().out)


def moments(path: Path, design: str) -> list[str]:
    """Return when the notes that are stored were written, sorted."""
    session = open_model(str(path))
    with opened(session, session.design(design), Target()) as adapter:
        notes = [
            fragment.attributes["at"]
            for _, page in adapter.scan("notes")
            for content in page
            for fragment in adapter.codec.decode("notes", content)
        ]
    return sorted(notes)


@pytest.mark.parametrize("design", DESIGNS)
def test_what_is_old_moves_and_comes_back(design: str, tmp_path: Path, capsys: Printed) -> None:
    path = seeded(tmp_path, design)
    before = moments(path, design)
    assert len(before) == NOTES
    # between the fifth and the sixth note
    edge = datetime.datetime.fromisoformat(before[5])
    days = (NOW - edge).total_seconds() / 86_400 + 0.01
    place = tmp_path / "old"
    arguments = ("archive", path, "--design", design, "--entity", "Note", "--to", place)
    older = ("--older-than", days)

    code, planned = answer(capsys, *arguments, *older, "--dry-run")
    assert (code, planned["moved"]["instances"], planned["moved"]["deleted"]) == (0, 5, 0)
    assert answer(capsys, *arguments, *older, "--check")[0] == 1  # something is due
    assert not place.exists()
    code, view = answer(capsys, *arguments, *older)
    assert (code, view["moved"]["instances"], view["moved"]["deleted"]) == (0, 5, 5)
    assert moments(path, design) == before[5:]
    assert answer(capsys, *arguments, *older, "--check")[0] == 0
    # a second run finds nothing
    assert answer(capsys, *arguments, *older)[1]["moved"]["records"] == 0

    back = tmp_path / "back"
    code, view = answer(capsys, "archive", path, "--read", place, "--out", back)
    assert [(run["records"], run["entities"]) for run in view["runs"]] == [(5, [["Note", 5]])]
    assert call("import", view["runs"][0]["folder"], path) == 0
    assert moments(path, design) == before


def texts(path: Path, design: str) -> dict[str, str | None]:
    """Return the text of each note that is stored, by its time; None where it has none."""
    session = open_model(str(path))
    with opened(session, session.design(design), Target()) as adapter:
        return {
            str(fragment.attributes["at"]): fragment.attributes.get("text")
            for _, page in adapter.scan("notes")
            for content in page
            for fragment in adapter.codec.decode("notes", content)
        }


@pytest.mark.parametrize(
    "design", ["items", pytest.param("documents", marks=pytest.mark.needs_server)]
)
def test_one_attribute_moves_and_is_given_back(
    design: str, tmp_path: Path, capsys: Printed
) -> None:
    path = optional_text(seeded(tmp_path, design))
    assert call("up", path, "--design", design) == 0
    before = texts(path, design)
    edge = datetime.datetime.fromisoformat(sorted(before)[5])
    days = (NOW - edge).total_seconds() / 86_400 + 0.01
    of_text = ("--design", design, "--entity", "Note", "--attribute", "text")
    arguments = ("archive", path, *of_text, "--older-than", days, "--to", tmp_path / "old")
    code, planned = answer(capsys, *arguments, "--dry-run")
    assert (code, planned["moved"]["instances"], planned["moved"]["deleted"]) == (0, 5, 0)
    code, view = answer(capsys, *arguments)
    assert (code, view["entity"], view["moved"]["deleted"]) == (0, "Note.text", 5)
    after = texts(path, design)
    assert [after[at] for at in sorted(after)[:5]] == [None] * 5
    assert [after[at] for at in sorted(after)[5:]] == [before[at] for at in sorted(before)[5:]]
    assert answer(capsys, *arguments)[1]["moved"]["records"] == 0

    # it is no export: it would replace the notes by what is left of them
    run = next((tmp_path / "old").iterdir())
    assert call("import", run, path, "--design", design) == 2
    assert "archive --put-back" in capsys.readouterr().err
    code, view = answer(capsys, "archive", path, *of_text, "--put-back", tmp_path / "old")
    assert (code, view["given"], view["kept"]) == (0, 5, 0)
    assert texts(path, design) == before
    # a second time every note has a text by then
    view = answer(capsys, "archive", path, *of_text, "--put-back", tmp_path / "old")[1]
    assert (view["given"], view["kept"]) == (0, 5)


def test_an_instance_that_has_nothing_but_its_key_and_the_attribute_stays(
    tmp_path: Path, capsys: Printed
) -> None:
    path = optional_text(tmp_path / "tablewright.yaml", SHORT_NOTES)
    assert call("up", path) == 0
    assert call("seed", path, "--users", 2) == 0
    before = texts(path, "items")
    code, view = answer(
        capsys, "archive", path, "--entity", "Note", "--attribute", "text",
        "--older-than", 0, "--to", tmp_path / "old",
    )  # fmt: skip
    assert (code, view["moved"]["instances"]) == (0, len([1 for text in before.values() if text]))
    assert texts(path, "items") == dict.fromkeys(before)


SHORT_NOTES = """
app: notes
region: us-east-1
scales: [10]
entities:
  Author: {key: id, attributes: {id: uuid}}
  Note: {key: [author, at], count: 3/user, attributes: {author: ref(Author), at: timestamp, text: text(60),}}
patterns:
  notes: {list: Note, where: author, rate: 5/user/day}
designs:
  items:
    engine: dynamodb
    tables: {authors: {key: id, items: Author}, notes: {key: [author, at], items: Note}}
"""  # noqa: E501 - one line for each thing reads best here


def optional_text(path: Path, text: str | None = None) -> Path:
    """Let notes be without a text, as they are once it is archived."""
    whole = path.read_text() if text is None else text
    path.write_text(
        whole.replace("text: text(60),", "text: {type: text, bytes: 60, presence: 90%},")
    )
    return path


def test_the_saving_of_an_attribute_is_its_bytes_and_costs_whole_updates(
    tmp_path: Path, capsys: Printed
) -> None:
    path = optional_text(seeded(tmp_path, "items"))
    stored = texts(path, "items")
    _, view = answer(
        capsys, "archive", path, "--design", "items", "--entity", "Note", "--attribute", "text",
        "--older-than", 0, "--to", tmp_path / "old",
    )  # fmt: skip
    # the name `text` of 4 bytes and the value, of each of 15 notes; the items stay
    size = sum(4 + len(str(text).encode()) for text in stored.values())
    assert view["moved"]["bytes"] == size
    assert Decimal(view["saving"]["stored_usd"]) == size / Decimal(2**30) * Decimal("0.25")
    # 15 updates of items below 1 KB, at 0.625 USD a million
    assert Decimal(view["saving"]["once_usd"]) == 15 * Decimal("0.000000625")


def test_an_attribute_with_records_of_its_own_moves_with_them(
    tmp_path: Path, capsys: Printed
) -> None:
    path = seeded(tmp_path, "items")
    path.write_text(
        path.read_text().replace(
            "notes: {key: [author, at], items: Note, pitr: 7d}",
            "notes: {key: [author, at], items: {Note: {attributes: {except: [text]}}}}\n"
            "      texts: {key: [author, at], items: {NoteText: {of: Note, attributes: [text]}}}",
        )
    )
    for verb in ("up", "seed"):
        more = ("--users", 5) if verb == "seed" else ()
        assert call(verb, path, "--design", "items", "--data", tmp_path / "two.db", *more) == 0
    of_text = ("--design", "items", "--data", tmp_path / "two.db", "--entity", "Note")
    place = tmp_path / "old"
    _, view = answer(
        capsys, "archive", path, *of_text, "--attribute", "text", "--older-than", 0, "--to", place
    )
    assert (view["moved"]["instances"], view["moved"]["deleted"]) == (15, 15)
    (manifest,) = [json.loads(file.read_text()) for file in place.rglob("manifest.json")]
    assert {n: t["count"] for n, t in manifest["containers"].items()} == {"texts": 15}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--entity", "Note", "--attribute", "txt"), "did you mean `text`?"),
        (("--entity", "Note", "--attribute", "at"), "is part of the key"),
        (("--entity", "Note", "--attribute", "text"), "has no retention"),
        (("--entity", "Note", "--put-back", "old"), "needs --entity and --attribute"),
    ],
)
def test_an_attribute_that_cannot_move_is_named(
    options: tuple[str, ...], text: str, tmp_path: Path, capsys: Printed
) -> None:
    path = seeded(tmp_path, "items")
    code = call("archive", path, "--design", "items", *options, "--to", tmp_path / "old")
    assert code == 2
    assert text in capsys.readouterr().err


def test_the_saving_is_that_of_the_price_book(tmp_path: Path, capsys: Printed) -> None:
    path = seeded(tmp_path, "items")
    _, view = answer(
        capsys, "archive", path, "--design", "items", "--entity", "Note", "--older-than", 0,
        "--to", tmp_path / "old",
    )  # fmt: skip
    moved, saving = view["moved"], view["saving"]
    # 100 bytes beside each item; 0.25 USD for a GB of the table, 0.023 of S3 Standard
    gb = Decimal(2**30)
    stored = Decimal(moved["bytes"] + 15 * 100) / gb * Decimal("0.25")
    assert Decimal(saving["stored_usd"]) == stored
    assert Decimal(saving["object_usd"]) == moved["archived_bytes"] / gb * Decimal("0.023")
    # 15 deletes below 1 KB, a write unit each, at 0.625 USD a million
    assert Decimal(saving["once_usd"]) == 15 * Decimal("0.000000625")


# ---------------------------------------------------------------- trouble


def run_on(adapter: Any, session: Any, place: Any, folder: str = "run") -> ArchiveRun:
    blank = ExportManifest(
        app="kiosk", design="items", engine="dynamodb", form="ndjson", place="", started=""
    )
    return ArchiveRun(
        model=session.model,
        adapter=adapter,
        entity="Note",
        age=age_of(session.model.entity("Note"), ""),
        before=NOW,
        place=place,
        folder=folder,
        blank=blank,
    )


class LyingPlace(FolderPlace):
    """Gives back other bytes than it was given."""

    def get(self, name: str, path: Path) -> None:
        super().get(name, path)
        path.write_bytes(path.read_bytes()[::-1])


class FullPlace(FolderPlace):
    """Has no room."""

    def put(self, name: str, path: Path, sha256: str) -> None:
        raise EngineError("no room")


@pytest.mark.parametrize(("place", "error"), [(LyingPlace, DataError), (FullPlace, EngineError)])
def test_nothing_is_deleted_that_does_not_come_back(
    place: type[FolderPlace], error: type[Exception], tmp_path: Path
) -> None:
    path = seeded(tmp_path, "items")
    session = open_model(str(path))
    with (
        opened(session, session.design("items"), Target()) as adapter,
        pytest.raises(error),
    ):
        run_on(adapter, session, place(tmp_path / "old")).run(str)
    assert len(moments(path, "items")) == NOTES


def test_a_record_that_changes_meanwhile_stays(tmp_path: Path) -> None:
    path = seeded(tmp_path, "items")
    session = open_model(str(path))
    with opened(session, session.design("items"), Target()) as adapter:
        changed: list[Any] = []

        class ChangingPlace(FolderPlace):
            def get(self, name: str, path: Path) -> None:
                super().get(name, path)
                ((_, page),) = adapter.scan("notes")
                content = {**page[0], "text": {"S": "edited"}}
                changed.append(content)
                adapter.bulk_write([Record(container="notes", kind="", content=content)])

        moved = run_on(adapter, session, ChangingPlace(tmp_path / "old")).run(str)
        ((_, page),) = adapter.scan("notes")
    assert (moved.records, moved.deleted, moved.changed) == (NOTES, NOTES - 1, 1)
    assert page == changed


def test_a_run_never_overwrites_another(tmp_path: Path) -> None:
    path = seeded(tmp_path, "items")
    session = open_model(str(path))
    place = FolderPlace(tmp_path / "old")
    with opened(session, session.design("items"), Target()) as adapter:
        run_on(adapter, session, place).run(str)
        with pytest.raises(UsageError, match="nothing is overwritten"):
            run_on(adapter, session, place).run(str)


def test_a_changed_archive_is_not_read_back(tmp_path: Path, capsys: Printed) -> None:
    path = seeded(tmp_path, "items")
    place = tmp_path / "old"
    arguments = ("--entity", "Note", "--older-than", 0, "--to", place)
    assert call("archive", path, "--design", "items", *arguments) == 0
    (file,) = place.rglob("*.ndjson.gz")
    file.write_bytes(file.read_bytes() + b"x")
    assert call("archive", path, "--read", place, "--out", tmp_path / "back") == 2
    assert "was changed" in capsys.readouterr().err


def test_several_files_are_moved_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = seeded(tmp_path, "items")
    session = open_model(str(path))
    monkeypatch.setattr(moving, "RECORDS_OF_A_FILE", 4)
    with opened(session, session.design("items"), Target()) as adapter:
        scan = adapter.scan

        def by_ones(container: str, **how: Any) -> Any:
            for _, page in scan(container, **how):
                for number, content in enumerate(page):
                    yield number, [content]

        adapter.scan = by_ones  # type: ignore[method-assign, assignment]
        moved = run_on(adapter, session, FolderPlace(tmp_path / "old")).run(str)
    # 15 notes by fours
    assert len(list((tmp_path / "old/run/notes").iterdir())) == 4
    assert moved.deleted == NOTES


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        ("at", "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678000+00:00"),
        ("at", "2026-01-02", "2026-01-02T00:00:00+00:00"),
        # 90 days before it expires
        ("expiresAt", 90 * 86_400, "1970-01-01T00:00:00+00:00"),
    ],
)
def test_an_age_is_told_by_a_time_or_by_the_expiry(
    attribute: str, value: Any, expected: str
) -> None:
    age = Age(attribute=attribute, is_expiry=attribute == "expiresAt", retention_days=Decimal(90))
    began = age.began({attribute: value})
    assert began is not None
    assert began.isoformat() == expected
    assert age.began({}) is None


@pytest.fixture
def author(tmp_path: Path) -> Entity:
    return open_model(str(seeded(tmp_path, "items"))).model.entity("Author")


def test_an_entity_without_a_time_has_no_age(author: Entity) -> None:
    with pytest.raises(UsageError, match="no attribute of Author tells") as failed:
        age_of(author, "")
    assert "Author has no timestamp" in failed.value.remedy


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "needs --entity NAME and --to PLACE"),
        (("--entity", "Note", "--to", "x"), "has no retention in the model"),
        (("--entity", "Nobody", "--to", "x"), "Nobody"),
        (("--entity", "Note", "--to", "ftp://x", "--older-than", "1"), "no place for an archive"),
        (("--entity", "Note", "--to", "x", "--older-than", "1", "--by", "text"), "tells when"),
        (("--read", "x"), "needs --out"),
        (("--read", "nothing-there", "--out", "back"), "holds no archive of kiosk"),
    ],
)
def test_bad_input_is_refused(
    arguments: tuple[str, ...], text: str, tmp_path: Path, capsys: Printed, monkeypatch: Any
) -> None:
    path = seeded(tmp_path, "items")
    monkeypatch.chdir(tmp_path)
    assert call("archive", path, "--design", "items", *arguments) == 2
    shown = capsys.readouterr().err
    assert text in shown


# ---------------------------------------------------------------- S3


class _Bucket:
    """What boto3's client of S3 does with a bucket, as far as it is used."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.checksums: list[str] = []

    def put_object(self, **parameters: Any) -> None:
        self.objects[parameters["Key"]] = parameters["Body"].read()
        self.checksums.append(parameters["ChecksumSHA256"])
        assert parameters["ServerSideEncryption"] == "AES256"

    def get_object(self, **parameters: Any) -> dict[str, Any]:
        from io import BytesIO

        return {"Body": BytesIO(self.objects[parameters["Key"]])}

    def list_objects_v2(self, **parameters: Any) -> dict[str, Any]:
        """Return one key a page."""
        keys = sorted(key for key in self.objects if key.startswith(parameters["Prefix"]))
        place = int(parameters.get("ContinuationToken", 0))
        contents = [{"Key": key} for key in keys[place : place + 1]]
        more = place + 1 < len(keys)
        return {
            "Contents": contents,
            "IsTruncated": more,
            **({"NextContinuationToken": str(place + 1)} if more else {}),
        }


def test_a_bucket_takes_and_gives_files_with_their_digest(
    tmp_path: Path, monkeypatch: Callable[..., Any]
) -> None:
    import base64
    import hashlib

    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # type: ignore[attr-defined]
    place: Any = place_of("s3://bucket/some/prefix")
    place._client = bucket = _Bucket()
    (tmp_path / "a").write_bytes(b"content")
    digest = hashlib.sha256(b"content")
    for name in ("run/manifest.json", "run/x.gz", "more/manifest.json"):
        place.put(name, tmp_path / "a", digest.hexdigest())
    place.get("run/x.gz", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"content"
    assert set(bucket.objects) == {
        "some/prefix/run/manifest.json", "some/prefix/run/x.gz", "some/prefix/more/manifest.json",
    }  # fmt: skip
    assert bucket.checksums[0] == base64.b64encode(digest.digest()).decode()
    assert place.names("manifest.json") == ["more/manifest.json", "run/manifest.json"]
    assert place.description == "s3://bucket/some/prefix"
