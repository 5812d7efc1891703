"""Restore a backup, or a moment, into a place of its own, and show what came back.

In: the adapter of a database, a record of a backup. Out: how long it took, what differs from what
was stored, how the read patterns are answered. Nothing that exists is written to; a drill removes
its place again, also after a failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tablewright.core.errors import UnsupportedError, UsageError
from tablewright.core.frozen import frozen
from tablewright.design.values import Design
from tablewright.evaluation.answers import PatternAnswers
from tablewright.evaluation.doors import Adapter, Progress, Scratch
from tablewright.model.values import Model
from tablewright.operate.exports.loading import ExportLoad, content_tally
from tablewright.operate.exports.manifest import ContentTally
from tablewright.operate.provision import apply_provision
from tablewright.operate.recovery.records import BackupRecord

EXPORT = "export"
POINT_IN_TIME = "point-in-time"


@frozen
class RestoredContainer:
    """A table or collection that came back, beside what was stored."""

    container: str
    name: str
    """What it is called where it came back."""
    restored: ContentTally
    expected: ContentTally | None
    """None where it is not known what was stored."""

    @property
    def is_same(self) -> bool:
        """Whether what came back is what was stored, as far as that is known."""
        return self.expected is None or self.restored == self.expected


@frozen
class Restoration:
    """What came of a restore."""

    place: str
    restore_seconds: float
    """Until everything was there."""
    total_seconds: float
    """Until it was verified too."""
    containers: tuple[RestoredContainer, ...]
    answers: tuple[PatternAnswers, ...]
    is_removed: bool

    @property
    def is_passed(self) -> bool:
        """Whether everything came back and every judged pattern was answered rightly."""
        same = all(container.is_same for container in self.containers)
        return same and not any(answer.wrong for answer in self.answers)


@frozen(slots=False)
class Restore:
    """One restore at work."""

    model: Model
    adapter: Adapter
    label: str
    """Of the new place: a prefix of tables or the name of a database."""
    ask: Callable[[Adapter, Design], tuple[PatternAnswers, ...]]
    """Runs the read patterns against what came back, and judges the answers."""
    say: Progress
    is_drill: bool
    clock: Callable[[], float] = time.perf_counter

    def from_backup(self, record: BackupRecord) -> Restoration:
        """Restore a backup.

        Raises:
            UnsupportedError: the method of the backup is not offered here.
            EngineError: the database refused.
        """

        def fill(scratch: Scratch) -> None:
            if record.method == EXPORT:
                apply_provision(scratch.adapter.plan_provision(), scratch.adapter, self.say)
                folder = Path(record.copies[0].reference)
                ExportLoad(folder, scratch.adapter, self.model, names=scratch.names).run()
                return
            backups = self.adapter.backups()
            if backups is None or backups.method != record.method:
                raise UnsupportedError(
                    f"{record.method} is not offered here",
                    remedy="install the program, or restore a backup made with --method export",
                )
            backups.restore(record.copies, scratch.names, self.say)

        return self._run(fill, record.containers)

    def from_moment(self, moment: str, expected: Mapping[str, ContentTally]) -> Restoration:
        """Restore what was stored at a moment; "" for the latest there is.

        Raises:
            UnsupportedError: the engine cannot go back to a moment.
            EngineError: the database refused.
        """
        backups = self.adapter.backups()
        if backups is None:
            raise UnsupportedError(
                f"{self.adapter.description} is restored to a moment by its own tools only",
                remedy="; ".join(f"{who}: {how}" for who, how in self.adapter.recovery_commands)
                or "restore a backup: `tablewright restore`",
            )
        return self._run(
            lambda scratch: backups.restore_to(moment, scratch.names, self.say), expected
        )

    def _run(
        self, fill: Callable[[Scratch], None], expected: Mapping[str, ContentTally]
    ) -> Restoration:
        started = self.clock()
        scratch = self.adapter.scratch(self.label)
        existing = sorted(scratch.adapter.describe())
        if existing:  # before anything could remove it
            raise UsageError(
                f"{', '.join(existing)} exists already: nothing is overwritten",
                remedy="choose another place with --into",
            )
        is_kept = False
        try:
            fill(scratch)
            restored = self.clock()
            containers = self._compared(scratch, expected)
            self.say("ask what the patterns ask")
            answers = self.ask(scratch.adapter, scratch.design)
            finished = self.clock()
            is_kept = not self.is_drill
        finally:
            if is_kept:
                scratch.close()
            else:
                scratch.remove(self.say)
        return Restoration(
            place=scratch.place,
            restore_seconds=restored - started,
            total_seconds=finished - started,
            containers=containers,
            answers=answers,
            is_removed=not is_kept,
        )

    def _compared(
        self, scratch: Scratch, expected: Mapping[str, ContentTally]
    ) -> tuple[RestoredContainer, ...]:
        compared = []
        for container in sorted({kind.container for kind in self.adapter.codec.kinds}):
            name = scratch.names.get(container, container)
            self.say(f"verify {name}")
            restored = content_tally(scratch.adapter, name)
            compared.append(
                RestoredContainer(
                    container=container,
                    name=name,
                    restored=restored,
                    expected=expected.get(container),
                )
            )
        return tuple(compared)
