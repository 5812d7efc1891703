"""Planned designs run on the local engine: every answer right, every prediction as metered."""

from __future__ import annotations

import os
import re

import pytest

from dynamo_proofs import proof_in_memory
from plan_models import family_text, model_text
from tablewright import read_model
from tablewright.apps import read
from tablewright.design.sections import with_section
from tablewright.session import Options, Session
from tablewright.verbs.plan import plan
from tablewright.verbs.prove import ProofRequest

SHORT = ("mongocollectibles",)
LONG = ("screen-time-journey", "llm-proxy", "auxeira", "poafix")
FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"


@pytest.mark.parametrize("app", SHORT + LONG if FULL else SHORT)
def test_the_planned_design_of_an_application_is_proved(app):
    session = Session(file=read_model(read(app), f"{app}.yaml"), options=Options())
    design = plan(session, explained=False).design
    wanted = ProofRequest(users=100, requests=1500 if FULL else 300)
    proof = proof_in_memory(session, design, wanted, lambda text: None)
    assert proof.is_right
    assert proof.agrees


@pytest.mark.skipif(not FULL, reason="takes half a minute: part of test-all")
def test_tables_joined_into_one_are_proved():
    # Items of users, guards and receipts under one key; usage expires and stays apart.
    stated = read("llm-proxy")
    text = stated.replace("options: {", "options: {single_table: prefer, ", 1)
    assert text != stated
    session = Session(file=read_model(text, "joined.yaml"), options=Options())
    design = plan(session, explained=False).design
    assert len(design.tables) == 2
    wanted = ProofRequest(users=20, requests=200)
    proof = proof_in_memory(session, design, wanted, lambda text: None)
    assert proof.is_right
    assert proof.agrees


@pytest.mark.parametrize("seed", [1, 3])
def test_planned_children_inside_their_parents_are_proved(seed):
    session = Session(file=read_model(family_text(seed), "made.yaml"), options=Options())
    result = plan(session, explained=False)
    design = result.design
    assert any(s.embeds for t in design.tables for s in t.shapes)
    text = with_section(session.file.source, "planned", result.section)
    assert read_model(text, "again.yaml").design("planned") == design
    wanted = ProofRequest(users=60, requests=300)
    proof = proof_in_memory(session, design, wanted, lambda text: None)
    assert proof.is_right
    assert proof.agrees


def test_planned_attributes_in_object_storage_are_proved():
    text = model_text(1, patterns=5).replace(
        "entities:", "options: {object_storage: allow}\nentities:"
    )
    text = re.sub(r"text\(\d+\)", "text(28000)", text)
    session = Session(file=read_model(text, "made.yaml"), options=Options())
    design = plan(session, explained=False).design
    assert any(s.offload for t in design.tables for s in t.shapes)
    proof = proof_in_memory(
        session, design, ProofRequest(users=20, requests=200), lambda text: None
    )
    assert proof.is_right
    assert proof.agrees
