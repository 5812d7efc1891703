"""The command group, global options and exit codes.

In: the arguments of the command line. Out: an exit code (0 fine, 1 a target missed, 2 bad usage or
model, 3 the outside world failed, 70 our bug, 130 interrupted). A verb's module is imported when
the verb runs, so that `--help` and a typing mistake cost nothing.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence

import click

from tablewright import __version__

# Written here and not in the verbs, so that --help loads none of them; a test compares both.
VERBS = {
    "init": "Write a model file: a starter, or one of the reference applications.",
    "check": "Is the model valid, are its targets met, and what grade does the design get?",
    "plan": "The cheapest DynamoDB design for the model, why, and the steps to it.",
    "cost": "What a design costs a month, line by line or over all scales.",
    "compare": "Engines and deployment options side by side: cost, requirements, a choice.",
    "calibrate": "Measure on a server the constants that servers are sized with.",
    "explain": "The requests of an access pattern with their arithmetic, or a rule.",
    "diff": "What changes between two designs, and what that does to the bill.",
    "report": "Everything in one document: text, Markdown, JSON or HTML.",
    "roadmap": "What is due at every scale, what to watch, and which alarms to set.",
    "ddl": "What creates a design: SQL, MongoDB shell calls, CreateTable requests.",
    "up": "Create the tables of a design, or bring those that exist to it.",
    "seed": "Fill the tables with sampled items, or with your own.",
    "prove": "Run the workload: right answers? metered as predicted?",
    "status": "The tables as they are, and how they differ from the design.",
    "down": "Remove the tables of a design, in two steps.",
    "migrate": "Move the data to another design or engine, and verify that it arrived.",
    "doctor": "What is wrong with a database as it runs, and the command that fixes it.",
    "probe": "Ask a service whether it is well; its uptime against the target.",
    "usage": "Consumed units, throttles and fitting capacity by table; what is free of it.",
    "export": "What the tables store, as files in an open format with digests.",
    "import": "Load an export into a database, and verify that it arrived.",
    "backup": "Back up the tables of a design, or list the backups there are.",
    "restore": "Restore a backup or a moment elsewhere, verify it; or only try that.",
    "archive": "Move what is older than its retention to files or S3; read it back.",
    "guide": "Set up, deploy, verify, monitor, secure, back up: the steps with their commands.",
    "deploy": "Write a deployment option as infrastructure code, with roles and alarms.",
    "prices": "The price book: figures, sources, age; refresh it.",
    "schema": "The JSON Schemas of what the verbs print with --json.",
    "generate": "Write source code: a typed client with a function for each access pattern.",
    "serve": "Serve the access patterns as an HTTP data API.",
    "local": "Serve the DynamoDB API on this machine, metering each request.",
}


class Verbs(click.Group):
    """The group of verbs; one module each, loaded when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which one meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a verb."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"tablewright.cli.commands.{cmd_name}")
        command: click.Command = module.command
        command.name = cmd_name
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; of an unknown one, suggest the nearest."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from tablewright.core.diagnostics import nearest

            close = nearest(args[0], VERBS)
            hint = f" Did you mean `{close}`?" if close else f" Commands: {', '.join(VERBS)}."
            raise click.UsageError(f"unknown command `{args[0]}`.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs from the table, loading none."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=Verbs,
    name="tablewright",
    subcommand_metavar="VERB [tablewright.yaml]",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every verb takes a model file, or finds tablewright.yaml where it stands; verbs "
    "that only read it take the name of a reference application, too. "
    "Exit codes: 0 fine, 1 a target missed, 2 bad usage or model, 3 the outside world failed, "
    "70 our bug.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
@click.option("--color/--no-color", default=None, help="Force or disable colored output.")
@click.version_option(__version__, "--version", message="tablewright %(version)s")
def group(debug: bool, color: bool | None) -> None:
    """Design, price and grade the database of an application, from one file."""


def run(args: Sequence[str]) -> int:
    """Run the command line with these arguments and return the exit code."""
    try:
        result = group.main(list(args), prog_name="tablewright", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone; keep Python from complaining when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except (Exception, KeyboardInterrupt) as problem:
        from tablewright.cli.failures import report_failure

        return report_failure(problem, args)
    return result if isinstance(result, int) else 0


def main() -> None:
    """Run the command line and exit."""
    # A verb makes many values and ends soon: to look for garbage every 700 of them only costs.
    gc.set_threshold(50_000, 20, 100)
    raise SystemExit(run(sys.argv[1:]))
