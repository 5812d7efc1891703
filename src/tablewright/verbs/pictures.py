"""The picture of a design: what lies where, and which access pattern goes there.

In: the description of a design and the routes of its patterns. Out: a PictureView.
"""

from __future__ import annotations

from tablewright.core.frozen import frozen
from tablewright.evaluation.description import (
    ContainerDescription,
    DesignDescription,
    EngineTerms,
    IndexDescription,
    RecordDescription,
)
from tablewright.evaluation.values import Route
from tablewright.verbs.bill_rows import same_resource


@frozen
class IndexPicture:
    """An index, and the patterns that read it."""

    name: str
    key: str
    projection: str
    is_local: bool
    patterns: tuple[str, ...]


@frozen
class ContainerPicture:
    """A table or collection, what lies in it, and which pattern goes where."""

    name: str
    key: str
    settings: tuple[tuple[str, str], ...]
    records: tuple[RecordDescription, ...]
    patterns: tuple[str, ...]
    indexes: tuple[IndexPicture, ...]


@frozen
class PictureView:
    """A design as a picture."""

    design: str
    engine: str
    terms: EngineTerms
    settings: tuple[tuple[str, str], ...]
    containers: tuple[ContainerPicture, ...]


def picture_view(description: DesignDescription, routes: tuple[Route, ...]) -> PictureView:
    """Return the picture of a design with the patterns that its parts serve."""
    return PictureView(
        design=description.design,
        engine=description.engine,
        terms=description.terms,
        settings=description.settings,
        containers=tuple(_container(c, routes) for c in description.containers),
    )


def _container(container: ContainerDescription, routes: tuple[Route, ...]) -> ContainerPicture:
    return ContainerPicture(
        name=container.name,
        key=container.key,
        settings=container.settings,
        records=container.records,
        patterns=_patterns_at(container.name, routes),
        indexes=tuple(_index(container.name, index, routes) for index in container.indexes),
    )


def _index(container: str, index: IndexDescription, routes: tuple[Route, ...]) -> IndexPicture:
    return IndexPicture(
        name=index.name,
        key=index.key,
        projection=index.projection,
        is_local=index.is_local,
        patterns=_patterns_at(f"{container}/{index.name}", routes),
    )


def _patterns_at(resource: str, routes: tuple[Route, ...]) -> tuple[str, ...]:
    """Return the patterns that send a request there; index maintenance is sent by none."""
    return tuple(
        route.pattern
        for route in routes
        if any(same_resource(request.target, resource) for request in route.requests)
    )


def container_facts(container: ContainerPicture) -> tuple[str, ...]:
    """Return the key of a container and how it is billed, for a line of text."""
    return tuple(text for text in (container.key, dict(container.settings).get("capacity")) if text)
