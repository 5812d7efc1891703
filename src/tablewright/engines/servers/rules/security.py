"""Predicates about what is kept apart, for MongoDB and PostgreSQL; the rule is in `security.yaml`.

In: facts and a subject. Out: a Hit, Clear, or None where the rule does not apply.
"""

from __future__ import annotations

from tablewright.engines.servers.facts import ServerFacts
from tablewright.model.values import Attribute, Entity, Kind
from tablewright.review.verdicts import CLEAR, Hit, Verdict

_SECRETS = (Kind.TOKEN, Kind.DIGITS)


def any_sec_001(f: ServerFacts, home: str, entity: Entity, attribute: Attribute) -> Verdict:
    """Something sensitive is copied where nobody asks for it, or a secret is a key."""
    if not attribute.sensitive:
        return None
    is_hash = "hash" in attribute.name.lower()
    is_secret = attribute.kind in _SECRETS and not is_hash
    told: list[str] = []
    for index in f.indexes(home):
        if is_secret and attribute.name in {path.partition(".")[0] for path in index.paths}:
            told.append(f"a part of the key of {index.name} as it is")
        readers = f.through(home, index.name)
        is_wanted = any(p.select is None or attribute.name in p.select for p in readers)
        if attribute.name in index.includes and not is_wanted:
            told.append(f"copied into {index.name}, where no pattern asks for it")
    if not told:
        return CLEAR
    return Hit(
        evidence=f"{attribute.name} of {entity.name} is sensitive and is {'; '.join(told)}",
        values={"secret": is_secret},
    )
