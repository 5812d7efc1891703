"""What is wrong with a MongoDB as it runs: its replies to serverStatus, hello and $indexStats.

In: an open client, the collections of a design. Out: findings with evidence and the command that
fixes them. What a server does not answer is listed as unchecked. Sources: MongoDB manual,
"serverStatus", "$indexStats", "hello", read 2026-11.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from tablewright.evaluation.health import SEVERE, WARNING, Examination, HealthFinding

UNUSED_DAYS = 7
CONNECTION_SHARE = 0.8


class DeploymentExamination:
    """The examination of one database."""

    def __init__(self, database: Any, collections: Sequence[str], *, is_embedded: bool) -> None:
        self._database, self._collections = database, collections
        self._is_embedded = is_embedded
        self.unchecked: list[tuple[str, str]] = []

    def run(self) -> Examination:
        """Return everything that is wrong."""
        findings = [*self._server(), *self._members()]
        for name in self._collections:
            findings += self._indexes(name)
        return Examination(findings=tuple(findings), unchecked=tuple(self.unchecked))

    def _answer(self, check: str, command: str) -> dict[str, Any] | None:
        from pymongo.errors import PyMongoError

        try:
            return dict(self._database.client.admin.command(command))
        except PyMongoError as problem:
            self.unchecked.append((check, f"{command} was refused: {str(problem)[:80]}"))
            return None

    def _server(self) -> Iterator[HealthFinding]:
        status = self._answer("connections, assertions", "serverStatus")
        if status is None:
            return
        connections = status.get("connections", {})
        used, free = connections.get("current"), connections.get("available")
        if used is None or free is None or self._is_embedded:
            self.unchecked.append(("connections", "the server does not count them"))
        elif used > (used + free) * CONNECTION_SHARE:
            yield HealthFinding(
                check="connections",
                urgency=SEVERE,
                place="server",
                says="connections are nearly used up",
                evidence=f"serverStatus: {used:,} in use, {free:,} free",
                fix="share one client in each process, or take a larger tier",
            )
        targeted = status.get("metrics", {}).get("queryExecutor", {})
        scanned, returned = (
            targeted.get("scannedObjects"),
            status.get("metrics", {}).get("document", {}).get("returned"),
        )
        if scanned is not None and returned and scanned > returned * 1000:
            yield HealthFinding(
                check="full-scans",
                urgency=WARNING,
                place="server",
                says="a thousand documents are read for each that is returned",
                evidence=f"serverStatus: scannedObjects {scanned:,}, returned {returned:,}",
                fix="tablewright prove: which pattern scans; then an index for it",
            )

    def _members(self) -> Iterator[HealthFinding]:
        if self._is_embedded:
            self.unchecked.append(("replica set", "the embedded server is one process"))
            return
        hello = self._answer("replica set", "hello")
        if hello is None:
            return
        members = [*hello.get("hosts", ()), *hello.get("passives", ())]
        if hello.get("msg") == "isdbgrid":
            return  # a router of a sharded cluster: its shards are replica sets of their own
        if len(members) < 3:
            yield HealthFinding(
                check="recovery",
                urgency=SEVERE if not hello.get("setName") else WARNING,
                place="server",
                says="one failure loses the service: fewer than three members hold the data",
                evidence=f"hello: {len(members)} data-bearing members",
                fix="run a replica set of three, or Atlas M10 and larger",
            )

    def _indexes(self, name: str) -> Iterator[HealthFinding]:
        from pymongo.errors import PyMongoError

        try:
            indexes = list(self._database[name].aggregate([{"$indexStats": {}}]))
        except PyMongoError as problem:
            self.unchecked.append((f"{name}: unused indexes", f"$indexStats: {str(problem)[:80]}"))
            return
        now = datetime.datetime.now(datetime.UTC)
        for index in indexes:
            accesses = index.get("accesses") or {}
            ops, since = accesses.get("ops"), accesses.get("since")
            label = index.get("name", "?")
            if label == "_id_" or index.get("spec", {}).get("unique"):
                continue
            if ops is None or since is None:
                self.unchecked.append((f"{name}/{label}: unused index", "the server does not say"))
                continue
            if since.tzinfo is None:
                since = since.replace(tzinfo=datetime.UTC)
            days = (now - since).total_seconds() / 86400
            if ops:
                continue
            if days < UNUSED_DAYS or "expireAfterSeconds" in index.get("spec", {}):
                why = f"{days:.1f} days are known" if days < UNUSED_DAYS else "it expires documents"
                self.unchecked.append((f"{name}/{label}: unused index", why))
                continue
            yield HealthFinding(
                check="unused-index",
                urgency=WARNING,
                place=f"{name}/{label}",
                says="the index is written and never read on this member",
                evidence=f"$indexStats: 0 accesses in {days:.1f} days",
                fix="remove it from the design, then tablewright up --allow-destroy",
            )
