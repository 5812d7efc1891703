"""Every shipped design gives back, record by record, the instances that it stores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tablewright import apps, read_model
from tablewright.core.errors import EngineError, UnsupportedError
from tablewright.evaluation.doors import Codec, RecordKind
from tablewright.operate.seed import RecordsToSeed, records_of
from tablewright.sample.sample import Sample
from tablewright.session import Options, Session

USERS = 30
MOST = 200
"""Instances of an entity that are stored and read back."""


def sessions() -> Iterator[Session]:
    for name in apps.NAMES:
        yield Session(read_model(apps.read(name), f"{name}.yaml"), Options())


def stored_designs() -> Iterator[Any]:
    for session in sessions():
        for design in session.designs:
            try:
                connector = session.engines[design.engine].connector
            except UnsupportedError:
                continue
            codec = connector.codec(session.model, design)
            name = f"{session.model.app}-{design.name}"
            yield pytest.param(session, codec, id=name)


def merged(
    session: Session, codec: Codec, sample: Sample
) -> dict[tuple[str, tuple[Any, ...]], dict[str, Any]]:
    """Return the attributes that all stored records tell of each instance."""
    instances: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = {}
    for kind in codec.kinds:
        count = min(MOST, sample.count(kind.entity, USERS))
        part = RecordsToSeed(kind=kind, instances=count, units=None)
        for records in records_of(codec, sample, part, 0, USERS):
            for record in records:
                for fragment in codec.decode(record.container, record.content):
                    if fragment.is_copy:
                        continue
                    key = (fragment.entity, fragment.identity)
                    instances.setdefault(key, {}).update(fragment.attributes)
    return instances


@pytest.mark.parametrize(("session", "codec"), list(stored_designs()))
def test_what_was_stored_is_read_back_as_it_was(session: Session, codec: Codec) -> None:
    sample = Sample(session.model)
    instances = merged(session, codec, sample)
    checked = 0
    for name in {kind.entity for kind in codec.kinds if not kind.is_copy}:
        entity = session.model.entity(name)
        hidden = codec.unreadable(name)
        for row in sample.rows(name, 0, min(MOST, sample.count(name, USERS)), USERS):
            identity = tuple(row.get(key) for key in entity.key)
            expected = {k: v for k, v in row.items() if v is not None and k not in hidden}
            actual = instances[name, identity]
            assert {k: v for k, v in actual.items() if v is not None} == expected
            assert {k: type(v) for k, v in actual.items() if isinstance(v, bool)} == {
                k: type(v) for k, v in expected.items() if isinstance(v, bool)
            }
            checked += 1
    assert checked >= USERS


@pytest.mark.parametrize(("session", "codec"), list(stored_designs()))
def test_children_in_a_parents_record_are_read_back(session: Session, codec: Codec) -> None:
    sample = Sample(session.model)
    instances = merged(session, codec, sample)
    for name in codec.embedded:
        entity = session.model.entity(name)
        parents = min(MOST, sample.count(entity.parent or "", USERS))
        for parent in range(parents):
            children = sample.children(name, parent, USERS)
            for row in sample.rows(name, children.start, children.stop, USERS):
                identity = tuple(row.get(key) for key in entity.key)
                expected = {k: v for k, v in row.items() if v is not None}
                assert instances[name, identity] == expected


@pytest.mark.parametrize(("session", "codec"), list(stored_designs()))
def test_a_record_that_was_written_does_not_differ_from_itself(
    session: Session, codec: Codec
) -> None:
    sample = Sample(session.model)
    for kind in codec.kinds:
        part = RecordsToSeed(
            kind=kind, instances=min(5, sample.count(kind.entity, USERS)), units=None
        )
        for records in records_of(codec, sample, part, 0, USERS):
            if records:
                assert codec.differences(records, [r.content for r in records]) == ()
                assert codec.differences(records, [None for _ in records]) != ()


@pytest.mark.parametrize(("session", "codec"), list(stored_designs()))
def test_a_record_of_no_known_kind_is_an_error(session: Session, codec: Codec) -> None:
    kind: RecordKind = codec.kinds[0]
    with pytest.raises(EngineError, match="of no kind"):
        list(codec.decode(kind.container, {"no such name": {"S": "x"}}))
