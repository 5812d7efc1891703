"""The guide: every chapter has steps, and each of our own commands can be run as it is printed."""

from __future__ import annotations

import importlib
import json
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from applications import session_of
from operate.shop_engines import MODEL, call
from tablewright import apps
from tablewright.cli.main import VERBS
from tablewright.deploy.tasks import CHAPTERS
from tablewright.session import open_model
from tablewright.verbs.guide import guide

Printed = pytest.CaptureFixture[str]


def parse(line: str) -> None:
    """Parse a command as the shell and click would, without running it.

    Raises:
        click.UsageError: it has an option or argument that there is not.
    """
    program, verb, *arguments = shlex.split(line)
    assert (program, verb in VERBS) == ("tablewright", True), line
    if arguments == [arguments[0], "--help"]:
        return
    command: click.Command = importlib.import_module(f"tablewright.cli.commands.{verb}").command
    command.make_context(verb, arguments)


def commands(view: Any) -> list[str]:
    listed = [step.command for chapter in view.chapters for step in chapter.steps]
    listed += [task.command for task in view.routine]
    return [*listed, *(milestone.command for milestone in view.milestones)]


@pytest.mark.parametrize("name", apps.NAMES)
def test_every_command_of_ours_can_be_parsed(name: str) -> None:
    view = guide(session_of(name), file=name)
    assert [chapter.title for chapter in view.chapters] == list(CHAPTERS)
    assert all(chapter.steps for chapter in view.chapters)
    ours = [line for line in commands(view) if line.startswith("tablewright")]
    assert len(ours) > 30
    for line in ours:
        parse(line)


@pytest.mark.parametrize(
    ("design", "option"),
    [("items", "--aws"), ("documents", "$MONGODB_URL"), ("rows", "$DATABASE_URL")],
)
def test_commands_name_the_database_of_the_engine(design: str, option: str, tmp_path: Path) -> None:
    (tmp_path / "tablewright.yaml").write_text(MODEL)
    view = guide(open_model(str(tmp_path)), design)
    ours = [line for line in commands(view) if line.startswith("tablewright")]
    for line in ours:
        parse(line)
    assert all(option in line for line in ours if line.startswith("tablewright status"))
    # a password is never in a command: the shell puts the address in
    assert not any("://" in line.replace("https://HOST", "") for line in ours)


def test_the_steps_on_this_machine_run_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tablewright.yaml").write_text(MODEL)
    assert call("guide", ".", "--design", "items", "--json") == 0
    view = json.loads(capsys.readouterr().out)
    assert "--design items" in json.dumps(view)
    lines = [
        shlex.split(step["command"].replace("--aws", ""))[1:]
        for chapter in view["chapters"]
        for step in chapter["steps"]
        if step["command"].startswith("tablewright")
    ]
    verbs = {"check", "up", "seed", "status", "doctor", "cost", "explain", "backup", "restore"}
    ran = [line for line in lines if line[0] in verbs and "--health" not in line]
    ran = [line for line in ran if "--bill" not in line and "--write-rates" not in line]
    for line in ran:
        assert call(*line) in (0, 1), line
    assert {line[0] for line in ran} == verbs


def test_the_calendar_has_every_interval_and_each_scale_its_tasks(tmp_path: Path) -> None:
    (tmp_path / "tablewright.yaml").write_text(MODEL)
    view = guide(open_model(str(tmp_path)), "items")
    words = {
        "weekly": ("performance", "cost", "backups", "errors"),
        "monthly": ("cost optimisation", "security", "capacity planning", "performance tuning"),
        "quarterly": ("security review", "disaster recovery", "capacity review", "cost analysis"),
    }
    for interval, expected in words.items():
        tasks = [task.what for task in view.routine if task.interval == interval]
        assert all(any(what.startswith(word) for what in tasks) for word in expected)
    assert {milestone.users for milestone in view.milestones} == {10, 100}


def test_before_each_scale_there_is_the_move_to_every_other_design_and_what_a_cache_saves() -> None:
    view = guide(session_of("screen-time-journey"), file="screen-time-journey")
    before = [m.command for m in view.milestones if m.users == 50_000]
    for command in (
        "tablewright cost screen-time-journey --users 50000 --design current --by dimension",
        "tablewright cost screen-time-journey --users 50000 --design current --mode auto-scaling",
        "tablewright migrate screen-time-journey --users 50000 --from current --to recommended "
        "--plan",
        "tablewright deploy screen-time-journey --users 50000 --option http-api-lambda "
        "--with cache --dry-run",
    ):
        assert command in before


def test_the_next_review_is_in_the_guide_where_the_model_file_says_when(
    tmp_path: Path, capsys: Printed
) -> None:
    said = "reviews: {last: 2025-11-10, due: 2026-05-10, at_users: 5000}\n"
    (tmp_path / "tablewright.yaml").write_text(MODEL + said)
    assert call("guide", str(tmp_path), "--design", "items", "--width", "200") == 0
    assert (
        "Reviewed on 2025-11-10. The next review is due on 2026-05-10 or at 5,000 users, "
        "whichever comes first." in capsys.readouterr().out
    )
    (tmp_path / "tablewright.yaml").write_text(MODEL + "reviews: {due: soon}\n")
    assert call("guide", str(tmp_path), "--design", "items") == 2
    assert "a date such as 2024-10-31" in capsys.readouterr().err


def test_an_engine_that_is_only_priced_has_no_guide(capsys: Printed) -> None:
    assert call("guide", "nowhere") == 2
    assert "there is no model file" in capsys.readouterr().err
    assert call("guide", "auxeira", "--design", "nobody") == 2


def test_the_calendar_replaces_each_secret_after_its_days_and_asks_what_is_too_old() -> None:
    view = guide(session_of("screen-time-journey"), "current", file="screen-time-journey")
    replaced = [task.what for task in view.routine if task.what.startswith("replace ")]

    # deploy.secrets of the model: four of 90 days, one of 365
    assert replaced == [
        "replace JWT_SECRET, SHOPIFY_WEBHOOK_SECRET, WHATSAPP_TOKEN, CODE_SECRET: every 90 days",
        "replace PIN_ENCRYPTION_KEY: every 365 days",
    ]
    before = [m for m in view.milestones if m.users == 100_000 and "archive" in m.command]
    assert before
    assert all(m.command.endswith("--to archive --check") for m in before)
