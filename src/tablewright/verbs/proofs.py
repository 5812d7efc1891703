"""Proofs with their verdict, and the latest one of each design, as `prove` stored it.

In: a proof, or a session. Out: ProofViews.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tablewright.core.frozen import frozen
from tablewright.proof.stored import proof_from_data
from tablewright.proof.values import Proof, digest_of
from tablewright.session import Session


@frozen
class ProofView:
    """The latest proof of a design."""

    proof: Proof
    is_right: bool
    """Whether every answer was right."""
    agrees: bool
    """Whether every prediction agrees with the meter."""
    is_stale: bool
    """Whether the model file was changed since."""
    is_in_time: bool | None
    """Whether every 99th percentile keeps its latency target; None where none was measured."""
    decides_latency: bool
    """Whether latency was measured on the database that is meant, over its network."""


def proof_view(proof: Proof, *, is_stale: bool) -> ProofView:
    """Return a proof with its verdict."""
    return ProofView(
        proof=proof,
        is_right=proof.is_right,
        agrees=proof.agrees,
        is_stale=is_stale,
        is_in_time=proof.is_in_time,
        decides_latency=proof.decides_latency,
    )


def latest_proofs(session: Session, designs: Sequence[str]) -> tuple[ProofView, ...]:
    """Return the latest proof of each design that has one."""
    folder = Path(session.file.path).parent / ".tablewright" / "proofs"
    proofs = []
    for name in designs:
        path = folder / f"{name}.json"
        if not path.is_file():
            continue
        try:
            proof = proof_from_data(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError):
            continue  # of another version: as good as none
        is_stale = proof.model_digest != digest_of(session.file.source)
        proofs.append(proof_view(proof, is_stale=is_stale))
    return tuple(proofs)
