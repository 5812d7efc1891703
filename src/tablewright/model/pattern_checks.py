"""Check an access pattern as a whole: its fields fit its verb, and it says enough.

In: a `Pattern`, the fields it was read from and its entity. Out: errors and warnings in the
`Reading`.
"""

from __future__ import annotations

from tablewright.model.nodes import Reading, Word
from tablewright.model.shapes import Entry, Fields, suggestion
from tablewright.model.values import (
    Entity,
    Kind,
    Pattern,
    Verb,
)

_ONLY_FOR: dict[str, frozenset[Verb]] = {
    "sort": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE}),
    "limit": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.SIMILAR}),
    "to": frozenset({Verb.SIMILAR}),
    "recall": frozenset({Verb.SIMILAR}),
    "exact": frozenset({Verb.SIMILAR}),
    "skip": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH}),
    "ignore_case": frozenset({Verb.GET, Verb.LIST, Verb.AGGREGATE}),
    "all": frozenset({Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE}),
    "matched": frozenset(
        {Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE, Verb.DELETE, Verb.UPDATE}
    ),
    "select": frozenset(
        {Verb.GET, Verb.LIST, Verb.SCAN, Verb.NEAR, Verb.SEARCH, Verb.SIMILAR, Verb.AGGREGATE}
    ),
    "hit": frozenset({Verb.GET, Verb.LIST, Verb.NEAR, Verb.SEARCH, Verb.AGGREGATE}),
    "consistency": frozenset(
        {Verb.GET, Verb.LIST, Verb.SCAN, Verb.AGGREGATE, Verb.SIMILAR, Verb.READ}
    ),
    "staleness_ms": frozenset(
        {
            Verb.GET,
            Verb.LIST,
            Verb.SCAN,
            Verb.AGGREGATE,
            Verb.NEAR,
            Verb.SEARCH,
            Verb.SIMILAR,
            Verb.READ,
        }
    ),
    "batch": frozenset({Verb.GET, Verb.PUT, Verb.DELETE}),
    "with": frozenset({Verb.PUT}),
    "set": frozenset({Verb.UPDATE, Verb.PUT}),
    "increment": frozenset({Verb.UPDATE}),
    "append": frozenset({Verb.UPDATE}),
    "remove": frozenset({Verb.UPDATE}),
    "changes": frozenset({Verb.UPDATE}),
    "if": frozenset({Verb.PUT, Verb.UPDATE, Verb.DELETE, Verb.CHECK}),
    "if_on": frozenset({Verb.PUT, Verb.UPDATE, Verb.DELETE, Verb.CHECK}),
    "fails": frozenset({Verb.PUT, Verb.UPDATE, Verb.DELETE, Verb.CHECK, Verb.TRANSACT}),
    "radius_km": frozenset({Verb.NEAR}),
    "atomic": frozenset({Verb.UPDATE, Verb.PUT, Verb.DELETE, Verb.TRANSACT}),
    "window_s": frozenset({Verb.UPDATE, Verb.PUT, Verb.DELETE, Verb.TRANSACT}),
    "by": frozenset(set(Verb) - {Verb.TRANSACT, Verb.READ, Verb.SCAN}),
    "where": frozenset(set(Verb) - {Verb.TRANSACT, Verb.READ}),
    "known": frozenset(set(Verb) - {Verb.READ}),
}


class PatternChecks:
    """Checks one access pattern.

    Args:
        what: the pattern in words, with which messages begin.
        reading: where problems are noted.
    """

    def __init__(self, what: str, reading: Reading) -> None:
        self.what, self.reading = what, reading

    def check_fields(self, fields: Fields, verb: Verb, what: str) -> None:
        """Note fields that do not belong to the verb."""
        for field, verbs in _ONLY_FOR.items():
            if field in fields and verb not in verbs:
                right = ", ".join(v.value for v in Verb if v in verbs)
                self.reading.error(
                    "field-not-for-verb",
                    f"{what} is a {verb.value}, which has no `{field}`",
                    fields.key_spans[field],
                    f"`{field}` belongs to {right}; take it away or choose another verb",
                )

    def check(self, pattern: Pattern, fields: Fields, entity: Entity) -> None:
        """Note what the pattern leaves out, and what its entity cannot do."""
        verb = pattern.verb
        entry = verb in (Verb.GET, Verb.UPDATE, Verb.DELETE, Verb.CHECK)
        if entry and not pattern.where:
            if "by" not in fields and "where" not in fields:
                key = ", ".join(entity.key)
                shown = f"[{key}]" if len(entity.key) > 1 else key or "…"
                self.reading.error(
                    "incomplete",
                    f"{self.what} does not say which `{entity.name}`",
                    fields.key_spans[verb.value],
                    f"add `by: {shown}`",
                )
        elif verb in (Verb.GET, Verb.CHECK) and not identifies(entity, pattern.equalities):
            self._not_one(pattern, fields, entity)
        if (
            verb is Verb.UPDATE
            and not pattern.touched
            and not any(field in fields for field in ("set", "increment", "append", "remove"))
        ):
            self.reading.error(
                "incomplete",
                f"{self.what} does not say what it changes",
                fields.key_spans["update"],
                "add `set: [attribute]`, `increment`, `append` or `remove`",
            )
        if verb is Verb.PUT and pattern.condition_tests:
            self.reading.error(
                "bad-condition",
                f"{self.what} compares what is stored with something and then replaces it",
                fields.at("if_on" if "if_on" in fields else "if"),
                "a put has `if: absent` or no condition; what compares is an `update`",
            )
        if verb is Verb.UPDATE:
            self._check_not_key(fields, entity)
        if verb is Verb.LIST and not (
            entity.count.is_fixed
            or pattern.where
            or "where" in fields
            or "by" in fields
            or "limit" in fields
            or fields.unknown
        ):
            self.reading.warning(
                "list-of-everything",
                f"{self.what} lists every `{entity.name}`, which grows with the application",
                fields.key_spans["list"],
                "say what selects with `where:`, or make it a `scan` if all are meant",
            )
        if verb is Verb.SIMILAR:
            self._check_similar(pattern, fields, entity)
        if verb is Verb.NEAR and not any(a.kind is Kind.GEO for a in entity.attributes):
            self.reading.error(
                "no-place",
                f"{self.what} asks what is near, but `{entity.name}` has no attribute of type geo",
                fields.key_spans["near"],
                f"add `location: geo` to `{entity.name}`",
            )

    def _check_similar(self, pattern: Pattern, fields: Fields, entity: Entity) -> None:
        vectors = [
            attribute.name for attribute in entity.attributes if attribute.kind is Kind.VECTOR
        ]
        place = fields.key_spans["similar"]
        if not vectors:
            self.reading.error(
                "no-vector",
                f"{self.what} searches for similar ones, but `{entity.name}` has no attribute of "
                "type vector",
                place,
                f"add `embedding: vector(1024)` to `{entity.name}`",
            )
        elif not pattern.to:
            self.reading.error(
                "incomplete",
                f"{self.what} does not say with which vector",
                place,
                f"add `to: {vectors[0]}`",
            )
        elif pattern.to not in vectors:
            self.reading.error(
                "no-vector",
                f"{self.what} compares `{pattern.to}`, which is no vector of `{entity.name}`",
                fields.at("to"),
                suggestion(pattern.to, vectors, "vectors"),
            )
        if pattern.limit is None:
            self.reading.error(
                "incomplete",
                f"{self.what} does not say how many are wanted",
                place,
                "add `limit: 10`",
            )

    def _not_one(self, pattern: Pattern, fields: Fields, entity: Entity) -> None:
        named = " and ".join(f"`{name}`" for name in pattern.equalities) or "a range"
        unique = [attribute.name for attribute in entity.attributes if attribute.unique]
        ways = [", ".join(entity.key), *unique]
        verb = pattern.verb.value
        self.reading.warning(
            "not-unique",
            f"{self.what} is a {verb} of one `{entity.name}` by {named}, "
            "which may hold for several",
            fields.at("by" if "by" in fields else "where"),
            f"one instance is identified by {' or by '.join(ways)}; make it a `list`, or mark the "
            "attribute `unique: true`",
        )

    def _check_not_key(self, fields: Fields, entity: Entity) -> None:
        for field in ("set", "increment", "append", "remove"):
            value = fields.get(field)
            if value is None:
                continue
            for entry in (value,) if isinstance(value, Word) else value:
                word = entry.name if isinstance(entry, Entry) else entry
                attribute = entity.find(str(word))
                if str(word) in entity.key:
                    self.reading.error(
                        "key-changed",
                        f"{self.what} changes `{word}`, which is in the key of `{entity.name}`",
                        word.span,
                        "a key never changes: delete the instance and put a new one "
                        "(a transact of both)",
                    )
                elif attribute is not None and attribute.immutable:
                    self.reading.error(
                        "immutable-changed",
                        f"{self.what} changes `{word}`, which is marked immutable",
                        word.span,
                        f"take `immutable` away from `{entity.name}.{word}`, or `{word}` from here",
                    )
        if entity.append_only:
            self.reading.warning(
                "append-only-changed",
                f"{self.what} updates `{entity.name}`, which is marked append_only",
                fields.key_spans["update"],
                f"take `append_only` away from `{entity.name}`",
            )


def identifies(entity: Entity, names: tuple[str, ...]) -> bool:
    """Whether values of these attributes lead to at most one instance."""
    have = set(names)
    if have.issuperset(entity.key) or (entity.identity and have.issuperset(entity.identity)):
        return True
    return any(entity.has(name) and entity.attribute(name).unique for name in names)
