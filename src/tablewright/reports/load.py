"""The page of a load run: did the database keep up, latency, what was throttled, over time.

In: a LoadRun. Out: a document.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tablewright.core.quantities import format_number
from tablewright.proof.load_values import LoadRun, LoadSlice, PatternLoad, Percentiles
from tablewright.reports.document import (
    Block,
    Bullets,
    Chart,
    Document,
    Paragraph,
    ReportColumn,
    ReportTable,
    Row,
    Section,
    Series,
)
from tablewright.reports.figures import plural

BAR = 16
"""Characters of the longest bar."""
EIGHTHS = " ▏▎▍▌▋▊▉"
OWN_DELAY_MATTERS_MS = 50


def load_page(run: LoadRun) -> Document:
    """Return the page of a load run."""
    plan = run.plan
    spike = f", {_number(plan.spike)} times that in the middle third" if plan.spike > 1 else ""
    heading = (
        f"{format_number(run.users)} users · {run.engine} · {plural(plan.clients, 'client')} · "
        f"{_number(plan.seconds)} s at {_number(plan.per_second)} calls a second{spike}"
    )
    blocks: list[Block] = [Paragraph(text=_answer(run), tone=_tone(run))]
    if run.errors:
        blocks.append(Bullets(items=run.errors))
    if run.total.asked:
        over_time = (*_charts(run), _slices_table(run.slices))
        blocks.append(Section(title="Over time", blocks=over_time))
        blocks.append(Section(title="By access pattern", blocks=(_patterns_table(run),)))
    notes = Bullets(items=tuple(_notes(run)))
    blocks.append(Section(title="What this says", blocks=(notes,)))
    return Document(title=f"{run.app} · {run.design} · load", heading=heading, blocks=tuple(blocks))


def _answer(run: LoadRun) -> str:
    """Say in two sentences whether every call was carried out, how fast, and what went wrong."""
    total, plan = run.total, run.plan
    if not total.asked:
        return (
            f"No call came within {_number(plan.seconds)} s: {_number(plan.per_second)} calls a "
            "second are too few to measure. Take more --users, a --rate or a longer --duration."
        )
    done = total.done + total.refused
    text = f"{format_number(done)} of {plural(total.asked, 'call')} were carried out"
    if done:
        text += (
            f", half of them within {_ms(total.latency_ms[0])} ms, 99 % within "
            f"{_ms(total.latency_ms[2])} ms"
        )
    trouble = []
    if total.repeats:
        trouble.append(f"{plural(total.repeats, 'request')} throttled or repeated")
    if total.errors:
        trouble.append(f"{plural(total.errors, 'call')} failed")
    if total.not_begun:
        trouble.append(f"{plural(total.not_begun, 'call')} never begun")
    if not trouble:
        return f"{text}. Nothing was throttled, nothing failed."
    if run.first_trouble_s is not None:
        rate = [rate for start, _, rate in plan.phases if start <= run.first_trouble_s][-1]
        trouble.append(
            f"first after {_number(run.first_trouble_s)} s, at {_number(rate)} calls a second"
        )
    return f"{text}. {'; '.join(trouble)}."


def _tone(run: LoadRun) -> str:
    if not run.total.asked:
        return "note"
    return "good" if run.is_clean and not run.total.repeats else "bad"


def _charts(run: LoadRun) -> tuple[Chart, Chart]:
    step = run.plan.seconds / len(run.slices)
    middles = [float(entry.start_s + step / 2) for entry in run.slices]

    def series(name: str, values: Sequence[Decimal | None]) -> Series:
        points = zip(middles, values, strict=True)
        return Series(
            name=name, points=tuple((x, None if y is None else float(y)) for x, y in points)
        )

    marks: tuple[tuple[float, str], ...] = ()
    if run.first_trouble_s is not None:
        marks = ((float(run.first_trouble_s), "first throttled or failed"),)
    peak = max(entry.done_per_second for entry in run.slices)
    tails = [e.latency_ms[2] for e in run.slices if e.latency_ms[2] is not None]
    return (
        Chart(
            kind="time",
            title="Calls a second",
            summary=f"At most {_number(peak)} calls a second were done.",
            x_title="seconds",
            y_title="calls a second",
            series=(
                series("asked for", [entry.asked_per_second for entry in run.slices]),
                series("done", [entry.done_per_second for entry in run.slices]),
                series("failed", [entry.errors / step for entry in run.slices]),
            ),
            marks=marks,
        ),
        Chart(
            kind="time",
            title="Latency in milliseconds",
            summary=f"The 99th percentile reaches {_ms(max(tails, default=None))} ms.",
            x_title="seconds",
            y_title="milliseconds",
            series=tuple(
                series(name, [entry.latency_ms[place] for entry in run.slices])
                for place, name in enumerate(("p50", "p95", "p99"))
            ),
        ),
    )


def _slices_table(entries: Sequence[LoadSlice]) -> ReportTable:
    most = max((entry.done_per_second for entry in entries), default=Decimal(0))
    rows = tuple(
        Row(
            cells=(
                _number(entry.start_s),
                format_number(entry.asked_per_second, 1),
                format_number(entry.done_per_second, 1),
                bar(entry.done_per_second, most),
                format_number(entry.waiting),
                format_number(entry.repeats),
                format_number(entry.refused),
                format_number(entry.errors),
                _percentiles(entry.latency_ms),
            ),
            tone="bad" if entry.errors or entry.repeats else "",
        )
        for entry in entries
    )
    titles = ("Second", "Asked/s", "Done/s", "", "Waiting", *COUNTS)
    columns = [ReportColumn(title=t, right=bool(t), whole=not t) for t in titles]
    return ReportTable(columns=tuple(columns), rows=rows)


COUNTS = ("Repeated", "Refused", "Failed", "ms p50/95/99")


def bar(value: Decimal, most: Decimal) -> str:
    """Return a bar of block characters, as long as a value's share of the greatest.

    Example:
        >>> bar(Decimal(50), Decimal(100)), bar(Decimal(1), Decimal(32))
        ('████████', '▌')
    """
    if not most:
        return ""
    eighths = int(value / most * BAR * 8)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _patterns_table(run: LoadRun) -> ReportTable:
    titles = ("Calls", "Done", *COUNTS[:-1], "Not begun", COUNTS[-1])
    columns = [ReportColumn(title=t, right=True) for t in titles]
    return ReportTable(
        columns=(ReportColumn(title="Pattern", grows=True), *columns),
        rows=tuple(_pattern_row(entry) for entry in run.patterns),
    )


def _pattern_row(entry: PatternLoad) -> Row:
    return Row(
        cells=(
            entry.pattern,
            format_number(entry.asked),
            format_number(entry.done),
            format_number(entry.repeats),
            format_number(entry.refused),
            format_number(entry.errors),
            format_number(entry.not_begun),
            _percentiles(entry.latency_ms),
        ),
        tone="bad" if entry.errors or entry.not_begun else "",
    )


def _notes(run: LoadRun) -> list[str]:
    """Say what the figures are worth, and what they leave open."""
    notes = [
        f"Measured on {run.date} from {run.machine}. Latency counts from when a call was due: "
        "the wait for a free client is part of it."
    ]
    if run.stands_in:
        notes.append(
            "Another program stands in for the database. Its speed is its own: how many calls a "
            "second it bears says nothing about the database."
        )
        if run.limits:
            notes.append(f"What is throttled does: {run.limits}.")
    elif run.is_embedded:
        notes.append(
            "It is the database's own program, without a network; it shares this machine's "
            "processors with the clients, so that a server of its own bears more."
        )
    if run.own_delay_ms is not None and run.own_delay_ms > OWN_DELAY_MATTERS_MS:
        notes.append(
            f"The clients themselves were late: one call in a hundred was handed over "
            f"{_ms(run.own_delay_ms)} ms after it was due. The rate is at the limit of this "
            "program, and latency is overstated."
        )
    notes.append(
        "Refused: a condition did not hold, for callers at once change what the others have read. "
        "Answers are not checked here; `tablewright prove` without --clients does that."
    )
    if run.not_called:
        notes.append(f"Not called: {', '.join(run.not_called)}.")
    return notes


def _percentiles(values: Percentiles) -> str:
    return "" if values[0] is None else "/".join(_ms(value) for value in values)


def _ms(value: Decimal | None) -> str:
    return "none" if value is None else format_number(value, 1 if value < 100 else 0)


def _number(value: Decimal) -> str:
    """Return a figure with as many decimals as it needs, two at most."""
    text = format_number(value, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text
