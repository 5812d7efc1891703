"""What a change stream tells is read event by event; what it cannot tell is an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from bson import Timestamp

from tablewright.core.errors import EngineError
from tablewright.engines.mongodb.streams import changes
from tablewright.evaluation.doors import ChangeRecord


class Stream:
    """A stream that has some events and then none."""

    def __init__(self, *events: dict[str, Any]) -> None:
        self.events = list(events)

    def try_next(self) -> dict[str, Any] | None:
        return self.events.pop(0) if self.events else None


class Watched:
    """A database whose stream has some events; it keeps what was asked of it."""

    def __init__(self, *events: dict[str, Any]) -> None:
        self.stream = Stream(*events)
        self.asked: tuple[Any, dict[str, Any]] = ([], {})

    @contextmanager
    def watch(self, stages: Any, **options: Any) -> Iterator[Stream]:
        self.asked = (stages, options)
        yield self.stream


def event(kind: str, number: int, **more: Any) -> dict[str, Any]:
    place = {"db": "shop", "coll": "notes"}
    token = {"_data": f"8{number}"}
    return {"operationType": kind, "_id": token, "ns": place, "documentKey": {"_id": "n1"}, **more}


def test_a_document_that_came_changed_and_went() -> None:
    at = Timestamp(1_700_000_000, 1)
    watched = Watched(
        event("insert", 1, fullDocument={"_id": "n1", "title": "a"}, clusterTime=at),
        event("update", 2, fullDocument={"_id": "n1", "title": "b"}, clusterTime=at),
        event("delete", 3, clusterTime=at),
    )
    came, changed, went = changes(watched, ["notes"], '{"_data": "80"}')
    assert came == ChangeRecord(
        container="notes",
        before=None,
        after={"_id": "n1", "title": "a"},
        position='{"_data": "81"}',
        seconds=1_700_000_000.0,
    )
    assert (changed.before, changed.after) == ({"_id": "n1"}, {"_id": "n1", "title": "b"})
    assert (went.before, went.after) == ({"_id": "n1"}, None)
    stages, options = watched.asked
    assert stages == [{"$match": {"ns.coll": {"$in": ["notes"]}}}]
    assert options["resume_after"] == {"_data": "80"}


def test_an_event_without_a_time_has_none() -> None:
    (change,) = changes(Watched(event("delete", 1)), ["notes"], '{"_data": "80"}')
    assert change.seconds is None


def test_what_was_deleted_again_before_it_was_looked_up_has_no_document() -> None:
    (change,) = changes(Watched(event("update", 1, fullDocument=None)), ["notes"], "{}")
    assert change.after is None


def test_an_index_that_is_made_is_no_change_of_a_document() -> None:
    assert list(changes(Watched(event("createIndexes", 1)), ["notes"], "{}")) == []


def test_a_collection_that_is_dropped_cannot_be_followed() -> None:
    with pytest.raises(EngineError, match="notes met a drop"):
        list(changes(Watched(event("drop", 1)), ["notes"], "{}"))
