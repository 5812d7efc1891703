"""Rules of DynamoDB designs: one module of predicates beside each category's YAML."""

from functools import cache

from tablewright.review.catalogue import Catalogue, load_catalogue


@cache
def dynamodb_rules() -> Catalogue:
    """Return the rules of DynamoDB designs."""
    return load_catalogue("dynamodb", __name__)
