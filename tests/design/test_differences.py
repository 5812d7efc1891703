"""The smallest changes between two designs, and which belong together."""

from __future__ import annotations

from dataclasses import replace

from tablewright.engines.dynamodb.change_base import apply
from tablewright.engines.dynamodb.design import (
    DynamoDesign,
    Index,
    ItemShape,
    KeyTemplate,
    Projection,
    ProjectionKind,
    Table,
)
from tablewright.engines.dynamodb.differences import (
    is_same,
    is_whole,
    named_alike,
    pieces,
    short,
    tidied,
    words,
)

KEYS_ONLY = Projection(kind=ProjectionKind.KEYS_ONLY)


def table(name: str, *shapes: ItemShape, key: str = "id", **more: object) -> Table:
    return Table(name=name, partition_key=key, shapes=shapes, **more)  # type: ignore[arg-type]


def item(entity: str, *attributes: str, name: str = "", **more: object) -> ItemShape:
    return ItemShape(name=name or entity, entity=entity, attributes=attributes, **more)  # type: ignore[arg-type]


def design(*tables: Table) -> DynamoDesign:
    return DynamoDesign(name="d", engine="dynamodb", tables=tables)


def kinds(before: DynamoDesign, after: DynamoDesign) -> list[list[str]]:
    """Return the kinds of changes of each piece, having checked that they lead there."""
    found = pieces(before, after)
    now = apply(before, *(change for piece in found for change in piece.changes))
    now, _ = tidied(now, after)
    assert is_same(now, after)
    return [[type(change).__name__ for change in piece.changes] for piece in found]


def test_two_attributes_that_move_to_two_tables_are_two_pieces():
    whole = design(table("users", item("User", "id", "photo", "notes")))
    apart = design(
        table("users", item("User", "id")),
        table("photos", item("User", "id", "photo", name="Photo")),
        table("notes", item("User", "id", "notes", name="Notes")),
    )
    assert kinds(whole, apart) == [["AddTable", "StoreAttributes"]] * 2


def test_an_index_comes_with_the_key_attribute_made_for_it_but_not_with_its_neighbour():
    before = design(table("users", item("User", "id", "state", "mail")))
    made = item("User", "id", "state", "mail", keys=(("k1", KeyTemplate.parse("{state}")),))
    indexes = (
        Index(name="by-state", partition_keys=("k1",)),
        Index(name="by-mail", partition_keys=("mail",)),
    )
    after = design(table("users", made, indexes=indexes))
    assert kinds(before, after) == [["SetKeyTemplate", "AddIndex"], ["AddIndex"]]
    assert words(pieces(before, after)[0].changes) == (
        "add index by-state on users by k1 (ALL), where k1 = {state}",
    )


def test_another_table_key_comes_with_the_attribute_it_needs():
    before = design(table("users", item("User", "id", "mail")))
    made = item("User", "id", "mail", keys=(("pk", KeyTemplate.parse("U#{mail}")),))
    after = design(table("users", made, key="pk"))
    assert kinds(before, after) == [["RekeyTable", "SetKeyTemplate"]]


def test_an_entity_that_leaves_a_shared_table_moves_by_itself():
    shared = design(table("all", item("User", "id", "mail"), item("Order", "id", "sum")))
    apart = design(
        table("users", item("User", "id", "mail")), table("orders", item("Order", "id", "sum"))
    )
    found = pieces(shared, apart)
    assert len(found) == 2
    first = found[0].apply(shared)
    assert is_whole(first)
    assert [t.name for t in tidied(first, apart)[0].tables] == ["all", "users"]


def test_an_index_whose_key_and_projection_change_is_built_anew_once():
    old = Index(name="by-mail", partition_keys=("mail",))
    new = replace(old, partition_keys=("name",), projection=KEYS_ONLY)
    shape = item("User", "id", "mail", "name")
    before, after = (
        design(table("t", shape, indexes=(old,))),
        design(table("t", shape, indexes=(new,))),
    )
    assert kinds(before, after) == [["RekeyIndex", "ChangeProjection"]]


def test_other_names_of_items_and_other_orders_are_no_difference():
    guard = {"guards": ("mail",), "keys": (("id", KeyTemplate.parse("MAIL#{mail}")),)}
    before = design(table("t", item("User", "id", "mail"), item("User", name="MailGuard", **guard)))
    after = design(table("t", item("User", name="UserMail", **guard), item("User", "mail", "id")))
    assert pieces(before, after) == ()


def test_a_design_is_not_whole_while_an_index_has_nothing_to_hold():
    hollow = design(
        table("t", item("User", "id"), indexes=(Index(name="i", partition_keys=("mail",)),))
    )
    assert not is_whole(hollow)
    assert not is_whole(design(table("t", item("User", "mail"))))
    assert is_whole(design(table("t", item("User", "id"))))


def test_the_same_setting_of_several_tables_is_said_once():
    shape = item("User", "id")
    before = design(table("a", shape), table("b", shape))
    after = design(*(replace(t, infrequent_access=True) for t in before.tables))
    changes = [change for piece in pieces(before, after) for change in piece.changes]
    assert short(changes) == ("table class Standard-IA for a and b",)


def test_a_made_key_is_told_by_the_table_it_is_made_in():
    plain = item("User", "id", "state")
    other = item("Order", "id", "sum")
    made = item("User", "id", "state", keys=(("k1", KeyTemplate.parse("{state}")),))
    summed = item("Order", "id", "sum", keys=(("k1", KeyTemplate.parse("{sum}")),))
    index = (Index(name="by-k1", partition_keys=("k1",)),)
    before = design(table("users", plain), table("orders", other))
    after = design(table("users", made, indexes=index), table("orders", summed, indexes=index))
    said = words([change for piece in pieces(before, after) for change in piece.changes])
    assert said == (
        "add index by-k1 on users by k1 (ALL), where k1 = {state}",
        "add index by-k1 on orders by k1 (ALL), where k1 = {sum}",
    )


def test_indexes_that_only_have_each_others_names_are_no_difference():
    shape = item("User", "id", "mail", "name")
    one = Index(name="first", partition_keys=("mail",))
    two = Index(name="second", partition_keys=("name",))
    before = design(table("t", shape, indexes=(one, two)))
    swapped = (replace(two, name="first"), replace(one, name="second"))
    after = design(table("t", shape, indexes=swapped))
    assert pieces(before, after)
    assert pieces(before, named_alike(before, after)) == ()


def test_an_index_under_another_key_does_not_take_a_name_that_is_needed():
    shape = item("User", "id", "mail", "name")
    before = design(table("t", shape, indexes=(Index(name="first", partition_keys=("mail",)),)))
    after = design(
        table(
            "t",
            shape,
            indexes=(
                Index(name="first", partition_keys=("name",)),
                Index(name="second", partition_keys=("mail",), projection=KEYS_ONLY),
            ),
        )
    )
    named = named_alike(before, after).tables[0].indexes
    assert [(i.name, i.keys) for i in named] == [("first-2", ("name",)), ("first", ("mail",))]
