"""Predicates about indexes of MongoDB and PostgreSQL; the rules are in `rules/*.yaml`.

In: facts and a subject. Out: a Hit, Clear, Missing, or None where the rule does not apply. They do
not know levels; what they offer to fix is re-costed elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from tablewright.core.quantities import ONE, SECONDS_PER_DAY, ZERO, format_bytes, format_number
from tablewright.design.changes import ContinueFromLast
from tablewright.engines.mongodb.design import MongoDesign, MongoIndex
from tablewright.engines.postgresql.design import PgIndex, PgTable, PostgresDesign
from tablewright.engines.postgresql.types import referred
from tablewright.engines.servers import fixes
from tablewright.engines.servers.changes import AnyIndex
from tablewright.engines.servers.facts import ServerFacts
from tablewright.engines.servers.homes import Ordered
from tablewright.model.values import Attribute, Entity, Kind, Pattern, Verb
from tablewright.review.verdicts import CLEAR, FixOption, Hit, Verdict

EXAMINED_FOR_ONE = 10


def number(value: Decimal) -> str:
    """Return a figure as findings tell it."""
    return format_number(value, 0 if value >= 10 else 1)


def home_for(f: ServerFacts, pattern: Pattern) -> str:
    """Return the collection or table that a pattern's route reads."""
    return f.route(pattern).target.partition("/")[0]


def any_idx_001(f: ServerFacts, home: str, index: Ordered) -> Verdict:
    """No access pattern goes through an index, and it keeps nothing unique."""
    if index.unique or expires(f, home, index) or _follows_key(f, home, index):
        return None
    if f.through(home, index.name) or _shards(f, home, index):
        return CLEAR
    if any(index.name in _could_use(f, home, p) for p in f.asked):
        return CLEAR
    return Hit(
        evidence=f"no access pattern goes through {home}/{index.name}, "
        f"{format_bytes(int(index.stored_bytes))}",
        values={"small": f.home(home).rows < f.k["seq_rows"]},
        options=lambda: fixes.dropping(home, index.name),
    )


def _could_use(f: ServerFacts, home: str, pattern: Pattern) -> list[str]:
    """Return the indexes a pattern could go through, and does not as the table is that small."""
    route = f.route(pattern)
    if route.target != home or f.home(home).rows >= f.k["seq_rows"]:
        return []
    correct = [rejected.route for rejected in route.rejected if rejected.is_correct]
    return [name.partition("/")[2] for name in correct if name.startswith(f"{home}/")]


def expires(f: ServerFacts, home: str, index: Ordered) -> bool:
    """Whether documents are removed by an index."""
    if not isinstance(f.design, MongoDesign) or index.is_primary:
        return False
    stored = f.index(home, index.name)
    return isinstance(stored, MongoIndex) and stored.expire_days is not None


def _shards(f: ServerFacts, home: str, index: Ordered) -> bool:
    collection = f.collection(home)
    keys = collection.shard_key if collection is not None else ()
    return bool(keys) and index.paths[: len(keys)] == keys


def _follows_key(f: ServerFacts, home: str, index: Ordered) -> bool:
    """Whether an index is led by a foreign key, which deletes of the parent need."""
    table = f.table(home)
    if table is None:
        return False
    names = {c.attribute or c.name: c.name for c in table.columns}
    lead = tuple(names.get(path, path) for path in index.paths)
    return any(lead[: len(key.columns)] == key.columns for key in table.foreign_keys)


def any_idx_002(f: ServerFacts, home: str, index: Ordered) -> Verdict:
    """An index that only reports use, and that costs more than their scans."""
    served = f.through(home, index.name)
    if not served or index.unique or expires(f, home, index) or _follows_key(f, home, index):
        return None
    if any(p.purpose == "online" or p.verb.is_write for p in served):
        return CLEAR
    if any(isinstance(srv_idx_005(f, p), Hit) for p in served):
        return CLEAR  # another order of its keys comes first
    calls = sum((f.rate(p) for p in served), ZERO)
    return Hit(
        evidence=f"only {', '.join(p.name for p in served)} uses it, "
        f"{number(calls * SECONDS_PER_DAY)} times a day; "
        f"it takes {format_bytes(int(index.stored_bytes))}",
        options=lambda: fixes.dropping(home, index.name),
    )


def any_fit_001(f: ServerFacts, pattern: Pattern) -> Verdict:
    """Searching text without a full-text index."""
    if pattern.verb is not Verb.SEARCH:
        return None
    home, _, name = f.route(pattern).target.partition("/")
    if any(index.name == name and index.kind == "text" for index in f.indexes(home)):
        return CLEAR
    count = f.count(pattern.entity)
    return Hit(
        evidence=f"{pattern.name} looks for words in {number(count)} {pattern.entity}, and {home} "
        "has no full-text index",
        values={
            "online": pattern.purpose in ("online", "search"),
            "count": count,
            "rate": f.rate(pattern),
        },
        options=lambda: fixes.text_index(f, home, pattern),
    )


def any_fit_002(f: ServerFacts, pattern: Pattern) -> Verdict:
    """Looking for what is near without a geospatial index (MongoDB: see MDB-IDX-002)."""
    if pattern.verb is not Verb.NEAR:
        return None
    home, _, name = f.route(pattern).target.partition("/")
    if any(index.name == name and index.geo for index in f.indexes(home)):
        return CLEAR
    count = f.count(pattern.entity)
    return Hit(
        evidence=f"{pattern.name} looks for what is near among {number(count)} {pattern.entity}, "
        f"and {home} has no GiST index on the place",
        values={"online": pattern.purpose == "online", "count": count},
        options=lambda: fixes.place_index(f, home, pattern),
    )


def srv_idx_001(f: ServerFacts, pattern: Pattern) -> Verdict:
    """A pattern reads everything, though it asks for some."""
    if pattern.verb in (Verb.PUT, Verb.SCAN):
        return None
    route = f.route(pattern)
    if route.operation != "scan":
        return CLEAR
    home = f.home(home_for(f, pattern))
    read = f.work(pattern).rows
    if pattern.verb in (Verb.LIST, Verb.AGGREGATE) and route.returned >= f.k["filter_ok"] * read:
        return CLEAR  # most of what is read is wanted
    if read < home.rows and read < f.k["seq_rows"]:
        return CLEAR  # it ends early, having found enough
    if _could_use(f, home.name, pattern):
        return CLEAR  # there is an index, which so small a table does not need
    rate = f.rate(pattern)
    return Hit(
        evidence=f"{number(read)} of the {number(home.rows)} in {home.name}, "
        f"{format_bytes(int(home.stored_bytes))}, are read for {number(route.returned)}",
        values={
            "rows": home.rows,
            "online": pattern.purpose == "online",
            "scanned": rate * home.stored_bytes * read / max(ONE, home.rows),
        },
        options=lambda: fixes.for_pattern(f, home.name, pattern),
    )


def srv_idx_002(f: ServerFacts, home: str, index: Ordered) -> Verdict:
    """An index begins another one."""
    if index.kind != "btree" or index.geo or index.unique or expires(f, home, index):
        return None
    for other_index in f.indexes(home):
        if other_index is index or _is_unlike(other_index, index):
            continue
        same = other_index.keys[: len(index.keys)] == index.keys
        longer = (
            len(other_index.keys) > len(index.keys)
            or other_index.name < index.name
            or other_index.unique
        )
        if same and longer and set(index.includes) <= {*other_index.paths, *other_index.includes}:
            return Hit(
                evidence=f"{other_index.name} begins with the same keys and answers all it does",
                options=lambda: fixes.dropping(home, index.name),
            )
    return CLEAR


def _is_unlike(one: Ordered, other: Ordered) -> bool:
    return (
        one.kind != other.kind
        or bool(one.geo)
        or one.partial != other.partial
        or one.ignores_case != other.ignores_case
        or one.prefixes != other.prefixes
    )


def srv_idx_003(f: ServerFacts, home: str, entity: Entity, attribute: Attribute) -> Verdict:
    """A unique attribute has no unique index."""
    if not attribute.unique or attribute.unique_elsewhere or entity.key == (attribute.name,):
        return None
    for index in f.indexes(home):
        if index.unique and index.paths == (attribute.name,):
            return CLEAR
    return Hit(
        evidence=f"{attribute.name} is unique in the model, and nothing in {home} keeps it so",
        values={"login": attribute.role in ("login", "payment")},
        options=lambda: fixes.unique_index(f, home, attribute.name),
    )


def srv_idx_004(f: ServerFacts, pattern: Pattern) -> Verdict:
    """A page is found by counting off all before it."""
    if not pattern.skip or pattern.limit is None:
        return None
    required = pattern.limit - pattern.skip
    skip = Decimal(pattern.skip)
    entity = f.model.entity(pattern.entity)
    ordered = {name for name, _ in pattern.sort} | set(pattern.equalities)
    total = set(entity.key) <= ordered or any(entity.attribute(n).unique for n in ordered)
    if skip <= f.k["offset_rows"] and total:
        return CLEAR
    what = f"{number(skip)} are read and passed over before the {required} that are wanted"
    if not total:
        what += "; the order leaves ties, so that some show twice or never"
    return Hit(
        evidence=what,
        values={"skip": skip},
        options=lambda: [FixOption(changes=(ContinueFromLast(pattern=pattern.name),))],
    )


def srv_idx_005(f: ServerFacts, pattern: Pattern) -> Verdict:
    """The index a pattern uses does not deliver its order, or examines far too much."""
    route = f.route(pattern)
    if pattern.verb.is_write or route.operation == "scan" or "/" not in route.target:
        return None
    if pattern.verb in (Verb.NEAR, Verb.SEARCH, Verb.SIMILAR):
        return None
    home, _, name = route.target.partition("/")
    index = next(index for index in f.indexes(home) if index.name == name)
    if index.kind in ("json", "text"):
        return None
    work = f.work(pattern)
    returned = max(ONE, route.returned + pattern.skip)
    if pattern.verb is Verb.AGGREGATE or pattern.complete:
        returned = max(returned, route.matched)
    sorts = route.sorts_in_code and route.matched > returned
    examined = work.entries / max(1, pattern.batch)
    if not sorts and examined <= EXAMINED_FOR_ONE * returned:
        return CLEAR
    what = f"{number(examined)} entries are examined for {number(returned)}"
    if sorts:
        what += f", and {number(route.matched)} sorted in memory"
    return Hit(
        evidence=f"through {route.target} {what}",
        values={
            "online": pattern.purpose == "online",
            "examined": examined,
            "returned": returned,
        },
        options=lambda: _rekeyed(f, home, index, pattern),
        covers=(route.target,),
    )


def _rekeyed(f: ServerFacts, home: str, index: Ordered, pattern: Pattern) -> Iterable[FixOption]:
    wanted_index = fixes.wanted_index(f, home, pattern)
    if index.is_primary:
        yield from fixes.adding(f, home, wanted_index)
    else:
        yield from fixes.in_its_place(f, home, index.name, wanted_index)


def srv_idx_006(f: ServerFacts, home: str, index: Ordered) -> Verdict:
    """An index on attributes of few values alone."""
    if index.kind != "btree" or index.geo or index.unique or index.partial:
        return None
    if expires(f, home, index):
        return None
    entity = f.model.entity(f.home(home).entity)
    values = ONE
    for path in index.paths:
        base = path.partition(".")[0]
        if not entity.has(base) or entity.attribute(base).unique:
            return None
        values *= f.selectivity.distinct(entity, base)
    share = ONE / values
    used = f.through(home, index.name)
    asked = [_asked_share(f, entity, index, p) for p in used if not _gains(f, p)]
    if used:
        share = max(asked, default=ZERO)
    if share <= f.k["idx_selectivity"]:
        return CLEAR
    writes = sum((f.rate(p) for p in f.model.patterns if _writes(p, entity.name)), ZERO)
    return Hit(
        evidence=f"a value of {', '.join(index.paths)} that is looked for finds "
        f"{number(share * 100)} % of the rows",
        values={"writes": writes},
        options=lambda: _narrowed(f, home, index),
    )


def _writes(pattern: Pattern, entity: str) -> bool:
    return pattern.verb.is_write and pattern.entity == entity


def _gains(f: ServerFacts, pattern: Pattern) -> bool:
    """Whether an index of few values serves well all the same: its order, itself, a page."""
    route = f.route(pattern)
    if (pattern.sort and not route.sorts_in_code) or not route.fetches:
        return True
    work = f.work(pattern)
    return work.entries <= EXAMINED_FOR_ONE * max(ONE, route.returned)


def _asked_share(f: ServerFacts, entity: Entity, index: Ordered, pattern: Pattern) -> Decimal:
    """Return the share of the rows that a pattern's own values find through an index."""
    share = ONE
    for condition in pattern.where:
        if condition.attribute in index.paths:
            share *= f.selectivity.share(entity, condition)
    return share


def _narrowed(f: ServerFacts, home: str, index: Ordered) -> Iterable[FixOption]:
    """Offer a partial index where one value is always asked for, else more keys."""
    for pattern in f.through(home, index.name):
        fixed = {c.attribute: c.value for c in pattern.where if c.value and c.operator == "eq"}
        if index.paths[0] in fixed:
            rest = replace(
                pattern, where=tuple(c for c in pattern.where if c.attribute != index.paths[0])
            )
            keys = fixes.wanted_index(f, home, rest)
            value = fixed[index.paths[0]] or ""
            if keys is not None:
                named = _attributes(f, home, keys)
                made_index = fixes.made_index(f, home, named, partial=((index.paths[0], (value,)),))
                if made_index is not None:
                    yield fixes.swap(home, f.index(home, index.name), made_index, "make_sparse")
        yield from _rekeyed(f, home, index, pattern)


def _attributes(f: ServerFacts, home: str, index: PgIndex | MongoIndex) -> fixes.Keys:
    if isinstance(index, MongoIndex):
        return tuple((path, kind == "-1") for path, kind in index.keys)
    table = f.table(home)
    assert table is not None
    return tuple((table.column(name).attribute, down) for name, down in index.columns)


# ---------------------------------------------------------------- MongoDB


def mdb_idx_001(f: ServerFacts, pattern: Pattern) -> Verdict:
    """Case is to be ignored, and no index ignores it."""
    if not pattern.ignore_case:
        return None
    home, _, name = f.route(pattern).target.partition("/")
    used = next((index for index in f.indexes(home) if index.name == name), None)
    if used is not None and (used.ignores_case or not _is_left(f, pattern)):
        return CLEAR
    return Hit(
        evidence=f"{pattern.name} compares {', '.join(pattern.ignore_case)} case-insensitively, "
        f"and no index of {home} does",
        values=_weight_of(f, pattern),
        options=lambda: _without_capitals(f, home, pattern),
    )


def _is_left(f: ServerFacts, pattern: Pattern) -> bool:
    """Whether what is compared so is looked at only after entries were read."""
    return bool(set(pattern.ignore_case) & set(f.route(pattern).filtered))


def _weight_of(f: ServerFacts, pattern: Pattern) -> dict[str, Decimal | bool | None]:
    return {
        "online": pattern.purpose == "online",
        "count": f.count(pattern.entity),
        "rate": f.rate(pattern),
    }


def _without_capitals(f: ServerFacts, home: str, pattern: Pattern) -> Iterable[FixOption]:
    """Offer to make the index of the same keys ignore case, or one that does."""
    wanted_index = fixes.wanted_index(f, home, pattern)
    if wanted_index is None:
        return
    keys = tuple(path for path, _ in _attributes(f, home, wanted_index))
    for index in f.indexes(home):
        if index.paths == keys and not index.is_primary:
            stored = f.index(home, index.name)
            yield fixes.swap(home, stored, replace(stored, ignore_case=True))
    yield from fixes.adding(f, home, replace(wanted_index, name=f"{wanted_index.name}_any_case"))


def mdb_idx_002(f: ServerFacts, pattern: Pattern) -> Verdict:
    """A search by distance has no geospatial index, or one that lacks its conditions."""
    if pattern.verb is not Verb.NEAR:
        return None
    route = f.route(pattern)
    home, _, name = route.target.partition("/")
    home = home or f.home_of(f.model.entity(pattern.entity)) or ""
    if not home:
        return None
    index = next((index for index in f.indexes(home) if index.name == name and index.geo), None)
    if index is None:
        return Hit(
            evidence=f"{home} has no 2dsphere index that serves it",
            values={"refused": True},
            options=lambda: fixes.place_index(f, home, pattern),
        )
    equalities = [path for path in pattern.equalities if path not in index.paths]
    entity = f.model.entity(pattern.entity)
    share = ONE
    for condition in pattern.where:
        if condition.attribute in equalities:
            share *= f.selectivity.share(entity, condition)
    if share >= f.k["filter_ok"]:
        return CLEAR
    return Hit(
        evidence=f"{index.name} lacks {', '.join(equalities)}: of what it finds "
        f"{number(share * 100)} % "
        "is wanted",
        values={"refused": False},
        options=lambda: fixes.place_index(f, home, pattern, index.name),
    )


# ---------------------------------------------------------------- PostgreSQL


def pg_idx_001(f: ServerFacts, name: str) -> Verdict:
    """A foreign key has no index."""
    table = f.table(name)
    if table is None or not table.foreign_keys:
        return None
    led = [index.columns for index in table.indexes if index.using == "btree" and not index.where]
    starts = [tuple(column for column, _ in columns) for columns in led]
    starts.append(table.primary_key)
    bare = [
        key.columns
        for key in table.foreign_keys
        if not any(set(start[: len(key.columns)]) == set(key.columns) for start in starts)
    ]
    if not bare:
        return CLEAR
    listed = "; ".join(", ".join(columns) for columns in bare)
    return Hit(
        evidence=f"no index of {name} begins with {listed}",
        values={"rows": f.home(name).rows},
        options=lambda: _for_keys(f, table, bare),
    )


def _for_keys(f: ServerFacts, table: PgTable, bare: list[tuple[str, ...]]) -> Iterable[FixOption]:
    changes = []
    for columns in bare:
        attributes = [table.column(name).attribute for name in columns]
        lists = [
            p
            for p in f.asked
            if p.verb is Verb.LIST
            and p.entity == table.entity
            and set(attributes) <= set(p.equalities)
        ]
        required = fixes.wanted_index(f, table.name, lists[0]) if lists else None
        if isinstance(required, PgIndex) and {
            c for c, _ in required.columns[: len(columns)]
        } != set(columns):
            required = None
        created = required or fixes.made_index(f, table.name, tuple((n, False) for n in attributes))
        changes += [
            change for option in fixes.adding(f, table.name, created) for change in option.changes
        ]
    if changes:
        yield FixOption(changes=tuple(changes))


def pg_idx_002(f: ServerFacts, home: str, entity: Entity, attribute: Attribute) -> Verdict:
    """What documents or lists hold is looked for, and no GIN index finds it."""
    table = f.table(home)
    column = table.column_of(attribute.name) if table is not None else None
    if table is None or column is None or column.type not in ("jsonb", "json", "array"):
        return None
    indexes = [
        index for index in table.indexes if column.name in {name for name, _ in index.columns}
    ]
    plain = [entry for entry in indexes if entry.using == "btree"]
    asking = [
        p
        for p in f.asked
        if p.entity == entity.name and attribute.name in {c.attribute for c in p.where}
    ]
    if plain:
        return Hit(
            evidence=f"{plain[0].name} orders whole values of {column.name} ({column.sql}), which "
            "finds nothing inside of them",
            values={"online": False, "count": f.count(entity.name), "rate": ZERO},
            options=lambda: _gin(f, table, column.name, plain[0]),
        )
    if not asking:
        return None
    if any(entry.using == "gin" for entry in indexes):
        return CLEAR
    rate = sum((f.rate(p) for p in asking), ZERO)
    return Hit(
        evidence=f"{', '.join(p.name for p in asking)} looks for what {home}.{column.name} "
        f"({column.sql}) holds, and no GIN index finds it",
        values={
            "online": any(p.purpose == "online" for p in asking),
            "count": f.count(entity.name),
            "rate": rate,
        },
        options=lambda: _gin(f, table, column.name, None),
        covers=tuple(p.name for p in asking),
    )


def _gin(f: ServerFacts, table: PgTable, column: str, old: PgIndex | None) -> Iterable[FixOption]:
    if table.column(column).type == "json":
        return  # only jsonb can be indexed so
    pg_index = PgIndex(
        name=f"{table.name}_{column}_gin"[:63], columns=((column, False),), using="gin"
    )
    if old is not None:
        yield fixes.swap(table.name, old, pg_index)
    else:
        yield from fixes.adding(f, table.name, pg_index)


def pg_idx_003(f: ServerFacts, pattern: Pattern) -> Verdict:
    """A condition that an index on the plain column does not serve: case, prefixes."""
    home, _, name = f.route(pattern).target.partition("/")
    table = f.table(home)
    if table is None or pattern.verb is Verb.PUT:
        return None
    odd = [*pattern.ignore_case, *_beginnings(f, table, pattern)]
    if not odd:
        return None
    used = next((index for index in f.indexes(home) if index.name == name), None)
    remaining = set(odd) & set(f.route(pattern).filtered)
    if used is not None and not remaining:
        return CLEAR
    indexed = [index.name for index in f.indexes(home) if set(odd) & set(index.paths)]
    why = f"; {', '.join(indexed)} is of the plain column" if indexed else ""
    what = "case-insensitively" if pattern.ignore_case else "by prefix"
    return Hit(
        evidence=f"{pattern.name} compares {', '.join(odd)} {what}, and no index of {home} "
        f"does{why}",
        values=_weight_of(f, pattern),
        options=lambda: _fitting(f, home, pattern),
    )


def _beginnings(f: ServerFacts, table: PgTable, pattern: Pattern) -> list[str]:
    entity = f.model.entity(table.entity)
    return [
        c.attribute
        for c in pattern.where
        if c.operator == "begins_with"
        and entity.has(c.attribute)
        and referred(entity, entity.attribute(c.attribute), f.model).kind is not Kind.UUID
    ]


def _fitting(f: ServerFacts, home: str, pattern: Pattern) -> Iterable[FixOption]:
    wanted_index = fixes.wanted_index(f, home, pattern)
    if not isinstance(wanted_index, PgIndex):
        return
    for index in f.indexes(home):
        if index.is_primary:
            continue
        stored = f.index(home, index.name)
        if (
            isinstance(stored, PgIndex)
            and stored.columns == wanted_index.columns
            and not f.through(home, stored.name)
        ):
            made_of = replace(
                stored, ignore_case=wanted_index.ignore_case, prefixes=wanted_index.prefixes
            )
            yield fixes.swap(home, stored, made_of)
    suffix = "any_case" if wanted_index.ignore_case else "beginnings"
    name = f"{wanted_index.name.removesuffix('_idx')}_{suffix}"[:63]
    yield from fixes.adding(f, home, replace(wanted_index, name=name))


def is_postgres(f: ServerFacts) -> bool:
    """Whether the design is one for PostgreSQL."""
    return isinstance(f.design, PostgresDesign)


def returned(entity: Entity, pattern: Pattern) -> frozenset[str]:
    """Return the attributes that a read returns: what it selects, or all of them."""
    return frozenset(entity.names if pattern.select is None else pattern.select)


def srv_prj_001(f: ServerFacts, pattern: Pattern) -> Verdict:
    """A list fetches many rows for little that its index could hold."""
    route = f.route(pattern)
    home, _, name = route.target.partition("/")
    if pattern.verb is not Verb.LIST or not name or not route.fetches:
        return None
    rows = f.rate(pattern) * route.matched
    stored = next(entry for entry in f.indexes(home) if entry.name == name)
    if stored.is_primary:
        return None
    index = f.index(home, name)
    entity = f.model.entity(pattern.entity)
    read = returned(entity, pattern) | {c.attribute for c in pattern.where}
    lacking = [n for n in entity.names if n in read - set(stored.paths) - set(stored.includes)]
    sizes = (f.sample.mean_bytes(entity.name, entity.attribute(n)) for n in lacking)
    size = sum(sizes, ZERO)
    writes = [
        a
        for a in f.actions_on(entity.name)
        if a.part.verb is Verb.UPDATE and set(a.part.touched) & set(lacking)
    ]
    updates = sum((f.rate(a.root) for a in writes), ZERO)
    if (
        rows < f.k["index_only_rows"]
        or not 0 < len(lacking) <= f.k["index_only_attributes"]
        or size > f.k["index_only_bytes"]
        or updates >= f.k["index_only_updates"] * f.rate(pattern)
    ):
        return CLEAR
    return Hit(
        evidence=f"{pattern.name} fetches {number(rows)} {entity.name} a second for "
        f"{', '.join(lacking)}, which {name} of {home} lacks",
        values={"rows": rows},
        options=lambda: _with_all(f, home, index, tuple(lacking)),
    )


def _with_all(
    f: ServerFacts, home: str, index: AnyIndex, lacking: tuple[str, ...]
) -> Iterable[FixOption]:
    """Offer the index with what it lacks."""
    new: AnyIndex
    if isinstance(index, MongoIndex):
        new = replace(index, keys=(*index.keys, *((name, "1") for name in lacking)))
    else:
        table = f.table(home)
        columns = fixes.columns_of(table, lacking) if table is not None else None
        if columns is None:
            return
        new = replace(index, include=(*index.include, *columns))
    yield fixes.swap(home, index, new, kind="change_projection")
