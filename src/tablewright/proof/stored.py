"""A proof as plain data, to be stored and read again.

In: a Proof, or a mapping as JSON has it. Out: the other. `proof_data` is the way back.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tablewright.core.plain_data import plain_data
from tablewright.evaluation.values import Measure
from tablewright.proof.values import (
    KeptLimit,
    LostUpdates,
    PatternProof,
    Proof,
    ScanComparison,
    UnitComparison,
)


def proof_from_data(data: Mapping[str, Any]) -> Proof:
    """Return a proof that was kept as data.

    Raises:
        KeyError, TypeError, ValueError: the data is not a proof.
    """
    return Proof(
        app=data["app"],
        design=data["design"],
        users=int(data["users"]),
        engine=data["engine"],
        seed=int(data["seed"]),
        model_digest=data["model_digest"],
        patterns=tuple(_pattern_from(entry) for entry in data["patterns"]),
        predicted_usd=Decimal(str(data["predicted_usd"])),
        metered_usd=Decimal(str(data["metered_usd"])),
        state_problems=tuple(data["state_problems"]),
        items_checked=int(data["items_checked"]),
        compares_units=bool(data.get("compares_units", True)),
        date=data.get("date", ""),
        machine=data.get("machine", ""),
        is_embedded=bool(data.get("is_embedded", False)),
        stands_in=bool(data.get("stands_in", True)),
        lost_updates=tuple(
            LostUpdates(
                pattern=entry["pattern"],
                attribute=entry["attribute"],
                made=int(entry["made"]),
                lost=int(entry["lost"]),
            )
            for entry in data.get("lost_updates", ())
        ),
        scans=tuple(
            ScanComparison(
                pattern=entry["pattern"],
                container=entry["container"],
                records=int(entry["records"]),
                scan_ms=Decimal(str(entry["scan_ms"])),
                call_ms=Decimal(str(entry["call_ms"])),
            )
            for entry in data.get("scans", ())
        ),
        not_run=tuple(str(text) for text in data.get("not_run", ())),
        kept_limits=tuple(
            KeptLimit(
                pattern=entry["pattern"],
                attribute=entry["attribute"],
                callers=int(entry["callers"]),
                room=int(entry["room"]),
                passed=int(entry["passed"]),
            )
            for entry in data.get("kept_limits", ())
        ),
    )


def _pattern_from(data: Mapping[str, Any]) -> PatternProof:
    first, second, third = (Decimal(str(ms)) for ms in data["latency_ms"])
    target = data.get("latency_target_ms")
    return PatternProof(
        pattern=data["pattern"],
        calls=int(data["calls"]),
        requests=int(data["requests"]),
        reads=_comparison_from(data["reads"]),
        writes=_comparison_from(data["writes"]),
        resources=tuple(_comparison_from(entry) for entry in data["resources"]),
        bill_share=Decimal(str(data["bill_share"])),
        of_bill=Decimal(str(data.get("of_bill", data["bill_share"]))),
        wrong=tuple(data["wrong"]),
        wrong_calls=int(data["wrong_calls"]),
        failures=tuple(data["failures"]),
        retries=int(data["retries"]),
        latency_ms=(first, second, third),
        latency_target_ms=None if target is None else Decimal(str(target)),
        cannot=data["cannot"],
        not_here=data.get("not_here", ""),
        planned_access=data.get("planned_access", ""),
        access=tuple(data.get("access", ())),
    )


def _comparison_from(data: Mapping[str, Any]) -> UnitComparison:
    return UnitComparison(
        resource=data["resource"],
        dimension=data["dimension"],
        estimated=_measure_from(data["estimated"]),
        predicted=_measure_from(data["predicted"]),
        metered=_measure_from(data["metered"]),
    )


def _measure_from(data: Mapping[str, Any]) -> Measure:
    return Measure(mean=Decimal(str(data["mean"])), error=Decimal(str(data["error"])))


def proof_data(proof: Proof) -> dict[str, Any]:
    """Return a proof as plain data, with its verdict."""
    return {**plain_data(proof), "is_right": proof.is_right, "agrees": proof.agrees}
