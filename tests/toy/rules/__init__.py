"""The rules of toy designs: a predicate beside its YAML."""

from functools import cache

from tablewright.review.catalogue import Catalogue, load_catalogue


@cache
def toy_rules() -> Catalogue:
    """Return the rules of toy designs."""
    return load_catalogue("toy", __name__)
