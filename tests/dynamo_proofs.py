"""Seeding and proving through a transport: the verbs' functions on a DynamoDB of the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tablewright.engines.dynamodb.adapter import DynamoAdapter
from tablewright.engines.dynamodb.codec import DynamoCodec
from tablewright.engines.dynamodb.design import DynamoDesign
from tablewright.operate.seed import SeedPlan
from tablewright.proof.values import Proof
from tablewright.session import Session
from tablewright.verbs import population as seeding
from tablewright.verbs import prove as proving
from tablewright.verbs.prove import ProofRequest


def dynamo_design(session: Session, name: str = "") -> DynamoDesign:
    """Return a design that is created as DynamoDB tables."""
    design = session.design(name)
    assert isinstance(design, DynamoDesign), design.engine
    return design


def adapter_on(
    session: Session, design: DynamoDesign, transport: Any, expiry_shift: int = 0
) -> DynamoAdapter:
    codec = DynamoCodec(session.model, design, expiry_shift)
    return DynamoAdapter(session.model, design, transport, codec=codec)


def fill(
    session: Session, design: DynamoDesign, transport: Any, users: int, keep: Path | None = None
) -> tuple[SeedPlan, int]:
    """Write what is not written yet; return the plan and how many items."""
    plan = seeding.seed_plan(session, design, seeding.population(session, design, users))
    position = None if keep is None else seeding.position_of(session, design, users, keep)
    adapter = adapter_on(session, design, transport, position.ttl_shift if position else 0)
    return plan, seeding.fill(session, adapter, plan, position=position, keep=keep)


def spend(session: Session, design: DynamoDesign, users: int, keep: Path) -> int:
    """Mark what was seeded as used up; return by how much its expiry was moved on."""
    position = seeding.position_of(session, design, users, keep)
    proving.spend(position, keep)
    return position.ttl_shift


def prove_on(
    session: Session, design: DynamoDesign, transport: Any, request: ProofRequest
) -> Proof:
    """Run the workload on tables that were seeded."""
    adapter = adapter_on(session, design, transport, request.ttl_shift)
    return proving.prove_on(session, design, adapter, request)


def proof_in_memory(
    session: Session, design: Any, request: ProofRequest, say: Callable[[str], None] = print
) -> Proof:
    """Create a design in a temporary database, seed it, run the workload."""
    return proving.proof_on_new(session, design, request)
