"""Global tables of version 2019.11.21: replicas in other regions, added, changed and taken away.

In: the ReplicaUpdates of an UpdateTable request, and changes of a table that its replicas share.
Out: tables in the engines of the other regions, with the items of the source. What goes on between
them afterwards is `replication`'s part.

A definition names the other regions that hold the table (`Replicas`), each with what differs there,
and the space of the items' versions. No function holds the lock of two engines at the same time.

Sources: API reference, UpdateTable ("ReplicaUpdates", "Disassociate"); Developer Guide, "Global
tables" (streams are switched on; throughput, indexes and expiry are the same everywhere, reads and
class may differ). Adding a replica is charged as a restore by the size on the service; here it is
not metered.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from tablewright.local import bulk, replication
from tablewright.local.definitions import add_table, describe, set_stream
from tablewright.local.faults import ResourceInUseException, ValidationException
from tablewright.local.operations.describe_table import existing

if TYPE_CHECKING:
    from tablewright.local.engine import LocalEngine
    from tablewright.local.tables import Table

SHARED = (
    "AttributeDefinitions", "BillingMode", "ProvisionedThroughput", "OnDemandThroughput",
    "GlobalSecondaryIndexUpdates",
)  # fmt: skip
"""Members of UpdateTable that change all replicas."""

_STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
_OVERRIDES = (
    "KMSMasterKeyId", "ProvisionedThroughputOverride", "OnDemandThroughputOverride",
    "GlobalSecondaryIndexes", "TableClassOverride",
)  # fmt: skip
_ALLOWED = {"TableName", "ReplicaUpdates", "MultiRegionConsistency"}
_NOT_FOUND = (
    "Replica specified in the Replica Update or Replica Delete action of the request was not found."
)

Row = dict[str, Any]


def change_replicas(engine: LocalEngine, request: Mapping[str, Any]) -> Row:
    """Carry out the ReplicaUpdates of an UpdateTable request; return the TableDescription.

    Raises:
        ValidationException: a replica cannot be where it is asked for, or is not known.
        ResourceInUseException: a bulk put writes to the table.
    """
    _check_request(engine, request)
    name = request["TableName"]
    for update in request["ReplicaUpdates"]:
        ((action, content),) = update.items()
        if action == "Create":
            _add(engine, name, content)
        elif action == "Update":
            _update(engine, name, content)
        elif action == "Delete":
            _delete(engine, name, content["RegionName"])
        else:
            _disassociate(engine, name, content["RegionName"])
    with engine.store.reading:
        description = describe(engine, existing(engine, name), status="UPDATING")
    actions = {content["RegionName"]: action for u in request["ReplicaUpdates"]
               for action, content in u.items()}  # fmt: skip
    for replica in description.get("Replicas", ()):
        action = actions.get(replica["RegionName"], "")
        replica["ReplicaStatus"] = {"Create": "CREATING", "Update": "UPDATING"}.get(
            action, "ACTIVE"
        )
    return description


def refuse_witnesses(request: Mapping[str, Any]) -> None:
    """Refuse what belongs to replicas with strong consistency, which this engine does not have."""
    if request.get("GlobalTableWitnessUpdates"):
        raise ValidationException("This engine has no witnesses: they belong to MRSC global tables")
    if "MultiRegionConsistency" in request and not request.get("ReplicaUpdates"):
        raise ValidationException("MultiRegionConsistency is given when replicas are created")


def leave_group(engine: LocalEngine, table: Table) -> None:
    """Take a table that is being deleted out of the lists of its replicas."""
    for region in table.replicas:
        _remove_from(engine.peers.get(region), table.name, engine.region)


def protect(engine: LocalEngine, name: str, *, is_protected: bool) -> Row:
    """Switch the protection against disassociation; return the TableDescription."""
    with engine.store.writing:
        table = existing(engine, name)
        if not table.replicas:
            raise ValidationException(
                "DisassociationProtectionEnabled is a setting of global tables"
            )
        saved = engine.save({**table.definition, "DisassociationProtection": is_protected})
        return describe(engine, saved, status="UPDATING")


def peers_of(engine: LocalEngine, table: Table) -> list[LocalEngine]:
    """Return the engines of the other regions that hold a table."""
    return [engine.peers[region] for region in table.replicas if region in engine.peers]


# Checks


def _check_request(engine: LocalEngine, request: Mapping[str, Any]) -> None:
    if request.get("MultiRegionConsistency") == "STRONG":
        raise ValidationException(
            "This engine replicates with MultiRegionConsistency EVENTUAL only"
        )
    others = sorted(name for name in request if name not in _ALLOWED)
    if others:
        raise ValidationException(
            f"ReplicaUpdates cannot be combined with {', '.join(others)} in one request"
        )
    for update in request["ReplicaUpdates"]:
        if len(update) != 1:
            raise ValidationException(
                "Each of ReplicaUpdates has one of Create, Update, Delete and Disassociate"
            )
        if "Disassociate" in update and len(request["ReplicaUpdates"]) > 1:
            raise ValidationException("Disassociate is the only replica update of its request")
        if not engine.peers:
            raise ValidationException(
                f"This database stands for {engine.region} alone: serve several regions with "
                "--regions to have replicas"
            )


def _check_region(engine: LocalEngine, table: Table, region: str) -> None:
    if region not in engine.peers:
        raise ValidationException(
            f"Region {region} is not served: this server has {', '.join(engine.peers)}"
        )
    if region == engine.region:
        raise ValidationException(f"The table is in {region} itself")
    if table.vectors:
        raise ValidationException("This engine replicates no tables with vector indexes")
    if bulk.is_running_on(engine, table):
        raise ResourceInUseException(f"A bulk put writes to table {table.name}")
    stream = table.definition.get("StreamSpecification")
    if stream is not None and stream["StreamViewType"] != "NEW_AND_OLD_IMAGES":
        raise ValidationException(
            f"Table {table.name} has a stream without new and old images, which replication needs"
        )


# Actions


def _add(engine: LocalEngine, name: str, content: Mapping[str, Any]) -> None:
    region = content["RegionName"]
    with engine.store.reading:
        table = existing(engine, name)
        _check_region(engine, table, region)
        source = deepcopy(table.definition)
    entry = {member: content[member] for member in ("RegionName", *_OVERRIDES) if member in content}
    members = [engine.region, *table.replicas]
    peer = engine.peers[region]
    with peer.store.writing:
        if table.name in peer.tables:
            raise ValidationException(
                "Failed to create a the new replica of table with name: "
                f"'{table.name}' because one or more replicas already existed as tables."
            )
        replica = _new_replica(peer, source, content)
        known = {each["RegionName"]: each for each in source.get("Replicas", ())}
        _set_members(peer, replica, [known.get(each, {"RegionName": each}) for each in members])
    for each in members:
        member = engine.peers[each]
        with member.store.writing:
            held = existing(member, table.name)
            _set_members(member, held, [*held.definition.get("Replicas", ()), entry])
    _copy_items(engine, table, peer)


def _new_replica(peer: LocalEngine, source: Row, content: Mapping[str, Any]) -> Table:
    """Create the table of a replica, empty. Inside a write."""
    request: Row = {
        member: source[member]
        for member in ("TableName", "AttributeDefinitions", "KeySchema", "BillingMode",
                       "ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")
        if member in source
    }  # fmt: skip
    request["TableClass"] = content.get("TableClassOverride", source.get("TableClass"))
    _override(request, content)
    overrides = {each["IndexName"]: each for each in content.get("GlobalSecondaryIndexes", ())}
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if source.get(member):
            request[member] = [
                {
                    key: value
                    for key, value in index.items()
                    if key not in ("Space", "IndexStatus", "Backfilling")
                }
                for index in source[member]
            ]
            for index in request[member]:
                _override(index, overrides.get(index["IndexName"], {}))
    table = add_table(peer, request)
    if source.get("Expiry"):
        expiry = {**source["Expiry"], "Space": peer.new_space()}
        table = peer.save({**table.definition, "Expiry": expiry})
        peer.sweeper.start()
    return table


def _override(target: Row, content: Mapping[str, Any]) -> None:
    reads = content.get("ProvisionedThroughputOverride", {}).get("ReadCapacityUnits")
    if reads is not None and target.get("ProvisionedThroughput"):
        throughput = {**target["ProvisionedThroughput"], "ReadCapacityUnits": reads}
        target["ProvisionedThroughput"] = throughput
    most = content.get("OnDemandThroughputOverride", {}).get("MaxReadRequestUnits")
    if most is not None:
        throughput = {**target.get("OnDemandThroughput", {}), "MaxReadRequestUnits": most}
        target["OnDemandThroughput"] = throughput


def _set_members(engine: LocalEngine, table: Table, replicas: list[Row]) -> None:
    """Say which other regions hold a table, with a stream and room for versions. In a write."""
    definition = {**table.definition, "Replicas": replicas}
    if "Versions" not in definition:
        definition["Versions"] = engine.new_space()
    if "StreamSpecification" not in definition:
        set_stream(definition, _STREAM, engine.clock())
    engine.save(definition)


def _copy_items(engine: LocalEngine, table: Table, peer: LocalEngine) -> None:
    """Give a new replica the items of the table; writes that come in between are replicated."""
    low = b""
    while True:
        rows = replication.page_of_items(engine, existing(engine, table.name), low)
        replication.copy_in(peer, existing(peer, table.name), rows)
        if len(rows) < replication.CHUNK:
            return
        low = rows[-1][0] + b"\x00"


def _update(engine: LocalEngine, name: str, content: Mapping[str, Any]) -> None:
    region = content["RegionName"]
    with engine.store.reading:
        table = existing(engine, name)
    if region not in (engine.region, *table.replicas):
        raise ValidationException(_NOT_FOUND)
    peer = engine.peers[region]
    with peer.store.writing:
        replica = existing(peer, table.name)
        definition = deepcopy(replica.definition)
        _override(definition, content)
        overrides = {each["IndexName"]: each for each in content.get("GlobalSecondaryIndexes", ())}
        for index in definition.get("GlobalSecondaryIndexes", ()):
            _override(index, overrides.get(index["IndexName"], {}))
        if "TableClassOverride" in content:
            definition["TableClass"] = content["TableClassOverride"]
        peer.save(definition)
    for other in (engine.region, *table.replicas):
        if other != region:
            _change_entry(engine.peers[other], table.name, region, content)


def _change_entry(engine: LocalEngine, name: str, region: str, content: Mapping[str, Any]) -> None:
    changed = {member: content[member] for member in _OVERRIDES if member in content}
    with engine.store.writing:
        table = existing(engine, name)
        replicas = [
            {**entry, **changed} if entry["RegionName"] == region else entry
            for entry in table.definition["Replicas"]
        ]
        engine.save({**table.definition, "Replicas": replicas})


def _delete(engine: LocalEngine, name: str, region: str) -> None:
    with engine.store.reading:
        table = existing(engine, name)
    if region not in table.replicas:
        raise ValidationException(_NOT_FOUND)
    peer = engine.peers[region]
    with peer.store.writing:
        replica = existing(peer, table.name)
        if replica.definition.get("DeletionProtectionEnabled"):
            raise ValidationException(
                f"The replica in {region} is protected against deletion. Disable deletion "
                "protection there first."
            )
        peer.remove(replica)
    for other in (engine.region, *table.replicas):
        _remove_from(engine.peers.get(other), table.name, region)


def _disassociate(engine: LocalEngine, name: str, region: str) -> None:
    with engine.store.reading:
        table = existing(engine, name)
    if region != engine.region or not table.replicas:
        raise ValidationException(_NOT_FOUND)
    if table.definition.get("DisassociationProtection", True):
        raise ValidationException(
            "The replica is protected against disassociation. Set DisassociationProtectionEnabled "
            "to false first."
        )
    if engine.outboxes or any(region in peer.outboxes for peer in peers_of(engine, table)):
        raise ResourceInUseException("Changes are still under way between the replicas")
    leave_group(engine, table)
    for other in table.replicas:
        _remove_from(engine, table.name, other)


def _remove_from(engine: LocalEngine | None, name: str, region: str) -> None:
    """Take a region out of the list of replicas that one member keeps."""
    if engine is None:
        return
    with engine.store.writing:
        table = engine.tables.get(name)
        if table is None or region not in table.replicas:
            return
        left = [each for each in table.definition["Replicas"] if each["RegionName"] != region]
        definition = {**table.definition, "Replicas": left}
        if not left:
            del definition["Replicas"]
        engine.save(definition)
