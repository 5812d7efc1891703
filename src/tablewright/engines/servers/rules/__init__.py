"""Rules of designs on servers: predicates beside their YAML."""

from dataclasses import replace
from functools import cache

from tablewright.review.catalogue import Catalogue, NotRun, load_catalogue, read_not_run


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
        replace(group, rules=tuple(name for name in group.rules if not name.startswith(other)))
        for group in read_not_run(__name__)
    )
    return tuple(group for group in groups if group.rules)
