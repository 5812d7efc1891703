"""Rules of designs on servers: predicates beside their YAML."""

from dataclasses import dataclass
from functools import cache

from tablewright.core.data import read_yaml
from tablewright.review.catalogue import Catalogue, load_catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """Rules of the catalogue for these engines that are not run, and why."""

    rules: tuple[str, ...]
    why: str


@cache
def server_rules(engine: str) -> Catalogue:
    """Return the rules of an engine that runs on servers.

    Raises:
        DataError: a rule file is damaged.
    """
    return load_catalogue(engine, __name__)


@cache
def rules_not_run(engine: str) -> tuple[NotRun, ...]:
    """Return the rules of the catalogue that concern an engine and are not run."""
    other = {"mongodb": "PG-", "postgresql": "MDB-"}[engine]
    groups = (
        NotRun(
            rules=tuple(name for name in group["rules"] if not name.startswith(other)),
            why=group["why"],
        )
        for group in read_yaml(__name__, "not_run.yaml")["not_run"]
    )
    return tuple(group for group in groups if group.rules)
