"""One run of a migration: what each action does, on databases that are open.

In: a migration, an action, how long to wait for changes. Out: the fields of what is shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from tablewright.core.errors import UsageError
from tablewright.evaluation.doors import Adapter
from tablewright.operate.cutover import (
    FINISHED,
    REVERSE,
    conditions,
    finish,
    is_followed,
    reverse_follower,
)
from tablewright.operate.following import POSITION, Followed, Follower
from tablewright.operate.migration import Migration, quarantine

COPY, DRY_RUN, VERIFY, REPAIR, STATUS, ABORT, FOLLOW, FINISH = (
    "copy",
    "dry-run",
    "verify",
    "repair",
    "status",
    "abort",
    "follow",
    "finish",
)
MOST_LAG_SECONDS = 30.0
PAUSE_SECONDS = 1.0
"""Between two questions for changes."""
JOURNAL_LINES = 20
QUARANTINE = "quarantine.jsonl"


class PatternJudgement(Protocol):
    """How one read pattern was answered on both sides."""

    @property
    def pattern(self) -> str:
        """Its name."""
        ...

    @property
    def is_right(self) -> bool:
        """Whether nothing was wrong with any answer that was judged."""
        ...


@dataclass(kw_only=True)
class MigrationRun:
    """One run of `migrate` on open databases."""

    work: Migration
    folder: Path
    follow_seconds: float
    most_lag_seconds: float
    estimated_units: Callable[[], Decimal | None]
    ask: Callable[[], Sequence[PatternJudgement]]
    """Asks the read patterns of the model on both sides."""

    def carry_out(self, action: str) -> dict[str, Any]:
        """Do what was asked for; return the fields of the view."""
        actions: dict[str, Callable[[], dict[str, Any]]] = {
            STATUS: self._status,
            ABORT: self._abort,
            VERIFY: self._verify,
            REPAIR: self._repair,
            FOLLOW: self._follow,
            FINISH: self._finish,
        }
        return actions.get(action, partial(self._copy, is_trial=action == DRY_RUN))()

    def _copy(self, *, is_trial: bool = False) -> dict[str, Any]:
        check = self.work.check()
        if is_trial or not check.is_clear:
            return {"check": check}
        require_target(self.work.target)
        written = self.work.write()
        return {
            "check": check,
            "written": written,
            "quarantined": quarantine(self.work.staging.quarantined(), self.folder / QUARANTINE),
            "verification": self.work.verify(),
        }

    def _verify(self) -> dict[str, Any]:
        self._freshen()
        return {"verification": self.work.verify(), "answers": self.ask()}

    def _repair(self) -> dict[str, Any]:
        self._freshen()
        verification = self.work.verify()
        repaired = 0
        if not verification.is_clean:
            repaired = self.work.repair()
            verification = self.work.verify()
        return {"verification": verification, "repaired": repaired, "answers": self.ask()}

    def _freshen(self) -> Followed | None:
        """Bring what is known of the source up to date: by its changes, or by another reading."""
        if is_followed(self.work):
            return self.work.follower().catch_up()
        if self.work.staging.fact(FINISHED) is None:
            self.work.read_again()
        return None

    def _follow(self) -> dict[str, Any]:
        staging = self.work.staging
        if staging.fact(FINISHED) is not None:
            return self._follow_back()
        follower = self.work.follower()
        if staging.fact(POSITION) is None and staging.has_begun("read source"):
            raise UsageError(
                "the source was read before its changes were noted",
                remedy="begin again: --abort, then --follow",
            )
        follower.begin()
        check = self.work.check()
        if not check.is_clear:
            return {"check": check}
        require_target(self.work.target)
        written = self.work.write()
        return {
            "check": check,
            "written": written,
            "quarantined": quarantine(staging.quarantined(), self.folder / QUARANTINE),
            "followed": self._wait(follower),
        }

    def _follow_back(self) -> dict[str, Any]:
        if self.work.staging.fact(REVERSE) is None:
            raise UsageError(
                "the switch was made, and the target is not followed",
                remedy="to go back, migrate in the other direction",
            )
        return {"followed": self._wait(reverse_follower(self.work)), "is_reverse": True}

    def _wait(self, follower: Follower) -> Followed:
        """Bring changes over until the time is up; return the sums, and the last lag."""
        until = time.monotonic() + self.follow_seconds
        sums = follower.catch_up()
        while time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
            more = follower.catch_up()
            sums = Followed(
                changes=sums.changes + more.changes,
                written=sums.written + more.written,
                removed=sums.removed + more.removed,
                lag_seconds=more.lag_seconds,
            )
        self.work.note(f"followed: {sums.changes:,} changes, {sums.lag_seconds:.1f} s behind")
        return sums

    def _finish(self) -> dict[str, Any]:
        if self.work.staging.fact(FINISHED) is not None:
            raise UsageError(
                "the switch was made before",
                remedy="run `--follow` to bring the target's changes to the source, or --status",
            )
        if not self.work.staging.has_begun("write"):
            raise UsageError("nothing was copied yet", remedy="run `migrate` or `--follow` first")
        followed = self._freshen()
        verification = self.work.verify()
        answers = self.ask()
        gate = conditions(
            self.work,
            verification,
            followed,
            most_lag_seconds=self.most_lag_seconds,
            estimated_units=self.estimated_units(),
            wrong_patterns=[each.pattern for each in answers if not each.is_right],
        )
        cutover = finish(self.work, gate)
        if cutover.is_open and self.work.staging.fact(POSITION) is not None:
            self.work.follower().end()
        self.work.note("switched over" if cutover.is_open else "the gate stays shut")
        return {
            "cutover": cutover,
            "verification": verification,
            "followed": followed,
            "answers": answers,
        }

    def _status(self) -> dict[str, Any]:
        staging = self.work.staging
        finished = staging.fact(FINISHED)
        state = "not copied yet"
        if finished is not None:
            back = "is" if staging.fact(REVERSE) is not None else "is not"
            state = f"switched over {finished}; the target {back} followed"
        elif staging.fact(POSITION) is not None:
            state = "the source is followed"
        elif staging.has_begun("write"):
            state = "copied, or being copied; the source is not followed"
        journal = self.folder / "journal.txt"
        lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
        return {
            "phases": staging.phases(),
            "state": state,
            "journal": tuple(lines[-JOURNAL_LINES:]),
        }

    def _abort(self) -> dict[str, Any]:
        """Stop following on both sides; the files are removed once they are closed."""
        self.work.follower().end()
        if self.work.staging.fact(REVERSE) is not None:
            reverse_follower(self.work).end()
        self.work.note("forgotten")
        return {}


def require_target(target: Adapter) -> None:
    """Stop before anything is written where the target does not exist as its design says.

    Raises:
        UsageError: it does not.
    """
    steps = target.plan_provision().drift
    if steps:
        raise UsageError(
            f"{target.description} is not ready: {steps[0].text}"
            + (f" and {len(steps) - 1} more" if len(steps) > 1 else ""),
            remedy="create it first: `tablewright up --design` with the target's design",
        )
