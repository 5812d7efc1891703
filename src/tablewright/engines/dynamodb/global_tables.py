"""What a global table may be: eventual, strong with or without a witness, or over several accounts.

In: the fields of a table, or a table. Out: the table with its replicas, what is wrong noted; words
for bill and requests. Prices, requests and templates are made elsewhere.

Sources, read 2026-12: Amazon DynamoDB Developer Guide, "How DynamoDB global tables work"
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html),
"Using DynamoDB global tables", key facts about MRSC
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-global-table-design.html), and
of several accounts
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_MA_HowItWorks.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tablewright.capacity.units import Consistency
from tablewright.core.quantities import plain
from tablewright.engines.dynamodb.design import Table
from tablewright.engines.dynamodb.loads import TableLoad
from tablewright.evaluation.values import Request
from tablewright.model.nodes import Reading
from tablewright.model.shapes import Fields

REGION_SETS = {
    "US": ("us-east-1", "us-east-2", "us-west-2"),
    "EU": ("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"),
    "AP": ("ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
}
"""The regions that strong replicas may have: three of one set.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateGlobalTableWitnessGroupMemberAction.html
"""

STRONG_REGIONS = 3
"""Regions of a table with strong replicas, the home region and a witness among them."""

NO_TRANSACTIONS = (
    "strong replicas take no transactions: leave out what makes this one, or state eventual "
    "replicas"
)
_STRONG_READ = "the latest version in every region; it waits for a second region"
STRONG_WRITE = (
    "waits for a second region; fails with ReplicatedWriteConflictException while another region "
    "writes the item, and may then be repeated"
)


def with_replicas(table: Table, fields: Fields, home: str, reading: Reading) -> Table:
    """Return the table with the replicas that its fields state; what cannot be is noted.

    Args:
        table: the table without them.
        fields: as read; `replicas` is a region, a list of regions, or a mapping.
        home: the region of the model.
        reading: takes the diagnostics.
    """
    stated = fields.get("replicas", ())
    is_mapping = isinstance(stated, Fields)
    entries: Any = stated.get("regions", ()) if is_mapping else stated
    replicas = (entries,) if isinstance(entries, str) else tuple(entries)
    accounts = tuple(
        (str(replica.get("region")), str(replica.get("account")))
        for replica in replicas
        if isinstance(replica, Fields) and "region" in replica and "account" in replica
    )
    regions = [r.get("region", "") if isinstance(r, Fields) else r for r in replicas]
    witness = str(stated.get("witness", "")) if is_mapping else ""
    table = replace(
        table,
        replicas=tuple(str(region) for region in regions if region),
        strong_replicas=is_mapping and str(stated.get("consistency", "eventual")) == "strong",
        witness=witness,
        replica_accounts=accounts,
    )
    _Check(table, fields, home, reading).run()
    return table


class _Check:
    """What the service refuses of one table with replicas, noted where the file says it."""

    def __init__(self, table: Table, fields: Fields, home: str, reading: Reading) -> None:
        self.table, self.fields, self.home, self.reading = table, fields, home, reading

    def run(self) -> None:
        """Note everything."""
        table = self.table
        if not table.replicas:
            return
        regions = [self.home, *table.replicas, *([table.witness] if table.witness else [])]
        if len(set(regions)) < len(regions):
            twice = next(region for region in regions if regions.count(region) > 1)
            home = ", the home region among them" if twice == self.home else ""
            self._error(
                f"table `{table.name}` has {twice} twice among its regions{home}",
                "a global table has one replica in a region; state the further regions only",
            )
        elif table.strong_replicas:
            self._regions(regions)
        if table.witness and not table.strong_replicas:
            self._error(
                f"table `{table.name}` has a witness, and its replicas are eventually consistent",
                "add consistency: strong, or take the witness away",
            )
        if table.replica_accounts:
            self._accounts()
        if table.strong_replicas:
            self._not_with_strong()

    def _error(self, message: str, help: str, field: str = "replicas") -> None:
        self.reading.error("bad-replicas", message, self.fields.at(field), help)

    def _regions(self, regions: list[str]) -> None:
        name = self.table.name
        own_set = next((n for n, known in REGION_SETS.items() if self.home in known), "")
        if not own_set:
            self._error(
                f"table `{name}` has strong replicas, which {self.home} cannot have",
                f"they are for {_all_sets()}; state eventual replicas",
            )
            return
        known = REGION_SETS[own_set]
        others = [region for region in regions if region not in known]
        if others:
            self._error(
                f"table `{name}` has strong replicas in {self.home} and {others[0]}, which are "
                "not of one set of regions",
                f"beside {self.home} take two of "
                f"{', '.join(region for region in known if region != self.home)}",
            )
        elif len(regions) != STRONG_REGIONS:
            self._error(
                f"table `{name}` has strong replicas in {len(regions)} regions, and they are in "
                f"exactly {STRONG_REGIONS}",
                f"beside {self.home} state two regions, or one and a witness",
            )

    def _accounts(self) -> None:
        table = self.table
        accounts = [account for _, account in table.replica_accounts]
        if table.strong_replicas:
            self._error(
                f"table `{table.name}` has strong replicas in other accounts, and these are "
                "eventually consistent only",
                "take `account` or `consistency: strong` away",
            )
        if len(accounts) < len(table.replicas) or len(set(accounts)) < len(accounts):
            self._error(
                f"table `{table.name}` has replicas in other accounts, and not each in one of its "
                "own",
                "a global table over accounts has one replica in an account: give each region "
                "another account",
            )

    def _not_with_strong(self) -> None:
        table = self.table
        if table.ttl is not None:
            self._error(
                f"table `{table.name}` has strong replicas, which do not expire items by "
                f"`{table.ttl}`",
                "take `ttl` away and delete what is old by a pattern, or state eventual replicas",
                "ttl",
            )
        for index in table.indexes:
            if index.is_local and index.span is not None:
                self.reading.error(
                    "bad-replicas",
                    f"table `{table.name}` has strong replicas, which take no local index such as "
                    f"`{index.name}`",
                    index.span,
                    "make it a global one, or state eventual replicas",
                )


def _all_sets() -> str:
    return "; ".join(f"{name}: {', '.join(regions)}" for name, regions in REGION_SETS.items())


def assumed_of_replicas(load: TableLoad) -> Iterator[str]:
    """Yield what the bill of a table takes for given about strong replicas and other accounts."""
    if load.strong_replicas:
        others = ", ".join((*load.replicas, *((load.witness,) if load.witness else ())))
        yield (
            f"writes and strongly consistent reads of {load.table} take longer by the round trip "
            f"to the nearest of {others}; how long that is is not known here"
        )
    if load.witness:
        yield f"the witness of {load.table} in {load.witness} costs neither writes nor storage"
    for region, account in load.replica_accounts:
        yield f"what {load.table} costs in {region} is on the bill of account {account}"


def not_charged_here(load: TableLoad) -> Iterator[str]:
    """Yield what is not known of the charges of strong replicas and other accounts."""
    if load.witness:
        yield (
            f"data of {load.table} sent to its witness in {load.witness}: no source says whether "
            "it is charged"
        )
    if load.replica_accounts:
        yield (
            f"what is charged for {load.table} between accounts beside replicated writes and data "
            "sent: no source says"
        )


def elsewhere(table: Table) -> str:
    """Return in words which replicas somebody has to make in other accounts; "" for none."""
    if not table.replica_accounts:
        return ""
    places = ", ".join(f"{region} by account {a}" for region, a in table.replica_accounts)
    return (
        f"; to be made in {places}, with CreateTable and GlobalTableSourceArn, after resource "
        "policies of both allow replication"
    )


def refuses_transactions(table: Table, consistency: Consistency) -> bool:
    """Whether a table answers no read of this consistency."""
    return table.strong_replicas and consistency is Consistency.TRANSACTIONAL


def read_note(table: Table, consistency: Consistency) -> str:
    """Return what a strong read of strong replicas means, or who answers a cached one; else ""."""
    if consistency is Consistency.EVENTUAL and table.cache:
        return f"a cache answers {plain(table.cache.hits * 100)} % of these, as stated"
    is_strong = table.strong_replicas and consistency is Consistency.STRONG
    return _STRONG_READ if is_strong else ""


def noted(request: Request, note: str) -> Request:
    """Return a request with one more note."""
    return replace(request, note="; ".join(filter(None, (request.note, note))))
