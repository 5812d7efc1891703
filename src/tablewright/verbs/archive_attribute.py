"""`archive --attribute`: one attribute of old instances moves out of a database, and back.

In: a session, a design, a target, an entity and its attribute, a place. Out: an ArchiveView. Where
records of their own keep the attribute these move as they are; else the value is removed by an
update that holds only while the value is the one that was archived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tablewright.core.diagnostics import nearest
from tablewright.core.errors import EngineError, UsageError
from tablewright.core.frozen import frozen
from tablewright.design.values import Design
from tablewright.evaluation.doors import Adapter, Codec, RecordKind, Target
from tablewright.model.values import Condition, Entity, Kind, Pattern, Rate, Verb
from tablewright.operate.archive.attributes import AttributeName, AttributeRun, put_back
from tablewright.operate.archive.moving import Moved, read_back
from tablewright.operate.archive.places import place_of
from tablewright.operate.exports.manifest import read_manifest
from tablewright.operate.provision import require_containers
from tablewright.sample.calls import no_children
from tablewright.session import Session
from tablewright.store.failures import ConditionFailed, NotFound
from tablewright.store.serving import served_patterns
from tablewright.store.store import Store
from tablewright.verbs.archive import (
    ArchiveChoice,
    Archiving,
    Subject,
    entity_named,
)
from tablewright.verbs.database import opened

REMOVE, GIVE = "archiveRemoves", "archiveGivesBack"
_VALUES: dict[Kind, Any] = {Kind.MAP: {"v": "x"}, Kind.TEXT: "x", Kind.LIST: ["x"]}
"""Values that show which records keep an attribute."""


def attribute_of_instances(session: Session, choice: ArchiveChoice) -> Subject:
    """Return one attribute of the instances of an entity as what is moved.

    Raises:
        UsageError: there is no such attribute, or it cannot be moved by itself.
    """
    entity = entity_named(session, choice.entity)
    subject = _subject(entity, choice.attribute)

    def move(archiving: Archiving) -> tuple[Moved, Decimal | None]:
        kinds = _own_records(archiving.adapter, entity, subject.attribute)
        if kinds:
            return archiving.records(entity, kinds), None
        return _values(archiving, subject)

    return Subject(name=subject.container, move=move)


def _values(archiving: Archiving, subject: AttributeName) -> tuple[Moved, Decimal]:
    """Move values that are stored among others; return the write units of removing them too."""
    store = _store(archiving.session, archiving.design, archiving.adapter, subject)
    run = AttributeRun(
        model=archiving.session.model,
        adapter=archiving.adapter,
        subject=subject,
        age=archiving.age,
        before=archiving.before,
        place=archiving.place,
        folder=archiving.folder,
        blank=archiving.blank_manifest(),
        remove=lambda key, value: _done(store, REMOVE, {**key, f"if_{subject.attribute}": value}),
        show=archiving.show,
    )
    return archiving.moved(run), run.rewritten_units


def _subject(entity: Entity, attribute: str) -> AttributeName:
    known = entity.find(attribute)
    if known is None:
        close = nearest(attribute, list(entity.names))
        raise UsageError(
            f"{entity.name} has no attribute `{attribute}`",
            remedy=f"did you mean `{close}`?" if close else f"it has {', '.join(entity.names)}",
        )
    if attribute in entity.key:
        raise UsageError(
            f"{attribute} is part of the key of {entity.name}",
            remedy="leave --attribute out: the whole instance moves",
        )
    return AttributeName(entity=entity.name, attribute=attribute)


def _own_records(adapter: Adapter, entity: Entity, attribute: str) -> tuple[RecordKind, ...]:
    """Return the kinds of records that keep an attribute and, beside the key, nothing else.

    Where no other record says that the instance is there, they keep more than the attribute.

    Raises:
        UsageError: the attribute is kept among others in a form that is not read back.
    """
    codec = adapter.codec
    value = _VALUES.get(entity.attribute(attribute).kind)
    row = _any_instance(adapter, entity)
    if row is None:
        return ()
    kinds = []
    every = [kind for kind in codec.kinds if kind.entity == entity.name and not kind.is_copy]
    if value is not None:
        without = {name: each for name, each in row.items() if name != attribute}
        key = {name: row[name] for name in entity.key}
        for kind in every:
            alone = _contents(codec, entity, {**key, attribute: value}, kind)
            if alone == _contents(codec, entity, {**without, attribute: value}, kind) and (
                alone != _contents(codec, entity, without, kind)
            ):
                kinds.append(kind)
    if len(kinds) == len(every):
        kinds = []
    if not kinds and attribute in codec.unreadable(entity.name):
        raise UsageError(
            f"{attribute} is stored among others in a form that is not read back",
            remedy="give it records of its own in the design (`of:` with `attributes:`), then "
            "tablewright migrate",
        )
    return tuple(kinds)


def _contents(
    codec: Codec, entity: Entity, row: Mapping[str, Any], kind: RecordKind
) -> list[Mapping[str, Any]]:
    try:
        return [record.content for record in codec.encode(entity.name, row, no_children, kind)]
    except (EngineError, KeyError):
        return []


def _any_instance(adapter: Adapter, entity: Entity) -> Mapping[str, Any] | None:
    """Return the fullest of the first records of an entity; None where there is none."""
    best: Mapping[str, Any] | None = None
    for container in sorted({k.container for k in adapter.codec.kinds if k.entity == entity.name}):
        for _, page in adapter.scan(container):
            for content in page:
                for fragment in adapter.codec.decode(container, content):
                    row = fragment.attributes
                    is_ours = fragment.entity == entity.name and not fragment.is_copy
                    if is_ours and (best is None or len(row) > len(best)):
                        best = row
            if best is not None:
                break
    return best


def _store(session: Session, design: Design, adapter: Adapter, subject: AttributeName) -> Store:
    """Return a store with the two updates of an archive.

    Raises:
        UsageError: the design cannot change the attribute by itself.
    """
    entity, name = session.model.entity(subject.entity), subject.attribute
    shared: dict[str, Any] = {
        "verb": Verb.UPDATE,
        "entity": entity.name,
        "rate": Rate(per_day=Decimal(0), per="total"),
        "where": tuple(Condition(attribute=part) for part in entity.key),
        "condition_on": (name,),
    }
    absent = (Condition(attribute=name, operator="absent"),)
    patterns = (
        Pattern(name=REMOVE, removes=(name,), condition=name, **shared),
        Pattern(
            name=GIVE,
            sets=(name,),
            condition=f"{name} absent",
            condition_tests=absent,
            **shared,
        ),
    )
    model = replace(session.model, patterns=patterns)
    engine = session.engine_of(design)
    served, evaluation = served_patterns(
        engine, model, design, session.users, session.book(), session.region
    )
    for pattern in patterns:
        if served[pattern.name].refusal:
            raise UsageError(
                f"{subject.container} cannot be moved by itself: {served[pattern.name].refusal}",
                remedy="leave --attribute out: whole instances move",
            )
    return Store(
        model=model, evaluation=replace(evaluation, model=model), served=served, adapter=adapter
    )


def _done(store: Store, pattern: str, arguments: Mapping[str, Any]) -> bool:
    """Run one of the updates; False where its condition does not hold."""
    try:
        store.call(pattern, arguments)
    except (ConditionFailed, NotFound):
        return False
    return True


@frozen
class PutBackView:
    """What came of giving values of an archive back."""

    app: str
    design: str
    where: str
    place: str
    subject: str
    given: int
    kept: int
    """Values whose instance is gone, or has another value by now."""


def put_attribute_back(
    session: Session,
    design: str,
    target: Target,
    choice: ArchiveChoice,
    *,
    announce: Callable[[Any], None] | None = None,
) -> PutBackView:
    """Give archived values, which are in the place of a choice, back to instances that have none.

    Raises:
        UsageError: there is no archive of the attribute.
        DataError: a file was changed.
        EngineError: the database or the place refused.
    """
    chosen = session.design(design)
    subject = _subject(entity_named(session, choice.entity), choice.attribute)
    place = place_of(choice.to, endpoint=choice.endpoint, profile=target.profile)
    given = kept = 0
    with (
        TemporaryDirectory(prefix="tablewright-archive-") as scratch,
        opened(session, chosen, target, announce=announce) as adapter,
    ):
        require_containers(adapter, session.model.app)
        runs = read_back(place, Path(scratch) / "runs", session.model.app)
        ours = [folder for folder, m in runs if subject.container in m.containers]
        if not ours:
            raise UsageError(
                f"{place.description} holds no values of {subject.container}",
                remedy="records of their own come back by `archive --read`, then `import`",
            )
        store = _store(session, chosen, adapter, subject)
        for folder in map(Path, ours):
            counts = put_back(
                folder,
                read_manifest(folder),
                subject,
                lambda key, value: _done(store, GIVE, _given(session, subject, key, value)),
            )
            given, kept = given + counts[0], kept + counts[1]
        where = adapter.description
    return PutBackView(
        app=session.model.app,
        design=chosen.name,
        where=where,
        place=place.description,
        subject=subject.container,
        given=given,
        kept=kept,
    )


def _given(
    session: Session, subject: AttributeName, document: Mapping[str, Any], value: Any
) -> dict[str, Any]:
    key = session.model.entity(subject.entity).key
    return {**{name: document[name] for name in key}, subject.attribute: value}
