"""The pages of `migrate`: what it takes, and what was done.

In: a MigratePlanView or a MigrateView. Out: a document.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.core.quantities import format_number, format_usd
from tablewright.migrate.planning import MigrationPlan
from tablewright.model.migration_grammar import PROBLEMS
from tablewright.operate.cutover import Cutover
from tablewright.operate.following import Followed
from tablewright.operate.migration import DryRun
from tablewright.operate.migration_run import ABORT, COPY, FOLLOW, STATUS
from tablewright.proof.both_sides import AnswersOfBoth
from tablewright.reports.document import (
    Block,
    Bullets,
    Document,
    Lines,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
)
from tablewright.verbs.migrate import MigratePlanView, MigrateView

MOST_SHOWN = 20


def plan_page(view: MigratePlanView) -> Document:
    """Return steps, duration and the price of each way."""
    plan = view.plan
    total = "not priced" if plan.usd is None else f"{format_usd(plan.usd)} USD"
    sentence = (
        f"Moving {format_number(plan.records_read)} records "
        f"({format_number(plan.bytes_read / 1024**2)} MB) of {plan.users:,} users from "
        f"`{plan.source}` to `{plan.target}` writes {format_number(plan.records_written)} records "
        f"in about {_duration(plan.seconds)} and costs {total}: {plan.chosen.name}."
    )
    rows = [
        Row(cells=(f"write, {way.name}", _usd(way.usd), way.reason or way.calculation))
        for way in plan.ways
    ]
    rows.append(Row(cells=("read the source", _usd(plan.read_usd), "one scan of every table")))
    rows.append(
        Row(
            cells=(
                "both running",
                _usd(plan.overlap_usd),
                f"both monthly bills for {plan.overlap_days.normalize():f} days",
            )
        )
    )
    columns = (
        ReportColumn(title="What"),
        ReportColumn(title="USD once", right=True),
        ReportColumn(title="Calculation", grows=True),
    )
    blocks: list[Block] = [
        Paragraph(text=sentence),
        ReportTable(columns=columns, rows=tuple(rows)),
        *_phases(plan),
        *_load(plan),
        Paragraph(text=f"Way back: {plan.way_back}."),
    ]
    if plan.blockers:
        blocks.append(Paragraph(text="In the way:", tone="bad"))
        blocks.append(Bullets(items=plan.blockers))
    title = f"{view.app} · {plan.source} to {plan.target} · {view.region}"
    return Document(title=title, blocks=tuple(blocks))


def _phases(plan: MigrationPlan) -> list[Block]:
    """Return the phases with their weeks, hours and steps, and what the source is said to hold."""
    columns = (
        ReportColumn(title="Phase"),
        ReportColumn(title="Weeks"),
        ReportColumn(title="Hours", right=True),
        ReportColumn(title="Steps", grows=True),
    )
    rows = tuple(
        Row(
            cells=(
                phase.name if not number else "",
                _weeks(phase.weeks) if not number else "",
                _hours(phase.hours) if not number else "",
                step,
            )
        )
        for phase in plan.phases
        for number, step in enumerate(phase.steps)
    )
    blocks: list[Block] = [ReportTable(columns=columns, rows=rows)]
    hours = "Hours are those of machines at the stated rate; people's work is not estimated."
    weeks = f"The calendar of the file ends in week {plan.weeks}. " if plan.weeks else ""
    blocks.append(Paragraph(text=weeks + hours))
    if plan.holds:
        total = sum(count for _, count in plan.holds)
        held = ", ".join(f"{count:,} {name}" for name, count in plan.holds)
        text = f"The source is said to hold {total:,} instances of {len(plan.holds)} kinds: {held}."
        blocks.append(Paragraph(text=text))
    return blocks


def _weeks(weeks: tuple[int, int] | None) -> str:
    if weeks is None:
        return ""
    return f"{weeks[0]}-{weeks[1]}" if weeks[0] != weeks[1] else f"{weeks[0]}"


def _hours(hours: Decimal | None) -> str:
    if hours is None:
        return ""
    return f"{hours:,.2f}" if hours < 10 else f"{hours:,.0f}"


def _load(plan: MigrationPlan) -> list[Block]:
    """Return what copying consumes on databases that are charged by the unit."""
    parts: list[str] = []
    if plan.source_units_per_second:
        parts.append(
            f"{format_number(plan.source_units_per_second)} read units a second from the source "
            "beside its own load"
        )
    if plan.units_per_second:
        parts.append(f"{format_number(plan.units_per_second)} write units a second of the target")
    return [Paragraph(text=f"Copying takes {', and '.join(parts)}.")] if parts else []


def _usd(amount: Decimal | None) -> str:
    return "not priced" if amount is None else format_usd(amount)


def _duration(seconds: Decimal) -> str:
    if seconds < 120:
        return f"{seconds:,.0f} seconds"
    if seconds < 7200:
        return f"{seconds / 60:,.0f} minutes"
    return f"{seconds / 3600:,.1f} hours"


def migrate_page(view: MigrateView) -> Document:
    """Return what a run of a migration did, and what to do next."""
    blocks: list[Block] = []
    if view.action == ABORT:
        blocks.append(Paragraph(text="Forgotten. What is in both databases stays as it is."))
    elif view.action == STATUS:
        blocks += _status(view)
    else:
        if view.check is not None:
            blocks.extend(_checked(view.check))
            blocks.extend(_counted(view))
            if view.decisions:
                blocks.append(Paragraph(text="As the model file says:"))
                blocks.append(Bullets(items=view.decisions))
        if view.written or view.verification is not None or view.action == FOLLOW:
            blocks.extend(_written(view))
        if view.files is not None:
            files = view.files
            blocks.append(
                Paragraph(
                    text=f"{files.files:,} files ({format_number(Decimal(files.bytes) / 1024**2)} "
                    f"MB) are in object storage, {files.copied:,} of them copied now; checksums "
                    f"and content types are in {files.manifest}."
                )
            )
        if view.answers:
            blocks += _answers(view.answers)
        if view.followed is not None:
            blocks.append(_followed(view, view.followed))
        if view.cutover is not None:
            blocks += _cutover(view.cutover)
    if view.engine:
        blocks.append(Paragraph(text=f"By {view.engine}."))
    title = f"{view.app} · {view.source} to {view.target}"
    return Document(title=title, blocks=tuple(blocks))


def _status(view: MigrateView) -> list[Block]:
    if not view.phases:
        return [Paragraph(text="Nothing is begun.")]
    lines = tuple(
        f"{phase}: {done:,}{'' if finished else ' so far'}" for phase, done, finished in view.phases
    )
    blocks: list[Block] = [Paragraph(text=f"{view.state}."), Lines(items=lines)]
    if view.journal:
        blocks += [Paragraph(text="Journal:"), Lines(items=view.journal)]
    return blocks


def _followed(view: MigrateView, followed: Followed) -> Block:
    way = "the target to the source" if view.is_reverse else "the source to the target"
    return Paragraph(
        text=f"Brought {followed.changes:,} changes from {way}: {followed.written:,} records "
        f"written, {followed.removed:,} removed. Lag: {followed.lag_seconds:.1f} s."
    )


def _answers(answers: Sequence[AnswersOfBoth]) -> list[Block]:
    """Return how many calls were answered alike, and what was wrong or not judged."""
    wrong = tuple(
        f"{each.pattern}, on the {side}: {problem}"
        for each in answers
        for side, problems in (("source", each.source_wrong), ("target", each.target_wrong))
        for problem in problems
    )
    asked = [each for each in answers if each.calls]
    calls = sum(each.calls for each in asked)
    both = sum(not each.source_unchecked for each in asked)
    text = (
        f"Asked {calls:,} calls of {len(asked)} read patterns on the target, those of {both} on "
        "the source too: "
    )
    text += "these answers are wrong." if wrong else "every answer is right."
    blocks: list[Block] = [Paragraph(text=text, tone="bad" if wrong else "good")]
    if wrong:
        blocks.append(Bullets(items=wrong))
    unchecked = tuple(
        f"{each.pattern}, on the {side}: {reason}"
        for each in answers
        for side, reason in (
            ("source", each.source_unchecked),
            ("target", each.target_unchecked),
        )
        if reason
    )
    if unchecked:
        blocks.append(Paragraph(text="Not judged:"))
        blocks.append(Bullets(items=unchecked))
    return blocks


def _cutover(cutover: Cutover) -> list[Block]:
    words = {True: "open", False: "shut", None: "not assessed"}
    rows = tuple(
        Row(
            cells=(condition.name, words[condition.is_open], condition.text),
            tone="bad" if condition.is_open is False else "",
        )
        for condition in cutover.conditions
    )
    columns = (
        ReportColumn(title="Gate"),
        ReportColumn(title="Is"),
        ReportColumn(title="Because", grows=True),
    )
    verdict = (
        Paragraph(text="Switch the application over now.", tone="good")
        if cutover.is_open
        else Paragraph(text="Do not switch over yet.", tone="bad")
    )
    blocks: list[Block] = [ReportTable(columns=columns, rows=rows), verdict]
    if cutover.way_back:
        blocks.append(Paragraph(text=f"Way back: {cutover.way_back}."))
    return blocks


def _checked(check: DryRun) -> list[Block]:
    counts = ", ".join(f"{count:,} {name}" for name, count in check.instances if count)
    blocks: list[Block] = [
        Paragraph(text=f"Read {check.records_read:,} records: {counts or 'nothing'}.")
    ]
    if check.is_clear:
        blocks.append(Paragraph(text="Everything can be moved."))
        return blocks
    blocks.append(Paragraph(text="Nothing was written, because of this:", tone="bad"))
    blocks.append(
        Bullets(
            items=tuple(
                f"{group.text}: {group.count:,} times"
                + (f"; such as {', '.join(group.examples)}" if group.examples else "")
                for group in check.problems
            )
        )
    )
    if any(group.kind in PROBLEMS for group in check.problems):
        blocks.append(
            Paragraph(text="Answer under `migrations:` of the model file (docs/migrate.md).")
        )
    return blocks


def _counted(view: MigrateView) -> list[Block]:
    """Return whether the source holds what the model file says it does."""
    if not view.holds:
        return []
    total = sum(count for _, count in view.holds)
    if not view.miscounted:
        text = f"As stated, these are {total:,} instances of {len(view.holds)} kinds."
        return [Paragraph(text=text, tone="good")]
    lines = tuple(f"{n}: {held:,} instead of {stated:,}" for n, stated, held in view.miscounted)
    return [
        Paragraph(text="The source does not hold what the model file says:", tone="bad"),
        Bullets(items=lines),
    ]


def _written(view: MigrateView) -> list[Block]:
    lines: list[str] = []
    if view.action in (COPY, FOLLOW):
        lines.append(
            f"Wrote {view.written:,} records."
            if view.written
            else "Nothing to write: everything was written before."
        )
    if view.repaired:
        lines.append(f"Wrote {view.repaired:,} records again.")
    if view.quarantined:
        lines.append(f"{view.quarantined:,} instances went to {view.work_dir}/quarantine.jsonl.")
    blocks: list[Block] = [Lines(items=tuple(lines))] if lines else []
    verification = view.verification
    if verification is None:
        return blocks
    columns = (
        ReportColumn(title="Entity", grows=True),
        ReportColumn(title="Source", right=True),
        ReportColumn(title="Target", right=True),
        ReportColumn(title="Digests"),
    )
    digests = {name: (a, b) for name, a, b in verification.digests}
    rows = tuple(
        Row(
            cells=(
                name,
                f"{source:,}",
                f"{target:,}",
                "equal" if digests[name][0] == digests[name][1] else "differ",
            ),
            tone="" if digests[name][0] == digests[name][1] else "bad",
        )
        for name, source, target in verification.counts
    )
    blocks.append(ReportTable(columns=columns, rows=rows))
    if verification.is_clean:
        total = sum(count for _, count, _ in verification.counts)
        sums = f"Instances: {total:,}; kinds: {len(verification.counts)}."
        text = f"Verified: both sides hold the same. {sums}"
        blocks.append(Paragraph(text=text, tone="good"))
        return blocks
    differences = verification.differences
    blocks.append(Paragraph(text=f"{verification.differing:,} instances differ:", tone="bad"))
    blocks.append(
        Bullets(
            items=tuple(
                f"{d.entity} {d.identity}: {d.what}"
                + (f" in {', '.join(d.attributes)}" if d.attributes else "")
                for d in differences[:MOST_SHOWN]
            )
        )
    )
    blocks.append(Paragraph(text="Write them again with --repair; what is extra stays."))
    return blocks
