"""The command group, global options and exit codes."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    raise SystemExit(2)
