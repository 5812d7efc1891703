"""What is wrong with a MongoDB as it runs: its replies to serverStatus, hello and $indexStats.

In: an open client, the collections of a design. Out: findings with evidence and the command that
fixes them. What a server does not answer is listed as unchecked. Sources: MongoDB manual,
"serverStatus", "$indexStats", "hello", read 2026-11.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from tablewright.engines.mongodb.design import MongoDesign
from tablewright.engines.mongodb.observed_rates import EVERYTHING, ObservedRates
from tablewright.evaluation.health import SEVERE, WARNING, Examination, HealthFinding
from tablewright.evaluation.values import Evaluation

UNUSED_DAYS = 7
CONNECTION_SHARE = 0.8
SCANNED_FOR_EACH = 1000
"""Documents read for each that is returned from which on an index is missing."""
LONG_MINUTES = 10
"""An operation that runs so long holds a snapshot, and the cache with it."""
LAG_SECONDS = 60


class DeploymentExamination:
    """The examination of one database."""

    def __init__(
        self,
        database: Any,
        design: MongoDesign,
        evaluation: Evaluation,
        *,
        is_embedded: bool,
        is_encrypted: bool,
    ) -> None:
        self._database, self._design = database, design
        self._collections = [collection.name for collection in design.collections]
        self._is_embedded, self._is_encrypted = is_embedded, is_encrypted
        self._rates = ObservedRates(database, design, evaluation, self._answer)
        self.unchecked: list[tuple[str, str]] = []

    def run(self) -> Examination:
        """Return everything that is wrong."""
        status = self._answer("connections, scans", "serverStatus") or {}
        profile = self._profile()
        findings = [*self._connections(status), *self._scans(status), *self._operations()]
        findings += [*self._profiler(profile)]
        if self._is_embedded:
            self.unchecked.append(("replica set, access", "the embedded server is one process"))
        else:
            findings += [*self._members(), *self._copies(), *self._access(), *self._settings()]
        for name in self._collections:
            findings += self._indexes(name)
        calls = self._rates.calls(profile, status)
        source = self._rates.source
        return Examination(
            findings=tuple(findings),
            unchecked=(*self.unchecked, *self._rates.unchecked),
            calls=tuple(calls),
            facts=(("rates from", source),) if source else (),
        )

    def _answer(self, check: str, command: str, **options: Any) -> dict[str, Any] | None:
        from pymongo.errors import PyMongoError

        try:
            return dict(self._database.client.admin.command(command, **options))
        except PyMongoError as problem:
            self.unchecked.append((check, f"{command} was refused: {str(problem)[:80]}"))
            return None

    def _profile(self) -> dict[str, Any]:
        from pymongo.errors import PyMongoError

        try:
            return dict(self._database.command({"profile": -1}))
        except PyMongoError as problem:
            self.unchecked.append(("profiler", f"profile was refused: {str(problem)[:80]}"))
            return {}

    def _connections(self, status: Mapping[str, Any]) -> Iterator[HealthFinding]:
        connections = status.get("connections", {})
        used, free = connections.get("current"), connections.get("available")
        if used is None or not free:
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

    def _scans(self, status: Mapping[str, Any]) -> Iterator[HealthFinding]:
        metrics = status.get("metrics", {})
        scanned = metrics.get("queryExecutor", {}).get("scannedObjects")
        returned = metrics.get("document", {}).get("returned")
        if scanned is not None and returned and scanned > returned * SCANNED_FOR_EACH:
            yield HealthFinding(
                check="full-scans",
                urgency=WARNING,
                place="server",
                says="a thousand documents are read for each that is returned",
                evidence=f"serverStatus: scannedObjects {scanned:,}, returned {returned:,}",
                fix="tablewright prove: which pattern scans; then an index for it",
            )

    def _operations(self) -> Iterator[HealthFinding]:
        reply = self._answer("long operations", "currentOp", active=True)
        for operation in (reply or {}).get("inprog", ()):
            minutes = operation.get("secs_running", 0) / 60
            name = str(operation.get("ns", ""))
            if minutes > LONG_MINUTES and name.startswith(f"{self._database.name}."):
                yield HealthFinding(
                    check="long-operation",
                    urgency=WARNING,
                    place=name.partition(".")[2],
                    says="an operation does not end: it holds the cache, and what it locked",
                    evidence=f"currentOp: opid {operation.get('opid')}, {operation.get('op')}, "
                    f"for {minutes:.0f} minutes",
                    fix=f"db.killOp({operation.get('opid')}); then maxTimeMS for such requests",
                )

    def _profiler(self, profile: Mapping[str, Any]) -> Iterator[HealthFinding]:
        if profile.get("was") == EVERYTHING:
            yield HealthFinding(
                check="profiler",
                urgency=WARNING,
                place=self._database.name,
                says="every operation is written once more: the profiler was left on",
                evidence='{profile: -1}: "was" is 2',
                fix="tablewright doctor --write-rates while it lasts; then db.setProfilingLevel(0)",
            )

    def _members(self) -> Iterator[HealthFinding]:
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

    def _copies(self) -> Iterator[HealthFinding]:
        """Yield members that are down or behind."""
        status = self._answer("replication", "replSetGetStatus")
        members = (status or {}).get("members", ())
        newest = max((m["optimeDate"] for m in members if m.get("optimeDate")), default=None)
        for member in members:
            name, moment = str(member.get("name")), member.get("optimeDate")
            if member.get("health") == 0:
                yield HealthFinding(
                    check="replication",
                    urgency=SEVERE,
                    place=name,
                    says="a member is down: the next failure may stop writes",
                    evidence=f"replSetGetStatus: health 0, {member.get('stateStr', '?')}",
                    fix="start it, or replace it; rs.status() says since when",
                )
            elif member.get("stateStr") == "SECONDARY" and moment and newest:
                lag = (newest - moment).total_seconds()
                if lag > LAG_SECONDS:
                    yield HealthFinding(
                        check="replication",
                        urgency=WARNING,
                        place=name,
                        says="a member is behind: reads from it are old, and writes that wait for "
                        "a majority may wait for it",
                        evidence=f"replSetGetStatus: {lag:,.0f} seconds behind the newest member",
                        fix="look for what it waits for (disk, a long index build), or a larger "
                        "tier",
                    )

    def _access(self) -> Iterator[HealthFinding]:
        status = self._answer("access", "connectionStatus")
        if status is not None and not status.get("authInfo", {}).get("authenticatedUsers"):
            yield HealthFinding(
                check="access",
                urgency=SEVERE,
                place="server",
                says="whoever reaches the port reads and writes everything: no user was asked for",
                evidence="connectionStatus: authenticatedUsers is empty",
                fix="make a user, start it with --auth, and name the user in the address",
            )
        if not self._is_encrypted:
            yield HealthFinding(
                check="encryption",
                urgency=SEVERE,
                place="server",
                says="what is sent can be read on its way: the connection is not encrypted",
                evidence="the address asks for no TLS, and the host is not this machine",
                fix="net.tls.mode: requireTLS with a certificate, and tls=true in the address",
            )

    def _settings(self) -> Iterator[HealthFinding]:
        concern = self._answer("write concern", "getDefaultRWConcern")
        acknowledged_by = (concern or {}).get("defaultWriteConcern", {}).get("w")
        if acknowledged_by in (0, 1):
            yield HealthFinding(
                check="durability",
                urgency=SEVERE,
                place="server",
                says="acknowledged writes are rolled back when the primary fails",
                evidence=f"getDefaultRWConcern: w is {acknowledged_by}",
                fix='db.adminCommand({setDefaultRWConcern: 1, defaultWriteConcern: {w: "majority"}'
                "})",
            )
        expiring = [
            collection.name
            for collection in self._design.collections
            if any(index.expire_days is not None for index in collection.indexes)
        ]
        if not expiring:
            return
        reply = self._answer("expiry", "getParameter", ttlMonitorEnabled=True)
        if reply is not None and reply.get("ttlMonitorEnabled") is False:
            yield HealthFinding(
                check="expiry",
                urgency=SEVERE,
                place=", ".join(expiring),
                says="nothing expires: the thread that removes old documents is off",
                evidence="getParameter: ttlMonitorEnabled is false",
                fix="db.adminCommand({setParameter: 1, ttlMonitorEnabled: true})",
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
