"""The same tables and collections under other names of entities are no difference."""

from __future__ import annotations

from tablewright.engines.mongodb.design import Collection, MongoDesign, MongoIndex
from tablewright.engines.mongodb.matching import aligned as mongo_aligned
from tablewright.engines.postgresql.design import Column, PgTable, PostgresDesign
from tablewright.engines.postgresql.matching import aligned as pg_aligned


def collections(*entries: Collection) -> MongoDesign:
    return MongoDesign(name="current", engine="mongodb", collections=entries)


def tables(*entries: PgTable) -> PostgresDesign:
    return PostgresDesign(name="current", engine="postgresql", tables=entries)


def column(name: str, sql: str, kind: str) -> Column:
    return Column(name=name, attribute=name, type=kind, sql=sql)


def test_a_single_key_is_the_id_of_a_document() -> None:
    before = collections(Collection(name="users", entity="User", attributes=("userId", "email")))
    after = collections(Collection(name="users", entity="Member", attributes=("email", "_id")))
    assert mongo_aligned(before, after) == before


def test_a_field_that_is_missing_stays_a_difference() -> None:
    before = collections(Collection(name="users", entity="User", attributes=("_id", "email")))
    after = collections(Collection(name="users", entity="Member", attributes=("_id", "phone")))
    assert mongo_aligned(before, after) == after


def test_the_order_of_collections_and_indexes_is_no_difference() -> None:
    first = MongoIndex(name="a", keys=(("x", "1"),))
    second = MongoIndex(name="b", keys=(("x", "-1"),))
    users = Collection(name="users", entity="User", attributes=("x",), indexes=(first, second))
    turned = Collection(name="users", entity="User", attributes=("x",), indexes=(second, first))
    jobs = Collection(name="jobs", entity="Job", attributes=("x",))
    assert mongo_aligned(collections(users, jobs), collections(jobs, turned)) == collections(
        users, jobs
    )


def test_decimal_is_another_name_of_numeric_and_another_length_is_not() -> None:
    before = tables(
        PgTable(
            name="rentals",
            entity="Rental",
            primary_key=("id",),
            columns=(column("fee", "decimal(10,2)", "numeric"), column("id", "uuid", "uuid")),
        )
    )

    def imported(fee: str) -> PostgresDesign:
        columns = (column("id", "uuid", "uuid"), column("fee", fee, "numeric"))
        return tables(PgTable(name="rentals", entity="Hire", primary_key=("id",), columns=columns))

    assert pg_aligned(before, imported("numeric(10, 2)")) == before
    assert pg_aligned(before, imported("numeric(12,2)")) != before
