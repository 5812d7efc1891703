"""Changes to designs: each kind by hand, and the laws that hold for any design."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tablewright.core.errors import UsageError
from tablewright.design.values import Embed
from tablewright.engines.dynamodb import changes as c
from tablewright.engines.dynamodb.change_base import AddTable, DropTable, apply
from tablewright.engines.dynamodb.design import (
    CapacityMode,
    DynamoDesign,
    Index,
    ItemShape,
    KeyTemplate,
    ModeKind,
    Projection,
    ProjectionKind,
    Table,
)
from tablewright.engines.dynamodb.item_changes import (
    AddGuardItem,
    ChangeEmbed,
    Compress,
    ExplodeList,
    Offload,
    SetKeyTemplate,
    SplitEntity,
    StoreAttributes,
)
from tablewright.engines.dynamodb.key_changes import (
    AddIndex,
    ChangeProjection,
    DropIndex,
    MakeSparse,
    RekeyIndex,
    RekeyTable,
    ShardKey,
)
from tablewright.engines.dynamodb.setting_changes import (
    SetCapacity,
    SetOption,
    SetTableClass,
    SetTtl,
)

KEYS_ONLY = Projection(kind=ProjectionKind.KEYS_ONLY)


def shop():
    """Users with two indexes; devices keyed by their own id with an index by user."""
    users = Table(
        name="users",
        partition_key="user_id",
        shapes=(
            ItemShape(
                name="User",
                entity="User",
                attributes=("user_id", "email", "status", "blob"),
                embeds=(Embed(entity="Note", attribute="notes"),),
            ),
        ),
        indexes=(
            Index(name="by_email", partition_keys=("email",)),
            Index(name="by_status", partition_keys=("status",), sort_keys=("email",)),
        ),
    )
    devices = Table(
        name="devices",
        partition_key="device_id",
        shapes=(
            ItemShape(name="Device", entity="Device", attributes=("device_id", "user_id", "name")),
        ),
        indexes=(Index(name="by_user", partition_keys=("user_id",)),),
    )
    return DynamoDesign(name="current", engine="dynamodb", tables=(users, devices))


EVERY = [
    DropTable(table="devices"),
    AddTable(table=Table(name="new", partition_key="id"), at=1),
    DropIndex(table="users", index="by_email"),
    AddIndex(table="devices", index=Index(name="by_name", partition_keys=("name",)), at=0),
    RekeyIndex(table="users", index="by_status", partition_keys=("email",), sort_keys=()),
    MakeSparse(
        table="users",
        index="by_status",
        partition_keys=("open",),
        templates=(("User", "open", KeyTemplate.parse("{status}", when=(("status", ("open",)),))),),
    ),
    ChangeProjection(table="users", index="by_email", projection=KEYS_ONLY),
    RekeyTable(table="devices", partition_key="user_id", sort_key="device_id", drops=("by_user",)),
    Compress(table="users", shape="User", attribute="blob", ratio=Decimal("0.3")),
    Offload(table="users", shape="User", attribute="blob"),
    StoreAttributes(table="users", shape="User", attributes=("nickname",)),
    StoreAttributes(table="users", shape="User", attributes=("blob",), keep=False),
    ChangeEmbed(
        table="users", shape="User", embed=Embed(entity="Note", attribute="notes"), keep=False
    ),
    ChangeEmbed(table="users", shape="User", embed=Embed(entity="Pet", attribute="pets")),
    SetKeyTemplate(table="users", shape="User", key="k1", template=KeyTemplate.parse("{status}")),
    AddGuardItem(table="users", entity="User", attributes=("email",)),
    SetTtl(table="users", attribute="expires"),
    SetCapacity(
        table="users",
        mode=CapacityMode(kind=ModeKind.PROVISIONED, rcu=Decimal(5), wcu=Decimal(2)),
    ),
    SetCapacity(table="users", index="by_email", mode=CapacityMode(kind=ModeKind.AUTO_SCALING)),
    SetTableClass(table="users", infrequent_access=True),
    SetOption(table="users", option="pitr_days", value=35),
    SetOption(table="users", option="deletion_protection", value=True),
    ShardKey(table="devices", shards=4),
    ShardKey(table="users", index="by_status", shards=8),
]


WORDS = """\
drop table devices
add table new
drop index by_email of users
add index by_name on devices by name (ALL)
key index by_status of users by email
make index by_status of users sparse: only items whose status is open
project KEYS_ONLY into index by_email of users
key devices by user_id + device_id, drop by_user
store blob of User compressed (to 30 %)
keep blob of User in object storage, a pointer in the item
store nickname in User of users
no longer store blob in User of users
no longer keep each Note in notes of User of users
keep each Pet in pets of User of users
store k1 = {status} in User of users
guard items in users that make email of User unique
expire items of users by expires
provisioned capacity of 5 read and 2 write units for users
provisioned capacity scaled automatically at 70 % for index by_email of users
table class Standard-IA for users
point-in-time recovery of 35 days for users
deletion protection for users
spread the partition key of devices over 4 shards
spread the partition key of index by_status of users over 8 shards
"""


def test_each_change_says_what_it_does():
    assert [str(change) for change in EVERY] == WORDS.splitlines()


def test_a_change_of_several_names_them_all():
    rekeyed = RekeyTable(table="a", partition_key="b", drops=("by_c", "by_d"))
    assert str(rekeyed) == "key a by b, drop by_c and by_d"
    guarded = AddGuardItem(table="a", entity="B", attributes=("c", "d"))
    assert str(guarded) == "guard items in a that make c with d of B unique"
    stored = StoreAttributes(table="a", shape="B", attributes=("c", "d"))
    assert str(stored) == "store c, d in B of a"


@pytest.mark.parametrize("change", EVERY, ids=str)
def test_a_change_and_its_inverse_cancel(change):
    before = shop()
    after = change.apply(before)
    assert after != before
    back = change.inverse(before)
    assert back is not None
    assert back.apply(after) == before


@pytest.mark.parametrize("change", EVERY, ids=str)
def test_the_difference_made_by_a_change_makes_it_again(change):
    before = shop()
    after = change.apply(before)
    assert apply(before, *c.diff(before, after)) == after


def test_no_difference_is_no_change():
    assert c.diff(shop(), shop()) == ()


def test_rekeying_a_table_to_parent_and_child_drops_the_index_it_makes_needless():
    change = RekeyTable(
        table="devices", partition_key="user_id", sort_key="device_id", drops=("by_user",)
    )
    devices = change.apply(shop()).table("devices")
    assert (devices.keys, devices.indexes) == (("user_id", "device_id"), ())
    assert str(change) == "key devices by user_id + device_id, drop by_user"


def test_a_split_into_a_table_of_its_own_keeps_the_key_and_takes_no_index_along():
    change = SplitEntity(
        table="users", shape="User", attributes=("blob",), part="UserBlob", into="user_blobs"
    )
    after = change.apply(shop())
    assert after.table("users").shapes[0].attributes == ("user_id", "email", "status")
    blobs = after.table("user_blobs")
    assert (blobs.partition_key, blobs.indexes) == ("user_id", ())
    assert blobs.shapes[0].attributes == ("user_id", "blob")


def test_a_split_in_the_same_table_needs_a_sort_key():
    change = SplitEntity(table="users", shape="User", attributes=("blob",), part="BLOB")
    with pytest.raises(UsageError, match="no sort key"):
        change.apply(shop())


def test_a_split_in_the_same_table_files_the_part_under_the_same_partition_key():
    table = Table(
        name="app",
        partition_key="PK",
        sort_key="SK",
        shapes=(
            ItemShape(
                name="User",
                entity="User",
                keys=(("PK", KeyTemplate.parse("USER#{id}")), ("SK", KeyTemplate.parse("A"))),
                attributes=("id", "blob"),
            ),
        ),
    )
    design = DynamoDesign(name="d", engine="dynamodb", tables=(table,))
    change = SplitEntity(table="app", shape="User", attributes=("blob",), part="BLOB")
    part = change.apply(design).table("app").shapes[1]
    assert {key: str(t) for key, t in part.keys} == {"PK": "USER#{id}", "SK": "BLOB"}
    assert part.attributes == ("blob",)


def test_exploding_a_list_gives_each_child_an_item_under_its_parent():
    change = ExplodeList(
        table="users",
        shape="User",
        embed="notes",
        child_key=("note_id",),
        parent_key="user_id",
        attributes=("user_id", "note_id", "text"),
        into="notes",
    )
    after = change.apply(shop())
    assert after.table("users").shapes[0].embeds == ()
    assert after.table("notes").keys == ("user_id", "note_id")


def test_a_guard_lives_under_a_key_of_its_value():
    after = AddGuardItem(table="users", entity="User", attributes=("email",)).apply(shop())
    guard = after.table("users").shapes[1]
    assert (guard.name, guard.guards) == ("UserEmail", ("email",))
    assert str(guard.template("user_id")) == "EMAIL#{email}"


def test_sharding_an_index_on_an_attribute_makes_a_new_key_attribute():
    after = ShardKey(table="users", index="by_status", shards=8).apply(shop())
    users = after.table("users")
    assert users.index("by_status").partition_keys == ("status_shard",)
    assert str(users.shapes[0].template("status_shard")) == "{status}#{shard:8}"


@pytest.mark.parametrize(
    "change",
    [
        DropTable(table="nothing"),
        DropIndex(table="users", index="nothing"),
        Offload(table="users", shape="nothing", attribute="blob"),
        AddIndex(table="users", index=Index(name="by_email", partition_keys=("x",))),
        SetOption(table="users", option="nothing", value=1),
        ShardKey(table="users", shards=1),
    ],
    ids=repr,
)
def test_a_change_that_does_not_fit_the_design_is_refused(change):
    with pytest.raises(UsageError):
        change.apply(shop())


NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
INDEXES = st.builds(
    Index,
    name=NAMES,
    partition_keys=st.lists(NAMES, min_size=1, max_size=2).map(tuple),
    sort_keys=st.lists(NAMES, max_size=2).map(tuple),
    projection=st.sampled_from([KEYS_ONLY, Projection(kind=ProjectionKind.ALL)]),
    is_local=st.booleans(),
)
SHAPES = st.builds(
    ItemShape,
    name=NAMES,
    entity=NAMES,
    attributes=st.lists(NAMES, unique=True, max_size=3).map(tuple),
)
TABLES = st.builds(
    Table,
    name=NAMES,
    partition_key=NAMES,
    sort_key=st.none() | NAMES,
    shapes=st.lists(SHAPES, max_size=3, unique_by=lambda s: s.name).map(tuple),
    indexes=st.lists(INDEXES, max_size=3, unique_by=lambda i: i.name).map(tuple),
    mode=st.sampled_from([CapacityMode(), CapacityMode(kind=ModeKind.AUTO_SCALING)]),
    infrequent_access=st.booleans(),
    ttl=st.none() | NAMES,
    pitr_days=st.none() | st.integers(1, 35),
    replicas=st.lists(NAMES, max_size=2, unique=True).map(tuple),
)
DESIGNS = st.lists(TABLES, max_size=3, unique_by=lambda t: t.name).map(
    lambda tables: DynamoDesign(name="d", engine="dynamodb", tables=tuple(tables))
)


@settings(max_examples=60, deadline=None)
@given(before=DESIGNS, after=DESIGNS)
def test_applying_the_difference_of_two_designs_gives_the_second(before, after):
    assert apply(before, *c.diff(before, after)) == after


@settings(max_examples=40, deadline=None)
@given(before=DESIGNS, after=DESIGNS)
def test_taking_back_each_change_in_reverse_gives_the_first(before, after):
    undo = []
    design = before
    for change in c.diff(before, after):
        undo.append(change.inverse(design))
        design = change.apply(design)
    for change in reversed(undo):
        design = change.apply(design)
    assert design == replace(before, name=after.name)
