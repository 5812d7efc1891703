"""Every shipped design gives back, record by record, the instances that it stores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from applications import session_of
from tablewright import apps
from tablewright.core.errors import EngineError, UnsupportedError
from tablewright.evaluation.doors import Codec, RecordKind
from tablewright.operate.seed import RecordsToSeed, records_of
from tablewright.sample.sample import Sample
from tablewright.session import Session

USERS = 30
MOST = 200
"""Instances of an entity that are stored and read back."""
MOST_CHILDREN = 6_000
"""Children in the records of their parents: of the calls of LLM Proxy each user has 1,800."""


Instances = dict[tuple[str, tuple[Any, ...]], dict[str, Any]]


def stored_designs() -> Iterator[tuple[str, tuple[Session, Codec]]]:
    for session in map(session_of, apps.NAMES):
        for design in session.designs:
            try:
                connector = session.engines[design.engine].connector
            except UnsupportedError:
                continue
            codec = connector.codec(session.model, design)
            yield f"{session.model.app}-{design.name}", (session, codec)


STORED = dict(stored_designs())


@pytest.fixture(scope="module", params=STORED)
def read_back(request: pytest.FixtureRequest) -> tuple[Session, Codec, Sample, Instances]:
    """A design, and what is read back of the records that it stores; drawn once for its tests."""
    session, codec = STORED[request.param]
    sample = Sample(session.model)
    return session, codec, sample, merged(codec, sample)


def stored(codec: Codec, sample: Sample, entity: str) -> int:
    """Return how many instances of an entity are stored: fewer where each holds many children."""
    count = sample.count(entity, USERS)
    for name in codec.embedded:
        if sample.model.entity(name).parent == entity:
            each = -(-sample.count(name, USERS) // count)
            count = min(count, MOST_CHILDREN // each)
    return min(MOST, count)


def merged(codec: Codec, sample: Sample) -> Instances:
    """Return the attributes that all stored records tell of each instance."""
    instances: Instances = {}
    for kind in codec.kinds:
        count = stored(codec, sample, kind.entity)
        part = RecordsToSeed(kind=kind, instances=count, units=None)
        for records in records_of(codec, sample, part, 0, USERS):
            for record in records:
                for fragment in codec.decode(record.container, record.content):
                    if fragment.is_copy:
                        continue
                    key = (fragment.entity, fragment.identity)
                    instances.setdefault(key, {}).update(fragment.attributes)
    return instances


def test_what_was_stored_is_read_back_as_it_was(
    read_back: tuple[Session, Codec, Sample, Instances],
) -> None:
    session, codec, sample, instances = read_back
    checked = 0
    for name in {kind.entity for kind in codec.kinds if not kind.is_copy}:
        entity = session.model.entity(name)
        hidden = codec.unreadable(name)
        for row in sample.rows(name, 0, stored(codec, sample, name), USERS):
            identity = tuple(row.get(key) for key in entity.key)
            expected = {k: v for k, v in row.items() if v is not None and k not in hidden}
            actual = instances[name, identity]
            assert {k: v for k, v in actual.items() if v is not None} == expected
            assert {k: type(v) for k, v in actual.items() if isinstance(v, bool)} == {
                k: type(v) for k, v in expected.items() if isinstance(v, bool)
            }
            checked += 1
    assert checked >= (3 if codec.embedded else USERS)
    assert len(instances) >= USERS


def test_children_in_a_parents_record_are_read_back(
    read_back: tuple[Session, Codec, Sample, Instances],
) -> None:
    session, codec, sample, instances = read_back
    for name in codec.embedded:
        entity = session.model.entity(name)
        for parent in range(stored(codec, sample, entity.parent or "")):
            children = sample.children(name, parent, USERS)
            for row in sample.rows(name, children.start, children.stop, USERS):
                identity = tuple(row.get(key) for key in entity.key)
                expected = {k: v for k, v in row.items() if v is not None}
                assert instances[name, identity] == expected


@pytest.mark.parametrize(("session", "codec"), STORED.values(), ids=STORED)
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


@pytest.mark.parametrize(("session", "codec"), STORED.values(), ids=STORED)
def test_a_record_of_no_known_kind_is_an_error(session: Session, codec: Codec) -> None:
    kind: RecordKind = codec.kinds[0]
    with pytest.raises(EngineError, match="of no kind"):
        list(codec.decode(kind.container, {"no such name": {"S": "x"}}))
