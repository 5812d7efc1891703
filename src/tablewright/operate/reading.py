"""Read one side of a migration into its staging file: page by page, each read once.

In: an adapter, a transform, a staging file. Out: whole instances with digests; of the source also
what would go wrong with each. An instance that is one record is complete as soon as that is read;
the others wait as fragments until all have been read, and are then merged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from tablewright.core.errors import EngineError
from tablewright.design.migrations import (
    COLLISION,
    DIFFERENT_COPIES,
    NO_PARENT,
    NO_PLACE,
    UNREADABLE,
    MoveDecision,
    Renaming,
)
from tablewright.evaluation.doors import Adapter, Codec, Fragment
from tablewright.migrate import canonical
from tablewright.migrate.transform import Instance, MoveProblem, Transform, explained, identity_text
from tablewright.operate.pace import Pace, PacedWork
from tablewright.operate.seed import by_dependence
from tablewright.operate.staged_rows import Staged, staged
from tablewright.operate.staging import SOURCE, Staging

MERGED_AT_ONCE = 1_000

Progress = Callable[[str, int, int | None, str], None]
"""Told the phase, how much is done, of how much (None where that is not known), and where."""


class Reader:
    """Reads records of one side, and keeps instances."""

    def __init__(
        self,
        side: str,
        adapter: Adapter,
        transform: Transform,
        staging: Staging,
        progress: Progress | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.work = PacedWork(adapter, pace or Pace(), "read")
        self.side, self.adapter, self.staging = side, adapter, staging
        self.transform, self.progress = transform, progress
        self.codec = transform.source if side == SOURCE else transform.target
        self.renaming = transform.renaming if side == SOURCE else Renaming()
        model = transform.model
        self.entities = by_dependence(model)
        self.single = single_records(self.codec)
        self.at_once = frozenset(n for n in self.entities if not transform.has_embedded(n))
        self._parent_keys = {
            entity.name: model.entity(entity.parent).key if entity.parent is not None else ()
            for entity in model.entities
        }

    def read(self) -> int:
        """Read every record that is not read yet; return how many there are."""
        records = 0
        for container in containers_of(self.codec):
            after, done, is_finished = self.staging.position(f"read {self.side}", container)
            if not is_finished:
                done = self._read_container(container, after, done)
            records += done
        self.settle()
        return records

    def settle(self) -> None:
        """Put together what was read; of the source, check what has to be whole for that."""
        self.merge_all()
        if self.side == SOURCE:
            for entity in self.entities:
                self._check_families(entity)
            self._check_orphans()

    def merge_all(self) -> None:
        """Put together what is scattered over several records."""
        for entity in self.entities:
            self._merge(entity)

    # ------------------------------------------------------------ pages

    def _read_container(self, container: str, after: Any, done: int) -> int:
        self.work.begin()
        for position, contents in self.adapter.scan(container, after=after):
            self.work.end(len(contents))
            fragments, unreadable = decoded_page(self.codec, self.renaming, container, contents)
            done += len(contents)
            with self.staging.transaction():
                self.keep(fragments)
                self.keep_unreadable(container, unreadable)
                self.staging.keep_position(
                    f"read {self.side}", container, position, done, is_finished=position is None
                )
            self._say(f"read {self.side}", done, None, container)
            self.work.begin()
        return done

    def decoded(self, container: str, contents: Iterable[Mapping[str, Any]]) -> list[Fragment]:
        """Return what records of a container say; what cannot be read is passed over."""
        return decoded_page(self.codec, self.renaming, container, contents)[0]

    def unreadable(self, container: str, content: Mapping[str, Any], reason: str) -> bool:
        """Do with a record that cannot be read what was decided; return whether anything was."""
        if self.transform.answer(UNREADABLE, container) is None:
            return False
        self.keep_unreadable(container, [(content, reason)])
        return True

    def replace(self, entity: str, instance: Instance) -> tuple[MoveProblem, ...]:
        """Put an instance in the place of what is kept; return the problems nobody decided on."""
        identity = identity_text(instance.identity)
        self.staging.forget_problems(entity, identity)
        self._keep_whole(entity, [instance], replaces=True, is_family=True)
        return self.staging.problems_of(entity, identity)

    def keep_unreadable(
        self, container: str, unreadable: Sequence[tuple[Mapping[str, Any], str]]
    ) -> None:
        """Do with records that cannot be read what was decided, else note them as problems."""
        if self.side != SOURCE or not unreadable:
            return
        answer = self.transform.answer(UNREADABLE, container)
        if answer is None:
            self.staging.add_problems(
                MoveProblem(kind=UNREADABLE, entity=container, detail=detail)
                for _, detail in unreadable
            )
        elif answer.action is MoveDecision.QUARANTINE:
            for content, detail in unreadable:
                body = json.dumps(content, default=str, sort_keys=True).encode()
                identity = canonical.short([container, body]).hex()
                self.staging.reject(container, identity, detail, body)

    def keep(self, fragments: Iterable[Fragment]) -> None:
        """Keep fragments of a page, inside a transaction: as instances where they are whole."""
        complete: dict[str, list[Instance]] = {}
        parts: list[Fragment] = []
        for fragment in fragments:
            if fragment.entity in self.single and fragment.identity:
                instance = self.transform.merged((fragment,), completes=self.side == SOURCE)
                complete.setdefault(fragment.entity, []).append(instance)
            else:
                parts.append(fragment)
        for entity, instances in complete.items():
            repeated = self._keep_whole(entity, instances)
            parts += [part for part in repeated if not self._known(part)]
        if parts:
            self.staging.add_fragments(self.side, parts)

    def _known(self, part: Fragment) -> bool:
        """Whether an instance that came again says nothing new: a scan may show a record twice."""
        row = self.staging.instance(self.side, part.entity, identity_text(part.identity))
        return row is not None and canonical.encoded(row) == canonical.encoded(part.attributes)

    def _keep_whole(
        self,
        entity: str,
        instances: Sequence[Instance],
        *,
        replaces: bool = False,
        is_family: bool = False,
    ) -> Iterable[Fragment]:
        """Keep whole instances; return those that were kept before, as fragments."""
        hidden, parent_key = self.transform.hidden(entity), self._parent_keys[entity]
        staged_rows = [staged(entity, each, parent_key, hidden) for each in instances]
        if self.side != SOURCE:
            settled: Sequence[Staged] = staged_rows
        elif is_family or entity in self.at_once:
            settled = self._checked(entity, instances, staged_rows)
        else:  # their children are not here yet
            problems = [p for each in instances for p in each.problems]
            remaining, _ = self._settled([p for p in problems if p.kind == DIFFERENT_COPIES])
            self.staging.add_problems(remaining)
            settled = staged_rows
        again = self.staging.add_instances(self.side, entity, settled, replaces=replaces)
        return [
            Fragment(
                entity=entity,
                identity=tuple(canonical.decode(each.identity)),
                attributes=canonical.decode(each.body),
            )
            for each in again
        ]

    def _merge(self, entity: str) -> None:
        phase = f"merge {self.side}"
        after, done, is_finished = self.staging.position(phase, entity)
        if is_finished:
            return
        groups = self.staging.grouped(self.side, entity, after or "")
        while True:
            chunk = list(islice(groups, MERGED_AT_ONCE))
            done += len(chunk)
            is_finished = len(chunk) < MERGED_AT_ONCE
            with self.staging.transaction():
                for identity, _ in chunk:
                    if self.side == SOURCE:
                        self.staging.forget_problems(entity, identity)
                completes = self.side == SOURCE
                merged = [self.transform.merged(f, completes=completes) for _, f in chunk]
                self._keep_whole(entity, merged, replaces=True)
                last = chunk[-1][0] if chunk else after or ""
                self.staging.keep_position(phase, entity, last, done, is_finished=is_finished)
            if is_finished:
                return

    # ------------------------------------------------------------ checks of the source

    def _checked(
        self,
        entity: str,
        instances: Sequence[Instance],
        staged_rows: Sequence[Staged],
    ) -> list[Staged]:
        """Try the transform on instances; note problems, and reject what is to be rejected."""
        problems: list[MoveProblem] = []
        rejections: dict[str, list[MoveProblem]] = {}
        claims: list[tuple[bytes, str]] = []
        is_top = entity in self.transform.top_entities
        is_embedded = entity in self.transform.target.embedded
        for instance, each in zip(instances, staged_rows, strict=True):
            identity = each.identity
            problems_here = instance.problems
            records: Sequence[Any] = ()
            if is_top:
                children = partial(self.children, entity, instance.attributes)
                records, problems_here = self.transform.tried(instance, identity, children)
            elif not is_embedded:
                problems_here = (MoveProblem(kind=NO_PLACE, entity=entity, identity=identity),)
            open_problems, reasons = self._settled(problems_here)
            problems += open_problems
            if reasons:
                rejections[identity] = reasons
            elif records:
                claims += self.transform.claims(identity, records)
        self._claim(entity, claims, problems, rejections)
        self.staging.add_problems(problems)
        return self._rejected(entity, staged_rows, rejections)

    def _settled(
        self, problems: Sequence[MoveProblem]
    ) -> tuple[list[MoveProblem], list[MoveProblem]]:
        """Return the problems nobody decided on, and those for which an instance is left out."""
        remaining: list[MoveProblem] = []
        reasons: list[MoveProblem] = []
        for problem in problems:
            answer = self.transform.answer(problem.kind, problem.entity, problem.attribute)
            if answer is None or answer.action is MoveDecision.DEFAULT:
                remaining.append(problem)
            elif answer.action is MoveDecision.QUARANTINE or problem.kind in (NO_PLACE, NO_PARENT):
                reasons.append(problem)
        return remaining, reasons

    def _claim(
        self,
        entity: str,
        claims: Sequence[tuple[bytes, str]],
        problems: list[MoveProblem],
        rejections: dict[str, list[MoveProblem]],
    ) -> None:
        for _, owner, _ in self.staging.claim_keys(claims):
            kind, _, identity = owner.partition(" ")
            problem = MoveProblem(
                kind=COLLISION, entity=entity, identity=identity, detail=f"as {kind}"
            )
            remaining, reasons = self._settled((problem,))
            problems += remaining
            if reasons:
                rejections.setdefault(identity, []).extend(reasons)

    def _rejected(
        self,
        entity: str,
        staged_rows: Sequence[Staged],
        rejections: Mapping[str, Sequence[MoveProblem]],
    ) -> list[Staged]:
        if not rejections:
            return list(staged_rows)
        settled: list[Staged] = []
        for each in staged_rows:
            reasons = rejections.get(each.identity, ())
            for problem in reasons:
                self._put_aside(problem, each.identity, each.body)
            settled.append(
                Staged(
                    each.identity, each.parent, each.body, each.digest, is_rejected=bool(reasons)
                )
            )
        return settled

    def _put_aside(self, problem: MoveProblem, identity: str, body: bytes) -> None:
        """Put an instance into quarantine, unless it was decided that it stays behind."""
        answer = self.transform.answer(problem.kind, problem.entity, problem.attribute)
        if answer is not None and answer.action is MoveDecision.DROP:
            return
        reason = explained(problem.kind, problem.entity, problem.attribute, problem.detail)
        self.staging.reject(problem.entity, identity, reason, body)

    def children(self, parent: str, row: Mapping[str, Any], entity: str) -> list[dict[str, Any]]:
        """Return the kept children of an instance."""
        keys = self.transform.model.entity(parent).key
        identity = identity_text(tuple(row.get(name) for name in keys))
        return self.staging.children(self.side, entity, identity)

    def _check_families(self, entity: str) -> None:
        """DryRun the instances that are stored with their children inside."""
        after, done, is_finished = self.staging.position("check", entity)
        if is_finished or entity in self.at_once:
            return
        total = self.staging.count(SOURCE, entity)
        instances = self.staging.instances(SOURCE, entity, after or 0)
        while True:
            chunk = list(islice(instances, MERGED_AT_ONCE))
            is_finished = len(chunk) < MERGED_AT_ONCE
            with self.staging.transaction():
                self._check_chunk(entity, chunk)
                done += len(chunk)
                last = chunk[-1][0] if chunk else after or 0
                self.staging.keep_position("check", entity, last, done, is_finished=is_finished)
            self._say("check", done, total, entity)
            if is_finished:
                return

    def _check_chunk(self, entity: str, chunk: Sequence[tuple[int, str, dict[str, Any]]]) -> None:
        instances = [
            self.transform.merged(
                (Fragment(entity=entity, identity=tuple(canonical.decode(i)), attributes=row),)
            )
            for _, i, row in chunk
        ]
        hidden, parent_key = self.transform.hidden(entity), self._parent_keys[entity]
        staged_rows = [staged(entity, each, parent_key, hidden) for each in instances]
        for each in self._checked(entity, instances, staged_rows):
            if each.is_rejected:
                self.staging.mark_rejected(entity, each.identity)

    def _check_orphans(self) -> None:
        """Note the instances that the target stores inside a parent which does not exist."""
        if self.staging.position("check", "orphans")[2]:
            return
        with self.staging.transaction():
            for entity in sorted(self.transform.target.embedded):
                parent = self.transform.model.entity(entity).parent
                if parent is None:
                    continue
                for identity in self.staging.orphans(SOURCE, entity, parent):
                    problem = MoveProblem(kind=NO_PARENT, entity=entity, identity=identity)
                    self.note_problem(problem)
            self.staging.keep_position("check", "orphans", None, 0, is_finished=True)

    def note_problem(self, problem: MoveProblem) -> None:
        """Do with an instance that is kept what was decided of a problem, else note that."""
        remaining, reasons = self._settled((problem,))
        self.staging.add_problems(remaining)
        for reason in reasons:
            row = self.staging.instance(SOURCE, problem.entity, problem.identity) or {}
            self._put_aside(reason, problem.identity, canonical.encoded(row))
            self.staging.mark_rejected(problem.entity, problem.identity)

    def _say(self, phase: str, done: int, total: int | None, place: str) -> None:
        if self.progress is not None:
            self.progress(phase, done, total, place)


def decoded_page(
    codec: Codec, renaming: Renaming, container: str, contents: Iterable[Mapping[str, Any]]
) -> tuple[list[Fragment], list[tuple[Mapping[str, Any], str]]]:
    """Return what stored records say, and the records that cannot be read, with the reason."""
    fragments: list[Fragment] = []
    unreadable: list[tuple[Mapping[str, Any], str]] = []
    decode = codec.decode
    for content in contents:
        try:
            fragments += decode(container, renaming.applied(container, content))
        except EngineError as problem:
            unreadable.append((content, problem.message))
    return fragments, unreadable


def containers_of(codec: Codec) -> list[str]:
    """Return the tables or collections that a design stores records in."""
    return sorted({kind.container for kind in codec.kinds})


def single_records(codec: Codec) -> frozenset[str]:
    """Return the entities each of whose instances lies in exactly one record, its own or another's.

    One that is embedded in two places after all comes twice, and is put together then.
    """
    counts: dict[str, int] = dict.fromkeys(codec.embedded, 1)
    for kind in codec.kinds:
        counts[kind.entity] = counts.get(kind.entity, 0) + kind.copies
    return frozenset(name for name, count in counts.items() if count == 1)


def digests_of_pages(
    adapter: Adapter,
    transform: Transform,
    entities: frozenset[str],
    container: str,
    split: Any = None,
) -> Iterator[tuple[int, list[tuple[str, str, int]], list[Fragment]]]:
    """Yield, of each page of the target, its records, the digests of whole instances, the rest."""
    pages = adapter.scan(container) if split is None else adapter.scan(container, split=split)
    for _, contents in pages:
        digests: list[tuple[str, str, int]] = []
        parts: list[Fragment] = []
        for content in contents:
            try:
                fragments = tuple(transform.target.decode(container, content))
            except EngineError:
                continue
            for fragment in fragments:
                if fragment.entity not in entities or not fragment.identity:
                    parts.append(fragment)
                    continue
                hidden = transform.hidden(fragment.entity)
                row = {
                    name: value
                    for name, value in fragment.attributes.items()
                    if value is not None and name not in hidden
                }
                digest = canonical.digest_of(fragment.entity, canonical.encoded(row))
                digests.append((fragment.entity, identity_text(fragment.identity), digest))
        yield len(contents), digests, parts
