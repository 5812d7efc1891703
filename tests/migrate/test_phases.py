"""Phases of a migration: the steps beside the calendar of the file, hours worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from migrate.shop import MODEL
from migrate.test_answers import FIRST, problems
from tablewright import apps, read_model
from tablewright.cli.main import run as main
from tablewright.session import Options, Session
from tablewright.verbs.migrate import plan

STATED = """
migrations:
  to_one:
    from: apart
    to: together
    holds: {User: 4, Order: 12}
    phases:
      - {phase: data, weeks: 1-2, does: [read, copy], steps: [test the connections]}
      - {phase: switch, weeks: 4, does: [switch]}
"""


def planned(text, *, users=1_000, rate=1_000):
    session = Session(read_model(text, "shop.yaml"), Options())
    rate = Decimal(rate)
    return plan(session, "apart", "together", users=users, records_per_second=rate).plan


def test_hours_are_those_of_the_steps_at_the_stated_rate():
    # 1,000 users and 3,000 orders; 10 records a second: 400 s each to read, copy and compare
    phases = {phase.name: phase for phase in planned(MODEL, rate=10).phases}

    assert {name: phase.hours for name, phase in phases.items()} == {
        "prepare": Decimal(400) / 3600,
        "copy": Decimal(400) / 3600,
        "switch over": Decimal(400) / 3600,
        "both running": Decimal(14 * 24),
    }
    assert all(phase.weeks is None for phase in phases.values())


def test_phases_of_the_file_have_its_weeks_and_what_they_leave_out_comes_last():
    made = planned(MODEL + STATED, rate=10)

    assert [(p.name, p.weeks, p.hours) for p in made.phases] == [
        ("data", (1, 2), Decimal(800) / 3600),
        ("switch", (4, 4), None),
        ("in no phase of the file", None, Decimal(400) / 3600 + 14 * 24),
    ]
    assert made.phases[0].steps[-1] == "test the connections"
    assert made.weeks == 4
    assert [step for phase in made.phases for step in phase.steps if step in made.steps] != []
    assert {s for p in made.phases for s in p.steps} == {*made.steps, "test the connections"}


@pytest.mark.parametrize(
    ("line", "problem", "column"),
    [
        ("holds: {Oder: 1}", "unknown-entity", 42),
        ("phases: [{phase: a, weeks: 3-2}]", "wrong-weeks", 61),
        ("phases: [{phase: a, does: copy}, {phase: b, does: [copy]}]", "duplicate-step", 84),
    ],
)
def test_what_is_wrong_is_shown_at_its_place(line, problem, column):
    text = f"migrations:\n  m: {{from: apart, to: together, {line}}}\n"

    assert problems(text) == [(problem, FIRST, column)]


@pytest.mark.parametrize(
    ("users", "said"),
    [
        # three orders each
        (3, ["User: 3 instead of 4", "Order: 9 instead of 12"]),
        (4, ["As stated, these are 16 instances of 2 kinds."]),
    ],
)
def test_whether_a_source_holds_what_is_stated_is_said(users, said, tmp_path, capsys):
    path = tmp_path / "tablewright.yaml"
    path.write_text(MODEL + STATED)
    for design in ("apart", "together"):
        assert main(["up", str(path), "--design", design]) == 0
    assert main(["seed", str(path), "--design", "apart", "--users", str(users)]) == 0
    capsys.readouterr()

    assert main(["migrate", str(path), "--from", "apart", "--to", "together", "--dry-run"]) == 0

    output = capsys.readouterr().out
    assert [text for text in said if text in output] == said


def test_poafix_is_planned_in_three_phases_over_four_weeks_and_states_22_documents():
    session = Session(read_model(apps.read("poafix"), "poafix.yaml"), Options())
    made = plan(session, "current", "recommended", users=10).plan

    assert [(phase.name, phase.weeks) for phase in made.phases] == [
        ("database migration", (1, 2)),
        ("file migration", (2, 3)),
        ("performance", (3, 4)),
    ]
    assert made.weeks == 4
    assert sum(count for _, count in made.holds) == 22
    assert len(made.holds) == 7
