"""Rules of DynamoDB designs: one module of predicates beside each category's YAML."""

from functools import cache

from tablewright.review.catalogue import Catalogue, NotRun, load_catalogue, read_not_run


@cache
def dynamodb_rules() -> Catalogue:
    """Return the rules of DynamoDB designs."""
    return load_catalogue("dynamodb", __name__)


@cache
def dynamodb_rules_not_run() -> tuple[NotRun, ...]:
    """Return the rules of the catalogue that concern DynamoDB and are not run."""
    return read_not_run(__name__)
